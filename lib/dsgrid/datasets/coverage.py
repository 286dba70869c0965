"""Which combinations of records a dataset has to have, and which of them it lacks.

Combinations are cells of a dense array of booleans with one axis per dimension type: a byte per combination, and
every table of expected or missing combinations is a mask on some of the axes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.types import RECORD_TYPES

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    Cells = NDArray[np.bool_]


@dataclass(frozen=True)
class Pattern:
    """The ids that some cells have in common; types that are not named take every value."""

    ids: dict[str, str]
    count: int

    def __str__(self) -> str:
        return ", ".join(f"{type_}={id_}" for type_, id_ in self.ids.items()) or "every combination"


class Grid:
    """The product of a dataset's records.

    Parameters
    ----------
    dimensions
        The dimension of each of the seven types.
    """

    def __init__(self, dimensions: Mapping[str, Dimension]) -> None:
        self.ids = {type_: dimensions[type_].records.ids for type_ in RECORD_TYPES}
        self.shape = tuple(len(ids) for ids in self.ids.values())

    def full(self) -> Cells:
        """Return an array in which every cell is set."""
        import numpy as np

        return np.ones(self.shape, dtype=bool)

    def mask(self, table: pd.DataFrame) -> Cells:
        """Return the cells that match a row of a table, as an array that broadcasts to the shape of the grid.

        Rows with ids that are no records match nothing.
        """
        import numpy as np

        types = [type_ for type_ in RECORD_TYPES if type_ in table.columns]
        shape = tuple(len(self.ids[type_]) if type_ in types else 1 for type_ in RECORD_TYPES)
        cells = np.zeros(shape, dtype=bool)
        codes = self._codes(table, types)
        inside = np.logical_and.reduce([code >= 0 for code in codes.values()]) if codes else np.ones(0, dtype=bool)
        cells[tuple(codes[type_][inside] if type_ in codes else 0 for type_ in RECORD_TYPES)] = True
        return cells

    def _codes(self, table: pd.DataFrame, types: Sequence[str]) -> dict[str, NDArray[np.int64]]:
        import pandas as pd

        return {type_: pd.Index(self.ids[type_]).get_indexer(table[type_]).astype("int64") for type_ in types}

    def patterns(self, chosen: Cells, within: Cells) -> list[Pattern]:
        """Describe the cells `chosen` by the fewest ids: a pattern's cells in `within` are all chosen.

        Patterns with few ids come first; a cell that one of them covers is not described again by more ids.
        """
        import numpy as np

        axes = [axis for axis, length in enumerate(self.shape) if length > 1]
        left = chosen.copy()
        found: list[Pattern] = []
        for size in range(len(axes) + 1):
            for named in combinations(axes, size):
                if not left.any():
                    return found
                rest = tuple(axis for axis in range(len(self.shape)) if axis not in named)
                counts = np.sum(chosen, axis=rest, keepdims=True)
                closed = (counts == np.sum(within, axis=rest, keepdims=True)) & np.any(left, axis=rest, keepdims=True)
                for cell in zip(*np.nonzero(closed), strict=True):
                    ids = {RECORD_TYPES[axis]: self.ids[RECORD_TYPES[axis]][cell[axis]] for axis in named}
                    found.append(Pattern(ids, int(counts[cell])))
                left &= ~closed
        return found
