"""Registering a dataset beside copying the same file with the engine, whole processes.

python -m benchmarks.registering [--values 1e6,1e7] [--engines sail,spark] [--memory 1g] [--folder build/bench]
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import measure
from benchmarks.generate import Bench, generate
from benchmarks.plans import ROOT, dsgrid_run, environment, submitted
from benchmarks.queries import SPECS
from dsgrid.operations.job import SHORT_WORK


def registered(bench: Bench, engine: str, memory: str) -> measure.Cost:
    """Register the dataset in a new registry."""
    shutil.rmtree(bench.registry, ignore_errors=True)
    before = [SPECS / f"{name}.toml" for name in ("create_registry", "register_project")]
    measure.run(dsgrid_run(bench, before), environment(), bench.folder)
    options = ["--engine", engine, *(["--memory", memory] if memory else [])]
    command = dsgrid_run(bench, [SPECS / "register_county_loads.toml"], *options)
    return measure.run(command, environment(), bench.folder)


def copied(bench: Bench, engine: str) -> measure.Cost:
    """Copy the file of its facts."""
    arguments = [str(bench.folder / "load_data.parquet"), str(bench.folder / "copied"), engine]
    if engine == "spark":
        command = submitted("copying", arguments, short=bench.values < SHORT_WORK, conf={})
    else:
        command = [sys.executable, "-m", "benchmarks.copying", *arguments]
    return measure.run(command, environment(), bench.folder)


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
