"""The checks as pure functions: small tables in, problems out."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from tests.small_dataset import IDS, dimensions

from dsgrid.datasets import checks
from dsgrid.datasets.associations import Slots, associations, broken
from dsgrid.datasets.offenders import label, show
from dsgrid.dimensions.types import RECORD_TYPES

LABELS = np.arange(8, dtype=np.int64) * 3_600_000_000


@given(st.lists(st.integers(0, 9), max_size=12))
def test_an_array_is_whole_exactly_when_it_holds_every_slot_once(positions: list[int]):
    slots = Slots.of(LABELS)
    inside = [position for position in positions if position < len(LABELS)]
    tokens = int(slots.tokens[inside].sum())
    found = pd.DataFrame({"rows": [len(positions)], "labels": [len(inside)], "tokens": [tokens]})
    assert broken(found, slots).empty == (sorted(positions) == list(range(len(LABELS))))


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
    assert messages(everything, [], [gap]) == ["2 combinations with data declared missing by missing.csv"]


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


def test_labels_are_shown_as_instants():
    assert label(1_331_449_200_000_000) == "2012-03-11 07:00Z"
    assert label(1_331_449_200_000_001) == "2012-03-11 07:00:00.000001Z"
