"""Mapping tables of a configuration: their kind, and records that fit it."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any, Final

from dsgrid.dimensions.kinds import KINDS, check_mapping
from dsgrid.dimensions.mapping import Association, Mapping
from dsgrid.errors import did_you_mean
from dsgrid.importers.dimensions import table_file
from dsgrid.importers.document import Entry
from dsgrid.importers.tables import read_csv
from dsgrid.importers.translation import Remarks, without_empty
from dsgrid.importers.unit_factors import UnitFactors

DEFAULT_KIND: Final = "many_to_one_aggregation"
TOLERANCE: Final = 1e-6
KNOWN: Final = (
    "mapping_type", "archetype", "file", "filename", "records", "description", "file_hash", "mapping_id", "version",
    "id", "from_fraction_tolerance", "to_fraction_tolerance", "dimension_type", "project_base_dimension_name",
    "from_dimension", "to_dimension",
)  # fmt: skip


def mapping_table(entry: Entry, remarks: Remarks, units: UnitFactors | None = None) -> dict[str, Any]:
    """Return kind, records, description and tolerance of a mapping.

    dsgrid-toolkit checks less than its kinds promise, so that real mappings do not always fit theirs. Such a
    mapping becomes one with explicit multipliers: the arithmetic of all kinds is the same, only the checks differ.

    Parameters
    ----------
    units
        Of a mapping whose fractions convert units: what they are on both sides.
    """
    remarks.unknown(entry, KNOWN)
    given = associations(entry, remarks)
    rows = given if units is None else units.divided(given, remarks)
    merged = _merge(rows)
    repeated = len(rows) - len(merged)
    if repeated:
        message = f"{repeated} pairs occur twice; their fractions are added up"
        remarks.say("changed", _table(entry), message, "records")
    tolerance = max(entry.number(f"{side}_fraction_tolerance", default=TOLERANCE) for side in ("from", "to"))
    place = entry.get("mapping_type") or entry
    kind = _fitting_kind(_kind(entry, remarks), merged, tolerance, place, remarks)
    file = entry.get("file", "filename")
    return without_empty(
        {
            "kind": kind,
            "records": str(table_file(file))
            if file and not repeated and rows == given
            else [record(row) for row in merged],
            "description": entry.text("description"),
            "tolerance": None if tolerance == TOLERANCE else tolerance,
        }
    )


def _table(entry: Entry) -> Entry:
    return entry.get("file", "filename", "records") or entry


def _kind(entry: Entry, remarks: Remarks) -> str:
    found = entry.get("mapping_type")
    if found is None:
        remarks.say("defaulted", entry, f'no mapping_type is given; kind = "{DEFAULT_KIND}"', "kind")
        return DEFAULT_KIND
    if found.text_value not in KINDS:
        raise found.error(f'there is no mapping type "{found.value}"{did_you_mean(found.text_value, KINDS)}')
    return found.text_value


def associations(entry: Entry, remarks: Remarks) -> list[Association]:
    """Return the records of a mapping, as they stand in its table."""
    file = entry.get("file", "filename")
    if file is None and entry.get("records") is None:
        raise entry.error("neither records nor a file of records is given")
    rows: list[dict[str, Any]] = list(read_csv(table_file(file))) if file else entry.rows("records")
    if any(not isinstance(row.get(key) or "", str) for row in rows for key in ("from_id", "to_id")):
        message = "ids are numbers here, and texts with us; did they begin with zeros?"
        remarks.say("decide", _table(entry), message, "records")
    return [_association(row, number, _table(entry)) for number, row in enumerate(rows, start=1)]


def _association(row: dict[str, Any], number: int, place: Entry) -> Association:
    fraction, source, target = row.get("from_fraction", 1.0), row.get("from_id"), row.get("to_id")
    if source in (None, ""):
        raise place.error(f"record {number} has no from_id")
    try:
        value = float(fraction)
    except (TypeError, ValueError):
        value = math.nan
    if not math.isfinite(value):
        raise place.error(f'record {number}: the fraction "{fraction}" is no number')
    return Association(str(source), None if target in (None, "") else str(target), value)


def _merge(rows: list[Association]) -> list[Association]:
    """Add up the fractions of pairs that occur more than once: joined one by one, each of them counts."""
    sums: dict[tuple[str, str | None], float] = defaultdict(float)
    for row in rows:
        sums[row.from_id, row.to_id] += row.fraction
    return [Association(source, target, fraction) for (source, target), fraction in sums.items()]


def record(row: Association) -> dict[str, Any]:
    """Return an association as specs write it."""
    return {"from": row.from_id, "to": row.to_id or "", "fraction": row.fraction}


def _fitting_kind(name: str, rows: list[Association], tolerance: float, place: Entry, remarks: Remarks) -> str:
    """Return the kind that says what the records do."""
    sources = [row.from_id for row in rows]
    targets = [row.to_id for row in rows if row.to_id is not None]
    many_from = len(set(sources)) < len(sources)
    many_to = len(set(targets)) < len(targets)
    if name == "many_to_one_assignment" and many_from:
        # There its checks are those of many to many, and interpolations rely on it.
        name = "many_to_many_assignment"
        remarks.say("changed", place, f'from ids repeat, so that kind = "{name}"', "kind")
    # Ids are checked against the dimensions when the mapping is registered; here only the fractions matter.
    problems = check_mapping(Mapping(name, tuple(rows), tolerance=tolerance), set(sources), set(targets))
    if not problems:
        return name
    better = f"{'many' if many_to else 'one'}_to_{'many' if many_from else 'one'}_explicit_multipliers"
    remarks.say("changed", place, f'{problems[0].message}; kind = "{better}"', "kind")
    return better
