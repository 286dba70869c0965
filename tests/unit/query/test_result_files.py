"""What a result on disk gives back: its files, its first rows, its further results, and what is told of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from reference.example import plan_of

from dsgrid.errors import ConservationError, DataError
from dsgrid.query import arrow_files
from dsgrid.query.conservation import Total, compare
from dsgrid.query.result import open_result
from dsgrid.registry.publish import write_manifest

COLUMNS = [
    {"name": "state", "type": "geography", "holds": "string"},
    {"name": "value", "type": "value", "holds": "float64"},
]


def _table(*states: str) -> pa.Table:
    return pa.table({"state": pa.array(states, pa.string()), "value": pa.array([1.5] * len(states), pa.float64())})


def _manifest(folder: Path, query: str, table: str, rows: int, **more: Any) -> None:
    entries: Mapping[str, Any] = {
        "query": query,
        "table": table,
        "rows": rows,
        "project": "p@1.0.0",
        "datasets": [{"id": "d", "version": "1.0.0"}],
        "columns": COLUMNS,
        "sums": [{"unit": "MWh", "expected": None, "carried": None, "found": 1.5 * rows, "absolute": None}],
    }
    write_manifest(folder, [], {**entries, **more})


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run of a query with two further results."""
    run = tmp_path / "example" / "run"
    for name, suffix in (("", "parquet"), ("few", "arrow"), ("parts", "parquet")):
        folder = run / name
        folder.mkdir(parents=True)
        path = folder / f"table.{suffix}"
        if name == "parts":
            for state in ("CA", "CO", "NY"):
                (path / f"state={state}").mkdir(parents=True)
                pq.write_table(_table(state, state), path / f"state={state}" / "part-0.parquet")
            _manifest(folder, "parts", path.name, 6)
        elif name == "few":
            arrow_files.write(_table("CA", "CO"), path)
            _manifest(folder, "few", path.name, 2, adds_up=False)
        else:
            pq.write_table(_table("CA"), path)
            _manifest(folder, "example", path.name, 1, results=["few", "parts"])
    (run.parent / "current.json").write_text(json.dumps({"run": "run"}))
    return run


def test_further_results_are_found_by_their_names_and_opened_by_their_folders(run: Path) -> None:
    result = open_result(run.parent)
    assert list(result.results) == ["few", "parts"]
    for name, found in result.results.items():
        alone = open_result(run / name)
        assert alone.folder == found.folder == run / name
        assert alone.results == {}
        assert alone.to_arrow().equals(found.to_arrow())
    assert open_result(str(run / "few")).to_arrow().equals(_table("CA", "CO"))


def test_a_result_tells_of_further_results_too(run: Path) -> None:
    assert open_result(run).report().splitlines() == [
        "example: 1 row, in all 1.5 MWh",
        f"{run}/table.parquet",
        "few: 2 rows",
        f"{run}/few/table.arrow",
        "parts: 6 rows, in all 9 MWh",
        f"{run}/parts/table.parquet",
    ]


def test_files_of_partitions_are_read_for_what_is_in_them(run: Path) -> None:
    parts = open_result(run / "parts")
    assert [path.parent.name for path in parts.files] == ["state=CA", "state=CO", "state=NY"]
    assert parts.to_arrow().equals(_table("CA", "CA", "CO", "CO", "NY", "NY"))
    assert parts.to_pandas()["state"].tolist() == ["CA", "CA", "CO", "CO", "NY", "NY"]


@pytest.mark.parametrize("rows", [1, 3, 5, 10])
def test_the_first_rows_come_from_as_many_files_as_they_need(run: Path, rows: int) -> None:
    parts = open_result(run / "parts")
    assert parts.head(rows).equals(parts.to_arrow().slice(0, rows))
    few = open_result(run / "few")
    assert few.head(rows).equals(few.to_arrow().slice(0, rows))


def test_a_large_result_is_not_read_whole_for_its_first_rows(run: Path) -> None:
    parts = open_result(run / "parts")
    parts.files[-1].write_bytes(b"not read")
    assert parts.head(4)["state"].to_pylist() == ["CA", "CA", "CO", "CO"]


def test_no_sums_are_told_where_there_are_none(run: Path) -> None:
    folder = run / "none"
    folder.mkdir()
    pq.write_table(_table(), folder / "table.parquet")
    _manifest(folder, "none", "table.parquet", 0, sums=[])
    found = open_result(folder)
    assert found.report().splitlines()[0] == "none: 0 rows"
    assert "d@1.0.0 in p@1.0.0: 0 rows" in found._repr_html_()


def test_a_notebook_shows_the_sum_of_a_result_of_which_nothing_was_foretold(run: Path) -> None:
    assert "9 MWh in 6 rows" in open_result(run / "parts")._repr_html_()


# Sums ----------------------------------------------------------------------------------------------------------------


def test_where_nothing_is_foretold_every_sum_is_what_it_is() -> None:
    plan = replace(plan_of(""), foretold=False)
    totals = compare(plan, {"MWh": 3.0, "MBtu": -1.0}, {"MWh": 7.0})
    assert totals == (Total("MWh", None, None, 3.0, None), Total("MBtu", None, None, -1.0, None))
    assert all(total.conserved for total in totals)


def test_where_sums_are_foretold_others_are_refused() -> None:
    plan = plan_of("")
    expected = {unit: sum_ for unit, sum_, _ in plan.sources[0].totals}
    assert all(total.conserved for total in compare(plan, expected, expected))
    with pytest.raises(ConservationError, match="the result adds up to"):
        compare(plan, expected, dict.fromkeys(expected, 3.0))


def test_what_is_no_number_is_refused_even_where_nothing_is_foretold() -> None:
    plan = replace(plan_of(""), foretold=False)
    with pytest.raises(ConservationError, match="values in MWh are no numbers"):
        compare(plan, {"MWh": float("nan")}, {})


@pytest.mark.parametrize("name", ["../../other/run", "/etc", "..", ".", "", "run/few", None, ["run"]])
def test_a_pointer_leads_to_a_folder_beside_it_alone(run: Path, name: Any) -> None:
    (run.parent / "current.json").write_text(json.dumps({"run": name}))
    with pytest.raises(DataError, match="does not name the current run"):
        open_result(run.parent)


@pytest.mark.parametrize(
    "named",
    [
        {"table": "../../secret.parquet"},
        {"table": "/etc/passwd"},
        {"results": ["../other"]},
        {"results": 3},
        {"exports": [{"name": "x", "folder": "../../x"}]},
        {"files": [{"path": "/etc/passwd", "role": "table", "bytes": 1, "rows": 1, "sha256": ""}]},
        {"files": [{"path": "a/../../b", "role": "table", "bytes": 1, "rows": 1, "sha256": ""}]},
    ],
)
def test_a_result_has_its_files_in_its_own_folder(run: Path, named: Mapping[str, Any]) -> None:
    manifest = json.loads((run / "manifest.json").read_text())
    (run / "manifest.json").write_text(json.dumps({**manifest, **named}))
    with pytest.raises(DataError, match="not in its folder"):
        open_result(run)
