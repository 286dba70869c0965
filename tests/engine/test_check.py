"""Every check of a dataset's raw files, and nothing that stays of it."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.compute as pc
import pytest
from tests.demo_project import small_demo
from tests.desk import Desk
from tests.engines import few_on_spark

from dsgrid.datasets.ledger import CHECKS
from dsgrid.datasets.recheck import SETTLED
from dsgrid.errors import DataError, NotFoundError, SpecError, UsageError
from dsgrid.operations.apply import apply
from dsgrid.operations.check import Checked, check
from dsgrid.operations.check_dataset import check_dataset
from dsgrid.registry.registry import Registry

if TYPE_CHECKING:
    from dsgrid.engine import Engine

pytestmark = few_on_spark(4)

COMMERCIAL = "register_commercial"
CLEAN = [one.name for one in CHECKS if one.name not in ("submission", "values")]


@pytest.fixture(scope="module")
def registered(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return without_checks(Desk.new(tmp_path_factory.mktemp("registered"), engine))


def without_checks(desk: Desk) -> Desk:
    """Return the desk, whose dataset says nothing of its values any more: tests give it checks of their own."""
    path = desk.specs / f"{COMMERCIAL}.toml"
    path.write_text(path.read_text().partition("\n[[checks]]")[0])
    return desk


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
    desk = without_checks(Desk(tmp_path, engine))
    assert states(check(desk.specs / f"{COMMERCIAL}.toml", engine=engine)) == dict.fromkeys(CLEAN, "passed")
    with pytest.raises(NotFoundError):
        check(desk.specs / f"{COMMERCIAL}.toml", project="three_states_2018", engine=engine)


def test_what_a_project_says_is_told_with_what_the_data_say(desk: Desk) -> None:
    desk.replace("dimensions/commercial_end_uses.csv", "kWh", "vehicles")
    desk.replace(f"{COMMERCIAL}.toml", 'missing = ["missing/large_offices.csv"]', "")
    found = messages(checked(desk, project="three_states_2018"))
    assert "no conversion" in found["submission"][0]
    assert found.keys() <= {"submission", "coverage"}


def test_a_spec_of_a_submission_is_checked_with_the_dataset(desk: Desk) -> None:
    submission = desk.specs / "submit_commercial.toml"
    found = checked(desk, submission=submission)
    assert states(found) == dict.fromkeys([*CLEAN, "submission"], "passed")
    assert any("copies 1 of 1 record" in str(remark) for remark in found.remarks)
    desk.replace("submit_commercial.toml", 'dataset = "commercial_2018', 'dataset = "residential_2018')
    with pytest.raises(SpecError, match='the dataset to check is "commercial_2018"'):
        checked(desk, submission=submission)


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
    said = file.read_text()
    again = checked(desk, rows=tmp_path / "rows")
    assert again.code == 0
    # It is the spec's own file now: another run of the checks does not write over it.
    desk.replace(f"{COMMERCIAL}.toml", '"missing/large_offices.csv", ', "")
    third = checked(desk, rows=tmp_path / "rows")
    assert file.read_text() == said
    assert [path.name for path in third.files] in ([], ["coverage_2.csv"])


def test_rows_that_cannot_be_written_do_not_hide_what_was_found(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "rows").write_text("a file")
    with (desk.specs / f"{COMMERCIAL}.toml").open("a") as spec:
        spec.write('\n[[checks]]\nkind = "range"\nmax = 0\n')
    found = checked(desk, rows=tmp_path / "rows")
    assert states(found)["values"] == "failed"
    assert found.report().endswith("rows is a file; rows are written into a folder")
    assert found.code == 4


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


def test_a_registration_writes_all_broken_rows_where_its_spec_says(desk: Desk) -> None:
    desk.replace(f"{COMMERCIAL}.toml", "missing = [", 'broken_rows = "broken"\nmissing = [')
    with (desk.specs / f"{COMMERCIAL}.toml").open("a") as file:
        file.write('\n[[checks]]\nkind = "range"\nmax = 0\n')
    with pytest.raises(DataError, match="all rows: ") as caught:
        desk.run(COMMERCIAL)
    (file_,) = (desk.specs / "broken").iterdir()
    assert file_.name == "values.csv"
    assert str(file_) in str(caught.value)
    assert len(file_.read_text().splitlines()) > 2


# A dataset that is registered -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def with_dataset(registered: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = registered.copy(tmp_path_factory.mktemp("with_dataset"))
    path = desk.specs / f"{COMMERCIAL}.toml"
    path.write_text(f'{path.read_text()}\n[[checks]]\nkind = "range"\nmin = 0\n')
    desk.run(COMMERCIAL)
    return desk


def again(desk: Desk, **keys: object) -> Checked:
    return check_dataset({"dataset": "commercial_2018", **keys}, registry=desk.registry, engine=desk.engine)


def test_a_registered_dataset_passes_again(with_dataset: Desk) -> None:
    before = with_dataset.listing(), with_dataset.files()
    found = again(with_dataset)
    assert states(found) == dict.fromkeys([*(name for name in CLEAN if name not in SETTLED), "values"], "passed")
    assert (with_dataset.listing(), with_dataset.files()) == before
    with pytest.raises(NotFoundError, match=r'did you mean "commercial_2018"'):
        check_dataset({"dataset": "comercial_2018"}, registry=with_dataset.registry, engine=with_dataset.engine)


def test_what_does_not_hold_of_stored_data_is_told_with_all_rows(with_dataset: Desk, tmp_path: Path) -> None:
    desk = with_dataset.copy(tmp_path / "desk")
    with closing(sqlite3.connect(desk.registry / "registry.db")) as database:
        database.execute("UPDATE dataset_checks SET value = 1000000 WHERE path = 'checks[0].min'")
        database.commit()
    with pytest.raises(DataError) as caught:
        again(desk, rows=str(tmp_path / "rows"))
    (problem,) = caught.value.problems
    assert (problem.where, problem.key) == ("commercial_2018@1.0.0", "checks[0]")
    assert problem.message.startswith("range: values of ")
    assert [path.name for path in (tmp_path / "rows").iterdir()] == ["values.csv"]


def test_what_a_dataset_says_of_itself_is_dumped_and_read_again(with_dataset: Desk) -> None:
    with Registry.open(with_dataset.registry) as opened:
        dataset = opened.dataset("commercial_2018")
    assert dataset.checks == ({"kind": "range", "min": 0},)
    assert [one.metric for one in dataset.profile] == sorted(dataset.dimensions["metric"].records.ids)
    assert sum(one.values for one in dataset.profile) > 0


def test_another_check_is_made_before_it_is_registered(with_dataset: Desk, tmp_path: Path) -> None:
    desk = with_dataset.copy(tmp_path / "desk")
    spec = desk.specs / f"{COMMERCIAL}.toml"
    desk.replace(f"{COMMERCIAL}.toml", "min = 0", "max = 0")
    with pytest.raises(DataError, match="range: values of"):
        apply(spec, allow="patch", engine=desk.engine)
    desk.replace(f"{COMMERCIAL}.toml", "max = 0", "min = -1")
    apply(spec, allow="patch", engine=desk.engine)
    with Registry.open(desk.registry) as opened:
        assert opened.dataset("commercial_2018").version == "1.0.1"
        assert opened.dataset("commercial_2018").checks == ({"kind": "range", "min": -1},)
    assert again(desk).code == 0
