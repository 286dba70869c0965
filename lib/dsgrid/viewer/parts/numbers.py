"""Numbers, sizes and times as people read them."""

from __future__ import annotations

import math
from datetime import datetime

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def count(number: float | int | None) -> str:
    """Return a whole number with separators, such as ``1,471,680``; a dash for none."""
    return "–" if number is None else f"{number:,.0f}"


def plural(number: int | float | None, one: str, many: str = "") -> str:
    """Return a number with its noun.

    >>> plural(1, "dataset"), plural(2000, "dataset"), plural(2, "entry", "entries"), plural(None, "row")
    ('1 dataset', '2,000 datasets', '2 entries', '– rows')
    """
    return f"{count(number)} {one if number == 1 else many or f'{one}s'}"


def value(number: float | None, digits: int = 6) -> str:
    """Return a measured value with separators and as many digits as tell something: what is whole is never rounded.

    Grids write numbers in the same way (assets/grid.js).
    """
    if number is None:
        return "–"
    if number == 0:
        return "0"
    size = abs(number)
    if size >= 1e15 or size < 1e-4:
        return f"{number:.{digits}g}"
    # Digits of a number below 1 begin after its zeros.
    places = max(0, digits - 1 - math.floor(math.log10(size)))
    text = f"{number:,.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def size(number: float | None) -> str:
    """Return bytes as ``5.1 MB``."""
    if number is None:
        return "–"
    left = float(number)
    for unit in _UNITS:
        if left < 1000 or unit == _UNITS[-1]:
            return f"{left:,.0f} {unit}" if unit == "B" else f"{left:,.1f} {unit}"
        left /= 1000
    raise AssertionError("there is a last unit")


def moment(text: str | None) -> str:
    """Return a time of the server as ``2026-11-26 19:04 UTC``."""
    if not text:
        return "–"
    try:
        return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M} UTC"
    except ValueError:
        return text
