"""Results in other orders: a sorted copy is made when the first client asks for an order, and kept beside the result.

Pages of a sorted table are read from that copy, as those of the table itself are from its own files. Of the copies of a
result the last few are kept: one that has gone is made again, the same, when somebody asks.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fastapi import FastAPI

from dsgrid.api.access.gates import Gate
from dsgrid.api.jobs.attempt_folder import FORMS
from dsgrid.api.limits import Limits
from dsgrid.api.problems.problems import BusyError
from dsgrid.api.results.held import Held
from dsgrid.api.results.made_tables import MadeTables
from dsgrid.api.results.row_order import Order
from dsgrid.api.results.sorting import Sorting
from dsgrid.api.results.table_forms import EDITION
from dsgrid.api.results.table_reading import StoredTable, read_open
from dsgrid.storage.location import Location

if TYPE_CHECKING:
    import pyarrow as pa

KEPT: Final = 6  # copies of a result
_NAME: Final = re.compile(r"sorted\.[0-9a-f]{32}\.parquet")
_LOCK: Final = threading.Lock()


@dataclass(frozen=True)
class SortedTable(StoredTable):
    """The table of a result, read from a sorted copy.

    Parameters
    ----------
    path
        Of the copy.
    """

    path: Path

    @cached_property
    def files(self) -> list[Location]:
        """The copy."""
        return [self.path]

    def pieces(self, start: int = 0, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """Yield its rows from one on, as the table itself does."""
        import pyarrow as pa

        names = self.schema.names if columns is None else columns
        try:
            yield from read_open(self.path, start, pa.schema([self.schema.field(name) for name in names]))
        except FileNotFoundError:
            raise BusyError("the sorted table has made room for others; ask again", retry_after=1) from None


class SortedTables:
    """Makes sorted copies, one after the other: each takes memory for every row of its table."""

    def __init__(self, limits: Limits) -> None:
        gate = Gate("tables that are sorted", 1, limits.answer_time)
        self._makers = MadeTables(lambda: gate)

    def made(self, one: Held, order: Order) -> tuple[SortedTable, Future[None]]:
        """Return a sorted table, and what is done when its copy is there; it may be already."""
        path = sorted_path(one, order)
        if path.is_file():
            _touch(path)
        else:
            _make_room(path)
        return SortedTable(one.result, path), self._makers.made(Sorting(one.table, order, path.parent), path)


def sorted_tables(app: FastAPI) -> SortedTables:
    """Return what makes sorted copies for a server."""
    with _LOCK:
        found: SortedTables | None = getattr(app.state, "sorted_tables", None)
        if found is None:
            found = app.state.sorted_tables = SortedTables(app.state.context.settings.limits)
        return found


def sorted_path(one: Held, order: Order) -> Path:
    """Return where the copy of a result in an order is kept, once it was made."""
    told = json.dumps([EDITION, one.digest, order])
    name = f"sorted.{hashlib.sha256(told.encode()).hexdigest()[:32]}.parquet"
    return one.folder / FORMS / (f"{one.name}.{name}" if one.name else name)


def _touch(path: Path) -> None:
    """Note that a copy was asked for; what tells it from another one, when it was made, stays as it is."""
    with contextlib.suppress(OSError):
        os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))


def _make_room(path: Path) -> None:
    """Remove the copies that were not asked for the longest, so that another one is not one too many."""
    before = path.name[: -len("sorted.") - 32 - len(".parquet")]
    found = []
    with contextlib.suppress(OSError):
        for each in path.parent.iterdir():
            if each.name.startswith(before) and _NAME.fullmatch(each.name, len(before)):
                with contextlib.suppress(OSError):
                    found.append((each.stat().st_atime_ns, each))
    for _, each in sorted(found)[: max(0, len(found) - KEPT + 1)]:
        with contextlib.suppress(OSError):
            each.unlink()
