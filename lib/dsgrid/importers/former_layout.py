"""The forms before `data_layout`: files with fixed names in a folder that is given on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from dsgrid.errors import listing
from dsgrid.importers.dimensions import record_type
from dsgrid.importers.document import Entry
from dsgrid.importers.translation import Remarks, without_empty

_KNOWN: Final = (
    "data_schema_type", "table_format", "load_data_column_dimension", "column_dimension", "data_dimension_type",
)  # fmt: skip
_KINDS: Final = ("standard", "one_table")
_FORMATS: Final = ("pivoted", "unpivoted", "stacked")
_TABLE, _LOOKUP, _MISSING = "load_data", "load_data_lookup", "missing_associations"
_SUFFIXES: Final = (".parquet", ".csv", ".json")


def former_table(document: Entry, folder: Path | None, remarks: Remarks) -> dict[str, Any]:
    """Return the ``[data]`` table of a configuration with a `data_schema`.

    Where none of the files is there, the spec names the one that dsgrid-toolkit would look for first.
    """
    schema = document.get_object("data_schema")
    if schema is None:
        raise document.error("neither data_layout nor data_schema says how the data lie in their files")
    remarks.unknown(schema, _KNOWN)
    place = schema.get("data_schema_type") or document.get("data_schema_type")
    kind = "standard" if place is None else place.text_value
    if kind not in _KINDS:
        raise (place or schema).error(f'there is no data schema "{kind}"; there are: {listing(list(_KINDS))}')
    where = folder or document.file.parent
    stems = [_TABLE] if kind == "one_table" else [_TABLE, _LOOKUP]
    found = {stem: in_any_format(where, stem) or where / f"{stem}{_SUFFIXES[0]}" for stem in stems}
    remarks.say(
        "changed", schema, f"the data files are named by the spec: {', '.join(map(str, found.values()))}", "table"
    )
    missing = in_any_format(where, _MISSING)
    if missing is not None:
        remarks.say("changed", schema, f"what is missing is named by the spec: {missing}", "missing")
    return without_empty(
        {
            "table": str(found[_TABLE]),
            "lookup": str(found[_LOOKUP]) if _LOOKUP in found else None,
            "pivot": _pivot(schema),
            "missing": [str(missing)] if missing is not None else [],
        }
    )


def _pivot(schema: Entry) -> str | None:
    form = schema.get("table_format")
    if form is not None and isinstance(form.value, str):
        # The type of the format alone, with the pivoted type beside it.
        kind, owner = form, schema
    elif form is not None:
        kind, owner = form["format_type"], form
    else:
        named = schema.get("load_data_column_dimension", "column_dimension", "data_dimension_type")
        return None if named is None else record_type(named)
    if kind.text_value not in _FORMATS:
        raise kind.error(f'there is no table format "{kind.text_value}"; there are: {listing(list(_FORMATS))}')
    return record_type(owner["pivoted_dimension_type"]) if kind.text_value == "pivoted" else None


def is_there(path: Path) -> bool:
    """Return whether a path exists, as far as anybody can tell."""
    try:
        return path.exists()
    except OSError:  # a name that is too long, a folder that must not be read
        return False


def in_any_format(folder: Path, stem: str) -> Path | None:
    """Return a file of one of the formats of data, by its name without the ending."""
    files = [folder / f"{stem}{suffix}" for suffix in _SUFFIXES]
    return next((file.resolve() for file in files if is_there(file)), None)
