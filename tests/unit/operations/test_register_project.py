"""What a project's spec has to say, and what it is told when it does not."""

from __future__ import annotations

from typing import Any

import pytest
from tests.project_specs import PROJECT, changed, one, project

from dsgrid.errors import DsgridError


def test_a_project_has_the_supplementals_that_nobody_has_to_write() -> None:
    names = [supplemental.dimension.name for supplemental in project().supplemental]
    assert names[0] == "state"
    assert {"all_geographies", "all_sectors", "by_sector"} <= set(names)
    assert "all_metrics" not in names


def test_requirements_are_lists_of_base_ids() -> None:
    (required,) = project().requirements
    assert required.dataset_id == "offices"
    assert required.single.ids == {"sector": ("com",), "subsector": ("office",)}


def test_except_means_all_the_others() -> None:
    spec = changed(PROJECT, "requires/offices/subsector", {"except": ["house"]})
    assert project(spec).requirements[0].single.ids["subsector"] == ("office",)


REFUSED = [
    ("base/weather_year", None, "a project has a base dimension of every type; missing: weather_year"),
    ("supplemental/state/of", "count", 'there is no base dimension "count"; did you mean "county"?'),
    (
        "supplemental/State",
        PROJECT["supplemental"]["state"],
        'supplemental dimension "state" and supplemental dimension "State"',
    ),
    (
        "subset/state",
        {"of": "county", "selectors": {"west": ["06037"]}},
        'supplemental dimension "state" and subset "state"; rename one',
    ),
    (
        "subset/state",
        {"of": "county", "selectors": {"west": ["06037"]}, "supplemental": False},
        'supplemental dimension "state" and subset "state"; rename one',
    ),
    ("base/sector/types", {"colour": "int"}, 'the records have no column "colour"'),
    ("base/county/types", {"state": "int"}, 'id "06037": "state" is a number, not "CA"'),
    ("base/county/types", {"id": "int"}, '"id" is a string in the class "county"'),
    ("base/county/types", {"state": "integer"}, "integer"),
    ("base/end_use/types", {"unit": "bool"}, '"unit" is a string in the class "energy_end_use"'),
    ("base/value", {"type": "sector", "records": [one("x")]}, 'base dimension "value" and reserved word "value"'),
    ("requires/offices/sector", ["comm"], 'sector "comm"; did you mean "com"?'),
    ("requires/offices/subsector/selectors", ["comercial"], 'no selector "comercial"; did you mean "commercial"?'),
    (
        "requires/offices/subsector/subset",
        "by_sectors",
        'no subset "by_sectors" of subsector; did you mean "by_sector"?',
    ),
    (
        "requires/offices/together",
        [{"sector": ["com"], "metric": ["cooling"]}],
        "sector is constrained alone and in `together`",
    ),
    ("base/county/records", [one("6037", state="CA"), one("6037", state="CO")], 'id "6037" occurs twice'),
    (
        "supplemental/state/mapping/records",
        [{"from": "6037", "to": "CA"}, {"from": "08031", "to": "CO"}],
        'lost its leading zero; did you mean "06037"?',
    ),
    (
        "supplemental/state/mapping/records",
        [{"from": "06037", "to": "CA", "fraction": 0.5}, {"from": "08031", "to": "CO"}],
        "0.5",
    ),
]


@pytest.mark.parametrize(
    ("path", "value", "sentence"), REFUSED, ids=[f"{path}-{n}" for n, (path, *_) in enumerate(REFUSED)]
)
def test_what_is_wrong_is_said_in_one_sentence(path: str, value: Any, sentence: str) -> None:
    with pytest.raises(DsgridError) as refused:
        project(changed(PROJECT, path, value))
    assert sentence in str(refused.value)


def test_a_supplemental_of_the_projects_own_takes_the_place_of_the_one_that_it_would_get() -> None:
    everything = {**PROJECT["supplemental"]["state"], "records": [one("CA"), one("CO")]}
    made = project(changed(PROJECT, "supplemental/all_geographies", everything))
    found = [one for one in made.supplemental if one.dimension.name == "all_geographies"]
    assert [one.dimension.records.ids for one in found] == [("CA", "CO")]


def test_problems_of_several_parts_are_told_at_once() -> None:
    spec = changed(PROJECT, "supplemental/state/of", "count")
    spec = changed(spec, "subset/by_sector/selectors", {"commercial": ["offfice"]})
    with pytest.raises(DsgridError) as refused:
        project(spec)
    assert len(refused.value.problems) == 2
