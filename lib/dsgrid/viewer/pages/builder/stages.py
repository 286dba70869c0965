"""The stages of a planned query in words: what is read, how it is brought to the project, summed and written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dsgrid.viewer.parts.numbers import count, plural, size

Said = Mapping[str, Any]
Stage = tuple[str, str]


def stages_of(answer: Said) -> Iterator[Stage]:
    """Yield what is done, in order, each with how many rows there are; from the answer of ``POST /v1/explain``."""
    for contraction in answer.get("contractions", ()):
        yield from _contraction(contraction)
    for result in answer.get("results", ()):
        for step in result.get("steps", ()):
            yield _step(step)
        for line in result.get("report", ()):
            yield "Report", f"{result['name']}: {line}"
        if result.get("has_table") or result.get("report"):
            yield "Write", _written(result)


def rows(said: Said) -> str:
    """Return how many rows there are: exactly, or at most."""
    return f"{'' if said.get('exact', True) else 'at most '}{plural(said.get('rows'), 'row')}"


def _contraction(said: Said) -> Iterator[Stage]:
    for one in said.get("filters", ()):
        yield "Filter", f"{one['text']}: keeps {count(one['keeps'])} of {count(one['of'])} {one['dimension']}"
    for text in said.get("time_filters", ()):
        yield "Filter", str(text)
    sources = said.get("sources", ())
    for source in sources:
        yield from _source(source)
    expression = said.get("expression") or {}
    if len(sources) > 1 or not expression.get("linear", True):
        checks = [str(check["found"]) for check in expression.get("checked", ())]
        yield "Combine", "; ".join([str(expression.get("text", "")), *checks])


def _source(source: Said) -> Iterator[Stage]:
    dataset = str(source["dataset"])
    named = dataset if source["name"] == dataset.partition("@")[0] else f"{source['name']}, of {dataset}"
    for text in source.get("filters", ()):
        yield "Filter", f"{named}: {text}"
    if not source.get("read", True):
        yield "Skip", f"{named}: nothing of it reaches the result"
        return
    scan = source["scan"]
    of = f"{len(scan['columns'])} of {scan['columns_stored']} columns"
    yield "Read", f"{named}: {plural(scan['rows'], 'row')}, {of}, about {size(scan['bytes_read_about'])}"
    chains = [each["chain"] for each in source.get("factors", ()) if len(each["chain"]) > 1]
    if chains:
        yield "Map", "; ".join(" → ".join(chain) for chain in chains)
    if said := (source.get("time") or {}).get("said"):
        yield "Time", str(said[0])
    contract = source.get("contract") or {}
    if contract.get("needed"):
        yield "Sum", f"to {rows(contract)}"


def _step(step: Said) -> Stage:
    number = f"Step {step['step']}" if step.get("step") else "Then"
    if "function" in step:
        words = f"{str(step['function']).replace('_', ' ')} by {', '.join(step['by']) or 'nothing'}"
    elif "filter" in step:
        words = f"filter {step['filter']}"
    elif "unit" in step:
        words = f"values to {step['unit']}"
    else:
        words = str(step.get("why", ""))
    if step.get("folded"):
        return number, f"{words}, while reading"
    return number, f"{words}: {rows(step)}" if "rows" in step else words


def _written(result: Said) -> str:
    units = f" in {', '.join(result['units'])}" if result.get("units") else ""
    parts = [f"{result['name']}: {rows(result)}{units}"]
    if result.get("pivot"):
        parts.append(f"a column for each {str(result['pivot']).replace('_', ' ')}")
    if result.get("partition"):
        parts.append(f"in folders by {', '.join(result['partition'])}")
    parts.append(str(result.get("format") or "parquet"))
    time = str(result.get("time") or "")
    return ", ".join(parts) + (f"; {time}" if time else "")
