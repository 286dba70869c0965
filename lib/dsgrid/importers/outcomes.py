"""What became of each file of a repository, and the specs that were made."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Literal, TypeVar

from dsgrid.errors import DsgridError, Problem
from dsgrid.importers.document import Entry
from dsgrid.importers.translation import Kind, Remark, Target, Translation

Made = TypeVar("Made")

Outcome = Literal["converted", "used", "left out", "refused"]
OUTCOMES: Final[tuple[Outcome, ...]] = ("converted", "used", "left out", "refused")


@dataclass(frozen=True)
class Part:
    """A spec that was made of a configuration.

    Parameters
    ----------
    source
        The configuration.
    folder, name
        Where it is written: a folder in the target, and the file's name without ``.toml``.
    waiting
        Why it cannot run as it is; empty when it can.
    remarks
        On this spec, whose targets are keys of it.
    """

    source: Path
    folder: str
    name: str
    translation: Translation
    waiting: str = ""
    remarks: tuple[Remark, ...] = ()

    @property
    def path(self) -> str:
        """The path of the spec in the target."""
        return f"{self.folder}/{self.name}.toml" if self.folder else f"{self.name}.toml"

    def saying(self, *more: Remark) -> Part:
        """Return the part with more remarks on it."""
        return replace(self, remarks=(*self.remarks, *more))


@dataclass(frozen=True)
class FileOutcome:
    """What became of one file, in a few words: the specs, the files that use it, or the reason."""

    outcome: Outcome
    what: tuple[str, ...]


@dataclass
class Outcomes:
    """Collects specs, remarks and what became of each file."""

    debug: bool = False
    parts: dict[str, Part] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)
    files: dict[Path, FileOutcome] = field(default_factory=dict)
    _names: set[str] = field(default_factory=set)

    def attempt(self, file: Path, make: Callable[[], Made]) -> Made | None:
        """Return a translation, or None after saying why there is none: of one file, and the import goes on."""
        try:
            return make()
        except DsgridError as error:
            for problem in error.problems:
                self.refuse(file, problem)
            # They are about no spec, as there is none.
            self.remarks.extend(replace(each, target=()) for each in error.remarks)
        except Exception as error:
            # A defect of a translator costs the user one file, and not the import.
            if self.debug:
                traceback.print_exc()
            message = f"a defect of dsgrid: {type(error).__name__}: {error}; --debug shows where"
            self.refuse(file, Problem(message, where=str(file)))
        return None

    def refuse(self, file: Path, problem: Problem) -> None:
        """Say why a file, or a part of it, could not be translated."""
        name, line = place_of(problem, file)
        self.remarks.append(Remark("refused", name, problem.key, problem.message, line))
        self.settle(file, "refused", problem.message)

    def say(self, kind: Kind, entry: Entry, message: str) -> None:
        """Add a remark that is about no spec."""
        self.remarks.append(remark(kind, entry, message))

    def add(self, part: Part) -> Part:
        """Add a spec. A path that is taken already, in any case of letters, gets a number."""
        name, number = part.name, 1
        while (path := f"{part.folder}/{name}".lower()) in self._names:
            number += 1
            name = f"{part.name}_{number}"
        self._names.add(path)
        added = replace(part, name=name, remarks=(*part.translation.remarks, *part.remarks))
        self.parts[added.path] = added
        self.settle(part.source, "converted", added.path)
        return added

    def settle(self, file: Path, outcome: Outcome, *what: str) -> None:
        """Say what became of a file; what was made of it wins over what was not, and nothing is said twice."""
        before = self.files.get(file)
        if before is None or OUTCOMES.index(outcome) < OUTCOMES.index(before.outcome):
            # A file that was refused in part stays so: whoever reads the list must not miss it.
            if before is None or before.outcome != "refused":
                self.files[file] = FileOutcome(outcome, what)
        elif before.outcome == outcome and outcome != "refused":
            self.files[file] = FileOutcome(outcome, tuple(dict.fromkeys((*before.what, *what))))

    def use(self, files: Iterable[Path], by: str) -> None:
        """Say that a configuration reads some files."""
        for file in files:
            self.settle(file, "used", by)

    @property
    def all_remarks(self) -> tuple[Remark, ...]:
        """The remarks of all specs, and those that are about none."""
        return (*(each for part in self.parts.values() for each in part.remarks), *self.remarks)


def remark(kind: Kind, entry: Entry, message: str, *target: str | int) -> Remark:
    """Return a remark on a value of a configuration."""
    where: Target = target
    return Remark(kind, str(entry.file), entry.key, message, entry.line, where)


def place_of(problem: Problem, file: Path) -> tuple[str, int]:
    """Return the file and the line that a problem names; the file itself where it names none."""
    where = problem.where or str(file)
    found = re.fullmatch(r"(.+?):(\d+)(:\d+)?", where)
    return (found[1], int(found[2])) if found else (where, 0)
