"""What is expected of a query before it runs: rows, bytes on disk, time; and whether the disk has room for it."""

from __future__ import annotations

import platform
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dsgrid.datasets.offenders import counted
from dsgrid.engine import available_cores
from dsgrid.operations.estimate import Estimate, estimate
from dsgrid.operations.progress import ESTIMATE, WARNING, Event, Progress, emit, in_bytes, tell
from dsgrid.operations.run_history import read_runs
from dsgrid.query.plan import Plans
from dsgrid.query.size import Work, work
from dsgrid.storage.location import Location

CONNECT = "connect"  # what an engine is called that is named by a URL


@dataclass(frozen=True)
class Expected:
    """What a query will make, and how long that takes.

    Parameters
    ----------
    times
        For each engine of interest.
    free
        The bytes that are free where the result goes; None where that cannot be told, as of an object store.
    """

    work: Work
    times: tuple[Estimate, ...]
    place: Location
    free: int | None = None

    @property
    def makes(self) -> str:
        """The rows and bytes in words."""
        most = "" if self.work.exact else "at most "
        rows = f"{most}{counted(self.work.rows, 'row')}"
        reports = counted(self.work.reports, "report") if self.work.reports else ""
        tables = f"{rows}, about {in_bytes(self.work.bytes)} on disk" if self.work.rows or not reports else ""
        return ", and ".join(part for part in (tables, reports) if part)

    @property
    def warning(self) -> str:
        """What is to be said where the disk is too small; empty where it is not."""
        if self.free is None or self.work.bytes <= self.free:
            return ""
        return (
            f"the result takes about {in_bytes(self.work.bytes)}, but only {in_bytes(self.free)} are free "
            f"in {self.place}"
        )

    def text(self) -> str:
        """Return all of it as one sentence."""
        return "; ".join([f"expected: {self.makes}", *(f"time {one.text()}" for one in self.times)])

    def figures(self) -> dict[str, int]:
        """Return what is kept of it in the history of runs."""
        return {name: value for name, value in asdict(self.work).items() if name != "exact"}

    def document(self) -> dict[str, Any]:
        """Return the same for programs."""
        return {**asdict(self.work), "time": [asdict(one) for one in self.times], "warning": self.warning}


def expect(plans: Plans, place: Location, engine: str, *, others: bool = False) -> Expected:
    """Return what is expected of a query.

    Parameters
    ----------
    place
        Where the result goes.
    engine
        The engine that will run it.
    others
        Also tell the time of other engines that queries have run on here.
    """
    engine = CONNECT if engine.startswith("sc://") else engine
    runs = runs_here()
    used = {str(run["engine"]) for run in runs if "engine" in run and run.get("job")}
    engines = [engine, *sorted(used - {engine})] if others else [engine]
    todo = work(plans)
    return Expected(todo, tuple(estimate(todo, runs, each) for each in engines), place, free_bytes(place))


def runs_here() -> list[dict[str, Any]]:
    """Return the past runs on this machine, with as many cores as there are now, the oldest first."""
    here, cores = platform.node(), available_cores()
    return [run for run in read_runs() if run.get("host") == here and run.get("cpus") == cores]


def tell_expected(progress: Progress | None, expected: Expected) -> None:
    """Tell a listener what is expected, and warn where the disk is too small."""
    seconds = expected.times[0].seconds if expected.times else None
    emit(progress, Event(ESTIMATE, expected.text(), seconds, expected.work.rows, expected.work.bytes))
    if expected.warning:
        tell(progress, expected.warning, WARNING)


def free_bytes(place: Location) -> int | None:
    """Return how many bytes are free where something is to be written, perhaps in folders that are not there yet."""
    if not isinstance(place, Path):
        return None
    for folder in (place.absolute(), *place.absolute().parents):
        try:
            return shutil.disk_usage(folder).free
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            return None
    return None
