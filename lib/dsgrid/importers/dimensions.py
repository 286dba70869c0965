"""Dimensions of a configuration: their classes and their records."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from dsgrid.dimensions.classes import RECORD_CLASSES, plain_class
from dsgrid.dimensions.types import DIMENSION_TYPES, RECORD_TYPES
from dsgrid.errors import closest, did_you_mean
from dsgrid.importers.document import Entry
from dsgrid.importers.tables import Row, read_csv
from dsgrid.importers.translation import Remarks, without_empty
from dsgrid.importers.zones import unknown, zone
from dsgrid.spec.patterns import NAME

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
        if found.text_value not in (*DIMENSION_TYPES, *FORMER_TYPES):
            hint = did_you_mean(found.text_value, DIMENSION_TYPES)
            raise found.error(f'there is no dimension type "{found.text_value}"{hint}')
        return found.text_value
    named = _class_name(entry.text("class", "class_name"))
    if named in RECORD_CLASSES:
        return RECORD_CLASSES[named].type
    raise entry.error('the key "type" is missing')


def record_type(entry: Entry) -> str:
    """Return a type of dimensions that have records."""
    if entry.text_value not in RECORD_TYPES:
        hint = did_you_mean(entry.text_value, RECORD_TYPES)
        raise entry.error(f'there is no dimension type "{entry.text_value}"{hint}')
    return entry.text_value


def name_of(entry: Entry) -> str:
    """Return the name that queries use; for some years it was called `dimension_query_name`."""
    found = entry.get("dimension_query_name")
    if found is None or not found.text_value:
        found = entry["name"]
    name = found.text_value
    if not re.fullmatch(NAME.pattern, name):
        raise found.error(f'"{name}" cannot be the name of a dimension here; {NAME.words}')
    return name


def dimension_table(entry: Entry, remarks: Remarks, *, known: tuple[str, ...] = KNOWN) -> dict[str, Any]:
    """Return class, records and description of a dimension; its name and type are for the caller to place."""
    remarks.unknown(entry, known)
    if entry.get("type", "dimension_type") is None:
        remarks.say("defaulted", entry, f'no type is given; by its class it is "{type_of(entry)}"', "type")
    _say_other_names(entry, remarks)
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
    elif RECORD_CLASSES[name].type != type_of(entry):
        of = RECORD_CLASSES[name].type
        remarks.wrong(found, f'the class "{found.value}" is one of {of} dimensions, but the type is {type_of(entry)}')
    elif found.text_value.endswith("BaseModel"):
        remarks.say("renamed", found, f'the class "{found.value}" is "{name}" here', "class")
    return name


def records(entry: Entry, remarks: Remarks) -> str | list[dict[str, Any]]:
    """Return the path of the records, or the records themselves where they are inline or have to be changed."""
    inline = entry.get("records")
    file = entry.get("file", "filename")
    if file is None and inline is not None:
        return _inline(inline, type_of(entry), remarks)
    if file is None:
        raise entry.error("neither records nor a file of records is given")
    path = table_file(file)
    if type_of(entry) != "geography":
        return str(path)
    rows = read_csv(path)
    changed = _rename_zones(rows, file, remarks)
    return [dict(row) for row in rows] if changed else str(path)


def table_file(file: Entry) -> Path:
    """Return the path of a table of records or of a mapping, which has to be a file that is there."""
    path = file.existing()
    if not path.is_file():
        raise file.error(f"{path} is {'a folder' if path.is_dir() else 'no file'}, and no table")
    return path


def _inline(inline: Entry, type_: str, remarks: Remarks) -> list[dict[str, Any]]:
    rows = []
    for entry in inline:
        identifier = entry.get("id")
        if identifier is None or not identifier.text_value:
            raise entry.error("the record has no id")
        if not isinstance(identifier.value, str):
            message = f"the id {identifier.text_value} is a number here, and a text with us; did it begin with zeros?"
            remarks.say("decide", identifier, message, "records")
        rows.append(without_empty(_as_text({key: cell.plain for key, cell in entry.items()})))
    if type_ == "geography":
        _rename_zones(rows, inline, remarks)
    return rows


def rows_of(value: str | list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of what `records` returned; such without an id are left out."""
    rows = list(read_csv(Path(value))) if isinstance(value, str) else value
    return [row for row in rows if row.get("id")]


def record_ids(entry: Entry) -> list[str]:
    """Return the ids of a dimension's records, as they are."""
    file = entry.get("file", "filename")
    if file is None:
        return [str(row["id"]) for row in entry.rows("records") if row.get("id") is not None]
    return [row["id"] for row in read_csv(table_file(file)) if row.get("id")]


def _class_name(theirs: str) -> str:
    bare = re.sub(r"(DimensionRecord|Dimension)?BaseModel$", "", theirs)
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", bare).lower()


def _say_other_names(entry: Entry, remarks: Remarks) -> None:
    """Remark on the names that a dimension had for people and for queries in other years."""
    queried, name, shown = entry.get("dimension_query_name"), entry.get("name"), entry.get("display_name")
    if queried is not None and name is not None and name.text_value != queried.text_value:
        message = f'the dimension "{name.text_value}" is called as in queries, "{queried.text_value}"'
        remarks.say("renamed", name, message)
    if shown is not None and shown.text_value:
        remarks.say("dropped", shown, f'the name for people, "{shown.text_value}"; a dimension has one name')


def _as_text(row: dict[str, Any]) -> dict[str, Any]:
    return {key: str(cell).strip() if key in ("id", "name") else cell for key, cell in row.items()}


def _rename_zones(rows: list[Row] | list[dict[str, Any]], file: Entry, remarks: Remarks) -> bool:
    old = {str(row["time_zone"]) for row in rows if row.get("time_zone")}
    for name in sorted(old):
        wrong = unknown(name)
        if wrong:
            remarks.say("decide", file, f"{wrong}; which is meant in the records?", "records")
    new = {name: zone(name) for name in old if zone(name) != name}
    for name in sorted(new):
        message = f'the time zone "{name}" of the records is "{new[name]}" here'
        remarks.say("changed", file, message, "records")
    for row in rows:
        if row.get("time_zone") in new:
            row["time_zone"] = new[row["time_zone"]]
    return bool(new)
