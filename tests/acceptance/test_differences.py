"""The page of differences: the tests that it names are there, and what no other test shows is shown here."""

from __future__ import annotations

import re

import pytest
from tests.acceptance.commands import ROOT
from tests.time_cells import DAY, grid, typical

from dsgrid.errors import DsgridError
from dsgrid.time.mapping import map_time
from dsgrid.time.rules import TimeRules

PAGE = ROOT / "docs/differences.md"
TEXT = PAGE.read_text("utf-8")
SECTIONS = {part.splitlines()[0]: part for part in re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:]}
HALF_AN_HOUR = DAY / 48


@pytest.mark.parametrize("title", SECTIONS)
def test_every_difference_names_tests_that_exist(title: str) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", SECTIONS[title])
    assert named
    for file, test in named:
        assert f"def {test}(" in (ROOT / file).read_text("utf-8"), f"{file} has no {test}"


def test_every_section_is_in_the_list_at_the_top() -> None:
    listed = re.findall(r"\]\(#([\w-]+)\)", TEXT.partition("\n## ")[0])
    anchors = [title.lower().replace(" ", "-") for title in SECTIONS]
    assert sorted(set(listed)) == sorted(anchors)


def test_every_hand_calculation_is_on_the_page() -> None:
    file = "tests/acceptance/test_hand_calculations.py"
    for test in re.findall(r"^def (test_\w+)", (ROOT / file).read_text("utf-8"), re.MULTILINE):
        assert f"`{file}::{test}`" in TEXT


def test_an_hour_of_a_typical_day_is_split_over_both_of_its_halves() -> None:
    hours = typical("-05:00", "hour", measurement="total")
    halves = grid("-05:00", "2018-07-04 00:00 / 23:30", measurement="total", step=HALF_AN_HOUR)
    with pytest.raises(DsgridError, match="resample"):
        map_time(hours, halves, TimeRules())
    (found,) = map_time(hours, halves, TimeRules(resample=True)).classes
    assert set(found.weight.tolist()) == {0.5}
    assert found.source.tolist() == [slot // 2 for slot in found.target.tolist()]
    assert len(found.target) == 48
