"""What became of a registry that was imported: for the terminal, as Markdown and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from dsgrid.importers.translation import KINDS, Remark

if TYPE_CHECKING:
    from dsgrid.operations.import_registry import ImportedRegistry

_MEANING: Final = {
    "decide": "to decide: somebody who knows the data should look at it",
    "refused": "refused: what cannot be said here",
    "dropped": "dropped: what has no meaning here",
    "defaulted": "defaulted: written out, because it was not said",
    "changed": "changed: said differently so that it means the same here",
    "renamed": "renamed: the same thing under another name",
}


def summary_lines(done: ImportedRegistry) -> list[str]:
    """Return what to tell on a terminal."""
    counts = ", ".join(f"{number} {name if number != 1 else name[:-1]}" for name, number in done.counts.items())
    incomplete = sum(bool(step.problems) for step in done.steps)
    whole = len(done.steps) - incomplete
    registrations = f"{whole} of {len(done.steps)} registrations"
    kinds = [remark.kind for step in done.steps for remark in step.remarks]
    told = ", ".join(f"{kinds.count(kind)} {kind}" for kind in KINDS if kind in kinds)
    lines = [
        f"imported {registrations} of {done.source} to {done.folder}: {counts}, {done.aliases} aliases",
        *(f"  note: {note}" for note in done.notes),
    ]
    return [*lines, f"  what is not the same: {told or 'nothing'}; {done.folder / 'import_report.md'} has all of it"]


def json_report(done: ImportedRegistry) -> str:
    """Return the report as JSON."""
    document = {
        "source": str(done.source),
        "data": done.data,
        "counts": dict(done.counts),
        "aliases": done.aliases,
        "notes": list(done.notes),
        "registrations": [
            {
                "number": step.number,
                "log_message": step.log_message,
                "imported": not step.problems,
                "done": [line.strip() for line in step.done],
                "remarks": [_remark(remark) for remark in step.remarks],
                "problems": [str(problem) for problem in step.problems],
            }
            for step in done.steps
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _remark(remark: Remark) -> dict[str, Any]:
    return {"kind": remark.kind, "key": remark.key, "message": remark.message}


def markdown_report(done: ImportedRegistry) -> str:
    """Return the report as Markdown: what failed first, then what to decide, then everything else."""
    lines = ["# Imported registry", "", f"I{summary_lines(done)[0][1:]}.", ""]
    lines += [f"- {note}" for note in done.notes] + ([""] if done.notes else [])
    if done.failed:
        lines += ["## What could not be imported", ""]
        for problem in done.failed:
            lines.append(f"- {problem.message}")
            lines += ["", "  ```text", *(f"  {line}" for line in problem.detail.splitlines()), "  ```", ""] * bool(
                problem.detail
            )
        lines.append("")
    lines += ["## Registrations", ""]
    for step in done.steps:
        lines.append(f"{step.number}. {step.log_message}" + (" (**not whole**)" if step.problems else ""))
        lines += [f"   - {line.strip()}" for line in step.done]
    lines.append("")
    for kind in KINDS:
        remarks = [(step.number, remark) for step in done.steps for remark in step.remarks if remark.kind == kind]
        if remarks:
            lines += [f"## {_MEANING[kind][0].upper()}{_MEANING[kind][1:]}", ""]
            lines += _grouped(remarks)
            lines.append("")
    return "\n".join(lines)


def _grouped(remarks: list[tuple[int, Remark]]) -> list[str]:
    """Return one line for each message, with the places below it where there are several."""
    places: dict[str, list[str]] = {}
    for number, remark in remarks:
        places.setdefault(remark.message, []).append(f"registration {number}, `{remark.key}`")
    lines = []
    for message, where in places.items():
        if len(where) == 1:
            lines.append(f"- {where[0]}: {message}")
        else:
            lines += [f"- {message} ({len(where):,} times)", *(f"  - {each}" for each in where)]
    return lines
