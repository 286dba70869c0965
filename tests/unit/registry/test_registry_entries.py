"""What ``show`` and ``records`` read: everything that they print, and nothing of what they do not."""

from __future__ import annotations

import time
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest
from registry_values import COUNTIES, example_dataset, example_project, example_submission, register

from dsgrid.dimensions.dimension import Dimension, Supplemental
from dsgrid.dimensions.mapping import Association, Mapping
from dsgrid.dimensions.records import Record, Records
from dsgrid.errors import NotFoundError, UsageError
from dsgrid.registry.conditions import parse_condition
from dsgrid.registry.projects import write_project
from dsgrid.registry.registry import Registry


def test_a_project_is_shown_with_its_parts_datasets_and_versions(folder: Path) -> None:
    with Registry.open(folder) as registry:
        shown = registry.entry("conus_2022")
    assert (shown["project"], shown["version"], shown["submitter"], shown["log_message"]) == (
        *("conus_2022", "1.0.0", "ann", "test"),
    )
    assert shown["time"] == {
        "name": "time_est",
        "kind": "datetime",
        "start": "2018-01-01 00:00",
        "end": "2018-12-31 23:00",
        "step": "1h",
        "zone": "-05:00",
        "interval": "period_beginning",
        "measurement": "total",
    }
    assert shown["base"][0] == {
        "name": "county",
        "type": "geography",
        "class": "county",
        "records": 2,
        "dimension": "conus_2022/county@1.0.0",
    }
    assert shown["supplemental"] == [
        {
            "name": "state",
            "of": "county",
            "class": "state",
            "records": 2,
            "mapping": "many_to_one_aggregation",
            "associations": 2,
        }
    ]
    assert shown["subsets"] == [{"name": "western", "of": "county", "selectors": "pacific, mountain"}]
    assert shown["datasets"] == [{"dataset": "comstock", "submitted": "1.0.0", "status": "accepted", "reason": ""}]
    assert [row["version"] for row in shown["versions"]] == ["1.0.0"]
    assert shown["used_by"] == []


def test_what_a_new_project_version_could_not_take_along_is_shown_with_the_reason(folder: Path) -> None:
    with Registry.open(folder, write=True) as registry, registry.registration("Better", "bob") as registration:
        newer = replace(example_project(), version="2.0.0")
        base = tuple(replace(one, version="2.0.0") for one in newer.base)
        write_project(registration._database, replace(newer, base=base), registration.key)
        key = registration._database.value("SELECT key FROM project_versions WHERE major = 2")
        registration._database.insert(
            "invalidations",
            project_version=key,
            dataset_version=1,
            submission=1,
            submitted_to="1.0.0",
            reason="06037 is no county any more",
        )
    with Registry.open(folder) as registry:
        newest, older = registry.entry("conus_2022"), registry.entry("conus_2022@1")
        current, everything = registry.submissions(), registry.submissions(all_versions=True)
    assert newest["datasets"] == [
        {"dataset": "comstock", "submitted": "", "status": "invalidated", "reason": "06037 is no county any more"}
    ]
    assert older["datasets"] == [{"dataset": "comstock", "submitted": "1.0.0", "status": "accepted", "reason": ""}]
    assert [(row["version"], row["submitter"]) for row in newest["versions"]] == [("2.0.0", "bob"), ("1.0.0", "ann")]
    assert [(row["project_version"], row["status"], row["reason"]) for row in current] == [
        ("2.0.0", "invalidated", "06037 is no county any more")
    ]
    assert [(row["project_version"], row["status"], row["reason"]) for row in everything] == [
        ("1.0.0", "accepted", ""),
        ("2.0.0", "invalidated", "06037 is no county any more"),
    ]


def test_a_dataset_that_is_required_but_not_submitted_is_shown(tmp_path: Path) -> None:
    with Registry.create(tmp_path / "registry") as registry:
        register(registry, example_project())
        assert registry.entry("conus_2022")["datasets"] == [
            {"dataset": "comstock", "submitted": "", "status": "not submitted", "reason": ""}
        ]


def test_each_entry_says_who_uses_it(folder: Path) -> None:
    with Registry.open(folder) as registry:
        users = {
            reference: [(row["kind"], row["id"], row["version"]) for row in registry.entry(reference)["used_by"]]
            for reference in (
                *("comstock", "conus_2022/county", "conus_2022/state"),
                *("conus_2022/county:state", "conus_2022/comstock/comstock_geography:county"),
            )
        }
    assert users["comstock"] == [("submission", "conus_2022/comstock", "1.0.0+1.0.0")]
    assert users["conus_2022/county"] == [
        ("mapping", "conus_2022/comstock/comstock_geography:county", "1.0.0"),
        ("mapping", "conus_2022/county:state", "1.0.0"),
        ("project", "conus_2022", "1.0.0"),
    ]
    assert users["conus_2022/state"] == [
        ("mapping", "conus_2022/county:state", "1.0.0"),
        ("project", "conus_2022", "1.0.0"),
    ]
    assert users["conus_2022/county:state"] == [("project", "conus_2022", "1.0.0")]
    assert users["conus_2022/comstock/comstock_geography:county"] == [
        ("submission", "conus_2022/comstock", "1.0.0+1.0.0")
    ]


def test_datasets_mappings_and_times_are_shown(folder: Path) -> None:
    with Registry.open(folder) as registry:
        project, dataset = registry.entry("conus_2022"), registry.entry("comstock")
        mapping = registry.entry("conus_2022/county:state")
        times, counties = registry.entry("conus_2022/time_est"), registry.entry("conus_2022/county")
    assert dataset["metadata"] == example_dataset().metadata
    assert project["metadata"] == example_project().metadata
    assert (dataset["pivot"], dataset["tables"], len(dataset["dimensions"])) == ("metric", "facts", 7)
    assert (dataset["kind"], dataset["time"]["kind"]) == ("modeled", "datetime")
    assert (mapping["from"], mapping["to"]) == ("conus_2022/county@1.0.0", "conus_2022/state@1.0.0")
    assert (mapping["associations"], mapping["all_records"][0]) == (2, {"from": "06037", "to": "CA", "fraction": 1.0})
    assert (times["type"], times["name"], times["time"]["start"]) == ("time", "time_est", "2018-01-01 00:00")
    assert counties["all_records"][1] == {
        "id": "08001",
        "name": "Adams",
        "state": "CO",
        "time_zone": "America/Denver",
    }


def test_only_dimensions_and_mappings_have_records(folder: Path) -> None:
    with Registry.open(folder) as registry:
        for reference, message in (
            ("conus_2022", "conus_2022@1.0.0 is a project and has no records; its dimensions have: `dsgrid reg"),
            ("comstock", "comstock@1.0.0 is a dataset and has no records"),
            ("conus_2022/time_est", "conus_2022/time_est@1.0.0 is a time dimension and has no records"),
        ):
            with pytest.raises(UsageError, match=message), registry.records(reference):
                pass
        with (
            pytest.raises(NotFoundError, match='did you mean "conus_2022/county"'),
            registry.records("conus_2022/conty"),
        ):
            pass


MIXED = Records(
    (
        Record("a", "A", {"n": 3, "flag": True, "half": 0.5, "any": "x"}),
        Record("b", "B", {"flag": False, "any": 7}),
        Record("c", "C", {"n": None, "half": 2, "huge": 2**70}),
    )
)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = example_project()
    folder = tmp_path_factory.mktemp("mixed") / "registry"
    with Registry.create(folder) as registry:
        register(registry, replace(project, base=(*project.base, Dimension("odd", "sector", "sector", MIXED))))
    return folder


def test_records_come_as_they_were_registered(mixed: Path) -> None:
    with Registry.open(mixed) as registry, registry.records("conus_2022/odd") as table:
        assert table.columns == MIXED.columns
        assert list(table.rows()) == [tuple(record.get(column) for column in MIXED.columns) for record in MIXED]
        assert dict(zip(table.columns, table.types(), strict=True)) == {
            "id": {"text"},
            "name": {"text"},
            "n": {"integer"},
            "flag": {"boolean"},
            "half": {"real", "integer"},
            "any": {"text", "integer"},
            "huge": {"text"},
        }


@pytest.mark.parametrize(
    ("where", "order", "limit", "ids"),
    [
        (["flag = yes"], [], None, "a"),
        (["n > 2"], [], None, "a"),
        (["any != x"], [("id", True)], None, "cb"),
        ([], [("half", True)], None, "cab"),
        ([], [("n", False), ("id", True)], 2, "cb"),
        (["id ~ B"], [], 0, ""),
    ],
)
def test_records_are_filtered_sorted_and_cut(
    mixed: Path, where: list[str], order: list[tuple[str, bool]], limit: int | None, ids: str
) -> None:
    with Registry.open(mixed) as registry, registry.records("conus_2022/odd") as table:
        conditions = [parse_condition(each, table.columns) for each in where]
        assert "".join(str(row[0]) for row in table.rows(conditions, order, limit)) == ids


def test_associations_are_sorted_with_the_dropped_first(tmp_path: Path) -> None:
    associations = (Association("06037", "CO", 0.25), Association("08001", None), Association("06037", "CA", 0.75))
    project = example_project()
    supplemental = (replace(project.supplemental[0], mapping=Mapping("any", associations)),)
    with Registry.create(tmp_path / "registry") as registry:
        register(registry, replace(project, supplemental=supplemental))
        with registry.records("conus_2022/county:state") as table:
            assert [row[1] for row in table.rows()] == ["CO", None, "CA"]
            assert [row[1] for row in table.rows(order=[("to", False)])] == [None, "CA", "CO"]
            assert [row[2] for row in table.rows(order=[("from", False), ("fraction", True)])] == [0.75, 0.25, 1.0]
            assert [row[0] for row in table.rows([parse_condition("to =")])] == ["08001"]


def test_showing_reads_no_contents(tmp_path: Path) -> None:
    # 3,200 counties, 200 dimensions and 200,000 associations: reading those takes a second and 50 MB.
    counties = Records(tuple(Record(f"{number:05}", f"County {number}") for number in range(3200)))
    zones = Records(tuple(Record(f"{number:02}", f"Zone {number}") for number in range(63)))
    shares = tuple(Association(county, zone, 1 / 63) for county in counties.ids for zone in zones.ids)
    project = example_project()
    small = [Dimension(f"sector_{number}", "sector", "sector", zones) for number in range(192)]
    large = replace(
        project,
        base=(replace(project.base[0], records=counties), *project.base[1:], *small),
        supplemental=(Supplemental(Dimension("zone", "geography", "state", zones), "county", Mapping("any", shares)),),
    )
    with Registry.create(tmp_path / "registry") as registry:
        register(registry, large)
    tracemalloc.start()
    start = time.process_time()
    with Registry.open(tmp_path / "registry") as registry:
        assert len(registry.entry("conus_2022")["base"]) == 199
        assert registry.entry("conus_2022/county:zone")["associations"] == 201_600
        assert len(registry.entry("conus_2022/county")["first_records"]) == 10
        with registry.records("conus_2022/county:zone") as table:
            assert sum(1 for _ in table.rows(limit=50_000)) == 50_000
    spent = time.process_time() - start
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert spent < 1.5  # half of it is tracemalloc's own
    assert peak < 3_000_000


def test_ids_and_versions_are_found_by_their_beginning(folder: Path) -> None:
    with Registry.open(folder) as registry:
        assert registry.references("conus_2022/co") == [
            ("conus_2022/county", "dimension"),
            ("conus_2022/comstock/comstock_geography:county", "mapping"),
            ("conus_2022/county:state", "mapping"),
        ]
        assert registry.references("conus_2022@") == [("conus_2022@1.0.0", "project")]
        assert registry.references("conus_2022@2") == []
        assert registry.references("%") == []
        assert ("comstock", "dataset") in registry.references()


def test_the_sample_is_the_beginning_of_the_table(folder: Path) -> None:
    with Registry.open(folder) as registry, registry.records("conus_2022/county") as table:
        assert [row[0] for row in table.rows()] == list(COUNTIES.ids)
        assert table.count == len(COUNTIES)
        assert example_submission().dataset_id in dict(registry.references("com"))
