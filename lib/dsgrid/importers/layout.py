"""How the data of a dataset lie in their files: the ``[data]`` table of a spec."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.errors import did_you_mean, listing
from dsgrid.importers.dimensions import record_type
from dsgrid.importers.document import Entry
from dsgrid.importers.former_layout import former_table, in_any_format, is_there
from dsgrid.importers.translation import Remarks, without_empty

_KNOWN: Final = (
    "table_format", "value_format", "pivoted_dimension_type", "data_file", "lookup_data_file", "missing_associations",
    "expected_associations",
)  # fmt: skip
_KNOWN_FORM: Final = ("format_type", "pivoted_dimension_type")
_TABLES: Final = ("one_table", "two_table")
_VALUES: Final = ("stacked", "pivoted")
# A column that tables in the time of each geography may have there.
_ZONES: Final = "time_zone"
_TYPES: Final = (
    "boolean", "int", "integer", "tinyint", "smallint", "bigint", "float", "double", "string", "text", "varchar",
    "timestamp_tz", "timestamp_ntz",
)  # fmt: skip


def data_table(document: Entry, folder: Path | None, remarks: Remarks) -> dict[str, Any]:
    """Return the ``[data]`` table; relative paths start at `folder`, or at the configuration's own."""
    layout = document.get_object("data_layout")
    if layout is None:
        return former_table(document, folder, remarks)
    remarks.unknown(layout, _KNOWN)
    two_tables = _one_of(layout["table_format"], _TABLES) == "two_table"
    table = layout["data_file"]
    lookup = layout["lookup_data_file"] if two_tables else None
    if not two_tables and layout.says("lookup_data_file"):
        remarks.say("dropped", layout["lookup_data_file"], "with one table there is no lookup", "lookup")
    return without_empty(
        {
            "table": _table(table["path"], folder, remarks, "table"),
            "lookup": _table(lookup["path"], folder, remarks, "lookup") if lookup else None,
            "pivot": _pivot(layout),
            "missing": _association_files(layout, "missing_associations", folder),
            "expected": _association_files(layout, "expected_associations", folder),
            "ignore": _ignored(table, lookup, remarks),
            "columns": _columns(table, remarks),
            "lookup_columns": _columns(lookup, remarks) if lookup else None,
        }
    )


def text_columns(document: Entry) -> dict[str, str] | None:
    """Return the declared types of the columns when the data stand in a text file; None when the file knows them."""
    layout = document.get_object("data_layout")
    if layout is None or Path(layout["data_file"]["path"].text_value).suffix == ".parquet":
        return None
    columns = layout["data_file"].entries("columns")
    return {entry["name"].text_value: entry.text("data_type").upper() for entry in columns}


def _one_of(entry: Entry, known: tuple[str, ...]) -> str:
    if entry.text_value not in known:
        raise entry.error(f'there is no format "{entry.text_value}"; there are: {listing(list(known))}')
    return entry.text_value


def _pivot(layout: Entry) -> str | None:
    """Return the pivoted type: beside the format, or in it, as the documentation has it."""
    form = layout["value_format"]
    owner = layout
    if isinstance(form.value, dict):
        owner, form = form, form["format_type"]
    if _one_of(form, _VALUES) != "pivoted":
        return None
    return record_type(owner.get("pivoted_dimension_type") or layout["pivoted_dimension_type"])


def _table(entry: Entry, folder: Path | None, remarks: Remarks, key: str) -> str:
    """Return the path of a table: where it is said to be, or nearby.

    Configurations are published without their data, or with them in another format in a folder `data`: whoever runs
    dsgrid-toolkit says on the command line where the data are.
    """
    path = entry.resolve(folder)
    if not entry.text_value:
        raise entry.error("no path is given")
    if is_there(path):
        return str(path)
    near = [found for where in (path.parent, path.parent / "data") if (found := in_any_format(where, path.stem))]
    if not near:
        return str(path)  # registration says that it is not there
    remarks.say("changed", entry, f"there is no {path}; the data are read from {near[0]}", key)
    return str(near[0])


def _association_files(layout: Entry, key: str, folder: Path | None) -> list[str]:
    """Return the files; a folder stands for every table in it."""
    found = layout.get(key)
    entries = () if found is None else (found,) if isinstance(found.value, str) else tuple(found)
    files: list[Path] = []
    for entry in entries:
        path = entry.existing(folder)
        if path.is_dir() and path.suffix != ".parquet":  # Parquet tables can be folders themselves
            try:
                files.extend(sorted(child for child in path.iterdir() if child.suffix in (".csv", ".parquet")))
            except OSError as error:
                raise entry.error(f"{path} cannot be read: {error.strerror}") from None
        else:
            files.append(path)
    return list(dict.fromkeys(str(path) for path in files))


def _ignored(table: Entry, lookup: Entry | None, remarks: Remarks) -> list[str]:
    names = table.texts("ignore_columns") + (lookup.texts("ignore_columns") if lookup else [])
    for entry in table.entries("columns"):
        if entry["name"].text_value == _ZONES and entry.get("dimension_type") is None:
            remarks.say("dropped", entry, "the zone of a row is that of its geography's record", "ignore")
            names = [*names, _ZONES]
    return list(dict.fromkeys(names))


def _columns(file: Entry, remarks: Remarks) -> dict[str, Any]:
    """Return the columns that hold a dimension under another name.

    Types need not be said: columns of dimensions are text, `id` is a whole number, values are floating point, and time
    is read as the time dimension says.
    """
    remarks.unknown(file, ("path", "columns", "ignore_columns"))
    columns: dict[str, Any] = {}
    seen: set[str] = set()
    for entry in file.entries("columns"):
        remarks.unknown(entry, ("name", "data_type", "dimension_type"))
        name = entry["name"].text_value
        if name in seen:
            remarks.wrong(entry, f'the column "{name}" is listed twice')
        seen.add(name)
        dimension = entry.text("dimension_type", default=name)
        if dimension != name:
            columns[name] = {"dimension": record_type(entry["dimension_type"])}
        type_ = entry.text("data_type").lower()
        if type_ and type_ not in _TYPES:
            raise entry["data_type"].error(f'there is no column type "{type_}"{did_you_mean(type_, _TYPES)}')
        if dimension in RECORD_TYPES and type_ not in ("", "string", "text", "varchar"):
            remarks.say("changed", entry["data_type"], "ids are read as text", "table")
    return columns
