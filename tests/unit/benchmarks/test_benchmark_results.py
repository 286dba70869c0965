"""The figures of the benchmarks: medians, merging, and what tells that plans disagree."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import benchmarks
import pytest
from benchmarks.chart import SHOWN, bar_chart
from benchmarks.checksum import Checksum
from benchmarks.event_log import Work
from benchmarks.measure import Cost
from benchmarks.page import page
from benchmarks.plans import PLANS
from benchmarks.queries import QUERIES
from benchmarks.results import Results, Row, disagreements, merged, read_results, row_of, write_results
from benchmarks.run import page_of

ORDER = ("hourly_by_state_fuel", "annual_by_state_fuel")
TABLE = Checksum(10, 100.0, 40.0)


def row(query: str = ORDER[0], plan: str = "ours", engine: str = "sail", cpu: float = 2.0, of: Checksum = TABLE) -> Row:
    return row_of((query, plan, engine), [(Cost(1.0, cpu, 300_000_000, 40_000_000), None)], of)


def results(*rows: Row, machine: str = "2 cores") -> Results:
    return Results(machine, {"dsgrid": "1"}, 1000, 1024, rows)


def test_figures_are_medians_of_the_runs() -> None:
    runs = [
        (Cost(wall, wall * 2, 10**6 * peak, None), Work(3, shuffled))
        for wall, peak, shuffled in ((5.0, 7, 10), (1.0, 9, 30), (3.0, 8, 20))
    ]
    found = row_of(("q", "ours", "spark"), runs, TABLE)
    assert (found.wall_s, found.cpu_s, found.peak_mb, found.read_mb) == (3.0, 6.0, 8.0, None)
    assert (found.jobs, found.shuffle_bytes, found.runs, found.rows_out) == (3, 20, 3, 10)


def test_engines_without_a_log_have_no_jobs() -> None:
    assert (row().jobs, row().shuffle_bytes) == (None, None)


def test_what_is_measured_again_replaces_only_itself() -> None:
    old = results(row(cpu=2.0), row(plan="stepwise", cpu=50.0), row(ORDER[1], cpu=3.0))
    found = merged(old, results(row(cpu=1.0)), ORDER)
    assert [(one.key, one.cpu_s) for one in found.rows] == [
        ((ORDER[0], "ours", "sail"), 1.0),
        ((ORDER[0], "stepwise", "sail"), 50.0),
        ((ORDER[1], "ours", "sail"), 3.0),
    ]


def test_figures_of_another_machine_are_not_mixed_in() -> None:
    old = results(row(ORDER[1]), machine="64 cores")
    assert merged(old, results(row()), ORDER) == results(row())


def test_questions_that_are_asked_no_longer_are_dropped() -> None:
    assert merged(results(row("asked_before")), results(row()), ORDER).rows == (row(),)


def test_figures_are_read_as_they_were_written(tmp_path: Path) -> None:
    kept = results(row(), row(plan="duckdb", engine="duckdb"))
    write_results(tmp_path / "new" / "1000.json", kept)
    assert read_results(tmp_path / "new" / "1000.json") == kept
    assert read_results(tmp_path / "2000.json") is None


@pytest.mark.parametrize("other", [Checksum(11, 100.0, 40.0), Checksum(10, 100.1, 40.0), Checksum(10, 100.0, 40.1)])
def test_plans_that_disagree_are_told(other: Checksum) -> None:
    (line,) = disagreements([row(), row(plan="stepwise", of=other), row(plan="duckdb", engine="duckdb")])
    assert line.startswith(f"{ORDER[0]}: stepwise (sail) gives {other.rows} rows that add up to {other.total!r}")


def test_plans_that_agree_but_for_rounding_are_not() -> None:
    near = Checksum(10, 100.0 * (1 + 1e-12), 40.0 * (1 - 1e-12))
    assert not disagreements([row(), row(plan="stepwise", of=near), row(ORDER[1], of=Checksum(1, 7.0, 3.0))])


def test_the_page_has_every_question_and_the_figures_of_each_size() -> None:
    small = replace(results(row(cpu=2.0), row(plan="stepwise", cpu=50.0)), values=1000)
    text = page([replace(small, values=2000), small], 10**8, 5)
    assert all(f"- `{query.name}`: {query.about}" in text for query in QUERIES)
    assert text.index("## 2,000 values") < text.index("## 1,000 values")
    assert "![CPU seconds](results/1000.svg)" in text
    assert "| `hourly_by_state_fuel` | dsgrid, embedded | 1.00 | 2.00 |  | 300 | 40 |  |  | 10 |" in text
    assert "| `hourly_by_state_fuel` | step-wise, embedded | 1.00 | 50.0 | 25.0 | 300 | 40 |  |  | 10 |" in text


def test_the_page_in_the_repository_shows_the_figures_in_the_repository() -> None:
    folder = Path(benchmarks.__file__).parent
    assert (folder / "README.md").read_text(encoding="utf-8") == page_of(folder / "results")
    assert all(path.with_suffix(".svg").exists() for path in (folder / "results").glob("*.json"))


def test_the_chart_has_a_bar_for_each_figure_on_a_logarithmic_scale() -> None:
    rows = [row(cpu=1.0), row(plan="duckdb", engine="duckdb", cpu=10.0), row(plan="stepwise", cpu=100.0)]
    chart = ET.fromstring(bar_chart(results(*rows, row(ORDER[1], cpu=1000.0))))
    colours = {colour for _, colour in SHOWN.values()}
    bars = [one for one in chart.findall(".//{*}rect") if one.get("fill") in colours and one.get("width") != "11"]
    widths = [float(bar.get("width", "")) for bar in bars]
    decade = widths[0]
    assert decade > 0
    assert widths == pytest.approx([decade, 2 * decade, 3 * decade, 4 * decade], abs=0.2)
    assert set(ORDER) <= {one.text for one in chart.findall(".//{*}text")}


def test_every_plan_has_a_name_and_a_colour() -> None:
    assert {(plan.name, plan.engine) for plan in PLANS} == set(SHOWN)
