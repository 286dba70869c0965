"""Listings: the columns that scripts rely on, the newest versions, and speed at the size of real projects."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from registry_values import example_dataset, example_project, example_submission, register

from dsgrid.dimensions.dimension import Dimension, Supplemental
from dsgrid.dimensions.mapping import Association, Mapping
from dsgrid.dimensions.records import Record, Records
from dsgrid.registry.registry import Registry
from dsgrid.time.rules import TimeRules


def test_the_columns_of_listings_are_as_documented(tmp_path: Path) -> None:
    with Registry.create(tmp_path / "registry") as registry:
        register(registry, example_project(), example_dataset(), example_submission(), submitter="ann")
        project, dataset, submission = registry.projects()[0], registry.datasets()[0], registry.submissions()[0]
        mapping = registry.mappings()[0]
        county = next(row for row in registry.dimensions() if row["id"] == "conus_2022/county")
        moment = project.pop("registered_at")
    assert moment.endswith("Z")
    assert project == {
        "id": "conus_2022",
        "version": "1.0.0",
        "name": "CONUS 2022",
        "base": 7,
        "supplemental": 1,
        "required": 1,
        "submitted": 1,
        "status": "in_progress",
        "classification": "",
        "tags": "load_profiles, 2022",
        "submitter": "ann",
        "description": "A small project",
    }
    assert dataset == {
        "id": "comstock",
        "version": "1.0.0",
        "kind": "modeled",
        "two_tables": False,
        "pivot": "metric",
        "rows": 0,
        "bytes": 0,
        "folder": "",
        "projects": "conus_2022",
        "classification": "low",
        "tags": "commercial",
        "registered_at": moment,
        "submitter": "ann",
        "description": "Commercial buildings",
    }
    assert submission == {
        "project_id": "conus_2022",
        "project_version": "1.0.0",
        "dataset_id": "comstock",
        "dataset_version": "1.0.0",
        "wrap_time": False,
        "time_rules": "",
        "status": "accepted",
        "reason": "",
        "registered_at": moment,
        "submitter": "ann",
    }
    assert mapping == {
        "id": "conus_2022/comstock/comstock_geography:county",
        "version": "1.0.0",
        "type": "geography",
        "kind": "one_to_one",
        "from_id": "comstock/comstock_geography",
        "from_version": "1.0.0",
        "to_id": "conus_2022/county",
        "to_version": "1.0.0",
        "associations": 2,
        "registered_at": moment,
        "submitter": "ann",
        "description": "",
    }
    assert (county["type"], county["class"], county["records"]) == ("geography", "county", 2)


def test_a_submission_is_listed_with_the_rules_of_time_that_it_gives(tmp_path: Path) -> None:
    rules = TimeRules(wrap=True, align="same_date", trim=True, spread="flat", shape="course@1.0.0")
    with Registry.create(tmp_path / "registry") as registry:
        register(registry, example_project(), example_dataset(), example_dataset("course"))
        register(registry, replace(example_submission(), time=rules), example_submission(dataset="course"))
        rows = registry.submissions()
        assert rows == registry.submissions(all_versions=True)
    assert {row["dataset_id"]: (row["wrap_time"], row["time_rules"]) for row in rows} == {
        "comstock": (True, "align = same_date, shape = course@1.0.0, spread = flat, trim = true"),
        "course": (False, ""),
    }


def test_only_the_newest_versions_are_current(tmp_path: Path) -> None:
    with Registry.create(tmp_path / "registry") as registry:
        register(registry, example_project())
        database = registry._database
        with database.atomic():
            for minor in (2, 10, 9):
                database.execute(
                    "INSERT INTO project_versions (project, major, minor, patch, name, description, time, "
                    "registration) SELECT project, 1, ?, 0, name, description, time, registration "
                    "FROM project_versions WHERE key = 1",
                    (minor,),
                )
        assert [row["version"] for row in registry.projects()] == ["1.10.0"]
        assert [row["version"] for row in registry.projects(all_versions=True)] == ["1.0.0", "1.2.0", "1.9.0", "1.10.0"]
        assert registry.project("conus_2022").version == "1.10.0"
        assert registry.project("conus_2022@1.9").version == "1.9.0"


def test_a_large_registry_opens_and_lists_at_once(tmp_path: Path) -> None:
    counties = Records(
        tuple(
            Record(f"{number:05}", f"County {number}", {"state": "CA", "population": number}) for number in range(3200)
        )
    )
    states = Records(tuple(Record(f"{number:02}", f"State {number}") for number in range(60)))
    shares = tuple(Association(county, state, 1 / 60) for county in counties.ids for state in states.ids[:25])
    project = example_project()
    small = [Dimension(f"sector_{number}", "sector", "sector", states) for number in range(200)]
    large = replace(
        project,
        base=(replace(project.base[0], records=counties), *project.base[1:], *small),
        supplemental=(
            Supplemental(Dimension("state", "geography", "state", states), "county", Mapping("any", shares)),
        ),
    )
    with Registry.create(tmp_path / "registry") as registry:
        register(registry, large)
    start = time.process_time()
    with Registry.open(tmp_path / "registry") as registry:
        opened = time.process_time()
        assert len(registry.dimensions()) == 209
        assert registry.mappings()[0]["associations"] == 80_000
        listed = time.process_time()
    assert opened - start < 0.02
    assert listed - opened < 0.3
