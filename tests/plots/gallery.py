"""Results of all shapes, for pictures to be looked at: what is usual, what is too much, what is odd."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from tests.plots.made import crossed, hours, made

from dsgrid.query.plots.plot import Plot, draw

YEAR: Final = 8760
END_USES = ("equipment", "lighting", "ventilation", "heating", "cooling")
LONG = ("Single-family detached", "Mobile homes", "Multi-family, 5 units and more", "Small offices", "Warehouses")


def shape(hour: int, number: int = 0) -> float:
    """Return a load with days, weeks and a year in it."""
    day, year = math.sin((hour % 24 - 9) / 24 * 2 * math.pi), math.cos(hour / YEAR * 2 * math.pi)
    week = 1.0 if hour // 24 % 7 < 5 else 0.7
    return week * (3 + day) * (2 + (-1) ** number * year) * 100 * (1 + number)


def _loads(folder: Path, number: int, unit: str = "MWh", **axes: Any) -> Any:
    rows = crossed(**axes, hourly=hours(number))
    per = len(rows["hourly"]) // number
    values = [shape(hour, series) for series in range(per) for hour in range(number)]
    return made(folder, {**rows, "value": values, "unit": [unit] * len(values)})


def _line(folder: Path) -> Plot:
    result = made(
        folder,
        {"hourly": hours(YEAR), "value": [12 - shape(hour) / 60 for hour in range(YEAR)], "unit": ["degC"] * YEAR},
        adds_up=False,
        query="temperature_in_denver",
    )
    return draw(result)


def _area(folder: Path) -> Plot:
    return draw(_loads(folder, YEAR, end_use=END_USES), title="Electricity of buildings by end use")


def _area_of_a_week(folder: Path) -> Plot:
    return draw(_loads(folder, 168, scenario=("reference", "high_electrification"), end_use=END_USES))


def _many_groups(folder: Path) -> Plot:
    names = [f"{LONG[number % 5]} of county {number:02}" for number in range(30)]
    return draw(_loads(folder, 24 * 14, county=names), kind="line")


def _many_panels(folder: Path) -> Plot:
    states = tuple(f"state_{number:02}" for number in range(16))
    return draw(_loads(folder, 24 * 7, state=states, fuel=("electricity", "natural_gas")), facet="state")


def _heat_map(folder: Path) -> Plot:
    return draw(_loads(folder, YEAR, scenario=("reference", "high_electrification")), kind="heat_map")


def _heat_map_around_zero(folder: Path) -> Plot:
    rows = crossed(month_of_year=range(1, 13), hour_of_day=range(24))
    values = [
        math.sin(hour / 4) * (month - 6) * 1e6
        for month, hour in zip(rows["month_of_year"], rows["hour_of_day"], strict=True)
    ]
    return draw(made(folder, {**rows, "value": values, "unit": ["kWh"] * len(values)}))


def _load_duration(folder: Path) -> Plot:
    return draw(_loads(folder, YEAR, scenario=("reference", "high_electrification")), kind="load_duration")


def _lying_bars(folder: Path) -> Plot:
    rows = crossed(building=LONG, scenario=("reference", "high_electrification"))
    return draw(made(folder, {**rows, "value": [float(one * one + 7) for one in range(10)], "unit": ["TWh"] * 10}))


def _bars_of_years(folder: Path) -> Plot:
    rows = crossed(model_year=("2018", "2030", "2040", "2050"), end_use=END_USES)
    values = [2e7 * (1 + number % 5) * (1 + number / 20) for number in range(20)]
    return draw(made(folder, {**rows, "annual": [2018] * 20, "value": values, "unit": ["MWh"] * 20}))


def _bars_of_months(folder: Path) -> Plot:
    rows = crossed(month_of_year=range(1, 13), state=("CA", "CO"))
    return draw(made(folder, {**rows, "value": [float(n % 7 + 3) for n in range(24)], "unit": ["million_USD"] * 24}))


def _percentiles(folder: Path) -> Plot:
    rows = crossed(percentile=(5.0, 25.0, 50.0, 75.0, 95.0), hour_of_day=range(24))
    values = [3 + p / 20 + math.sin(h / 4) for p, h in zip(*rows.values(), strict=True)]
    return draw(made(folder, {**rows, "value": values, "unit": ["kW"] * len(values)}, adds_up=False))


def _two_units(folder: Path) -> Plot:
    rows = crossed(metric=("heating", "floor_area"), model_year=tuple(str(year) for year in range(2018, 2051)))
    values = [float(number * 3 + 40) for number in range(66)]
    columns = {"metric": {"type": "metric"}}
    return draw(made(folder, {**rows, "value": values, "unit": ["MWh"] * 33 + ["ft2"] * 33}, columns=columns))


def _small_values(folder: Path) -> Plot:
    months = [date(2018, month, 1) for month in range(1, 13)]
    return draw(made(folder, {"monthly": months, "value": [1.2e-4 * m.month for m in months], "unit": ["quad"] * 12}))


def _summer_time(folder: Path) -> Plot:
    result = made(folder, {"hourly": hours(YEAR, datetime(2018, 1, 1, 5, tzinfo=UTC)), "value": [1.0, 3.0] * 4380})
    result.manifest["columns"][0]["calendar_zone"] = "America/New_York"
    return draw(result, where=["hourly=2018-03-08..2018-03-14"])


def _gaps(folder: Path) -> Plot:
    rows = crossed(state=("CA", "CO"), hourly=hours(96))
    values = [
        None if hour in range(20, 40) or hour in (60, 62) else shape(hour) for _ in range(2) for hour in range(96)
    ]
    values[100:110] = [float("nan")] * 10
    return draw(made(folder, {**rows, "value": values, "unit": ["MWh"] * 192}), kind="line")


def _odd_names(folder: Path) -> Plot:
    names = ("<b>bold</b> & Söhne", '%{y} of "all"', "日本", "</script>", "")
    columns = {"what it is": {"type": "sector"}}
    rows = {"what it is": names, "value": [5.0, 4.0, 3.0, 2.0, 1.0], "unit": ["<u>"] * 5}
    return draw(
        made(folder, rows, columns=columns, query="a query with a name that is too long for one line of a phone")
    )


GALLERY: Final[Mapping[str, Callable[[Path], Plot]]] = {
    "line": _line,
    "area": _area,
    "area_of_a_week": _area_of_a_week,
    "many_groups": _many_groups,
    "many_panels": _many_panels,
    "heat_map": _heat_map,
    "heat_map_around_zero": _heat_map_around_zero,
    "load_duration": _load_duration,
    "lying_bars": _lying_bars,
    "bars_of_years": _bars_of_years,
    "bars_of_months": _bars_of_months,
    "percentiles": _percentiles,
    "two_units": _two_units,
    "small_values": _small_values,
    "summer_time": _summer_time,
    "gaps": _gaps,
    "odd_names": _odd_names,
}
