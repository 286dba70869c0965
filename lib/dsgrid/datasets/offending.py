"""All rows that break a check, in files: messages show the first of them only."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import Path

from dsgrid.datasets.ledger import Outcome
from dsgrid.errors import StorageError
from dsgrid.spec.node import Node

# In the attributes of a table: what its file is called besides by its check.
NAME = "name"


def write_rows(folder: Path, outcomes: Sequence[Outcome], inputs: Collection[Path] = ()) -> tuple[Path, ...]:
    """Write a CSV file for each problem that has rows; other files in the folder stay as they are.

    The file of `coverage` declares what is missing, as it stands, when it is named in ``data.missing``.

    Parameters
    ----------
    inputs
        Files that a spec names: they are not written over.

    Returns
    -------
    tuple of Path
        The files, named by their check: ``coverage.csv``, ``values_2.csv``.

    Raises
    ------
    StorageError
        If the folder cannot be written; no file is left cut off.
    """
    taken = {path.resolve() for path in inputs}
    written: list[Path] = []
    for outcome in outcomes:
        for problem in outcome.problems or ():
            if problem.table is None:
                continue
            words = " ".join(filter(None, (outcome.check.name, problem.table.attrs.get(NAME, ""))))
            path = _free(folder, re.sub(r"\W+", "_", words), taken)
            taken.add(path.resolve())
            _write(problem.table, path)
            written.append(path)
    return tuple(written)


def named_files(data: Node) -> list[Path]:
    """Return the files that a spec's ``[data]`` names."""
    nodes = [item for key in ("missing", "expected") for item in data.get(key) or ()]
    nodes += [data[key] for key in ("table", "lookup") if key in data]
    return [Path(str(item.resolve(to_read=True))) for item in nodes]


def _free(folder: Path, name: str, taken: Collection[Path]) -> Path:
    number = 1
    while True:
        path = folder / (f"{name}_{number}.csv" if number > 1 else f"{name}.csv")
        if path.resolve() not in taken:
            return path
        number += 1


def _write(table: object, path: Path) -> None:
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        if path.parent.exists() and not path.parent.is_dir():
            raise StorageError(f"{path.parent} is a file; rows are written into a folder")
        path.parent.mkdir(parents=True, exist_ok=True)
        table.to_csv(unfinished, index=False)  # type: ignore[attr-defined]
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise StorageError(f"{path}: the rows cannot be written: {error.strerror or error}") from None
