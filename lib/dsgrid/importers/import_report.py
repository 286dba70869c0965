"""What an import says: every remark with its place on both sides, and what became of every file."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from dsgrid.importers.outcomes import OUTCOMES, FileOutcome, Part
from dsgrid.importers.translation import KINDS, Kind, Remark, Target
from dsgrid.spec.node import key_path
from dsgrid.spec.positions import Positions

FORMAT: Final = 1


@dataclass(frozen=True)
class Said:
    """A remark with its places.

    Parameters
    ----------
    file
        The configuration, relative to the repository where it is inside.
    spec, spec_line, spec_key
        The spec that was written, relative to the target, and where in it; empty and 0 where it is about none.
    """

    kind: Kind
    file: str
    line: int
    key: str
    message: str
    spec: str = ""
    spec_line: int = 0
    spec_key: str = ""


@dataclass(frozen=True)
class Report:
    """The report of an import.

    Parameters
    ----------
    source, target
        The repository, and the folder that was written; absolute.
    counts
        What was found and made, in words and numbers.
    files
        What became of each file, by its path relative to the repository.
    written
        The checksums of all files that were written, by their path in the target.
    kept
        Files of an earlier import that somebody changed since: they are as they were.
    lists
        The bulk specs that can run now, in this order.
    """

    source: Path
    target: Path
    counts: Mapping[str, int]
    remarks: tuple[Said, ...]
    files: Mapping[str, FileOutcome]
    others: int = 0
    written: Mapping[str, str] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()

    def of(self, *kinds: Kind) -> tuple[Said, ...]:
        """Return the remarks of some kinds."""
        return tuple(said for said in self.remarks if said.kind in kinds)

    def document(self) -> dict[str, Any]:
        """Return the report as plain values, in a stable order."""
        return {
            "format": FORMAT,
            "source": Path(os.path.relpath(self.source, self.target)).as_posix(),
            "counts": dict(self.counts),
            "remarks": [dict(vars(said)) for said in self.remarks],
            "files": {name: {"outcome": one.outcome, "what": list(one.what)} for name, one in self.files.items()},
            "other_files": self.others,
            "kept": list(self.kept),
            "lists": list(self.lists),
            "written": dict(self.written),
        }


def said(remark: Remark, source: Path, part: Part | None = None, positions: Positions | None = None) -> Said:
    """Return a remark with its places; `positions` are those of the spec of its part."""
    line, key = (0, "") if positions is None else place_in(positions, remark.target)
    message = relative_in(remark.message, source)
    path = "" if part is None else part.path
    file, theirs = inside(remark.file, source), in_one_line(remark.key)
    return Said(remark.kind, file, remark.line, theirs, in_one_line(message), path, line, key)


def in_one_line(text: str) -> str:
    """Return a text that a terminal shows as it is: values of a configuration may hold line ends, and worse."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def place_in(positions: Positions, target: Target) -> tuple[int, str]:
    """Return the line of a key in a spec, or of the nearest one around it, and the key that this is."""
    path = tuple(target)
    while path and path not in positions.keys and path not in positions.values:
        path = path[:-1]
    return positions.of_key(path)[0], key_path(path)


def sorted_remarks(remarks: Iterable[Said]) -> tuple[Said, ...]:
    """Return remarks in the order of the report, each once: by kind, file and line."""
    order = {kind: number for number, kind in enumerate(KINDS)}
    unique = dict.fromkeys(remarks)
    return tuple(sorted(unique, key=lambda one: (order[one.kind], one.file, one.line, one.key, one.message, one.spec)))


def counts_of(found: Mapping[str, int], remarks: Iterable[Said], files: Mapping[str, FileOutcome]) -> dict[str, int]:
    """Return the numbers of what was found and made, of remarks and of files."""
    kinds = Counter(one.kind for one in remarks)
    outcomes = Counter(one.outcome for one in files.values())
    return {
        **found,
        **{kind: kinds[kind] for kind in KINDS},
        **{f"files {outcome}": outcomes[outcome] for outcome in OUTCOMES},
    }


def inside(path: str | Path, folder: Path) -> str:
    """Return a path relative to a folder; in the folders above it where it is outside."""
    return Path(os.path.relpath(path, folder)).as_posix() if Path(path).is_absolute() else str(path)


def relative_in(message: str, source: Path) -> str:
    """Return a message whose paths in the repository are relative to it."""
    return message.replace(f"{source}{os.sep}", "")
