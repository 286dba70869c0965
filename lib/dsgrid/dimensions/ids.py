"""Ids that name no record: messages that say what probably happened to them."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable

from dsgrid.errors import did_you_mean, listing

# Control characters and the separators of lines and paragraphs: no CSV file, table or message shows them as they are.
_CONTROLS = frozenset({"Cc", "Zl", "Zp"})


def control_character(text: str, what: str) -> str | None:
    r"""Return a message when an id or a name holds a control character such as a line break; None when it does not.

    >>> control_character("06037\r06038", "the id")
    'the id "06037\\r06038" holds a control character (U+000D); it is text in one line'
    """
    if text.isprintable():
        return None
    found = next((each for each in text if unicodedata.category(each) in _CONTROLS), None)
    if found is None:
        return None
    escaped = "".join(
        each.encode("unicode_escape").decode("ascii") if unicodedata.category(each) in _CONTROLS else each
        for each in text
    )
    return f'{what} "{escaped}" holds a control character (U+{ord(found):04X}); it is text in one line'


def lost_zeros(id_: str, valid: Collection[str]) -> str | None:
    """Return the valid id that became `id_` when something read it as a number (``06037`` as 6037 or 6037.0)."""
    bare = id_.removesuffix(".0")
    if not bare.isascii() or not bare.isdigit():
        return None
    lengths = {len(candidate) for candidate in valid if len(candidate) >= len(bare)}
    for length in sorted(lengths):
        padded = bare.zfill(length)
        if padded != id_ and padded in valid:
            return padded
    return None


def unknown_id(id_: str, valid: Collection[str], what: str = "record") -> str:
    """Return a message for one id that is none of `valid`: a lost leading zero, or the closest id."""
    padded = lost_zeros(id_, valid)
    if padded is not None and not id_.endswith(".0"):
        zeros = "zero" if len(padded) == len(id_) + 1 else "zeros"
        return f'id "{id_}" lost its leading {zeros}; did you mean "{padded}"?'
    if padded is not None:
        return f'id "{id_}" was read as a number; did you mean "{padded}"?'
    if id_.strip() in valid:
        return f'id "{id_}" has blanks around it; did you mean "{id_.strip()}"?'
    bare = id_.lstrip("0")
    if bare and bare != id_ and bare.isdigit() and bare in valid:
        zeros = "zero" if len(bare) == len(id_) - 1 else "zeros"
        return f'there is no {what} "{id_}", but "{bare}": the records lost the leading {zeros}'
    return f'there is no {what} "{id_}"{did_you_mean(id_, valid)}'


def unknown_ids(ids: Iterable[str], valid: Collection[str], what: str = "record") -> str | None:
    """Return one message for all of `ids` that are none of `valid`; None when there are none.

    A table whose ids all lost their leading zeros gives one message, not thousands.
    """
    kept = valid if isinstance(valid, (set, frozenset, dict)) else frozenset(valid)
    unknown = sorted({id_ for id_ in ids if id_ not in kept})
    if not unknown:
        return None
    if len(unknown) == 1:
        return unknown_id(unknown[0], kept, what)
    padded = {id_: found for id_ in unknown if (found := lost_zeros(id_, kept)) is not None}
    if len(padded) == len(unknown):
        first = unknown[0]
        return (
            f'{len(unknown)} ids lost their leading zeros, such as "{first}" for "{padded[first]}"; write ids as text'
        )
    noun, *of = what.split(" ", 1)
    many = " ".join([f"{noun}s", *of])
    return f"{len(unknown)} ids are no {many}: {listing(unknown)}; the first: {unknown_id(unknown[0], kept, what)}"
