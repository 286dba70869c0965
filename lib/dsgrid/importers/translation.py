"""What a translation says: a spec, and remarks on all that is not the same on both sides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from dsgrid.errors import Problem, SpecError
from dsgrid.importers.document import Entry

Kind = Literal["renamed", "defaulted", "changed", "dropped", "decide"]


@dataclass(frozen=True)
class Remark:
    """One difference between a configuration and its translation.

    Parameters
    ----------
    kind
        ``renamed`` (the same thing under another name), ``defaulted`` (written out, because it was not said),
        ``changed`` (said differently so that it means the same here), ``dropped`` (has no meaning here), or
        ``decide`` (somebody who knows the data should look at it).
    file, key
        Where it stands in the configuration.
    """

    kind: Kind
    file: str
    key: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.kind}: {self.message}"


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

    def say(self, kind: Kind, entry: Entry, message: str) -> None:
        """Add a remark."""
        self.remarks.append(Remark(kind, str(entry.file), entry.key, message))

    def unsupported(self, entry: Entry, what: str) -> None:
        """Add a problem: the configuration asks for something that specs cannot say yet."""
        self.problems.append(entry.problem(f"not supported yet: {what}"))

    def wrong(self, entry: Entry, message: str) -> None:
        """Add a problem: the configuration contradicts itself."""
        self.problems.append(entry.problem(message))

    def unknown(self, entry: Entry, known: Iterable[str]) -> None:
        """Remark on every key of an object that no translation knows: it is left out."""
        names = frozenset(known)
        for key, child in entry.items():
            if key not in names and child.value not in (None, "", [], {}):
                self.say("dropped", child, "the key is not known here")

    def finish(self, job: str, spec: dict[str, Any]) -> Translation:
        """Return the translation, or raise all problems."""
        if self.problems:
            raise SpecError(self.problems)
        return Translation(job, {"spec_version": 1, "job": job, **spec}, tuple(self.remarks))


def without_empty(values: dict[str, Any]) -> dict[str, Any]:
    """Return `values` without what says nothing: None, empty text, lists and tables."""
    return {key: value for key, value in values.items() if value not in (None, "", [], {})}
