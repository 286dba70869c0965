"""Dimensions of a configuration: their classes and their records."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from dsgrid.dimensions.classes import RECORD_CLASSES, plain_class
from dsgrid.errors import closest
from dsgrid.importers.document import Entry
from dsgrid.importers.tables import Row, read_csv
from dsgrid.importers.translation import Remarks, without_empty
from dsgrid.importers.zones import zone

KNOWN: Final = (
    "class", "class_name", "type", "dimension_type", "module", "name", "description", "file", "filename", "records",
    "file_hash", "dimension_id", "version", "id", "display_name", "dimension_query_name",
)  # fmt: skip
# Types of earlier years that are no dimension any more; configurations still name them.
FORMER_TYPES: Final = ("data_source",)


def type_of(entry: Entry) -> str:
    """Return the type of a dimension; where it was forgotten, the class says it."""
    found = entry.get("type", "dimension_type")
    if found is not None:
        return found.text_value
    named = _class_name(entry.text("class", "class_name"))
    if named in RECORD_CLASSES:
        return RECORD_CLASSES[named].type
    raise entry.error('the key "type" is missing')


def name_of(entry: Entry) -> str:
    """Return the name that queries use; for some years it was called `dimension_query_name`."""
    return entry.text("dimension_query_name") or entry["name"].text_value


def dimension_table(entry: Entry, remarks: Remarks, *, known: tuple[str, ...] = KNOWN) -> dict[str, Any]:
    """Return class, records and description of a dimension; its name and type are for the caller to place."""
    remarks.unknown(entry, known)
    if entry.get("type", "dimension_type") is None:
        remarks.say("defaulted", entry, f'no type is given; by its class it is "{type_of(entry)}"')
    return without_empty(
        {
            "class": record_class(entry, remarks),
            "records": records(entry, remarks),
            "description": entry.text("description"),
        }
    )


def record_class(entry: Entry, remarks: Remarks) -> str:
    """Return our name of a record class: ``EnergyEndUse`` is ``energy_end_use``.

    Abstract classes (``GeographyDimensionBaseModel``) are those of a type without columns of its own.
    """
    found = entry.get("class", "class_name")
    if found is None:
        raise entry.error('the key "class" is missing')
    name = _class_name(found.text_value) or plain_class(type_of(entry)) or ""
    if name not in RECORD_CLASSES:
        near = closest(name, RECORD_CLASSES)
        hint = f'; is it "{near}"?' if near else ""
        remarks.unsupported(found, f'the record class "{found.value}"{hint}')
    elif found.text_value.endswith("BaseModel"):
        remarks.say("renamed", found, f'the class "{found.value}" is "{name}" here')
    return name


def records(entry: Entry, remarks: Remarks) -> str | list[dict[str, Any]]:
    """Return the path of the records, or the records themselves where they are inline or have to be changed."""
    inline = entry.get("records")
    file = entry.get("file", "filename")
    if file is None and inline is not None:
        return [without_empty(_as_text(row)) for row in entry.rows("records")]
    if file is None:
        raise entry.error("neither records nor a file of records is given")
    path = file.existing()
    if type_of(entry) != "geography":
        return str(path)
    rows = read_csv(path)
    changed = _rename_zones(rows, file, remarks)
    return [dict(row) for row in rows] if changed else str(path)


def rows_of(value: str | list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of what `records` returned."""
    return list(read_csv(Path(value))) if isinstance(value, str) else value


def record_ids(entry: Entry) -> list[str]:
    """Return the ids of a dimension's records, as they are."""
    file = entry.get("file", "filename")
    if file is None:
        return [str(row["id"]) for row in entry.rows("records") if "id" in row]
    return [row["id"] for row in read_csv(file.existing()) if "id" in row]


def _class_name(theirs: str) -> str:
    bare = re.sub(r"(DimensionRecord|Dimension)?BaseModel$", "", theirs)
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", bare).lower()


def _as_text(row: dict[str, Any]) -> dict[str, Any]:
    return {key: str(cell) if key in ("id", "name") else cell for key, cell in row.items()}


def _rename_zones(rows: list[Row], file: Entry, remarks: Remarks) -> bool:
    old = {row["time_zone"] for row in rows if row.get("time_zone")}
    new = {name: zone(name) for name in old if zone(name) != name}
    for name in sorted(new):
        remarks.say("changed", file, f'the time zone "{name}" of the records is "{new[name]}" here')
    for row in rows:
        if row.get("time_zone") in new:
            row["time_zone"] = new[row["time_zone"]]
    return bool(new)
