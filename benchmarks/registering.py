"""Registering a dataset beside copying the same file with the engine, whole processes.

python -m benchmarks.registering [--values 1e6,1e7] [--engines sail,spark] [--memory 1g] [--folder build/bench]
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import measure
from benchmarks.generate import Bench, generate
from dsgrid.operations.launch import job_file, spark_submit_command, spark_submit_environment

ROOT = Path(__file__).resolve().parents[1]


def registered(bench: Bench, engine: str, memory: str) -> measure.Cost:
    """Register the dataset in a new registry."""
    shutil.rmtree(bench.registry, ignore_errors=True)
    dsgrid = [sys.executable, "-m", "dsgrid", "run"]
    for name in ("create_registry", "register_project"):
        measure.run([*dsgrid, str(bench.folder / f"{name}.toml")], _environment(), bench.folder)
    options = ["--engine", engine, *(["--memory", memory] if memory else [])]
    return measure.run([*dsgrid, str(bench.folder / "register_dataset.toml"), *options], _environment(), bench.folder)


def copied(bench: Bench, engine: str) -> measure.Cost:
    """Copy the file of its facts."""
    arguments = [str(bench.folder / "load_data.parquet"), str(bench.folder / "copied"), engine]
    if engine != "spark":
        command = [sys.executable, "-m", "benchmarks.copying", *arguments]
    else:
        submit = spark_submit_command("register_dataset", bench.folder)
        script = str(ROOT / "benchmarks" / "copying.py")
        command = [*submit[: submit.index(str(job_file("register_dataset")))], script, *arguments]
    return measure.run(command, _environment(), bench.folder)


def _environment() -> dict[str, str]:
    paths = [str(ROOT), str(ROOT / "lib"), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**spark_submit_environment(), "PYTHONPATH": os.pathsep.join(paths)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print a line for each size and engine."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.registering", description=__doc__.partition("\n")[0])
    parser.add_argument("--values", default="1e6,1e7", help="about how many values, separated by commas")
    parser.add_argument("--engines", default="sail,spark", help="sail, spark or both")
    parser.add_argument("--memory", default="", help="what the engine may use, such as 1g; by default its own choice")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "bench", help="where the data are made")
    chosen = parser.parse_args(arguments)
    print(f"{'values':>12} {'engine':<6}{'wall s':>9}{'CPU s':>9}{'peak MB':>9}   of copying: wall x   CPU x  peak x")
    for values in map(float, chosen.values.split(",")):
        folder = (chosen.folder / f"registering_{values:.0e}".replace("+", "")).absolute()
        shutil.rmtree(folder, ignore_errors=True)
        bench = generate(folder, int(values))
        for engine in chosen.engines.split(","):
            own, other = registered(bench, engine, chosen.memory), copied(bench, engine)
            ratios = [own.wall / other.wall, own.cpu / other.cpu, own.peak / other.peak]
            print(
                f"{bench.values:>12,} {engine:<6}{own.wall:>9.1f}{own.cpu:>9.1f}{own.peak / 1e6:>9.0f}"
                f"{ratios[0]:>21.1f}{ratios[1]:>8.1f}{ratios[2]:>8.1f}",
                flush=True,
            )
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
