"""Regular expressions that users write, compiled; where others wait for the same process, only those that are cheap.

Python's matching tries one way after the other. Some patterns have so many ways that a short text takes years, and no
other thread of the process gets on meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from re import _constants, _parser  # type: ignore[attr-defined]  # what `re.compile` itself takes a pattern apart with
from typing import Any, Final

# So many repetitions without an end, each of which may stop anywhere in a text.
OPEN: Final = 3
# So many ways in all through alternatives and optional parts, by the number of these repetitions.
WAYS: Final = (64, 32, 8, 2)
_LARGE: Final = 8

_only_cheap: ContextVar[bool] = ContextVar("only_cheap", default=False)
_REPEATS: Final = (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT)


class PatternError(ValueError):
    """Why a text is no regular expression, or none that is allowed here."""


@contextmanager
def only_cheap_patterns() -> Iterator[None]:
    """Refuse inside, with a `PatternError`, patterns that may take very long: as in a server, where others wait."""
    before = _only_cheap.set(True)
    try:
        yield
    finally:
        _only_cheap.reset(before)


def compiled(text: str) -> re.Pattern[str]:
    """Return a regular expression.

    Raises
    ------
    PatternError
        If it is none; inside `only_cheap_patterns` also if it may take very long.
    """
    try:
        if _only_cheap.get() and (why := _dear(text)):
            raise PatternError(f'"{text}" {why}, which may take very long and is not allowed in a server')
        return re.compile(text)
    except re.error as error:
        at = "" if error.pos is None else f" at character {error.pos + 1}"
        raise PatternError(f'"{text}" is no regular expression: {error.msg}{at}') from None
    except (OverflowError, RecursionError) as error:
        raise PatternError(f'"{text}" is no regular expression: {error}') from None


def _dear(text: str) -> str:
    """Say what makes a pattern take long; an empty text where nothing does.

    Examples
    --------
    >>> _dear("^(heating|cooling)_.*")
    ''
    >>> _dear("(a+)+$")
    'repeats what repeats itself'
    """
    found = {"open": 0, "ways": 1}
    if why := _looked_through(_parser.parse(text), inside=False, found=found):
        return why
    if found["open"] > OPEN:
        return f"has {found['open']} repetitions without an end, more than {OPEN}"
    most = WAYS[found["open"]]
    return f"has {found['ways']} ways through its alternatives, more than {most}" if found["ways"] > most else ""


def _looked_through(pattern: Any, inside: bool, found: dict[str, int]) -> str:
    for kind, value in pattern:
        if kind in _REPEATS:
            least, most, part = value
            varies = least != most
            if varies and inside:
                return "repeats what repeats itself"
            if varies and most > _LARGE:
                found["open"] += 1
            elif varies:
                found["ways"] *= int(most) - least + 1
            # A repetition of a fixed number is written out: what varies in it does so each time.
            why = _looked_through(part, inside or most > 1, found)
        elif kind is _constants.BRANCH:
            if inside:
                return "repeats alternatives"
            found["ways"] *= len(value[1])
            why = next((one for each in value[1] if (one := _looked_through(each, inside, found))), "")
        elif kind is _constants.SUBPATTERN:
            why = _looked_through(value[-1], inside, found)
        elif kind in (_constants.ASSERT, _constants.ASSERT_NOT):
            why = _looked_through(value[1], inside, found)
        elif kind is _constants.ATOMIC_GROUP:
            why = _looked_through(value, inside, found)
        elif kind is _constants.GROUPREF_EXISTS:
            why = "depends on what a group has found"
        else:
            why = ""
        if why:
            return why
    return ""
