"""What differs between two versions of something, and how much that matters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

LEVELS: Final = ("patch", "minor", "major")


@dataclass(frozen=True)
class Change:
    """One difference between an old and a new version.

    Parameters
    ----------
    action
        ``added``, ``removed`` or ``changed``.
    what
        The kind of thing: ``record``, ``column``, ``association``, ``description``, ``supplemental dimension``, ...
    where
        The part that it is in, as a key path: ``base.county``, ``supplemental.state.mapping``; empty for the whole.
    key
        What names it there: a record id, ``"06037 -> CA"``, a column, a key.
    level
        What such a change makes of a version: ``patch`` (descriptions), ``minor`` (additions), ``major`` (the rest).
    old, new
        The values, as plain as JSON; None where there is none.
    """

    action: str
    what: str
    where: str
    key: str
    level: str
    old: Any = None
    new: Any = None


def highest(changes: Iterable[Change]) -> str | None:
    """Return the highest level of some changes: that of the update that makes them; None for no change."""
    return max((change.level for change in changes), key=LEVELS.index, default=None)
