"""What configurations say for people: each field finds its place, and nothing is lost without a word."""

from __future__ import annotations

from typing import Any

import pytest
from tests.project_specs import DATASET, changed

from dsgrid.errors import SpecError
from dsgrid.importers.dataset import dataset
from dsgrid.importers.project import project
from dsgrid.importers.translation import Translation
from dsgrid.spec.load import load_spec

from .conftest import Make


def said(translation: Translation, key: str) -> list[tuple[str, str]]:
    """Return the kinds and messages of the remarks on a field."""
    return [(one.kind, one.message) for one in translation.remarks if one.key == key]


def assert_valid(translation: Translation) -> None:
    """Check the table of a dataset alone: the rest of these configurations is no whole one."""
    assert load_spec(changed(DATASET, "dataset", translation.spec["dataset"]), "register_dataset")


def test_every_field_for_people_finds_its_place(dataset_file: Make) -> None:
    translation = dataset(
        dataset_file(
            data_source=" comstock ",
            data_source_date="2021-09-29",
            data_source_version="0.1.0",
            data_source_authors=["A. Author", "B. Author "],
            data_source_doi_url="https://doi.org/10.25984/1876417",
            origin_creator="C. Creator",
            origin_organization="NREL",
            origin_contributors=["D. Doer", "D. Doer", ""],
            origin_project="End Use Load Profiles",
            sector_description="commercial buildings",
            dataset_qualifier_metadata={"dataset_qualifier_type": "quantity"},
            tags=["commercial", "commercial", 2012],
            user_defined_metadata={"runs": 350, "reviewed": True, "who": ["x"]},
        )
    )
    assert_valid(translation)
    about = {key: value for key, value in translation.spec["dataset"].items() if key not in ("id", "kind")}
    assert about == {
        "classification": "low",
        "sector_description": "commercial buildings",
        "qualifier": "quantity",
        "tags": ["commercial", "2012"],
        "origin": {
            "source": "comstock",
            "date": "2021-09-29",
            "version": "0.1.0",
            "authors": ["A. Author", "B. Author"],
            "doi": "https://doi.org/10.25984/1876417",
            "creator": "C. Creator",
            "organization": "NREL",
            "contributors": ["D. Doer"],
            "project": "End Use Load Profiles",
        },
        "metadata": {"runs": 350, "reviewed": True, "who": ["x"]},
    }
    assert said(translation, "tags") == [("changed", "blank ones and those that are there twice are left out")]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("10.25984/1876417", "doi"),
        ("s3://eulp/simulation_output/", "url"),
        ("Data derived from AEO 2021", "source_description"),
    ],
)
def test_one_field_for_addresses_becomes_what_it_holds(dataset_file: Make, text: str, key: str) -> None:
    translation = dataset(dataset_file(data_source_doi_url=text, data_source="aeo"))
    assert translation.spec["dataset"]["origin"] == {"source": "aeo", key: text}
    assert said(translation, "data_source_doi_url") == [("renamed", f"this is dataset.origin.{key} here")]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2018", "2018"),
        ("Dec 21 2021", "2021-12-21"),
        ("December 21, 2021", "2021-12-21"),
        ("21 Dec. 2021", "2021-12-21"),
        ("May 2021", "2021-05"),
        ("2021-10-05T00:00:00", "2021-10-05"),
    ],
)
def test_dates_are_written_as_specs_have_them(dataset_file: Make, text: str, written: str) -> None:
    translation = dataset(dataset_file(data_source_date=text))
    assert translation.spec["dataset"]["origin"] == {"date": written}
    assert_valid(translation)
    kinds = [kind for kind, _ in said(translation, "data_source_date")]
    assert kinds == (["renamed"] if text == written else ["changed", "renamed"])


def test_what_is_no_date_is_kept_and_somebody_is_asked_to_look(dataset_file: Make) -> None:
    translation = dataset(dataset_file(data_source_date="last spring"))
    assert translation.spec["dataset"]["origin"] == {"date_text": "last spring"}
    assert said(translation, "data_source_date")[0][0] == "decide"
    assert_valid(translation)


def test_fields_that_had_two_names_are_both_kept(dataset_file: Make) -> None:
    origin = {"origin_version": "1", "data_source_version": "2", "source": "a report", "data_source": "x"}
    found = dataset(dataset_file(**origin, data_source_doi_url="a page")).spec["dataset"]["origin"]
    assert found == {
        "source": "x",
        "version": "2",
        "origin_version": "1",
        "source_description": "a page",
        "source_text": "a report",
    }


def test_fields_of_ones_own_get_keys_and_values_that_specs_have(dataset_file: Make) -> None:
    fields: dict[str, Any] = {
        "a.b": 1,
        "a_b": 2,
        "deep": {"er": {"x": "y"}, "none": None},
        "list": [1, {"k": 0.5}, "text"],
    }
    translation = dataset(dataset_file(user_defined_metadata=fields))
    assert translation.spec["dataset"]["metadata"] == {
        "a_b": 1,
        "a_b_2": 2,
        "deep_er_x": "y",
        "list": ["1", '{"k": 0.5}', "text"],
    }
    assert_valid(translation)
    renamed = [one.key for one in translation.remarks if one.kind == "changed" and "dataset.metadata" in one.message]
    assert len(renamed) == 4
    assert said(translation, "user_defined_metadata.deep.none") == [("dropped", "there is no value")]


@pytest.mark.parametrize(
    ("rate", "qualifier"),
    [("exponential_annual", "annual_growth_rate"), ("exponential_monthly", "monthly_growth_rate")],
)
def test_rates_of_growth_are_said_and_their_metrics_are_of_that_class(
    dataset_file: Make, rate: str, qualifier: str
) -> None:
    said_so = {"dataset_qualifier_type": "growth_rate", "growth_rate_type": rate}
    translation = dataset(dataset_file(dataset_qualifier_metadata=said_so))
    assert translation.spec["dataset"]["qualifier"] == qualifier
    assert translation.spec["dimension"]["metric"]["class"] == "growth_rate"
    assert any('class = "growth_rate"' in one.message for one in translation.remarks if one.kind == "changed")


def test_rates_of_growth_that_do_not_say_which_are_asked_about(dataset_file: Make) -> None:
    translation = dataset(dataset_file(dataset_qualifier_metadata={"dataset_qualifier_type": "growth_rate"}))
    assert translation.spec["dataset"]["qualifier"] == "annual_growth_rate"
    assert said(translation, "dataset_qualifier_metadata")[0][0] == "decide"
    unknown = {"dataset_qualifier_type": "growth_rate", "growth_rate_type": "linear"}
    with pytest.raises(
        SpecError, match=r'growth_rate_type: there is no kind of growth "linear"; there are: exponential'
    ):
        dataset(dataset_file(dataset_qualifier_metadata=unknown))
    with pytest.raises(SpecError, match='dataset_qualifier_type: there is no kind of values "shares"'):
        dataset(dataset_file(dataset_qualifier_metadata={"dataset_qualifier_type": "shares"}))


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ("Initial Registration", "planned"),
        ("In Progress", "in_progress"),
        ("IN_PROGRESS", "in_progress"),
        ("Complete", "complete"),
        ("Published", "published"),
        ("Deprecated", "deprecated"),
    ],
)
def test_the_status_of_a_project_has_a_word(project_file: Make, status: str, word: str) -> None:
    translation = project(project_file(status=status))
    assert translation.spec["project"]["status"] == word
    assert load_spec(translation.spec)


def test_a_status_that_nobody_knows_is_dropped_with_a_word(project_file: Make) -> None:
    translation = project(project_file(status="Lost"))
    assert "status" not in translation.spec["project"]
    assert said(translation, "status")[0][0] == "dropped"


def test_the_qualifier_of_the_first_years_stood_beside_its_metadata(dataset_file: Make) -> None:
    old = {"dataset_qualifier": "growth_rate", "dataset_qualifier_metadata": {"growth_rate_type": "exponential_annual"}}
    translation = dataset(dataset_file(**old))
    assert translation.spec["dataset"]["qualifier"] == "annual_growth_rate"
    assert translation.spec["dimension"]["metric"]["class"] == "growth_rate"
    assert dataset(dataset_file(dataset_qualifier="quantity")).spec["dataset"]["qualifier"] == "quantity"
    with pytest.raises(SpecError, match='there is no kind of values "growth"'):
        dataset(dataset_file(dataset_qualifier="growth"))
