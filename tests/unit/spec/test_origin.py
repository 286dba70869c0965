"""Where data come from: the forms of known keys, keys of one's own, and what was written before there were forms."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from tests.project_specs import DATASET, PROJECT, changed

from dsgrid.errors import SpecError
from dsgrid.spec.load import load_spec
from dsgrid.spec.origin import fits, fitted
from dsgrid.spec.schemas.metadata import ORIGIN_KEYS, metadata_keys

ORIGIN = metadata_keys("dataset")["origin"]
OLD = st.text(max_size=8) | st.integers() | st.booleans() | st.lists(st.text(max_size=4), max_size=3)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("date", "Dec 21 2021", 'found "Dec 21 2021", expected a date such as "2021-09-29", "2021-09" or "2021"'),
        ("date", "2021-13", 'found "2021-13", expected a date such as "2021-09-29", "2021-09" or "2021"'),
        ("date", 2021, 'found the integer 2021, expected a string; put it in quotes: "2021"'),
        ("doi", "see the report", 'found "see the report", expected a DOI such as "10.25984/1876417"'),
        ("url", "data.org/x", 'found "data.org/x", expected a URL such as "https://data.openei.org/submissions/4520"'),
        ("authors", "A. Author", 'found "A. Author", expected an array; put it in brackets: ["A. Author"]'),
        ("contributors", ["A", "A"], '"A" is there twice'),
        ("creator", {"name": "A"}, "found a table, expected a string"),
        ("version", True, "found true, expected a string or a number"),
        ("shelf", {"a": 1}, "found a table, expected a string or a number or true or false or an array"),
    ],
)
def test_a_value_of_another_form_is_refused_once_with_an_example(key: str, value: Any, message: str) -> None:
    with pytest.raises(SpecError) as error:
        load_spec(changed(DATASET, f"dataset/origin/{key}", value), "register_dataset")
    assert str(error.value) == f"dataset.origin.{key}: {message}"


def test_a_key_that_cannot_be_one_is_refused_with_the_closest_or_with_the_form() -> None:
    spec = changed(DATASET, "dataset/origin", {"organi.ation": "x", "a.b": 1})
    with pytest.raises(SpecError) as error:
        load_spec(spec, "register_dataset")
    assert [str(problem) for problem in error.value.problems] == [
        'dataset.origin."organi.ation": unknown key; did you mean "organization"?',
        'dataset.origin."a.b": "a.b" cannot be a key here, which is a name: letters, digits, underscores, dashes and '
        "blanks (not in front)",
    ]


@pytest.mark.parametrize(
    ("spec", "job", "path", "message"),
    [
        (PROJECT, "register_project", "project/status", 'found "finished", expected one of "planned", "in_progress"'),
        (DATASET, "register_dataset", "dataset/status", "unknown key"),
        (PROJECT, "register_project", "project/qualifier", "unknown key"),
        (DATASET, "register_dataset", "dataset/qualifier", 'found "finished", expected one of "quantity", "annual_gro'),
    ],
)
def test_projects_have_a_status_and_datasets_a_qualifier(
    spec: dict[str, Any], job: str, path: str, message: str
) -> None:
    with pytest.raises(SpecError) as error:
        load_spec(changed(spec, path, "finished"), job)
    assert str(error.value).startswith(f"{path.replace('/', '.')}: {message}")


@pytest.mark.parametrize("doi", ["10.25984/1876417", "https://doi.org/10.1000/x.y(z)", "doi:10.1000.10/123456"])
def test_a_doi_may_stand_with_what_is_put_in_front_of_it(doi: str) -> None:
    assert fits("doi", doi)
    assert not fits("doi", f"{doi} (draft)")


@given(
    st.dictionaries(st.sampled_from((*ORIGIN_KEYS, "shelf", "date_text")), OLD, max_size=6),
)
def test_what_was_kept_before_there_were_forms_fits_and_loses_nothing(origin: dict[str, Any]) -> None:
    found = fitted(origin)
    assert list(Draft7Validator(ORIGIN).iter_errors(found)) == []
    assert fitted(found) == found, "what fits stays as it is"

    def told(values: dict[str, Any]) -> list[str]:
        return sorted(repr([value] if isinstance(value, str) else value) for value in values.values())

    assert told(found) == told(origin)
    for key, value in origin.items():
        if key not in ORIGIN_KEYS or fits(key, value):
            assert (key, found[key]) == (key, value), "what is in order keeps its key"
