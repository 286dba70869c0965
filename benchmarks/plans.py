"""The plans that answer a question side by side, each as a command of its own."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import event_log, measure
from benchmarks.generate import Bench
from benchmarks.queries import Query
from benchmarks.records import MODEL_YEARS
from dsgrid.operations.job import SHORT_WORK
from dsgrid.operations.launch import java_command, job_file, spark_submit_command, spark_submit_environment
from dsgrid.query.result import open_result

ROOT = Path(__file__).resolve().parents[1]
_BYTES_PER_MAPPED_VALUE = 10  # a number of 8 bytes, which no longer is one of few, and its keys


@dataclass(frozen=True)
class Plan:
    """A way to answer, and the engine that does the work.

    Parameters
    ----------
    name
        ``ours`` (dsgrid), ``stepwise`` (as existing systems do) or ``duckdb`` (SQL written by hand).
    engine
        ``sail``, ``spark`` or ``duckdb``.
    """

    name: str
    engine: str

    @property
    def told(self) -> str:
        """What it is called where it is told of."""
        return self.name if self.name == self.engine else f"{self.name} on {self.engine}"

    @property
    def lacks(self) -> str:
        """What this machine lacks for it; empty when nothing."""
        if self.engine == "spark" and java_command() is None:
            return "there is no Java"
        if self.engine == "duckdb" and importlib.util.find_spec("duckdb") is None:
            return "duckdb is not installed (pip install 'dsgrid[dev]')"
        return ""

    def needs(self, bench: Bench, query: Query) -> int:
        """Return about how many bytes of disk it takes for what it writes on the way."""
        if self.name != "stepwise" or "county_loads" not in query.datasets:
            return 0
        copies = len(MODEL_YEARS) if "growth" in query.datasets else 1
        return bench.values * copies * _BYTES_PER_MAPPED_VALUE

    def command(self, bench: Bench, query: Query) -> list[str]:
        """Return the command that answers a question."""
        if self.name == "ours":
            conf = event_log.settings(_log_folder(bench)) if self.engine == "spark" else {}
            settings = [part for key, value in conf.items() for part in ("--conf", f"{key}={value}")]
            return dsgrid_run(bench, [query.spec], "--engine", self.engine, *settings)
        if self.name == "duckdb":
            return [sys.executable, "-m", "benchmarks.by_hand", str(bench.folder), query.name]
        arguments = [str(bench.folder), query.name, self.engine]
        if self.engine == "spark":
            short = bench.values < SHORT_WORK
            return submitted("stepwise", arguments, short=short, conf=event_log.settings(_log_folder(bench)))
        return [sys.executable, "-m", "benchmarks.stepwise", *arguments]

    def result(self, bench: Bench, query: Query) -> list[Path]:
        """Return the Parquet files that the command leaves."""
        if self.name == "ours":
            return [Path(str(path)) for path in open_result(bench.folder / "results" / query.name).files]
        folder = "by_hand" if self.name == "duckdb" else "stepwise"
        return [bench.folder / folder / f"{query.name}.parquet"]

    def run(self, bench: Bench, query: Query) -> tuple[measure.Cost, event_log.Work | None]:
        """Answer a question in a process of its own, and return what that cost."""
        logs = _log_folder(bench)
        shutil.rmtree(logs, ignore_errors=True)
        logs.mkdir()
        shutil.rmtree(bench.folder / "results" / query.name, ignore_errors=True)
        cost = measure.run(self.command(bench, query), environment(), bench.folder)
        return cost, event_log.read_work(logs)


# What takes longest comes last.
PLANS = (
    Plan("ours", "sail"),
    Plan("duckdb", "duckdb"),
    Plan("ours", "spark"),
    Plan("stepwise", "sail"),
    Plan("stepwise", "spark"),
)


def _log_folder(bench: Bench) -> Path:
    return bench.folder / "event_log"


def dsgrid_run(bench: Bench, specs: Sequence[Path], *options: str) -> list[str]:
    """Return the command that runs specs of the benchmark in its folder."""
    names = [str(spec) for spec in specs]
    return [sys.executable, "-m", "dsgrid", "run", *names, "--set", f"folder={bench.folder}", *options]


def submitted(script: str, arguments: Sequence[str], *, short: bool, conf: dict[str, str]) -> list[str]:
    """Return the command that dsgrid itself would use, with a script of ours in its job's place."""
    command = spark_submit_command("query", Path(arguments[0]), short=short, conf=conf)
    position = command.index(str(job_file("query")))
    return [*command[:position], str(ROOT / "benchmarks" / f"{script}.py"), *arguments]


def environment() -> dict[str, str]:
    """Return the environment of what is measured."""
    # Only what runs here needs the checkout; an installed dsgrid is found without.
    paths = [str(ROOT), str(ROOT / "lib"), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**spark_submit_environment(), "PYTHONPATH": os.pathsep.join(paths)}
