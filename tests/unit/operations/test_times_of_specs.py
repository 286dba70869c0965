"""Time in the specs of projects and datasets: it agrees with the records, and what does not is told at its key."""

from __future__ import annotations

from pathlib import Path

import pytest
from annual_sales import YEAR
from changing import Bench, refused
from tests.project_specs import DATASET, PROJECT, TIME, changed, dataset, one, project, submission

from dsgrid.operations.register_dataset import load_dimensions
from dsgrid.operations.register_dimensions import register_dimensions
from dsgrid.operations.register_project import build_project
from dsgrid.registry.model import Project
from dsgrid.spec.load import load_spec
from dsgrid.spec.node import Node, Source
from dsgrid.time.dimension import AnnualTime, IndexTime, NoTime, RepresentativeTime
from dsgrid.time.files import in_files

OWN = DATASET["time"]


def test_weather_years_and_labels_of_a_dataset_agree() -> None:
    other = {**OWN, "start": "2012-01-01 00:00", "end": "2012-01-02 23:00"}
    (problem,) = refused(lambda: dataset(changed(DATASET, "time", other)))
    assert (problem.key, problem.message.partition(";")[0]) == (
        "time",
        'the weather year "2018" and the labels, of 2012, disagree',
    )


def test_years_that_belong_to_records_name_all_of_them() -> None:
    years = {**YEAR, "year_of": "model_year", "end": "2019"}
    (problem,) = refused(lambda: dataset(changed(DATASET, "time", years)))
    assert problem.message == 'the years of the time dimension name "2019", which is none of the model years'
    (problem,) = refused(lambda: project(changed(PROJECT, "time", {**years, "name": "time"})))
    assert problem.key == "time"


@pytest.mark.parametrize("clock", ["standard", "prevailing", "profile"])
def test_records_without_a_zone_are_listed_where_labels_go_by_it(clock: str) -> None:
    local = {**OWN, "zone": "geography", "clock": clock}
    half = [one("g1", time_zone="America/Denver"), one("g2")]
    spec = changed(changed(DATASET, "time", local), "dimension/geography/records", half)
    (problem,) = refused(lambda: dataset(spec))
    assert problem.key == "dimension.geography"
    assert problem.message.endswith('but 1 of its 2 records has no time_zone: "g2"')


def test_zones_and_years_are_told_at_once() -> None:
    local = {**OWN, "zone": "geography", "clock": "standard", "start": "2012-01-01 00:00", "end": "2012-01-02 23:00"}
    assert [problem.key for problem in refused(lambda: dataset(changed(DATASET, "time", local)))] == [
        "time",
        "dimension.geography",
    ]


def test_a_project_in_the_zone_of_each_geography_needs_zones_and_a_clock_that_all_have() -> None:
    local = {**TIME, "zone": "geography", "clock": "prevailing"}
    zones, clock = refused(lambda: project(changed(PROJECT, "time", local)))
    assert (zones.key, clock.key) == ("time", "time")
    assert '2 of the records of "county" have no time_zone: "06037", "08031"' in zones.message
    assert 'its clock is "standard" or "profile", not "prevailing"' in clock.message


def test_the_zone_of_a_dataset_may_be_that_of_the_projects_records() -> None:
    counties = [one("06037", state="CA", time_zone="America/Los_Angeles"), one("08031", state="CO")]
    of = changed(PROJECT, "base/county/records", counties)
    data = changed(DATASET, "time", {**OWN, "zone": "project_geography", "clock": "standard"})
    (problem,) = refused(lambda: submission(of=of, data=data))
    assert 'the zone of each "county" of project two_counties, but 1 record of it has no time_zone: "08031"' in (
        problem.message
    )


def test_time_of_every_kind_is_read_from_the_spec_of_a_dataset() -> None:
    kinds = {
        RepresentativeTime: {**OWN, "kind": "representative", "by": ["day_type", "hour"]},
        AnnualTime: YEAR,
        IndexTime: {**OWN, "kind": "index", "first": 1, "last": 8760},
        NoTime: {"kind": "none"},
    }
    for kind, table in kinds.items():
        allowed = {key: value for key, value in table.items() if key not in ("start", "end")}
        if kind in (AnnualTime, IndexTime):
            allowed["start"] = table["start"]
        if kind is AnnualTime:
            allowed["end"] = table["end"]
        assert type(dataset(changed(DATASET, "time", allowed)).time) is kind


def test_the_order_in_which_columns_are_named_says_nothing() -> None:
    parts = {"year": "y", "month": "m", "day": "d", "hour": "h", "fold": "f"}
    turned = dict(reversed(parts.items()))
    one, other = (dataset(changed(DATASET, "time", {**OWN, "columns": columns})) for columns in (parts, turned))
    assert one.time == other.time
    nodes = (Node({"use": "x", "columns": columns}, (), Source(None, "", Path())) for columns in (parts, turned))
    first, second = (in_files(node, dataset().time) for node in nodes)
    assert first == second
    assert first.columns == one.time.columns == tuple(parts.items())


def test_ranges_whose_slots_overlap_are_refused() -> None:
    ranges = [
        {"start": "2018-01-01 00:00", "end": "2018-01-08 00:00"},
        {"start": "2018-01-14 00:00", "end": "2018-01-28 00:00"},
    ]
    weeks = {
        key: value for key, value in {**OWN, "step": "7d", "ranges": ranges}.items() if key not in ("start", "end")
    }
    (problem,) = refused(lambda: dataset(changed(DATASET, "time", weeks)))
    assert problem.key == "time.ranges[1]"
    assert problem.message.endswith("this one begins before the last slot before it ends")
    ranges[1] = {"start": "2018-01-15 00:00", "end": "2018-01-29 00:00"}
    assert len(dataset(changed(DATASET, "time", weeks)).time.ranges) == 2


LOCAL = {**OWN, "zone": "project_geography", "clock": "standard"}


def test_a_time_is_used_in_what_it_is_good_for(bench: Bench, tmp_path: Path) -> None:
    register_dimensions({"owner": "clocks", "time": {"local": LOCAL}}, registry=bench.folder)
    with bench.open() as registry:
        used = changed(DATASET, "time", {"use": "clocks/local"})
        _, time = load_dimensions(load_spec(used, "register_dataset").root, registry)
        assert time == registry.time("clocks/local")

        def build(name: str) -> Project:
            return build_project(load_spec(changed(PROJECT, "time", {"use": name}), "register_project").root, registry)

        (problem,) = refused(lambda: build("clocks/local"))
        assert problem.key == "time.use"
        assert problem.message.startswith("time clocks/local goes by the zones of a project's geography")
        (problem,) = refused(lambda: build("clocks/locale"))
        assert (problem.key, 'did you mean "clocks/local"?' in problem.message) == ("time.use", True)
        (problem,) = refused(lambda: build("two_counties/county"))
        assert (problem.key, problem.message) == ("time.use", "two_counties/county is no time dimension")
        assert build("two_counties/time").time == registry.time("two_counties/time")
