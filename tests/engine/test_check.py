"""Every check of a dataset's raw files, and nothing that stays of it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.compute as pc
import pytest
from tests.demo_project import small_demo
from tests.desk import Desk

from dsgrid.datasets.ledger import CHECKS
from dsgrid.errors import NotFoundError, SpecError, UsageError
from dsgrid.operations.check import Checked, check

if TYPE_CHECKING:
    from dsgrid.engine import Engine

COMMERCIAL = "register_commercial"
CLEAN = [one.name for one in CHECKS if one.name not in ("submission", "values")]


@pytest.fixture(scope="module")
def registered(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk.new(tmp_path_factory.mktemp("registered"), engine)


@pytest.fixture
def desk(registered: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    return registered.copy(tmp_path / "desk")


def checked(desk: Desk, name: str = COMMERCIAL, **options: object) -> Checked:
    """Check a spec; the registry is as before, and nothing is left among temporary files."""
    before = desk.listing(), desk.files()
    found = check(desk.specs / f"{name}.toml", engine=desk.engine, **options)  # type: ignore[arg-type]
    assert (desk.listing(), desk.files()) == before
    assert not list(Path(tempfile.gettempdir()).iterdir())
    return found


def states(found: Checked) -> dict[str, str]:
    return {outcome.check.name: outcome.state for outcome in found.outcomes}


def messages(found: Checked) -> dict[str, list[str]]:
    return {
        outcome.check.name: [problem.message for problem in outcome.problems]
        for outcome in found.outcomes
        if outcome.problems
    }


def test_files_that_are_right_pass_every_check(desk: Desk) -> None:
    found = checked(desk)
    assert states(found) == dict.fromkeys(CLEAN, "passed")
    assert found.code == 0
    assert found.report().splitlines()[0] == f"checks of dataset commercial_2018: {len(CLEAN)} passed"


def test_a_dataset_needs_no_registry_to_be_checked(engine: Engine, tmp_path: Path) -> None:
    small_demo(tmp_path, days=2, counties=2)
    desk = Desk(tmp_path, engine)
    assert states(check(desk.specs / f"{COMMERCIAL}.toml", engine=engine)) == dict.fromkeys(CLEAN, "passed")
    with pytest.raises(NotFoundError):
        check(desk.specs / f"{COMMERCIAL}.toml", project="three_states_2018", engine=engine)


def test_what_a_project_says_is_told_with_what_the_data_say(desk: Desk) -> None:
    desk.replace("dimensions/commercial_end_uses.csv", "kWh", "vehicles")
    desk.replace(f"{COMMERCIAL}.toml", 'missing = ["missing/large_offices.csv"]', "")
    found = messages(checked(desk, project="three_states_2018"))
    assert "no conversion" in found["submission"][0]
    assert found.keys() <= {"submission", "coverage"}


def test_the_rows_of_a_gap_declare_it_as_they_stand(desk: Desk, tmp_path: Path) -> None:
    def without(table):
        return table.filter(pc.not_equal(table["id"], table["id"][0]))

    desk.rewrite("commercial/load_data.parquet", without)
    desk.rewrite("commercial/load_data_lookup.parquet", without)
    found = checked(desk, rows=tmp_path / "rows")
    assert states(found)["coverage"] == "failed"
    assert found.code == 4
    (file,) = found.files
    assert file == tmp_path / "rows/coverage.csv"
    assert f"all rows: {file}" in found.report()
    desk.replace(
        f"{COMMERCIAL}.toml",
        'missing = ["missing/large_offices.csv"]',
        f'missing = ["missing/large_offices.csv", "{file}"]',
    )
    again = checked(desk, rows=tmp_path / "rows")
    assert again.code == 0
    assert not file.exists()


def test_a_check_that_fails_early_leaves_the_later_ones_unreached(desk: Desk) -> None:
    desk.replace("dimensions/commercial_end_uses.csv", "electricity_cooling", "electricity_colling")
    found = checked(desk)
    assert states(found) == {"files": "passed", "columns": "failed"} | dict.fromkeys(CLEAN[2:], "not reached")
    assert any('"electricity_cooling"' in message for message in messages(found)["columns"])


def test_own_checks_are_among_them(desk: Desk) -> None:
    path = desk.specs / f"{COMMERCIAL}.toml"
    with path.open("a") as file:
        file.write('\n[[checks]]\nkind = "range"\nmax = 0\n')
    line = path.read_text().splitlines().index("[[checks]]") + 1
    found = checked(desk)
    assert states(found) == dict.fromkeys(CLEAN, "passed") | {"values": "failed"}
    assert f"{COMMERCIAL}.toml:{line}:" in found.report()
    assert "checks[0]: range: values of" in found.report()


def test_nothing_is_checked_against_what_cannot_be(desk: Desk) -> None:
    desk.replace(f"{COMMERCIAL}.toml", 'kind = "datetime"', 'kind = "datetime"\nzone = "America/Nowhere"')
    with pytest.raises(SpecError):
        checked(desk)
    with pytest.raises(UsageError, match="expected one of register_dataset or register_and_submit_dataset"):
        checked(desk, "hourly_by_state")
