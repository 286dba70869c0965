"""The generated data of a size, registered and submitted; what is there already is used again."""

from __future__ import annotations

import shutil
from pathlib import Path

from benchmarks import measure
from benchmarks.generate import Bench, finished, generate
from benchmarks.plans import dsgrid_run, environment
from benchmarks.queries import SPECS

DATASETS = ("county_loads", "state_loads", "typical_weeks", "growth")


def prepared(folder: Path, values: int) -> Bench:
    """Return a generated project with its datasets."""
    folder = folder / str(values)
    bench = finished(folder)
    if bench is not None:
        return bench
    shutil.rmtree(folder, ignore_errors=True)
    print(f"generating about {values:,} values in {folder}", flush=True)
    bench = generate(folder, values)
    print(f"registering {bench.values:,} values, embedded", flush=True)
    names = ["create_registry", "register_project"]
    names += [f"{verb}_{dataset}" for dataset in DATASETS for verb in ("register", "submit")]
    command = dsgrid_run(bench, [SPECS / f"{name}.toml" for name in names], "--engine", "sail")
    cost = measure.run(command, environment(), folder)
    print(f"registered: {told(cost)}", flush=True)
    # What is registered is a copy.
    for path in (
        *folder.glob("load_data*.parquet"),
        *folder.glob("*_loads.parquet"),
        *folder.glob("typical_*.parquet"),
    ):
        path.unlink()
    bench.finish()
    return bench


def told(cost: measure.Cost) -> str:
    """Return what something cost, in a line."""
    return f"{cost.wall:.1f} s, {cost.cpu:.1f} CPU s, {cost.peak / 1e6:,.0f} MB"
