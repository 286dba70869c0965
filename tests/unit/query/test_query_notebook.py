"""What a notebook shows of a result: few rows, safe text, numbers as people read them."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from reference.example import plan_of

from dsgrid.operations.explain import Explained
from dsgrid.query.notebook import table
from dsgrid.query.plan import Plans
from dsgrid.query.result import open_result


def test_text_is_never_markup() -> None:
    shown = table([{"name": "<b>bold</b>", "value": 1.0}], ["name", "value"])
    assert "<b>bold" not in shown
    assert "&lt;b&gt;bold" in shown


def test_numbers_stand_to_the_right_and_have_thousands() -> None:
    shown = table([{"state": "CA", "value": 1234567.8, "rows": 1000}], ["state", "value", "rows"])
    assert "1,234,568" in shown
    assert "1,000" in shown
    assert shown.count("text-align:right") == 4


def test_a_result_shows_its_first_rows_and_the_current_run_is_opened(tmp_path: Path) -> None:
    run = tmp_path / "annual" / "run"
    run.mkdir(parents=True)
    (run.parent / "current.json").write_text(json.dumps({"run": "run"}))
    pq.write_table(
        pa.table({"annual": range(2000, 2050), "value": [1.5] * 50, "unit": ["MWh"] * 50}), run / "table.parquet"
    )
    columns = [
        {"name": name, "type": type_, "holds": holds}
        for name, type_, holds in (
            ("annual", "time", "int64"),
            ("value", "value", "float64"),
            ("unit", "unit", "string"),
        )
    ]
    manifest = {
        "query": "annual",
        "table": "table.parquet",
        "rows": 50,
        "project": "p@1.0.0",
        "datasets": [{"id": "d", "version": "1.0.0"}],
        "columns": columns,
        "sums": [{"unit": "MWh", "found": 75.0}],
    }
    (run / "manifest.json").write_text(json.dumps(manifest))
    shown = open_result(run.parent)._repr_html_()
    assert shown.count("<tr>") == 11
    assert "75 MWh in 50 rows" in shown
    assert "2,000" not in shown


def test_a_plan_shows_its_explanation() -> None:
    assert repr(Explained(Plans(plan_of("")))).startswith("query example on west@")
