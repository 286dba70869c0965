"""The numbers of a picture are those of the table: summed where that means something, and never otherwise."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.plots.made import TIME, column, crossed, hours, made

from dsgrid.errors import DataError, DsgridError, NotFoundError, RegistryError, UsageError
from dsgrid.query.plots import arranging, gathering, rows, series
from dsgrid.query.plots.prepared import Prepared, prepare
from dsgrid.query.plots.traces import traces
from dsgrid.query.plots.wish import Wish
from dsgrid.time.zones import DAY, HOUR

STATES = ("CA", "CO", "NY")
FUELS = ("electricity", "natural_gas")


def numbers(prepared: Prepared) -> dict[str, dict[str, list[float]]]:
    """Return what is drawn, by the names of panels and of colours."""
    return {panel.name: {one.name: one.values.tolist() for one in panel.series} for panel in prepared.sheet.panels}


def hourly(folder: Path, number: int = 48, **more: Any) -> Any:
    """Return a result of hours by state and fuel, whose values tell what they are of."""
    axes = crossed(state=STATES, fuel=FUELS, hourly=hours(number))
    values = [
        1000.0 * STATES.index(state) + 100.0 * FUELS.index(fuel) + (at - hours(1)[0]) / timedelta(hours=1)
        for state, fuel, at in zip(*axes.values(), strict=True)
    ]
    return made(folder, {**axes, "value": values, "unit": ["MWh"] * len(values)}, **more)


@pytest.mark.parametrize("form", ["parquet", "csv", "arrow"])
def test_what_is_drawn_is_the_sum_of_what_has_no_axis(tmp_path: Path, form: str) -> None:
    found = prepare(hourly(tmp_path, form=form), Wish())
    assert found.picture.by == ("fuel",)
    assert found.picture.summed == ("state",)
    expected = {
        fuel: [3000.0 + 3 * 100.0 * number + 3 * hour for hour in range(48)] for number, fuel in enumerate(FUELS)
    }
    # The larger one is below.
    assert numbers(found) == {"": {fuel: expected[fuel] for fuel in reversed(FUELS)}}
    assert found.rows == 3 * 2 * 48


def test_a_table_in_many_pieces_gives_the_same_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = numbers(prepare(hourly(tmp_path / "whole"), Wish()))
    pieces = hourly(tmp_path / "pieces", row_group=7)
    monkeypatch.setattr(rows, "KEPT", 0)
    monkeypatch.setattr(rows, "PIECE", 5)
    monkeypatch.setattr(gathering, "_TOGETHER", 10)
    assert numbers(prepare(pieces, Wish())) == whole


def test_conditions_choose_records_and_times_on_the_drawn_clock(tmp_path: Path) -> None:
    result = hourly(tmp_path, 72)
    found = prepare(result, Wish(by=("state",)), ["state=CO,NY", "fuel=electricity", "hourly=2018-01-02"])
    assert numbers(found) == {
        "": {"NY": [2000.0 + hour for hour in range(24, 48)], "CO": [1000.0 + hour for hour in range(24, 48)]}
    }
    assert found.sheet.instants is not None
    assert found.sheet.instants[0] == np.datetime64("2018-01-02", "us").astype(int)
    same = prepare(
        result,
        Wish(by=("state",)),
        {"state": ["CO", "NY"], "fuel": "electricity", "hourly": "2018-01-02 00:00..2018-01-02 23"},
    )
    assert numbers(same) == numbers(found)


def test_conditions_leave_out_what_they_name_and_take_names_with_commas(tmp_path: Path) -> None:
    names = ["Kings, NY", "Kings", "Denver"]
    result = made(tmp_path, {"county": names, "value": [1.0, 2.0, 4.0]})
    chosen = {
        "county!=Kings": [4.0, 1.0],
        "county=Kings, NY": [1.0],
        'county="Kings, NY",Denver': [4.0, 1.0],
        "county==Denver,Kings": [4.0, 2.0],
    }
    for condition, values in chosen.items():
        assert numbers(prepare(result, Wish(), [condition])) == {"": {"": values}}, condition


def test_row_groups_that_cannot_have_what_is_asked_for_are_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "KEPT", 0)
    result = hourly(tmp_path, 48, row_group=96)
    read: list[int] = []
    plain = rows.mask
    monkeypatch.setattr(rows, "mask", lambda piece, *rest: read.append(piece.num_rows) or plain(piece, *rest))
    prepare(result, Wish(), ["state=CO"])
    # The look at all of the table comes first; then the one at what is asked for, and the numbers.
    assert sum(read) == 3 * 96 + 96 + 96


def test_what_does_not_add_up_is_never_summed(tmp_path: Path) -> None:
    result = hourly(tmp_path, adds_up=False)
    assert prepare(result, Wish()).picture.by == ("fuel", "state")
    said = 'at one place; give "fuel" to --by or --facet, or choose one value, such as --where fuel=electricity'
    with pytest.raises(UsageError, match=said):
        prepare(result, Wish("line", by=("state",), facet=()))
    chosen = prepare(result, Wish("line", by=("state",)), ["fuel=electricity"])
    assert numbers(chosen)[""]["NY"] == [2000.0 + hour for hour in range(48)]


def test_of_many_groups_the_largest_are_drawn_and_the_others_together(tmp_path: Path) -> None:
    counties = [f"county {number:02}" for number in range(40)]
    axes = crossed(county=counties, hourly=hours(3))
    values = [float(county[-2:]) + 1 for county in axes["county"]]
    result = made(tmp_path / "energy", {**axes, "value": values, "unit": ["MWh"] * 120})
    found = prepare(result, Wish())
    drawn = numbers(found)[""]
    assert list(drawn) == [*(f"county {number}" for number in range(39, 28, -1)), "other"]
    assert drawn["other"] == [float(sum(range(1, 30)))] * 3
    assert found.sheet.panels[0].series[-1].number == -1
    assert found.sheet.notes == ('of 40 values of county the 11 largest are drawn; "other" is the sum of the other 29',)

    means = made(tmp_path / "means", {**axes, "value": values, "unit": ["degC"] * 120}, adds_up=False)
    found = prepare(means, Wish())
    assert list(numbers(found)[""]) == [f"county {number}" for number in range(39, 27, -1)]
    assert found.sheet.notes == ("of 40 values of county the 12 largest are drawn; --where chooses others",)


def test_a_record_that_is_called_other_is_not_the_rest(tmp_path: Path) -> None:
    ends = [f"use {number:02}" for number in range(20)] + ["other"]
    two = made(
        tmp_path,
        {"end_use": ends * 2, "hourly": [one for one in hours(2) for _ in ends], "value": ([1.0] * 20 + [99.0]) * 2},
    )
    found = prepare(two, Wish()).sheet.panels[0].series
    assert (found[0].name, found[0].number) == ("other", 0)
    assert (found[-1].name, found[-1].number) == ("other", -1)
    assert found[0].values.tolist() == [99.0, 99.0]
    assert found[-1].values.tolist() == [10.0, 10.0]


def test_units_are_converted_before_anything_is_added(tmp_path: Path) -> None:
    rows_ = {"fuel": list(FUELS) * 2, "annual": [2018, 2018, 2019, 2019], "value": [1.0, 1000.0, 2.0, 2000.0]}
    mixed = made(tmp_path, rows_ | {"unit": ["MWh", "kWh"] * 2})
    found = prepare(mixed, Wish("line", by=()), (), "kWh")
    assert numbers(found) == {"": {"": [2000.0, 4000.0]}}
    # In units of their own they are not added, but have panels.
    apart = prepare(mixed, Wish())
    assert {panel.name: panel.unit for panel in apart.sheet.panels} == {"MWh": "MWh", "kWh": "kWh"}
    assert numbers(prepare(mixed, Wish(), ["unit=MWh"])) == {"": {"": [1.0, 2.0]}}
    with pytest.raises(UsageError, match='--unit kg: no conversion from "MWh" to "kg"'):
        prepare(mixed, Wish(), (), "kg")


def test_temperatures_convert_with_their_offset(tmp_path: Path) -> None:
    result = made(
        tmp_path, {"hourly": hours(2), "value": [0.0, 100.0], "unit": ["degC"] * 2}, adds_up=False, units=["degC"]
    )
    assert numbers(prepare(result, Wish(), (), "degF"))[""][""] == pytest.approx([32.0, 212.0])


def test_pivoted_columns_are_colours_that_are_stacked_summed_or_chosen(tmp_path: Path) -> None:
    columns = {name: {"type": "value", "unit": "MWh"} for name in FUELS}
    result = made(
        tmp_path,
        {**crossed(state=STATES, hourly=hours(2)), "electricity": [1.0] * 6, "natural_gas": [10.0] * 6},
        columns=columns,
        form="csv",
    )
    assert numbers(prepare(result, Wish())) == {"": {"natural_gas": [30.0] * 2, "electricity": [3.0] * 2}}
    assert numbers(prepare(result, Wish(by=("state",), x="metric")))[""]["CA"] == [20.0, 2.0]
    assert numbers(prepare(result, Wish("line", by=("state",))))[""]["CA"] == [11.0, 11.0]
    chosen = prepare(result, Wish("line"), ["metric=electricity"])
    assert list(numbers(chosen)[""].values()) == [[1.0, 1.0]] * 3
    assert chosen.picture.by == ("state",)


def test_missing_values_are_gaps_and_no_zeros(tmp_path: Path) -> None:
    at = hours(4)
    result = made(
        tmp_path,
        {
            "fuel": ["a", "a", "a", "b", "b"],
            "hourly": [at[0], at[1], at[3], at[0], at[1]],
            "value": [1.0, None, float("nan"), 2.0, float("inf")],
        },
    )
    found = prepare(result, Wish("line"))
    drawn = {one.name: one.values for one in found.sheet.panels[0].series}
    np.testing.assert_array_equal(drawn["a"], [1.0, np.nan, np.nan])
    np.testing.assert_array_equal(drawn["b"], [2.0, np.nan, np.nan])
    assert "2 values that are infinite or no numbers are left out" in found.sheet.notes


def test_negative_values_are_drawn_as_lines_and_no_stack_of_them_is(tmp_path: Path) -> None:
    rows_ = {**crossed(fuel=FUELS, hourly=hours(2)), "value": [1.0, -2.0, 3.0, 4.0]}
    result = made(tmp_path, rows_)
    found = prepare(result, Wish())
    assert found.picture.kind == "line"
    assert found.sheet.notes == ("lines and no stacked areas, as some values are negative",)
    with pytest.raises(UsageError, match=r"some values are negative \(down to -2\).*--kind line"):
        prepare(result, Wish("area"))


def test_a_load_duration_curve_is_every_hour_in_order(tmp_path: Path) -> None:
    values = [float(hour * 37 % 100) for hour in range(100)]
    found = prepare(made(tmp_path, {"hourly": hours(100), "value": values}), Wish("load_duration"))
    assert found.sheet.numbers is not None
    assert found.sheet.numbers.tolist() == list(range(1, 101))
    assert numbers(found) == {"": {"": sorted(values, reverse=True)}}


def test_a_long_load_duration_curve_keeps_its_ends(tmp_path: Path) -> None:
    values = [float(hour * 4799 % 8760) for hour in range(8760)]
    found = prepare(made(tmp_path, {"hourly": hours(8760), "value": values}), Wish("load_duration"))
    (curve,) = found.sheet.panels[0].series
    assert found.sheet.numbers is not None
    assert (found.sheet.numbers[0], found.sheet.numbers[-1]) == (1, 8760)
    assert (curve.values[0], curve.values[-1]) == (8759.0, 0.0)
    np.testing.assert_array_equal(curve.values, 8760 - found.sheet.numbers)


def test_a_heat_map_of_hours_has_a_row_for_each_hour_of_the_day_on_the_drawn_clock(tmp_path: Path) -> None:
    result = made(tmp_path, {"hourly": hours(48), "value": [float(hour) for hour in range(48)]})
    found = prepare(result, Wish("heat_map"))
    assert found.sheet.rows == tuple(f"{hour:02}:00" for hour in range(24))
    assert [one.values.tolist() for one in found.sheet.panels[0].series] == [[hour, hour + 24.0] for hour in range(24)]


def test_days_that_are_missing_are_gaps_of_a_heat_map(tmp_path: Path) -> None:
    at = [hours(73)[0], hours(73)[72]]
    found = prepare(made(tmp_path, {"hourly": at, "value": [1.0, 2.0]}), Wish("heat_map"))
    np.testing.assert_array_equal(found.sheet.panels[0].series[0].values, [1.0, np.nan, np.nan, 2.0])


def test_too_many_points_are_means_of_days_and_that_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series, "MOST_POINTS", 50)
    result = made(tmp_path, {"hourly": hours(72), "value": [float(hour) for hour in range(72)]})
    found = prepare(result, Wish())
    assert numbers(found) == {"": {"": [11.5, 35.5, 59.5]}}
    assert found.sheet.notes[0].startswith("means of days: 72 values are too many")
    monkeypatch.setattr(series, "MOST_POINTS", 2)
    with pytest.raises(
        UsageError, match="3 values are too many for a picture, 2 are the most; choose some with --where"
    ):
        prepare(result, Wish())


def test_more_places_than_memory_shall_hold_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "MOST_CELLS", 20)
    monkeypatch.setattr(gathering, "_TOGETHER", 10)
    with pytest.raises(UsageError, match="more than 20 values would be drawn; choose some with --where"):
        prepare(hourly(tmp_path), Wish())


@pytest.mark.parametrize("zone", ["America/Denver", "-07:00"])
def test_an_axis_of_time_has_one_length_for_every_hour(tmp_path: Path, zone: str) -> None:
    start = datetime(2018, 3, 10, 7, tzinfo=UTC)
    result = made(
        tmp_path,
        {"hourly": hours(72, start), "value": [1.0] * 72},
        columns={},
        time=TIME | {"calendar_zone": zone},
    )
    result.manifest["columns"][0]["calendar_zone"] = zone
    found = prepare(result, Wish())
    assert found.sheet.instants is not None
    assert set(np.diff(found.sheet.instants)) == {HOUR}
    assert found.sheet.instants[0] == np.datetime64("2018-03-10", "us").astype(int)
    named = zone == "America/Denver"
    assert found.clock.name == ("America/Denver standard time, UTC-07:00" if named else "UTC-07:00")
    assert found.clock.note == ("without daylight saving" if named else "")


def test_a_summer_is_drawn_on_the_clock_that_people_have_in_it(tmp_path: Path) -> None:
    result = made(tmp_path, {"hourly": hours(24, datetime(2018, 7, 1, 6, tzinfo=UTC)), "value": [1.0] * 24})
    result.manifest["columns"][0]["calendar_zone"] = "America/Denver"
    found = prepare(result, Wish())
    assert found.clock.name == "America/Denver, UTC-06:00"
    assert found.sheet.instants is not None
    assert found.sheet.instants[0] % DAY == 0


def test_an_hour_that_a_clock_shows_twice_is_two(tmp_path: Path) -> None:
    readings = [datetime(2018, 11, 4, hour) for hour in (0, 1, 1, 2)] * 2  # noqa: DTZ001 - what a clock shows
    found = prepare(
        made(
            tmp_path,
            {
                "state": ["CO"] * 4 + ["AZ"] * 4,
                "hourly": readings[:4] + [datetime(2018, 11, 4, hour) for hour in (0, 1, 2, 3)],  # noqa: DTZ001
                "time_zone": ["America/Denver"] * 4 + ["America/Phoenix"] * 4,
                "utc_offset": ["-06:00", "-06:00", "-07:00", "-07:00"] + ["-07:00"] * 4,
                "value": [1.0, 2.0, 4.0, 8.0] * 2,
            },
            columns={"hourly": {"type": "time", "holds": "wall", "interval": "period_beginning"}},
        ),
        Wish(by=("state",)),
    )
    drawn = {one.name: one.values for one in found.sheet.panels[0].series}
    # Denver's day begins at 23:00 of its standard time.
    np.testing.assert_array_equal(drawn["CO"], [1.0, 2.0, 4.0, 8.0, np.nan])
    np.testing.assert_array_equal(drawn["AZ"], [np.nan, 1.0, 2.0, 4.0, 8.0])
    assert found.clock.name == "local time of each place"


def test_days_and_months_stand_at_their_dates(tmp_path: Path) -> None:
    days = [date(2018, 1, 1), date(2018, 2, 1), date(2018, 3, 1)]
    found = prepare(made(tmp_path, {"monthly": days, "value": [1.0, 2.0, 3.0]}), Wish())
    assert found.sheet.instants is not None
    assert found.sheet.instants.tolist() == [np.datetime64(one, "us").astype(int) for one in days]


def test_years_and_percentiles_are_in_order_whatever_the_order_of_rows(tmp_path: Path) -> None:
    rows_ = {"percentile": [99.0, 5.0, 50.0], "value": [3.0, 1.0, 2.0]}
    found = prepare(made(tmp_path / "p", rows_, adds_up=False), Wish())
    assert found.sheet.names == ("5", "50", "99")
    assert numbers(found) == {"": {"": [1.0, 2.0, 3.0]}}
    rows_ = {"model_year": ["2040", "2018", "2030"], "value": [3.0, 1.0, 2.0]}
    assert numbers(prepare(made(tmp_path / "y", rows_), Wish())) == {"": {"": [1.0, 2.0, 3.0]}}


@pytest.mark.parametrize(
    ("where", "said"),
    [
        (["stat=CO"], 'no column "stat" to choose by; did you mean "state"?'),
        (["state=C0"], 'no value "C0" in column "state"; there are: "CA", "CO", "NY"'),
        (["fuel=electricty"], 'no value "electricty" in column "fuel"; did you mean "electricity"?'),
        (["state"], '"state" is no condition; write column=value'),
        (["state>=CO"], '"state>=CO" is no condition; write column=value'),
        (["state!=CA,CO,NY"], 'nothing is left of column "state"'),
        (["hourly!=2018-01-01"], "times are chosen by a range"),
        (["hourly=yesterday"], 'hourly: "yesterday" is no time; write 2018-07'),
        (["hourly=2018-13"], 'hourly: "2018-13" is no time'),
        (["hourly=2018-02..2018-01"], "ends before it begins"),
        (["hourly=2030"], "no row of the result is left with hourly 2030"),
        (["state=1..2"], '"state" has no numbers'),
        (["unit=kg"], 'no value "kg" in column "unit"'),
    ],
)
def test_conditions_that_name_what_is_not_there_are_refused(tmp_path: Path, where: list[str], said: str) -> None:
    with pytest.raises(DsgridError) as caught:
        prepare(hourly(tmp_path, 2), Wish(), where)
    assert said in str(caught.value)


def test_what_is_damaged_or_empty_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the result has no rows"):
        prepare(made(tmp_path / "none", {"state": [], "value": []}), Wish())
    with pytest.raises(DataError, match="every value is NULL, infinite or no number"):
        prepare(made(tmp_path / "null", {"state": ["CO"], "value": [None]}), Wish())
    with pytest.raises(DataError, match='every value of "hourly" is NULL'):
        prepare(made(tmp_path / "time", {"hourly": [None] * 2, "value": [1.0] * 2}), Wish("line", x="hourly"))
    gone = made(tmp_path / "gone", {"state": ["CO"], "value": [1.0]})
    gone.path.unlink()
    with pytest.raises(NotFoundError, match=r"the table of this result is gone: .*table.parquet; run its query again"):
        prepare(gone, Wish())
    cut = made(tmp_path / "cut", {"state": ["CO"], "value": [1.0]})
    cut.path.write_bytes(cut.path.read_bytes()[:-20])
    with pytest.raises(DataError, match="not a Parquet file"):
        prepare(cut, Wish())
    other = made(tmp_path / "other", {"state": ["CO"], "value": [1.0]})
    other.manifest["columns"].append(column("fuel"))
    with pytest.raises(DataError, match='the table has no column "fuel", which its manifest describes'):
        prepare(other, Wish())
    old = made(tmp_path / "old", {"state": ["CO"], "value": [1.0]})
    del old.manifest["columns"]
    with pytest.raises(RegistryError, match="another version of dsgrid has written it; run the query again"):
        prepare(old, Wish())


def report(folder: Path, kind: str, wish: Wish | None = None, **rows_: Any) -> Prepared:
    """Return what is drawn of a report: its columns, and the unit of the rows."""
    measures = ("ties", "rank", "hours", "load_factor", "difference_percent")
    columns = {name: {"type": "value"} for name in ("peak", "modelled", "benchmark", "load") if name in rows_}
    columns |= {name: {"type": "measure"} for name in measures if name in rows_}
    number = len(next(iter(rows_.values())))
    table = rows_ | {"unit": ["MWh"] * number}
    return prepare(made(folder / kind, table, columns=columns, adds_up=False, report={"kind": kind}), wish or Wish())


def test_a_peak_that_several_slots_have_is_one(tmp_path: Path) -> None:
    found = report(
        tmp_path, "peak_load", state=["CA", "CO", "CO"], hourly=hours(3), peak=[9.0, 5.0, 5.0], ties=[1.0, 2.0, 2.0]
    )
    assert (found.picture.kind, found.picture.x) == ("bar", "state")
    assert numbers(found) == {"": {"": [9.0, 5.0]}}


def test_peaks_of_several_groups_are_not_taken_for_one(tmp_path: Path) -> None:
    rows_ = {"state": ["CA", "CA", "CO", "CO"], "fuel": list(FUELS) * 2, "peak": [9.0, 5.0, 4.0, 2.0]}
    assert report(tmp_path / "all", "peak_load", **rows_).picture.by == ("fuel",)
    with pytest.raises(UsageError, match=r'do not add up .*; give "fuel" to --by'):
        report(tmp_path / "one", "peak_load", Wish(by=(), facet=()), **rows_)


def test_a_report_of_load_duration_is_a_curve_over_hours(tmp_path: Path) -> None:
    found = report(tmp_path, "load_duration", rank=[1.0, 2.0], hours=[1.0, 2.0], load=[7.0, 4.0])
    assert (found.picture.kind, found.picture.x) == ("line", "hours")
    assert numbers(found) == {"": {"": [7.0, 4.0]}}


def test_a_load_factor_has_no_unit_of_loads(tmp_path: Path) -> None:
    found = report(tmp_path, "load_factor", state=["CA", "CO"], load_factor=[0.4, 0.5])
    assert [panel.unit for panel in found.sheet.panels] == [""]


def test_both_sides_of_a_calibration_stand_beside_each_other(tmp_path: Path) -> None:
    found = report(
        tmp_path,
        "calibration",
        state=["CA", "CO"],
        modelled=[2.0, 3.0],
        benchmark=[2.5, 2.5],
        difference_percent=[-20.0, 20.0],
    )
    assert found.picture.by == ("compared",)
    assert not found.picture.stacked
    assert {name: sorted(values) for name, values in numbers(found)[""].items()} == {
        "modelled": [2.0, 3.0],
        "benchmark": [2.5, 2.5],
    }


def test_thousands_of_places_are_named_in_one_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def counted(value: Any) -> str:
        asked.append(value)
        return str(value)

    monkeypatch.setattr(arranging, "raw_text", counted)
    number = 2_000
    rows = {"slot": list(range(number)), "value": [1.0] * number, "unit": ["MWh"] * number}
    found = prepare(made(tmp_path, rows, columns={"slot": {"type": "time", "holds": "int32"}}), Wish(kind="line"))
    assert found.sheet.names == tuple(map(str, range(number)))
    assert len(asked) <= 3 * number


def many(folder: Path, number: int) -> Any:
    axes = crossed(county=[f"c{one:03}" for one in range(number)], hourly=hours(3))
    return made(folder, {**axes, "value": [float(1 + int(one[1:])) for one in axes["county"]]})


def test_of_many_lines_the_largest_are_drawn_and_no_sum_of_the_others(tmp_path: Path) -> None:
    result = many(tmp_path, 30)
    for kind in ("line", "load_duration"):
        found = prepare(result, Wish(kind=kind, by=("county",)))
        assert list(numbers(found)[""]) == [f"c{one:03}" for one in range(29, 17, -1)]
        assert "--where chooses others" in found.sheet.notes[0]
    areas = prepare(result, Wish(kind="area", by=("county",)))
    assert numbers(areas)[""]["other"] == [sum(range(1, 20))] * 3


def test_the_bar_of_the_rest_has_a_colour_of_its_own(tmp_path: Path) -> None:
    few, several = (prepare(many(tmp_path / str(one), one), Wish(kind="bar", x="county")) for one in (30, 60))
    assert isinstance(traces(few, 0)[0]["marker"]["color"], str)
    colours = traces(several, 0)[0]["marker"]["color"]
    assert len(colours) == len(several.sheet.names) == 40
    assert several.sheet.names[-1] == "other"
    assert colours[-1] != colours[0] == colours[-2]
