"""A comparison of two tables as a document for JSON."""

from __future__ import annotations

import math
from typing import Any

from dsgrid.query.comparison.found import Comparison, Lone, RecordTotal, Row, Table, Total, ratio


def document(found: Comparison, summary: bool = False) -> dict[str, Any]:
    """Return a comparison as a document; with `summary` without rows and records."""
    told: dict[str, Any] = {
        "verdict": found.verdict,
        "a": _table(found.a),
        "b": _table(found.b),
        "keys": list(found.keys),
        "tolerance": {"relative": found.rtol, "absolute": found.atol},
        "columns": [{"column": one.column, "what": one.what, "text": one.text} for one in found.told],
        "rows": {"both": found.both, "only_a": found.only_a.count, "only_b": found.only_b.count},
        "values": {
            "same": found.values.same,
            "within_tolerance": found.values.near,
            "different": found.values.changed,
            "only_a": found.values.only_a,
            "only_b": found.values.only_b,
            "other_unit": found.values.other_unit,
            "greatest_relative_difference": found.values.greatest_relative,
        },
        "adds_up": found.adds_up,
        "totals": [_total(total) for total in found.totals],
    }
    if summary:
        return told
    return told | {
        "only_a": _lone(found.only_a),
        "only_b": _lone(found.only_b),
        "by": {
            by.key: {"values": by.values, "differing": by.differing, "totals": [_record(one) for one in by.totals]}
            for by in found.by
        },
        "largest": [_row(row) for row in found.largest],
    }


def _number(value: float | None) -> float | None:
    """Return a number that JSON can say."""
    return value if value is not None and math.isfinite(value) else None


def _table(table: Table) -> dict[str, Any]:
    return {
        "name": table.label,
        "kind": table.kind,
        "format": table.format,
        "rows": table.rows,
        "repeated_keys": table.repeated,
        "units": list(table.units),
    }


def _total(total: Total) -> dict[str, Any]:
    return {
        "unit": total.unit,
        "a": _number(total.a),
        "b": _number(total.b),
        "difference": _number(total.difference),
        "relative": total.relative,
    }


def _record(one: RecordTotal) -> dict[str, Any]:
    counts = {name: getattr(one, name) for name in ("rows_a", "rows_b", "only_a", "only_b", "changed")}
    return {"record": one.record, **_total(one), **counts}


def _lone(lone: Lone) -> dict[str, Any]:
    return {
        "count": lone.count,
        "examples": [_row(row) for row in lone.examples],
        "patterns": [
            {"key": one.key, "values": list(one.values), "count": one.count, "of": one.of, "whole": one.whole}
            for one in lone.patterns
        ],
    }


def _row(row: Row) -> dict[str, Any]:
    both = None if row.a is None or row.b is None else row.b - row.a
    relative = None if row.a is None or row.b is None else ratio(row.a, row.b)
    values = {"a": row.a, "b": row.b, "difference": both}
    shown = {name: _number(value) for name, value in values.items()}
    return {"keys": row.keys, "unit": row.unit, **shown, "relative": relative}
