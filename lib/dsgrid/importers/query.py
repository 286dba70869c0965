"""``query.json5`` as the spec of `query`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from dsgrid.dimensions.types import NAMED_REDUCTION_TYPES, TIME
from dsgrid.importers.document import Entry
from dsgrid.importers.filters import filter_table
from dsgrid.importers.translation import Remarks, Translation, without_empty
from dsgrid.importers.zones import zone

_KNOWN: Final = ("name", "version", "project", "result")
_KNOWN_PROJECT: Final = (
    "project_id", "dataset", "excluded_dataset_ids", "include_dsgrid_dataset_components", "drop_dimensions", "version",
    "mapping_plans", "spark_conf_per_dataset",
)  # fmt: skip
_KNOWN_DATASET: Final = ("dataset_id", "source_datasets", "expression", "params")
_KNOWN_RESULT: Final = (
    "replace_ids_with_names", "aggregations", "aggregate_each_dataset", "reports", "column_type", "table_format",
    "output_format", "sort_columns", "dimension_filters", "time_zone",
)  # fmt: skip

# Functions of time, under our words. All are taken in the zone of the project on both sides.
_TIME_WORDS: Final = {
    "year": "annual",
    "month": "month_of_year",
    "day": "day_of_month",
    "dayofmonth": "day_of_month",
    "hour": "hour_of_day",
    "dayofweek": "day_of_week",
    "weekday": "day_of_week",
    "dayofyear": "day_of_year",
}


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
    source, result = document["project"], document.get("result") or Entry({}, document.file, ("result",))
    remarks.unknown(source, _KNOWN_PROJECT)
    remarks.unknown(result, _KNOWN_RESULT)
    _drop(source, result, remarks)
    _refuse(source, result, remarks)
    steps, words = _steps(result, remarks)
    spec = {
        "name": document["name"].text_value,
        "project": source["project_id"].text_value,
        "datasets": _datasets(source["dataset"], remarks),
        "where": _filters(source["dataset"], result, project, remarks),
        "step": steps,
        "result": _result(result, words, results, remarks),
    }
    return remarks.finish("query", without_empty(spec))


def _drop(source: Entry, result: Entry, remarks: Remarks) -> None:
    """Remark on what changes no number here."""
    if source.get("version") is not None:
        remarks.say("dropped", source["version"], "the project's newest version here is asked")
    for key in ("mapping_plans", "spark_conf_per_dataset"):
        if source.scalar(key):
            remarks.say("dropped", source[key], "how a query is computed is planned here")
    if result.scalar("aggregate_each_dataset"):
        remarks.say("dropped", result["aggregate_each_dataset"], "sums of a union are the same either way")
    if result.text("column_type", default="dimension_names") != "dimension_names":
        remarks.say("renamed", result["column_type"], "columns are named by dimension here, not by type")


def _refuse(source: Entry, result: Entry, remarks: Remarks) -> None:
    for entry, key in (
        (source, "excluded_dataset_ids"),
        (source, "include_dsgrid_dataset_components"),
        (source, "drop_dimensions"),
        (result, "reports"),
    ):
        if entry.scalar(key):
            remarks.unsupported(entry[key], f"`{key}`")


def _datasets(source: Entry, remarks: Remarks) -> list[str]:
    """Return the ids of a union of plain datasets."""
    remarks.unknown(source, _KNOWN_DATASET)
    ids = []
    for entry in source["source_datasets"]:
        kind = entry.text("dataset_type", default="standalone")
        if kind != "standalone":
            remarks.unsupported(entry["dataset_type"], f'source datasets of the type "{kind}"')
        ids.append(entry["dataset_id"].text_value)
    expression = source.get("expression")
    if expression is not None:
        united = re.fullmatch(r"[\w\s|()]+", expression.text_value)
        operands = re.findall(r"\w+", expression.text_value)
        if not united or sorted(operands) != sorted(ids):
            remarks.unsupported(expression, f'the expression "{expression.value}" (only a union of all sources)')
    return ids


def _filters(source: Entry, result: Entry, project: Entry, remarks: Remarks) -> list[dict[str, Any]]:
    params = source.get("params")
    before = () if params is None else params.entries("dimension_filters")
    tables = [filter_table(entry, project, remarks) for entry in before]
    # Filters on the result hold before its aggregations, where base records still stand: that is where ours hold, too.
    for entry in result.entries("dimension_filters"):
        tables.append(filter_table(entry, project, remarks, on_ids=True))
    return [table for table in tables if table]


def _steps(result: Entry, remarks: Remarks) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Return the steps, and our names of columns that are named otherwise there."""
    aggregations = result.entries("aggregations")
    if len(aggregations) > 1:
        remarks.unsupported(aggregations[1], "more than one aggregation")
    if not aggregations:
        return [], {}
    entry = aggregations[0]
    function = entry["aggregation_function"].text_value
    if function != "sum":
        remarks.unsupported(entry["aggregation_function"], f'the aggregation function "{function}"')
    by: list[str] = []
    words: dict[str, str] = {}
    dimensions = entry["dimensions"]
    for type_, columns in dimensions.items():
        for column in columns:
            name, own = _column(type_, column, remarks)
            by.append(own)
            words[name] = own
    over = [type_ for type_ in NAMED_REDUCTION_TYPES if not dimensions.scalar(type_)]
    return [without_empty({"function": function, "by": by, "over": over})], words


def _column(type_: str, column: Entry, remarks: Remarks) -> tuple[str, str]:
    """Return the name of a column there, and ours."""
    if isinstance(column.value, str):
        return column.text_value, column.text_value
    name = column["dimension_name"].text_value
    function, alias = column.text("function"), column.text("alias")
    if not function:
        if alias:
            remarks.say("renamed", column["alias"], f'the column "{alias}" is "{name}" here')
        return alias or name, name
    theirs = alias or f"{function}__{name}"
    if type_ != TIME or function not in _TIME_WORDS:
        remarks.unsupported(column["function"], f'the function "{function}"')
        return theirs, theirs
    word = _TIME_WORDS[function]
    remarks.say("renamed", column["function"], f'the column "{theirs}" is "{word}" here')
    if function == "dayofweek":
        remarks.say("changed", column["function"], "days of the week count from 0 (Monday), not from 1 (Sunday)")
    return theirs, word


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
            "names": True if result.scalar("replace_ids_with_names") else None,
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
