"""The demo project for tests: its generator as a module, and smaller copies of it that are ready in a moment."""

from __future__ import annotations

import csv
import importlib.util
import re
import shutil
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType

DEMO = Path(__file__).resolve().parents[1] / "specs" / "demo"

# Taken from the front: every state comes early, and so does a county with a missing building type.
COUNTIES = ("06037", "08077", "36061", "06019", "08031", "36029", "36047", "06073", "08069", "36001", "06067", "08041")


def load(name: str) -> ModuleType:
    """Return a script of ``specs/demo`` as a module."""
    known = f"demo_{name}"
    if known not in sys.modules:
        spec = importlib.util.spec_from_file_location(known, DEMO / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[known] = module
        spec.loader.exec_module(module)
    return sys.modules[known]


def small_demo(folder: Path, days: int = 7, counties: int = 4, start: str = "2018-07-09") -> Path:
    """Make a small demo project below `folder`: all its specs, and the data in its ``build/demo/data``.

    Parameters
    ----------
    days, start
        The hours of the project and of both datasets.
    counties
        How many counties it has, at least two. Regions and states without a county are left out.

    Returns
    -------
    Path
        The folder of the specs. The paths inside them are those of the real demo, so nothing outside `folder` is
        touched.
    """
    if counties < 2:
        raise ValueError("a small demo has at least two counties")
    specs = folder / "specs" / "demo"
    shutil.copytree(DEMO, specs, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    _keep_counties(specs, set(COUNTIES[:counties]))
    _keep_days(specs, datetime.fromisoformat(start), days)
    load("generate").generate(specs, folder / "build" / "demo" / "data")
    return specs


def _keep_days(specs: Path, start: datetime, days: int) -> None:
    """Write the shorter year into the specs, with each dataset's own way to label an hour."""
    last = start + timedelta(days=days, hours=-1)
    for name, lag in (("register_project", 0), ("register_commercial", 1), ("register_residential", 0)):
        path = specs / f"{name}.toml"
        text = path.read_text("utf-8")
        for key, moment in (("start", start), ("end", last)):
            label = (moment + timedelta(hours=lag)).strftime("%Y-%m-%d %H:%M")
            text, found = re.subn(rf'^{key} = ".*"', f'{key} = "{label}"', text, flags=re.MULTILINE)
            assert found == 1, f"{path.name} has {found} lines with {key}"
        path.write_text(text, "utf-8")


def _keep_counties(specs: Path, kept: set[str]) -> None:
    """Cut the record and mapping tables down to some counties, and share the regions out anew among them."""
    _filter(specs / "dimensions/counties.csv", lambda row: row["id"] in kept)
    _filter(specs / "missing/large_offices.csv", lambda row: row["geography"] in kept)
    states = {row["to"] for row in _filter(specs / "mappings/county_to_state.csv", lambda row: row["from"] in kept)}
    _filter(specs / "dimensions/states.csv", lambda row: row["id"] in states)
    shares = _filter(specs / "mappings/regions_to_counties.csv", lambda row: row["to"] in kept)
    whole: dict[str, float] = {}
    for row in shares:
        whole[row["from"]] = whole.get(row["from"], 0.0) + float(row["fraction"])
    _write(
        specs / "mappings/regions_to_counties.csv",
        [row | {"fraction": repr(float(row["fraction"]) / whole[row["from"]])} for row in shares],
    )
    _filter(specs / "dimensions/regions.csv", lambda row: row["id"] in whole)


def _filter(path: Path, keep: Callable[[dict[str, str]], bool]) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if keep(row)]
    _write(path, rows)
    return rows


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
