"""Colours that people with any colour vision can tell apart, on light and on dark ground."""

from __future__ import annotations

from typing import Final

# Those of Okabe and Ito, and of Tol, without the ones that vanish on white or on black.
COLOURS: Final = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#56b4e9",
    "#d55e00",
    "#999933",
    "#aa4499",
    "#44aa99",
    "#c9b458",
    "#cc6677",
    "#7a78d8",
)
REST: Final = "#98a3ae"
SCALE: Final = "Viridis"
# For values on both sides of zero: blue below, red above.
TWO_SIDED: Final = ((0.0, "#2166ac"), (0.25, "#92c5de"), (0.5, "#f4f4f4"), (0.75, "#f4a582"), (1.0, "#b2182b"))
_DASHES: Final = ("solid", "dash", "dot")
_PLAIN_LINES: Final = 6

INK: Final = "#26323f"
GRID: Final = "#e1e6ea"
GROUND: Final = "#ffffff"


def colour(number: int) -> str:
    """Return a colour by its number; -1 is what many small groups have together."""
    return REST if number < 0 else COLOURS[number % len(COLOURS)]


def dash(number: int) -> str:
    """Return how a line is drawn: where there are more than a few, colours alone do not tell them apart."""
    return _DASHES[max(number, 0) // _PLAIN_LINES % len(_DASHES)]
