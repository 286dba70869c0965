"""The demo runs from nothing, again from what it left, and shows what it found."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.demo_project import DEMO, small_demo


def run(specs: Path, *arguments: str) -> str:
    """Run the demo of another folder as a user does, and return what it prints."""
    environment = os.environ | {"PYTHONPATH": str(DEMO.parents[1] / "lib"), "COLUMNS": "100"}
    environment.pop("DSGRID_ENGINE", None)
    done = subprocess.run(
        [sys.executable, str(specs / "demo.py"), *arguments],
        cwd=specs.parents[1], env=environment, text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A small demo that has its scripts, too."""
    specs = small_demo(tmp_path, days=8, counties=4)
    for script in DEMO.glob("*.py"):
        shutil.copy(script, specs)
    return specs


def check(output: str, specs: Path) -> None:
    assert "Energy use of buildings in 2018, GWh" in output
    for state in ("California", "Colorado", "New York"):
        assert state in output
    for section in ("Reference", "High electrification"):
        assert re.search(rf"^\s+{section}\s*$", output, re.MULTILINE), output
    page = (specs.parents[1] / "build/demo/hot_week.html").read_text("utf-8")
    assert "A hot week: " in page
    assert "Mountain Standard Time" in page
    assert "GWh per hour" in page
    assert (specs.parents[1] / "build/demo/plotly.min.js").stat().st_size > 1_000_000


def test_the_demo_runs_from_nothing_and_again(small: Path) -> None:
    first = run(small)
    check(first, small)
    second = run(small)
    check(second, small)
    table = re.compile(r"^.*Energy use.*?^$\n^ *Reference.*?(?=^A hot week)", re.MULTILINE | re.DOTALL)
    assert table.findall(first) == table.findall(second)


@pytest.mark.slow
def test_the_demo_runs_through_spark_submit(small: Path) -> None:
    check(run(small, "--engine", "spark"), small)


def test_the_whole_demo_takes_less_than_a_minute(tmp_path: Path) -> None:
    specs = tmp_path / "specs" / "demo"
    shutil.copytree(DEMO, specs, ignore=shutil.ignore_patterns("__pycache__"))
    began = time.monotonic()
    output = run(specs)
    assert time.monotonic() - began < 60
    check(output, specs)
    assert "made 1,874,704 rows" in output


def test_a_failing_step_ends_the_demo_with_its_message_and_code(small: Path) -> None:
    mapping = small / "mappings" / "regions_to_counties.csv"
    mapping.write_text(mapping.read_text("utf-8").replace("1.0", "0.9", 1), "utf-8")
    environment = os.environ | {"PYTHONPATH": str(DEMO.parents[1] / "lib")}
    done = subprocess.run(
        [sys.executable, str(small / "demo.py")], env=environment, text=True, capture_output=True, check=False
    )
    assert done.returncode == 4
    assert "sum to 1" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
