"""Any two tables: what is found is what a few lines of Python find, however the rows are put into parts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.rounds import rounds

from dsgrid.query.comparison.choice import Choice
from dsgrid.query.comparison.codes import combined
from dsgrid.query.comparison.comparing import compared
from dsgrid.query.comparison.found import DIFFERENT, EQUAL, WITHIN, Comparison
from dsgrid.query.comparison.side import Key, Side, Value

RTOL = 0.1
KEYS = ("state", "year", "hour")
FACTORS = {"MWh": 1.0, "GWh": 1000.0, "kWh": 0.001}

numbers = st.sampled_from([0.0, -0.0, 1.0, 1.05, 1.2, -1.0, 1e6, 1e-9, math.inf, None, math.nan])
keys = st.tuples(st.sampled_from(["CA", "CO", None, ""]), st.sampled_from([2018, 2030]), st.integers(0, 3))
tables = st.dictionaries(keys, numbers, max_size=16)
# Whose sums are the same in every order.
whole_numbers = st.dictionaries(keys, st.sampled_from([-3.0, 0.0, 1.0, 2.0, 1000.0, None]), max_size=16)
units = st.sampled_from(sorted(FACTORS))


def side(name: str, rows: dict[Any, float | None], unit: str, order: int) -> Side:
    """Return a table that comes in pieces of three rows, its rows in one of many orders."""
    places = np.random.default_rng(order).permutation(len(rows))
    entries = [list(rows.items())[place] for place in places]
    columns = {
        "state": pa.array([key[0] for key, _ in entries], pa.string()),
        "year": pa.array([key[1] for key, _ in entries], pa.int32()),
        "hour": pa.array([key[2] for key, _ in entries], pa.int64()),
        "value": pa.array([value for _, value in entries], pa.float64()),
        "unit": pa.array([unit] * len(entries), pa.string()),
    }
    table = pa.table(columns)

    def pieces(names: Sequence[str]) -> Iterator[pa.Table]:
        yield from (table.select(list(names)).slice(begin, 3) for begin in range(0, len(entries), 3))

    held = zip(KEYS, ("string", "int32", "int64"), strict=True)
    keys = tuple(Key(key, holds=holds) for key, holds in held)
    return Side(name, "table", keys, (Value("value"),), len(rows), 0, tuple(columns), pieces, unit="unit")


def of(a: Side, b: Side, **choice: Any) -> Comparison:
    return compared(a, b, Choice(**choice))


def bare(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else value


def expected(a: dict[Any, float | None], b: dict[Any, float | None], factor: float) -> dict[str, Any]:
    """Return what two tables have in common, row by row."""
    found: dict[str, Any] = dict.fromkeys(("same", "near", "changed"), 0)
    changes = []
    for key in a.keys() & b.keys():
        first, second = bare(a[key]), bare(b[key])
        second = None if second is None else second * factor
        kind = _kind(first, second)
        found[kind] += 1
        if kind == "changed":
            changes.append(abs((first or 0.0) - (second or 0.0)))
    found["only_a"], found["only_b"] = (
        sorted(one - other, key=str) for one, other in ((a.keys(), b.keys()), (b.keys(), a.keys()))
    )
    found["largest"] = max(changes, default=None)
    return found


def _kind(first: float | None, second: float | None) -> str:
    if first == second:
        return "same"
    if first is None or second is None or not math.isfinite(first) or not math.isfinite(second):
        return "changed"
    return "near" if abs(first - second) <= RTOL * max(abs(first), abs(second)) else "changed"


@rounds(30)
@given(tables, tables, units, units, st.integers(0, 99))
def test_what_is_found_is_what_a_comparison_row_by_row_finds(
    a: dict[Any, Any], b: dict[Any, Any], unit_a: str, unit_b: str, order: int
) -> None:
    sides = side("a", a, unit_a, order), side("b", b, unit_b, order + 1)
    found = of(*sides, rtol=RTOL, shown=100)
    wanted = expected(a, b, FACTORS[unit_b] / FACTORS[unit_a])
    assert (found.values.same, found.values.near, found.values.changed) == (
        wanted["same"],
        wanted["near"],
        wanted["changed"],
    )
    for lone, name in ((found.only_a, "only_a"), (found.only_b, "only_b")):
        assert lone.count == len(wanted[name])
        assert sorted((tuple(row.keys.values()) for row in lone.examples), key=str) == wanted[name]
    different = wanted["changed"] or wanted["only_a"] or wanted["only_b"]
    assert found.verdict == (DIFFERENT if different else WITHIN if wanted["near"] else EQUAL)
    if found.largest:
        first = found.largest[0]
        assert abs((first.a or 0.0) - (first.b or 0.0)) == pytest.approx(wanted["largest"])
    assert len(found.largest) == wanted["changed"]


@rounds(20)
@given(tables, tables, st.integers(0, 99))
def test_totals_by_each_value_are_the_sums_of_its_rows(a: dict[Any, Any], b: dict[Any, Any], order: int) -> None:
    a, b = ({key: 1.0 if value in (None, math.inf) else value for key, value in one.items()} for one in (a, b))
    found = of(side("a", a, "MWh", order), side("b", b, "MWh", order), shown=100)
    for place, key in enumerate(KEYS):
        by = next((one for one in found.by if one.key == key), None)
        for total in by.totals if by is not None else ():
            for table, sum_, count in ((a, total.a, total.rows_a), (b, total.b, total.rows_b)):
                own = [bare(value) or 0.0 for cells, value in table.items() if cells[place] == total.record]
                assert sum_ == pytest.approx(math.fsum(own))
                assert count == len(own)


@rounds(20)
@given(whole_numbers, whole_numbers, st.integers(1, 4), st.integers(0, 99))
def test_the_parts_into_which_rows_are_put_do_not_matter(
    a: dict[Any, Any], b: dict[Any, Any], part: int, order: int
) -> None:
    sides = side("a", a, "MWh", order), side("b", b, "GWh", order)
    assert of(*sides, shown=3, part=part).document() == of(*sides, shown=3).document()


@rounds(20)
@given(tables, tables)
def test_the_other_way_round_the_same_is_found(a: dict[Any, Any], b: dict[Any, Any]) -> None:
    sides = side("a", a, "MWh", 0), side("b", b, "MWh", 1)
    there, back = of(*sides), of(*sides[::-1])
    assert (there.verdict, there.both, there.values.changed) == (back.verdict, back.both, back.values.changed)
    assert (there.only_a.count, there.only_b.count) == (back.only_b.count, back.only_a.count)
    assert (there.values.only_a, there.values.only_b) == (back.values.only_b, back.values.only_a)


def test_parts_are_written_and_gone_when_the_comparison_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    seen = []
    monkeypatch.setattr(
        "dsgrid.query.comparison.tally.Tally.add", lambda *_: seen.append(len(list(tmp_path.glob("dsgrid-*"))))
    )
    rows = {("CA", 2018, hour): 1.0 for hour in range(40)}
    of(side("a", rows, "MWh", 0), side("b", rows, "MWh", 1), part=10)
    assert seen == [1] * 8
    assert list(tmp_path.iterdir()) == []


def test_combined_numbers_of_more_values_than_a_number_holds_still_tell_rows_apart() -> None:
    sizes = [1 << 20] * 5
    columns = [np.array([0, 1, (1 << 20) - 1, 1, 1], np.int32) for _ in sizes]
    columns[4] = np.array([0, 1, (1 << 20) - 1, 2, 1], np.int32)
    found = combined(columns, sizes, 5)
    assert len(set(found.tolist())) == 4
    assert found[1] == found[4]
    assert np.argsort(found, kind="stable").tolist() == [0, 1, 4, 3, 2]
