"""Proposals and their changes as lines of text, and as plain values for machines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final

from dsgrid.operations.change_lines import change_lines
from dsgrid.registry.proposal import Part, Proposal

# More would hide the parts that follow; --json has all.
SHOWN: Final = 40


def lines(proposed: Proposal) -> Iterator[str]:
    """Yield what a proposal registers or changes, one line each."""
    for part in proposed.subjects:
        yield f"  {headline(part)}"
        found = list(change_lines(part.changes, part.kind)) if part.old else []
        yield from (f"    {line}" for line in found[:SHOWN])
        if len(found) > SHOWN:
            yield f"    and {len(found) - SHOWN:,} lines more"
    for part in proposed.parts:
        if not part.subject and part.kind != "submission":
            yield f"  {headline(part)}"
    if proposed.carried:
        along = ", ".join(f"{one.dataset_id} {one.dataset_version}" for one in proposed.carried)
        yield f"  datasets that go along: {along}"
    for lost in proposed.invalidated:
        yield (
            f"  invalidated: dataset {lost.dataset_id} {lost.dataset_version} (submitted to {lost.submitted_to}), "
            "until it is submitted again:"
        )
        for reason in lost.reasons:
            yield f"    {reason}"
    for one in proposed.keeping:
        yield f"  {one.kind} {one.id} {one.version} keeps {one.part_kind} {one.part_id} {one.part_version}"
    yield from (f"  {remark}" for remark in proposed.remarks)


def headline(part: Part) -> str:
    """Return what becomes of a part, such as ``project conus_2022 1.0.0 -> 1.1.0 (minor)``."""
    if part.kind == "submission":
        return _submission(part)
    if not part.old:
        return f"new {part.kind} {part.id} {part.new}"
    level = f" ({part.level})" if part.level else ""
    return f"{part.kind} {part.id} {part.old} -> {part.new}{level}"


def _submission(part: Part) -> str:
    project, dataset = part.id.split("/")
    version, of = part.new.split("+")
    if not part.old:
        return f"new submission of dataset {dataset} {of} to project {project} {version}"
    old = part.old.split("+")[0]
    return f"submission of dataset {dataset} {of} to project {project} {old} -> {version} ({part.level})"


def document(proposed: Proposal) -> dict[str, Any]:
    """Return a proposal as plain values."""
    return {
        "job": proposed.job,
        "level": proposed.level,
        "parts": [
            {
                "kind": part.kind,
                "id": part.id,
                "old": part.old or None,
                "new": part.new,
                "level": part.level,
                "subject": part.subject,
                "changes": [asdict(change) for change in part.changes],
            }
            for part in proposed.parts
        ],
        "carried": [asdict(one) for one in proposed.carried],
        "invalidated": [{**asdict(one), "reasons": list(one.reasons)} for one in proposed.invalidated],
        "keeping": [asdict(one) for one in proposed.keeping],
        "remarks": [asdict(one) for one in proposed.remarks],
    }
