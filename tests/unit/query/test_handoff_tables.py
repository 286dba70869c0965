"""The tables of an export: shapes, labels, units, gaps, names, formats; and that nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from handing import HOURLY, LOCAL, ZONES, csv, described, exported, hours, result, stacked
from hypothesis import given
from hypothesis import strategies as st
from tests.rounds import rounds

from dsgrid.errors import ConservationError, DsgridError
from dsgrid.query.handoff import blocks, index
from dsgrid.registry.publish import read_manifest, verify_manifest

NEW_YEAR = "2018-01-01 07:00"
KEYS = {"state": ["CA", "NY"], "fuel": ["electricity", "natural_gas"], "scenario": ["reference"]}
Folder = Callable[[], Path]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    def new() -> Path:
        made = tmp_path / str(len(list(tmp_path.iterdir())))
        made.mkdir()
        return made

    return new


def refused(of: Any, **asked: Any) -> str:
    with pytest.raises(DsgridError) as caught:
        exported(of, **asked)
    return str(caught.value)


# Shapes --------------------------------------------------------------------------------------------------------------


def test_a_wide_table_has_times_and_a_column_for_each_record(tmp_path: Path) -> None:
    export = exported(result(tmp_path, stacked(KEYS, hours(NEW_YEAR, 3))), columns="state")
    assert [path.name for path in export.files] == ["electricity_reference.csv", "natural_gas_reference.csv"]
    assert (export.folder / "electricity_reference.csv").read_text("utf-8") == (
        "time,CA,NY\n2018-01-01 00:00,1,7\n2018-01-01 01:00,2,8\n2018-01-01 02:00,3,9\n"
    )


def test_what_is_in_neither_columns_nor_files_stands_in_front(tmp_path: Path) -> None:
    export = exported(result(tmp_path, stacked(KEYS, hours(NEW_YEAR, 2))), columns="state", files="scenario")
    assert (export.folder / "reference.csv").read_text("utf-8").splitlines() == [
        "fuel,time,CA,NY",
        "electricity,2018-01-01 00:00,1,5",
        "electricity,2018-01-01 01:00,2,6",
        "natural_gas,2018-01-01 00:00,3,7",
        "natural_gas,2018-01-01 01:00,4,8",
    ]


def test_columns_of_several_dimensions_have_joined_names(tmp_path: Path) -> None:
    of = result(tmp_path, stacked(KEYS, hours(NEW_YEAR, 1)))
    export = exported(of, columns=["state", "fuel"], files=[], separator=" | ")
    header = (export.folder / "load.csv").read_text("utf-8").splitlines()[0]
    assert header == "scenario,time,CA | electricity,CA | natural_gas,NY | electricity,NY | natural_gas"


def test_a_long_table_has_a_row_for_each_value(tmp_path: Path) -> None:
    export = exported(result(tmp_path, stacked(KEYS, hours(NEW_YEAR, 2))), shape="long")
    lines = (export.folder / "load.csv").read_text("utf-8").splitlines()
    assert lines[:3] == [
        "state,fuel,scenario,time,value,unit",
        "CA,electricity,reference,2018-01-01 00:00,1,MWh",
        "CA,electricity,reference,2018-01-01 01:00,2,MWh",
    ]
    assert len(lines) == 1 + 8


def test_a_long_table_is_written_in_chunks_of_any_size(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    of = result(folder(), stacked(KEYS, hours(NEW_YEAR, 5)))
    whole = exported(of, shape="long").files[0].read_bytes()
    monkeypatch.setattr("dsgrid.query.handoff.shaping.CHUNK_ROWS", 1)
    assert exported(of, shape="long").files[0].read_bytes() == whole


def test_files_are_filled_one_at_a_time_where_there_is_no_room_for_more(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = result(folder(), stacked(KEYS, hours(NEW_YEAR, 5)), files=3)
    whole = exported(of, columns="state")
    monkeypatch.setattr(blocks, "LARGEST_GROUP", 1)
    monkeypatch.setattr(index, "_LARGEST_TABLE", 0)
    monkeypatch.setattr(index, "_MANY", 1)
    again = exported(of, columns="state")
    assert [path.read_bytes() for path in again.files] == [path.read_bytes() for path in whole.files]


def test_years_and_months_are_rows_without_options_of_time(tmp_path: Path) -> None:
    table = stacked({"state": ["CA", "NY"], "annual": ["2018", "2019"]}).astype({"annual": "int32"})
    columns = described(table, [{"name": "annual", "type": "time", "holds": "int32"}])
    of = result(tmp_path, table, columns)
    assert exported(of, columns="state").files[0].read_text("utf-8") == "annual,CA,NY\n2018,1,3\n2019,2,4\n"
    assert refused(of, columns="state", label="hour_ending") == (
        'label: `label` is about hours, and the result has time as "annual"; ask for "hourly", or for the slots of time'
    )


def test_a_result_without_time_is_one_row(tmp_path: Path) -> None:
    of = result(tmp_path, stacked({"state": ["CA", "NY"]}))
    assert exported(of, columns="state").files[0].read_text("utf-8") == "CA,NY\n1,2\n"


@pytest.mark.parametrize("format_", ["parquet", "csv", "arrow"])
@pytest.mark.parametrize("files", [1, 3])
def test_results_of_any_files_give_the_same_export(folder: Folder, format_: str, files: int) -> None:
    table = stacked({"county": ["06037", "36061"], **KEYS}, hours(NEW_YEAR, 4))
    one = exported(result(folder(), table), columns="county")
    other = exported(result(folder(), table, format_=format_, files=files), columns="county")
    assert [path.read_bytes() for path in one.files] == [path.read_bytes() for path in other.files]
    assert "06037" in one.files[0].read_text("utf-8")


@pytest.mark.parametrize("pivot", ["fuel", "state"])
def test_a_pivoted_result_gives_the_same_export_as_a_stacked_one(folder: Folder, pivot: str) -> None:
    table = stacked(KEYS, hours(NEW_YEAR, 4))
    keys = [name for name in ("state", "fuel", "scenario", "hourly") if name != pivot]
    # As queries do: of records of the metric each column has its unit, of others each row.
    keys += ["unit"] * (pivot != "fuel")
    wide = table.pivot_table(index=keys, columns=pivot, values="value").reset_index()
    columns = described(wide.drop(columns=KEYS[pivot]))
    values = [{"name": name, "type": "value", "holds": "float64"} for name in KEYS[pivot]]
    columns += [one | ({"unit": "MWh"} if pivot == "fuel" else {}) for one in values]
    form = {"pivot": {"name": pivot, "type": "metric" if pivot == "fuel" else "geography"}}
    stored = result(folder(), table)
    pivoted = result(folder(), wide, columns, form=form)
    for shape in ({"columns": "state", "files": ["fuel", "scenario"]}, {"columns": "fuel", "files": "state"}):
        one, other = exported(stored, **shape), exported(pivoted, **shape)
        assert [path.name for path in other.files] == [path.name for path in one.files]
        assert [path.read_bytes() for path in other.files] == [path.read_bytes() for path in one.files]
    assert exported(pivoted).manifest["columns_of"] == [pivot]


@rounds(10)
@given(st.data())
def test_every_value_is_in_its_place_and_every_gap_is_told(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    whole = stacked(KEYS, hours(NEW_YEAR, 3))
    kept = data.draw(st.lists(st.sampled_from(range(len(whole))), min_size=1, unique=True))
    table = whole.iloc[kept]
    of = result(tmp_path_factory.mktemp("drawn"), table, files=data.draw(st.integers(1, 3)))
    export = exported(of, columns="state", files="fuel", missing="blank")
    found = {
        (row.time, column, path.stem): getattr(row, column)
        for path in export.files
        for row in csv(export, path.name).itertuples()
        for column in table["state"].unique()
    }
    wanted = {
        ((row.hourly - timedelta(hours=7)).strftime("%Y-%m-%d %H:%M"), row.state, row.fuel): row.value
        for row in table.itertuples()
    }
    assert {key: value for key, value in found.items() if not np.isnan(value)} == wanted
    assert export.manifest.get("gaps", {"cells": 0})["cells"] == len(found) - len(wanted)


# Labels --------------------------------------------------------------------------------------------------------------


def times(of: Any, **asked: Any) -> list[str]:
    export = exported(of, columns="state", **asked)
    return [",".join(map(str, row)) for row in csv(export, export.files[0].name).drop(columns="CA").to_numpy().tolist()]


def test_a_label_is_the_beginning_or_the_end_of_its_hour(folder: Folder) -> None:
    of = result(folder(), stacked({"state": ["CA"]}, hours("2019-01-01 05:00", 2)))
    assert times(of) == ["2018-12-31 22:00", "2018-12-31 23:00"]
    assert times(of, label="hour_ending") == ["2018-12-31 23:00", "2019-01-01 00:00"]
    assert times(of, time="date_and_hour") == ["2018-12-31,22", "2018-12-31,23"]
    assert times(of, time="date_and_hour", label="hour_ending") == ["2018-12-31,23", "2018-12-31,24"]
    assert times(of, time="hour_of_year") == ["2018,8759", "2018,8760"]
    assert times(of, time="hour_of_year", zone="UTC") == ["2019,6", "2019,7"]


def test_an_hour_that_is_shown_twice_is_told_apart_by_the_offset(folder: Folder) -> None:
    of = result(folder(), stacked({"state": ["CA"]}, hours("2018-11-04 05:00", 3)))
    zone = {"zone": "America/New_York"}
    assert times(of, **zone) == ["2018-11-04 01:00,-04:00", "2018-11-04 01:00,-05:00", "2018-11-04 02:00,-05:00"]
    assert times(of, **zone, label="hour_ending") == [
        "2018-11-04 01:00,-05:00",
        "2018-11-04 02:00,-05:00",
        "2018-11-04 03:00,-05:00",
    ]
    assert times(of, **zone, time="date_and_hour", label="hour_ending") == [
        "2018-11-04,2,-04:00",
        "2018-11-04,2,-05:00",
        "2018-11-04,3,-05:00",
    ]
    assert times(of, **zone, time="hour_of_year") == ["2018,7369", "2018,7370", "2018,7371"]


def test_labels_that_end_their_slots_are_read_as_such(folder: Folder) -> None:
    ending = [{**HOURLY, "interval": "period_ending", "step": "15min"}]
    table = stacked({"state": ["CA"]}, hours("2018-01-01 07:15", 4, timedelta(minutes=15)))
    of = result(folder(), table, described(table, ending))
    assert times(of) == ["2018-01-01 00:00", "2018-01-01 00:15", "2018-01-01 00:30", "2018-01-01 00:45"]
    assert times(of, label="hour_ending")[-1] == "2018-01-01 01:00"
    assert refused(of, columns="state", time="hour_of_year") == (
        'time: `time` counts hours, and slots of "hourly" are 15min; ask for "hourly"'
    )


def test_readings_at_instants_have_no_end(folder: Folder) -> None:
    table = stacked({"state": ["CA"]}, hours(NEW_YEAR, 2))
    measured = [{**HOURLY, "interval": "instantaneous", "measurement": "measured", "step": "1h"}]
    of = result(folder(), table, described(table, measured), adds_up=False)
    assert times(of) == ["2018-01-01 00:00", "2018-01-01 01:00"]
    assert refused(of, columns="state", label="hour_ending") == (
        "label: `label` is about hours with a beginning and an end, and the values are readings at instants"
    )


def test_a_clock_of_standard_time_is_not_put_forward(folder: Folder) -> None:
    table = stacked({"state": ["CA"]}, hours("2018-07-01 07:00", 1))
    of = result(
        folder(), table, described(table, [{**HOURLY, "calendar_zone": "America/Denver"}]), time={"clock": "standard"}
    )
    assert times(of) == ["2018-07-01 00:00"]
    assert times(of, zone="America/Denver") == ["2018-07-01 01:00,-06:00"]


def test_columns_of_time_that_timestamps_say_already_are_left_out(folder: Folder) -> None:
    table = stacked({"state": ["CA"]}, hours(NEW_YEAR, 2)).assign(hour_of_day=np.array([0, 1], np.int32))
    table = table[["state", "hourly", "hour_of_day", "value", "unit"]]
    of = result(folder(), table, described(table, [HOURLY, {"name": "hour_of_day", "type": "time", "holds": "int32"}]))
    assert times(of) == ["2018-01-01 00:00", "2018-01-01 01:00"]


# Clocks of geographies -----------------------------------------------------------------------------------------------

PLACES = {"CA": ("America/Los_Angeles", 8), "NY": ("America/New_York", 5)}


def local(folder: Path, start: str, number: int, offsets: bool = True) -> Any:
    """Return a result told on the clock of each state, in winter, of the same instants or of the same readings."""
    rows = []
    for state, (zone, behind) in PLACES.items():
        for order, instant in enumerate(hours(start, number)):
            reading = (instant - timedelta(hours=behind if offsets else 0)).replace(tzinfo=None)
            offset = f"-{behind:02}:00" if offsets else ""
            rows.append((state, reading, zone, offset, 100.0 * behind + order, "MWh"))
    table = pd.DataFrame(rows, columns=["state", "hourly", "time_zone", "utc_offset", "value", "unit"])
    return result(folder, table, described(table, [LOCAL, *ZONES]))


def test_readings_of_several_clocks_are_brought_to_one(folder: Folder) -> None:
    of = local(folder(), "2018-01-01 08:00", 2)
    export = exported(of, columns="state", zone="-05:00")
    assert export.files[0].read_text("utf-8") == "time,CA,NY\n2018-01-01 03:00,800,500\n2018-01-01 04:00,801,501\n"


def test_rows_of_several_clocks_have_the_readings_of_each(folder: Folder) -> None:
    of = local(folder(), "2018-01-01 08:00", 4)
    export = exported(of, columns="state", missing="blank")
    assert export.files[0].read_text("utf-8").splitlines() == [
        "time,CA,NY",
        *(f"2018-01-01 0{hour}:00,{800 + hour},{'' if hour < 3 else 500 + hour - 3}" for hour in range(4)),
        *(f"2018-01-01 0{hour}:00,,{500 + hour - 3}" for hour in range(4, 7)),
    ]
    said = refused(of, columns="state")
    assert said == (
        'load.csv: 6 of 14 cells have no value, the first in column "NY" at time 2018-01-01 00:00; '
        'say missing = "zero" or "blank"'
    )
    long = exported(of, shape="long").files[0].read_text("utf-8").splitlines()
    assert long[:2] == [
        "state,time,time_zone,utc_offset,value,unit",
        "CA,2018-01-01 00:00,America/Los_Angeles,-08:00,800,MWh",
    ]


def test_each_file_of_one_clock_tells_its_offset(folder: Folder) -> None:
    of = local(folder(), "2018-01-01 08:00", 1)
    table = of.to_pandas().assign(fuel="gas")[["state", "fuel", "hourly", "time_zone", "utc_offset", "value", "unit"]]
    export = exported(result(folder(), table, described(table, [LOCAL, *ZONES])), columns="fuel", files="state")
    assert export.files[0].read_text("utf-8") == "time,utc_offset,gas\n2018-01-01 00:00,-08:00,800\n"
    assert export.files[1].read_text("utf-8") == "time,utc_offset,gas\n2018-01-01 03:00,-05:00,500\n"


def test_an_hour_that_one_of_several_clocks_shows_twice_is_refused(folder: Folder) -> None:
    rows = [("CA", "2018-11-04 01:00", "America/Los_Angeles", offset, 1.0, "MWh") for offset in ("-07:00", "-08:00")]
    rows += [("NY", "2018-11-04 05:00", "America/New_York", "-05:00", 1.0, "MWh")]
    table = pd.DataFrame(rows, columns=["state", "hourly", "time_zone", "utc_offset", "value", "unit"])
    of = result(folder(), table.assign(hourly=pd.to_datetime(table["hourly"])), described(table, [LOCAL, *ZONES]))
    assert refused(of, columns="state", missing="blank").startswith("several rows are of state CA at one time: a clock")
    assert len(exported(of, shape="long").files) == 1


def test_a_profile_has_no_other_clock(folder: Folder) -> None:
    of = local(folder(), "2018-01-01 00:00", 2, offsets=False)
    assert exported(of, columns="state").files[0].read_text("utf-8").splitlines()[1] == "2018-01-01 00:00,800,500"
    assert refused(of, columns="state", zone="UTC") == (
        "zone: the result holds a profile of clock time, which no other clock shows; leave out `zone`"
    )
    assert "CA,2018-01-01 00:00,America/Los_Angeles,800,MWh" in exported(of, shape="long").files[0].read_text("utf-8")


def test_rows_that_only_their_clocks_tell_apart_are_not_put_on_one(folder: Folder) -> None:
    of = local(folder(), "2018-01-01 08:00", 1)
    table = of.to_pandas().drop(columns="state").assign(fuel="gas")
    table = table[["fuel", "hourly", "time_zone", "utc_offset", "value", "unit"]]
    of = result(folder(), table, described(table, [LOCAL, *ZONES]))
    said = refused(of, columns="fuel", zone="UTC")
    assert said.endswith("rows of several clocks are the same hour; keep the geography in the query's last `by`")


# Units ---------------------------------------------------------------------------------------------------------------


def test_each_metric_record_has_the_unit_that_is_asked_for(tmp_path: Path) -> None:
    of = result(tmp_path, stacked(KEYS, hours(NEW_YEAR, 1)))
    asked = {"unit": "kWh", "units": {"natural_gas": "MMBtu"}, "unit_in": ["columns"], "decimals": 3}
    export = exported(of, columns=["state", "fuel"], **asked)
    assert export.files[0].read_text("utf-8") == (
        "time,CA_electricity_kWh,CA_natural_gas_MMBtu,NY_electricity_kWh,NY_natural_gas_MMBtu\n"
        "2018-01-01 00:00,1000,6.824,3000,13.649\n"
    )
    assert {one["unit"] for one in export.manifest["sums"]} == {"kWh", "MMBtu"}
    assert export.manifest["units_of_columns"]["CA_natural_gas_MMBtu"] == "MMBtu"


def test_rows_of_several_units_say_theirs(tmp_path: Path) -> None:
    of = result(tmp_path, stacked(KEYS, hours(NEW_YEAR, 1)))
    export = exported(of, columns="state", files="scenario", units={"natural_gas": "GWh"})
    assert export.files[0].read_text("utf-8").splitlines() == [
        "fuel,unit,time,CA,NY",
        "electricity,MWh,2018-01-01 00:00,1,3",
        "natural_gas,GWh,2018-01-01 00:00,0.002,0.004",
    ]
    said = refused(of, columns="state", files="scenario", units={"natural_gas": "GWh"}, unit_in=["columns"])
    assert said == "unit_in: a column has values in several units, so it is not named by one"


def test_files_are_named_by_their_unit(tmp_path: Path) -> None:
    of = result(tmp_path, stacked(KEYS, hours(NEW_YEAR, 1)))
    export = exported(of, columns="state", files="fuel", units={"natural_gas": "GWh"}, unit_in=["files"])
    assert [path.name for path in export.files] == ["electricity_MWh.csv", "natural_gas_GWh.csv"]
    # Each file has one unit, so no column says it; what is beside the files does.
    assert csv(export, "natural_gas_GWh.csv").columns.tolist() == ["scenario", "time", "CA", "NY"]
    assert [one["units"] for one in export.manifest["tables"]] == [["MWh"], ["GWh"]]
    assert "natural_gas_GWh.csv: 1 row, fuel natural_gas, in GWh" in (export.folder / "README.txt").read_text("utf-8")


def test_temperatures_are_converted_with_their_offset(tmp_path: Path) -> None:
    of = result(
        tmp_path, stacked({"state": ["CA"], "fuel": ["outdoor"]}, hours(NEW_YEAR, 2), unit="degC"), adds_up=False
    )
    export = exported(of, columns="state", unit="degF")
    assert csv(export, "outdoor.csv")["CA"].tolist() == [33.8, 35.6]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"unit": "GW"}, 'unit: no conversion from "MWh" to "GW": one is energy, the other power'),
        ({"units": {"natural_gas": "MWhh"}}, 'units.natural_gas: "natural_gas": no conversion from "MWh" to "MWhh"'),
        ({"units": {"gas": "MWh"}}, 'units.gas: the result has no metric record "gas"'),
        ({"units": {"natural_ga": "MWh"}}, 'did you mean "natural_gas"?'),
    ],
)
def test_units_that_do_not_convert_are_refused(tmp_path: Path, asked: dict[str, Any], said: str) -> None:
    assert said in refused(result(tmp_path, stacked(KEYS, hours(NEW_YEAR, 1))), columns="state", **asked)


# Gaps, names, sums ---------------------------------------------------------------------------------------------------


def test_cells_without_a_value_are_what_the_export_says(folder: Folder) -> None:
    table = stacked({"state": ["CA", "NY"]}, hours(NEW_YEAR, 2)).iloc[:3]
    of = result(folder(), table)
    assert exported(of, columns="state", missing="zero").files[0].read_text("utf-8").endswith("01:00,2,0\n")
    export = exported(of, columns="state", missing="blank")
    assert export.files[0].read_text("utf-8").endswith("01:00,2,\n")
    assert export.manifest["gaps"] == {"cells": 1, "written_as": "blank"}
    assert refused(of, columns="state", missing="error") == (
        'missing: load.csv: 1 of 4 cells have no value, the first in column "NY" at time 2018-01-01 01:00'
    )


@pytest.mark.parametrize(
    ("states", "asked", "said"),
    [
        (["a/b", "a-b"], {"columns": "fuel"}, '"a-b" and "a/b" would both have the file "a-b.csv"'),
        (["a", "A"], {"columns": "fuel"}, '"A" and "a" would both have the file "a.csv"'),
        (["..", "b"], {"columns": "fuel"}, 'no file can be called by ".."'),
        (["con", "b"], {"columns": "fuel"}, 'no file can be called by "con"'),
        (["x" * 300, "b"], {"columns": "fuel"}, "has 300 bytes, and the name of a file 200 at most"),
        (["time", "b"], {"columns": "state"}, 'columns: two columns would be called "time" and "time"'),
        (
            ["a", "A"],
            {"columns": "state"},
            'columns: two columns would be called "A" and "a"; choose another `separator`',
        ),
    ],
)
def test_names_that_collide_are_refused(tmp_path: Path, states: list[str], asked: dict[str, Any], said: str) -> None:
    of = result(tmp_path, stacked({"state": states, "fuel": ["gas"]}, hours(NEW_YEAR, 1)))
    assert said in refused(of, **asked)


def test_joined_names_that_collide_are_refused(tmp_path: Path) -> None:
    table = stacked({"state": ["a_b", "a"], "fuel": ["c", "b_c"]}, hours(NEW_YEAR, 1))
    of = result(tmp_path, table)
    assert 'two columns would be called "a_b_c" and "a_b_c"' in refused(of, columns=["state", "fuel"])
    assert exported(of, columns=["state", "fuel"], separator="|").manifest["columns"] == [
        "a|b_c",
        "a|c",
        "a_b|b_c",
        "a_b|c",
    ]


def test_names_of_records_that_repeat_are_refused(tmp_path: Path) -> None:
    table = pd.concat([stacked({"county": ["Kings"]}, hours(NEW_YEAR, 1))] * 2)
    said = refused(result(tmp_path, table), columns="county")
    assert said == (
        "several rows are of county Kings at one time: several records have the same name; ask the query for their ids "
        "(names = false)"
    )


def test_texts_with_commas_and_quotes_are_quoted(tmp_path: Path) -> None:
    of = result(tmp_path, stacked({"state": ['the "City", proper', "b"], "fuel": ["gas"]}, hours(NEW_YEAR, 1)))
    assert csv(exported(of, columns="state"), "gas.csv").columns.tolist() == ["time", "b", 'the "City", proper']
    found = csv(exported(of, shape="long"), "load.csv")
    assert found["state"].tolist() == ["b", 'the "City", proper']


def test_what_a_leap_year_loses_is_told(tmp_path: Path) -> None:
    table = stacked({"state": ["CA"]}, hours("2012-01-01 07:00", 8784))
    of = result(tmp_path, table)
    assert "leap_day is one of" in refused(of, columns="state", calendar="8760")
    export = exported(of, columns="state", calendar="8760", leap_day="drop_feb_29")
    (sums,) = export.manifest["sums"]
    lost = float(sum(range(59 * 24 + 1, 60 * 24 + 1)))
    assert (sums["left_out"], sums["values_left_out"]) == (lost, 24)
    assert sums["written"] + sums["left_out"] == sums["result"] == table["value"].sum()
    assert csv(export, "load.csv")["CA"].sum() == sums["written"]
    report = export.report()
    assert "34,284 MWh left out of 38,583,720 MWh in the result" in report
    assert "29 February of 2012 is left out (leap_day = drop_feb_29)." in report
    assert "left out (24 values)" in (export.folder / "README.txt").read_text("utf-8")


def test_labels_say_the_years_of_the_records(tmp_path: Path) -> None:
    of = result(tmp_path, stacked({"state": ["CA"], "model_year": ["2030", "2040"]}, hours("2018-01-01 07:00", 8760)))
    export = exported(of, columns="state", year="model_year", label="hour_ending")
    assert csv(export, "2030.csv")["time"].tolist()[::8759] == ["2030-01-01 01:00", "2031-01-01 00:00"]
    assert "2040-02-29 12:00" not in csv(export, "2040.csv")["time"].tolist()
    rows = csv(exported(of, columns="state", files=[], year="model_year", time="hour_of_year"), "load.csv")
    assert rows[["model_year", "year", "hour_of_year"]].iloc[-1].tolist() == [2040, 2040, 8760]
    long = csv(exported(of, shape="long", year="model_year"), "load.csv")
    assert long["time"].iloc[8760] == "2040-01-01 00:00"
    assert "columns of one row would be of several years" in refused(of, columns="model_year", year="model_year")
    assert '"CA" of "state" is no year' in refused(of, columns="model_year", year="state")


def test_a_result_that_is_not_what_its_manifest_says_is_not_exported(tmp_path: Path) -> None:
    of = result(tmp_path, stacked(KEYS, hours(NEW_YEAR, 2)), sums=[{"unit": "MWh", "found": 36.1}])
    with pytest.raises(
        ConservationError, match=r"the files of the result add up to 36\.0 MWh, but its manifest says 36\.1"
    ):
        exported(of, columns="state")


def test_values_that_are_no_numbers_are_gaps(tmp_path: Path) -> None:
    table = stacked({"state": ["CA", "NY"]}, hours(NEW_YEAR, 1))
    table.loc[1, "value"] = np.nan
    export = exported(result(tmp_path, table, adds_up=False), columns="state", files=[], missing="zero")
    assert csv(export, "load.csv").columns.tolist() == ["time", "CA"]


def test_rounding_leaves_no_minus_0(tmp_path: Path) -> None:
    table = stacked({"state": ["CA"]}, hours(NEW_YEAR, 2)).assign(value=[-0.0001, 1.23456])
    export = exported(result(tmp_path, table), columns="state", decimals=2)
    assert export.files[0].read_text("utf-8").splitlines()[1:] == ["2018-01-01 00:00,0", "2018-01-01 01:00,1.23"]
    assert "but for rounding to 2 decimals" in export.report()


def test_a_result_without_values_is_not_exported(tmp_path: Path) -> None:
    of = result(tmp_path, stacked(KEYS, hours(NEW_YEAR, 1)).iloc[:0])
    assert refused(of, columns="state") == "the result has no values, so there is nothing to write"


# Formats -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", ["wide", "long"])
def test_parquet_and_arrow_hold_what_csv_does(folder: Folder, shape: str) -> None:
    of = result(folder(), stacked({**KEYS, "county": ["06037"]}, hours(NEW_YEAR, 3)))
    asked: dict[str, Any] = {"shape": shape} | ({"columns": "state", "files": []} if shape == "wide" else {})
    text = csv(exported(of, **asked), "load.csv")
    parquet = exported(of, **asked, format="parquet")
    table = pq.read_table(parquet.folder / "load.parquet")
    with pa.ipc.open_file(exported(of, **asked, format="arrow").folder / "load.arrow") as file:
        assert file.read_all().equals(table)
    assert table.schema.field("time").type == pa.timestamp("us")
    found = table.to_pandas()
    assert (
        found.assign(time=found["time"].dt.strftime("%Y-%m-%d %H:%M")).to_numpy().tolist() == text.to_numpy().tolist()
    )
    assert table.schema.field("CA" if shape == "wide" else "value").metadata == {b"unit": b"MWh"}
    assert table.schema.metadata[b"project"] == b"three_states_2018@1.0.0"


def test_hdf5_has_an_array_with_its_axes(folder: Folder) -> None:
    table = stacked({"state": ["CA", "NY"], "fuel": ["gas"]}, hours(NEW_YEAR, 3)).iloc[:5]
    of = result(folder(), table)
    export = exported(of, columns="state", format="hdf5", missing="blank", label="hour_ending")
    with h5py.File(export.folder / "gas.h5") as file:
        values = file["values"]
        assert np.array_equal(values[:], [[1, 4], [2, 5], [3, np.nan]], equal_nan=True)
        assert values.attrs["units"] == "MWh"
        assert file["state"].asstr()[:].tolist() == ["CA", "NY"]
        assert file["time"].asstr()[:].tolist() == ["2018-01-01 01:00", "2018-01-01 02:00", "2018-01-01 03:00"]
        assert [next(iter(one.keys())) for one in values.dims] == ["time", "state"]
        assert file.attrs["fuel"] == "gas"
        assert "hour ending" in file.attrs["time"]
    other = exported(of, columns="state", format="hdf5", missing="blank", label="hour_ending")
    assert other.files[0].read_bytes() == export.files[0].read_bytes()


def test_hdf5_says_the_unit_of_each_column(folder: Folder) -> None:
    of = result(folder(), stacked(KEYS, hours(NEW_YEAR, 2)))
    export = exported(of, columns=["state", "fuel"], format="hdf5", units={"natural_gas": "GWh"}, time="date_and_hour")
    with h5py.File(export.folder / "reference.h5") as file:
        assert file["units"].asstr()[:].tolist() == ["MWh", "GWh", "MWh", "GWh"]
        assert file["date"].asstr()[:].tolist() == ["2018-01-01", "2018-01-01"]
        assert file["hour"][:].tolist() == [0, 1]
        assert file["values"].shape == (2, 4)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"shape": "long"}, 'format: HDF5 holds an array of time by columns, so it needs shape = "wide"'),
        (
            {"columns": "state", "files": "fuel"},
            'files: an HDF5 file holds one array of time by columns; name "scenario" in `files` or `columns`, too',
        ),
        ({"columns": "state", "decimals": 2}, "decimals: `decimals` is for CSV; hdf5 holds values as they are"),
    ],
)
def test_what_hdf5_cannot_hold_is_refused(tmp_path: Path, asked: dict[str, Any], said: str) -> None:
    assert refused(result(tmp_path, stacked(KEYS, hours(NEW_YEAR, 1))), format="hdf5", **asked) == said


# What does not fit the result ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"columns": "stat"}, 'columns: the result has no dimension "stat"; did you mean "state"?'),
        (
            {"columns": "hourly"},
            'columns: "hourly" is time, which stands in the rows; expected a dimension of the result',
        ),
        ({"columns": "state", "files": ["fuels"]}, 'files: the result has no dimension "fuels"; did you mean "fuel"?'),
        (
            {"columns": "state", "files": "state"},
            'files: "state" cannot have columns and files of its own; name it once',
        ),
        ({}, 'a wide table needs `columns`: the dimension whose records become columns; there are: "state", "fuel"'),
        ({"shape": "long", "columns": "state"}, 'columns: `columns` belongs to shape = "wide"'),
        ({"shape": "long", "missing": "zero"}, 'missing: `missing` belongs to shape = "wide"'),
        (
            {"columns": "state", "zone": "America/New_Yrok"},
            'zone: there is no time zone "America/New_Yrok"; did you mean',
        ),
        ({"columns": "state", "zone": "EST"}, 'zone: "EST" is no IANA time zone; write "-05:00"'),
        ({"columns": "state", "zone": "geography"}, "zone: the result has instants, and not the readings"),
        ({"columns": "state", "leap_day": "keep"}, '`leap_day` goes with calendar = "8760" or with `year`'),
        ({"columns": "state", "wrap": True}, '`wrap` goes with calendar = "8760" or with `year`'),
        ({"columns": "state", "year": "model_yaer"}, 'year: the result has no dimension "model_yaer"'),
        ({"columns": "state", "calendar": "8760"}, "whole years are needed, but on the clock -07:00"),
    ],
)
def test_what_does_not_fit_the_result_is_refused(tmp_path: Path, asked: dict[str, Any], said: str) -> None:
    assert said in refused(result(tmp_path, stacked(KEYS, hours(NEW_YEAR, 1))), **asked)


def test_all_that_does_not_fit_is_said_at_once(tmp_path: Path) -> None:
    of = result(tmp_path, stacked(KEYS, hours(NEW_YEAR, 1)))
    said = refused(of, columns="stat", files="fule", zone="Mars", leap_day="keep")
    assert len(said.splitlines()) == 4


def test_files_are_what_the_manifest_says(tmp_path: Path) -> None:
    export = exported(result(tmp_path, stacked(KEYS, hours(NEW_YEAR, 2))), columns="state")
    assert verify_manifest(export.folder) == ()
    assert {file.path for file in read_manifest(export.folder).files} | {"manifest.json"} == {
        path.name for path in export.folder.iterdir()
    }


# Real input ----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_leap_year_of_real_data_loses_its_29_february(shared: Path, tmp_path: Path) -> None:
    file = shared / "expected/std/derive_comstock_conus_2022_projected/table.parquet"
    if not file.exists():
        pytest.skip("the results of the existing system are not here")
    chosen = [("subsector", "=", "medium_office"), ("metric", "=", "electricity_cooling"), ("model_year", "=", "2020")]
    names = {"timestamp": "hourly", "geography": "county"}
    table = pd.read_parquet(file, columns=["timestamp", "geography", "scenario", "value"], filters=chosen)
    table = table.rename(columns=names)[["county", "scenario", "hourly", "value"]].assign(unit="MWh")
    of = result(tmp_path, table, described(table, [{**HOURLY, "calendar_zone": "-05:00"}]))
    asked = {"columns": "county", "calendar": "8760", "leap_day": "drop_feb_29", "time": "hour_of_year"}
    export = exported(of, **asked, zone="-05:00")
    kept = table.assign(local=table["hourly"] - pd.Timedelta(hours=5)).query("local.dt.strftime('%m-%d') != '02-29'")
    for scenario, rows in kept.groupby("scenario"):
        wanted = rows.pivot_table(index="local", columns="county", values="value")
        found = csv(export, f"{scenario}.csv")
        assert found["hour_of_year"].tolist() == list(range(1, 8761))
        assert found[wanted.columns].to_numpy().tolist() == wanted.to_numpy().tolist()
    (sums,) = export.manifest["sums"]
    assert sums["values_left_out"] == len(table) - len(kept) > 0
    assert sums["left_out"] == pytest.approx(table["value"].sum() - kept["value"].sum(), rel=1e-9)
