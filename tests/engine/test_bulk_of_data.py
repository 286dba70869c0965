"""A bulk with data: one engine for all its specs, on every engine the same, and data are written once."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from tests.desk import Desk
from tests.engines import SLOW_ON_SPARK, few_on_spark
from tests.faults import KilledError
from tests.orphans import orphans

from dsgrid.errors import EngineError, NotFoundError
from dsgrid.operations.bulk import bulk
from dsgrid.query.result import open_result
from dsgrid.registry.registry import Registry

if TYPE_CHECKING:
    from dsgrid.engine import Engine

ROOT = Path(__file__).resolve().parents[2]
NAMES = (
    *("create_registry", "register_project", "register_commercial", "register_residential"),
    *("submit_commercial", "submit_residential", "hourly_by_state"),
)


@pytest.fixture
def desk(template: Desk, tmp_path: Path) -> Desk:
    """A project whose registry is still to be made, with a bulk of everything."""
    desk = template.copy(tmp_path)
    shutil.rmtree(desk.registry)
    write(desk, *NAMES)
    return desk


def write(desk: Desk, *names: str) -> Path:
    specs = json.dumps([f"{name}.toml" for name in names])
    path = desk.specs / "bulk.toml"
    path.write_text(f'spec_version = 1\njob = "bulk"\nspecs = {specs}\n', "utf-8")
    return path


def answer(desk: Desk) -> Any:
    return open_result(desk.folder / "build/demo/results/hourly_by_state").to_pandas()


def assert_same(desk: Desk, plain: Any) -> None:
    pd.testing.assert_frame_equal(answer(desk), plain, rtol=1e-9)


def runs(desk: Desk) -> int:
    return len([path for path in (desk.folder / "build/demo/results/hourly_by_state").iterdir() if path.is_dir()])


@pytest.fixture(scope="module")
def plain(template: Desk, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The query's answer when the specs run one by one."""
    desk = template.copy(tmp_path_factory.mktemp("plain"))
    desk.run(*NAMES[2:])
    return answer(desk)


def test_a_bulk_gives_what_its_specs_give_one_by_one(desk: Desk, plain: Any) -> None:
    said: list[str] = []
    done = bulk(desk.specs / "bulk.toml", engine=desk.engine, progress=said.append)
    assert [step.name.removesuffix(".toml") for step in done.steps] == list(NAMES)
    assert_same(desk, plain)
    assert any(each.startswith("register_commercial.toml (3 of 7): checking") for each in said)


@few_on_spark(2)
@pytest.mark.parametrize(
    "at", ["register_residential.toml (4 of 7): publishing", "hourly_by_state.toml (7 of 7): publi"]
)
def test_a_bulk_that_ends_while_it_works_on_data_goes_on_there(desk: Desk, plain: Any, at: str) -> None:
    def kill(message: str) -> None:
        if message.startswith(at):
            raise KilledError

    with pytest.raises(KilledError):
        bulk(desk.specs / "bulk.toml", engine=desk.engine, progress=kill)
    done = bulk(desk.specs / "bulk.toml", engine=desk.engine)
    number = [name in at for name in NAMES].index(True)
    assert [step.is_skipped for step in done.steps] == [place < number for place in range(len(NAMES))]
    assert_same(desk, plain)
    with Registry.open(desk.registry) as opened:
        assert len(opened.registrations()) == 5
        assert orphans(opened) == ()


@SLOW_ON_SPARK
def test_a_query_that_was_answered_but_is_not_in_the_journal_is_not_asked_again(
    desk: Desk, plain: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dsgrid.operations.journal import Journal

    record = Journal.record

    def die(self: Journal, entry: Any) -> None:
        if entry.job == "query" and entry.is_done:
            raise KilledError
        record(self, entry)

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "record", die)
        with pytest.raises(KilledError):
            bulk(desk.specs / "bulk.toml", engine=desk.engine)
    assert runs(desk) == 1
    assert all(step.is_skipped for step in bulk(desk.specs / "bulk.toml", engine=desk.engine).steps)
    assert runs(desk) == 1
    assert_same(desk, plain)


@SLOW_ON_SPARK
def test_a_query_of_what_is_there_is_checked_before_anything_runs(desk: Desk) -> None:
    bulk(desk.specs / "bulk.toml", engine=desk.engine)
    desk.replace("annual_by_state.toml", '"state"', '"stat"')
    write(desk, "hourly_by_state", "annual_by_state")
    before = runs(desk)
    with pytest.raises(Exception, match='did you mean "state"'):
        bulk(desk.specs / "bulk.toml", engine=desk.engine)
    assert runs(desk) == before


def test_a_missing_file_of_data_is_told_before_anything_runs(desk: Desk) -> None:
    desk.replace("register_residential.toml", "load_data.parquet", "lod_data.parquet")
    with pytest.raises(NotFoundError, match=r'did you mean "load_data\.parquet"'):
        bulk(desk.specs / "bulk.toml", engine=desk.engine)
    assert not desk.registry.exists()


@SLOW_ON_SPARK
def test_an_engine_starts_once_for_all_specs(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from dsgrid import engine as engine_room

    started = []

    def session() -> Engine:
        started.append(desk.engine.name)
        return desk.engine

    monkeypatch.setattr(engine_room, "session", session)
    monkeypatch.setattr(engine_room, "_kept", [])
    bulk(desk.specs / "bulk.toml")
    assert started == [desk.engine.name]


@SLOW_ON_SPARK
def test_an_engine_that_does_not_start_leaves_what_needs_none(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from dsgrid import engine as engine_room

    def session() -> Engine:
        raise EngineError("no engine today")

    with monkeypatch.context() as patch:
        patch.setattr(engine_room, "session", session)
        patch.setattr(engine_room, "_kept", [])
        with pytest.raises(EngineError, match="no engine today") as caught:
            bulk(desk.specs / "bulk.toml")
    assert "stopped in register_commercial.toml (3 of 7); 2 of 7 are done" in str(caught.value)
    done = bulk(desk.specs / "bulk.toml", engine=desk.engine)
    assert sum(step.is_skipped for step in done.steps) == 2


# In processes of their own -------------------------------------------------------------------------------------------

ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(ROOT / "lib"),
    "PYSPARK_PYTHON": sys.executable,
    "PYSPARK_DRIVER_PYTHON": sys.executable,
    "DSGRID_ENGINE": "",
}


@SLOW_ON_SPARK
def test_a_bulk_on_the_command_line_is_killed_for_good_and_goes_on(desk: Desk, plain: Any) -> None:
    name = "sail" if desk.engine.name == "sail" else "spark"
    command = [sys.executable, "-m", "dsgrid", "run", str(desk.specs / "bulk.toml"), "--engine", name]
    if name == "spark":
        command += ["--master", "local[2]", "--memory", "1g"]
    # spark-submit turns what its program says on stderr into stdout; a group of its own, so that all of it is killed.
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=desk.folder,
        env=ENVIRONMENT,
        start_new_session=True,
    )
    assert process.stdout is not None
    said = ""
    while "register_residential.toml (4 of 7): reading" not in said:
        line = process.stdout.readline()
        assert line, said
        said += line
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(60)
    process.stdout.close()
    again = subprocess.run(
        command, capture_output=True, text=True, cwd=desk.folder, env=ENVIRONMENT, check=False, timeout=300
    )
    said = again.stdout + again.stderr
    assert again.returncode == 0, said
    assert "skipping register_commercial.toml" in said
    assert "ran 4 specs, skipped 3 that were done" in said
    assert_same(desk, plain)
    with Registry.open(desk.registry) as opened:
        assert len(opened.registrations()) == 5
