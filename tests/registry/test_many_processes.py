"""Many processes write to one registry at once: nothing is lost, nothing is there twice, nobody gets an error."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dsgrid.registry.registry import Registry

ROOT = Path(__file__).resolve().parents[2]
REGISTRY_VALUES = ROOT / "tests/unit/registry"

WRITER = """
import sys
from dsgrid.registry.registry import Registry
folder, name, count, values = sys.argv[1:]
sys.path.insert(0, values)
from registry_values import example_dataset
for number in range(int(count)):
    with Registry.open(folder, write=True, lock_timeout=600) as registry:
        with registry.registration(f"dataset {number} of {name}", submitter=name) as registration:
            registration.add_dataset(example_dataset(f"dataset_{name}_{number}"))
"""
# Reads all the time, as a team does meanwhile, and checks that what it sees is whole.
READER = """
import sys
from pathlib import Path
from dsgrid.registry.registry import Registry
folder, done = sys.argv[1:]
while not Path(done).exists():
    with Registry.open(folder, lock_timeout=600) as registry:
        for row in registry.datasets()[-3:]:
            assert len(registry.dataset(row["id"]).dimensions) == 7
"""


def _start(script: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "lib"), str(ROOT / "tests")))},
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    ("processes", "registrations"), [(6, 15), pytest.param(16, 250, marks=pytest.mark.slow)], ids=["6 x 15", "16 x 250"]
)
def test_registrations_of_many_processes_are_all_kept_once(tmp_path: Path, processes: int, registrations: int) -> None:
    folder, done = tmp_path / "registry", tmp_path / "done"
    Registry.create(folder).close()
    started = time.monotonic()
    reader = _start(READER, str(folder), str(done))
    writers = [
        _start(WRITER, str(folder), f"w{number}", str(registrations), str(REGISTRY_VALUES))
        for number in range(processes)
    ]
    errors = [writer.communicate(timeout=1200)[1] for writer in writers]
    print(f"{processes} x {registrations}: {time.monotonic() - started:.1f} s")
    done.touch()
    errors.append(reader.communicate(timeout=60)[1])
    assert errors == [""] * (processes + 1)
    assert [process.returncode for process in (*writers, reader)] == [0] * (processes + 1)
    expected = {f"dataset_w{writer}_{number}" for writer in range(processes) for number in range(registrations)}
    with Registry.open(folder) as registry:
        found = [row["id"] for row in registry.datasets(all_versions=True)]
        assert sorted(found) == sorted(expected), "all of them, each once"
        history = registry.registrations()
        assert len(history) == processes * registrations
        assert len({row["key"] for row in history}) == len(history)
        assert registry._database.value("PRAGMA integrity_check") == "ok"
        assert registry._database.rows("PRAGMA foreign_key_check") == []
