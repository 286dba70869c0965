"""Sorted results: their pages are what a stable sort makes of the table, and copies neither pile up nor change."""

from __future__ import annotations

import math
import os
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.rounds import rounds
from tests.unit.api.made_results import hourly_table, write_result

from dsgrid.api.limits import Limits
from dsgrid.api.problems.problems import BusyError
from dsgrid.api.results import row_order, sorting, table_reading
from dsgrid.api.results.chosen_table import ChosenTable
from dsgrid.api.results.held import Held
from dsgrid.api.results.made_tables import MadeTables
from dsgrid.api.results.row_order import order_of, places_of, too_large
from dsgrid.api.results.sorted_tables import KEPT, SortedTable, SortedTables
from dsgrid.api.results.sorting import Sorting
from dsgrid.api.results.table_pages import Place, page
from dsgrid.api.results.table_reading import StoredTable
from dsgrid.errors import UsageError
from dsgrid.query.result import open_result

UTC = pa.timestamp("us", "UTC")
# Of each type what is hard to sort: extremes, signs of zero, letters beyond 16 bits, and nothing at all.
CELLS: dict[str, tuple[pa.DataType, list[Any]]] = {
    "text": (pa.string(), ["", "a", "B", "é", "￿", "𐀀", "ab", "Z", None]),
    "place": (pa.dictionary(pa.int32(), pa.string()), ["06037", "6037", "01001", None]),
    "number": (pa.float64(), [0.0, -0.0, 1.5, -1.5, math.inf, -math.inf, math.nan, 5e-324, None]),
    "small": (pa.float32(), [0.5, -0.5, math.nan, None]),
    "whole": (pa.int64(), [0, 1, -1, 2**63 - 1, -(2**63), 70_000, None]),
    "year": (pa.int32(), [2018, 2050, None]),
    "truth": (pa.bool_(), [True, False, None]),
    "day": (pa.date32(), [date(1969, 12, 31), date(2018, 7, 1), None]),
    "hour": (UTC, [0, -1, 1_530_403_200_000_000, 1_530_403_200_000_001, None]),
}
KNOWN = [{"name": name, "type": "value", "holds": "string"} for name in ("row", *CELLS)]
# What pandas calls them, where it would make other numbers of them for what is not there.
WIDTHS = {
    **dict.fromkeys(("text", "place", "day"), "object"),
    **dict.fromkeys(("number", "small"), "float64"),
    "whole": "Int64",
    "year": "Int32",
    "truth": "boolean",
    "hour": "datetime64[us, UTC]",
}
_numbers = count()


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    """Return a table of a few rows, each with its number."""
    rows = draw(st.integers(0, 40))
    columns = {
        name: pa.array(draw(st.lists(st.sampled_from(cells), min_size=rows, max_size=rows)), type_)
        for name, (type_, cells) in CELLS.items()
        if name != "hour"
    }
    hours = draw(st.lists(st.sampled_from(CELLS["hour"][1]), min_size=rows, max_size=rows))
    return pa.table(
        {"row": pa.array(range(rows), pa.int32()), **columns, "hour": pa.array(hours, pa.int64()).cast(UTC)}
    )


def stored(folder: Path, parts: list[pa.Table], form: str = "parquet") -> StoredTable:
    run = folder / f"run{next(_numbers)}"
    return StoredTable(open_result(write_result(run, parts, form, columns=KNOWN, row_group=7)))


def by_pandas(table: pa.Table, order: list[tuple[str, bool]]) -> list[int]:
    """Return the numbers of the rows as pandas sorts them."""
    cells = {name: table.column(name).to_pylist() for name, _ in order}
    frame = pd.DataFrame({name: pd.array(each, dtype=WIDTHS[name]) for name, each in cells.items()})
    by, ascending = [name for name, _ in order], [not descending for _, descending in order]
    return list(frame.sort_values(by, ascending=ascending, kind="stable", na_position="last").index)


@rounds(20)
@given(
    table=tables(),
    cut=st.integers(0, 40),
    form=st.sampled_from(["parquet", "arrow"]),
    order=st.lists(
        st.tuples(st.sampled_from([*CELLS]), st.booleans()), min_size=1, max_size=4, unique_by=lambda x: x[0]
    ),
    limit=st.integers(1, 41),
    heap=st.integers(1, 4_000),
)
def test_pages_of_a_sorted_table_are_those_of_a_stable_sort(
    tmp_path_factory: pytest.TempPathFactory,
    table: pa.Table,
    cut: int,
    form: str,
    order: list[tuple[str, bool]],
    limit: int,
    heap: int,
) -> None:
    folder = tmp_path_factory.mktemp("sorted")
    one = stored(folder, [table.slice(0, cut), table.slice(cut)], form)
    written = ",".join(f"{'-' if descending else ''}{name}" for name, descending in order)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sorting, "HEAP_BYTES", heap)
        patch.setattr(sorting, "_LAID_BYTES", heap * 2)
        patch.setattr(table_reading, "_ROWS", (5, 9))
        MadeTables().made(Sorting(one, order_of(written, one), folder / "forms"), folder / "forms" / "x").result(5)
        chosen = ChosenTable(SortedTable(one.result, folder / "forms" / "x"))
        found, place = [], Place()
        while place is not None:
            here = page(chosen, place, limit)
            found.append(here.rows)
            place = here.following
    whole = pa.concat_tables(found)
    assert whole.column("row").to_pylist() == by_pandas(table, order)
    # The rows are whole, and what they are made of is as it was.
    assert whole.schema.types == one.schema.types
    wanted = pa.concat_tables([one.schema.empty_table(), *one.pieces()]).take(whole.column("row"))
    assert str(whole.to_pylist()) == str(wanted.to_pylist())
    assert [each.name for each in (folder / "forms").iterdir()] == ["x"]


@pytest.fixture
def held(tmp_path: Path) -> Held:
    one = StoredTable(open_result(write_result(tmp_path / "run", [hourly_table(30), hourly_table(30, 30)])))
    return Held(None, tmp_path, one)  # type: ignore[arg-type]  # the job matters to addresses alone


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("valeu", 'there is no column "valeu"; did you mean "value"?'),
        ("state,-hour", '"state,-hour": there is no column "hour"; did you mean "hourly"?'),
        ("state,,value", "is no order"),
        ("--value", 'did you mean "value"'),
    ],
)
def test_an_order_that_there_cannot_be_names_the_nearest_column(held: Held, written: str, told: str) -> None:
    with pytest.raises(UsageError) as raised:
        order_of(written, held.table)
    assert told in str(raised.value)


def test_columns_of_an_order_are_read_as_lists_of_the_registry_read_them(held: Held, tmp_path: Path) -> None:
    assert order_of(" state , -value,state", held.table) == (("state", False), ("value", True))
    assert order_of(" ", held.table) == ()
    lists = pa.table({"-row": [1, 2], "row": [2, 1], "lists": [[1], [2]]})
    one = stored(tmp_path, [lists])
    # A minus that belongs to the name wins.
    assert order_of("-row,row", one) == (("-row", False), ("row", False))
    with pytest.raises(UsageError, match="no order"):
        order_of("lists", one)


def test_what_does_not_fit_into_memory_is_refused_in_words(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    assert too_large(held.table) == ""
    monkeypatch.setattr(row_order, "MOST_CELLS", 239)
    assert "60 rows of 4 columns, and the server sorts 239 cells at most" in too_large(held.table)
    monkeypatch.setattr(row_order, "MOST_ROWS", 59)
    assert "60 rows, and the server sorts 59 at most" in too_large(held.table)
    monkeypatch.setattr(row_order, "MOST_TEXTS", 30)
    with pytest.raises(UsageError, match='"state" has 3 different texts'):
        places_of(held.table, order_of("state", held.table))


def test_texts_are_put_together_before_they_are_too_many(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = places_of(held.table, order_of("-state", held.table)).tolist()
    monkeypatch.setattr(table_reading, "_ROWS", (2, 2))
    monkeypatch.setattr(row_order, "MOST_TEXTS", 60)  # of one piece 16, of all 30 more
    assert places_of(held.table, order_of("-state", held.table)).tolist() == wanted


def test_a_copy_is_made_once_and_the_last_ones_are_kept(held: Held) -> None:
    makers = SortedTables(Limits())
    written = ["state", "-state", "value", "-value", "hourly", "-hourly", "days", "-days"]
    tables = []
    for number, each in enumerate(written):
        table, making = makers.made(held, order_of(each, held.table))
        making.result(5)
        os.utime(table.path, ns=(number, 1_000 + number))
        tables.append(table)
        if number >= 1:
            # The first one is asked for again and again, and stays what it was.
            makers.made(held, order_of("state", held.table))[1].result(5)
            assert tables[0].path.stat().st_mtime_ns == 1_000
    there = [each.path.is_file() for each in tables]
    assert there == [True, False, False, *[True] * 5]
    assert len(list((held.folder / "forms").iterdir())) == KEPT


def test_other_files_are_never_taken_for_copies(held: Held) -> None:
    folder = held.folder / "forms"
    folder.mkdir()
    others = ["table.parquet", "peaks.sorted.table.parquet", f"peaks.sorted.{'0' * 32}.parquet", "sorted.x.parquet"]
    for name in others:
        (folder / name).write_bytes(b"")
    makers = SortedTables(Limits())
    for each in ("state", "-state", "value", "-value", "hourly", "-hourly", "days", "-days"):
        makers.made(held, order_of(each, held.table))[1].result(5)
    assert all((folder / name).is_file() for name in others)


def test_a_copy_that_is_removed_while_it_is_read_is_read_to_its_end(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_reading, "_ROWS", (7, 7))
    table, making = SortedTables(Limits()).made(held, order_of("-value", held.table))
    making.result(5)
    pieces = table.pieces(3, ["value"])
    first = next(pieces)
    table.path.unlink()
    found = pa.concat_tables([first, *pieces]).column("value").to_pylist()
    assert found == [number + 0.25 for number in range(56, -1, -1)]
    with pytest.raises(BusyError):
        next(table.pieces())
