"""Tables in other forms: whatever the files are, each form has the rows and the types of the result itself."""

from __future__ import annotations

import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.api.made_results import COLUMNS, hourly_table, write_result

from dsgrid.api.results import csv_lines, table_forms, table_reading
from dsgrid.api.results.chosen_table import ChosenTable
from dsgrid.api.results.table_reading import StoredTable
from dsgrid.errors import DataError
from dsgrid.operations.shown_rows import Rows, write_csv
from dsgrid.query.result import open_result

LAYOUTS = [(form, sizes) for form in ("parquet", "arrow", "csv") for sizes in ((50,), (20, 0, 29, 1), (0,))]


def stored(folder: Path, form: str = "parquet", sizes: tuple[int, ...] = (50,), **told: object) -> StoredTable:
    starts = [sum(sizes[:number]) for number in range(len(sizes))]
    tables = [hourly_table(size, start) for size, start in zip(sizes, starts, strict=True)]
    return StoredTable(open_result(write_result(folder / "run", tables, form, row_group=7, **told)))  # type: ignore[arg-type]


@pytest.mark.parametrize(("form", "sizes"), LAYOUTS)
@pytest.mark.parametrize("zone", ["UTC", "America/Denver"])
def test_each_form_is_the_result(tmp_path: Path, form: str, sizes: tuple[int, ...], zone: str) -> None:
    columns = [{**one, "time_zone": zone} if one["name"] == "hourly" else one for one in COLUMNS]
    table = stored(tmp_path, form, sizes, columns=columns)
    local = table.result.to_arrow()
    assert local.schema.field("hourly").type.tz == zone
    assert local.num_rows == sum(sizes) == table.rows == sum(block.rows for block in table.blocks)

    streamed = pa.ipc.open_stream(b"".join(table_forms.arrow_stream(table))).read_all()
    sink = io.BytesIO()
    table_forms.write_parquet(table, sink)
    for found in (streamed, pq.read_table(pa.BufferReader(sink.getvalue()))):
        assert found.equals(local)
        assert found.schema.equals(local.schema.remove_metadata())
        assert found.schema.field("value").metadata[b"unit"] == b"MWh"

    text = io.StringIO(newline="")
    write_csv(Rows(local.schema, lambda: iter([local])), text)
    assert b"".join(table_forms.csv(table)).decode() == text.getvalue()


@pytest.mark.parametrize(("form", "sizes"), LAYOUTS)
@pytest.mark.parametrize("start", [0, 1, 7, 19, 20, 33, 49, 50, 51])
def test_reading_begins_at_any_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, sizes: tuple[int, ...], start: int
) -> None:
    monkeypatch.setattr(table_reading, "_ROWS", (3, 3))
    table = stored(tmp_path, form, sizes)
    found = list(table.pieces(start))
    assert all(0 < piece.num_rows <= 3 for piece in found)
    assert pa.concat_tables([table.schema.empty_table(), *found]).equals(table.result.to_arrow().slice(start))


def test_what_stands_before_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = stored(tmp_path, sizes=(35, 35))
    read = []
    own = table_reading._read
    monkeypatch.setattr(table_reading, "_read", lambda block, *rest: (read.append(block.start), own(block, *rest))[1])
    assert next(iter(table.pieces(45)))["value"][0].as_py() == 45.25
    assert read == [42]


def test_columns_whose_names_begin_alike_are_told_apart(tmp_path: Path) -> None:
    # Parquet readers take "a" for "a" and all that is inside of it.
    table = pa.table({"a.b": [1.0], "a": ["x"], "a.b.c": [3.0]})
    columns = [{"name": name, "type": "value", "holds": "float64"} for name in ("a.b", "a", "a.b.c")]
    found = StoredTable(open_result(write_result(tmp_path / "run", [table], columns=columns)))
    assert next(found.pieces(0, ["a"])).to_pydict() == {"a": ["x"]}
    assert next(found.pieces(0, ["a.b", "a"])).to_pydict() == {"a.b": [1.0], "a": ["x"]}


def test_a_damaged_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    table = stored(tmp_path, sizes=(2_000,))
    path = table.files[0]
    data = bytearray(path.read_bytes())
    data[len(data) // 4 : len(data) // 2] = bytes(len(data) // 2 - len(data) // 4)
    path.write_bytes(bytes(data))  # type: ignore[arg-type]
    with pytest.raises(DataError, match=r"table\.parquet"):
        list(table.pieces())


def test_row_groups_of_a_made_file_are_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_reading, "_ROWS", (10, 10))
    monkeypatch.setattr(table_forms, "GROUP_BYTES", 1)
    sink = io.BytesIO()
    table_forms.write_parquet(stored(tmp_path, sizes=(25, 25)), sink)
    told = pq.read_metadata(pa.BufferReader(sink.getvalue()))
    assert max(told.row_group(number).num_rows for number in range(told.num_row_groups)) <= 10


# CSV -----------------------------------------------------------------------------------------------------------------

NUMBERS = st.one_of(
    st.none(),
    st.floats(),
    st.integers(-(2**60), 2**60).map(float),
    st.tuples(st.floats(1, 10), st.integers(-20, 25)).map(lambda pair: pair[0] * 10.0 ** pair[1]),
)
TEXTS = st.one_of(
    st.none(), st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=6), st.just('a,"b"\n')
)
INSTANTS = st.one_of(st.none(), st.integers(-(2**52), 2**52))
ZONES = st.sampled_from([None, "UTC", "America/Denver", "Asia/Kathmandu", "-07:00"])


@given(st.data())
def test_csv_is_that_of_the_commands(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 8))

    def column(values: st.SearchStrategy[object], type_: pa.DataType) -> pa.Array:
        return pa.array(data.draw(st.lists(values, min_size=size, max_size=size)), type_)

    zone = data.draw(ZONES)
    columns = {
        'number, "of"': column(NUMBERS, pa.float64()),
        "text": column(TEXTS, pa.string()),
        "at": column(INSTANTS, pa.int64()).cast(pa.timestamp("us", zone)),
        "count": column(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)), pa.int64()),
        "day": column(st.one_of(st.none(), st.integers(-100_000, 100_000)), pa.int32()).cast(pa.date32()),
        "yes": column(st.one_of(st.none(), st.booleans()), pa.bool_()),
    }
    names = data.draw(st.lists(st.sampled_from(list(columns)), min_size=1, unique=True))
    table = pa.table({name: columns[name] for name in names})
    text = io.StringIO(newline="")
    write_csv(Rows(table.schema, lambda: iter([table])), text)
    # A slice has buffers that begin elsewhere.
    longer = pa.concat_tables([table, table]).combine_chunks().slice(size, size)
    assert (csv_lines.header(names) + csv_lines.lines(table)).decode() == text.getvalue()
    assert csv_lines.lines(longer) == csv_lines.lines(table)


def test_numbers_of_csv_are_read_back_as_they_were() -> None:
    numbers = [1e-5, 9.999e-5, 1e10, 123456789012.5, 1e15, 1e16, 1e22, 5e-324, 1.7976931348623157e308, 0.1 + 0.2]
    lines = csv_lines.lines(pa.table({"a": numbers})).decode().split()
    assert [float(line) for line in lines] == numbers
    assert lines == [repr(number) for number in numbers]


def test_a_carriage_return_in_a_text_does_not_end_a_row() -> None:
    assert csv_lines.lines(pa.table({"a": ["x\ry"], "b": [1]})) == b'"x\ry",1\n'


# What is chosen ------------------------------------------------------------------------------------------------------


def test_columns_and_rows_can_be_chosen(tmp_path: Path) -> None:
    chosen = ChosenTable(stored(tmp_path), ("value", "state"), ("state=CO", "days>=1"))
    found = pa.ipc.open_stream(b"".join(table_forms.arrow_stream(chosen))).read_all()
    numbers = [number for number in range(50) if number % 3 == 0 and number // 24 >= 1]
    assert found.to_pydict() == {"value": [number + 0.25 for number in numbers], "state": ["CO"] * len(numbers)}


def test_a_choice_without_any_row_has_the_columns(tmp_path: Path) -> None:
    chosen = ChosenTable(stored(tmp_path), (), ("state=UT",))
    assert b"".join(table_forms.csv(chosen)) == b"state,hourly,days,value\n"
    assert pa.ipc.open_stream(b"".join(table_forms.arrow_stream(chosen))).read_all().num_rows == 0
