"""What a translation says: a spec, and remarks on all that is not the same on both sides."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Concatenate, Final, Literal, ParamSpec, TypeVar

from dsgrid.errors import DsgridError, Problem, SpecError, closest
from dsgrid.importers.document import Entry

Kind = Literal["decide", "refused", "dropped", "defaulted", "changed", "renamed"]
KINDS: Final[tuple[Kind, ...]] = ("decide", "refused", "dropped", "defaulted", "changed", "renamed")
Target = tuple[str | int, ...]
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Remark:
    """One difference between a configuration and its translation.

    Parameters
    ----------
    kind
        ``renamed`` (the same thing under another name), ``defaulted`` (written out, because it was not said),
        ``changed`` (said differently so that it means the same here), ``dropped`` (has no meaning here),
        ``decide`` (somebody who knows the data should look at it), or ``refused`` (what cannot be said here).
    file, key, line
        Where it stands in the configuration; line 0 where it is not known.
    target
        The key path in the spec of what came of it, or of the nearest table around it.
    """

    kind: Kind
    file: str
    key: str
    message: str
    line: int = 0
    target: Target = ()

    @property
    def where(self) -> str:
        """The file, with the line where it is known."""
        return f"{self.file}:{self.line}" if self.line else self.file

    def __str__(self) -> str:
        return ": ".join(part for part in (self.where, self.key, self.kind, self.message) if part)


@dataclass(frozen=True)
class Translation:
    """A spec as plain values, in the shape of its schema. All paths in it are absolute."""

    job: str
    spec: dict[str, Any]
    remarks: tuple[Remark, ...] = ()


class Remarks:
    """Collects the remarks and the problems of one translation, so that all are reported at once."""

    def __init__(self) -> None:
        self.remarks: list[Remark] = []
        self.problems: list[Problem] = []
        self._target: Target = ()

    def within(self, *target: str | int) -> Remarks:
        """Return the same collection for a part of the spec: its remarks are about what is below this key path."""
        part = Remarks()
        part.remarks, part.problems, part._target = self.remarks, self.problems, (*self._target, *target)
        return part

    def say(self, kind: Kind, entry: Entry, message: str, *target: str | int) -> None:
        """Add a remark; `target` is the key of the spec that it is about."""
        self.remarks.append(Remark(kind, str(entry.file), entry.key, message, entry.line, (*self._target, *target)))

    def unsupported(self, entry: Entry, what: str) -> None:
        """Add a problem: the configuration asks for something that specs cannot say."""
        self.problems.append(entry.problem(f"not supported: {what}"))

    def wrong(self, entry: Entry, message: str) -> None:
        """Add a problem: the configuration contradicts itself."""
        self.problems.append(entry.problem(message))

    def unknown(self, entry: Entry, known: Iterable[str]) -> None:
        """Remark on every key of an object that no translation knows: it is left out."""
        names = frozenset(known)
        for key, child in entry.items():
            if key not in names and child.value not in (None, "", [], {}):
                # Those with an underscore belong to the database that the first years had.
                near = None if key.startswith("_") else closest(key, names)
                hint = f'; did you mean "{near}"?' if near else ""
                self.say("decide" if near else "dropped", child, f"the key is not known here, and left out{hint}")

    def finish(self, job: str, spec: dict[str, Any]) -> Translation:
        """Return the translation, or raise all problems."""
        if self.problems:
            raise SpecError(self.problems)
        return Translation(job, {"spec_version": 1, "job": job, **spec}, tuple(self.remarks))


def gathering(translate: Callable[Concatenate[Remarks, P], T]) -> Callable[P, T]:
    """Give a translator the `Remarks` that it takes first.

    When it raises, what it had found before is not lost: earlier problems stand before the one that ended it, and the
    error has its remarks.
    """

    @functools.wraps(translate)
    def gathered(*args: P.args, **keywords: P.kwargs) -> T:
        remarks = Remarks()
        try:
            return translate(remarks, *args, **keywords)
        except DsgridError as error:
            told = type(error)(dict.fromkeys((*remarks.problems, *error.problems)))
            told.remarks = (*error.remarks, *remarks.remarks)
            raise told from error

    return gathered


def without_empty(values: dict[str, Any]) -> dict[str, Any]:
    """Return `values` without what says nothing: None, empty text, lists and tables."""
    return {key: value for key, value in values.items() if value not in (None, "", [], {})}
