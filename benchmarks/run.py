"""Ask the questions of the field in every way, side by side, and keep the figures.

python -m benchmarks [--values 1e8] [--queries ...] [--plans ...] [--engines ...] [--runs 5]
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.chart import bar_chart
from benchmarks.checksum import Checksum, checksum
from benchmarks.event_log import Work
from benchmarks.generate import Bench
from benchmarks.machine import machine, versions
from benchmarks.measure import Cost, MeasuredCommandError
from benchmarks.page import page
from benchmarks.plans import PLANS, ROOT, Plan
from benchmarks.preparation import prepared, told
from benchmarks.queries import QUERIES, Query
from benchmarks.results import Results, Row, disagreements, merged, read_results, row_of, write_results

DEFAULT_VALUES = 100_000_000
DEFAULT_RUNS = 5
NAMES = tuple(query.name for query in QUERIES)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, keep the figures, write the page; return 1 where a plan failed or plans disagree."""
    chosen = _parser().parse_args(arguments)
    bench = prepared(chosen.folder.absolute(), chosen.values)
    plans = [plan for plan in PLANS if plan.name in chosen.plans and plan.engine in chosen.engines]
    for plan in plans:
        if plan.lacks:
            print(f"{plan.told} is left out: {plan.lacks}")
    path = chosen.results / f"{chosen.values}.json"
    results = empty = Results(machine(), versions(), chosen.values, bench.values)
    problems: list[str] = []
    for query in (one for one in QUERIES if one.name in chosen.queries):
        measured = Measured(bench, query, [plan for plan in plans if not plan.lacks])
        measured.take_turns(chosen.runs)
        problems += measured.failures
        # Kept after each question: a run takes long.
        results = merged(read_results(path), replace(empty, rows=measured.rows()), NAMES)
        write_results(path, results)
        _write_page(chosen.results, chosen.values)
    print(f"\n{path}")
    problems += [f"NOT EQUAL: {line}" for line in disagreements(results.rows)]
    for line in problems:
        print(line)
    return 1 if problems else 0


class Measured:
    """One question, answered by several plans."""

    def __init__(self, bench: Bench, query: Query, plans: Sequence[Plan]) -> None:
        self.bench = bench
        self.query = query
        self.plans = [plan for plan in plans if self._fits(plan)]
        self.runs: dict[Plan, list[tuple[Cost, Work | None]]] = {plan: [] for plan in self.plans}
        self.tables: dict[Plan, Checksum] = {}
        self.failures: list[str] = []

    def _fits(self, plan: Plan) -> bool:
        needed, free = plan.needs(self.bench, self.query), shutil.disk_usage(self.bench.folder).free
        if needed > 0.8 * free:
            what = f"{plan.told} is left out of {self.query.name}"
            print(f"{what}: it writes about {needed / 1e9:,.0f} GB, and {free / 1e9:,.0f} GB are free")
        return needed <= 0.8 * free

    def take_turns(self, count: int) -> None:
        """Let each plan answer so many times, in turns; a step-wise plan answers once."""
        for turn in range(count):
            for plan in self.plans:
                if (turn and plan.name == "stepwise") or len(self.runs[plan]) < turn:  # it has failed
                    continue
                what = f"{self.query.name}, {plan.told}"
                try:
                    cost, work = plan.run(self.bench, self.query)
                except MeasuredCommandError as error:
                    self.failures.append(f"FAILED: {what}: {error}")
                    print(self.failures[-1], flush=True)
                    continue
                self.runs[plan].append((cost, work))
                self.tables[plan] = checksum(plan.result(self.bench, self.query), self.query.keys)
                print(f"{what}: {told(cost)}", flush=True)

    def rows(self) -> tuple[Row, ...]:
        """Return the figures of the plans that answered."""
        return tuple(
            row_of((self.query.name, plan.name, plan.engine), self.runs[plan], table)
            for plan, table in self.tables.items()
        )


def _write_page(folder: Path, values: int) -> None:
    """Write the chart of a size, and the page of all sizes."""
    results = read_results(folder / f"{values}.json")
    if results is not None:
        (folder / f"{values}.svg").write_text(bar_chart(results), encoding="utf-8")
    (folder.parent / "README.md").write_text(page_of(folder), encoding="utf-8")


def page_of(folder: Path) -> str:
    """Return the page of all sizes whose figures are in a folder, the largest first."""
    sizes = sorted((int(path.stem) for path in folder.glob("*.json")), reverse=True)
    found = [results for size in sizes if (results := read_results(folder / f"{size}.json"))]
    return page(found, DEFAULT_VALUES, DEFAULT_RUNS)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure queries side by side.")
    parser.add_argument("--values", type=_count, default=DEFAULT_VALUES, help="about how many values (1e8)")
    parser.add_argument("--queries", type=_some(NAMES), default=NAMES, help=f"some of {','.join(NAMES)}")
    plans = tuple(dict.fromkeys(plan.name for plan in PLANS))
    parser.add_argument("--plans", type=_some(plans), default=plans, help=f"some of {','.join(plans)}")
    engines = tuple(dict.fromkeys(plan.engine for plan in PLANS))
    parser.add_argument("--engines", type=_some(engines), default=engines, help=f"some of {','.join(engines)}")
    parser.add_argument("--runs", type=int, default=DEFAULT_RUNS, help="of each plan but the step-wise ones (5)")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "bench", help="where the data are made")
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "results", help="where figures are kept")
    return parser


def _count(text: str) -> int:
    return int(float(text))


def _some(known: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    def chosen(text: str) -> tuple[str, ...]:
        names = tuple(text.split(","))
        for name in names:
            if name not in known:
                raise argparse.ArgumentTypeError(f'no "{name}"; there are {", ".join(known)}')
        return names

    return chosen


if __name__ == "__main__":
    sys.exit(main())
