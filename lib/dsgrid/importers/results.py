"""What the result of a query looks like: the ``[result]`` table of a spec."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.errors import did_you_mean, listing
from dsgrid.importers.document import Entry
from dsgrid.importers.translation import Remarks, without_empty
from dsgrid.importers.zones import meant

_FORMATS: Final = ("parquet", "csv")
_KNOWN_FORM: Final = ("format_type", "pivoted_dimension_type")


def result_table(result: Entry, words: Mapping[str, str], results: Path, remarks: Remarks) -> dict[str, Any]:
    """Return the table.

    Parameters
    ----------
    words
        Our names of columns that are called otherwise there.
    results
        The folder for results.
    """
    form = result.get_object("table_format")
    format_ = result.text("output_format", default="parquet")
    if format_ not in _FORMATS:
        raise result["output_format"].error(
            f'there is no output format "{format_}"; there are: {listing(list(_FORMATS))}'
        )
    return without_empty(
        {
            "path": str(results),
            "format": format_,
            "pivot": None if form is None else _pivot(form, remarks),
            "names": True if result.flag("replace_ids_with_names") else None,
            "zone": _zone(result, remarks),
            "sort": list(dict.fromkeys(words.get(name, name) for name in result.texts("sort_columns"))),
        }
    )


def _pivot(form: Entry, remarks: Remarks) -> str | None:
    remarks.unknown(form, _KNOWN_FORM)
    kind = form.text("format_type", default="stacked")
    if kind == "stacked":
        return None
    if kind not in ("pivoted", "unpivoted"):
        raise form["format_type"].error(f'there is no table format "{kind}"; there are: "stacked", "pivoted"')
    if kind == "unpivoted":
        remarks.say("renamed", form["format_type"], "unpivoted tables are stacked", "pivot")
        return None
    type_ = form["pivoted_dimension_type"]
    if type_.text_value not in RECORD_TYPES:
        hint = did_you_mean(type_.text_value, RECORD_TYPES)
        raise type_.error(f'"{type_.text_value}" cannot be pivoted{hint}')
    return type_.text_value


def _zone(result: Entry, remarks: Remarks) -> str | None:
    named = result.get("time_zone")
    if named is None or not named.text_value:
        return None
    if named.text_value == "geography":
        return "geography"
    message = "timestamps of a named zone are instants shown in it here, not readings beside a zone column"
    remarks.say("changed", named, message, "zone")
    return meant(named, remarks, "zone")
