"""The one exception tree of dsgrid.

The first line of every message is enough for the user: where it is (``file:line:column``), which key, what was
found, what was expected, and the closest valid name. The exit codes are part of the interface: scripts and Slurm
jobs branch on them.

====  ==========================================================
code  meaning
====  ==========================================================
0     success
1     a defect in dsgrid (the only case with a traceback)
2     a spec or a command line is wrong
3     something that was named does not exist
4     data break a rule (the offending rows are shown)
5     the registry refuses: it exists already, or holds that id
6     the registry is locked by another process; retry
7     an engine failed
8     a result does not conserve what went in
9     a file cannot be read or written: no right to, a full disk, an object store that does not answer
10    no error: the tables that ``dsgrid diff`` compared are different
11    Slurm refuses or does not answer, or a cluster did not come up
12    a dsgrid server refuses or does not answer
====  ==========================================================
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, and where.

    Parameters
    ----------
    message
        What is wrong, in one sentence without a final stop.
    where
        ``file:line:column``, ``file:line`` or ``file``; empty when there is no file.
    key
        The key path inside the file, such as ``where[1].dimension``.
    detail
        More lines (offending rows), shown below the first line.
    table
        All offending rows, as a data frame, where there are some to be written to a file.
    """

    message: str
    where: str = ""
    key: str = ""
    detail: str = ""
    table: Any = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        head = ": ".join(part for part in (self.where, self.key, self.message) if part)
        return f"{head}\n{self.detail}" if self.detail else head


class DsgridError(Exception):
    """Base of all errors that a user can cause and cure.

    Parameters
    ----------
    problems
        A message, one problem, or several; all are reported at once.

    Attributes
    ----------
    remarks
        What whoever raised it had found before and would have said besides, such as an importer's remarks.
    """

    exit_code: ClassVar[int] = 2
    remarks: tuple[Any, ...] = ()

    def __init__(self, problems: str | Problem | Iterable[Problem]) -> None:
        if isinstance(problems, str):
            problems = (Problem(problems),)
        elif isinstance(problems, Problem):
            problems = (problems,)
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class SpecError(DsgridError):
    """A spec is no TOML, breaks its schema, or says something that cannot be."""


class UsageError(DsgridError):
    """A command line or an API call is wrong."""


class NotFoundError(DsgridError):
    """A file, id, version or name does not exist."""

    exit_code = 3


class DataError(DsgridError):
    """Records, mappings or facts break a rule."""

    exit_code = 4


class RegistryError(DsgridError):
    """The registry refuses: wrong file, id taken, read-only."""

    exit_code = 5


class RegistryLockedError(RegistryError):
    """Another process holds the registry; retrying later is safe."""

    exit_code = 6


class ClusterError(DsgridError):
    """Slurm refuses or does not answer, or a cluster did not come up."""

    exit_code = 11


class ServerError(DsgridError):
    """A dsgrid server refuses or does not answer, or what answers is none."""

    exit_code = 12


class EngineError(DsgridError):
    """Spark or Sail could not start, or a job of theirs failed."""

    exit_code = 7


class ConservationError(DsgridError):
    """What came out of a query is not what went in."""

    exit_code = 8


class StorageError(DsgridError):
    """A disk is full or fails; an object store refuses, does not answer, or the connection to it broke."""

    exit_code = 9


# By the name of each: how an error is told to another process, which raises the same.
CLASSES: Final[Mapping[str, type[DsgridError]]] = {
    each.__name__: each
    for each in (
        *(SpecError, UsageError, NotFoundError, DataError, RegistryError, RegistryLockedError, EngineError),
        *(ConservationError, StorageError, ClusterError, ServerError),
    )
}
# By the exit code of each, which those of specs and of command lines have together.
BY_CODE: Final[Mapping[int, type[DsgridError]]] = {each.exit_code: each for each in reversed(tuple(CLASSES.values()))}


def class_name(error: DsgridError) -> str:
    """Return the name of the class of this module that an error is of."""
    return next(each.__name__ for each in type(error).__mro__ if each.__module__ == __name__)


def closest(name: str, valid: Iterable[str]) -> str | None:
    """Return the valid name that `name` most likely means, or None.

    Case and ``-`` against ``_`` are forgiven before the distance is measured; a name that is cut off means the first
    that begins with it.
    """
    by_folded = {candidate.lower().replace("-", "_").replace(" ", "_"): candidate for candidate in valid}
    folded = name.lower().replace("-", "_").replace(" ", "_")
    found = difflib.get_close_matches(folded, list(by_folded), n=1, cutoff=0.6)
    begun = next((each for each in by_folded if each.startswith(f"{folded}_")), None)
    if begun is not None and folded not in by_folded:
        return by_folded[begun]
    return by_folded[found[0]] if found else None


def did_you_mean(name: str, valid: Iterable[str], limit: int = 8) -> str:
    """Return ``; did you mean "x"?`` or ``; there are: a, b`` or an empty string, to end a message with."""
    names = list(valid)
    near = closest(name, names)
    if near is not None:
        return f'; did you mean "{near}"?'
    return f"; there are: {listing(names, limit)}" if names else ""


def listing(names: Sequence[str], limit: int = 8) -> str:
    """Return the first `limit` names, quoted and joined, with the number of those left out."""
    shown = ", ".join(f'"{name}"' for name in names[:limit])
    more = len(names) - limit
    return f"{shown} and {more} more" if more > 0 else shown
