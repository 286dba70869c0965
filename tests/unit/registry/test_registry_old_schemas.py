"""Registries of older schemas are opened, and hold what they held."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import tempfile
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from registry_values import texts
from strategies.time_dimensions import time_dimensions
from tests.old_registry import old_registry
from tests.orphans import orphans
from tests.rounds import rounds

from dsgrid.datasets.inputs import reading_settings
from dsgrid.errors import RegistryLockedError
from dsgrid.registry.check import check
from dsgrid.registry.database import Database
from dsgrid.registry.migrations import MIGRATIONS
from dsgrid.registry.publish import verify_manifest
from dsgrid.registry.registry import Registry
from dsgrid.spec.node import Node, Source
from dsgrid.time.dimension import DatetimeTime, Span, TimeDimension
from dsgrid.time.grid import INTERVALS, LABELS, MEASUREMENTS
from dsgrid.time.rules import TimeRules

DAY = DatetimeTime(
    "time",
    (Span(datetime.fromisoformat("2018-01-01"), datetime.fromisoformat("2018-01-01 23:00")),),
    timedelta(hours=1),
    "-07:00",
    "period_beginning",
    "total",
)


SCHEMAS = tuple(each.version for each in MIGRATIONS[:-1])
BEFORE_OTHER_TIMES = 2


@pytest.fixture(params=SCHEMAS, ids=[f"schema {number}" for number in SCHEMAS])
def old(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    return old_registry(tmp_path / "registry", request.param)


def _version(folder: Path) -> int:
    connection = sqlite3.connect(folder / "registry.db")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.close()
    return int(version)


@pytest.mark.parametrize("write", [False, True], ids=["for reading", "for writing"])
def test_everything_that_an_old_schema_held_is_read_by_the_newest(old: Path, write: bool) -> None:
    schema = _version(old)
    assert schema in SCHEMAS
    with Registry.open(old, write=write) as registry:
        project = registry.project("first_project")
        assert [dimension.name for dimension in project.base] == [
            *("county", "sector", "building_type", "end_use", "scenario", "model_year", "weather_year")
        ]
        assert {each.dimension.name for each in project.supplemental} >= {"state", "all_geographies"}
        assert project.base[0].records.ids == ("08031", "08013")
        assert project.metadata == {}
        assert registry.projects()[0]["status"] == ""
        dataset = registry.dataset("first_dataset")
        assert dataset.version == "1.0.0"
        assert dataset.layout.pivot == "metric"
        assert replace(dataset.time, id="", version="") == DAY
        assert replace(project.time, id="", version="") == replace(DAY, name="hour")
        assert verify_manifest(registry.data_folder(dataset)) == ()
        assert orphans(registry) == ()
        submission = registry.submission("first_project", "first_dataset")
        assert submission.mappings["geography"].base == "county"
        assert submission.time == TimeRules()
        assert check(registry, checksums=True).problems == ()
        assert [row["job"] for row in registry.registrations()] == [
            *("register_project", "register_dataset", "submit_dataset")
        ]
    assert _version(old) == (MIGRATIONS[-1].version if write else schema), "who reads only changes nothing"


def test_an_old_registry_in_a_read_only_folder_is_read(old: Path) -> None:
    before = (old / "registry.db").read_bytes()
    (old / "registry.db").chmod(0o444)
    old.chmod(0o555)
    try:
        with Registry.open(old) as registry:
            assert [row["id"] for row in registry.datasets()] == ["first_dataset"]
    finally:
        old.chmod(0o755)
    assert (old / "registry.db").read_bytes() == before
    assert sorted(path.name for path in old.iterdir()) == ["data", "registry.db"]


def test_who_reads_an_old_registry_that_another_process_holds_is_told_so(old: Path) -> None:
    holder = sqlite3.connect(old / "registry.db", isolation_level=None)
    reader = Database(old / "registry.db", lock_timeout=0.2)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(RegistryLockedError, match="is locked by another process"):
        reader.become_a_copy()
    reader.close()
    holder.close()


def test_a_migrated_registry_has_the_tables_of_a_new_one(old: Path, tmp_path: Path) -> None:
    def shape(folder: Path) -> list[tuple[str, str]]:
        connection = sqlite3.connect(folder / "registry.db")
        rows = connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name").fetchall()
        connection.close()
        return [(name, " ".join(sql.split())) for name, sql in rows]

    Registry.open(old, write=True).close()
    Registry.create(tmp_path / "new").close()
    assert dict(shape(old)) == dict(shape(tmp_path / "new"))


# What old schemas could hold of time -------------------------------------------------------------------------------

moments = st.datetimes().map(lambda moment: moment.replace(fold=0))
OLD_TIMES = st.builds(
    DatetimeTime,
    name=st.just("time"),
    ranges=st.builds(Span, moments, moments).map(lambda span: (span,)),
    step=st.timedeltas(min_value=timedelta(microseconds=1), max_value=timedelta(days=400)),
    zone=st.sampled_from(["-05:00", "Asia/Kolkata", "America/New_York"]),
    interval=st.sampled_from(INTERVALS),
    measurement=st.sampled_from(MEASUREMENTS),
    columns=texts.map(lambda column: (("label", column),)),
    labels=st.sampled_from(["", *LABELS]),
)


@given(st.lists(OLD_TIMES, min_size=1, max_size=5))
@rounds(2)
def test_times_of_old_schemas_mean_the_same_in_the_newest(times: list[DatetimeTime]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        registry_folder = old_registry(Path(folder) / "registry", BEFORE_OTHER_TIMES)
        connection = sqlite3.connect(registry_folder / "registry.db")
        for number, time in enumerate(times, 1):
            insert_old_time(connection, number, time)
        connection.commit()
        connection.close()
        for write in (False, True):
            with Registry.open(registry_folder, write=write) as registry:
                for number, time in enumerate(times, 1):
                    found = registry.time(f"first_project/time_{number}")
                    assert replace(found, id="", version="") == replace(time, name=f"time_{number}")


def insert_old_time(connection: sqlite3.Connection, number: int, time: DatetimeTime) -> None:
    """Write a time as dsgrid did before there were other kinds."""
    key = connection.execute(
        "INSERT INTO dimensions (id, type) VALUES (?, 'time')", (f"first_project/time_{number}",)
    ).lastrowid
    version = connection.execute(
        "INSERT INTO dimension_versions (dimension, major, minor, patch, name, record_class, description, "
        "record_table, registration) VALUES (?, 1, 0, 0, ?, '', '', NULL, 1)",
        (key, f"time_{number}"),
    ).lastrowid
    labels = (moment.isoformat(" ") for moment in (time.start, time.end))
    ((_, column),) = time.columns
    step = time.step // timedelta(microseconds=1)
    connection.execute(
        "INSERT INTO datetime_times VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (version, *labels, step, time.zone, time.interval, time.measurement, column, time.labels),
    )


def test_a_submission_that_wraps_time_goes_on_to(old: Path) -> None:
    connection = sqlite3.connect(old / "registry.db")
    # A submission never changes; this one was made that way.
    connection.executescript("DROP TRIGGER submissions_stay; UPDATE submissions SET wrap_time = 1;")
    connection.close()
    with Registry.open(old) as registry:
        assert registry.submission("first_project", "first_dataset").time == TimeRules(wrap=True)
        assert registry.submissions()[0]["wrap_time"] is True


def test_what_a_dataset_of_an_old_schema_was_read_from_is_known_again() -> None:
    told = (
        "DatetimeTime(name='', start=datetime.datetime(2018, 1, 1, 0, 0), end=datetime.datetime(2018, 1, 1, 23, 0), "
        "step=datetime.timedelta(seconds=3600), zone='-07:00', interval='period_beginning', measurement='total', "
        "description='', column='ts', labels='wall_clock', id='', version='')"
    )
    text = json.dumps([{"pivot": "metric"}, "datetime", told], sort_keys=True)
    data = Node({"pivot": "metric", "table": "facts.parquet"}, (), Source(None, "", Path()))
    time = replace(
        DAY, columns=(("label", "ts"),), labels="wall_clock", description="of no matter", id="x", version="2"
    )
    found = reading_settings(data, time)
    assert (found.sha256, found.bytes) == (hashlib.sha256(text.encode()).hexdigest(), len(text))


@given(time_dimensions(), time_dimensions())
def test_other_times_are_other_ways_to_read(one: TimeDimension, other: TimeDimension) -> None:
    data = Node({"table": "facts.parquet"}, (), Source(None, "", Path()))
    nameless = [replace(each, name="", description="") for each in (one, other)]
    same = nameless[0] == nameless[1]
    assert (reading_settings(data, one) == reading_settings(data, other)) == same
    assert reading_settings(data, one) == reading_settings(data, replace(one, name="other", description="other"))
