"""The figures of a size, as they are kept: ``results/<values>.json``."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.checksum import Checksum, equal
from benchmarks.event_log import Work
from benchmarks.measure import Cost


@dataclass(frozen=True)
class Row:
    """What one plan took for one question: medians, where it ran several times.

    Parameters
    ----------
    peak_mb
        Resident memory of the process tree, in 10^6 bytes.
    read_mb
        What its processes read, programs included, in 10^6 bytes; None where the system does not count it.
    shuffle_bytes, jobs
        From Spark's event log; None for other engines.
    checksum, weighted_checksum
        The sum of the values, and their sum weighted by the keys beside them.
    runs
        How often it ran.
    """

    query: str
    plan: str
    engine: str
    wall_s: float
    cpu_s: float
    peak_mb: float
    read_mb: float | None
    shuffle_bytes: int | None
    jobs: int | None
    rows_out: int
    checksum: float
    weighted_checksum: float
    runs: int

    @property
    def key(self) -> tuple[str, str, str]:
        """What was measured."""
        return self.query, self.plan, self.engine

    @property
    def of_table(self) -> Checksum:
        """What its result adds up to."""
        return Checksum(self.rows_out, self.checksum, self.weighted_checksum)


@dataclass(frozen=True)
class Results:
    """All figures of a size.

    Parameters
    ----------
    values
        How many values were asked for; `stored_values` is how many there are.
    """

    machine: str
    versions: dict[str, str]
    values: int
    stored_values: int
    rows: tuple[Row, ...] = field(default=())

    def row(self, query: str, plan: str, engine: str) -> Row | None:
        """Return the figures of one plan for one question, where there are any."""
        return next((row for row in self.rows if row.key == (query, plan, engine)), None)


def row_of(key: tuple[str, str, str], runs: Sequence[tuple[Cost, Work | None]], table: Checksum) -> Row:
    """Return the medians of the runs of one plan for one question."""
    costs = [cost for cost, _ in runs]
    known = [work for _, work in runs if work is not None]
    read = [cost.read for cost in costs if cost.read is not None]
    return Row(
        *key,
        wall_s=round(statistics.median(cost.wall for cost in costs), 3),
        cpu_s=round(statistics.median(cost.cpu for cost in costs), 3),
        peak_mb=round(statistics.median(cost.peak for cost in costs) / 1e6, 1),
        read_mb=round(statistics.median(read) / 1e6, 1) if read else None,
        shuffle_bytes=int(statistics.median(work.shuffle_bytes for work in known)) if known else None,
        jobs=int(statistics.median(work.jobs for work in known)) if known else None,
        rows_out=table.rows,
        checksum=table.total,
        weighted_checksum=table.weighted,
        runs=len(costs),
    )


def merged(old: Results | None, new: Results, order: Sequence[str]) -> Results:
    """Return new figures, and the old ones that were not measured again; those of another machine are dropped.

    Parameters
    ----------
    order
        The names of the questions, as the rows are to be sorted.
    """
    kept = old.rows if old is not None and old.machine == new.machine else ()
    rows = {row.key: row for row in (*kept, *new.rows) if row.query in order}
    plans = ("ours", "stepwise", "duckdb")
    ordered = sorted(rows.values(), key=lambda row: (order.index(row.query), row.engine, plans.index(row.plan)))
    return Results(new.machine, new.versions, new.values, new.stored_values, tuple(ordered))


def disagreements(rows: Iterable[Row]) -> tuple[str, ...]:
    """Say which plans answered a question otherwise than the first that did."""
    first: dict[str, Row] = {}
    lines = []
    for row in rows:
        one = first.setdefault(row.query, row)
        if not equal(one.of_table, row.of_table):
            lines.append(f"{row.query}: {_told(row)}, but {_told(one)}")
    return tuple(lines)


def _told(row: Row) -> str:
    return (
        f"{row.plan} ({row.engine}) gives {row.rows_out:,} rows "
        f"that add up to {row.checksum!r} ({row.weighted_checksum!r} weighted by keys)"
    )


def write_results(path: Path, results: Results) -> None:
    """Write the figures of a size."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(results), indent=2) + "\n", encoding="utf-8")


def read_results(path: Path) -> Results | None:
    """Return the figures of a size; None where nothing was measured yet."""
    if not path.exists():
        return None
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return Results(**{**document, "rows": tuple(Row(**row) for row in document["rows"])})
