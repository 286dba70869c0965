"""The time of a dataset that is asked without a project: its own, or a registered one by the rules of time."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from changing import refused
from tests.dataless import add_dataset
from tests.project_specs import DATASET, TIME, changed, one

from dsgrid.operations.asking import inputs_of, read_asked
from dsgrid.operations.register_dimensions import register_dimensions
from dsgrid.operations.register_mappings import register_mappings
from dsgrid.query.inputs import Inputs
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import load_spec
from dsgrid.time.dimension import GEOGRAPHY, IndexTime, NoTime, RepresentativeTime

Spec = dict[str, Any]
ZONES = {"g1": "America/Los_Angeles", "g2": "America/Denver"}
HOURS = {key: value for key, value in TIME.items() if key != "name"}
DIMENSIONS: Spec = {
    "owner": "west",
    "dimension": {
        "county": {"type": "geography", "records": [one(id_, time_zone=zone) for id_, zone in ZONES.items()]},
        "coast": {"type": "geography", "records": [one("west", time_zone="America/Los_Angeles")]},
        "all": {"type": "geography", "records": [one("everything")]},
        "decade": {"type": "model_year", "records": [one("2020"), one("2030")]},
        "five_years": {"type": "model_year", "records": [one("2020"), one("2025"), one("2030")]},
        "period": {"type": "model_year", "records": [one("now"), one("later")]},
    },
    "time": {
        "two_years": {
            "kind": "annual",
            "start": "2020",
            "end": "2021",
            "measurement": "total",
            "year_of": "model_year",
        },
        "year": {**HOURS, "start": "2018-01-01 00:00", "end": "2018-12-31 23:00"},
        "days": {**HOURS, "zone": "-05:00"},
    },
}
TO_ONE = {"kind": "many_to_one_aggregation", "from": "west/county@1"}
MAPPINGS = {
    f"county_to_{to}": {**TO_ONE, "to": f"west/{to}@1", "records": [{"from": id_, "to": record} for id_ in ZONES]}
    for to, record in (("coast", "west"), ("all", "everything"))
}
BETWEEN = [("2020", "2020", 1.0), ("2020", "2025", 0.5), ("2030", "2025", 0.5), ("2030", "2030", 1.0)]
MAPPINGS |= {
    "interpolated": {
        "kind": "many_to_many_explicit_multipliers",
        "from": "west/decade@1",
        "to": "west/five_years@1",
        "records": [{"from": year, "to": to, "fraction": fraction} for year, to, fraction in BETWEEN],
    },
    "named": {
        "kind": "one_to_one",
        "from": "west/decade@1",
        "to": "west/period@1",
        "records": [{"from": "2020", "to": "now"}, {"from": "2030", "to": "later"}],
    },
}
LOCAL = {**HOURS, "zone": "geography", "clock": "prevailing", "labels": "wall_clock"}
KINDS: dict[str, Spec] = {
    "annual": {"kind": "annual", "start": "2018", "end": "2018", "measurement": "total"},
    "model_years": {"kind": "annual", "years": ["2020", "2030"], "measurement": "total", "year_of": "model_year"},
    "none": {"kind": "none"},
    "index": {
        **{key: HOURS[key] for key in ("step", "zone", "interval", "measurement")},
        "kind": "index",
        "start": "2018-01-01 00:00",
        "first": 1,
        "last": 48,
    },
    "typical": {
        **{key: HOURS[key] for key in ("step", "zone", "interval")},
        "kind": "representative",
        "by": ["month", "hour"],
        "measurement": "mean",
    },
    "winter": LOCAL,
    "summer": {**LOCAL, "start": "2018-07-01 00:00", "end": "2018-07-02 23:00"},
    "spring": {**LOCAL, "start": "2018-03-11 00:00", "end": "2018-03-11 23:00"},
    "of_project": {**HOURS, "zone": "project_geography", "clock": "standard"},
    "profile": {**HOURS, "zone": "geography", "clock": "profile"},
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "registry"
    Registry.create(folder).close()
    register_dimensions(DIMENSIONS, registry=folder)
    register_mappings({"owner": "west", "mapping": MAPPINGS}, registry=folder)
    for name, time in KINDS.items():
        spec = changed(changed(DATASET, "dataset/id", f"of_{name}"), "time", time)
        if name == "model_years":
            spec = changed(spec, "dimension/model_year", {"name": "decade", "use": "west/decade"})
        add_dataset(folder, changed(spec, "dimension/geography", {"name": "county", "use": "west/county"}))
    return folder


@pytest.fixture
def registry(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "registry")


def asked(registry: Path, kind: str, **to: Any) -> Inputs:
    spec = {"name": "asked", "dataset": f"of_{kind}", "to": to}
    with Registry.open(registry) as opened:
        return inputs_of(read_asked(load_spec(spec, "query_dataset")), opened)


def told(registry: Path, kind: str, **to: Any) -> str:
    """Return the one problem of a query that is refused."""
    (problem,) = refused(lambda: asked(registry, kind, **to))
    return str(problem)


@pytest.mark.parametrize(("kind", "class_"), [("none", NoTime), ("index", IndexTime), ("typical", RepresentativeTime)])
def test_time_without_instants_stays_what_it_is(registry: Path, kind: str, class_: type) -> None:
    inputs = asked(registry, kind)
    assert isinstance(inputs.project.time, class_)
    assert inputs.project.time == inputs.members[0].dataset.time


@pytest.mark.parametrize(
    ("kind", "clock"),
    [("winter", "standard"), ("summer", "profile"), ("profile", "profile"), ("of_project", "standard")],
)
def test_local_time_is_told_on_a_clock_that_has_each_hour_once(registry: Path, kind: str, clock: str) -> None:
    time = asked(registry, kind).project.time
    assert (time.zone, time.clock) == (GEOGRAPHY, clock)  # type: ignore[union-attr]


def test_local_time_with_a_change_of_clocks_at_its_end_is_refused_with_what_to_do(registry: Path) -> None:
    said = told(registry, "spring")
    assert said.startswith("dataset: its hours, on clocks that change, are no hours of standard time: in America/")
    assert said.endswith("; name a target for its time in [to]")
    assert "project" not in said


def test_local_time_goes_by_the_zones_of_the_target_geography(registry: Path) -> None:
    assert asked(registry, "winter").project.time.name == "time"
    said = told(registry, "of_project", geography="all")
    assert 'told in the zone of each "all"' in said
    assert said.endswith("; name a target for its time in [to], or name the places in `by` instead of [to]")
    assert asked(registry, "of_project", geography="coast").project.time.zone == GEOGRAPHY  # type: ignore[union-attr]


def test_annual_totals_are_spread_over_hours_when_it_is_said_how(registry: Path) -> None:
    said = told(registry, "annual", time="west/year")
    assert said.startswith("to.time: annual totals are spread over the hours of the target: say spread")
    inputs = asked(registry, "annual", time={"dimension": "west/year", "spread": "flat"})
    assert inputs.members[0].submission.time.spread == "flat"
    assert inputs.project.time.id == "west/year"


def test_a_rule_of_time_that_means_nothing_is_refused_at_its_place(registry: Path) -> None:
    said = told(registry, "profile", time={"dimension": "west/days", "spread": "flat", "fall_back": "duplicate"})
    assert said.startswith("to.time.spread: `spread` means nothing")


def test_a_time_that_has_no_part_in_the_targets_is_told_in_words_of_targets(registry: Path) -> None:
    said = told(registry, "winter", time="west/year")
    assert said.startswith("to.time: ")
    assert "target" in said
    assert "project" not in said


def test_a_shape_has_to_be_registered(registry: Path) -> None:
    said = told(registry, "annual", time={"dimension": "west/year", "shape": "course"})
    assert said.startswith('to.time.shape: no dataset "course"')


def test_wrapping_is_a_rule_like_others(registry: Path) -> None:
    inputs = asked(registry, "index", time={"dimension": "west/days", "wrap_time": True})
    assert inputs.members[0].submission.time.wrap
    assert "wrap_time = true would move" in told(registry, "index", time="west/days")


def test_annual_values_of_model_years_are_of_the_years_that_the_target_has(registry: Path) -> None:
    assert asked(registry, "model_years").project.time.years == (2020, 2030)  # type: ignore[union-attr]
    inputs = asked(registry, "model_years", model_year="five_years")
    assert inputs.project.time.years == (2020, 2025, 2030)  # type: ignore[union-attr]


def test_years_that_the_target_calls_otherwise_are_refused_where_it_is_named(registry: Path) -> None:
    problems = refused(lambda: asked(registry, "model_years", model_year="period"))
    assert {problem.key for problem in problems} == {"to.model_year"}
    assert problems[0].message.startswith('of the model years, "later", "now" are not in the years')


def test_a_target_time_of_other_years_than_the_data_is_refused(registry: Path) -> None:
    problems = refused(lambda: asked(registry, "model_years", time="west/two_years"))
    assert {problem.key for problem in problems} == {"to.time"}
