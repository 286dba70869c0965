"""Tables that are compared: what counts as equal, what is told, and what is refused."""

from __future__ import annotations

import errno
import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

import dsgrid
from dsgrid.errors import DataError, DsgridError, NotFoundError, StorageError, UsageError
from dsgrid.query import arrow_files
from dsgrid.query.comparison.choice import Choice
from dsgrid.query.comparison.comparing import compared
from dsgrid.query.comparison.forms import FormError, taker
from dsgrid.query.comparison.found import DIFFERENT, EQUAL, WITHIN, Comparison
from dsgrid.query.comparison.table_side import table_side

STATES = ["CA", "CO", "NY"]
YEARS = [2018, 2030]
ROWS = [(state, year, 10.0 * place + year) for place, state in enumerate(STATES) for year in YEARS]


class Desk:
    """Tables to compare, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, columns: Mapping[str, Any] | pa.Table) -> str:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        table = columns if isinstance(columns, pa.Table) else pa.table(dict(columns))
        if path.suffix == ".parquet":
            pq.write_table(table, path)
        elif path.suffix == ".arrow":
            arrow_files.write(table, path)
        else:
            pyarrow.csv.write_csv(table, path)
        return str(path)

    def compare(self, a: Mapping[str, Any], b: Mapping[str, Any], **choice: Any) -> Comparison:
        return dsgrid.compare(self.write("a.parquet", a), self.write("b.parquet", b), **choice)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def table(rows: list[Any] = ROWS, **more: Any) -> dict[str, Any]:
    """Return columns of states, years and values."""
    state, year, value = (list(column) for column in zip(*rows, strict=True)) if rows else ([], [], [])
    return {
        "state": pa.array(state, pa.string()),
        "year": pa.array(year, pa.int64()),
        "value": pa.array(value, pa.float64()),
    } | more


def changed(**values: float | None) -> list[Any]:
    """Return the rows with other values, by ``CA2018=...``."""
    return [(state, year, values.get(f"{state}{year}", value)) for state, year, value in ROWS]


def told(found: Comparison, what: str) -> list[str]:
    return [one.text for one in found.told if one.what == what]


def keys(rows: Any) -> list[tuple[Any, ...]]:
    return [tuple(row.keys.values()) for row in rows]


# Values --------------------------------------------------------------------------------------------------------------


def test_tables_with_the_same_rows_in_another_order_are_equal(desk: Desk) -> None:
    found = desk.compare(table(), table(ROWS[::-1]))
    assert found.verdict == EQUAL
    assert (found.both, found.values.same, found.only_a.count, found.only_b.count) == (6, 6, 0, 0)
    assert (found.by, found.largest) == ((), ())


def test_a_difference_within_the_tolerance_is_counted_and_makes_none(desk: Desk) -> None:
    rows = changed(CA2018=2018.0 * (1 + 1e-10))
    found = desk.compare(table(), table(rows))
    assert (found.verdict, found.is_equal, found.values.near) == (WITHIN, True, 1)
    assert found.values.greatest_relative == pytest.approx(1e-10, rel=1e-3)
    assert desk.compare(table(), table(rows), rtol=0.0).verdict == DIFFERENT
    assert desk.compare(table(), table(rows), rtol=0.0, atol=1e-6).verdict == WITHIN


def test_the_tolerance_is_relative_to_the_greater_value(desk: Desk) -> None:
    a, b = table([("CA", 2018, 100.0)]), table([("CA", 2018, 125.0)])
    assert desk.compare(a, b, rtol=0.2).verdict == desk.compare(b, a, rtol=0.2).verdict == WITHIN
    assert desk.compare(a, b, rtol=0.19).verdict == desk.compare(b, a, rtol=0.19).verdict == DIFFERENT


def test_a_value_that_only_one_table_has_is_a_difference_and_none_in_both_is_not(desk: Desk) -> None:
    a, b = changed(CA2018=None, CO2018=None, NY2018=float("nan")), changed(CA2018=None, NY2018=None, NY2030=None)
    found = desk.compare(table(a), table(b))
    assert (found.values.same, found.values.changed) == (4, 2)
    assert (found.values.only_a, found.values.only_b) == (1, 1)
    assert keys(found.largest) == [("NY", 2030), ("CO", 2018)]


def test_infinite_values_are_equal_to_themselves_alone(desk: Desk) -> None:
    a, b = changed(CA2018=float("inf"), CO2018=float("inf")), changed(CA2018=float("inf"), CO2018=1e300)
    found = desk.compare(table(a), table(b), rtol=0.5, atol=1e9)
    assert (found.values.same, found.values.changed) == (5, 1)
    assert found.document()["largest"][0]["a"] is None
    json.dumps(found.document(), allow_nan=False)


def test_keys_that_one_table_lacks_are_counted_and_told_by_what_they_have_in_common(desk: Desk) -> None:
    found = desk.compare(table(), table([row for row in ROWS if row[0] != "CO"] + [("TX", 2018, 1.0)]))
    assert (found.both, found.only_a.count, found.only_b.count) == (4, 2, 1)
    assert keys(found.only_a.examples) == [("CO", 2018), ("CO", 2030)]
    by_key = {pattern.key: pattern for pattern in found.only_a.patterns}
    assert (by_key["state"].values, by_key["state"].of, by_key["state"].whole) == (("CO",), 3, 1)
    assert (by_key["year"].count, by_key["year"].whole) == (2, 0)
    assert "state  CO (1 of 3, with all its rows)" in found.report()


def test_totals_are_told_by_each_key_with_the_largest_difference_first(desk: Desk) -> None:
    found = desk.compare(table(), table(changed(CO2018=5028.0, NY2030=2051.0)))
    assert [(one.a, one.b) for one in found.totals] == [(12204.0, 15205.0)]
    by = {one.key: one for one in found.by}
    assert [(one.record, one.difference, one.changed) for one in by["state"].totals] == [("CO", 3000, 1), ("NY", 1, 1)]
    assert by["state"].values == 3
    assert [(one.record, one.difference) for one in by["year"].totals] == [(2018, 3000.0), (2030, 1.0)]
    assert keys(found.largest) == [("CO", 2018), ("NY", 2030)]


def test_no_more_rows_are_told_than_were_asked_for_and_all_are_counted(desk: Desk) -> None:
    found = desk.compare(table(), table([(state, year, -value) for state, year, value in ROWS]), shown=2)
    assert (found.values.changed, len(found.largest)) == (6, 2)
    assert [len(by.totals) for by in found.by] == [2, 2]
    assert "... and 4 more" in found.report()
    assert desk.compare(table(), table([]), shown=0).only_a.examples == ()


# Columns -------------------------------------------------------------------------------------------------------------


def test_other_orders_of_columns_and_other_types_are_told_and_no_difference(desk: Desk) -> None:
    turned = dict(reversed(table().items())) | {"year": pa.array([str(year) for _, year, _ in ROWS])}
    found = desk.compare(table(), turned)
    assert found.verdict == EQUAL
    assert told(found, "order") == [
        "the columns are in another order: state, year, value in A, value, year, state in B"
    ]
    assert told(found, "type") == ['"year" holds int64 in A, text in B']


@pytest.mark.parametrize("suffix", ["csv", "arrow"])
def test_the_format_of_files_is_told_and_no_difference(desk: Desk, suffix: str) -> None:
    a, b = desk.write("a.parquet", table()), desk.write(f"b.{suffix}", table())
    found = dsgrid.compare(a, b)
    assert found.verdict == EQUAL
    assert len(told(found, "format")) == 1


def test_a_table_in_several_files_is_one_table(desk: Desk) -> None:
    for number in range(3):
        desk.write(f"parts/part-{number}.parquet", table(ROWS[2 * number : 2 * number + 2]))
    desk.write("parts/_SUCCESS/ignored.parquet", table())
    (desk.folder / "parts" / "_SUCCESS" / "ignored.parquet").rename(desk.folder / "parts" / "_ignored.parquet")
    assert dsgrid.compare(str(desk.folder / "parts"), desk.write("a.csv", table())).verdict == EQUAL


def test_values_in_columns_are_the_rows_of_a_stacked_table(desk: Desk) -> None:
    wide = {"state": STATES, "2018": [2018.0, 2028.0, None], "2030": [2030.0, 2040.0, 2050.0]}
    found = dsgrid.compare(desk.write("a.parquet", wide), desk.write("b.parquet", table()), keys=["state", "year"])
    assert (found.both, found.only_b.count) == (5, 1)
    assert keys(found.only_b.examples) == [("NY", "2018")]
    assert told(found, "form") == ["A has a column for each year, B a row"]
    assert "1 cells of A without a value are taken for rows that are not there" in told(found, "left out")


def test_columns_of_values_of_both_tables_are_compared_by_their_names(desk: Desk) -> None:
    a = {"state": STATES, "gas": [1.0, 2.0, 3.0], "oil": [4.0, 5.0, 6.0]}
    found = desk.compare(a, {**a, "oil": [4.0, 5.0, 7.0], "coal": [1.0, 1.0, 1.0]})
    assert found.keys == ("state", "column")
    assert keys(found.largest) == [("NY", "oil")]
    assert [(one.key, one.values) for one in found.only_b.patterns] == [("state", STATES_AS), ("column", ("coal",))]


STATES_AS = tuple(STATES)


def test_a_column_that_one_table_lacks_may_have_one_value(desk: Desk) -> None:
    found = desk.compare(table(), table(sector=["com"] * 6))
    assert found.verdict == EQUAL
    assert told(found, "left out") == ['only B has "sector", with one value each']
    with pytest.raises(DataError, match=r'b.parquet has several values in the column "sector", which the other'):
        desk.compare(table(), table(sector=["com", "res"] * 3))


def test_columns_with_two_names_are_compared_when_that_is_said(desk: Desk) -> None:
    b = table()
    b["region"] = b.pop("state")
    found = desk.compare(table(), b, keys=["state=region", "year"])
    assert found.verdict == EQUAL
    assert told(found, "name") == ['"state" in A is "region" in B']


def test_columns_may_be_left_out(desk: Desk) -> None:
    found = desk.compare(table(note=list("abcdef")), table(), ignore=["note"])
    assert found.verdict == EQUAL
    with pytest.raises(UsageError, match=r'neither table has a column "not"; did you mean "note"?'):
        desk.compare(table(note=list("abcdef")), table(), ignore=["not"])


def test_rows_with_equal_keys_are_refused_or_added_up(desk: Desk) -> None:
    twice = table([*ROWS, ("CA", 2018, 1.0)])
    with pytest.raises(
        DataError, match=r"b.parquet has 1 rows whose keys other rows have too, such as state=CA, year=2018"
    ):
        desk.compare(table(), twice)
    found = desk.compare(table(), twice, duplicates="sum")
    assert keys(found.largest) == [("CA", 2018)]
    assert (found.b.rows, found.b.repeated, found.largest[0].b) == (7, 1, 2019.0)


def test_what_is_not_named_as_a_key_is_added_up_when_that_is_asked(desk: Desk) -> None:
    by_year = {"year": YEARS, "value": [2018.0 * 3 + 30, 2030.0 * 3 + 30]}
    found = desk.compare(table(), by_year, keys=["year"], duplicates="sum")
    assert found.verdict == EQUAL
    assert told(found, "added up") == ["the 6 rows of A are added up to 2 keys"]


def test_sums_of_nothing_are_nothing(desk: Desk) -> None:
    a = table([("CA", 2018, None), ("CA", 2018, None), ("CO", 2018, None), ("CO", 2018, 1.0)])
    b = table([("CA", 2018, None), ("CO", 2018, 1.0)])
    assert desk.compare(a, b, duplicates="sum").verdict == EQUAL


def test_ids_that_lost_their_zeros_are_pointed_at(desk: Desk) -> None:
    a = {"county": ["06037", "08031"], "value": [1.0, 2.0]}
    found = desk.compare(a, {"county": [6037, 8031], "value": [1.0, 2.0]})
    assert found.both == 0
    assert told(found, "values")[0].endswith("ids of one of them lost their leading zeros")


def test_nothing_and_an_empty_text_are_the_same_in_a_csv_and_apart_elsewhere(desk: Desk) -> None:
    a = {"state": ["", "CA"], "value": [1.0, 2.0]}
    b = {"state": [None, "CA"], "value": [1.0, 2.0]}
    assert desk.compare(a, b).only_a.count == 1
    assert dsgrid.compare(desk.write("a.csv", a), desk.write("b.csv", b)).verdict == EQUAL


@pytest.mark.parametrize(
    ("form", "values"),
    [
        ("counts", [2018, 2018.0, "2018", "2018.0", "+2018"]),
        ("counts", [0.5, "0.5", ".5"]),
        ("words", ["2018", 2018, 2018.0]),
        ("words", ["true", True]),
        ("days", ["2018-01-01", date(2018, 1, 1), "2018-01-01 00:00:00"]),
        ("instants", [1530446400000000, "2018-07-01 12:00:00Z", "2018-07-01T06:00-06:00"]),
        ("readings", [1530446400000000, "2018-07-01 12:00:00", "2018-07-01T12:00"]),
    ],
)
def test_a_value_is_the_same_however_a_file_writes_it(form: str, values: list[Any]) -> None:
    assert len({taker(form, None)(value) for value in values}) == 1


@pytest.mark.parametrize(
    ("form", "value"),
    [("counts", "many"), ("days", "2018-01-01 07:00"), ("instants", "noon"), ("readings", "2018-07-01 12:00Z")],
)
def test_a_value_that_is_none_of_its_form_is_refused(form: str, value: str) -> None:
    with pytest.raises(FormError):
        taker(form, None)(value)


def test_a_full_disk_for_temporary_files_is_told_as_such(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("dsgrid.query.comparison.shards.Shards._file", full)
    path = Path(desk.write("a.parquet", table()))
    side = table_side(path, "a")
    with pytest.raises(StorageError, match=r"No space left on device; rows are put aside there .* TMPDIR=FOLDER"):
        compared(side, side, Choice(part=2))


# Units ---------------------------------------------------------------------------------------------------------------


def test_another_unit_of_the_same_kind_is_converted_and_told(desk: Desk) -> None:
    b = [(state, year, value / 1000) for state, year, value in ROWS]
    found = desk.compare(table(unit=["MWh"] * 6), table(b, unit=["GWh"] * 6))
    assert found.is_equal
    assert told(found, "unit") == ["GWh in B is compared in MWh, the unit of A"]
    assert [(one.unit, one.a) for one in found.totals] == [("MWh", 12204.0)]


def test_temperatures_convert_with_their_offset(desk: Desk) -> None:
    a, b = table([("CA", 2018, 20.0)], unit=["degC"]), table([("CA", 2018, 68.0)], unit=["degF"])
    assert desk.compare(a, b).is_equal


def test_units_that_do_not_convert_make_a_difference(desk: Desk) -> None:
    found = desk.compare(table(unit=["MWh"] * 6), table(unit=["MWh"] * 5 + ["MW"]))
    assert (found.values.changed, found.values.other_unit) == (1, 1)
    assert told(found, "unit") == ["1 values are in MWh in A and in MW in B, which do not convert"]
    assert {one.unit: (one.a > 0, one.b > 0) for one in found.totals} == {"MWh": (True, True), "MW": (False, True)}


def test_values_whose_unit_is_not_said_are_taken_for_those_of_the_other_table_and_that_is_told(desk: Desk) -> None:
    found = desk.compare(table(), table(unit=["MWh"] * 6))
    assert found.verdict == EQUAL
    assert told(found, "unit") == ["A does not say the unit of its values; they are taken to be in MWh"]


def test_rows_only_in_b_are_told_in_the_unit_of_a(desk: Desk) -> None:
    found = desk.compare(table(ROWS[:1], unit=["MWh"]), table([("TX", 2018, 2.0)], unit=["GWh"]))
    assert [(row.unit, row.b) for row in found.only_b.examples] == [("MWh", 2000.0)]


def test_the_unit_of_a_column_in_a_file_of_dsgrid_is_known(desk: Desk) -> None:
    def in_unit(unit: str, values: list[float]) -> pa.Table:
        field = pa.field("value", pa.float64(), metadata={"unit": unit})
        return pa.table([pa.array(STATES), pa.array(values)], schema=pa.schema([pa.field("state", pa.string()), field]))

    a, b = in_unit("MWh", [1000.0, 2000.0, 3000.0]), in_unit("GWh", [1.0, 2.0, 3.0])
    assert dsgrid.compare(desk.write("a.parquet", a), desk.write("b.arrow", b)).is_equal


# Time ----------------------------------------------------------------------------------------------------------------


def at(*texts: str) -> list[datetime]:
    return [datetime.fromisoformat(text) for text in texts]


NOON = at("2018-07-01 12:00", "2018-07-01 13:00")


def instants(zone: str = "UTC") -> pa.Array:
    return pa.array(NOON, pa.timestamp("us")).cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us", zone))


def test_the_same_instants_are_equal_in_every_zone_and_precision(desk: Desk) -> None:
    a = {"time": instants(), "value": [1.0, 2.0]}
    assert desk.compare(a, {"time": instants("Asia/Tokyo"), "value": [1.0, 2.0]}).verdict == EQUAL
    coarse = instants().cast(pa.timestamp("s", "UTC"))
    assert desk.compare(a, {"time": coarse, "value": [1.0, 2.0]}).verdict == EQUAL
    texts = {"time": ["2018-07-01 06:00:00-06:00", "2018-07-01T13:00:00Z"], "value": [1.0, 2.0]}
    assert dsgrid.compare(desk.write("a.parquet", a), desk.write("b.csv", texts)).verdict == EQUAL


def test_readings_become_instants_by_a_zone_that_is_named_and_are_refused_without(desk: Desk) -> None:
    a = {"time": instants(), "value": [1.0, 2.0]}
    wall = at("2018-07-01 06:00", "2018-07-01 07:00")
    b = {"time": pa.array(wall, pa.timestamp("us")), "value": [1.0, 2.0]}
    assert desk.compare(a, b, zone="America/Denver").verdict == EQUAL
    with pytest.raises(DataError, match=r"holds readings of a clock, and the other table instants; say with --zone"):
        desk.compare(a, b)
    texts = {"time": ["2018-07-01 06:00", "2018-07-01 07:00"], "value": [1.0, 2.0]}
    a_path = desk.write("a.parquet", a)
    assert dsgrid.compare(a_path, desk.write("b.csv", texts), zone="-06:00").verdict == EQUAL
    with pytest.raises(DataError, match=r'b.csv: time: "2018-07-01 06:00" is a reading of a clock whose zone'):
        dsgrid.compare(a_path, desk.write("b.csv", texts))


def test_readings_with_their_offset_beside_them_are_instants(desk: Desk) -> None:
    wall = pa.array(at(*["2018-11-04 01:00"] * 2), pa.timestamp("us"))
    b = {"time": wall, "utc_offset": ["-06:00", "-07:00"], "value": [1.0, 2.0]}
    a = {"time": pa.array(at("2018-11-04 07:00", "2018-11-04 08:00"), pa.timestamp("us", "UTC"))}
    assert desk.compare(a | {"value": [1.0, 2.0]}, b, keys=["time"]).verdict == EQUAL


def test_days_are_equal_as_dates_and_as_texts(desk: Desk) -> None:
    days = [date(2018, 1, 1), date(2018, 1, 2)]
    a, b = {"day": days, "value": [1.0, 2.0]}, {"day": ["2018-01-01", "2018-01-02"], "value": [1.0, 2.0]}
    assert desk.compare(a, b).verdict == EQUAL
    with pytest.raises(DataError, match=r'day: "monday" is no time such as'):
        desk.compare(a, {"day": ["monday", "tuesday"], "value": [1.0, 2.0]})


def test_labels_at_the_end_of_a_period_mean_the_period_that_begins_before(desk: Desk) -> None:
    def labelled(interval: str, times: list[datetime]) -> pa.Table:
        said = {"interval": interval, "step": "1h"}
        fields = [pa.field("time", pa.timestamp("us", "UTC"), metadata=said), pa.field("value", pa.float64())]
        return pa.table([pa.array(times, pa.timestamp("us", "UTC")), pa.array([1.0, 2.0])], schema=pa.schema(fields))

    a = labelled("period_beginning", NOON)
    b = labelled("period_ending", at("2018-07-01 13:00", "2018-07-01 14:00"))
    found = dsgrid.compare(desk.write("a.parquet", a), desk.write("b.parquet", b))
    assert found.verdict == EQUAL
    assert told(found, "interval") == [
        'labels of "time" are period-beginning in A, period-ending in B; the periods are compared'
    ]


def test_columns_that_hold_what_cannot_be_compared_are_refused(desk: Desk) -> None:
    a, b = {"time": instants(), "value": [1.0, 2.0]}, {"time": [1, 2], "value": [1.0, 2.0]}
    with pytest.raises(DataError, match=r'the column "time" holds instants in .*a.parquet and numbers in'):
        desk.compare(a, b)


# What is refused -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ({"rtol": -1.0}, "rtol is a number of 0 or more, not -1.0"),
        ({"atol": float("nan")}, "atol is a number of 0 or more, not nan"),
        ({"duplicates": "sums"}, 'duplicates is "refuse" or "sum", not "sums"; did you mean "sum"?'),
        ({"zone": "America/Denvr"}, 'there is no time zone "America/Denvr"; did you mean "America/Denver"?'),
        ({"keys": "state"}, "keys is a list of names of columns, not the text 'state'"),
        ({"keys": ["state", "yaer"]}, 'a.parquet has no column "yaer"; did you mean "year"?'),
        ({"shown": -1}, "the number of rows to show is 0 or more, not -1"),
    ],
)
def test_a_choice_that_means_nothing_is_refused(desk: Desk, choice: dict[str, Any], said: str) -> None:
    with pytest.raises(DsgridError) as caught:
        desk.compare(table(), table(), **choice)
    assert said in str(caught.value)


def test_tables_without_a_common_key_are_refused_with_what_they_have(desk: Desk) -> None:
    with pytest.raises(DataError, match=r'have no key in common: one has "state", the other "region"; --keys says'):
        desk.compare({"state": ["CA"], "value": [1.0]}, {"region": ["west"], "value": [1.0]})


def test_a_csv_without_a_column_of_values_needs_its_keys(desk: Desk) -> None:
    a = desk.write("a.csv", {"state": STATES, "load": [1, 2, 3]})
    with pytest.raises(
        UsageError, match=r"a.csv: say with --keys which columns tell its rows apart; it has \"state\", "
    ):
        dsgrid.compare(a, a)
    assert dsgrid.compare(a, a, keys=["state"]).verdict == EQUAL
    with pytest.raises(DataError, match=r"a.csv: cannot be read as a table"):
        dsgrid.compare(a, a, keys=["load"])


@pytest.mark.parametrize("content", [b"", b"PAR1 and nothing else", b"PAR1"])
def test_a_file_that_is_no_parquet_is_named(desk: Desk, content: bytes) -> None:
    (desk.folder / "bad.parquet").write_bytes(content)
    with pytest.raises(DataError, match=r"bad.parquet: not a Parquet file"):
        dsgrid.compare(str(desk.folder / "bad.parquet"), desk.write("a.parquet", table()))


def test_a_parquet_file_that_is_damaged_inside_is_named(desk: Desk) -> None:
    path = Path(desk.write("bad.parquet", table()))
    content = bytearray(path.read_bytes())
    content[4:60] = bytes(56)
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"bad.parquet: the file is damaged or cut short"):
        dsgrid.compare(str(path), desk.write("a.parquet", table()))


@pytest.mark.parametrize("name", ["empty.csv", "cut.arrow"])
def test_a_damaged_file_is_named(desk: Desk, name: str) -> None:
    (desk.folder / name).write_bytes(b"")
    with pytest.raises(DataError, match=name):
        dsgrid.compare(str(desk.folder / name), desk.write("a.parquet", table()), keys=["state"])


def test_columns_of_lists_are_refused_and_may_be_left_out(desk: Desk) -> None:
    lists = table(note=[[1], [2], [3], [4], [5], [6]])
    with pytest.raises(UsageError, match=r'a.parquet: "note" holds lists or the like; leave it out with --ignore'):
        desk.compare(lists, table())
    assert desk.compare(lists, table(), ignore=["note"]).verdict == EQUAL


def test_a_column_that_stands_in_the_names_of_folders_alone_is_pointed_at(desk: Desk) -> None:
    for state in STATES:
        rows = [row for row in ROWS if row[0] == state]
        desk.write(f"parts/state={state}/part-0.parquet", {"year": YEARS, "value": [row[2] for row in rows]})
    with pytest.raises(DataError, match=r'"state" stands in the names of folders alone; write it as a column, too'):
        dsgrid.compare(str(desk.folder / "parts"), desk.write("a.parquet", table()))


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_a_column_that_is_there_twice_is_refused(desk: Desk, suffix: str) -> None:
    twice = pa.table([pa.array(STATES), pa.array(STATES), pa.array([1.0, 2.0, 3.0])], names=["a", "a", "value"])
    with pytest.raises(DataError, match=r'the columns "a" are there more than once'):
        dsgrid.compare(desk.write(f"a.{suffix}", twice), desk.write("b.parquet", table()))


def test_decimal_numbers_are_keys_and_values_like_others(desk: Desk) -> None:
    decimals = {"level": pa.array([Decimal("0.5"), Decimal("1.0")], pa.decimal128(4, 1)), "value": [1.0, 2.0]}
    found = desk.compare(decimals, {"level": [0.5, 1.0], "value": pa.array([1, 2])}, keys=["level"])
    assert found.verdict == EQUAL
    json.dumps(desk.compare(decimals, {"level": [0.5], "value": [3.0]}, keys=["level"]).document())


def test_a_place_that_does_not_exist_is_told_with_the_closest_name(desk: Desk) -> None:
    a = desk.write("annual.parquet", table())
    with pytest.raises(NotFoundError, match=r'anual.parquet; did you mean "annual.parquet"?'):
        dsgrid.compare(a, a.replace("annual", "anual"))
    (desk.folder / "empty").mkdir()
    with pytest.raises(NotFoundError, match=r"empty holds no table: no file .parquet, .csv or .arrow is in it"):
        dsgrid.compare(a, str(desk.folder / "empty"))
    desk.write("both/a.csv", table())
    desk.write("both/a.parquet", table())
    with pytest.raises(UsageError, match=r"both holds files of several kinds"):
        dsgrid.compare(a, str(desk.folder / "both"))


def test_a_name_that_is_no_place_may_be_a_dataset_of_a_registry(desk: Desk) -> None:
    a = desk.write("a.parquet", table())
    with pytest.raises(NotFoundError, match=r'no file or folder "mine"; if it is a dataset, name its registry'):
        dsgrid.compare(a, "mine")


# What is told --------------------------------------------------------------------------------------------------------


def test_the_document_has_the_same_keys_whatever_was_found(desk: Desk) -> None:
    same = desk.compare(table(), table()).document()
    other = desk.compare(table(), table(changed(CA2018=1.0)[:5])).document()
    assert list(same) == list(other)
    assert (same["verdict"], other["verdict"]) == (EQUAL, DIFFERENT)
    assert json.loads(json.dumps(other)) == other
    short = desk.compare(table(), table()).document(summary=True)
    assert set(same) - set(short) == {"only_a", "only_b", "by", "largest"}


def test_the_summary_has_the_numbers_and_no_rows(desk: Desk) -> None:
    found = desk.compare(table(), table(changed(CA2018=1.0)))
    assert "largest changes" in found.report()
    short = found.report(summary=True).splitlines()
    assert short[-1] == "different"
    assert not any("largest" in line or line.startswith("by ") for line in short)
    assert max(len(line) for line in found.report(width=60).splitlines()) <= 60


def test_two_empty_tables_are_equal(desk: Desk) -> None:
    found = desk.compare(table([]), table([]))
    assert (found.verdict, found.both) == (EQUAL, 0)


def test_one_row_without_keys_is_compared(desk: Desk) -> None:
    found = desk.compare({"value": [1.0]}, {"value": [2.0]})
    assert (found.verdict, found.keys, found.both) == (DIFFERENT, (), 1)
