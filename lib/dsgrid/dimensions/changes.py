"""What differs between two versions of something, and how much that matters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

LEVELS: Final = ("patch", "minor", "major")


@dataclass(frozen=True, slots=True)  # a mapping that is replaced makes millions
class Change:
    """One difference between an old and a new version.

    Parameters
    ----------
    action
        ``added``, ``removed`` or ``changed``.
    what
        The kind of thing: ``key`` (a single value), ``description``, ``record``, ``column``, ``order``,
        ``association``, ``supplemental dimension``, ``requirement``, ...
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


def compare_keys(
    old: Mapping[str, Any], new: Mapping[str, Any], where: str, levels: Mapping[str, str]
) -> Iterator[Change]:
    """Yield a change for each single value that differs.

    Parameters
    ----------
    old, new
        Values as plain as JSON.
    levels
        The keys to look at, and what a change of each makes of a version.
    """
    for key, level in levels.items():
        if not same(old[key], new[key]):
            what = "description" if key == "description" else "key"
            yield Change("changed", what, where, key, level, old[key], new[key])


def same(old: object, new: object) -> bool:
    """Return whether two scalars are the same in value and type: 1 is neither 1.0 nor true, and NaN is NaN."""
    return type(old) is type(new) and (old == new or (old != old and new != new))


def inside(where: str, key: str) -> str:
    """Return the key path of something inside a part; either may be empty: the whole."""
    return f"{where}.{key}" if where and key else where or key
