"""Colours of maps: of numbers along a scale, of categories one each."""

from __future__ import annotations

import colorsys
import math
from collections.abc import Sequence
from typing import Any, Final

from dsgrid.viewer.parts.figures import COLOURS
from dsgrid.viewer.parts.numbers import value

Cell = str | float | int | bool | None
LINE: Final = "rgba(128,128,128,0.55)"  # around shapes and dots
# From little to much, told apart by brightness alone, too.
SCALE: Final = (
    (0.0, "#f0e9a8"),
    (0.2, "#b9d59a"),
    (0.4, "#6bb79b"),
    (0.6, "#33909a"),
    (0.8, "#2a6388"),
    (1.0, "#2b2f63"),
)
_SKEWED: Final = 15  # times the median that the largest number is


def scale(numbers: Sequence[float]) -> tuple[list[float], dict[str, Any]]:
    """Return numbers as colours show them, and the ticks of the bar beside.

    Where a few are far larger than all others, as with populations, colours follow the logarithm; without ticks of its
    own a bar is linear.
    """
    ordered = sorted(numbers)
    middle = ordered[len(ordered) // 2]
    if ordered[0] <= 0 or ordered[-1] < _SKEWED * middle:
        return list(numbers), {}
    logs = [math.log10(each) for each in numbers]
    powers = range(math.floor(min(logs)), math.ceil(max(logs)) + 1)
    return logs, {"tickvals": list(powers), "ticktext": [value(10.0**power) for power in powers]}


def palette(number: int) -> list[str]:
    """Return so many colours; the first twelve are those of all figures, more differ in hue and brightness."""
    if number <= len(COLOURS):
        return list(COLOURS[:number])
    made = []
    for index in range(number):
        # Neighbours in the list, which are often neighbours on the map, are far from each other in hue.
        red, green, blue = colorsys.hls_to_rgb((index * 0.381966) % 1, (0.42, 0.56, 0.68)[index % 3], 0.5)
        made.append(f"#{int(red * 255):02x}{int(green * 255):02x}{int(blue * 255):02x}")
    return made


def is_numeric(cells: Any) -> bool:
    """Return whether all cells are numbers."""
    found = list(cells)
    return bool(found) and all(isinstance(cell, int | float) and not isinstance(cell, bool) for cell in found)


def number_of(cell: Cell) -> float:
    """Return the number that a cell is."""
    return float(cell) if isinstance(cell, int | float) else 0.0


def word_of(cell: Cell) -> str:
    """Return the category that a cell is."""
    return ("yes" if cell else "no") if isinstance(cell, bool) else str(cell)


def by_name(word: str) -> tuple[bool, str]:
    """Sort categories by name, the empty one last."""
    return word == "", word.casefold()
