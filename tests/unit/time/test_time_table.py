"""The closed table: every cell is proved somewhere, and the guide says what the code has."""

from __future__ import annotations

from pathlib import Path

import pytest
import test_time_cells_of_grids
import test_time_cells_of_indices
import test_time_cells_of_kinds
from tests.time_cells import NEW_YORK, grid, index, typical, years

from dsgrid.spec.schemas import words
from dsgrid.time.dimension import GEOGRAPHY, PROJECT_GEOGRAPHY, NoTime
from dsgrid.time.document import part, section
from dsgrid.time.rules import RULES
from dsgrid.time.table import FORM_WORDS, FORMS, MEASUREMENT_WORDS, TABLE, cell, form_of, grid_form_of

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "time.md"
WORKED_OUT = {
    **test_time_cells_of_grids.CELLS,
    **test_time_cells_of_indices.CELLS,
    **test_time_cells_of_kinds.CELLS,
}
SOME = "2018-03-11 00:00 / 04:00"


def test_the_table_is_closed():
    assert set(TABLE) == {(own, target) for own in FORMS for target in FORMS}
    assert set(FORM_WORDS) == set(FORMS)
    for found in TABLE.values():
        assert bool(found.formula) != bool(found.refusal)
        assert found.rules <= set(RULES)
        assert not (found.refusal and found.rules)


def test_every_cell_that_is_not_refused_has_numbers_that_are_worked_out_by_hand():
    assert set(WORKED_OUT) == {pair for pair, found in TABLE.items() if found.formula}
    assert all(WORKED_OUT.values())


@pytest.mark.parametrize(
    ("time", "form", "slots"),
    [
        (grid(NEW_YORK, SOME), "instants", "instants"),
        (grid(GEOGRAPHY, SOME), "local", "local"),
        (grid(PROJECT_GEOGRAPHY, SOME, clock="standard"), "local", "local"),
        (grid(NEW_YORK, SOME, clock="profile"), "profile", "profile"),
        (grid(GEOGRAPHY, SOME, clock="profile"), "profile", "profile"),
        (index("UTC", "2018-01-01", 4), "index", "instants"),
        (index(GEOGRAPHY, "2018-01-01", 4), "index", "local"),
        (index(GEOGRAPHY, "2018-01-01", 4, clock="profile"), "index", "profile"),
        (years(2018), "annual", "annual"),
        (typical(NEW_YORK, "month"), "representative", "representative"),
        (NoTime("t"), "none", "none"),
    ],
)
def test_every_time_has_a_row_and_a_column(time, form, slots):
    assert (form_of(time), grid_form_of(time)) == (form, slots)


def test_an_index_takes_the_rules_of_the_form_that_its_clock_makes_it():
    numbers = index(NEW_YORK, "2018-03-11", 4, clock="profile")
    hours = grid(NEW_YORK, SOME)
    assert cell(numbers, hours).rules == TABLE["profile", "instants"].rules
    assert cell(hours, numbers).rules == TABLE["instants", "profile"].rules
    assert cell(numbers, NoTime("t")).refusal == TABLE["index", "none"].refusal


def test_the_words_of_measurements_are_those_of_specs():
    assert set(MEASUREMENT_WORDS) == set(words.MEASUREMENTS)


def test_the_guide_has_the_table_of_the_code():
    text = GUIDE.read_text(encoding="utf-8")
    assert text.partition(part().begin)[2].partition(part().end)[0].strip() == section()
    assert "| **annual** | 7 | 7 | 7 | 8 | **-** | 7 | **-** |" in text
