"""What the columns of unknown files are: kinds of cells, names, and ids that are known."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from itertools import pairwise
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
from dsgrid.datasets.recognition import Recognised, recognise, words_of
from dsgrid.datasets.spans import gaps, runs, span
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


def named(found: Recognised) -> dict[str, str]:
    """Return the columns of time by what they hold."""
    return {meaning: column.name for meaning, column in found.time.columns.items()}


TWO: dict[str, list[Any]] = {"fips": ["06037", "08031"], "use": [1.5, 2]}
DATE: dict[str, list[Any]] = {"year": [2012, 2012], "month": [1, 1], "day": [1, 2]}


def test_a_time_in_parts_is_not_taken_for_years(tmp_path: Path) -> None:
    columns: dict[str, list[Any]] = {**DATE, "use": [1.5, 2]}
    found = recognise(table(tmp_path, columns))
    assert (found.time.kind, found.dimensions) == ("datetime", {})
    assert named(found) == {"year": "year", "month": "month", "day": "day"}
    found = recognise(table(tmp_path, {**columns, "timestamp": ["2012-01-01", "2012-01-02"]}))
    assert found.dimensions["model_year"].column.name == "year"
    assert named(found) == {"label": "timestamp"}
    assert set(found.superfluous) == {"month", "day"}


@pytest.mark.parametrize(
    ("columns", "kind", "meanings"),
    [
        ({"time": ["2012-01-01 00:00", "2012-01-01 01:00"]}, "datetime", {"label": "time"}),
        (
            {**DATE, "hour": [0, 24], "minute": [0, 30]},
            "datetime",
            {"year": "year", "month": "month", "day": "day", "hour": "hour", "minute": "minute"},
        ),
        (
            {"at": ["2012-11-04 01:00"] * 2, "fold": [0, 1], "utc_offset": ["-06:00", "-07:00"]},
            "datetime",
            {"label": "at", "fold": "fold", "offset": "utc_offset"},
        ),
        ({"time_year": [2018, 2019]}, "annual", {"year": "time_year"}),
        (
            {"month": [1, 2], "day_of_week": [0, 6], "hour": [0, 23]},
            "representative",
            {"month": "month", "day_of_week": "day_of_week", "hour": "hour"},
        ),
        (
            {"Month": [1, 2], "is_weekday": ["TRUE", "FALSE"], "HourOfDay": [0, 23]},
            "representative",
            {"month": "Month", "day_type": "is_weekday", "hour": "HourOfDay"},
        ),
        ({"season": ["winter", "summer"]}, "representative", {"season": "season"}),
        ({"weekday": [True, False]}, "representative", {"day_type": "weekday"}),
        ({"dow": ["mon", "tue"]}, "representative", {"day_of_week": "dow"}),
        ({"time_index": [0, 1]}, "index", {"index": "time_index"}),
        ({"hour_of_year": [1, 2]}, "index", {"index": "hour_of_year"}),
        ({}, "none", {}),
    ],
)
@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
def test_columns_of_time_are_known_by_their_names_and_what_they_hold(
    tmp_path: Path, columns: dict[str, list[Any]], kind: str, meanings: dict[str, str], ending: str
) -> None:
    found = recognise(table(tmp_path, {**TWO, **columns}, ending))
    assert (found.time.kind, named(found)) == (kind, meanings)
    assert (found.unknown, found.time.notes) == ((), ())


def test_years_without_any_other_time_are_annual_data(tmp_path: Path) -> None:
    found = recognise(table(tmp_path, {**TWO, "year": [2018, 2020]}))
    assert (found.time.kind, found.time.columns) == ("annual", {})
    assert found.dimensions["model_year"].ids == ("2018", "2020")
    # Years of their own are model years, where no others are there.
    found = recognise(table(tmp_path, {**TWO, "time_year": [2018, 2020]}))
    assert found.dimensions["model_year"].column.name == "time_year"
    found = recognise(table(tmp_path, {**TWO, "time_year": [2018, 2020], "model_year": ["a", "b"]}))
    assert found.dimensions["model_year"].column.name == "model_year"
    # What is no year is a name.
    assert recognise(table(tmp_path, {**TWO, "model_year": ["early", "late"]})).time.kind == "none"


def test_a_year_of_the_weather_may_be_the_year_of_dates(tmp_path: Path) -> None:
    columns = {"weather_year": DATE["year"], "month": DATE["month"], "day": DATE["day"]}
    found = recognise(table(tmp_path, {**TWO, **columns}))
    assert named(found)["year"] == "weather_year"
    assert found.dimensions["weather_year"].ids == ("2012",)


def test_what_says_less_or_the_same_is_superfluous(tmp_path: Path) -> None:
    found = recognise(table(tmp_path, {**TWO, "month": [1, 7], "season": ["winter", "summer"], "hour": [0, 1]}))
    assert (list(found.time.columns), found.superfluous) == (["month", "hour"], {"season": '"month" says more'})
    zones = {"time_zone": ["America/Denver", "America/New_York"], "is_weekend": ["true", "false"]}
    found = recognise(table(tmp_path, {**TWO, "timestamp": ["2012-01-01 00:00"] * 2, **zones}))
    assert found.superfluous == {
        "time_zone": "the zone is that of the geography's record",
        "is_weekend": '"timestamp" says it',
    }


def test_times_that_no_spec_can_say_are_no_metrics_and_asked_about(tmp_path: Path) -> None:
    wide = {"fips": ["06037", "08031"], "heating": [1.5, 2], "cooling": [0, 1]}
    for columns, said in (
        ({"day_of_year": [1, 2]}, "seems to hold days of the year"),
        ({"month": [1, 1], "day": [1, 2]}, "no column holds the year of their dates"),
        ({"date": ["2012-01-01"] * 2, "hour": [0, 1]}, '"date" holds days and "hour" their hours'),
    ):
        found = recognise(table(tmp_path, {**wide, **columns}))
        assert found.pivoted == ("heating", "cooling")
        assert [name for name, _ in found.unknown] == [list(columns)[-1]]
        assert len(found.time.notes) == 1
        assert said in found.time.notes[0]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"hour": [1, 24]}, 'column "hour" holds 24, but hours are 0 to 23'),
        ({"month": [0, 11], "hour": [0, 1]}, 'column "month" holds 0, but months are 1 to 12'),
        ({"day_of_week": [1, 7]}, 'column "day_of_week" holds 7, but days of the week are 0 (Monday) to 6'),
        ({"day_of_week": ["Mo", "Tuesday"]}, 'column "day_of_week" holds Mo, but days of the week are 0'),
        ({**DATE, "hour": [0, 25]}, 'column "hour" holds 25, but hours are 0 to 24'),
    ],
)
def test_parts_that_are_counted_otherwise_are_told(tmp_path: Path, columns: dict[str, list[Any]], said: str) -> None:
    (note,) = recognise(table(tmp_path, {**TWO, **columns})).time.notes
    assert note.startswith(said)


def test_a_declared_column_says_no_time(tmp_path: Path) -> None:
    found = recognise(table(tmp_path, {**TWO, "season": ["a", "b"]}), declared={"season": "scenario"})
    assert found.time.kind == "none"
    assert found.dimensions["scenario"].ids == ("a", "b")


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


@given(st.lists(st.integers(1, 30), min_size=1, max_size=40), st.integers(2, 20))
def test_runs_hold_every_label_once_and_are_apart(steps: list[int], least: int) -> None:
    readings = [sum(steps[:number]) * HOUR for number in range(len(steps) + 1)]
    found = runs(readings, timedelta(hours=least))
    assert [reading for run in found for reading in run] == readings
    assert all(after[0] - before[-1] >= least * HOUR for before, after in pairwise(found))
    assert all(b - a < least * HOUR for run in found for a, b in pairwise(run))


def test_gaps_are_what_a_complete_series_has_besides() -> None:
    found = gaps([0, HOUR, 4 * HOUR, 5 * HOUR, 7 * HOUR], timedelta(hours=1))
    assert [(gap.first.hour, gap.count) for gap in found] == [(2, 2), (6, 1)]


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
        hours = span(found.time.columns["label"].labels.readings)
        assert (hours.count, hours.step, hours.missing) == (168, timedelta(hours=1), 0)
    assert pivoted.time.columns["label"].labels.offsets == ("-05:00",)
    parts = looked_at(folder, "test_efs_comstock_time_in_parts/load_data.csv")
    assert (parts.time.kind, list(parts.time.columns)) == ("datetime", ["year", "month", "day", "hour"])
    typical = looked_at(folder, "representative_time/OneWeekdayDayAndOneWeekendDayPerMonthByHour.csv")
    assert typical.time.kind == "representative"
    assert named(typical) == {"month": "month", "day_type": "is_weekday", "hour": "hour"}
    assert typical.dimensions["model_year"].ids == ("2030", "2040")


def test_the_standard_scenarios_are_recognised(data: Path) -> None:
    folder = data / "std/data"
    for name, types in {
        "comstock_conus_2022_reference": {"geography", "subsector", "metric"},
        "resstock_conus_2022_reference": {"geography", "subsector", "metric"},
    }.items():
        found = looked_at(folder, f"{name}/load_data.parquet", f"{name}/load_data_lookup.parquet")
        assert (set(found.dimensions), found.value, found.id, found.unknown) == (types, "value", "id", ())
        labels = found.time.columns["label"].labels
        hours = span(labels.readings)
        assert (hours.count, hours.step, hours.missing, hours.odd) == (8784, timedelta(hours=1), 0, 0)
        assert labels.instants
    tempo = looked_at(folder, "tempo_conus_2022/load_data.parquet", "tempo_conus_2022/load_data_lookup.parquet")
    assert set(tempo.dimensions) == {"geography", "subsector", "metric", "scenario", "model_year"}
    assert (tempo.time.kind, set(tempo.time.columns)) == ("representative", {"day_of_week", "hour", "month"})
    annual = looked_at(folder, "eia_861_annual_energy_use_state_sector/load_data.parquet")
    assert (annual.time.kind, named(annual)) == ("annual", {"year": "time_year"})
    assert {"model_year", "weather_year", "sector", "geography", "metric"} == set(annual.dimensions)


def test_single_letters_are_the_parts_of_a_date_where_all_of_them_are_there(tmp_path: Path) -> None:
    columns = {"fips": ["06037"] * 2, "y": [2012] * 2, "m": [11] * 2, "d": [4] * 2, "h": [1] * 2, "dst_fold": [0, 1]}
    found = recognise(table(tmp_path, {**columns, "value": [1.5, 2.5]}))
    assert {meaning: column.name for meaning, column in found.time.columns.items()} == {
        "year": "y",
        "month": "m",
        "day": "d",
        "hour": "h",
        "fold": "dst_fold",
    }
    assert (found.value, found.pivot, found.unknown) == ("value", None, ())
    alone = recognise(table(tmp_path, {"fips": ["06037"] * 2, "d": [1.5, 2.0], "h": [1.0, 3.5]}))
    assert alone.pivoted == ("d", "h")


def test_whole_numbers_beside_a_column_of_values_are_no_metrics(tmp_path: Path) -> None:
    columns = {"fips": ["06037", "06073"], "stratum": [3, 4], "value": [1.5, 2.5]}
    found = recognise(table(tmp_path, columns))
    assert (found.value, found.pivot, found.unknown) == ("value", None, (("stratum", "columns"),))
