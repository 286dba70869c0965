"""A registry as it was: what came later is not seen, and is told apart from what never came."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from registry_values import example_dataset, example_project, example_submission

from dsgrid.errors import NotFoundError, UsageError
from dsgrid.registry.moments import parse_at
from dsgrid.registry.projects import write_project
from dsgrid.registry.registry import Registry

SCHEMA_1 = Path(__file__).resolve().parents[2] / "fixtures" / "registry_schema_1"


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry where a project, a dataset, a submission and a second project version came on four days."""
    folder = tmp_path_factory.mktemp("history") / "registry"
    with Registry.create(folder) as registry, pytest.MonkeyPatch.context() as patch:

        def on(day: int) -> None:
            patch.setattr("dsgrid.registry.registration.utc_now", lambda: f"2026-03-0{day}T12:00:00.000000Z")

        on(1)
        with registry.registration("The project", "ann") as registration:
            registration.add_project(example_project())
        on(2)
        with registry.registration("The dataset", "bob") as registration:
            registration.add_dataset(example_dataset())
        on(3)
        with registry.registration("The submission", "bob") as registration:
            registration.add_submission(example_submission())
        on(4)
        with registry.registration("Better", "ann") as registration:
            newer = replace(example_project(), version="2.0.0", name="CONUS 2022, better")
            base = tuple(replace(one, version="2.0.0") for one in newer.base)
            write_project(registration._database, replace(newer, base=base), registration.key)
    return folder


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-23", "2026-11-23T23:59:59.999999Z"),
        ("2026-11-23T14", "2026-11-23T14:59:59.999999Z"),
        ("0099-01-01", "0099-01-01T23:59:59.999999Z"),
        ("2026-11-23 14:30", "2026-11-23T14:30:59.999999Z"),
        ("2026-11-23T14:30:15Z", "2026-11-23T14:30:15.999999Z"),
        ("2026-11-23T14:30:15.25Z", "2026-11-23T14:30:15.250000Z"),
        ("2026-11-23T00:30:00+01:00", "2026-11-22T23:30:00.999999Z"),
    ],
)
def test_a_time_includes_the_whole_unit_that_it_names(text: str, moment: str) -> None:
    assert parse_at(text).moment == moment
    assert parse_at(text).version is None


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "2026-11", "1.2.3.4", "v1", "2026-11-23T25:00", "-1"])
def test_what_is_neither_a_version_nor_a_date_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is neither a version nor a date"):
        parse_at(text)


def test_each_day_shows_what_there_was(history: Path) -> None:
    seen = {}
    for day in range(1, 5):
        with Registry.open(history, at=f"2026-03-0{day}") as registry:
            seen[day] = (
                [row["version"] for row in registry.projects(all_versions=True)],
                len(registry.datasets()),
                len(registry.submissions(all_versions=True)),
                len(registry.registrations()),
                registry.project("conus_2022").version,
            )
            assert not [row for row in registry.dimensions() if row["id"].startswith("comstock/")] or day > 1
    assert seen == {
        1: (["1.0.0"], 0, 0, 1, "1.0.0"),
        2: (["1.0.0"], 1, 0, 2, "1.0.0"),
        3: (["1.0.0"], 1, 1, 3, "1.0.0"),
        4: (["1.0.0", "2.0.0"], 1, 1, 4, "2.0.0"),
    }


def test_values_of_then_are_those_of_today_by_version(history: Path) -> None:
    with Registry.open(history, at="2026-03-03T12:00") as then, Registry.open(history) as today:
        assert then.project("conus_2022") == today.project("conus_2022@1.0.0")
        assert then.submission("conus_2022", "comstock") == today.submission("conus_2022", "comstock", "1.0.0")
        assert then.dimension("conus_2022/county").version == "1.0.0"
        assert today.dimension("conus_2022/county").version == "2.0.0"


def test_what_came_later_is_said_with_its_date(history: Path) -> None:
    with Registry.open(history, at="2026-03-01") as registry:
        with pytest.raises(NotFoundError, match="there was no dataset comstock by 2026-03-01 23:59:59 UTC: its first "):
            registry.dataset("comstock")
        with pytest.raises(NotFoundError, match=r"there was no dataset comstock .* 1\.0\.0 was registered on 2026-03-"):
            registry.kind("comstock")
        with pytest.raises(NotFoundError, match=r"project conus_2022 had no version 2 by .* there were: 1\.0\.0$"):
            registry.project("conus_2022@2")
        with pytest.raises(NotFoundError, match=r"project conus_2022 has no version 3; there are: 1\.0\.0"):
            registry.project("conus_2022@3")
        with pytest.raises(NotFoundError, match='no dataset "comstok" in the registry'):
            registry.dataset("comstok")


def test_before_the_first_registration_there_is_nothing_to_see(history: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="by 2026-02-28 23:59:59 UTC; the first registration came on 2026-03-01 12"):
        Registry.open(history, at="2026-02-28")
    Registry.create(tmp_path / "empty").close()
    with pytest.raises(NotFoundError, match="nothing is to this day"):
        Registry.open(tmp_path / "empty", at="2026-02-28")


def test_a_registry_looks_back_only_to_a_date_and_only_to_read(history: Path) -> None:
    with pytest.raises(UsageError, match=r'a whole registry has no version "1\.0"'):
        Registry.open(history, at="1.0")
    with pytest.raises(UsageError, match="can only be read"):
        Registry.open(history, write=True, at="2026-03-01")


def test_looking_back_works_in_a_registry_of_the_first_schema(tmp_path: Path) -> None:
    folder = tmp_path / "old"
    folder.mkdir()
    database = sqlite3.connect(folder / "registry.db")
    database.executescript((SCHEMA_1 / "registry.sql").read_text("utf-8"))
    moments = [row[0] for row in database.execute("SELECT registered_at FROM registrations ORDER BY key")]
    database.close()
    before = (folder / "registry.db").read_bytes()
    with Registry.open(folder, at=moments[0]) as registry:
        assert [row["registered_at"] for row in registry.registrations()] == moments[:1]
        assert registry.submissions() == []
    assert (folder / "registry.db").read_bytes() == before


def test_looking_back_needs_no_right_to_write(history: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(history, tmp_path / "registry")
    (folder / "registry.db").chmod(0o444)
    folder.chmod(0o555)
    try:
        with Registry.open(folder, at="2026-03-02") as registry:
            assert registry.submissions(all_versions=True) == []
    finally:
        folder.chmod(0o755)


def test_a_registry_opens_by_its_database_file_too(history: Path) -> None:
    with Registry.open(history / "registry.db") as registry:
        assert registry.folder == history
