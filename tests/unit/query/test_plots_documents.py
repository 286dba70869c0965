"""Pictures as documents: what they offer can be drawn, and their numbers are those of the figure."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.plots.made import crossed, hours, made

from dsgrid.dimensions.units import UNITS, affine, alternatives
from dsgrid.errors import DataError, NotFoundError, UsageError
from dsgrid.query.plots import choices as plots_choices
from dsgrid.query.plots import sums as plots_sums
from dsgrid.query.plots.both import Beside
from dsgrid.query.plots.document import MOST_NUMBERS
from dsgrid.query.plots.plot import draw
from dsgrid.query.plots.sums import sums_by
from dsgrid.query.result import Result

STATES = ("CA", "CO", "New York, upstate")
SCENARIOS = ("base", "high")


@pytest.fixture
def result(tmp_path: Path) -> Result:
    return hourly(tmp_path / "result")


def hourly(folder: Path, factor: float = 1.0, unit: str = "MWh", days: int = 3, **told: Any) -> Result:
    axes = crossed(state=STATES, scenario=SCENARIOS, hourly=hours(24 * days))
    values = [factor * (at.hour + 1) for at in axes["hourly"]]
    return made(folder, {**axes, "value": values, "unit": [unit] * len(values)}, **told)


def by_state(folder: Path, factor: float = 1.0, **told: Any) -> Result:
    axes = crossed(state=STATES, scenario=SCENARIOS, sector=("com", "res"))
    values = [factor * (number + 1) for number in range(len(axes["state"]))]
    return made(folder, {**axes, "value": values}, columns={"value": {"unit": "MWh"}}, **told)


def decoded(numbers: dict[str, str]) -> list[float]:
    return np.frombuffer(base64.b64decode(numbers["bdata"]), numbers["dtype"]).tolist()


def test_every_choice_that_is_offered_can_be_drawn(result: Result) -> None:
    told = draw(result).document()["choices"]
    assert told["kinds"] == ["line", "area", "heat_map", "load_duration", "bar"]
    for kind in told["kinds"]:
        offered = draw(result, kind=kind).document()["choices"]
        for x in offered["x"]:
            assert draw(result, kind=kind, x=x).document()["chosen"]["x"] == x
        for name in offered["by"]:
            assert draw(result, kind=kind, by=name).document()["chosen"]["by"] == [name]
        for name in offered["facet"]:
            assert name in draw(result, kind=kind, facet=[name, "scenario"]).document()["chosen"]["facet"]
    for unit in told["units"]:
        assert draw(result, unit=unit).document()["chosen"]["units"] == [unit]
    for column in told["columns"]:
        for value in column["values"]:
            where = {column["name"]: [value["value"]]}
            assert draw(result, where=where).document()["chosen"]["rows"] in (24 * 3 * 2, 24 * 3 * 3)


def test_what_does_not_fit_is_not_offered(result: Result) -> None:
    # Scenarios are not stacked, a heat map has its colours for values, a column is an axis or has colours.
    assert draw(result, kind="area").document()["choices"]["by"] == ["state"]
    assert draw(result, kind="heat_map").document()["choices"]["by"] == []
    bars = draw(result, kind="bar", x="state").document()
    assert "state" not in bars["choices"]["by"]
    assert "state" in bars["choices"]["x"]
    (scenario,) = [one for one in bars["choices"]["columns"] if one["name"] == "scenario"]
    assert scenario["added_up"] is False


def test_values_can_be_chosen_that_another_choice_has_left_out(result: Result) -> None:
    told = draw(result, where=["state=CO"]).document()
    (state,) = [one for one in told["choices"]["columns"] if one["name"] == "state"]
    assert [one["value"] for one in state["values"]] == list(STATES)
    assert told["fixed"] == "state CO"
    assert "state" not in told["choices"]["by"]


def test_times_are_offered_on_the_clock_that_is_drawn(result: Result) -> None:
    told = draw(result).document()["choices"]["columns"]
    (time,) = [one for one in told if one["name"] == "hourly"]
    # The table has UTC; the axis is 7 hours behind.
    assert (time["first"], time["last"], time["values"]) == ("2018-01-01", "2018-01-03 23:00", [])


def test_columns_with_many_values_do_not_list_them(result: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plots_choices, "MOST_VALUES", 2)
    told = draw(result).document()["choices"]["columns"]
    assert {one["name"]: len(one["values"]) for one in told} == {"state": 0, "scenario": 2, "hourly": 0}
    assert [one["count"] for one in told if one["name"] == "state"] == [3]


def test_a_document_is_json_and_its_figure_has_the_same_numbers_as_its_words(tmp_path: Path) -> None:
    told = draw(by_state(tmp_path / "r"), kind="bar", x="state", by="scenario").document()
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    (panel,) = told["numbers"]
    assert panel["unit"] == "MWh"
    drawn = {trace["name"]: decoded(trace["x"]) for trace in told["figure"]["data"]}
    assert (
        drawn == {one["name"]: one["values"] for one in panel["series"]} == {"base": [19, 11, 3], "high": [23, 15, 7]}
    )
    assert panel["places"] == ["New York, upstate", "CO", "CA"]
    assert [(one["least"], one["most"], one["sum"]) for one in told["summary"]] == [(3, 19, 33), (7, 23, 45)]
    assert {one["group"] for one in told["legend"]} == {trace["legendgroup"] for trace in told["figure"]["data"]}


def test_a_gap_is_null(tmp_path: Path) -> None:
    rows = {"state": ["CA", "CA", "CO"], "fuel": ["gas", "oil", "gas"], "value": [1.0, 2.0, 3.0]}
    told = draw(made(tmp_path / "r", rows), kind="bar", x="state", by="fuel").document()
    values = {one["name"]: one["values"] for one in told["numbers"][0]["series"]}
    assert dict(zip(told["numbers"][0]["places"], values["oil"], strict=True)) == {"CA": 2.0, "CO": None}


def test_the_numbers_of_large_pictures_are_told_in_short(result: Result) -> None:
    told = draw(result, kind="line").document()
    assert told["numbers"] is None or sum(len(one["places"]) for one in told["numbers"]) <= MOST_NUMBERS
    told = draw(result, kind="line", by=["state", "scenario"], facet="").document()
    assert (told["numbers"] is None) == (MOST_NUMBERS < 6 * 24 * 3)
    short = told["summary"][0]
    assert (short["count"], short["least"], short["most"], short["mean"]) == (72, 1, 24, 12.5)
    # Load duration curves are the same values in another order, and means of days are no sums.
    assert draw(result, kind="load_duration").document()["summary"][0]["sum"] is None


def test_heat_maps_have_one_summary_for_each_panel(result: Result) -> None:
    told = draw(result, kind="heat_map").document()
    assert [(one["panel"], one["series"], one["count"]) for one in told["summary"]] == [
        ("base", "", 72),
        ("high", "", 72),
    ]
    assert told["legend"] == []


def test_the_peak_can_be_zoomed_to(tmp_path: Path) -> None:
    told = draw(hourly(tmp_path / "year", days=90), kind="line", by="", facet="scenario", where=["scenario=base"])
    spans = told.document()["zooms"]
    assert [one["title"] for one in spans] == ["week of the peak"] or spans[0]["title"] == "week of the peak"
    assert spans[0]["from"] < spans[0]["to"]


def test_units_of_one_kind_convert_into_each_other() -> None:
    for unit in UNITS:
        for other in alternatives(unit.name):
            assert affine(unit.name, other)
    assert alternatives("vehicles") == ("vehicles",)
    assert "GWh" in alternatives("MWh")
    assert "MW" not in alternatives("MWh")


# Two results ---------------------------------------------------------------------------------------------------------


def test_two_results_stand_beside_each_other(tmp_path: Path) -> None:
    first, second = by_state(tmp_path / "a"), by_state(tmp_path / "b", 2.0)
    told = draw(first, beside=Beside(second), kind="bar", x="state", where=["scenario=base"]).document()
    assert told["chosen"]["by"] == ["result"]
    values = {one["name"]: one["values"] for one in told["numbers"][0]["series"]}
    assert values == {"A": [19, 11, 3], "B": [38, 22, 6]}
    only = draw(first, beside=Beside(second), where=["result=B", "scenario=base"], kind="bar", x="state").document()
    assert [one["values"] for one in only["numbers"][0]["series"]] == [[38, 22, 6]]


def test_what_one_has_more_is_b_minus_a(tmp_path: Path) -> None:
    first, second = by_state(tmp_path / "a"), by_state(tmp_path / "b", 2.5)
    asked = {"kind": "bar", "x": "state", "by": "", "where": ["scenario=base"]}
    told = draw(first, beside=Beside(second, difference=True), **asked).document()
    assert [one["values"] for one in told["numbers"][0]["series"]] == [[28.5, 16.5, 4.5]]
    assert told["notes"] == ["values are those of B minus those of A"]
    back = draw(second, beside=Beside(first, difference=True), **asked).document()
    assert [one["values"] for one in back["numbers"][0]["series"]] == [[-28.5, -16.5, -4.5]]


def test_a_result_has_nothing_more_than_itself(tmp_path: Path) -> None:
    result = hourly(tmp_path / "a")
    told = draw(result, beside=Beside(result, difference=True)).document()
    assert {(one["least"], one["most"]) for one in told["summary"]} == {(0.0, 0.0)}


def test_what_differs_by_rounding_alone_does_not_differ(tmp_path: Path) -> None:
    rows = {"state": ["CA", "CO"], "value": [1e6, 5.0]}
    first = made(tmp_path / "a", rows, columns={"value": {"unit": "MWh"}})
    second = made(tmp_path / "b", {**rows, "value": [1e6 * (1 + 1e-14), 6.0]}, columns={"value": {"unit": "MWh"}})
    for unit, one in ((None, 1.0), ("kWh", 1000.0)):
        (series,) = draw(first, beside=Beside(second, difference=True), unit=unit).document()["numbers"][0]["series"]
        assert sorted(series["values"]) == [0.0, one]


def test_the_second_is_drawn_in_the_unit_of_the_first(tmp_path: Path) -> None:
    rows = {"state": ["CA", "CO"], "value": [1.0, 2.0]}
    first = made(tmp_path / "a", rows, columns={"value": {"unit": "GWh"}})
    second = made(tmp_path / "b", rows, columns={"value": {"unit": "MWh"}})
    told = draw(first, beside=Beside(second)).document()
    values = {one["name"]: one["values"] for one in told["numbers"][0]["series"]}
    assert values == {"A": [2.0, 1.0], "B": [0.002, 0.001]}
    other = made(tmp_path / "c", rows, columns={"value": {"unit": "kg"}})
    with pytest.raises(UsageError, match='"value" of the two results'):
        draw(first, beside=Beside(other))


def test_rows_that_say_their_units_are_drawn_in_those_of_the_first(tmp_path: Path) -> None:
    rows = {"state": ["CA", "CO"], "value": [2.0, 1.0]}
    told = {"columns": {"value": {"unit": "GWh"}}}, {"columns": {"value": {"unit": "MWh"}}}
    first = made(tmp_path / "a", {**rows, "unit": ["GWh", "GWh"]}, **told[0])
    second = made(tmp_path / "b", {**rows, "unit": ["MWh", "MWh"]}, **told[1])
    both = draw(first, beside=Beside(second)).document()
    assert [(one["unit"], len(one["series"])) for one in both["numbers"]] == [("GWh", 2)]
    assert {one["name"]: one["values"] for one in both["numbers"][0]["series"]} == {"A": [2, 1], "B": [0.002, 0.001]}
    difference = draw(first, beside=Beside(second, difference=True), by="").document()["numbers"]
    assert [(one["unit"], one["series"][0]["values"]) for one in difference] == [("GWh", [-1.998, -0.999])]
    # Once, also where a third unit is asked for, or one of the first's is chosen.
    other = draw(first, beside=Beside(second), unit="kWh", where=["state=CA"]).document()["numbers"][0]
    assert [one["values"] for one in other["series"]] == [[2_000_000, 2_000]]
    assert draw(first, beside=Beside(second), where=["unit=GWh"]).document()["chosen"]["rows"] == 4


def test_of_several_units_each_is_drawn_in_one_of_the_first(tmp_path: Path) -> None:
    rows = {"fuel": ["gas", "water"], "value": [5.0, 7.0]}
    first = made(tmp_path / "a", {**rows, "unit": ["MWh", "kg"]})
    second = made(tmp_path / "b", {**rows, "unit": ["GWh", "kg"]})
    told = draw(first, beside=Beside(second)).document()["numbers"]
    found = {one["unit"]: {each["name"]: each["values"] for each in one["series"]} for one in told}
    assert {unit: sorted(one for series in each.values() for one in series if one) for unit, each in found.items()} == {
        "MWh": [5, 5000],
        "kg": [7, 7],
    }


def test_results_with_other_columns_are_not_drawn_together(tmp_path: Path) -> None:
    first, second = by_state(tmp_path / "a"), hourly(tmp_path / "b")
    with pytest.raises(UsageError, match='only A has "sector"; only B has "hourly", "unit"'):
        draw(first, beside=Beside(second))


def test_differences_of_what_does_not_add_up_are_not_drawn(tmp_path: Path) -> None:
    first, second = (by_state(tmp_path / name, adds_up=False) for name in "ab")
    with pytest.raises(UsageError, match="do not add up"):
        draw(first, beside=Beside(second, difference=True))
    assert "result" in json.dumps(draw(first, beside=Beside(second)).document()["chosen"])


def test_a_column_that_is_called_result_keeps_its_name(tmp_path: Path) -> None:
    rows = {"result": ["x", "y"], "value": [1.0, 2.0]}
    first, second = (made(tmp_path / name, rows, columns={"result": {"type": "sector"}}) for name in "ab")
    told = draw(first, beside=Beside(second)).document()
    assert {one["name"] for one in told["choices"]["columns"]} == {"result", "result_"}


# Sums ----------------------------------------------------------------------------------------------------------------


def test_sums_are_those_of_the_rows(tmp_path: Path) -> None:
    told = sums_by(by_state(tmp_path / "r"), "state", ["scenario=high"])
    assert told["values"] == [
        {"value": "CA", "sum": 7.0},
        {"value": "CO", "sum": 15.0},
        {"value": "New York, upstate", "sum": 23.0},
    ]
    assert (told["unit"], told["rows"], told["taken"]) == ("MWh", 6, {})
    assert sums_by(by_state(tmp_path / "r2"), "state", ["scenario=high"], "kWh")["values"][0]["sum"] == 7000.0


def test_of_scenarios_one_is_taken(tmp_path: Path) -> None:
    result = by_state(tmp_path / "r")
    told = sums_by(result, "state")
    assert told["taken"] == {"scenario": "base"}
    assert told["values"] == sums_by(result, "state", ["scenario=base"])["values"]
    # Along the scenarios themselves there is nothing to be taken.
    assert sums_by(result, "scenario")["taken"] == {}


def test_of_several_units_one_is_taken(tmp_path: Path) -> None:
    rows = {"state": ["CA", "CA"], "value": [1.0, 2.0], "unit": ["kg", "MWh"]}
    told = sums_by(made(tmp_path / "r", rows), "state")
    assert told["taken"] == {"unit": told["unit"]}
    assert told["values"] == [{"value": "CA", "sum": {"kg": 1.0, "MWh": 2.0}[told["unit"]]}]


def test_what_does_not_add_up_is_not_added_up(tmp_path: Path) -> None:
    result = by_state(tmp_path / "r", adds_up=False)
    with pytest.raises(UsageError, match="choose one value of sector"):
        sums_by(result, "state", ["scenario=base"])
    assert sums_by(result, "state", ["scenario=base", "sector=res"])["values"][0] == {"value": "CA", "sum": 2.0}


def test_sums_are_by_names_and_not_by_too_many(result: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotFoundError, match='no column "stat" with names; did you mean "state"'):
        sums_by(result, "stat")
    with pytest.raises(NotFoundError, match="hourly"):
        sums_by(result, "hourly")
    monkeypatch.setattr(plots_sums, "MOST", 2)
    with pytest.raises(UsageError, match="has 3 values"):
        sums_by(result, "state")


def test_sums_of_nothing_are_an_error(tmp_path: Path) -> None:
    empty = made(tmp_path / "r", {"state": [], "value": []})
    with pytest.raises(DataError):
        sums_by(empty, "state")
