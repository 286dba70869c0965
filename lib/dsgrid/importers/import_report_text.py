"""The report of an import for people: in Markdown, and in a few lines for a terminal."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote

from dsgrid.importers.import_report import Report, Said, in_one_line
from dsgrid.importers.translation import Kind

_TITLES: Final[dict[Kind, tuple[str, str]]] = {
    "decide": (
        "Needs a decision",
        "Somebody who knows the data has to look at these; comments in the specs repeat them.",
    ),
    "refused": ("Refused", "This is not in the specs: it cannot be said, or it is wrong where it stands."),
    "defaulted": ("Defaulted", "What was not said, and is written out now."),
    "changed": ("Changed", "Said differently, so that it means the same here."),
    "renamed": ("Renamed", "The same thing under another name."),
    "dropped": ("Dropped", "What has no meaning here, and is left out."),
}
_ORDER: Final[tuple[Kind, ...]] = ("decide", "refused", "defaulted", "changed", "renamed", "dropped")
# Of what is said many times the first places are shown, and many more where somebody has to look at each.
_PLACES: Final = 3
_LOOKED_AT: Final = 50
_SHOWN: Final = 20


def markdown(report: Report) -> str:
    """Return the whole report."""
    lines = [f"# Import of {report.source.name}", "", *_numbers(report)]
    for kind in _ORDER:
        remarks = report.of(kind)
        if remarks:
            title, about = _TITLES[kind]
            places = _LOOKED_AT if kind in ("decide", "refused") else _PLACES
            lines += ["", f"## {title} ({len(remarks):,})", "", about, "", *_grouped(remarks, report, places)]
    lines += ["", f"## Files ({len(report.files):,})", "", "| file | outcome | |", "|---|---|---|"]
    lines += [
        f"| {_link(name, report)} | {one.outcome} | {_escaped(', '.join(one.what[:_PLACES]))}{_more(one.what)} |"
        for name, one in report.files.items()
    ]
    if report.others:
        lines += ["", f"{report.others:,} more files are no configurations and no tables."]
    return "\n".join(lines) + "\n"


def summary(report: Report, target: str) -> str:
    """Return what a terminal shows."""
    lines = [", ".join(_made(report)) or "nothing was translated"]
    told = (("decide", "needs a decision", "need a decision"), ("refused", "refused", "refused"))
    for kind, one, many in told:
        groups = list(_groups(report.of(kind)))  # type: ignore[arg-type]
        if groups:
            number = len(report.of(kind))  # type: ignore[arg-type]
            lines += ["", f"{number:,} {one if number == 1 else many}:"]
            lines += [f"  {_short(group)}" for group in groups[:_SHOWN]]
            if len(groups) > _SHOWN:
                lines.append(f"  and {len(groups) - _SHOWN:,} more")
    quiet = [
        f"{len(report.of(kind)):,} {kind}" for kind in ("defaulted", "changed", "renamed", "dropped") if report.of(kind)
    ]
    if quiet:
        lines += ["", f"besides: {', '.join(quiet)}"]
    if report.kept:
        lines += ["", "kept, since they were changed after the import before:", *(f"  {name}" for name in report.kept)]
    lines += ["", f"everything is in {Path(target) / 'import_report.md'}"]
    return "\n".join(lines)


def _numbers(report: Report) -> Iterator[str]:
    yield "| | |"
    yield "|---|---|"
    for name, number in report.counts.items():
        if number:
            yield f"| {name} | {number:,} |"
    if report.kept:
        yield ""
        yield "Kept, since they were changed after the import before: " + ", ".join(f"`{name}`" for name in report.kept)


def _made(report: Report) -> Iterator[str]:
    for name, number in report.counts.items():
        if number and name in (
            "projects",
            "datasets",
            "submissions",
            "queries",
            "derived datasets",
            "shared dimensions",
        ):
            yield f"{number:,} {name if number != 1 else _one(name)}"


def _one(name: str) -> str:
    return {"queries": "query"}.get(name, name.removesuffix("s"))


def _groups(remarks: Iterable[Said]) -> Iterator[list[Said]]:
    """Yield remarks of one message together, in the order of the first of each."""
    groups: dict[str, list[Said]] = defaultdict(list)
    for one in remarks:
        groups[one.message].append(one)
    yield from groups.values()


def _grouped(remarks: Sequence[Said], report: Report, places: int) -> Iterator[str]:
    for group in _groups(remarks):
        number = f" ({len(group):,} times)" if len(group) > 1 else ""
        yield f"- {_escaped(group[0].message)}{number}"
        shown = group if len(group) <= places + 1 else group[:places]
        for one in shown:
            there = f" → {_spec_link(one)}" if one.spec else ""
            yield f"  - {_link(one.file, report, one.line)}{f' `{one.key}`' if one.key else ''}{there}"
        if len(shown) < len(group):
            yield f"  - and {len(group) - len(shown):,} more places"


def _short(group: Sequence[Said]) -> str:
    first = group[0]
    file = in_one_line(first.file)
    where = f"{file}:{first.line}" if first.line else file
    there = f" -> {first.spec}:{first.spec_line}" if first.spec_line else ""
    more = f" (and {len(group) - 1:,} more)" if len(group) > 1 else ""
    return f"{where}: {first.message}{there}{more}"


def _link(name: str, report: Report, line: int = 0) -> str:
    path = os.path.relpath(report.source / name, report.target)
    return f"[{_escaped(name)}{f':{line}' if line else ''}]({quote(os.fsencode(Path(path).as_posix()))})"


def _spec_link(one: Said) -> str:
    key = f" `{one.spec_key}`" if one.spec_key else ""
    return f"[{one.spec}{f':{one.spec_line}' if one.spec_line else ''}]({quote(one.spec)}){key}"


def _escaped(text: str) -> str:
    """Return a text that means itself in Markdown, in one line."""
    plain = " ".join(text.split())
    escaped = "".join(f"\\{char}" if char in "\\*<>[]|#" else char for char in plain)
    # Inside of words it means itself.
    return re.sub(r"(?<!\w)_|_(?!\w)", r"\_", escaped)


def _more(what: Sequence[str]) -> str:
    return f" and {len(what) - _PLACES:,} more" if len(what) > _PLACES else ""
