"""What pages are made of: titles of windows, descriptions, numbers."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.unit.viewer.showing import pieces, words

import dsgrid.viewer
from dsgrid.viewer.parts.blocks import said
from dsgrid.viewer.parts.numbers import value

NUMBERS = {
    0.0: "0",
    54_909_585_757.3: "54,909,585,757",
    1_234_567.8: "1,234,568",
    999_999.6: "1,000,000",
    -8_221.3131: "-8,221.31",
    70.07: "70.07",
    0.012345678: "0.0123457",
    0.00012345678: "0.000123457",
    1.23456789e17: "1.23457e+17",
    1.23e-12: "1.23e-12",
}


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ("/datasets/homes", "homes · dsgrid"),
        ("/datasets/homes?tab=overview", "homes · dsgrid"),
        ("/datasets/homes@1.0.0?tab=shape", "homes@1.0.0: Load shape · dsgrid"),
        ("/datasets/homes?tab=nothing", "homes · dsgrid"),
        ("/datasets", "Datasets · dsgrid"),
        ("/projects/conus?tab=coverage", "conus: Coverage · dsgrid"),
        ("/dimensions/conus/county?tab=map", "conus/county: Map · dsgrid"),
        ("/mappings/conus/county:state?tab=matrix", "conus/county:state: Matrix · dsgrid"),
    ],
)
def test_the_windows_of_the_parts_of_a_page_are_told_apart(viewer_of, address: str, title: str) -> None:
    assert viewer_of({}).title(address) == title


def test_a_long_description_opens_on_demand() -> None:
    assert words(said("Homes")) == "Homes"
    assert words(said(None)) == "No description."
    long = "Homes of many counties. " * 40
    shown = said(long)
    assert [type(each).__name__ for each in pieces(shown)][:2] == ["Details", "Summary"]
    start = words(pieces(shown, "Summary")[0])
    assert len(start) < 330
    assert start.endswith("…")
    assert words(pieces(shown, "P")[0]) == long.strip()


def test_what_is_whole_is_never_rounded_and_what_is_small_keeps_its_digits() -> None:
    assert {number: value(number) for number in NUMBERS} == NUMBERS


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node")
def test_grids_write_numbers_as_pages_do() -> None:
    script = (Path(dsgrid.viewer.__file__).parent / "assets" / "grid.js").read_text("utf-8")
    written = re.search(r"const whole = .*?\n  };\n", script, re.DOTALL)
    assert written is not None
    asked = f"const found = {json.dumps([*NUMBERS])}.map((value) => written.dsgridNumber({{ value }}));"
    program = f"{written[0]} {asked} console.log(JSON.stringify(found))"
    found = subprocess.run(["node", "-e", program], capture_output=True, text=True, check=True).stdout
    assert dict(zip(NUMBERS, json.loads(found), strict=True)) == NUMBERS
