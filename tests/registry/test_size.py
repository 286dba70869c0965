"""A large registry: 3,200 counties, 200 dimensions, 60 datasets, 2 million associations.

Figures are printed (``pytest -s``); what is asserted is far from them, because machines differ. Each step runs in a
process of its own, as a user's command does, and reports its own time and peak memory.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
COUNTIES, DIMENSIONS, DATASETS, ASSOCIATIONS = 3_200, 200, 60, 2_000_000

MEASURED = """
import json, resource, sys, time
started = time.monotonic()
{body}
print(json.dumps({{"seconds": time.monotonic() - started,
                   "MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}}))
"""
MAKE_SPEC = (
    """
import csv, random
from pathlib import Path
folder = Path(sys.argv[1])
(folder / "dimensions").mkdir(parents=True)
(folder / "mappings").mkdir()
counties = [f"{number:05d}" for number in range(1, COUNTIES + 1)]
def records(name, rows, head="id,name"):
    (folder / f"dimensions/{name}.csv").write_text("\\n".join([head, *rows]) + "\\n")
records("county", [f"{id_},County {id_},{int(id_) % 49:02d}" for id_ in counties], "id,name,state")
lines = ["spec_version = 1", 'job = "register_project"', "[project]", 'id = "large"', 'name = "Large"', "[time]",
         'name = "hour"', 'kind = "datetime"', 'start = "2018-01-01 00:00"', 'end = "2018-12-31 23:00"', 'step = "1h"',
         'zone = "-05:00"', 'interval = "period_beginning"', 'measurement = "total"',
         "[base.county]", 'type = "geography"', 'class = "county"', 'records = "dimensions/county.csv"']
for type_ in ("sector", "subsector", "scenario", "model_year", "weather_year"):
    lines += [f"[base.{type_}]", f'type = "{type_}"', f'records = [{{ id = "one", name = "One" }}]']
lines += ["[base.end_use]", 'type = "metric"', 'class = "energy_end_use"',
          'records = [{ id = "fans", name = "Fans", fuel_id = "electricity", unit = "MWh" }]']
others = DIMENSIONS - 14
for number in range(others):
    size = (ASSOCIATIONS // COUNTIES + others - 1 - number) // others
    groups = [f"g{index}" for index in range(max(size, 50))]
    records(f"group_{number}", [f"{id_},Group {id_}" for id_ in groups])
    with open(folder / f"mappings/group_{number}.csv", "w") as file:
        file.write("from,to,fraction\\n")
        for position, county in enumerate(counties):
            for step in range(size):
                file.write(f"{county},g{(position + number + step) % len(groups)},{1 / size!r}\\n")
    lines += [f"[supplemental.group_{number}]", 'of = "county"', 'class = "geography"',
              f'records = "dimensions/group_{number}.csv"',
              f'mapping = {{ kind = "many_to_many_disaggregation", records = "mappings/group_{number}.csv" }}']
for number in range(DATASETS):
    lines.append(f"[requires.dataset_{number}]")
(folder / "register_project.toml").write_text("\\n".join(lines) + "\\n")
""".replace("COUNTIES", str(COUNTIES))
    .replace("DIMENSIONS", str(DIMENSIONS))
    .replace("DATASETS", str(DATASETS))
)
MAKE_SPEC = MAKE_SPEC.replace("ASSOCIATIONS", str(ASSOCIATIONS))
REGISTER = """
from dsgrid.operations.register_project import register_project
register_project(sys.argv[1] + "/register_project.toml", registry=sys.argv[2])
"""
ADD_DATASETS = """
sys.path.insert(0, sys.argv[3])
from dataclasses import replace
from dsgrid.registry.registry import Registry
from registry_values import example_dataset, example_dimension
with Registry.open(sys.argv[2], write=True) as registry:
    for number in range(DATASETS):
        with registry.registration("large") as registration:
            registration.add_dataset(example_dataset(f"dataset_{number}"))
""".replace("DATASETS", str(DATASETS))


def _measured(body: str, *arguments: str) -> dict[str, float]:
    return json.loads(_run([sys.executable, "-c", MEASURED.format(body=body), *arguments]).splitlines()[-1])


def _command(*arguments: str) -> dict[str, float]:
    """Run `dsgrid ...` as a user does; the time is that of the whole process."""
    body = """
import subprocess
subprocess.run([sys.executable, "-m", "dsgrid", *sys.argv[1:]], check=True, stdout=subprocess.DEVNULL)
"""
    script = MEASURED.format(body=body).replace("RUSAGE_SELF", "RUSAGE_CHILDREN")
    return json.loads(_run([sys.executable, "-c", script, *arguments]).splitlines()[-1])


def _run(command: list[str]) -> str:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "lib"), str(ROOT / "tests")))}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_large_registry_answers_at_once_and_takes_little_memory(tmp_path: Path) -> None:
    specs, registry = str(tmp_path / "specs"), str(tmp_path / "registry")
    _measured(MAKE_SPEC, specs)
    _run(
        [
            sys.executable,
            "-c",
            "import sys\nfrom dsgrid.registry.registry import Registry\nRegistry.create(sys.argv[1]).close()",
            registry,
        ]
    )
    measured: dict[str, Any] = {"register the project": _measured(REGISTER, specs, registry)}
    _measured(ADD_DATASETS, specs, registry, str(ROOT / "tests/unit/registry"))
    for name, arguments in {
        "list": ("registry", "list"),
        "list dimensions": ("registry", "list", "dimensions"),
        "list mappings": ("registry", "list", "mappings"),
        "show the project": ("registry", "show", "large"),
        "show a dimension": ("registry", "show", "large/county"),
        "show a dataset": ("registry", "show", "dataset_7"),
    }.items():
        measured[name] = _command(*arguments, "--registry", registry)
    for name, one in measured.items():
        print(f"{name:24} {one['seconds']:6.2f} s {one['MB']:6.0f} MB")
    assert measured.pop("register the project")["seconds"] < 30
    assert max(one["seconds"] for one in measured.values()) < 3
    assert max(one["MB"] for one in measured.values()) < 300
