"""What a check of a registry finds, as values."""

from __future__ import annotations

from dataclasses import dataclass, field

from dsgrid.errors import Problem

# The kinds of findings; they are part of the interface.
DATABASE, SCHEMA, CONTENT, REFERENCE = "database", "schema", "content", "reference"
MISSING, DAMAGED, DIFFERENT = "missing", "damaged", "different"
ORPHAN, LEFTOVER, UNUSED, STRANGER = "orphan", "leftover", "unused", "stranger"


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be.

    Parameters
    ----------
    kind
        One of the kinds above, such as ``damaged`` or ``orphan``.
    where
        The file, the folder or the thing in the registry.
    message
        What is wrong.
    remedy
        What to do about it.
    is_garbage
        Nothing refers to it, so that ``fix`` may remove it.
    """

    kind: str
    where: str
    message: str
    remedy: str = ""
    is_garbage: bool = False

    @property
    def problem(self) -> Problem:
        """The finding as the problem of an error."""
        return Problem(f"{self.message}; {self.remedy}" if self.remedy else self.message, self.where)


@dataclass(frozen=True)
class Checked:
    """What a check found.

    Parameters
    ----------
    folder
        The registry.
    problems
        What is wrong now.
    fixed
        What was wrong, and was removed.
    left_alone
        What looks like garbage but is so young that a job may be writing it.
    counts
        How much was looked at: ``datasets`` (versions), ``files``, ``bytes``, ``records``, ``associations``.
    """

    folder: str
    problems: tuple[Finding, ...] = ()
    fixed: tuple[Finding, ...] = ()
    left_alone: tuple[Finding, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems
