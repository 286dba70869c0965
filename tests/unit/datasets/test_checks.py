"""The checks as pure functions: small tables in, problems out."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from tests.small_dataset import IDS, dimensions, spanning

from dsgrid.datasets import checks
from dsgrid.datasets.associations import Slots, associations, broken
from dsgrid.datasets.expected import wanted_slots
from dsgrid.datasets.offenders import show
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.time.dimension import Span
from dsgrid.time.labels import slot_keys

TIME = spanning("1970-01-01 00:00", "1970-01-01 07:00", zone="UTC")
LABELS = slot_keys(TIME)


def _rows(slots: Slots, arrays: list[list[int]]) -> pd.DataFrame:
    """Return what an engine counts of arrays, whose labels are given as positions (beyond the end: no slots)."""
    inside = [[position for position in array if position < len(LABELS)] for array in arrays]
    return pd.DataFrame(
        {
            "rows": [len(array) for array in arrays],
            "labels": [len(array) for array in inside],
            "tokens": [int(slots.tokens[array].sum()) for array in inside],
        }
    )


@given(st.lists(st.integers(0, 9), max_size=12))
def test_an_array_is_whole_exactly_when_it_holds_every_slot_once(positions: list[int]):
    slots = Slots.of(TIME, LABELS)
    wanted = wanted_slots(TIME, LABELS, {}, pd.DataFrame({"geography": ["06037"]}), None, {})
    found = broken(_rows(slots, [positions]), slots, wanted)
    assert found == ({} if sorted(positions) == list(range(len(LABELS))) else {0: 0})


@given(st.lists(st.lists(st.integers(0, 9), max_size=10), min_size=2, max_size=2))
def test_an_array_of_a_year_is_whole_exactly_when_it_holds_the_slots_of_this_year(arrays: list[list[int]]):
    ends = (("1970-01-01 00:00", "1970-01-01 03:00", "2007"), ("1970-01-01 04:00", "1970-01-01 07:00", "2012"))
    ranges = tuple(Span(datetime.fromisoformat(start), datetime.fromisoformat(end), year) for start, end, year in ends)
    time = replace(TIME, ranges=ranges, year_of="weather_year")
    slots = Slots.of(time, LABELS)
    years = pd.DataFrame({"weather_year": ["2012", "2007"]})
    wanted = wanted_slots(time, LABELS, {}, years, None, {})
    own = {"2007": [0, 1, 2, 3], "2012": [4, 5, 6, 7]}
    lacking = {row for row, year in enumerate(years["weather_year"]) if sorted(arrays[row]) != own[year]}
    found = broken(_rows(slots, arrays), slots, wanted)
    assert set(found) == lacking
    assert all(wanted.sets[number].record == years["weather_year"][row] for row, number in found.items())


def test_an_id_that_stands_for_records_in_two_zones_has_the_slots_of_both():
    time = spanning("2012-11-03 22:00", "2012-11-04 03:00", zone="geography", clock="prevailing")
    zones = {"06037": "America/Los_Angeles", "08031": "America/Denver", "36047": "America/Phoenix"}
    keys = slot_keys(time, zones.values())
    lookup = pd.DataFrame({"id": [7, 7, 9, 9, 9], "geography": ["06037", "08031", "06037", "36047", "1"]})
    wanted = wanted_slots(time, keys, zones, pd.DataFrame({"id": [7, 9, 11]}), lookup, {})
    assert [tuple(one.zone for one in wanted.of(row)) for row in range(3)] == [
        ("America/Los_Angeles", "America/Denver"),
        ("America/Los_Angeles", "America/Phoenix"),
        (),
    ]
    assert [int(one.mask.sum()) for one in wanted.sets] == [7, 7, 6]


def every_combination() -> pd.DataFrame:
    return pd.MultiIndex.from_product([IDS[type_] for type_ in RECORD_TYPES], names=RECORD_TYPES).to_frame(index=False)


def messages(present: pd.DataFrame, expected: list[pd.DataFrame], missing: list[pd.DataFrame]) -> list[str]:
    found = checks.coverage(
        present,
        dimensions(),
        [checks.Declared(table, "expected.csv") for table in expected],
        [checks.Declared(table, "missing.csv") for table in missing],
        "data",
    )
    return [problem.message for problem in found]


def test_expected_tables_that_share_a_type_are_joined():
    by_sub = pd.DataFrame({"metric": ["fans", "cooling"], "subsector": ["office", "retail"]})
    by_geo = pd.DataFrame({"geography": ["06037", "08031"], "subsector": ["office", "office"]})
    wanted = every_combination().merge(by_sub).merge(by_geo)
    assert len(wanted) == 2
    assert messages(wanted, [by_sub, by_geo], []) == []
    assert messages(wanted.iloc[:1], [by_sub, by_geo], [])[0].startswith("1 combination is missing")
    assert messages(every_combination(), [by_sub, by_geo], [])[0].startswith("6 combinations with data match no row")


def test_a_row_of_missing_takes_away_all_that_matches_it():
    everything = every_combination()
    gap = pd.DataFrame({"geography": ["06037"], "metric": ["fans"]})
    lacking = everything[(everything["geography"] != "06037") | (everything["metric"] != "fans")]
    assert messages(lacking, [], [gap]) == []
    assert messages(everything, [], [gap]) == [
        "2 combinations with data declared missing by missing.csv, the first: 06037, office, fans"
    ]


def test_a_scaling_factor_applies_to_all_statistics():
    found = pd.DataFrame(
        {"id": [1, 2], "rows": [2, 2], "labels": [2, 2], "tokens": [0, 0], "count_0": [2, 2]}
        | {"sum_0": [1.0, 3.0], "abs_sum_0": [3.0, 3.0], "min_0": [-1.0, 1.0], "max_0": [2.0, 2.0]}
    )
    lookup = pd.DataFrame({"id": [1, 2], "geography": ["06037", "08031"], "scaling_factor": [-2.0, 10.0]})
    trivial = {type_: "x" for type_ in RECORD_TYPES if type_ != "geography"}
    table = associations(found, ("value",), pivot=None, lookup=lookup, trivial=trivial)
    assert table[["geography", "sum", "abs_sum", "min", "max"]].to_numpy().tolist() == [
        ["06037", -2.0, 6.0, -4.0, 2.0],
        ["08031", 30.0, 30.0, 10.0, 20.0],
    ]


def test_a_table_of_offenders_is_short_and_says_how_many_there_are():
    text = show([{"geography": f"{number:05d}", "rows": number} for number in range(10)], total=1234)
    assert len(text.splitlines()) == 12
    assert text.splitlines()[0].split() == ["geography", "rows"]
    assert text.endswith("and 1,224 more")
