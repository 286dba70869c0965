"""``query.json5`` as the spec of `query`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from dsgrid.importers.document import Entry
from dsgrid.importers.filters import filter_table
from dsgrid.importers.overlaps import counting_twice
from dsgrid.importers.sources import Sources, sources
from dsgrid.importers.steps import steps
from dsgrid.importers.translation import Remarks, Translation, without_empty
from dsgrid.importers.zones import zone

_KNOWN: Final = ("name", "version", "project", "result")
_KNOWN_PROJECT: Final = (
    "project_id", "dataset", "excluded_dataset_ids", "include_dsgrid_dataset_components", "drop_dimensions", "version",
    "mapping_plans", "spark_conf_per_dataset",
)  # fmt: skip
_KNOWN_RESULT: Final = (
    "replace_ids_with_names", "aggregations", "aggregate_each_dataset", "reports", "column_type", "table_format",
    "output_format", "sort_columns", "dimension_filters", "time_zone",
)  # fmt: skip


def query(document: Entry, project: Entry, results: Path) -> Translation:
    """Translate a query of one project.

    Parameters
    ----------
    project
        The project's configuration: a filter on a subset names only the selectors.
    results
        The folder for results.
    """
    remarks = Remarks()
    remarks.unknown(document, _KNOWN)
    source, result = document["project"], document.get("result") or document.with_value({})
    remarks.unknown(source, _KNOWN_PROJECT)
    remarks.unknown(result, _KNOWN_RESULT)
    asked = sources(source["dataset"], remarks)
    aggregations, words = steps(result, project, remarks)
    _drop(source, result, remarks)
    _refuse(source, result, remarks)
    _each_dataset(result, asked, aggregations, remarks)
    spec = {
        "name": document["name"].text_value,
        "project": source["project_id"].text_value,
        **asked.tables,
        "where": _filters(source["dataset"], result, project, remarks),
        "allow_double_counting": _counts_twice(result, project, aggregations, remarks),
        "step": aggregations,
        "result": _result(result, words, results, remarks),
    }
    return remarks.finish("query", without_empty(spec))


def _drop(source: Entry, result: Entry, remarks: Remarks) -> None:
    """Remark on what changes no number here."""
    if source.get("version") is not None:
        remarks.say("dropped", source["version"], "the project's newest version here is asked")
    for key in ("mapping_plans", "spark_conf_per_dataset"):
        if source.says(key):
            remarks.say("dropped", source[key], "how a query is computed is planned here")
    if result.text("column_type", default="dimension_names") != "dimension_names":
        remarks.say("renamed", result["column_type"], "columns are named by dimension here, not by type")


def _refuse(source: Entry, result: Entry, remarks: Remarks) -> None:
    for entry, key in (
        (source, "excluded_dataset_ids"),
        (source, "include_dsgrid_dataset_components"),
        (source, "drop_dimensions"),
        (result, "reports"),
    ):
        if entry.says(key):
            remarks.unsupported(entry[key], f"`{key}`")


def _each_dataset(result: Entry, asked: Sources, steps: list[dict[str, Any]], remarks: Remarks) -> None:
    """Say what becomes of the wish to aggregate each source before the expression."""
    if not result.flag("aggregate_each_dataset"):
        return
    entry = result["aggregate_each_dataset"]
    if asked.adds and all(step["function"] == "sum" for step in steps):
        remarks.say("dropped", entry, "sums of a union are the same either way")
    else:
        remarks.unsupported(entry, "aggregating each source before the expression, but for sums of what is added")


def _counts_twice(result: Entry, project: Entry, steps: list[dict[str, Any]], remarks: Remarks) -> bool | None:
    """Allow what the existing system does without a word."""
    names = counting_twice(project, {name for step in steps for name in step["by"]})
    for name in names:
        message = f'several records of "{name}" hold one base record in full: sums over them count it more than once'
        remarks.say("decide", result["aggregations"], f"{message}; allow_double_counting = true")
    return True if names else None


def _filters(source: Entry, result: Entry, project: Entry, remarks: Remarks) -> list[dict[str, Any]]:
    params = source.get("params")
    before = () if params is None else params.entries("dimension_filters")
    tables = [filter_table(entry, project, remarks) for entry in before]
    # Filters on the result hold before its aggregations, where base records still stand: that is where ours hold, too.
    for entry in result.entries("dimension_filters"):
        tables.append(filter_table(entry, project, remarks, on_ids=True))
    return [table for table in tables if table]


def _result(result: Entry, words: dict[str, str], results: Path, remarks: Remarks) -> dict[str, Any]:
    form = result.get("table_format")
    pivoted = form is not None and form.text("format_type") == "pivoted"
    format_ = result.text("output_format", default="parquet")
    if format_ not in ("parquet", "csv"):
        raise result["output_format"].error(f'there is no output format "{format_}"')
    return without_empty(
        {
            "path": str(results),
            "format": format_,
            "pivot": form["pivoted_dimension_type"].value if form is not None and pivoted else None,
            "names": True if result.flag("replace_ids_with_names") else None,
            "zone": _zone(result, remarks),
            "sort": [words.get(entry.text_value, entry.text_value) for entry in result.entries("sort_columns")],
        }
    )


def _zone(result: Entry, remarks: Remarks) -> str | None:
    named = result.get("time_zone")
    if named is None or not named.value:
        return None
    if named.value == "geography":
        return "geography"
    remarks.say(
        "changed", named, "timestamps of a named zone are instants shown in it here, not readings beside a zone column"
    )
    return zone(named.text_value)
