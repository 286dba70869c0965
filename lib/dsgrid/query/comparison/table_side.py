"""A table of files without a manifest as a side of a comparison."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from dsgrid.errors import UsageError, listing
from dsgrid.query.comparison.reading import FORMATS, bytes_of, files_of, pieces, rows_of, schema_of
from dsgrid.query.comparison.side import DATE, TEXT, TIMESTAMP, UNIT, VALUE, WALL, Key, Side, Value, step_in
from dsgrid.query.time_columns import UTC_OFFSET
from dsgrid.spec.node import shown
from dsgrid.storage.location import Location

if TYPE_CHECKING:
    import pyarrow as pa


def table_side(
    place: Location, label: str, keys: Sequence[str] = (), known: Collection[str] = (), without: Collection[str] = ()
) -> Side:
    """Return a file, or a folder of files, as a side of a comparison.

    Where there is a column ``value``, all columns but that and ``unit`` tell rows apart. Else those do that were named;
    else those that the other table has as keys; else, of Parquet and Arrow, all that are no floating-point numbers.

    Parameters
    ----------
    keys
        Columns that tell rows apart, as the user named them.
    known
        The keys of the other table.
    without
        Columns that are not compared.

    Raises
    ------
    UsageError
        If nothing says what tells the rows of a CSV apart, or there are no values.
    """
    files = files_of(place)
    schema = schema_of(files)
    fields = [field for field in schema if field.name not in without]
    names = [field.name for field in fields]
    is_csv = files[0].suffix == ".csv"
    unit = UNIT if UNIT in names and UNIT not in keys else None
    chosen = _keys(fields, keys, known, is_csv, unit)
    if chosen is None:
        raise UsageError(
            f"{shown(place)}: say with --keys which columns tell its rows apart; it has {listing(names, 20)}"
        )
    values = [field for field in fields if field.name not in chosen and field.name != unit]
    texts = [field.name for field in values if not is_csv and not _is_number(field.type)]
    nested = [field.name for field in fields if field.name in chosen and _is_nested(field.type)]
    if nested:
        raise UsageError(f"{shown(place)}: {listing(nested)} holds lists or the like; leave it out with --ignore")
    if texts:
        raise UsageError(
            f"{shown(place)}: the columns {listing(texts)} are neither keys nor numbers; name them in --keys, or leave "
            "them out with --ignore"
        )
    if not values:
        raise UsageError(f"{shown(place)} has no column of values beside its keys {listing(sorted(chosen), 20)}")
    held = tuple(field.name for field in values)
    return Side(
        label=label,
        kind="table",
        keys=tuple(_key(field) for field in fields if field.name in chosen),
        values=tuple(Value(field.name, _said(field, "unit") or None) for field in values),
        rows=rows_of(files),
        bytes=bytes_of(files),
        order=tuple(schema.names),
        pieces=partial(_pieces, files, held),
        unit=unit,
        is_pivoted=len(held) > 1 or held[0] != VALUE,
        offsets=UTC_OFFSET if UTC_OFFSET in chosen else None,
        format=FORMATS[files[0].suffix],
    )


def _pieces(files: Any, numbers: tuple[str, ...], columns: Any) -> Any:
    return pieces(files, columns, numbers)


def _keys(
    fields: Sequence[pa.Field], keys: Sequence[str], known: Collection[str], is_csv: bool, unit: str | None
) -> set[str] | None:
    names = [field.name for field in fields]
    if keys and (VALUE not in names or VALUE in keys):
        return {name for name in names if name in keys}
    if VALUE in names:
        return {name for name in names if name not in (VALUE, unit)}
    if any(name in known for name in names):
        texts = () if is_csv else (field.name for field in fields if not _is_number(field.type))
        return {name for name in names if name in known} | {name for name in texts if name != unit}
    return None if is_csv else {field.name for field in fields if not _is_float(field.type)} - {unit}


def _is_nested(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_nested(kind))


def _is_float(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return pa.types.is_floating(kind) or pa.types.is_decimal(kind)


def _is_number(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return _is_float(kind) or pa.types.is_integer(kind)


def _key(field: pa.Field) -> Key:
    zone = _said(field, "time_zone")
    holds = _holds(field.type)
    return Key(
        name=field.name,
        holds=holds,
        time_zone="" if holds == WALL else zone,
        calendar_zone=_said(field, "calendar_zone"),
        interval=_said(field, "interval"),
        step=step_in(_said(field, "step")),
    )


def _said(field: pa.Field, name: str) -> str:
    """Return what a file says of a column, as dsgrid's Parquet and Arrow files do."""
    return (field.metadata or {}).get(name.encode(), b"").decode()


def _holds(kind: pa.DataType) -> str:
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        return _holds(kind.value_type)
    if pa.types.is_timestamp(kind):
        return WALL if kind.tz is None else TIMESTAMP
    if pa.types.is_date(kind):
        return DATE
    if pa.types.is_boolean(kind):
        return "bool"
    if pa.types.is_integer(kind):
        return "int64"
    return "float64" if _is_float(kind) else TEXT
