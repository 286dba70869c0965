"""Pages of a table: one after the other they are the table, whatever is chosen of it, and each is found at once."""

from __future__ import annotations

import math
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.api.made_results import COLUMNS, hourly_table, write_result

from dsgrid.api.results import table_reading
from dsgrid.api.results.chosen_table import ChosenTable
from dsgrid.api.results.table_pages import Page, Place, cells, page
from dsgrid.api.results.table_reading import StoredTable
from dsgrid.errors import DsgridError
from dsgrid.query.result import open_result

SIZES = (23, 0, 17)
TOTAL = sum(SIZES)


@pytest.fixture(scope="module", params=["parquet", "arrow", "csv"])
def table(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> StoredTable:
    folder = tmp_path_factory.mktemp(request.param)
    parts = [hourly_table(size, first) for size, first in zip(SIZES, (0, 23, 23), strict=True)]
    return StoredTable(open_result(write_result(folder / "run", parts, request.param, row_group=9)))


def pages(chosen: ChosenTable, limit: int, seconds: float = math.inf) -> list[Page]:
    """Return all pages of a table."""
    found = [page(chosen, Place(), limit, seconds)]
    while (following := found[-1].following) is not None:
        assert len(found) < 1_000
        found.append(page(chosen, following, limit, seconds))
    return found


@given(
    limit=st.integers(1, TOTAL + 2),
    piece=st.integers(1, 30),
    tests=st.sets(st.sampled_from(["state=CO", "state=CO,NY", "days>=1", "value<30.5", "state=UT"])),
    columns=st.lists(st.sampled_from(["value", "hourly", "state"]), unique=True),
)
def test_pages_are_the_table(table: StoredTable, limit: int, piece: int, tests: set[str], columns: list[str]) -> None:
    whole = ChosenTable(table, tuple(columns), tuple(sorted(tests)))
    wanted = pa.concat_tables([whole.schema.empty_table(), *whole.pieces()])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table_reading, "_ROWS", (piece, piece))
        found = pages(whole, limit)
        # Even where there is no time at all, the pages go on.
        hurried = pages(whole, limit, seconds=-1)
    assert pa.concat_tables(one.rows for one in found).equals(wanted)
    assert pa.concat_tables(one.rows for one in hurried).equals(wanted)
    assert all(one.rows.num_rows == limit for one in found[:-1])
    assert all(one.is_full for one in found)


def test_pages_may_be_read_in_pieces_of_another_size(table: StoredTable, monkeypatch: pytest.MonkeyPatch) -> None:
    # A server that was started anew may read otherwise.
    chosen = ChosenTable(table, ("value",), ("state=NY",))
    found, place = [], Place()
    for size in (4, 9, 2, 30, 5, 7, 3, 1, 8, 6):
        monkeypatch.setattr(table_reading, "_ROWS", (size, size))
        one = page(chosen, place, 2)
        found += one.rows["value"].to_pylist()
        if one.following is None:
            break
        place = one.following
    assert found == [number + 0.25 for number in range(TOTAL) if number % 3 == 1]


@pytest.mark.parametrize("place", [Place(TOTAL), Place(TOTAL + 1_000), Place(10**18), Place(0, 10**18)])
def test_there_is_nothing_after_the_end(table: StoredTable, place: Place) -> None:
    found = page(ChosenTable(table, (), ("days>=0",)), place, 5)
    assert (found.rows.num_rows, found.following) == (0, None)


@pytest.mark.parametrize(
    ("columns", "where", "told"),
    [
        (("valu",), (), '"value"'),
        ((), ("stat=CO",), '"state"'),
        ((), ("days>x",), "numbers"),
        ((), ("state~(.+)+x",), "may take very long"),
        ((), ("state",), "state"),
        ((), ("",), ""),
        (("", "state"), (), ""),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_read(
    table: StoredTable, columns: tuple[str, ...], where: tuple[str, ...], told: str
) -> None:
    with pytest.raises(DsgridError) as raised:
        ChosenTable(table, columns, where)
    assert told in str(raised.value)
    assert "--" not in str(raised.value)  # the words of the command line


def test_cells_are_what_json_has(tmp_path: Path) -> None:
    zoned = pa.array([1_530_403_200_000_000, None, 0]).cast(pa.timestamp("us", "America/Denver"))
    rows = pa.table(
        {
            "utc": zoned.cast(pa.timestamp("us", "UTC")),
            "zoned": zoned,
            "clock": zoned.cast(pa.int64()).cast(pa.timestamp("us")),
            "day": pa.array([0, None, 1], pa.int32()).cast(pa.date32()),
            "large": pa.array([2**63 - 1, None, -(2**63)]),
            "number": pa.array([math.nan, None, 0.1]),
        }
    )
    assert cells(rows) == [
        ["2018-07-01T00:00:00Z", "2018-06-30T18:00:00-06:00", "2018-07-01T00:00:00", "1970-01-01", 2**63 - 1, None],
        [None] * 6,
        ["1970-01-01T00:00:00Z", "1969-12-31T17:00:00-07:00", "1970-01-01T00:00:00", "1970-01-02", -(2**63), 0.1],
    ]
    assert cells(rows.slice(0, 0)) == []


def test_columns_have_the_zone_that_was_asked_for(tmp_path: Path) -> None:
    columns = [{**one, "time_zone": "Etc/GMT+7"} if one["name"] == "hourly" else one for one in COLUMNS]
    table = StoredTable(open_result(write_result(tmp_path / "run", [hourly_table(1)], columns=columns)))
    found = page(ChosenTable(table, ("hourly",)), Place(), 1)
    assert cells(found.rows) == [["2018-06-30T17:00:00-07:00"]]
