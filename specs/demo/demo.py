"""The whole way in a minute: make data, register them, ask questions, look at the answers.

Each step is one of the specs beside this file, and can be run alone: ``dsgrid run specs/demo/annual_by_state.toml``.
Embedded Sail does the work through the Python API. With ``--engine spark`` the same specs go through spark-submit.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
from generate import generate
from page import write_page
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

import dsgrid
from dsgrid.errors import DsgridError

SPECS = Path(os.path.relpath(Path(__file__).parent))
BUILD = Path(os.path.relpath(Path(__file__).resolve().parents[2] / "build" / "demo"))
REGISTRY = BUILD / "registry"
RESULTS = BUILD / "results"
PAGE = BUILD / "hot_week.html"
QUERIES = ("annual_by_state", "hourly_by_state", "electricity_by_end_use", "eastern_homes_by_hour", "growth_by_state")


def main() -> None:
    """Run the demo."""
    parser = argparse.ArgumentParser(description="Make data, register them, ask questions, look at the answers.")
    parser.add_argument("--engine", default="sail", metavar="sail|spark|sc://HOST:PORT", help="by default embedded")
    engine = parser.parse_args().engine
    began, screen = time.monotonic(), Screen()
    for folder in (REGISTRY, RESULTS):
        shutil.rmtree(folder, ignore_errors=True)
    with screen.step("generate"):
        rows = generate(data=BUILD / "data")
        screen.done(f"made {sum(rows.values()):,} rows of data in {BUILD / 'data'}")
    if engine == "sail":
        run_here(screen)
    else:
        run_as_commands(screen, engine)
    screen.console.print()
    screen.console.print(annual_table())
    hourly = [dsgrid.open_result(RESULTS / name).to_pandas() for name in ("electricity_by_end_use", "hourly_by_state")]
    write_page(PAGE, *hourly)
    screen.console.print(f"A hot week, hour by hour: {PAGE}", f"All tables: {RESULTS}", sep="\n")
    screen.console.print(f"Done in {time.monotonic() - began:.0f} seconds.")


class Screen:
    """What the user sees of a step: a spinner with the last message, then one line that says what was done."""

    def __init__(self) -> None:
        self.console = Console(highlight=False)
        self._status = self.console.status("")
        self._name = self._done = ""

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Show that a step works, and how long it took."""
        self._name = self._done = name
        began = time.monotonic()
        with self._status:
            self("")
            yield
        seconds = f"{time.monotonic() - began:4.1f} s"
        self.console.print(f"[green]✓[/] [dim]{seconds}[/]  {escape(self._done)}", soft_wrap=True)

    def __call__(self, message: str) -> None:
        """Take a message about progress."""
        self._status.update(escape(f"{self._name}: {message}" if message else self._name))

    def done(self, message: str) -> None:
        """Take the line that says what the step did."""
        self._done = message.splitlines()[0].replace(f" in {REGISTRY}", "")


def run_here(screen: Screen) -> None:
    """Run every spec through the Python API, in this process."""
    with screen.step("create_registry"):
        registry = dsgrid.open_registry(REGISTRY, create=True, progress=screen)
        screen.done(f"created registry {REGISTRY}")
    steps = (
        ("register_project", registry.register_project),
        ("register_commercial", registry.register_dataset),
        ("register_residential", registry.register_dataset),
        ("register_growth", registry.register_dataset),
        ("submit_commercial", registry.submit_dataset),
        ("submit_residential", registry.submit_dataset),
        ("submit_growth", registry.submit_dataset),
        *((name, registry.query) for name in QUERIES),
    )
    for name, operation in steps:
        with screen.step(name):
            screen.done(operation(SPECS / f"{name}.toml").report())


def run_as_commands(screen: Screen, engine: str) -> None:
    """Run every spec with ``dsgrid run SPEC --engine ENGINE``, each in a process of its own."""
    datasets = ("commercial", "residential", "growth")
    registration = ("create_registry", "register_project", *(f"register_{name}" for name in datasets))
    for name in (*registration, *(f"submit_{name}" for name in datasets), *QUERIES):
        with screen.step(name):
            command = [sys.executable, "-m", "dsgrid", "run", str(SPECS / f"{name}.toml"), "--engine", engine]
            done = subprocess.run(command, check=False, text=True, capture_output=True)
            if done.returncode:
                screen.console.print(done.stdout + done.stderr, style="red", markup=False)
                sys.exit(done.returncode)
            # spark-submit turns stderr into stdout: the report stands among lines of progress, "[ 1.2 s] ...".
            screen.done("\n".join(line for line in done.stdout.splitlines() if not line.startswith("[")))


def annual_table() -> Table:
    """Return the year's use by end use and state, in the order and with the names of the project's records."""
    annual = dsgrid.open_result(RESULTS / "annual_by_state").to_pandas()
    project = dsgrid.open_registry(REGISTRY).project("three_states_2018")
    dimensions = (*project.base, *(one.dimension for one in project.supplemental))
    records = {dimension.name: dimension.records for dimension in dimensions}
    (unit,), (year,) = annual["unit"].unique(), annual["annual"].unique()
    values = annual.set_index(["scenario", "fuel", "end_use", "state"])["value"].sort_index()

    table = Table(title=f"Energy use of buildings in {year}, {unit}", title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("", no_wrap=True)
    for name in (*(state.name for state in records["state"]), "All"):
        table.add_column(name, justify="right")
    for scenario in records["scenario"]:
        table.add_section()
        table.add_row(f"[bold cyan]{scenario.name}")
        for fuel in records["fuel"]:
            by_state = values.loc[scenario.id, fuel.id].unstack().reindex(columns=records["state"].ids)
            for end_use in records["end_use"]:
                if end_use.id in by_state.index:
                    table.add_row(f"  {end_use.name}", *cells(by_state.loc[end_use.id]))
            table.add_row(f"  {fuel.name.replace('_', ' ').capitalize()}", *cells(by_state.sum()), style="bold")
    return table


def cells(values: pd.Series) -> list[str]:
    """Return the numbers and their sum as text."""
    return [f"{value:,.0f}" for value in (*values, values.sum())]


if __name__ == "__main__":
    try:
        main()
    except DsgridError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
