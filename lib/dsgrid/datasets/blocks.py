"""Aggregates of many columns, a block of them at a time: engines plan thousands in one pass for many minutes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from dsgrid.errors import EngineError

if TYPE_CHECKING:
    import pandas as pd

# What planning takes grows with the square of the columns: of 1,000 in one pass it took minutes, in blocks seconds.
BLOCK: Final = 128


def in_blocks(columns: Sequence[str]) -> Iterator[list[tuple[int, str]]]:
    """Give the columns with their numbers, in order, a block at a time; one empty block of none."""
    numbered = list(enumerate(columns))
    for start in range(0, max(len(numbered), 1), BLOCK):
        yield numbered[start : start + BLOCK]


def side_by_side(parts: Sequence[pd.DataFrame], keys: Sequence[str]) -> pd.DataFrame:
    """Return one table of what was found in each block.

    Parameters
    ----------
    parts
        One row for each combination of the keys, in any order; the columns besides are each part's own.

    Raises
    ------
    EngineError
        The parts are not of the same combinations: the data were changed while they were read.
    """
    import pandas as pd

    if len(parts) == 1:
        return parts[0]
    named = list(keys)
    if named:
        parts = [part.sort_values(named, ignore_index=True) for part in parts]
    if not all(part[named].equals(parts[0][named]) for part in parts):
        raise EngineError("two passes over the same data found other combinations of records: were they changed?")
    return pd.concat([parts[0], *(part.drop(columns=named) for part in parts[1:])], axis=1)
