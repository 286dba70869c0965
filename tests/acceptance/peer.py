"""What the existing system gave, and how long it took: the folder ``shared/expected``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pandas as pd

# How the folder of a result is called, and what the operation is called that made it.
_OPERATIONS: Final = (("derive_", "derive"), ("map_", "map-dataset"), ("dataset_", "dataset-query"), ("", "query"))
_BACKENDS: Final = {"sail": "duckdb", "spark": "spark"}
_ROW: Final = re.compile(r"\| (?P<operation>\S+) \| (?P<backend>\w+) \| \d+ \| [^|]+ \| (?P<median>[\d.]+) \|.*")


@dataclass(frozen=True)
class Peer:
    """The kept results of one project.

    Parameters
    ----------
    shared
        The folder of real input beside the checkout.
    project
        ``std``, ``efs`` or ``aeo``.
    """

    shared: Path
    project: str

    @property
    def folder(self) -> Path:
        """The folder of the project's results."""
        return self.shared / "expected" / self.project

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all results, one for each folder."""
        return tuple(sorted(path.name for path in self.folder.iterdir())) if self.folder.is_dir() else ()

    @property
    def queries(self) -> tuple[Path, ...]:
        """The queries that were kept beside the results."""
        return tuple(sorted(self.folder.glob("*/query.json5")))

    def table(self, name: str) -> pd.DataFrame:
        """Return a result; ids in a CSV are numbers, as its reader takes them for."""
        import pandas as pd

        parquet = self.folder / name / "table.parquet"
        return pd.read_parquet(parquet) if parquet.exists() else pd.read_csv(parquet.with_suffix(".csv"))

    def seconds(self, name: str, engine: str, *, warm: bool = False) -> float | None:
        """Return how long it took to get a result; None where that was not measured.

        Parameters
        ----------
        engine
            Ours: the embedded one is held against the embedded one there, and Spark against Spark.
        warm
            Whether it was asked again, with the caches in place.
        """
        for prefix, operation in _OPERATIONS:
            if name.startswith(prefix):
                found = self.step(f"{operation}/{name.removeprefix(prefix)}{'+warm' if warm else ''}", engine)
                if found is not None:
                    return found
        return self.step(f"query/{name}{'+warm' if warm else ''}", engine)

    def step(self, operation: str, engine: str) -> float | None:
        """Return the median time of an operation such as ``register/tempo_conus_2022``; None where there is none."""
        return self._times.get((f"{self.project}/{operation}", _BACKENDS[engine]))

    def steps(self, operations: list[str], engine: str) -> float | None:
        """Return the sum of the times of several operations; None where one of them was not measured."""
        times = [self.step(operation, engine) for operation in operations]
        known = [time for time in times if time is not None]
        return sum(known) if len(known) == len(times) else None

    @cached_property
    def _times(self) -> Mapping[tuple[str, str], float]:
        text = (self.shared / "expected/timings.md").read_text("utf-8")
        rows = [match for line in text.splitlines() if (match := _ROW.fullmatch(line))]
        return {(row["operation"], row["backend"]): float(row["median"]) for row in rows}
