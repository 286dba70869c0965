"""Datasets asked without a project: targets are reached by registered mappings, or it is said what is reached."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from changing import job, refused
from tests.dataless import add_dataset
from tests.project_specs import DATASET, PROJECT, SUBMISSION, TIME, changed, one

from dsgrid.errors import NotFoundError, SpecError
from dsgrid.operations.apply import apply
from dsgrid.operations.asking import ASKING, inputs_of, read_asked
from dsgrid.operations.job import NEEDS_ENGINE
from dsgrid.operations.register_dimensions import register_dimensions
from dsgrid.operations.register_mappings import register_mappings
from dsgrid.operations.register_project import register_project
from dsgrid.operations.submit_dataset import submit_dataset
from dsgrid.operations.validate import validate
from dsgrid.query.inputs import Inputs
from dsgrid.query.of_dataset import described_targets
from dsgrid.registry.lineage import find_lineage
from dsgrid.registry.model import TypeMapping
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import load_spec
from dsgrid.spec.schemas import JOBS

Spec = dict[str, Any]
DIMENSIONS: Spec = {
    "owner": "census",
    "dimension": {
        "county": {
            "type": "geography",
            "class": "county",
            "records": [one(id_) for id_ in ("06037", "32003", "08031")],
        },
        "state": {"type": "geography", "class": "state", "records": [one("CA"), one("NV"), one("CO")]},
        "market": {"type": "geography", "records": [one("caiso"), one("rest")]},
        "region": {"type": "geography", "class": "census_region", "records": [one("coast"), one("inland")]},
        "island": {"type": "geography", "records": [one("maui")]},
        "fuel": {"type": "metric", "class": "energy_end_use", "records": [one("electricity", unit="MWh")]},
        "heat": {"type": "metric", "class": "weather_variable", "records": [one("warmth", unit="degC")]},
        "sectors": {"type": "sector", "records": [one("com"), one("res")]},
    },
    "time": {"time_est": {**{key: value for key, value in TIME.items() if key != "name"}, "zone": "-05:00"}},
}


def roll_up(from_: str, to: str, *pairs: str, owner: str = "census") -> Spec:
    records = [dict(zip(("from", "to"), pair.split(), strict=True)) for pair in pairs]
    kind = "many_to_one_aggregation"
    return {"from": f"{owner}/{from_}@1.0.0", "to": f"{owner}/{to}@1.0.0", "kind": kind, "records": records}


MAPPINGS = {
    "county_to_state": roll_up("county", "state", "06037 CA", "32003 NV", "08031 CO"),
    "state_to_region": roll_up("state", "region", "CA coast", "NV inland", "CO inland"),
}
# Nevada's county belongs to the market of the coast.
BY_MARKET = {
    "county_to_market": roll_up("county", "market", "06037 caiso", "32003 caiso", "08031 rest"),
    "market_to_region": roll_up("market", "region", "caiso coast", "rest inland"),
}
OF_CENSUS = changed(DATASET, "dimension/geography", {"name": "place", "use": "census/county"})


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "registry"
    Registry.create(folder).close()
    register_dimensions(DIMENSIONS, registry=folder)
    register_mappings({"owner": "census", "mapping": MAPPINGS}, registry=folder)
    add_dataset(folder, OF_CENSUS)
    return folder


@pytest.fixture
def registry(made: Path, tmp_path: Path) -> Path:
    """A registry with a dataset by county, and mappings from counties to states and on to regions."""
    return shutil.copytree(made, tmp_path / "registry")


def add(registry: Path, **mappings: Spec) -> None:
    register_mappings({"owner": "census", "mapping": mappings}, registry=registry)


def asked(registry: Path, to: Spec | None = None, at: str | None = None, **more: Any) -> Inputs:
    """Return what a query of the dataset reads."""
    spec = {"name": "asked", "dataset": "offices", **({"to": to} if to is not None else {}), **more}
    query = read_asked(load_spec(spec, "query_dataset"), at)
    with Registry.open(registry, at=query.at) as opened:
        return inputs_of(query, opened)


def mapped(inputs: Inputs, type_: str = "geography") -> TypeMapping:
    return inputs.members[0].submission.mappings[type_]


def pairs(inputs: Inputs) -> list[tuple[str, str | None]]:
    mapping = mapped(inputs).mapping
    assert mapping is not None
    return [(each.from_id, each.to_id) for each in mapping.associations]


def named(inputs: Inputs) -> dict[str, str]:
    """Return the dimensions that the query named beside its targets, with what they are made of."""
    return {one.dimension.name: one.of for one in inputs.project.supplemental if one.dimension.id}


BY_STATE = [("06037", "coast"), ("32003", "inland"), ("08031", "inland")]
THROUGH_MARKETS = [("06037", "coast"), ("32003", "coast"), ("08031", "inland")]


# Targets -------------------------------------------------------------------------------------------------------------


def test_without_targets_a_dataset_keeps_its_own_dimensions_and_time(registry: Path) -> None:
    inputs = asked(registry)
    own = inputs.members[0].dataset
    assert [one.name for one in inputs.project.base] == [one.name for one in own.dimensions.values()]
    assert all(one.mapping is None for one in inputs.members[0].submission.mappings.values())
    assert inputs.project.time == own.time
    assert described_targets(inputs.project, own, inputs.members[0].submission) == []


@pytest.mark.parametrize("target", ["census/region", "census/region@1", "census/region@1.0.0", "region", "region@1.0"])
def test_a_target_is_reached_over_what_lies_between(registry: Path, target: str) -> None:
    inputs = asked(registry, {"geography": target})
    assert pairs(inputs) == BY_STATE
    assert mapped(inputs).base == "region"
    (told,) = described_targets(inputs.project, inputs.members[0].dataset, inputs.members[0].submission)
    assert told == {
        "type": "geography",
        "name": "region",
        "dimension": "census/region@1.0.0",
        "by": "composed of census/county_to_state@1.0.0 and then census/state_to_region@1.0.0",
    }


def test_a_single_mapping_is_taken_as_it_is_registered(registry: Path) -> None:
    mapping = mapped(asked(registry, {"geography": "state"})).mapping
    assert mapping is not None
    assert (mapping.id, mapping.version) == ("census/county_to_state", "1.0.0")


def test_the_datasets_own_dimension_is_a_target_that_needs_no_mapping(registry: Path) -> None:
    assert mapped(asked(registry, {"geography": "census/county"})) == TypeMapping("place")


def test_ways_that_differ_are_refused_with_both_until_one_is_named(registry: Path) -> None:
    add(registry, **BY_MARKET)
    with pytest.raises(SpecError) as caught:
        asked(registry, {"geography": "region"})
    for way in ("county -> market -> region by census/", "county -> state -> region by census/", "through = ["):
        assert way in str(caught.value)
    assert pairs(asked(registry, {"geography": {"dimension": "region", "through": ["market"]}})) == THROUGH_MARKETS
    by_id = {"dimension": "census/region", "through": ["census/county_to_state@1"]}
    assert pairs(asked(registry, {"geography": by_id})) == BY_STATE


def test_ways_that_do_the_same_are_one(registry: Path) -> None:
    add(registry, straight=roll_up("county", "region", "06037 coast", "32003 inland", "08031 inland"))
    mapping = mapped(asked(registry, {"geography": "region"})).mapping
    assert mapping is not None
    assert mapping.id == "census/straight"


def test_of_several_versions_the_newest_that_is_reached_is_taken(registry: Path) -> None:
    more = changed(DIMENSIONS, "dimension/region/records", [one("coast"), one("inland"), one("sea")])
    apply(job("register_dimensions", more), registry=registry, allow="major")
    with Registry.open(registry) as opened:
        newest = opened.dimension("census/region").version
    assert newest != "1.0.0"
    inputs = asked(registry, {"geography": "region"})
    assert next(one.version for one in inputs.project.base if one.type == "geography") == "1.0.0"
    with pytest.raises(NotFoundError, match=rf'"region" \(census/region@{newest}\)'):
        asked(registry, {"geography": f"region@{newest}"})


def test_where_no_way_leads_it_is_said_what_is_reached(registry: Path) -> None:
    with pytest.raises(NotFoundError) as caught:
        asked(registry, {"geography": "island"})
    assert str(caught.value) == (
        'to.geography: no chain of registered mappings leads from "place" (census/county@1.0.0) to "island" '
        "(census/island@1.0.0); from it: census/county_to_state@1.0.0 to census/state@1.0.0; to there: nothing; it "
        'leads to "state" (census/state@1.0.0), "region" (census/region@1.0.0)'
    )


@pytest.mark.parametrize(
    ("to", "sentence"),
    [
        ({"geography": "sate"}, 'to.geography: no geography dimension "sate" is registered; did you mean "state"?'),
        ({"geography": "state@7"}, "to.geography: census/state has no version 7; there are: 1.0.0"),
        ({"sector": "state"}, '"state" is of the type "geography", expected a dimension of the type "sector"'),
        ({"geography": {"dimension": "region", "through": ["sate"]}}, 'goes through sate; did you mean "state"?'),
        ({"time": "time_pst"}, 'to.time: no dimension "time_pst" in the registry'),
        ({"time": "census/county"}, 'to.time: "census/county" has records, expected a time dimension'),
        ({"sector": "sectors"}, 'no chain of registered mappings leads from "own_sector" (offices/own_sector@1.0.0)'),
    ],
)
def test_a_target_that_is_none_is_refused_at_its_place(registry: Path, to: Spec, sentence: str) -> None:
    assert any(sentence in str(problem) for problem in refused(lambda: asked(registry, to)))


def test_what_is_wrong_with_all_targets_is_told_at_once(registry: Path) -> None:
    problems = refused(lambda: asked(registry, {"geography": "sate", "sector": "state", "time": "time_pst"}))
    assert [problem.key for problem in problems] == ["to.geography", "to.sector", "to.time"]


def test_of_dimensions_with_one_name_that_is_meant_which_is_reached(registry: Path) -> None:
    others = {"owner": "utility", "dimension": {"state": DIMENSIONS["dimension"]["state"]}}
    register_dimensions(others, registry=registry)
    assert mapped(asked(registry, {"geography": "state"})).mapping is not None
    add(registry, to_utility={**MAPPINGS["county_to_state"], "to": "utility/state@1"})
    with pytest.raises(SpecError, match=r'several dimensions are called "state".*"census/state", "utility/state"'):
        asked(registry, {"geography": "state"})
    assert mapped(asked(registry, {"geography": "utility/state"})).base == "state"


def test_units_that_do_not_become_those_of_the_target_are_refused(registry: Path) -> None:
    own = {"name": "own_end_use", "use": "census/fuel"}
    add_dataset(registry, changed(changed(OF_CENSUS, "dataset/id", "metered"), "dimension/metric", own))
    records = [{"from": "electricity", "to": "warmth"}]
    ends = {"from": "census/fuel@1", "to": "census/heat@1"}
    add(registry, odd={**ends, "kind": "one_to_one", "records": records})
    (problem,) = refused(lambda: asked(registry, {"metric": "heat"}, dataset="metered"))
    assert problem.key == "to.metric"
    assert '"electricity" -> "warmth"' in problem.message


def test_an_unknown_dataset_is_told_with_the_closest(registry: Path) -> None:
    (problem,) = refused(lambda: asked(registry, dataset="office"))
    assert problem.key == "dataset"
    assert 'did you mean "offices"?' in problem.message


# By projects and submissions -----------------------------------------------------------------------------------------


def submitted(registry: Path) -> None:
    """Register a project with counties of its own and their states, and submit a dataset with the same ids."""
    register_project(PROJECT, registry=registry)
    add_dataset(registry, changed(DATASET, "dataset/id", "shops"))
    needed = changed(PROJECT, "requires/shops", PROJECT["requires"]["offices"])
    apply(job("register_project", needed), registry=registry, allow="major")
    submit_dataset({**SUBMISSION, "dataset": "shops"}, registry=registry)


def test_how_a_dataset_was_submitted_leads_on_to_the_dimensions_of_the_project(registry: Path) -> None:
    submitted(registry)
    assert pairs(asked(registry, {"geography": "two_counties/state"}, dataset="shops")) == [("g1", "CA"), ("g2", "CO")]
    assert named(asked(registry, dataset="shops", step=[{"by": ["state"]}])) == {"state": "own_county"}


def test_where_a_project_takes_the_ids_as_they_are_its_dimension_is_a_target_without_a_mapping(registry: Path) -> None:
    submitted(registry)
    inputs = asked(registry, {"sector": "two_counties/sector"}, dataset="shops")
    assert mapped(inputs, "sector") == TypeMapping("sector")
    assert next(one for one in inputs.project.base if one.type == "sector").records.ids == ("com", "res")


def test_of_the_versions_of_a_project_the_newest_that_has_the_dataset_counts(registry: Path) -> None:
    submitted(registry)
    counties = {"geography": ["06037", "08031"]}
    needed = changed(PROJECT, "requires/shops", PROJECT["requires"]["offices"] | counties)
    more = [*PROJECT["base"]["county"]["records"], one("32003", state="NV")]
    apply(job("register_project", changed(needed, "base/county/records", more)), registry=registry, allow="major")
    with Registry.open(registry) as opened:
        accepted = [row for row in opened.submissions(all_versions=True) if row["status"] == "accepted"]
        hops = opened.reach("geography", opened.dataset("shops"))
        county = next(one for one in opened.project("two_counties").base if one.name == "county")
    assert len(accepted) > 1
    assert {hop.to for hop in hops if hop.from_[0] == "shops/own_county"} == {(county.id, county.version)}
    assert county.version != "1.0.0"


def test_how_another_dataset_was_submitted_is_no_way(registry: Path) -> None:
    submitted(registry)
    with pytest.raises(NotFoundError, match="no chain of registered mappings leads"):
        asked(registry, {"geography": "two_counties/county"})


# Names beside the targets --------------------------------------------------------------------------------------------


def test_names_that_mappings_lead_to_may_be_used_in_steps_and_filters(registry: Path) -> None:
    where = [{"dimension": "region", "equals": "coast"}]
    assert named(asked(registry, step=[{"by": ["state.name", "place"]}], where=where)) == {
        "state": "place",
        "region": "place",
    }
    assert named(asked(registry, {"geography": "state"}, step=[{"by": ["state", "region"]}])) == {"region": "state"}
    assert named(asked(registry, result={"where": where}, results={"more": {"step": [{"by": ["state"]}]}})) == {
        "region": "place",
        "state": "place",
    }


def test_what_every_project_has_a_dataset_has_too(registry: Path) -> None:
    names = {one.dimension.name for one in asked(registry).project.supplemental}
    assert {"all_geographies", "all_subsectors", "all_scenarios"} <= names


def test_a_name_to_which_several_ways_lead_is_refused_with_what_to_do(registry: Path) -> None:
    add(registry, **BY_MARKET)
    (problem,) = refused(lambda: asked(registry, step=[{"by": ["region"]}]))
    assert problem.key == "step[0].by[0]"
    assert problem.message.endswith("; bring geography there with [to.geography], which takes `through`")


def test_a_name_that_several_dimensions_have_is_refused(registry: Path) -> None:
    others = {"owner": "utility", "dimension": {"state": DIMENSIONS["dimension"]["state"]}}
    register_dimensions(others, registry=registry)
    add(registry, to_utility={**MAPPINGS["county_to_state"], "to": "utility/state@1"})
    (problem,) = refused(lambda: asked(registry, step=[{"by": ["state"]}]))
    assert 'are called "state": census/state, utility/state; bring the data to one of them' in problem.message


def test_two_dimensions_of_one_name_are_called_as_their_types(registry: Path) -> None:
    spec = changed(
        changed(OF_CENSUS, "dataset/id", "twins"), "dimension/sector", {"name": "State", "records": [one("com")]}
    )
    add_dataset(registry, changed(spec, "dimension/subsector/name", "season"))
    inputs = asked(registry, {"geography": "state"}, dataset="twins")
    names = [one.name for one in inputs.project.base]
    assert names[:3] == ["geography", "sector", "subsector"]
    assert mapped(inputs).base == "geography"


# The jobs ------------------------------------------------------------------------------------------------------------


def test_jobs_that_ask_are_jobs_and_need_an_engine() -> None:
    assert set(JOBS) >= ASKING
    assert ASKING <= NEEDS_ENGINE


def test_a_dataset_is_asked_as_it_was(registry: Path) -> None:
    with pytest.raises(NotFoundError, match=r"has no version 2"):
        asked(registry, at="2")
    assert asked(registry, at="1").members[0].dataset.version == "1.0.0"
    two_versions = load_spec({"name": "asked", "dataset": "offices@1", "at": "2"}, "query_dataset")
    with pytest.raises(SpecError, match=r'"offices@1" and at 2 are two versions'):
        read_asked(two_versions)


def test_a_calibration_is_refused_where_there_is_no_project(registry: Path) -> None:
    report = [{"kind": "calibration", "by": ["place"], "against": ["shops"]}]
    (problem,) = refused(lambda: asked(registry, report=report))
    assert (problem.key, "ask the project instead" in problem.message) == ("report[0].against", True)


def test_a_dataset_that_is_registered_is_not_registered_again_by_mapping_one(registry: Path) -> None:
    submitted(registry)
    spec = {"name": "x", "project": "two_counties", "dataset": "shops", "register": {"id": "offices"}}
    (problem,) = refused(lambda: validate(job("map_dataset", spec), registry=registry))
    assert str(problem) == "register.id: dataset offices is registered already; choose another id"


def test_a_table_that_was_asked_without_a_project_says_why_it_has_no_lineage(tmp_path: Path) -> None:
    manifest = {"format": 1, "query": "by_state", "project": None, "datasets": [], "table": "table.csv", "files": []}
    run = tmp_path / "by_state" / "20261126T080000Z-0a1b2c3d"
    run.mkdir(parents=True)
    (run / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    (run / "table.csv").write_text("state,value\n", "utf-8")
    assert str(find_lineage(run / "table.csv")).endswith(
        "asked a dataset without a project, and the registry keeps those of projects"
    )
