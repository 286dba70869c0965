"""The README of an export: what its files are, in words, for who has nothing but them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from textwrap import fill
from typing import Any

from dsgrid.query.quantity import quantity
from dsgrid.query.rules.presentation import UNIT
from dsgrid.registry.publish import MANIFEST

README = "README.txt"
_WIDTH = 100
_FEW = 12


def readme(told: Mapping[str, Any]) -> str:
    """Return the text, made of what the manifest of the export says."""
    return "\n".join([f"{told['name']}: made by dsgrid of the query {told['query']}", "", *_lines(told)]) + "\n"


def _lines(told: Mapping[str, Any]) -> Iterator[str]:
    yield from _part("Shape", _shape(told))
    yield from _part("Units", _units(told))
    if "time" in told:
        yield from _part("Time", " ".join(told["time"]["notes"]))
    if told.get("gaps"):
        of = "0" if told["gaps"]["written_as"] == "zero" else "left blank"
        yield from _part("Gaps", f"{told['gaps']['cells']:,} cells have no value in the result; they are {of} here.")
    if told["adds_up"]:
        for one in told["sums"]:
            text = f"{quantity(one['written'], one['unit'])} in these files"
            if "left_out" in one:
                text += f"; {quantity(one['left_out'], one['unit'])} left out ({one['values_left_out']:,} values)"
            rounded = f" Values are rounded to {told['decimals']} decimals." if "decimals" in told else ""
            yield from _part("Sum", f"{text}; {quantity(one['result'], one['unit'])} in the result.{rounded}")
    if told["project"]:
        yield from _part("Project", told["project"])
    yield from _part("Datasets", ", ".join(f"{one['id']}@{one['version']}" for one in told["datasets"]))
    yield from _part("Made", f"{told['finished']}, with time zone data {told['tzdata']}")
    yield ""
    yield "Files"
    for one in told["tables"]:
        of = ", ".join(f"{key} {value}" for key, value in one["of"].items())
        unit = f", in {one['units'][0]}" if len(told["units"]) > len(one["units"]) == 1 else ""
        rows = f"{one['rows']:,} row{'s' if one['rows'] != 1 else ''}"
        yield f"  {one['path']}: {rows}{', ' + of if of else ''}{unit}"


def _units(told: Mapping[str, Any]) -> str:
    units = ", ".join(unit or "none" for unit in told["units"])
    of_columns = told.get("units_of_columns", {})
    if len(told["units"]) < 2:
        return units
    if UNIT in told["row_columns"] or told["shape"] == "long":
        return f"{units}; the column unit says which"
    if not of_columns:
        return f"{units}, each file as it says below"
    if len(of_columns) > _FEW:
        return f"{units}; units_of_columns in {MANIFEST} says which column has which"
    return f"{units}: " + ", ".join(f"{column} in {unit}" for column, unit in of_columns.items())


def _shape(told: Mapping[str, Any]) -> str:
    if told["shape"] == "long":
        return f"long: a row for each value, with {', '.join(told['row_columns'])} beside it."
    rows = told["row_columns"]
    of = " and ".join(told["columns_of"])
    return f"wide: rows are {', '.join(rows) or 'one'}; each column after them is one {of}."


def _part(head: str, text: str) -> Iterator[str]:
    yield fill(text, _WIDTH, initial_indent=f"{head:10}", subsequent_indent=" " * 10, break_on_hyphens=False)
