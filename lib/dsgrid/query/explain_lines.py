"""The document of `explain` as lines: what is read, what is summed where, how many rows each stage has, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dsgrid.datasets.offenders import counted
from dsgrid.dimensions.types import TIME
from dsgrid.query.explain_step_lines import step_lines
from dsgrid.query.quantity import quantity

Said = Mapping[str, Any]
_SHOWN = 4
_AHEAD = {"scan": "at the scan", "expand": "to expand", "multiply": "to multiply"}


def lines(document: Said) -> Iterator[str]:
    """Return a plan for people, line by line."""
    at = f", as of {document['at']}" if document["at"] is not None else ""
    yield f"query {document['query']} on {document['project']}{at}"
    results, contractions = document["results"], document["contractions"]
    several = len(results) > 1
    if document["shared"]:
        yield from _contraction(contractions[0], results[0])
        yield entry("shared", f"by {sum(one['has_table'] for one in results)} results: {rows(contractions[0])} rows")
        yield entry("", document["why"])
    elif document["why"]:
        yield entry("not shared", document["why"])
    for index, result in enumerate(results):
        if several:
            yield ""
            yield _head(result, own=index == 0)
        if not result["has_table"]:
            yield entry("table", "none, as table = false says: reports and further results alone")
            continue
        if not document["shared"]:
            yield from _contraction(contractions[result["contraction"]], result)
        yield from step_lines(result)
        yield from _result(result)
    if several:
        yield ""
        yield entry("engine", f"{counted(document['engine_jobs'], 'job')} in all")


def _head(result: Said, own: bool) -> str:
    if own:
        return "[result]"
    return f"[[report]] {result['name']}" if result["report"] else f"[results.{result['name']}]"


def entry(label: str, text: str, indent: int = 0) -> str:
    """Return a line with its label in the first column."""
    return f"{' ' * indent + label:<12}{text}"


def rows(said: Said) -> str:
    """Return a number of rows, and whether it is an upper bound."""
    return f"{'' if said['exact'] else 'at most '}{said['rows']:,}"


def some(names: Sequence[str], count: int = _SHOWN) -> str:
    """Return the first of some names, and how many there are besides."""
    if len(names) <= count + 1:
        return ", ".join(names)
    return f"{', '.join(names[:count])} and {len(names) - count:,} more"


def _contraction(said: Said, result: Said) -> Iterator[str]:
    for one in said["filters"]:
        yield f"  where {one['text']}: keeps {one['keeps']:,} of {one['of']:,} records of {one['dimension']}"
    for text in said["time_filters"]:
        yield f"  where {text}: on the project's time"
    expression, sources = said["expression"], said["sources"]
    if len(sources) > 1 or not expression["linear"]:
        yield entry("expression", expression["text"])
        for check in expression["checked"]:
            of = "" if check["of"] == expression["text"] else f"{check['of']}: "
            yield entry("", f"{of}{check['found']}")
    for source in sources:
        yield from _source(source)
    if not expression["linear"]:
        yield entry(
            "combine",
            f"{_formula(expression['combination']).removeprefix('(').removesuffix(')')}, row by row: {rows(said)} rows",
        )
    elif len(sources) > 1:
        what = f"union of {len(sources)} datasets" if expression["union"] else f"{len(sources)} sources added up"
        summed = (
            ", then sum rows with equal keys" if expression["summed"] else "; no two share a row, so nothing is summed"
        )
        yield f"{what}{summed}"
    elif expression["summed"]:
        yield "sum rows that several classes reach"


def _formula(combination: Said) -> str:
    if "sum" in combination:
        terms = [_term(one) for one in combination["sum"]]
        return terms[0] if len(terms) == 1 else f"({' + '.join(terms)})"
    if "of" in combination:
        of = _formula(combination["of"])
        if combination["inverse"]:
            return f"({combination['scale']:g} / {of})"
        scaled = of if combination["scale"] == 1 else f"{combination['scale']:g} * {of}"
        offset = combination["offset"]
        return f"({scaled} {'-' if offset < 0 else '+'} {abs(offset):g})" if offset else scaled
    return f"({_formula(combination['left'])} {combination['operator']} {_formula(combination['right'])})"


def _term(one: Said) -> str:
    return str(one["source"]) if one["scale"] == 1 else f"{one['scale']:g} * {one['source']}"


def _source(source: Said) -> Iterator[str]:
    pivot = source["pivot"]
    shape = f"{'two tables' if source['tables'] == 2 else 'one table'}, " + (
        f"pivoted by {pivot}" if pivot else "stacked"
    )
    own = source["dataset"].partition("@")[0]
    named = f"{source['name']} = " if source["name"] != own else ""
    yield f"source {named}{source['dataset']} ({shape})"
    if source["scale"] != 1:
        yield entry("scale", f"x {source['scale']:g}", 2)
    for text in source["filters"]:
        yield entry("where", text, 2)
    if not source["read"]:
        yield entry("skipped", "nothing of it reaches the result, so it is not read", 2)
        return
    yield from _scan(source)
    for factor in source["factors"]:
        yield f"    {factor['type']:<13}{_factor(factor)}"
    for index, line in enumerate(source["time"]["said"]):
        yield f"    {TIME if not index else '':<13}{line}"
    yield from _joins(source["joins"])
    yield from _stages(source)
    for type_ in dict.fromkeys(one["type"] for one in source["left_out"]):
        names = [f"{one['record']} ({one['reason']})" for one in source["left_out"] if one["type"] == type_]
        yield entry("left out", f"{type_}: {some(names)}", 2)


def _scan(source: Said) -> Iterator[str]:
    scan = source["scan"]
    held = f"{scan['rows']:,} rows, {scan['files']} files, {scan['bytes'] / 1e6:,.1f} MB"
    yield entry("scan", f"{held}; {scan['combinations']:,} combinations", 2)
    columns = scan["columns"]
    read = f"{len(columns)} of {scan['columns_stored']} columns, about {scan['bytes_read_about'] / 1e6:,.1f} MB"
    yield entry("reads", f"{read}: {some(columns)}", 2)
    for index, text in enumerate(scan["predicates"]):
        yield entry("" if index else "pushed", text, 2)
    if source["conversions"]:
        names = some([one["record"] for one in source["conversions"]])
        yield entry("convert", f"each value of {names} to {source['conversions'][0]['unit']}", 2)


def _factor(factor: Said) -> str:
    text = f"{' -> '.join(factor['chain'])} => {', '.join(factor['columns']) or 'summed out'}: "
    if factor["mode"] == "idle":
        text += "no join, all records do the same"
    elif factor["mode"] == "expand":
        text += f"{factor['records']:,} records in {factor['classes']:,} classes, expanded to {factor['keys']:,} later"
    else:
        text += f"{factor['records']:,} records -> {factor['keys']:,} keys"
        text += f", fanned out x{factor['fan_out']:.1f}" if factor["fan_out"] > 1 else ""
    text += ", weighted" if factor["weighted"] else ""
    text += f", {factor['adjusted']:,} adjusted" if factor["adjusted"] else ""
    if not factor["pruned"]:
        return text
    reasons = {
        "filter": " by the filter",
        "mapping": ": nothing maps them",
        "query": ": the query does not ask for them",
    }
    return f"{text}; {factor['pruned']:,} pruned before the scan{reasons[factor['pruned_by']]}"


def _joins(joins: Sequence[Said]) -> Iterator[str]:
    label = "joins"
    for stage, words in _AHEAD.items():
        of_stage = [one for one in joins if one["stage"] == stage]
        tables = [_joined(one) for one in of_stage if one["kind"] != "case"]
        cases = [f"{one['table']} ({one['rows']:,})" for one in of_stage if one["kind"] == "case"]
        parts = [", ".join(tables)] if tables else []
        parts += [f"cases instead of joins: {', '.join(cases)}"] if cases else []
        if parts:
            yield entry(label, f"{words}: {'; '.join(parts)}", 2)
            label = ""


def _joined(one: Said) -> str:
    by = "" if one["by"] == one["table"] else f" by {one['by']}"
    shuffled = ", shuffled" if one["kind"] == "shuffled" else ""
    return f"{one['table']} ({counted(one['rows'], 'row')}{shuffled}){by}"


def _stages(source: Said) -> Iterator[str]:
    contract, expand = source["contract"], source["expand"]
    exact = "" if contract["exact"] else "at most "
    why = []
    if contract["needed"]:
        wide = f" x {contract['value_columns']} value columns" if contract["value_columns"] > 1 else ""
        shuffled = f"one shuffle, about {contract['shuffle_bytes'] / 1e6:,.1f} MB"
        yield entry("contract", f"to {exact}{contract['rows']:,} rows{wide} ({shuffled})", 2)
        why.append(contract["why"])
    else:
        yield entry("contract", f"left out: no two of the {exact}{contract['values']:,} values share a key", 2)
    if expand is not None:
        # Rows that reach one key of the result, or differ only in what they are multiplied with, are summed afterwards.
        summed = " when what meets is summed" if expand["rows"] < expand["rows_before"] else ""
        types = ", ".join(expand["types"])
        yield entry("expand", f"{types}: {exact}{expand['rows_before']:,} -> {expand['rows']:,} rows{summed}", 2)
        why += expand["why"]
    for one in source["multiply"]:
        apart = ", ".join(f"{count:,} of {type_}" for type_, count in one["classes"].items())
        places = f"{one['places_with_a_factor']:,} of {one['places']:,} places have a factor"
        yield entry("multiply", f"{one['by']}: {places}" + (f" ({apart})" if apart else ""), 2)
    why += dict.fromkeys(text for one in source["multiply"] for text in one["why"])
    for index, text in enumerate(why):
        yield entry("" if index else "why", text, 2)


def _result(result: Said) -> Iterator[str]:
    for index, text in enumerate(result["report"]):
        yield entry("" if index else "report", text)
    form = f"pivoted by {result['pivot']}" if result["pivot"] else "stacked"
    parts = f", partitioned by {', '.join(result['partition'])}" if result["partition"] else ""
    if not result["report"]:
        yield entry("result", f"{rows(result)} rows before pivoting, {form}, {result['format']}{parts}")
    yield entry("columns", ", ".join(result["columns"]), 2)
    if result["time"]:
        yield entry("time", result["time"], 2)
    decode = result["decode"]
    joins = f"{counted(len(decode['joins']), 'join')} of codes with names"
    if not result["report"]:
        yield entry("decode", joins if decode["where"] == "engine" else "on the driver, without a join", 2)
    for one in result["expects"]:
        before = ", before time is mapped" if one["before_time_is_mapped"] else ""
        yield entry("expects", f"{quantity(one['total'], one['unit'])} from {one['dataset']}{before}", 2)
    if result["expects"] and result["carried"]:
        yield entry("", "carried through the steps that are no sums, and compared at the end", 2)
    if not result["foretold"]:
        yield entry("expects", f"nothing is foretold: {result['why_not_foretold']}", 2)
    yield entry("engine", counted(result["engine_jobs"], "job"), 2)
