"""A published result as a side of a comparison: its manifest says what its columns mean."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from dsgrid.query.comparison.reading import FORMATS, bytes_of, pieces
from dsgrid.query.comparison.side import TEXT, UNIT, VALUE, WALL, Key, Side, Value, step_in
from dsgrid.query.time_columns import UTC_OFFSET

if TYPE_CHECKING:
    from dsgrid.query.result import Result

_RANK: Final = "rank"  # the place in a load duration curve


def result_side(result: Result, label: str = "") -> Side:
    """Return a result as a side of a comparison."""
    columns = result.manifest["columns"]
    step = _step(result.manifest.get("time", {}))
    values = tuple(_value(column) for column in columns if _is_value(column))
    keys = tuple(_key(column, step) for column in columns if column["type"] != "unit" and not _is_value(column))
    unit = UNIT if any(column["type"] == "unit" for column in columns) else None
    names = tuple(column["name"] for column in columns)
    files = result.files
    pivot = result.manifest.get("form", {}).get("pivot")
    offsets = next((key.name for key in keys if key.name == UTC_OFFSET and key.type == "time"), None)
    return Side(
        label=label or str(result.folder),
        kind="result",
        keys=keys,
        values=values,
        rows=result.rows,
        bytes=bytes_of(files),
        order=names,
        pieces=partial(_pieces, files, tuple(value.name for value in values)),
        unit=unit,
        pivot=None if pivot is None else _key(pivot, None),
        is_pivoted=[value.name for value in values] != [VALUE],
        offsets=offsets,
        format=FORMATS[result.path.suffix],
        adds_up=bool(result.manifest.get("adds_up", True)),
    )


def _is_value(column: Mapping[str, Any]) -> bool:
    """Tell whether a column holds values. Of what reports measure, words and ranks tell rows apart."""
    measured = column["type"] == "measure" and column["holds"] != TEXT and column["name"] != _RANK
    return column["type"] == "value" or measured


def _value(column: Mapping[str, Any]) -> Value:
    # The column of units is about values; what else a report measures has its own unit, or none.
    return Value(column["name"], column.get("unit", "" if column["type"] == "measure" else None))


def _pieces(files: Any, numbers: tuple[str, ...], columns: Any) -> Any:
    return pieces(files, columns, numbers)


def _key(column: Mapping[str, Any], step: timedelta | None) -> Key:
    own = column.get("step")
    return Key(
        name=column["name"],
        type=column["type"],
        holds=column["holds"],
        dimension=column.get("dimension", ""),
        time_zone="" if column["holds"] == WALL else column.get("time_zone", ""),
        calendar_zone=column.get("calendar_zone", ""),
        interval=column.get("interval", ""),
        step=step_in(str(own)) if own else step if column["type"] == "time" else None,
    )


def _step(time: Mapping[str, Any]) -> timedelta | None:
    return step_in(str(time.get("step", "")))
