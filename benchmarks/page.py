"""``README.md`` of the benchmarks: what is measured and how, and the newest figures as tables and charts."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.chart import SHOWN
from benchmarks.queries import QUERIES
from benchmarks.results import Results, Row

_TEXT = """\
# Benchmarks

<!-- Written by `make bench` (benchmarks/page.py): change it there. -->

The questions that are asked of dsgrid, each answered by several plans in one run, side by side. Every run is a process
of its own, from its start to the last byte of its result.

    make bench                                     # {default:,} values: hours, most of them for the step-wise plans
    make bench VALUES=1e6                          # a quarter of an hour
    make bench VALUES=1e9 ARGS="--queries hourly_by_state_fuel --plans ours,duckdb --engines sail,duckdb --runs 3"

A part that is measured again replaces its rows in `results/<values>.json`; the rest stays. Results of plans that differ
by more than 1e-9 are shown, and the command ends with 1. A step-wise plan that would fill the disk is left out.

**Data.** County x building type x end use x hour of a year: two tables, end uses are columns, loads of a typical
building times the number of buildings. Beside them hourly loads of industry by state, charging of vehicles in typical
weeks, and growth rates by census region, end use and model year to 2050. They are generated in `build/bench/<values>`
once, registered and submitted to a project with states, fuels and sectors (`benchmarks/specs/`). To make them anew,
remove that folder.

**Questions.**

{queries}

**Plans.**

- `ours`: `dsgrid run benchmarks/specs/<question>.toml`, embedded (Sail) and on Spark.
- `stepwise`: as existing systems do. Each mapping is joined onto the table at full resolution, with strings as keys;
  rows that mappings bring together are summed there; the mapped table (for the projection: the projected one) is
  written, read again and aggregated. Same engines, same settings, same stored files. It runs once.
- `duckdb`: SQL written by hand for the one question, fused as an expert would, on the same stored files.

Plans other than `stepwise` run {runs} times, in turns; figures are medians.

**Figures.** Seconds by the clock; CPU seconds and peak resident memory of all processes of a run (looked at every
50 ms); what they read, programs and libraries included; on Spark jobs and shuffled bytes, from its event log. "x" are
the CPU seconds of a plan as a multiple of dsgrid's on the same engine (of DuckDB: embedded).

**Other measurements.** `python -m benchmarks.registering` registers the large dataset beside copying its file with the
same engine; `python -m benchmarks.gaps` explains millions of missing combinations; `python -m benchmarks.streaming`
downloads a result of 2 GB in every form from a server, and watches its memory; `python -m benchmarks.viewer` looks at
the viewer's pages in Chromium, over a registry of 3,200 counties and 60 datasets. All print what they find.
"""


def page(sizes: Sequence[Results], default: int, runs: int) -> str:
    """Return the page.

    Parameters
    ----------
    sizes
        The figures of each size, as they are to be shown.
    default
        How many values there are when nothing is said.
    runs
        How often a plan runs when nothing is said.
    """
    queries = "\n".join(f"- `{query.name}`: {query.about}" for query in QUERIES)
    parts = [_TEXT.format(default=default, runs=runs, queries=queries)]
    parts += [_section(results) for results in sizes]
    return "\n".join(parts)


def _section(results: Results) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in results.versions.items())
    return "\n".join(
        (
            f"## {results.values:,} values",
            "",
            f"{results.machine}; {versions}.",
            "",
            f"![CPU seconds](results/{results.values}.svg)",
            "",
            *_table(results),
            "",
        )
    )


def _table(results: Results) -> list[str]:
    lines = [
        "| question | plan | wall s | CPU s | x | peak MB | read MB | shuffled MB | jobs | rows |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for row in results.rows:
        cells = (
            f"`{row.query}`",
            SHOWN[row.plan, row.engine][0],
            _number(row.wall_s),
            _number(row.cpu_s),
            _multiple(row, results),
            f"{row.peak_mb:,.0f}",
            "" if row.read_mb is None else f"{row.read_mb:,.0f}",
            "" if row.shuffle_bytes is None else _number(row.shuffle_bytes / 1e6),
            "" if row.jobs is None else str(row.jobs),
            f"{row.rows_out:,}",
        )
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _multiple(row: Row, results: Results) -> str:
    own = results.row(row.query, "ours", "spark" if row.engine == "spark" else "sail")
    return "" if own is None or own is row or not own.cpu_s else f"{row.cpu_s / own.cpu_s:,.1f}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
