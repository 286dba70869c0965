"""A small project for jobs on Slurm, and what its query gives."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
from tests.demo_project import small_demo

QUERY = "specs/demo/annual_by_state.toml"
OTHER = "specs/demo/electricity_by_end_use.toml"


def small_project(folder: Path) -> Path:
    """Make a small demo project with everything registered; both queries have run on the embedded engine."""
    specs = small_demo(folder, days=2)
    names = (
        *("create_registry", "register_project", "register_commercial", "register_residential"),
        *("submit_commercial", "submit_residential", Path(QUERY).stem, Path(OTHER).stem),
    )
    arguments = [str(specs / f"{name}.toml") for name in names]
    subprocess.run([sys.executable, "-m", "dsgrid", "run", *arguments], check=True, timeout=300)
    return folder


def result(project: Path, query: str = QUERY) -> tuple[Path, pd.DataFrame]:
    """Return the folder of a query's latest result, and its table in a fixed order."""
    folder = project / "build/demo/results" / Path(query).stem
    run = folder / json.loads((folder / "current.json").read_text())["run"]
    table = pd.concat(map(pd.read_parquet, sorted(run.rglob("*.parquet"))))
    keys = list(table.select_dtypes(exclude="float").columns)  # a query may have several columns of values
    return run, table.sort_values(keys).reset_index(drop=True)


def assert_new_and_the_same(before: tuple[Path, pd.DataFrame], after: tuple[Path, pd.DataFrame], engine: str) -> None:
    """Assert that there is a new result, by an engine, and that it is what there was before."""
    assert after[0] != before[0]
    assert len(after[1]) > 10
    pd.testing.assert_frame_equal(after[1], before[1], check_exact=False, rtol=1e-12)
    assert json.loads((after[0] / "manifest.json").read_text())["engine"]["name"] == engine
