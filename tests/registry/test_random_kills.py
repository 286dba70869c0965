"""Jobs that are killed at random moments, also while an engine writes: the registry is the old one or the new one."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from tests.demo_project import small_demo
from tests.registry_state import state

from dsgrid.operations.check_registry import check_registry
from dsgrid.operations.plan import plan

ROOT = Path(__file__).resolve().parents[2]
FIRST = ("create_registry", "register_project", "register_commercial", "submit_commercial")


def _start(*arguments: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "lib"), "PYSPARK_PYTHON": sys.executable}
    command = [sys.executable, "-m", "dsgrid", *arguments]
    # A group of its own: an engine may have processes that die with the job.
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )


def _finish(process: subprocess.Popen[bytes]) -> None:
    _, errors = process.communicate(timeout=180)
    assert process.returncode == 0, errors.decode()


def _changed_data(folder: Path) -> None:
    """Give the commercial dataset other values, as a modeller does who found a mistake."""
    path = next(folder.glob("build/demo/data/commercial*/load_data.parquet"), None) or next(
        file for file in sorted(folder.rglob("build/demo/data/**/*.parquet")) if "commercial" in str(file)
    )
    table = pq.read_table(path)
    for index, field in enumerate(table.schema):
        if str(field.type) == "double":
            table = table.set_column(index, field, pc.multiply(table.column(index), 2.0))
    pq.write_table(table, path)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["sail", "spark"])
def test_an_update_with_data_that_is_killed_at_random_times_can_be_repeated(tmp_path: Path, how: str) -> None:
    small_demo(tmp_path, days=2, counties=2)
    specs, registry = tmp_path / "specs/demo", tmp_path / "build/demo/registry"
    _finish(_start("run", *(str(specs / f"{name}.toml") for name in FIRST)))
    old = state(registry)
    _changed_data(tmp_path)
    spec = str(specs / "register_commercial.toml")
    apply = ("apply", spec, "--allow", "major", "--engine", how)

    seed = random.randrange(10**6)
    print(f"seed {seed}")
    moments = random.Random(seed)
    longest = 6.0 if how == "sail" else 20.0
    seen: list[str] = []
    for _ in range(8 if how == "sail" else 3):
        process = _start(*apply)
        time.sleep(moments.uniform(0.3, longest))
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        found: dict[str, Any] = state(registry)
        if found != old:
            break
        seen.append("old")
        check_registry({"fix": True, "older_than": "0h"}, registry=registry)
        check_registry({"checksums": True}, registry=registry)
        assert state(registry) == old
    _finish(_start(*apply))
    assert plan(spec, registry=registry).proposal.is_empty
    check_registry({"fix": True, "older_than": "0h"}, registry=registry)
    check_registry({"checksums": True}, registry=registry)
    versions = [row for row in state(registry)["dataset_versions"] if "major=2" in row]
    assert len(versions) == 1
    print(f"killed {len(seen)} times before it was done")
