"""Chains of registered mappings: found when asked for, told which, and refused where they are not one."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from changing import Bench, job, planned_lines, refused
from tests.dataless import add_dataset
from tests.project_specs import DATASET, PROJECT, SUBMISSION, changed, one

from dsgrid.errors import NotFoundError, SpecError
from dsgrid.operations.apply import apply
from dsgrid.operations.dump import dump
from dsgrid.operations.plan import plan
from dsgrid.operations.register_and_submit_dataset import draft_submission
from dsgrid.operations.register_dataset import draft_dataset
from dsgrid.operations.register_dimensions import register_dimensions
from dsgrid.operations.register_mappings import register_mappings
from dsgrid.operations.register_project import register_project
from dsgrid.operations.submit_dataset import submit_dataset
from dsgrid.operations.validate import validate
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import load_spec

Spec = dict[str, Any]
COUNTIES = ("06037", "32003", "08031")
DIMENSIONS: Spec = {
    "owner": "census_2020",
    "dimension": {
        "county": {"type": "geography", "records": [one(id_) for id_ in COUNTIES]},
        "state": {"type": "geography", "class": "state", "records": [one("CA"), one("NV"), one("CO")]},
        "market": {"type": "geography", "records": [one("caiso"), one("rest")]},
        "region": {"type": "geography", "class": "census_region", "records": [one("coast"), one("inland")]},
    },
}


def roll_up(from_: str, to: str, *pairs: str) -> Spec:
    records = [dict(zip(("from", "to"), pair.split(), strict=True)) for pair in pairs]
    ends = {"from": f"census_2020/{from_}@1.0.0", "to": f"census_2020/{to}@1.0.0"}
    return {**ends, "kind": "many_to_one_aggregation", "records": records}


MAPPINGS = {
    "county_to_state": roll_up("county", "state", "06037 CA", "32003 NV", "08031 CO"),
    "state_to_region": roll_up("state", "region", "CA coast", "NV inland", "CO inland"),
}
# Nevada's county belongs to the market of the coast.
BY_MARKET = {
    "county_to_market": roll_up("county", "market", "06037 caiso", "32003 caiso", "08031 rest"),
    "market_to_region": roll_up("market", "region", "caiso coast", "rest inland"),
}
BY_REGION = changed(
    changed(PROJECT, "base/region", {"type": "geography", "use": "census_2020/region@1.0.0"}), "base/county", None
)
BY_REGION = changed(BY_REGION, "supplemental", None)
FIND: Spec = {"find": True}


def use(spec: Spec, dimension: str) -> Spec:
    return changed(spec, "dimension/geography", {"name": "own_county", "use": f"census_2020/{dimension}"})


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("found") / "registry"
    Registry.create(folder).close()
    register_dimensions(DIMENSIONS, registry=folder)
    register_mappings({"owner": "census_2020", "mapping": MAPPINGS}, registry=folder)
    register_project(BY_REGION, registry=folder)
    add_dataset(folder, use(DATASET, "county"))
    return folder


@pytest.fixture
def registry(found: Path, tmp_path: Path) -> Path:
    """A registry with counties, states and regions, the mappings between them, and data by county."""
    return shutil.copytree(found, tmp_path / "registry")


def submission(**geography: Any) -> Spec:
    return changed(SUBMISSION, "mapping/geography", geography or FIND)


def add(registry: Path, **mappings: Spec) -> None:
    register_mappings({"owner": "census_2020", "mapping": mappings}, registry=registry)


def pairs(registry: Path) -> list[tuple[str, str | None, float]]:
    with Registry.open(registry) as opened:
        mapping = opened.submission("two_counties", "offices").mappings["geography"].mapping
    assert mapping is not None
    return [(each.from_id, each.to_id, each.fraction) for each in mapping.associations]


BY_STATE = [("06037", "coast", 1.0), ("32003", "inland", 1.0), ("08031", "inland", 1.0)]
THROUGH_MARKETS = [("06037", "coast", 1.0), ("32003", "coast", 1.0), ("08031", "inland", 1.0)]


def test_a_chain_is_registered_as_one_mapping_that_says_what_it_is_made_of(registry: Path) -> None:
    submit_dataset(submission(), registry=registry)
    assert pairs(registry) == BY_STATE
    with Registry.open(registry) as opened:
        entry = opened.entry("two_counties/offices/own_county:region")
    assert entry["kind"] == "many_to_one_aggregation"
    assert entry["description"] == (
        "composed of census_2020/county_to_state@1.0.0 and then census_2020/state_to_region@1.0.0"
    )


def test_a_plan_says_what_a_mapping_is_composed_of_and_applying_it_does_it_once(registry: Path) -> None:
    spec = job("submit_dataset", submission())
    lines = planned_lines(Bench(registry), spec)
    assert any(
        "note: mapping.geography is composed of census_2020/county_to_state@1.0.0 and then" in line for line in lines
    )
    assert "composed of census_2020/county_to_state@1.0.0 and then" in apply(spec, registry=registry).report()
    assert pairs(registry) == BY_STATE
    assert plan(spec, registry=registry).proposal.is_empty


def test_nothing_is_looked_for_without_being_asked(registry: Path) -> None:
    (problem,) = refused(lambda: submit_dataset(changed(SUBMISSION, "mapping", None), registry=registry))
    assert "a [mapping.geography] is needed (find = true in it takes what is registered: county -> state" in str(
        problem
    )


def test_one_registered_mapping_is_used_as_it_is(registry: Path) -> None:
    add(registry, straight=roll_up("county", "region", "06037 coast", "32003 inland", "08031 inland"))
    submit_dataset(submission(), registry=registry)
    with Registry.open(registry) as opened:
        mapping = opened.submission("two_counties", "offices").mappings["geography"].mapping
    # The chain over states does the same, so the shortest is taken.
    assert mapping is not None
    assert mapping.id == "census_2020/straight"


def test_chains_that_differ_are_refused_with_both_and_how_to_say_which(registry: Path) -> None:
    add(registry, **BY_MARKET)
    (problem,) = refused(lambda: submit_dataset(submission(), registry=registry))
    first = str(problem).splitlines()[0]
    for way in (
        "county -> market -> region by census_2020/county_to_market@1.0.0 and then census_2020/market_to_region@1.0.0",
        "county -> state -> region by census_2020/county_to_state@1.0.0 and then census_2020/state_to_region@1.0.0",
    ):
        assert way in first
        assert way in problem.detail
    assert 'through = ["census_2020/county_to_state", "census_2020/state_to_region"]' in problem.detail


def test_a_longer_chain_that_does_something_else_is_not_passed_over_in_silence(registry: Path) -> None:
    add(registry, straight=roll_up("county", "region", "06037 coast", "32003 coast", "08031 inland"))
    with pytest.raises(SpecError, match="2 chains of registered mappings lead there, and they do different things"):
        submit_dataset(submission(), registry=registry)


@pytest.mark.parametrize(
    ("through", "wanted"),
    [
        (["state"], BY_STATE),
        (["census_2020/state@1"], BY_STATE),
        (["market"], THROUGH_MARKETS),
        (["census_2020/county_to_market"], THROUGH_MARKETS),
        (["census_2020/county_to_state", "state", "census_2020/state_to_region@1.0.0", "region"], BY_STATE),
    ],
)
def test_through_says_which(registry: Path, through: list[str], wanted: list[Any]) -> None:
    add(registry, **BY_MARKET)
    submit_dataset(submission(find=True, through=through), registry=registry)
    assert pairs(registry) == wanted


def test_two_mappings_between_the_same_dimensions_are_told_apart_by_their_ids(registry: Path) -> None:
    add(registry, by_sales=roll_up("state", "region", "CA coast", "NV coast", "CO inland"))
    with pytest.raises(SpecError, match=r"by_sales@1\.0\.0.*do different things|do different things.*by_sales@1\.0\.0"):
        submit_dataset(submission(find=True, through=["state"]), registry=registry)
    submit_dataset(submission(find=True, through=["census_2020/by_sales"]), registry=registry)
    assert pairs(registry) == THROUGH_MARKETS


@pytest.mark.parametrize(
    ("through", "sentence"),
    [
        (["sate"], 'goes through sate; did you mean "state"?'),
        (["region", "state"], "goes through region, then state; there is county -> state -> region by"),
        (["state@2"], "goes through state@2; there is county -> state -> region"),
    ],
)
def test_a_way_that_is_not_there_is_told_with_those_that_are(registry: Path, through: list[str], sentence: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        submit_dataset(submission(find=True, through=through), registry=registry)
    assert sentence in str(caught.value)


def test_where_no_chain_leads_what_is_there_is_named(registry: Path) -> None:
    add_dataset(registry, use(changed(DATASET, "dataset/id", "markets"), "market"))
    register_project(changed(BY_REGION, "project/id", "other") | {"requires": {"markets": {}}}, registry=registry)
    add(registry, county_to_market=BY_MARKET["county_to_market"])
    with pytest.raises(NotFoundError) as caught:
        submit_dataset({**submission(), "dataset": "markets", "project": "other"}, registry=registry)
    assert str(caught.value) == (
        'mapping.geography.find: no chain of registered mappings leads from "own_county" (census_2020/market@1.0.0) to '
        'base "region" (census_2020/region@1.0.0); from it: nothing; to there: census_2020/state_to_region@1.0.0 '
        "from census_2020/state@1.0.0"
    )


def test_another_version_of_a_dimension_is_another_dimension(registry: Path) -> None:
    more = changed(DIMENSIONS, "dimension/county/description", "of 2020")
    apply(job("register_dimensions", more), registry=registry, allow="patch")
    add_dataset(registry, use(changed(DATASET, "dataset/id", "offices2"), "county@1.0.1"))
    spec = changed(BY_REGION, "requires/offices2", BY_REGION["requires"]["offices"])
    apply(job("register_project", spec), registry=registry, allow="major")
    with pytest.raises(
        NotFoundError, match=r"from other versions of it: census_2020/county_to_state@1\.0\.0 from 1\.0\.0"
    ):
        submit_dataset({**submission(), "dataset": "offices2"}, registry=registry)


def test_a_dimension_that_the_dataset_defines_itself_has_no_chain(registry: Path) -> None:
    add_dataset(registry, changed(DATASET, "dataset/id", "offices3"))
    spec = changed(BY_REGION, "requires/offices3", BY_REGION["requires"]["offices"])
    apply(job("register_project", spec), registry=registry, allow="major")
    with pytest.raises(NotFoundError, match=r'from "own_county" \(offices3/own_county@1\.0\.0\) to base'):
        submit_dataset({**submission(), "dataset": "offices3"}, registry=registry)


def test_a_dimension_that_is_the_base_itself_needs_no_chain(registry: Path) -> None:
    add_dataset(registry, use(changed(DATASET, "dataset/id", "regions"), "region"))
    spec = changed(BY_REGION, "requires/regions", BY_REGION["requires"]["offices"])
    apply(job("register_project", spec), registry=registry, allow="major")
    submitted = submit_dataset({**submission(), "dataset": "regions"}, registry=registry).submission
    assert submitted.mappings["geography"].mapping is None


def test_the_newest_version_of_a_mapping_counts_unless_another_is_named(registry: Path) -> None:
    others = roll_up("state", "region", "CA coast", "NV inland", "CO coast")
    edited = changed(MAPPINGS, "state_to_region", others)
    apply(job("register_mappings", {"owner": "census_2020", "mapping": edited}), registry=registry, allow="major")
    with Registry.open(registry) as opened:
        assert opened.mapping("census_2020/state_to_region").version == "2.0.0"
    submit_dataset(submission(find=True, through=["census_2020/state_to_region@1"]), registry=registry)
    assert pairs(registry) == BY_STATE
    changed_ = plan(job("submit_dataset", submission()), registry=registry)
    assert [
        change.new for part in changed_.proposal.subjects for change in part.changes if change.what == "association"
    ]


def test_what_a_submission_made_for_itself_is_no_hop(registry: Path) -> None:
    submit_dataset(
        submission(kind="many_to_one_aggregation", records=[{"from": id_, "to": to} for id_, to, _ in THROUGH_MARKETS]),
        registry=registry,
    )
    add_dataset(registry, use(changed(DATASET, "dataset/id", "again"), "county"))
    spec = changed(BY_REGION, "requires/again", BY_REGION["requires"]["offices"])
    apply(job("register_project", spec), registry=registry, allow="major")
    found = submit_dataset({**submission(), "dataset": "again"}, registry=registry).submission
    mapping = found.mappings["geography"].mapping
    assert mapping is not None
    assert [(each.from_id, each.to_id, each.fraction) for each in mapping.associations] == BY_STATE


def test_what_a_dump_writes_of_a_chain_is_the_same_without_looking(registry: Path, tmp_path: Path) -> None:
    apply(job("submit_dataset", submission()), registry=registry)
    dump({"ids": ["offices"], "output": str(tmp_path / "dump")}, registry=registry)
    spec = tmp_path / "dump/submit_to_two_counties.toml"
    assert "composed of census_2020/county_to_state@1.0.0" in spec.read_text("utf-8")
    assert plan(spec, registry=registry).proposal.is_empty


def test_a_dataset_that_is_to_be_registered_takes_chains_of_what_it_uses(registry: Path) -> None:
    new = use(changed(DATASET, "dataset/id", "offices5"), "county")
    spec = {**new, "submission": {"project": "two_counties", "mapping": {"geography": FIND}}}
    needed = changed(BY_REGION, "requires/offices5", BY_REGION["requires"]["offices"])
    apply(job("register_project", needed), registry=registry, allow="major")
    root = load_spec(spec, "register_and_submit_dataset").root
    with Registry.open(registry) as opened:
        found = draft_submission(root, draft_dataset(root, opened), opened).mappings["geography"].mapping
        assert found is not None
        assert [(each.from_id, each.to_id, each.fraction) for each in found.associations] == BY_STATE
        own = load_spec({**spec, "dimension": DATASET["dimension"]}, "register_and_submit_dataset").root
        with pytest.raises(
            SpecError, match=r"defines its geography dimension \"own_county\" itself, and no registered"
        ):
            draft_submission(own, draft_dataset(own, opened), opened)


def both_bases() -> Spec:
    """A project with counties and regions as bases, whose own mapping of counties leads to states of the census."""
    spec = changed(BY_REGION, "project/id", "both")
    spec = changed(spec, "base/county", {"type": "geography", "records": [one(id_) for id_ in COUNTIES]})
    own = {"kind": "many_to_one_aggregation", "records": MAPPINGS["county_to_state"]["records"]}
    return changed(spec, "supplemental", {"state": {"of": "county", "use": "census_2020/state@1", "mapping": own}})


def test_the_projects_own_mappings_to_supplementals_are_hops(registry: Path) -> None:
    register_project(both_bases(), registry=registry)
    data = changed(DATASET, "dataset/id", "offices4")
    add_dataset(registry, changed(data, "dimension/geography", {"name": "mine", "use": "both/county@1"}))
    spec = changed(both_bases(), "requires/offices4", BY_REGION["requires"]["offices"])
    apply(job("register_project", spec), registry=registry, allow="major")
    named = {**submission(find=True, to="region"), "project": "both", "dataset": "offices4"}
    found = submit_dataset(named, registry=registry).submission.mappings["geography"]
    assert found.base == "region"
    assert found.mapping is not None
    assert found.mapping.description == "composed of both/county:state@1.0.0 and then census_2020/state_to_region@1.0.0"
    # Without `to` the dimension is a base itself.
    straight = {**submission(), "project": "both", "dataset": "offices4"}
    planned = plan(job("submit_dataset", straight), registry=registry, allow="major")
    assert str(planned.proposal.remarks[0]) == (
        'note: mapping.geography is not needed: the dataset has the base dimension "county" itself'
    )


def test_several_bases_that_are_reached_have_to_be_told_apart(registry: Path) -> None:
    spec = changed(BY_REGION, "base/state", {"type": "geography", "use": "census_2020/state@1.0.0"})
    apply(job("register_project", spec), registry=registry, allow="major")
    add(registry, straight=roll_up("county", "region", "06037 coast", "32003 inland", "08031 inland"))
    with pytest.raises(SpecError, match='to several base geography dimensions; say which with `to`: "region", "state"'):
        submit_dataset(submission(), registry=registry)
    found = submit_dataset(submission(find=True, to="state"), registry=registry).submission.mappings["geography"]
    assert (found.base, found.mapping and found.mapping.id) == ("state", "census_2020/county_to_state")


def test_keys_that_exclude_each_other_are_refused() -> None:
    for geography, sentence in (
        ({"through": ["state"]}, "mapping.geography.through: `through` needs `find` beside it"),
        ({"find": True, "use": "a/b"}, "exactly one of `records`, `use`, `find` and `reverse_of` is needed; found"),
        ({"find": True, "kind": "one_to_one"}, "mapping.geography: `kind` and `find` exclude each other"),
        ({"find": False}, "mapping.geography.find: found false, expected true"),
        ({"reverse_of": "state", "records": [one("x")]}, "found `records` and `reverse_of`"),
    ):
        with pytest.raises(SpecError) as caught:
            validate(job("submit_dataset", submission(**geography)))
        assert sentence in str(caught.value)
