"""Two tables side by side: by key, in any order, each value relative to what it should be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.real_projects import by_key

if TYPE_CHECKING:
    import pandas as pd

TOLERANCE: Final = 1e-6
# Ours says the unit of each row, there it has to be looked up.
_UNIT: Final = "unit"


@dataclass(frozen=True)
class Compared:
    """How two tables differ.

    Parameters
    ----------
    rows
        How many rows were to be found.
    greatest
        The greatest relative difference of a value; 0 where all are the same number.
    problem
        Why values cannot be compared one by one; empty where they can.
    """

    rows: int
    greatest: float = 0.0
    problem: str = ""

    @property
    def is_same(self) -> bool:
        """Whether all rows are there, with the values that they should have."""
        return not self.problem and self.greatest <= TOLERANCE


def read_result(folder: Path) -> pd.DataFrame:
    """Read the newest run of a query from the folder that is named after it, with pandas alone."""
    import json

    import pandas as pd

    run = folder / json.loads((folder / "current.json").read_text("utf-8"))["run"]
    files = sorted(json.loads((run / "manifest.json").read_text("utf-8"))["files"], key=lambda file: file["path"])
    tables = [run / file["path"] for file in files]
    readers = {".csv": pd.read_csv, ".parquet": pd.read_parquet}
    return pd.concat([readers[table.suffix](table) for table in tables], ignore_index=True)


def compare(found: pd.DataFrame, wanted: pd.DataFrame, names: Mapping[str, str], values: tuple[str, ...]) -> Compared:
    """Compare a result with the one that was kept.

    Parameters
    ----------
    names
        Our names of columns that have others there.
    values
        The columns of numbers; all others are keys.
    """
    import numpy as np

    wanted = wanted.rename(columns=dict(names))
    found = found.drop(columns=_UNIT, errors="ignore")
    size = len(wanted)
    if sorted(found.columns) != sorted(wanted.columns):
        return Compared(size, problem=f"columns {sorted(found.columns)} instead of {sorted(wanted.columns)}")
    keys = [column for column in wanted.columns if column not in values]
    left, right = by_key(found, keys), by_key(wanted, keys)
    if not right.index.is_unique or not left.index.is_unique:
        return Compared(size, problem="rows with the same key")
    if not left.index.equals(right.index):
        surplus, absent = len(left.index.difference(right.index)), len(right.index.difference(left.index))
        return Compared(size, problem=f"{surplus:,} rows that should not be, {absent:,} that are absent")
    ours, theirs = left[list(values)].to_numpy("float64"), right[list(values)].to_numpy("float64")
    if not np.array_equal(np.isnan(ours), np.isnan(theirs)):
        return Compared(size, problem="values are absent in other places")
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(ours == theirs, 0.0, np.abs(ours - theirs) / np.abs(theirs))
    return Compared(size, float(np.nanmax(relative)) if relative.size else 0.0)
