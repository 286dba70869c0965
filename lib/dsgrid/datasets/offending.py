"""All rows that break a check, in files: messages show the first of them only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from dsgrid.datasets.ledger import Outcome
from dsgrid.errors import StorageError


def write_rows(folder: Path, outcomes: Sequence[Outcome]) -> tuple[Path, ...]:
    """Write a CSV file for each problem that has rows; files of an earlier run of the same checks are removed.

    The file of `coverage` declares what is missing, as it stands, when it is named in ``data.missing``.

    Returns
    -------
    tuple of Path
        The files, named by their check: ``coverage.csv``, ``values_2.csv``.

    Raises
    ------
    StorageError
        If the folder cannot be written.
    """
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for outcome in outcomes:
            name = re.sub(r"\W+", "_", outcome.check.name)
            for old in folder.glob(f"{name}*.csv"):
                if re.fullmatch(rf"{name}(_\d+)?\.csv", old.name):
                    old.unlink()
            tables = [problem.table for problem in outcome.problems or () if problem.table is not None]
            for number, table in enumerate(tables, start=1):
                path = folder / (f"{name}_{number}.csv" if len(tables) > 1 else f"{name}.csv")
                table.to_csv(path, index=False)
                written.append(path)
    except OSError as error:
        raise StorageError(f"{folder}: the rows cannot be written: {error.strerror or error}") from None
    return tuple(written)
