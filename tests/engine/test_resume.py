"""A query that is killed goes on from the parts that it had finished, and its result is that of one that was not."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from tests.desk import Desk
from tests.engines import SLOW_ON_SPARK

from dsgrid.errors import ConservationError
from dsgrid.operations.parts import Contractions
from dsgrid.operations.query import query
from dsgrid.operations.task import How
from dsgrid.query.part_store import FOLDER
from dsgrid.query.part_users import MARK
from dsgrid.query.result import Result, open_result

PROJECT = "three_states_2018"
SPEC = """
spec_version = 1
job = "query"
name = "killed"
project = "three_states_2018"
datasets = ["commercial_2018"]

[[step]]
by = ["county", "end_use", "scenario", "hourly"]

[[step]]
function = "max"
by = ["county", "end_use", "scenario"]

[result]
path = "results"
format = "csv"
"""
PARTS = 4


@pytest.fixture
def desk(commercial_desk: Desk) -> Desk:
    (commercial_desk.folder / "query.toml").write_text(SPEC, "utf-8")
    return commercial_desk


class _StopError(Exception):
    """What ends a run at a part."""


def ask(desk: Desk, stop_at: str | None = None, **how: Any) -> tuple[Result, list[str]]:
    """Run the query; return its result and what it said, or stop it where it says something."""
    said: list[str] = []

    def progress(message: str) -> None:
        said.append(message)
        if stop_at is not None and message.startswith(stop_at):
            raise _StopError

    spec = desk.folder / "query.toml"
    how = {"parts": PARTS, "cache": False, **how}
    return query(spec, registry=desk.registry, engine=desk.engine, progress=progress, how=How(**how)), said


def computed(said: list[str]) -> list[int]:
    """Return the numbers of the parts that were computed."""
    found = (re.fullmatch(r"part (\d+) of \d+ \(by [\w, ]+\): reading", message.strip()) for message in said)
    return [int(match[1]) for match in found if match]


def test_a_query_that_was_stopped_goes_on_and_says_so(desk: Desk) -> None:
    undisturbed, said = ask(desk)
    assert computed(said) == [1, 2, 3, 4]
    before = undisturbed.path.read_bytes()
    with pytest.raises(_StopError):
        ask(desk, stop_at="part 3")
    assert open_result(desk.folder / "results/killed").folder == undisturbed.folder
    resumed, said = ask(desk, parts=None)
    assert "going on: 2 of 4 parts were finished by an earlier run" in said
    assert computed(said) == [3, 4]
    assert resumed.path.read_bytes() == before
    # What was made of them is published, so they are gone.
    assert not list((desk.folder / "results/killed" / FOLDER).iterdir())


@SLOW_ON_SPARK
def test_parts_of_a_query_are_none_of_another_one(desk: Desk) -> None:
    with pytest.raises(_StopError):
        ask(desk, stop_at="part 3")
    path = desk.folder / "query.toml"
    path.write_text(SPEC.replace('"hourly"', '"daily"', 1), "utf-8")
    _, said = ask(desk)
    assert computed(said) == [1, 2, 3, 4]
    path.write_text(SPEC.replace('format = "csv"', 'format = "parquet"'), "utf-8")
    _, said = ask(desk)
    assert computed(said) == [3, 4]


@SLOW_ON_SPARK
def test_when_the_query_is_answered_no_parts_of_it_are_left_however_it_was_divided(desk: Desk) -> None:
    folder = desk.folder / "results/killed" / FOLDER
    for parts in (2, 3):
        with pytest.raises(_StopError):
            ask(desk, stop_at="part 2", parts=parts)
    for store in folder.iterdir():
        # A machine that is gone could not take its mark away.
        mark = store / f"{MARK}1.json"
        mark.write_text('{"host": "gone", "process": 1}', "utf-8")
        os.utime(mark, (0, 0))
    assert len(list(folder.iterdir())) == 2
    ask(desk, parts=1)
    assert not list(folder.iterdir())


@SLOW_ON_SPARK
def test_parts_that_a_run_left_which_was_killed_at_its_very_end_go_with_the_next_question(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DSGRID_CACHE", str(tmp_path / "cache"))

    def killed(_: Contractions) -> None:
        raise _StopError

    with monkeypatch.context() as patch:
        patch.setattr(Contractions, "close", killed)
        with pytest.raises(_StopError):
            ask(desk, cache=True)
    folder = desk.folder / "results/killed" / FOLDER
    assert list(folder.iterdir())
    assert ask(desk, cache=True)[0].reused
    assert not list(folder.iterdir())
    assert not list((tmp_path / "cache/parts").iterdir())


@SLOW_ON_SPARK
def test_a_run_goes_on_from_no_parts_that_did_not_add_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    undisturbed, _ = ask(desk)
    (facts,) = (desk.registry / "data/commercial_2018").glob("*/facts/*.parquet")
    sound = facts.read_bytes()
    name = "electricity_cooling"
    table = pq.read_table(facts)
    pq.write_table(table.set_column(table.column_names.index(name), name, pc.add(table[name], 1.0)), facts)
    with monkeypatch.context() as patch:
        # The file's size would tell, before the totals do.
        patch.setattr("dsgrid.registry.data_check.verify_files", lambda *_, **__: ())
        with pytest.raises(ConservationError):
            ask(desk)
    facts.write_bytes(sound)
    mended, said = ask(desk)
    assert computed(said) == [1, 2, 3, 4]
    assert mended.path.read_bytes() == undisturbed.path.read_bytes()


@SLOW_ON_SPARK
def test_of_two_runs_that_end_at_once_one_clears_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    clear = Contractions._clear
    together = threading.Barrier(2, timeout=60)

    def clear_late(one: Contractions) -> None:
        # Both have published their result, and neither has cleared up.
        together.wait()
        clear(one)

    monkeypatch.setattr(Contractions, "_clear", clear_late)
    found: list[Result] = []
    threads = [threading.Thread(target=lambda: found.append(ask(desk)[0])) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2
    assert not list((desk.folder / "results/killed" / FOLDER).iterdir())


@SLOW_ON_SPARK
def test_no_resume_starts_afresh(desk: Desk) -> None:
    with pytest.raises(_StopError):
        ask(desk, stop_at="part 4")
    _, said = ask(desk, resume=False)
    assert computed(said) == [1, 2, 3, 4]


@pytest.mark.slow
def test_killed_at_random_moments_it_repeats_at_most_one_part_each_time(desk: Desk) -> None:
    if desk.engine.name != "sail":
        pytest.skip("the same code runs on Spark, where each start takes ten seconds")
    undisturbed, _ = ask(desk)
    expected = undisturbed.path.read_bytes()
    began = time.monotonic()
    _run(desk, None)
    whole = time.monotonic() - began
    chance = random.Random(7)
    finished: set[int] = set()
    kills = repeated = 0
    while kills < 20:
        current = open_result(desk.folder / "results/killed").folder
        lines, killed = _run(desk, chance.uniform(0.2, 1.1) * whole)
        begun = set(computed(lines))
        # Nothing that was finished is computed again: of what was begun only the last part may be lost.
        assert not finished & begun
        result = open_result(desk.folder / "results/killed")
        assert result.path.read_bytes() == expected
        kills += killed
        if result.folder != current:
            found = {int(line.split()[1]) for line in lines if line.endswith("found, finished by an earlier run")}
            assert found | begun == set(range(1, PARTS + 1))
            finished = set()
        elif killed and begun:
            repeated += 1
            finished |= begun - {max(begun)}
    assert repeated
    _run(desk, None)
    result = open_result(desk.folder / "results/killed")
    assert result.folder != undisturbed.folder
    assert result.path.read_bytes() == expected


def _run(desk: Desk, seconds: float | None) -> tuple[list[str], bool]:
    """Run the query in a process of its own, killed after so many seconds; return what it said and whether it was."""
    command = [sys.executable, "-m", "dsgrid", "run", "query.toml", "--registry", str(desk.registry), "--memory", "1g"]
    command += ["--parts", str(PARTS), "--no-cache"]
    process = subprocess.Popen(command, cwd=desk.folder, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        _, said = process.communicate(timeout=seconds)
        assert process.returncode == 0, said
        killed = False
    except subprocess.TimeoutExpired:
        os.kill(process.pid, signal.SIGKILL)
        _, said = process.communicate()
        killed = True
    return [line.partition("] ")[2].strip() for line in said.splitlines()], killed


@SLOW_ON_SPARK
def test_what_another_run_of_the_same_query_publishes_meanwhile_is_used(desk: Desk) -> None:
    inner: list[tuple[Result, list[str]]] = []

    def progress(message: str) -> None:
        said.append(message)
        if message.startswith("part 2") and not inner:
            inner.append(ask(desk))

    said: list[str] = []
    spec = Path(desk.folder / "query.toml")
    result = query(
        spec, registry=desk.registry, engine=desk.engine, progress=progress, how=How(cache=False, parts=PARTS)
    )
    assert result.path.read_bytes() == inner[0][0].path.read_bytes()
    assert computed(inner[0][1]) == [2, 3, 4]
