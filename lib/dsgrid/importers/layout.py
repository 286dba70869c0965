"""How the data of a dataset lie in their files: the ``[data]`` table of a spec."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.importers.document import Entry
from dsgrid.importers.translation import Remarks, without_empty

_KNOWN: Final = (
    "table_format", "value_format", "pivoted_dimension_type", "data_file", "lookup_data_file", "missing_associations",
    "expected_associations",
)  # fmt: skip
# A column that tables in the time of each geography may have there.
_ZONES: Final = "time_zone"
_TYPES: Final = (
    "boolean", "int", "integer", "tinyint", "smallint", "bigint", "float", "double", "string", "text", "varchar",
    "timestamp_tz", "timestamp_ntz",
)  # fmt: skip


def data_table(document: Entry, folder: Path | None, remarks: Remarks) -> dict[str, Any]:
    """Return the ``[data]`` table; relative paths start at `folder`, or at the configuration's own."""
    layout = document.get("data_layout")
    if layout is None:
        return _before_layouts(document, folder, remarks)
    remarks.unknown(layout, _KNOWN)
    two_tables = layout["table_format"].value == "two_table"
    table = layout["data_file"]
    lookup = layout["lookup_data_file"] if two_tables else None
    pivoted = layout["value_format"].value == "pivoted"
    return without_empty(
        {
            "table": _table(table["path"], folder, remarks),
            "lookup": _table(lookup["path"], folder, remarks) if lookup else None,
            "pivot": layout["pivoted_dimension_type"].value if pivoted else None,
            "missing": _association_files(layout, "missing_associations", folder),
            "expected": _association_files(layout, "expected_associations", folder),
            "ignore": _ignored(table, lookup, remarks),
            "columns": _columns(table, remarks),
            "lookup_columns": _columns(lookup, remarks) if lookup else None,
        }
    )


def text_columns(document: Entry) -> dict[str, str] | None:
    """Return the declared types of the columns when the data stand in a text file; None when the file knows them."""
    layout = document.get("data_layout")
    if layout is None or Path(layout["data_file"]["path"].text_value).suffix == ".parquet":
        return None
    columns = layout["data_file"].entries("columns")
    return {entry["name"].text_value: entry.text("data_type").upper() for entry in columns}


def _before_layouts(document: Entry, folder: Path | None, remarks: Remarks) -> dict[str, Any]:
    """Read the form before `data_layout`: files with fixed names in a folder given on the command line."""
    schema = document["data_schema"]
    kind = schema.text("data_schema_type", default="standard")
    where = folder or document.file.parent
    names = ["load_data"] if kind == "one_table" else ["load_data", "load_data_lookup"]
    found = {name: _with_suffix(where, name, schema) for name in names}
    remarks.say("changed", schema, f"the data files are named by the spec: {', '.join(found.values())}")
    form = schema.get("table_format")
    pivoted = form is not None and form.text("format_type") == "pivoted"
    return without_empty(
        {
            "table": found["load_data"],
            "lookup": found.get("load_data_lookup"),
            "pivot": form["pivoted_dimension_type"].value if form is not None and pivoted else None,
        }
    )


def _table(entry: Entry, folder: Path | None, remarks: Remarks) -> str:
    """Return the path of a table: where it is said to be, or nearby.

    Configurations are published without their data, or with them in another format in a folder `data`: whoever runs
    the existing system says on the command line where the data are.
    """
    path = entry.resolve(folder)
    if path.exists():
        return str(path)
    near = [found for where in (path.parent, path.parent / "data") if (found := _in_any_format(where, path.stem))]
    if not near:
        return str(path)  # registration says that it is not there
    remarks.say("changed", entry, f"there is no {path}; the data are read from {near[0]}")
    return str(near[0])


def _in_any_format(folder: Path, stem: str) -> Path | None:
    files = [folder / f"{stem}{suffix}" for suffix in (".parquet", ".csv", ".json")]
    return next((file.resolve() for file in files if file.exists()), None)


def _with_suffix(folder: Path, stem: str, entry: Entry) -> str:
    found = _in_any_format(folder, stem)
    if found is not None:
        return str(found)
    raise entry.error(f"no file {stem}.parquet, {stem}.csv or {stem}.json in {folder}")


def _association_files(layout: Entry, key: str, folder: Path | None) -> list[str]:
    """Return the files; a folder stands for every table in it."""
    files: list[Path] = []
    for entry in layout.entries(key):
        path = entry.existing(folder)
        if path.is_dir() and path.suffix != ".parquet":  # Parquet tables can be folders themselves
            files.extend(sorted(child for child in path.iterdir() if child.suffix in (".csv", ".parquet")))
        else:
            files.append(path)
    return [str(path) for path in files]


def _ignored(table: Entry, lookup: Entry | None, remarks: Remarks) -> list[str]:
    names = table.texts("ignore_columns") + (lookup.texts("ignore_columns") if lookup else [])
    for entry in table.entries("columns"):
        if entry["name"].value == _ZONES and entry.get("dimension_type") is None:
            remarks.say("dropped", entry, "the zone of a row is that of its geography's record")
            names = [*names, _ZONES]
    return list(dict.fromkeys(names))


def _columns(file: Entry, remarks: Remarks) -> dict[str, Any]:
    """Return the columns that hold a dimension under another name.

    Types need not be said: columns of dimensions are text, `id` is a whole number, values are floating point, and time
    is read as the time dimension says.
    """
    remarks.unknown(file, ("path", "columns", "ignore_columns"))
    columns: dict[str, Any] = {}
    for entry in file.entries("columns"):
        remarks.unknown(entry, ("name", "data_type", "dimension_type"))
        name = entry["name"].text_value
        dimension = entry.text("dimension_type", default=name)
        if dimension != name:
            columns[name] = {"dimension": dimension}
        type_ = entry.text("data_type").lower()
        if type_ and type_ not in _TYPES:
            raise entry["data_type"].error(f'there is no column type "{type_}"')
        if dimension in RECORD_TYPES and type_ not in ("", "string", "text", "varchar"):
            remarks.say("changed", entry["data_type"], "ids are read as text")
    return columns
