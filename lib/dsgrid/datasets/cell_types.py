"""The types of columns: which of them the engines read alike, what others become, and which no cast can make right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dsgrid.errors import DataError, Problem
from dsgrid.spec.node import shown

if TYPE_CHECKING:
    import pyarrow as pa

    from dsgrid.datasets.columns import TableColumns
    from dsgrid.datasets.files import TableFiles

# The only dimensions whose ids are plain numbers, so that nothing is lost when a file holds them as such.
YEARS = ("model_year", "weather_year")

# What a whole label is called among the columns of time, and what may be text in a file.
LABEL = "label"
_TEXTS = ("season", "day_type", "day_of_week", "offset")
_WHOLE = ("tinyint", "smallint", "int", "bigint")
_CELLS = {
    "season": "names of seasons",
    "day_type": "names of day types, or true for a weekday and false for a weekend day",
    "day_of_week": "0 (Monday) to 6, or names of days",
    "offset": "offsets such as -05:00",
    "fold": "0, or 1 for the second showing of a label",
}


def engine_type(type_: pa.DataType) -> str:
    """Return the engine's name of a type that can be read in place, else an empty string."""
    import pyarrow as pa

    if type_ == pa.timestamp("us", "UTC"):
        return "timestamp"
    if type_ == pa.timestamp("us"):
        return "timestamp_ntz"
    plain = {
        "string": "string",
        "float": "float",
        "double": "double",
        "bool": "boolean",
        "int8": "tinyint",
        "int16": "smallint",
        "int32": "int",
        "int64": "bigint",
    }
    return plain.get(str(type_), "")


def is_readable(type_: str, column: str, table: TableColumns) -> bool:
    """Say whether the engines can read a column where it is, given its type as they call it."""
    if column == table.times.get(LABEL):
        return type_ in ("timestamp", "timestamp_ntz")
    if column in table.times.values() and column not in table.dimensions.values():
        return type_ in (*_WHOLE, "boolean") or (type_ == "string" and column in text_columns(table))
    if column == table.id:
        return type_ in ("int", "bigint", "string")
    if column in table.values.values():
        return type_ in ("float", "double", "int", "bigint")
    return type_ in ("string", "int", "bigint")  # integers: years only, see `check_types`


def target_schema(table: TableColumns, naive: bool, *, id_text: bool) -> pa.Schema:
    """Return the types that the columns of a table are brought to where the engines cannot read them as they are."""
    import pyarrow as pa

    fields = []
    for name in table.used:
        if name == table.id:
            type_ = pa.string() if id_text else pa.int64()
        elif name == table.times.get(LABEL):
            type_ = pa.timestamp("us") if naive else pa.timestamp("us", "UTC")
        elif name in table.dimensions.values() or name in text_columns(table):
            type_ = pa.string()
        elif name in table.times.values():
            type_ = pa.int64()
        else:
            type_ = pa.float64()
        fields.append(pa.field(name, type_))
    return pa.schema(fields)


def text_columns(table: TableColumns) -> tuple[str, ...]:
    """Return the columns of time that hold words."""
    return tuple(column for meaning, column in table.times.items() if meaning in _TEXTS)


def check_types(files: TableFiles, schemas: Sequence[pa.Schema], table: TableColumns) -> None:
    """Refuse what no coercion can make right: ids that lost their zeros, values that are no numbers.

    Raises
    ------
    DataError
        With one problem for each column.
    """
    import pyarrow as pa

    types = pa.types
    problems: dict[str, Problem] = {}
    for path, schema in zip(files.paths, schemas, strict=True):
        for dimension, column in table.dimensions.items():
            type_ = schema.field(column).type
            if is_text(type_) or types.is_null(type_) or (dimension in YEARS and types.is_integer(type_)):
                continue
            zeros = "; an integer loses leading zeros (6037 is not 06037), so write them as text"
            hint = zeros if types.is_integer(type_) else ""
            message = f'column "{column}" holds {type_}, but the ids of a {dimension} are strings{hint}'
            problems.setdefault(column, Problem(message, shown(path)))
        for column in (*table.values.values(), *([table.scaling_factor] if table.scaling_factor else ())):
            type_ = schema.field(column).type
            numeric = (types.is_floating, types.is_integer, types.is_decimal, types.is_null)
            if not any(is_type(type_) for is_type in numeric):
                problems.setdefault(column, Problem(f'column "{column}" holds {type_}, expected numbers', shown(path)))
        for meaning, column in table.times.items():
            type_ = schema.field(column).type
            if meaning == LABEL:
                wrong = _wrong_label(type_, schemas[0].field(column).type, files.paths[0].name)
            else:
                wrong = "" if _is_cell(type_, meaning) else f"expected {_CELLS.get(meaning, 'whole numbers')}"
            if wrong:
                problems.setdefault(column, Problem(f'column "{column}" holds {type_}, {wrong}', shown(path)))
    if problems:
        raise DataError(problems.values())


def _wrong_label(type_: pa.DataType, first: pa.DataType, name: str) -> str:
    """Say what is wrong with a type of labels, given that of the first file."""
    import pyarrow as pa

    if is_text(type_):
        return ""
    if not (pa.types.is_timestamp(type_) or pa.types.is_date(type_)):
        return "expected timestamps"
    instants = [pa.types.is_timestamp(one) and one.tz is not None for one in (type_, first)]
    if instants[0] != instants[1] and not is_text(first):
        return f"but {first} in {name}; either all labels are instants, or none"
    return ""


def _is_cell(type_: pa.DataType, meaning: str) -> bool:
    """Say whether the cells of a type may be parts of labels."""
    import pyarrow as pa

    if is_text(type_) or pa.types.is_null(type_):
        return True
    if pa.types.is_boolean(type_):
        return meaning in ("day_type", "fold")
    return bool(pa.types.is_integer(type_)) and meaning != "offset"


def is_text(type_: pa.DataType) -> bool:
    """Say whether a column holds texts, however they are packed."""
    import pyarrow as pa

    if pa.types.is_dictionary(type_):
        type_ = type_.value_type
    return bool(pa.types.is_string(type_) or pa.types.is_large_string(type_) or pa.types.is_string_view(type_))
