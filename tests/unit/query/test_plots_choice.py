"""Which picture is chosen for which columns, and which wishes are refused; nothing is read or drawn."""

from __future__ import annotations

from typing import Any

import pytest
from tests.plots.made import column

from dsgrid.errors import NotFoundError, UsageError
from dsgrid.query.plots.columns import UNIT, Column, columns_of, pivoted
from dsgrid.query.plots.picture import Picture, choose
from dsgrid.query.plots.scene import Scene
from dsgrid.query.plots.wish import KINDS, Wish


def scene(adds_up: bool = True, units: tuple[str, ...] = ("MWh",), **counts: int) -> Scene:
    """Return a scene with so many values of each column."""
    columns = columns_of({"columns": [column(name) for name in counts]})
    found = []
    for one, count in zip(columns, counts.values(), strict=True):
        values: tuple[Any, ...] = () if one.role == "instant" else tuple(f"{one.name} {n}" for n in range(count))
        found.append(Column(one.name, one.role, one.type, one.holds, count, values, one.unit, one.interval, one.step))
    return Scene(tuple(found), adds_up, units)


@pytest.mark.parametrize(
    ("counts", "chosen"),
    [
        ({"hourly": 8760}, Picture("line", "hourly")),
        ({"state": 1, "hourly": 8760}, Picture("line", "hourly")),
        ({"fuel": 3, "hourly": 8760}, Picture("area", "hourly", by=("fuel",), stacked=True)),
        ({"scenario": 2, "hourly": 24}, Picture("line", "hourly", by=("scenario",))),
        (
            {"state": 3, "scenario": 2, "fuel": 2, "hourly": 24},
            Picture("area", "hourly", by=("fuel",), facet=("scenario",), summed=("state",), stacked=True),
        ),
        ({"fuel": 2, "daily": 365}, Picture("area", "daily", by=("fuel",), stacked=True)),
        ({"hour_of_day": 24, "month_of_year": 12}, Picture("heat_map", "hour_of_day", "month_of_year")),
        ({"hour_of_day": 24, "day_of_year": 365}, Picture("heat_map", "day_of_year", "hour_of_day")),
        ({"hour_of_day": 24, "day_type": 2}, Picture("line", "hour_of_day", by=("day_type",))),
        (
            {"hour_of_day": 24, "day_type": 2, "fuel": 2},
            Picture("area", "hour_of_day", by=("fuel",), facet=("day_type",), stacked=True),
        ),
        ({"hour_of_day": 24, "fuel": 2}, Picture("area", "hour_of_day", by=("fuel",), stacked=True)),
        ({"month_of_year": 12, "fuel": 2}, Picture("bar", "month_of_year", by=("fuel",), stacked=True)),
        ({"state": 3, "fuel": 2, "annual": 1}, Picture("bar", "state", by=("fuel",), stacked=True)),
        ({"state": 3, "fuel": 2, "scenario": 2}, Picture("bar", "state", by=("scenario",), summed=("fuel",))),
        ({"model_year": 3, "state": 2}, Picture("bar", "model_year", by=("state",), stacked=True)),
        ({"model_year": 31, "state": 2}, Picture("area", "model_year", by=("state",), stacked=True)),
        ({"model_year": 31, "scenario": 2}, Picture("line", "model_year", by=("scenario",))),
        ({"percentile": 5, "hourly": 24}, Picture("line", "hourly", by=("percentile",))),
        ({"percentile": 5, "state": 2}, Picture("line", "percentile", by=("state",))),
        ({"state": 1}, Picture("bar", "state", stacked=True)),
        ({}, Picture("bar", "", stacked=True)),
    ],
)
def test_what_is_not_said_is_what_fits_the_columns(counts: dict[str, int], chosen: Picture) -> None:
    assert choose(scene(**counts), Wish()) == chosen


@pytest.mark.parametrize(
    ("counts", "chosen"),
    [
        ({"fuel": 3, "hourly": 8760}, Picture("line", "hourly", by=("fuel",))),
        ({"fuel": 3, "state": 2, "hourly": 8760}, Picture("line", "hourly", by=("fuel", "state"))),
        (
            {"fuel": 3, "scenario": 2, "hourly": 8760},
            Picture("line", "hourly", by=("fuel",), facet=("scenario",)),
        ),
        ({"hour_of_day": 24, "day_type": 2}, Picture("line", "hour_of_day", by=("day_type",))),
        ({"state": 3, "fuel": 2}, Picture("bar", "state", by=("fuel",))),
        (
            {"state": 3, "hour_of_day": 24, "month_of_year": 12},
            Picture("heat_map", "hour_of_day", "month_of_year", facet=("state",)),
        ),
        # What is decided by the hour is not in the way.
        ({"hourly": 8760, "month_of_year": 12}, Picture("line", "hourly")),
    ],
)
def test_what_does_not_add_up_is_neither_stacked_nor_summed(counts: dict[str, int], chosen: Picture) -> None:
    assert choose(scene(adds_up=False, **counts), Wish()) == chosen


def test_no_default_stacks_or_sums_scenarios_years_or_percentiles() -> None:
    tried = 0
    names = ("hourly", "hour_of_day", "month_of_year", "state", "fuel", "scenario", "model_year", "percentile")
    for chosen in range(1, 1 << len(names)):
        counts = {name: 7 for bit, name in enumerate(names) if chosen >> bit & 1}
        for adds_up in (True, False):
            found = choose(scene(adds_up=adds_up, **counts), Wish())
            drawn = {found.x, found.y, *found.by, *found.facet}
            apart = {"scenario", "model_year", "percentile"} & set(counts)
            assert apart <= drawn
            assert not apart & set(found.summed)
            assert not (found.stacked and apart & set(found.by))
            assert adds_up or not (found.summed or found.stacked)
            tried += 1
    assert tried == 510


def test_wishes_win_over_what_fits() -> None:
    one = scene(state=3, fuel=2, scenario=2, hourly=8760)
    assert choose(one, Wish(by=("state",))) == Picture(
        "area", "hourly", by=("state",), facet=("scenario",), summed=("fuel",), stacked=True
    )
    assert choose(one, Wish("line", by=("state",), facet=("fuel", "scenario"))).facet == ("fuel", "scenario")
    assert choose(one, Wish("bar", x="fuel")) == Picture(
        "bar", "fuel", by=("scenario",), summed=("state", "hourly"), asked=True
    )
    assert choose(one, Wish("load_duration")) == Picture(
        "load_duration", "hourly", by=("scenario",), summed=("state", "fuel"), asked=True
    )
    assert choose(one, Wish("heat_map")) == Picture(
        "heat_map", "hourly", facet=("scenario",), summed=("state", "fuel"), asked=True
    )


def test_values_of_different_units_have_panels_of_their_own() -> None:
    found = choose(scene(units=("MWh", "kg"), state=3, fuel=2, hourly=24), Wish())
    assert found.facet == (UNIT,)
    assert choose(scene(units=("MWh", "kg"), state=3, fuel=2), Wish(facet=("state",), x="fuel")).facet == (
        "state",
        UNIT,
    )


@pytest.mark.parametrize(
    ("wish", "counts", "said"),
    [
        (Wish(x="stat"), {"state": 3}, 'no column "stat"; did you mean "state"?'),
        (Wish(by=("colour",)), {"state": 3, "fuel": 2}, 'no column "colour"; there are: "state", "fuel"'),
        (Wish("area"), {"state": 3}, 'area needs time or years with several values; .* "state"; what fits: bar'),
        (Wish("heat_map"), {"annual": 3}, "heat map needs hours, or two cycles .* what fits: line, area, bar"),
        (Wish("load_duration"), {"hour_of_day": 24}, "load duration needs the values of many hours"),
        (
            Wish("load_duration", x="state"),
            {"state": 3, "hourly": 9},
            'its axis is one such as hourly, and not "state"',
        ),
        (Wish("line", x="state"), {"state": 3}, "--kind bar fits it"),
        (Wish("bar", x="hourly"), {"hourly": 8760}, '"hourly" has 8,760 values, .* --kind line fits it'),
        (Wish("heat_map", x="daily"), {"daily": 9}, '"daily" has no hours'),
        (Wish("heat_map", x="hour_of_day"), {"hour_of_day": 24}, "has no rows"),
        (Wish("heat_map", by=("fuel",)), {"hourly": 9, "fuel": 2}, "use --facet"),
        (Wish(x="fuel", by=("fuel",)), {"fuel": 2}, '"fuel" is asked for twice'),
        (Wish("area", by=("scenario",)), {"hourly": 9, "scenario": 2}, 'the values of "scenario" are not added up'),
        (
            Wish(by=("fuel",), facet=("state",)),
            {"hourly": 9, "fuel": 2, "state": 2, "scenario": 2},
            '"scenario" has 2 values, which are not added up; .* --where scenario=scenario 0',
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_what_can(wish: Wish, counts: dict[str, int], said: str) -> None:
    with pytest.raises((UsageError, NotFoundError), match=said):
        choose(scene(**counts), wish)


def test_areas_of_what_does_not_add_up_are_refused() -> None:
    with pytest.raises(UsageError, match=r"do not add up .* --kind line"):
        choose(scene(adds_up=False, hourly=9, fuel=2), Wish("area"))


def test_an_unknown_kind_is_refused_with_the_closest() -> None:
    with pytest.raises(UsageError, match='"heatmap" is no kind of plot; did you mean "heat_map"'):
        Wish("heatmap")
    assert [Wish(kind).kind for kind in KINDS] == list(KINDS)


@pytest.mark.parametrize(
    ("names", "more", "told", "found"),
    [
        (("state", "value", "unit"), {}, None, None),
        (("state", "a", "b"), {}, None, ("metric", "metric")),
        (("state", "2018", "2030", "unit"), {}, None, ("model_year", "model_year")),
        (("state", "a", "b", "unit"), {}, None, ("scenario", "scenario")),
        (("county", "a", "b", "unit"), {}, {"name": "sector", "type": "sector"}, ("sector", "sector")),
        (("county", "a"), {}, {"name": "fuel", "type": "metric"}, ("fuel", "metric")),
    ],
)
def test_pivoted_columns_stand_for_one_that_is_told_or_else_the_least_that_can_be(
    names: tuple[str, ...], more: dict[str, Any], told: dict[str, Any] | None, found: tuple[str, str] | None
) -> None:
    columns = columns_of(
        {
            "columns": [
                column(name, **({"type": "value"} if name in ("a", "b", "2018", "2030") else {})) for name in names
            ]
        }
    )
    one = pivoted(columns, told)
    assert (one and (one.name, one.type)) == found
