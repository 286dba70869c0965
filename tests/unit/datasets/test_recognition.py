"""What the columns of unknown files are: kinds of cells, names, and ids that are known."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsgrid.datasets import inspection
from dsgrid.datasets.files import find
from dsgrid.datasets.inspection import Contents, inspect
from dsgrid.datasets.recognition import recognise, words_of
from dsgrid.datasets.spans import span
from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.records import Record, Records

HOUR = 3_600_000_000


def table(folder: Path, columns: dict[str, list[Any]], ending: str = "csv") -> Contents:
    """Write columns to a file of some format and look at it."""
    path = folder / f"table.{ending}"
    rows = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
    if ending == "parquet":
        pq.write_table(pa.table(columns), path)
    elif ending == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        lines = [",".join("" if cell is None else str(cell) for cell in row.values()) for row in rows]
        path.write_text("\n".join([",".join(columns), *lines]) + "\n")
    return inspect(find(path))


def kinds(contents: Contents) -> dict[str, str]:
    return {name: column.kind for name, column in contents.columns.items()}


@pytest.mark.parametrize("name", ["__index_level_0__", "Unnamed: 0"])
def test_the_index_of_a_data_frame_is_neither_a_metric_nor_a_dimension(tmp_path: Path, name: str) -> None:
    columns = {"county": ["06037", "06073"], "at": ["2018-01-01 00:00", "2018-01-01 00:00"], name: [4, 7]}
    found = recognise(table(tmp_path, {**columns, "heating": [1, 2], "cooling": [0, 3]}))
    assert found.superfluous == {name: "it numbers the rows"}
    assert found.pivoted == ("heating", "cooling")
    # Unless somebody knows better.
    declared = recognise(table(tmp_path, {**columns, "value": [1.5, 2.5]}), declared={name: "model_year"})
    assert declared.dimensions["model_year"].column.name == name


def test_a_csv_file_shows_what_its_cells_are(tmp_path: Path) -> None:
    contents = table(
        tmp_path,
        {
            "fips": ["06037", "01001"],
            "year": [2018, 2020],
            "use": [1.5, "2e3"],
            "all_zero": [0, 0],
            "flag": ["TRUE", "false"],
            "at": ["2018-01-01T00:00:00-05:00", "2018-01-01T01:00:00-05:00"],
            "naive": ["2018-01-01 00:00", "2018-01-01 01:00"],
            "mixed": ["2018-01-01", "soon"],
            "dash": ["-", "1"],
            "empty": [None, None],
            "nan": ["nan", "1.0"],
        },
    )
    assert kinds(contents) == {
        "fips": "text",
        "year": "integer",
        "use": "number",
        "all_zero": "integer",
        "flag": "truth",
        "at": "label",
        "naive": "label",
        "mixed": "text",
        "dash": "text",
        "empty": "nothing",
        "nan": "number",
    }
    assert contents.columns["fips"].values == ("01001", "06037")
    assert contents.columns["empty"].nulls == 2
    at, naive = contents.columns["at"].labels, contents.columns["naive"].labels
    assert at is not None
    assert (at.offsets, at.instants, at.readings[1] - at.readings[0]) == (("-05:00",), True, HOUR)
    assert naive is not None
    assert (naive.offsets, naive.instants) == ((), False)
    assert at.readings[0] - naive.readings[0] == 5 * HOUR


def test_parquet_and_json_lines_know_their_types(tmp_path: Path) -> None:
    noon = [datetime.fromisoformat("2018-01-01T12:00:00+00:00")] * 2
    columns = {"id": ["1", "2"], "n": [1, 2], "x": [1.0, 2.0], "none": [None, None]}
    typed = {
        **columns,
        "word": pa.array(["a", "b"]).dictionary_encode(),
        "at": pa.array(noon, pa.timestamp("ns", "UTC")),
    }
    assert kinds(table(tmp_path, typed, "parquet")) == {
        "id": "text",
        "n": "integer",
        "x": "number",
        "none": "nothing",
        "word": "text",
        "at": "label",
    }
    assert kinds(table(tmp_path, columns, "jsonl")) == {"id": "text", "n": "integer", "x": "number", "none": "nothing"}


def test_a_column_with_too_many_values_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection, "MOST_INTEGERS", 5)
    monkeypatch.setattr(inspection, "MOST_VALUES", 5)
    columns = {"number": list(range(9)), "word": [f"w{n}" for n in range(9)], "few": ["a"] * 9}
    for ending in ("csv", "parquet"):
        contents = table(tmp_path, columns, ending)
        assert contents.columns["word"].values is None
        assert contents.columns["number"].values is None
        assert contents.columns["few"].values == ("a",)


@pytest.mark.parametrize(
    ("name", "type_"),
    [
        ("geography", "geography"),
        ("in.county_fips", "geography"),
        ("CountyFIPS", "geography"),
        ("state", "geography"),
        ("building_type", "subsector"),
        ("in.comstock_building_type", "subsector"),
        ("end_use", "metric"),
        ("EndUse", "metric"),
        ("sector", "sector"),
        ("subsector", "subsector"),
        ("year", "model_year"),
        ("weather_year", "weather_year"),
        ("scenario", "scenario"),
    ],
)
def test_columns_are_known_by_their_names(tmp_path: Path, name: str, type_: str) -> None:
    found = recognise(table(tmp_path, {name: ["1", "2"], "value": [0.5, 1.5]}))
    assert found.dimensions[type_].column.name == name
    assert found.unknown == ()


def test_a_county_says_more_than_its_state(tmp_path: Path) -> None:
    found = recognise(table(tmp_path, {"state": ["CO", "CO"], "county": ["08001", "08003"], "kwh": [1.5, 2.5]}))
    assert found.dimensions["geography"].column.name == "county"
    assert found.superfluous == {"state": '"county" says more about geography'}
    assert (found.pivot, found.pivoted) == ("metric", ("kwh",))


def test_numbers_are_values_of_metrics_unless_a_column_names_these(tmp_path: Path) -> None:
    wide = recognise(table(tmp_path, {"fips": ["01", "02"], "heating": [1.5, 2], "cooling": [0, 0]}))
    assert (wide.pivot, wide.pivoted, wide.value) == ("metric", ("heating", "cooling"), None)
    long = recognise(table(tmp_path, {"fips": ["01", "02"], "end_use": ["a", "b"], "load": [1.5, 2], "n": [7, 8]}))
    assert (long.pivot, long.value, long.unknown) == (None, "load", (("n", "columns"),))
    single = recognise(table(tmp_path, {"fips": ["01", "02"], "value": [1, 2]}))
    assert (single.pivot, single.value) == (None, "value")


def test_known_ids_tell_columns_and_pivots(tmp_path: Path) -> None:
    def dimension(type_: str, *ids: str) -> Dimension:
        return Dimension(type_, type_, type_, Records(tuple(Record(id_, id_) for id_ in ids)), id=f"p/{type_}")

    known = (dimension("subsector", "hotel", "school", "store"), dimension("sector", "com", "res"))
    columns = {"kind": ["hotel", "school"], "com": [1.5, 2.5], "res": [0.5, 0.5], "what": ["x", "y"]}
    found = recognise(table(tmp_path, columns), known=known)
    assert found.dimensions["subsector"].because == "its values are ids of p/subsector"
    assert (found.pivot, found.pivoted) == ("sector", ("com", "res"))
    assert found.unknown == (("what", "columns"),)
    declared = recognise(table(tmp_path, columns), known=known, declared={"what": "scenario"})
    assert declared.dimensions["scenario"].ids == ("x", "y")


def test_a_lookup_is_joined_by_the_column_that_both_have(tmp_path: Path) -> None:
    (tmp_path / "lookup").mkdir()
    facts = table(tmp_path, {"building_id": [1, 2], "timestamp": ["2018-01-01", "2018-01-02"], "kwh": [1.5, 2]})
    lookup = table(
        tmp_path / "lookup", {"building_id": [1, 2], "county": ["01", "02"], "sector": ["a", "a"], "scale": [0.5, 2]}
    )
    found = recognise(facts, lookup)
    assert (found.id, found.scaling_factor) == ("building_id", "scale")
    assert {type_: each.place for type_, each in found.dimensions.items()} == dict.fromkeys(
        ("geography", "sector"), "lookup_columns"
    )


def test_a_time_in_parts_is_not_taken_for_years(tmp_path: Path) -> None:
    columns: dict[str, list[Any]] = {"year": [2012, 2012], "month": [1, 1], "day": [1, 2], "use": [1.5, 2]}
    found = recognise(table(tmp_path, columns))
    assert (found.time, set(found.parts), found.dimensions) == (None, {"year", "month", "day"}, {})
    found = recognise(table(tmp_path, {**columns, "timestamp": ["2012-01-01", "2012-01-02"]}))
    assert found.dimensions["model_year"].column.name == "year"
    assert set(found.superfluous) == {"month", "day"}


@given(
    st.integers(-(10**15), 10**15),
    st.sampled_from([60_000_000, 900_000_000, HOUR, 24 * HOUR]),
    st.integers(4, 60),
    st.data(),
)
def test_a_span_finds_the_step_and_every_gap(first: int, step: int, count: int, data: st.DataObject) -> None:
    whole = [first + step * number for number in range(count)]
    # No more gaps than steps, and both ends are there.
    gone = data.draw(st.sets(st.sampled_from(whole[1:-1]), max_size=(count - 2) // 4))
    found = span([reading for reading in whole if reading not in gone])
    assert found.step == timedelta(microseconds=step)
    assert (found.missing, found.odd) == (len(gone), 0)
    assert found.end - found.start == (count - 1) * found.step
    assert (found.first_missing is None) == (not gone)


def test_labels_beside_the_steps_are_counted() -> None:
    found = span([0, HOUR, 2 * HOUR, 2 * HOUR + 60, 4 * HOUR])
    assert (found.step, found.odd) == (timedelta(hours=1), 1)
    assert span([HOUR]).step is None


def test_names_of_columns_are_taken_apart() -> None:
    assert words_of("in.CountyFips name") == "in_county_fips_name"


# Real files ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def data(shared: Path) -> Path:
    return shared / "data"


def looked_at(folder: Path, table_: str, lookup: str = "") -> Any:
    return recognise(inspect(find(folder / table_)), inspect(find(folder / lookup)) if lookup else None)


def test_the_efs_datasets_are_recognised(data: Path) -> None:
    folder = data / "efs/datasets"
    pivoted = looked_at(folder, "test_efs_comstock/load_data.csv", "test_efs_comstock/load_data_lookup.json")
    stacked = looked_at(folder, "test_efs_comstock_unpivoted/load_data.parquet")
    assert (pivoted.pivot, pivoted.pivoted, pivoted.id) == ("metric", ("com_cooling", "com_fans"), "id")
    assert (stacked.pivot, stacked.value, stacked.dimensions["metric"].ids) == (None, "value", pivoted.pivoted)
    for found in (pivoted, stacked):
        assert {type_: len(each.ids) for type_, each in found.dimensions.items() if type_ != "metric"} == {
            "geography": 8,
            "sector": 2,
            "subsector": 14,
        }
        assert found.dimensions["geography"].ids[0] == "06073"
        assert found.unknown == ()
        hours = span(found.time.labels.readings)
        assert (hours.count, hours.step, hours.missing) == (168, timedelta(hours=1), 0)
    assert pivoted.time.labels.offsets == ("-05:00",)
    parts = looked_at(folder, "test_efs_comstock_time_in_parts/load_data.csv")
    assert (parts.time, set(parts.parts)) == (None, {"year", "month", "day", "hour"})
    typical = looked_at(folder, "representative_time/OneWeekdayDayAndOneWeekendDayPerMonthByHour.csv")
    assert set(typical.parts) == {"month", "hour", "is_weekday"}
    assert typical.dimensions["model_year"].ids == ("2030", "2040")


def test_the_standard_scenarios_are_recognised(data: Path) -> None:
    folder = data / "std/data"
    for name, types in {
        "comstock_conus_2022_reference": {"geography", "subsector", "metric"},
        "resstock_conus_2022_reference": {"geography", "subsector", "metric"},
    }.items():
        found = looked_at(folder, f"{name}/load_data.parquet", f"{name}/load_data_lookup.parquet")
        assert (set(found.dimensions), found.value, found.id, found.unknown) == (types, "value", "id", ())
        hours = span(found.time.labels.readings)
        assert (hours.count, hours.step, hours.missing, hours.odd) == (8784, timedelta(hours=1), 0, 0)
        assert found.time.labels.instants
    tempo = looked_at(folder, "tempo_conus_2022/load_data.parquet", "tempo_conus_2022/load_data_lookup.parquet")
    assert set(tempo.dimensions) == {"geography", "subsector", "metric", "scenario", "model_year"}
    assert set(tempo.parts) == {"day_of_week", "hour", "month"}
    annual = looked_at(folder, "eia_861_annual_energy_use_state_sector/load_data.parquet")
    assert annual.parts == ("time_year",)
    assert {"model_year", "weather_year", "sector", "geography", "metric"} == set(annual.dimensions)
