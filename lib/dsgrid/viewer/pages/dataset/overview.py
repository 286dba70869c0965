"""The overview: what is known of a dataset, its dimensions and metrics, where it came from, and who took it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from dash import html

from dsgrid.viewer.asking import path_of
from dsgrid.viewer.pages.dataset.about import Entry, pinned
from dsgrid.viewer.parts.blocks import facts, link, section, table
from dsgrid.viewer.parts.numbers import count, moment, size
from dsgrid.viewer.parts.states import empty
from dsgrid.viewer.visit import Visit

_SHORT: Final = 12  # characters of a checksum that tell it apart
_METRICS: Final = 60


def show(visit: Visit, entry: Entry) -> Any:
    """Return the overview."""
    origin = visit.ask.get(path_of("datasets", pinned(entry), "origin"))
    return html.Div(
        [
            section("About", described(visit, entry)),
            section("Dimensions", dimensions(visit, entry)),
            section("Metrics", metrics(visit, entry)),
            section("In projects", submissions(visit, origin.get("submissions", ()))),
            section("Registration", registration(origin.get("registration", {})), inputs(origin.get("inputs", ()))),
        ]
    )


def described(visit: Visit, entry: Entry) -> Any:
    """Return the metadata, each value under its key."""
    made = entry.get("query")
    of = entry.get("composite_of")
    known: list[tuple[str, Any]] = [
        ("Kind", entry.get("kind")),
        ("Made by the query", link(visit, "lineage", f"query {made}", made) if made else None),
        ("Composite of", link(visit, "projects", str(of)) if of else None),
        *((_titled(path), _value(value)) for path, value in flat(entry.get("metadata", {})) if path != "tags"),
        *(("Was called", one.get("called")) for one in entry.get("aliases", ())),
    ]
    return facts(known)


def flat(tree: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield all values of nested tables with their key paths; lists of plain values are one value."""
    for name, value in tree.items():
        path = f"{before}.{name}" if before else str(name)
        if isinstance(value, Mapping):
            yield from flat(value, path)
        elif isinstance(value, list) and any(isinstance(each, Mapping) for each in value):
            for number, each in enumerate(value, 1):
                yield from flat(each if isinstance(each, Mapping) else {"value": each}, f"{path} {number}")
        else:
            yield path, value


def _titled(path: str) -> str:
    words = path.replace("_", " ").replace(".", ": ")
    return words[:1].upper() + words[1:]


def _value(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(str(each) for each in value) or "–"
    text = "–" if value is None or value == "" else str(value)
    if text.startswith(("https://", "http://")) and not any(sign in text for sign in " \"'<>"):
        return html.A(text, href=text, rel="noreferrer noopener", target="_blank")
    return text


def dimensions(visit: Visit, entry: Entry) -> Any:
    """Return the dimensions with how many records each has."""
    rows = [
        [
            str(one["type"]).replace("_", " "),
            link(visit, "dimensions", str(one["dimension"]), str(one["name"])),
            str(one["class"]),
            count(one["records"]),
        ]
        for one in entry.get("dimensions", ())
    ]
    time = entry.get("time", {})
    # Its id follows from the dataset's; one that was taken over from elsewhere is found by its lineage.
    rows.append(["time", str(time.get("name") or "–"), str(time.get("kind", "–")), "–"])
    return table(
        ["Type", "Dimension", "Class", "Records"], rows, caption="One of each type, and the time", numeric=["Records"]
    )


def metrics(visit: Visit, entry: Entry) -> Any:
    """Return the metrics with their units."""
    own = next((one for one in entry.get("dimensions", ()) if one["type"] == "metric"), None)
    if own is None:
        return empty("This dataset has no metrics.")
    reference = str(own["dimension"])
    found = visit.ask.get(path_of("dimensions", reference, "records"), limit=_METRICS)
    return metric_table(found["items"], found.get("total"), link(visit, "dimensions", reference, "all of them"))


def metric_table(records: Sequence[Mapping[str, Any]], total: int | None, rest: Any) -> Any:
    """Return a table of metrics: id and name, and the attributes that they have, the unit first.

    Parameters
    ----------
    total
        How many there are, of which `records` may be the first.
    rest
        Where all of them are.
    """
    names = [name for name in (records[0] if records else {}) if name not in ("id", "name", "unit")]
    columns = ["id", "name", *(["unit"] if records and "unit" in records[0] else []), *names]
    rows = [[html.Code(str(one["id"])), *(_cell(one.get(name)) for name in columns[1:])] for one in records]
    shown = table([_titled(name) for name in columns], rows, caption="Metrics and their units")
    if total is not None and total > len(records):
        return html.Div([shown, html.P([f"{len(records):,} of {total:,} metrics; ", rest, "."], className="hint")])
    return shown


def _cell(value: Any) -> str:
    return "–" if value is None or value == "" else str(value)


def submissions(visit: Visit, found: Sequence[Mapping[str, Any]]) -> Any:
    """Return the projects that the dataset was submitted to, with the mappings of each."""
    if not found:
        return empty(
            "No project has this version.",
            ["A submit_dataset spec submits it; ", html.Code("dsgrid check"), " tells whether it fits."],
        )
    return html.Div([_submission(visit, one) for one in found], className="dataset-submissions")


def _submission(visit: Visit, one: Mapping[str, Any]) -> Any:
    project = f"{one['project_id']}@{one['project_version']}"
    good = one["status"] == "accepted"
    mapped = [each for each in one.get("mappings", ()) if each["mapping"]]
    plain = [each for each in one.get("mappings", ()) if not each["mapping"]]
    rules = {**({"wrap_time": "true"} if one.get("wrap_time") else {}), **one.get("time_rules", {})}
    said = ", ".join(f"{_words(each['type'])} as {each['base']}" for each in plain)
    return html.Div(
        [
            html.H3(
                [
                    link(visit, "projects", project),
                    html.Span(str(one["status"]), className=f"tag {'good' if good else 'bad'}"),
                    None if one.get("is_current", True) else html.Span("older version of the project", className="tag"),
                ]
            ),
            html.P(f"{one.get('log_message') or 'Submitted'} ({one['submitter']}, {moment(one['registered_at'])})"),
            html.P(str(one["reason"]), className="problem") if one.get("reason") else None,
            table(
                ["Type", "Mapping", "Kind", "Associations", "Base dimension"],
                [
                    [
                        _words(each["type"]),
                        link(visit, "mappings", str(each["mapping"])),
                        _words(each["kind"]),
                        count(each["associations"]),
                        str(each["base"]),
                    ]
                    for each in mapped
                ],
                caption=f"Mappings to {project}",
                numeric=["Associations"],
            )
            if mapped
            else None,
            html.P(f"Records that are the project's own: {said}.", className="hint") if plain else None,
            html.P(f"Rules for time: {', '.join(f'{name} = {value}' for name, value in rules.items())}.")
            if rules
            else None,
        ],
        className="card",
    )


def _words(text: Any) -> str:
    return str(text or "").replace("_", " ")


def registration(found: Mapping[str, Any]) -> Any:
    """Return who registered it, when, why and from what."""
    return facts(
        {
            "Registered": moment(found.get("registered_at")),
            "By": found.get("submitter"),
            "Log": found.get("log_message") or "–",
            "Job": html.Code(str(found.get("job") or "–")),
            "Registration": count(found.get("number")),
            "dsgrid": found.get("dsgrid_version"),
            "Bundle of code": checksum(found.get("bundle_sha256")),
            "Spec": checksum(found.get("spec_sha256")),
        }
    )


def checksum(text: Any) -> Any:
    """Return the beginning of a checksum; the whole of it is its title."""
    return html.Code(f"{text[:_SHORT]}…", title=str(text)) if text else "–"


def inputs(found: Sequence[Mapping[str, Any]]) -> Any:
    """Return the files that a dataset was read from."""
    if not found:
        return html.P("What it was read from was not kept.", className="hint")
    rows = [
        [
            _words(one["role"]),
            html.Code(str(one["path"])) if one["path"] else "keys of the spec",
            size(one["bytes"]),
            checksum(one["sha256"]),
        ]
        for one in found
    ]
    return table(["Role", "File", "Size", "SHA-256"], rows, caption="What it was read from", numeric=["Size"])
