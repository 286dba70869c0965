"""``query.json5`` as the spec of `query`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from dsgrid.importers.document import Entry
from dsgrid.importers.filters import filter_table
from dsgrid.importers.overlaps import counting_twice
from dsgrid.importers.plans import plan_remarks
from dsgrid.importers.reports import base_names, report_tables
from dsgrid.importers.results import result_table
from dsgrid.importers.sources import Sources, sources
from dsgrid.importers.steps import steps
from dsgrid.importers.translation import Remarks, Translation, gathering, without_empty
from dsgrid.spec.patterns import FOLDER_NAME

_KNOWN: Final = ("name", "version", "project", "result")
_KNOWN_PROJECT: Final = (
    "project_id", "dataset", "excluded_dataset_ids", "include_dsgrid_dataset_components", "drop_dimensions", "version",
    "mapping_plans", "spark_conf_per_dataset", "per_dataset_aggregations",
)  # fmt: skip
_KNOWN_RESULT: Final = (
    "replace_ids_with_names", "aggregations", "aggregate_each_dataset", "reports", "column_type", "table_format",
    "output_format", "sort_columns", "dimension_filters", "time_zone",
)  # fmt: skip


@gathering
def query(remarks: Remarks, document: Entry, project: Entry, results: Path) -> Translation:
    """Translate a query of one project.

    Parameters
    ----------
    project
        The project's configuration: a filter on a subset names only the selectors.
    results
        The folder for results.
    """
    remarks.unknown(document, _KNOWN)
    source, result = document["project"], document.get_object("result") or document.with_value({})
    remarks.unknown(source, _KNOWN_PROJECT)
    about = remarks.within("result")
    about.unknown(result, _KNOWN_RESULT)
    asked = sources(source["dataset"], remarks)
    aggregations, words = steps(result, project, remarks)
    _drop(source, result, remarks)
    _refuse(source, remarks)
    _each_dataset(result, asked, aggregations, remarks)
    spec = {
        "name": query_name(document),
        "project": source["project_id"].text_value,
        **asked.tables,
        "where": _filters(source["dataset"], result, project, remarks),
        "allow_double_counting": _counts_twice(result, project, aggregations, remarks),
        "step": aggregations,
        "report": report_tables(result, aggregations, words, project, remarks),
        "result": result_table(result, {**_types(result, project, words), **words}, results, about),
    }
    return remarks.finish("query", without_empty(spec))


def _types(result: Entry, project: Entry, words: dict[str, str]) -> dict[str, str]:
    """Return our names of columns that are called by their type, where the query asks for that."""
    if result.text("column_type") != "dimension_types":
        return {}
    time, named = base_names(project)
    aggregations = result.entries("aggregations")
    for type_, columns in aggregations[-1]["dimensions"].items() if aggregations else ():
        for column in columns:
            theirs = column.text("dimension_name") if isinstance(column.value, dict) else column.text_value
            named[type_] = words.get(theirs, theirs)
    return {"timestamp": time, "time": time, **named}


def query_name(document: Entry) -> str:
    """Return the name of a query, which is that of a folder."""
    found = document["name"]
    if not re.fullmatch(FOLDER_NAME.pattern, found.text_value):
        raise found.error(f'"{found.text_value}" cannot be the name of a query; {FOLDER_NAME.words}')
    return found.text_value


def _drop(source: Entry, result: Entry, remarks: Remarks) -> None:
    """Remark on what changes no number here."""
    if source.get("version") is not None:
        remarks.say("dropped", source["version"], "the project's newest version here is asked", "project")
    for plan in source.entries("mapping_plans"):
        plan_remarks(plan, remarks)
    if source.says("spark_conf_per_dataset"):
        message = "settings of Spark belong to the session, or to spark-submit"
        remarks.say("dropped", source["spark_conf_per_dataset"], message)
    if result.text("column_type", default="dimension_names") != "dimension_names":
        remarks.say("renamed", result["column_type"], "columns are named by dimension here, not by type", "result")


def _refuse(source: Entry, remarks: Remarks) -> None:
    # dsgrid-toolkit refuses the first three as well, and has given the last one up.
    for key in (
        "excluded_dataset_ids",
        "include_dsgrid_dataset_components",
        "drop_dimensions",
        "per_dataset_aggregations",
    ):
        if source.says(key):
            remarks.unsupported(source[key], f"`{key}`")


def _each_dataset(result: Entry, asked: Sources, steps: list[dict[str, Any]], remarks: Remarks) -> None:
    """Say what becomes of the wish to aggregate each source before the expression."""
    if not result.flag("aggregate_each_dataset"):
        return
    entry = result["aggregate_each_dataset"]
    if asked.single:
        remarks.say("dropped", entry, "with one source it is the same either way")
    elif asked.adds and all(step["function"] == "sum" for step in steps):
        remarks.say("dropped", entry, "sums of a union are the same either way")
    else:
        remarks.unsupported(
            entry,
            "aggregating each source before the expression, but for sums of what is added; ask for each by itself, and "
            "make datasets of the results (create_derived_dataset)",
        )


def _counts_twice(result: Entry, project: Entry, steps: list[dict[str, Any]], remarks: Remarks) -> bool | None:
    """Allow what dsgrid-toolkit does without a word."""
    names = counting_twice(project, {name for step in steps for name in step.get("by", ())})
    for name in names:
        message = f'several records of "{name}" hold one base record in full: sums over them count it more than once'
        said = f"{message}; allow_double_counting = true"
        remarks.say("decide", result["aggregations"], said, "allow_double_counting")
    return True if names else None


def _filters(source: Entry, result: Entry, project: Entry, remarks: Remarks) -> list[dict[str, Any]]:
    params = source.get_object("params")
    before = () if params is None else params.entries("dimension_filters")
    tables: list[dict[str, Any]] = []
    # Filters on the result hold before its aggregations, where base records still stand: that is where ours hold, too.
    for entries, on_ids in ((before, False), (result.entries("dimension_filters"), True)):
        for entry in entries:
            table = filter_table(entry, project, remarks.within("where", len(tables)), on_ids=on_ids)
            if table:
                tables.append(table)
    return tables
