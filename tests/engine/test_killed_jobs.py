"""A job that is killed leaves the registry as it was, plus at most folders that `orphans` finds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.desk import Desk
from tests.orphans import orphans

from dsgrid.registry.publish import verify_manifest
from dsgrid.registry.registry import Registry

if TYPE_CHECKING:
    from conftest import Engines

    from dsgrid.engine import Engine

# Registers a dataset in a process of its own, which kills itself at the point that the third argument names.
KILLED_JOB = """
import os, signal, sys
from dsgrid.engine import session
from dsgrid.operations import register_dataset as job
from dsgrid.operations import storing
from dsgrid.registry.registration import Registration

spec, engine, point = sys.argv[1:]

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def then_die(function):
    def wrapped(*args, **options):
        function(*args, **options)
        die()
    return wrapped

def progress(message):
    if message == point:
        die()

if point == "the manifest":
    storing.write_manifest = then_die(storing.write_manifest)
elif point == "inside the transaction":
    Registration.add_dataset = then_die(Registration.add_dataset)
elif point == "after the transaction":
    job.RegisteredDataset = die
with session(engine, in_process_master="local[1]" if engine == "spark" else None) as used:
    job.register_dataset(spec, engine=used, progress=progress)
"""

BEFORE = [
    "reading the columns",
    "reading the values",
    "checking",
    "publishing",
    "the manifest",
    "inside the transaction",
]


@pytest.fixture(scope="module")
def sail(engines: Engines) -> Engine:
    return engines.start("sail")


@pytest.fixture(scope="module")
def template(sail: Engine, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk.new(tmp_path_factory.mktemp("template"), sail)


def _kill(desk: Desk, point: str, engine: str = "sail") -> None:
    import dsgrid

    environment = os.environ | {"PYTHONPATH": str(Path(dsgrid.__file__).parents[1]), "PYSPARK_PYTHON": sys.executable}
    environment.pop("PYSPARK_SUBMIT_ARGS", None)
    command = [sys.executable, "-c", KILLED_JOB, str(desk.specs / "register_commercial.toml"), engine, point]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr


def _assert_as_before_but_for_orphans(desk: Desk, listing: list[object], files: list[Path]) -> None:
    assert desk.listing() == listing
    with Registry.open(desk.registry) as opened:
        found = orphans(opened)
    # What SQLite keeps of an interrupted transaction goes when the registry is opened the next time.
    left = set(desk.files()) - set(files) - {desk.registry / "registry.db-journal"}
    owners = {*found, *(path.parent for path in found)}
    assert [path for path in left if not owners & {path, *path.parents}] == []


def _assert_registered(desk: Desk) -> None:
    with Registry.open(desk.registry) as opened:
        (row,) = opened.datasets()
        assert row["id"] == "commercial_2018"
        assert verify_manifest(opened.data_folder(opened.dataset("commercial_2018"))) == ()
    assert desk.run("submit_commercial") is not None


@pytest.mark.parametrize("point", BEFORE)
def test_a_registration_that_is_killed_can_be_repeated(desk: Desk, point: str) -> None:
    listing, files = desk.listing(), desk.files()
    _kill(desk, point)
    _assert_as_before_but_for_orphans(desk, listing, files)
    desk.run("register_commercial")
    _assert_registered(desk)


def test_a_registration_that_is_killed_twice_leaves_two_orphans(desk: Desk) -> None:
    listing, files = desk.listing(), desk.files()
    _kill(desk, "publishing")
    _kill(desk, "the manifest")
    _assert_as_before_but_for_orphans(desk, listing, files)
    desk.run("register_commercial")
    with Registry.open(desk.registry) as opened:
        assert len(orphans(opened)) == 2
    _assert_registered(desk)


def test_a_registration_that_is_killed_after_its_transaction_is_complete(desk: Desk) -> None:
    _kill(desk, "after the transaction")
    _assert_registered(desk)
    with Registry.open(desk.registry) as opened:
        assert orphans(opened) == ()


@pytest.mark.slow
def test_a_registration_on_spark_that_is_killed_can_be_repeated(desk: Desk) -> None:
    listing, files = desk.listing(), desk.files()
    _kill(desk, "checking", "spark")
    _assert_as_before_but_for_orphans(desk, listing, files)
    desk.run("register_commercial")
    _assert_registered(desk)
