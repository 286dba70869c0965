"""What is drawn of a report: which of its columns are values, and along what they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from dsgrid.query.plots.columns import CYCLE, INSTANT, MEASURE, UNIT, VALUE, Column

_DRAWN: Final[Mapping[str, tuple[str, ...]]] = {
    "peak_load": ("peak",),
    "load_duration": ("load",),
    "annual_summary": ("total",),
    "load_factor": ("load_factor",),
    "calibration": ("modelled", "benchmark"),
}
_ALONG: Final = {"load_duration": "hours"}
_COMPARED: Final = {"name": "compared", "type": "scenario"}


def kind_of(manifest: Mapping[str, Any]) -> str:
    """Return which report a result is; empty where it is none."""
    return str((manifest.get("report") or {}).get("kind", ""))


def drawn_columns(columns: Sequence[Column], manifest: Mapping[str, Any]) -> tuple[Column, ...]:
    """Return the columns of a result that have to do with its picture: all but the other measures of a report."""
    kind = kind_of(manifest)
    names = _DRAWN.get(kind)
    if names is None:
        return tuple(one for one in columns if one.type != MEASURE)
    found: list[Column] = []
    for one in columns:
        if one.name in names:
            found.append(replace(one, role=VALUE))
        elif one.name == _ALONG.get(kind):
            found.append(replace(one, role=CYCLE))
        elif not _is_beside(one, kind):
            found.append(one)
    # A factor is not in the unit that the row's loads have.
    own_units = any(one.type == MEASURE for one in columns if one.name in names)
    return tuple(one for one in found if not (own_units and one.role == UNIT))


def _is_beside(column: Column, kind: str) -> bool:
    """Tell whether a column says more about a value that is not what the value is of."""
    is_moment = column.role == INSTANT and column.holds in ("timestamp", "wall")
    return column.role in (VALUE, MEASURE) or (kind == "peak_load" and is_moment)


def compared(manifest: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the column that several columns of values stand for: of a calibration what is compared."""
    if kind_of(manifest) == "calibration":
        return _COMPARED
    found = (manifest.get("form") or {}).get("pivot")
    return found if isinstance(found, Mapping) and not kind_of(manifest) else None
