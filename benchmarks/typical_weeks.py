"""Annual use of typical weeks: dsgrid's query beside expanding to hours first, whole processes.

python -m benchmarks.typical_weeks [--values 1e7] [--engines sail,spark] [--folder build/bench]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks import measure
from benchmarks.run import Figure, report
from benchmarks.weeks import ANNUAL, Weeks, generate
from dsgrid.operations.launch import java_command, job_file, spark_submit_command, spark_submit_environment
from dsgrid.query.result import open_result

ROOT = Path(__file__).resolve().parents[1]
DEFAULT_VALUES = 1e7
WAYS = ("dsgrid", "one_pass", "stepwise")


def prepared(folder: Path, values: float) -> Weeks:
    """Return a generated and registered dataset; one that is there already is used again."""
    folder = folder / f"weeks_{values:.0e}".replace("+", "")
    done = folder / "weeks.json"
    if done.exists():
        return Weeks(folder, json.loads(done.read_text())["values"])
    shutil.rmtree(folder, ignore_errors=True)
    print(f"generating and registering about {values:.0e} values in {folder}")
    weeks = generate(folder, int(values))
    done.write_text(json.dumps({"values": weeks.values}))
    return weeks


def measured(weeks: Weeks, way: str, engine: str) -> Figure:
    """Answer the question in one way, in a process of its own."""
    cost = measure.run(_command(weeks, way, engine), _environment(), weeks.folder)
    path = open_result(weeks.folder / "results" / ANNUAL).path if way == "dsgrid" else None
    table = pq.read_table(path or weeks.folder / way / f"{ANNUAL}.parquet", columns=["value"])
    name = f"{way}-{engine}"
    return Figure(ANNUAL, name, cost.wall, cost.cpu, cost.peak, table.num_rows, pc.sum(table["value"]).as_py())


def _command(weeks: Weeks, way: str, engine: str) -> list[str]:
    if way == "dsgrid":
        return [sys.executable, "-m", "dsgrid", "run", str(weeks.spec), "--engine", engine]
    if engine == "sail":
        return [sys.executable, "-m", "benchmarks.hours_first", str(weeks.folder), way, engine]
    command = spark_submit_command("query", weeks.folder)
    script = str(ROOT / "benchmarks" / "hours_first.py")
    return [*command[: command.index(str(job_file("query")))], script, str(weeks.folder), way, engine]


def _environment() -> dict[str, str]:
    paths = [str(ROOT), str(ROOT / "lib"), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**spark_submit_environment(), "PYTHONPATH": os.pathsep.join(paths)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, write ``figures.json``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.typical_weeks", description=__doc__)
    parser.add_argument("--values", type=float, default=DEFAULT_VALUES, help="about how many values (1e7)")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "bench", help="where the data are made")
    parser.add_argument("--engines", default="sail" + (",spark" if java_command() else ""), help="separated by commas")
    chosen = parser.parse_args(arguments)
    weeks = prepared(chosen.folder.absolute(), chosen.values)
    figures = []
    for engine in chosen.engines.split(","):
        for way in WAYS:
            figures.append(measured(weeks, way, engine))
            print(f"{way}-{engine}: {figures[-1].wall:.1f} s, {figures[-1].cpu:.1f} CPU s", flush=True)
    print(f"\n{weeks.values:,} values\n{report(figures)}")
    document = {"values": weeks.values, "figures": [asdict(one) for one in figures]}
    (weeks.folder / "figures.json").write_text(json.dumps(document, indent=2) + "\n")
    return 1 if "DIFFERS" in report(figures) else 0


if __name__ == "__main__":
    sys.exit(main())
