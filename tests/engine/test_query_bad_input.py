"""Queries that fail while they run leave the result before as the current one, and say what to do.

What a query may not ask is refused before anything runs: see `test_query_refusals` and `test_whole_query_refusals`.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from reference.small_plans import HOMES_DATA, OF
from strategies.cases import Case, carry_out
from tests.desk import Desk
from tests.engines import SLOW_ON_SPARK
from tests.faults import Steps, at_every_step
from tests.own_disk import skip_without_mounts

from dsgrid.engine import engine_errors
from dsgrid.errors import EngineError
from dsgrid.operations.query import query
from dsgrid.query import output
from dsgrid.query.result import Result
from dsgrid.registry.publish import POINTER, current_run, verify_manifest

if TYPE_CHECKING:
    from conftest import Engines

    from dsgrid.engine import Engine

ROOT = Path(__file__).resolve().parents[2]
SPEC = """\
spec_version = 1
job = "query"
name = "check"
project = "three_states_2018"
datasets = ["commercial_2018"]

[[step]]
by = ["county", "fuel", "scenario", "hourly"]

[result]
path = "results"
unit = "MWh"
"""
# The greatest of each day is asked of a table that is written in between.
STEPWISE = SPEC.replace("[[step]]", "[[step]]\npersist = true").replace(
    "[result]", '[[step]]\nfunction = "max"\nby = ["county", "fuel", "scenario", "daily"]\n\n[result]'
)


@pytest.fixture(scope="module")
def sail(engines: Engines) -> Engine:
    return engines.start("sail")


@pytest.fixture(scope="module")
def asked(sail: Engine, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A project with one dataset, and a query that nobody has run yet."""
    desk = Desk.new(tmp_path_factory.mktemp("asked"), sail)
    desk.run("register_commercial", "submit_commercial")
    (desk.folder / "query.toml").write_text(SPEC, "utf-8")
    return desk


def _run(desk: Desk, text: str = SPEC) -> Result:
    (desk.folder / "query.toml").write_text(text, "utf-8")
    return query(desk.folder / "query.toml", registry=desk.registry, engine=desk.engine)


def _answered(desk: Desk) -> Result:
    shutil.rmtree(desk.folder / "results", ignore_errors=True)
    return _run(desk)


def _results(desk: Desk) -> dict[Path, bytes]:
    """Return every file of the results."""
    return {path: path.read_bytes() for path in sorted((desk.folder / "results").rglob("*")) if path.is_file()}


def _runs(desk: Desk) -> list[Path]:
    return sorted(path for path in (desk.folder / "results/check").iterdir() if path.is_dir())


def _current(desk: Desk) -> Path:
    """Return the run that is current; it is complete."""
    run = current_run(desk.folder / "results", "check")
    assert isinstance(run, Path)
    assert verify_manifest(run) == ()
    return run


def _environment() -> dict[str, str]:
    """Return an environment for a process of its own, in which the settings of this one's engine do not hold."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("SAIL_", "SPARK_", "PYSPARK_"))}
    return own | {"PYTHONPATH": str(ROOT / "lib")}


def _command(desk: Desk, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dsgrid", "run", "--registry", str(desk.registry), *options]
    command.append(str(desk.folder / "query.toml"))
    return subprocess.run(command, env=_environment(), capture_output=True, text=True, timeout=120, check=False)


# A folder that exists ------------------------------------------------------------------------------------------------


def test_a_second_run_is_kept_beside_the_first_and_is_the_current_one(asked: Desk) -> None:
    first = _answered(asked)
    before = _results(asked)
    second = _run(asked)
    assert _runs(asked) == sorted([first.folder, second.folder])
    assert _current(asked) == second.folder
    pointer = asked.folder / "results/check" / POINTER
    assert json.loads(pointer.read_text("utf-8")) == {"run": second.folder.name}
    after = _results(asked)
    assert {path: after[path] for path in before if path != pointer} == {
        path: data for path, data in before.items() if path != pointer
    }
    assert first.to_arrow().equals(second.to_arrow())


def test_what_is_written_between_stages_is_no_part_of_a_result(asked: Desk) -> None:
    _answered(asked)
    result = _run(asked, STEPWISE)
    assert isinstance(result.folder, Path)
    assert {path.name for path in result.folder.rglob("*")} == {"table.parquet", "manifest.json", "spec.toml"}


@pytest.mark.parametrize("limit", [output.LARGEST_ARROW_RESULT, 0], ids=["by the driver", "by the engine"])
def test_whatever_step_a_query_dies_at_its_current_result_is_complete(
    asked: Desk, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    before = _answered(asked).folder
    monkeypatch.setattr(output, "LARGEST_ARROW_RESULT", limit)
    seen = set()

    def check(_: object, step: str) -> None:
        current = _current(asked)
        seen.add(current == before)
        if current != before:
            assert "swap_file" in step or "sync" in step
            assert {before, current} == set(_runs(asked))

    def arrange() -> None:
        for run in _runs(asked):
            if run != before:
                shutil.rmtree(run)
        (asked.folder / "results/check" / POINTER).write_text(json.dumps({"run": before.name}), "utf-8")

    steps = at_every_step(Steps(monkeypatch), arrange, lambda _: _run(asked), check)
    assert steps > 5
    assert seen == {True, False}
    assert _current(asked) != before


# Killed --------------------------------------------------------------------------------------------------------------

# Asks a query in a process of its own, which kills itself at the point that the third argument names.
KILLED = """
import os, signal, sys
from dsgrid.engine import session
from dsgrid.operations import query as job
from dsgrid.query import output, persisting
from dsgrid.registry import disk

spec, registry, point = sys.argv[1:]

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

def then_die(function):
    def wrapped(*args, **options):
        function(*args, **options)
        die()
    return wrapped

def progress(message):
    if message.startswith(point):
        die()

if point == "the table":
    output.write_table = then_die(output.write_table)
elif point == "a table between stages":
    persisting.files_below = die
elif point == "the manifest":
    job.write_manifest = then_die(job.write_manifest)
elif point == "before the swap":
    disk.swap_file = die
elif point == "after the swap":
    disk.swap_file = then_die(disk.swap_file)
with session("sail", memory="1g") as engine:
    job.query(spec, registry=registry, engine=engine, progress=progress)
"""
BEFORE = ["planning", "reading", "a table between stages", "the table", "publishing", "the manifest", "before the swap"]
# Of those, what is left is of different kinds.
TELLING = {"a table between stages", "the table", "before the swap"}


def _kill(desk: Desk, point: str) -> None:
    command = [sys.executable, "-c", KILLED, str(desk.folder / "query.toml"), str(desk.registry), point]
    ended = subprocess.run(command, env=_environment(), capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr


@pytest.mark.parametrize(
    "point", [pytest.param(point, marks=[pytest.mark.slow] * (point not in TELLING)) for point in BEFORE]
)
def test_a_query_that_is_killed_leaves_the_result_before(asked: Desk, point: str) -> None:
    before = _answered(asked).folder
    kept, listing = _results(asked), asked.listing()
    (asked.folder / "query.toml").write_text(STEPWISE, "utf-8")
    _kill(asked, point)
    assert asked.listing() == listing
    assert _current(asked) == before
    after = _results(asked)
    assert {path: after[path] for path in kept} == kept
    # What is left besides lies in one folder, of which nobody knows.
    assert len(_runs(asked)) == (1 if point == "planning" else 2)
    again = _run(asked)
    assert _current(asked) == again.folder


def test_a_query_that_is_killed_after_it_has_published_is_complete(asked: Desk) -> None:
    before = _answered(asked).folder
    ran = _runs(asked)
    _kill(asked, "after the swap")
    assert before in ran
    assert _current(asked) not in ran


# What only values can tell -------------------------------------------------------------------------------------------


@SLOW_ON_SPARK
@pytest.mark.parametrize("more", ["", '[[step]]\nfunction = "mean"\nby = ["county"]\n'], ids=["all", "their means"])
def test_a_division_by_a_value_that_is_0_is_told_with_a_cure(engine: Engine, tmp_path: Path, more: str) -> None:
    # County b has hours of 0.
    asked: dict[str, Any] = tomllib.loads(f'expression = "homes / homes"\n{more}')
    case = Case(OF, (HOMES_DATA,), {"name": "asked", "project": OF.id, "result": {}, **asked})
    with pytest.raises(EngineError) as caught, engine_errors():
        carry_out(case, case.plan(), engine.spark, tmp_path)
    first = str(caught.value).splitlines()[0]
    assert first.startswith("a value was divided by 0")
    assert "the query's expression" in first


def test_a_division_by_0_leaves_the_result_before(asked: Desk) -> None:
    before = _answered(asked).folder
    nothing = 'expression = "commercial_2018 / (commercial_2018 - commercial_2018)"'
    zero = SPEC.replace('datasets = ["commercial_2018"]', nothing).replace('unit = "MWh"\n', "")
    with pytest.raises(EngineError, match="a value was divided by 0"):
        _run(asked, zero.replace("[[step]]", '[[step]]\nfunction = "mean"'))
    assert _current(asked) == before
    assert _runs(asked) == [before]


# Out of memory, out of disk ------------------------------------------------------------------------------------------


def test_a_query_for_which_memory_is_too_small_says_who_has_more(asked: Desk) -> None:
    before = _answered(asked).folder
    kept = _results(asked)
    ended = _command(asked, "--memory", "1")
    assert ended.returncode == EngineError.exit_code == 7, ended.stderr
    assert ended.stderr.strip().splitlines()[-1] == (
        "not enough memory for this query; give it more (--memory 8g), or let Spark do it: --engine spark, or sbatch"
    )
    assert "Traceback" not in ended.stderr
    assert _results(asked) == kept
    assert _runs(asked) == [before]


def test_a_first_query_for_which_memory_is_too_small_leaves_nothing(asked: Desk) -> None:
    shutil.rmtree(asked.folder / "results", ignore_errors=True)
    (asked.folder / "query.toml").write_text(SPEC, "utf-8")
    assert _command(asked, "--memory", "1").returncode == 7
    assert _results(asked) == {}
    assert not (asked.folder / "results/check").exists()


# The results lie on a small disk, which is full but for a few bytes when the query is asked again.
FULL = r"""
import os, shutil, subprocess, sys
from pathlib import Path

disk, spec, registry, room, limit = Path(sys.argv[1]), *sys.argv[2:]
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)], check=True)
RUN = '''
import sys
from dsgrid.query import output
output.LARGEST_ARROW_RESULT = int(sys.argv.pop(1))
from dsgrid.cli import run
sys.exit(run())
'''

def asked():
    command = [sys.executable, "-c", RUN, limit, "run", "--registry", registry, "--memory", "1g", spec]
    return subprocess.run(command, capture_output=True, text=True)

def results():
    return {path: path.read_bytes() for path in (disk / "results").rglob("*") if path.is_file()}

done = asked()
assert done.returncode == 0, done.stderr
before = results()
assert len([path for path in before if path.name == "current.json"]) == 1
filler = disk / "filler"
with filler.open("wb", buffering=0) as file:
    try:
        while file.write(bytes(4096)) == 4096:
            pass
    except OSError:
        pass
os.truncate(filler, filler.stat().st_size - int(room))
failed = asked()
print(failed.stderr.strip().splitlines()[-1])
assert failed.returncode in (5, 7, 9), (failed.returncode, failed.stderr)
assert "Traceback" not in failed.stderr, failed.stderr
assert "defect" not in failed.stderr, failed.stderr
assert results() == before, [str(path) for path in results() if path not in before]
assert len([path for path in (disk / "results/check").iterdir() if path.is_dir()]) == 1
filler.unlink()
assert asked().returncode == 0
assert len(results()) == 2 * len(before) - 1
"""


@pytest.mark.parametrize(
    ("limit", "room"),
    [
        pytest.param(output.LARGEST_ARROW_RESULT, 0, id="by the driver, no room", marks=pytest.mark.slow),
        pytest.param(output.LARGEST_ARROW_RESULT, 4_096, id="by the driver, a little room"),
        pytest.param(0, 0, id="by the engine, no room"),
        pytest.param(0, 4_096, id="by the engine, a little room", marks=pytest.mark.slow),
    ],
)
def test_a_full_disk_leaves_the_result_before(asked: Desk, tmp_path: Path, room: int, limit: int) -> None:
    skip_without_mounts()
    disk = tmp_path / "disk"
    disk.mkdir()
    spec = tmp_path / "query.toml"
    spec.write_text(SPEC.replace('"results"', f'"{disk}/results"'), "utf-8")
    command = ["unshare", "-rm", sys.executable, "-c", FULL]
    arguments = [str(disk), str(spec), str(asked.registry), str(room), str(limit)]
    done = subprocess.run([*command, *arguments], env=_environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert any(word in done.stdout for word in ("full", "No space left", "cannot be written")), done.stdout
