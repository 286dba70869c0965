"""Run the field's queries in every way and report whole-process figures side by side.

python -m benchmarks [--values 3e6] [--ways dsgrid-sail,stepwise-sail,...] [--questions ...] [--folder build/bench]
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks import measure
from benchmarks.generate import Bench, generate
from benchmarks.queries import QUESTIONS, Question
from dsgrid.engine import available_cores
from dsgrid.operations.launch import java_command, job_file, spark_submit_command, spark_submit_environment
from dsgrid.query.result import open_result

ROOT = Path(__file__).resolve().parents[1]
DEFAULT_VALUES = 3e6
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Figure:
    """What one question cost in one way, and what its result adds up to."""

    question: str
    way: str
    wall: float
    cpu: float
    peak: int
    rows: int
    total: float


@dataclass(frozen=True)
class Way:
    """A way to answer: its command, and where it leaves its result."""

    name: str
    command: Callable[[Bench, Question], list[str]]
    result: Callable[[Bench, Question], Path]
    lacks: str = ""


def ways() -> tuple[Way, ...]:
    """Return every way, with what it lacks on this machine."""
    no_java = "" if java_command() else "no Java"
    no_duckdb = "" if importlib.util.find_spec("duckdb") else "duckdb is not installed (pip install duckdb)"
    return (
        Way("dsgrid-sail", _dsgrid("sail"), _published),
        Way("stepwise-sail", _script("stepwise", "sail"), _left_in("stepwise")),
        Way("dsgrid-spark", _dsgrid("spark"), _published, no_java),
        Way("stepwise-spark", _submitted, _left_in("stepwise"), no_java),
        Way("duckdb-sql", _script("by_hand"), _left_in("by_hand"), no_duckdb),
    )


def _dsgrid(engine: str) -> Callable[[Bench, Question], list[str]]:
    return lambda bench, question: [*_dsgrid_run(bench, question.name), "--engine", engine]


def _dsgrid_run(bench: Bench, name: str) -> list[str]:
    return [sys.executable, "-m", "dsgrid", "run", str(bench.folder / f"{name}.toml")]


def _script(module: str, *arguments: str) -> Callable[[Bench, Question], list[str]]:
    return lambda bench, question: [
        sys.executable,
        "-m",
        f"benchmarks.{module}",
        str(bench.folder),
        question.name,
        *arguments,
    ]


def _submitted(bench: Bench, question: Question) -> list[str]:
    """Return the command that dsgrid itself would use, with the other script in its place."""
    command = spark_submit_command("query", bench.folder)
    position = command.index(str(job_file("query")))
    script = str(ROOT / "benchmarks" / "stepwise.py")
    return [*command[:position], script, str(bench.folder), question.name, "spark"]


def _published(bench: Bench, question: Question) -> Path:
    return open_result(bench.folder / "results" / question.name).path


def _left_in(folder: str) -> Callable[[Bench, Question], Path]:
    return lambda bench, question: bench.folder / folder / f"{question.name}.parquet"


def prepared(folder: Path, values: float) -> tuple[Bench, measure.Cost | None]:
    """Return a generated and registered dataset; one that is there already is used again."""
    folder = folder / f"{values:.0e}".replace("+", "")
    done = folder / "bench.json"
    if done.exists():
        return Bench(folder, json.loads(done.read_text())["counties"]), None
    shutil.rmtree(folder, ignore_errors=True)
    print(f"generating about {values:.0e} values in {folder}")
    bench = generate(folder, int(values))
    for question in QUESTIONS:
        (folder / f"{question.name}.toml").write_text(question.spec, encoding="utf-8")
    for name in ("create_registry", "register_project"):
        measure.run(_dsgrid_run(bench, name), _environment(), folder)
    print("registering (embedded)")
    cost = measure.run(_dsgrid_run(bench, "register_dataset"), _environment(), folder)
    measure.run(_dsgrid_run(bench, "submit_dataset"), _environment(), folder)
    (folder / "load_data.parquet").unlink()
    done.write_text(json.dumps({"counties": bench.counties}))
    return bench, cost


def _environment() -> dict[str, str]:
    # Only what runs here needs the checkout; an installed dsgrid is found without.
    paths = [str(ROOT), str(ROOT / "lib"), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**spark_submit_environment(), "PYTHONPATH": os.pathsep.join(paths)}


def measured(bench: Bench, question: Question, way: Way) -> Figure:
    """Answer one question in one way, in a process of its own."""
    cost = measure.run(way.command(bench, question), _environment(), bench.folder)
    values = pq.read_table(way.result(bench, question), columns=["value"])["value"]
    return Figure(question.name, way.name, cost.wall, cost.cpu, cost.peak, len(values), pc.sum(values).as_py())


def report(figures: Sequence[Figure]) -> str:
    """Return the figures as a table, with each way's ratios to dsgrid on the same engine (DuckDB: embedded)."""
    lines = [f"{'question':<26}{'way':<16}{'wall s':>8}{'CPU s':>9}{'peak MB':>9}{'rows':>11}   wall x   CPU x"]
    for figure in figures:
        own = _own(figure, figures)
        ratios = f"{figure.wall / own.wall:>8.1f}{figure.cpu / own.cpu:>8.1f}" if own else ""
        lines.append(
            f"{figure.question:<26}{figure.way:<16}{figure.wall:>8.2f}{figure.cpu:>9.2f}{figure.peak / 1e6:>9.0f}"
            f"{figure.rows:>11,} {ratios}{_doubt(figure, figures)}"
        )
    return "\n".join(lines)


def _own(figure: Figure, figures: Sequence[Figure]) -> Figure | None:
    name = "dsgrid-spark" if figure.way.endswith("spark") else "dsgrid-sail"
    return next((one for one in figures if one.way == name and one.question == figure.question), None)


def _doubt(figure: Figure, figures: Sequence[Figure]) -> str:
    first = next(one for one in figures if one.question == figure.question)
    same = figure.rows == first.rows and abs(figure.total - first.total) <= TOLERANCE * abs(first.total)
    return "" if same else f"   DIFFERS: adds up to {figure.total!r}, {first.way} to {first.total!r}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, write ``figures.json``."""
    every = ways()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure queries side by side.")
    parser.add_argument("--values", type=float, default=DEFAULT_VALUES, help="about how many values (3e6)")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "bench", help="where the data are made")
    parser.add_argument("--ways", default=",".join(way.name for way in every), help="which, separated by commas")
    parser.add_argument("--questions", default=",".join(one.name for one in QUESTIONS), help="the same for questions")
    chosen = parser.parse_args(arguments)
    bench, registering = prepared(chosen.folder.absolute(), chosen.values)
    if registering:
        print(f"registered {bench.values:,} values: {_cost(asdict(registering))}")
    figures = []
    for question in (one for one in QUESTIONS if one.name in chosen.questions.split(",")):
        for way in (one for one in every if one.name in chosen.ways.split(",")):
            if way.lacks:
                print(f"{way.name} is left out: {way.lacks}")
                continue
            figures.append(measured(bench, question, way))
            print(f"{question.name}, {way.name}: {_cost(asdict(figures[-1]))}", flush=True)
    print(f"\n{bench.values:,} values, {available_cores()} cores, {platform.machine()}\n{report(figures)}")
    document = {"values": bench.values, "cores": available_cores(), "figures": [asdict(one) for one in figures]}
    if registering:
        document["registering"] = asdict(registering)
    (bench.folder / "figures.json").write_text(json.dumps(document, indent=2) + "\n")
    print(f"\n{bench.folder / 'figures.json'}")
    return 1 if "DIFFERS" in report(figures) else 0


def _cost(cost: Mapping[str, float]) -> str:
    return f"{cost['wall']:.1f} s, {cost['cpu']:.1f} CPU s, {cost['peak'] / 1e6:,.0f} MB"


if __name__ == "__main__":
    sys.exit(main())
