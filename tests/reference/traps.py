"""Small queries in which something goes wrong easily, with results worked out by hand.

Each is a function that returns a `Trap`; its name says what is easily taken for something else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from dsgrid.dimensions.dimension import Dimension, Supplemental
from dsgrid.registry.model import Project
from dsgrid.time.dimension import PROJECT_GEOGRAPHY, DatetimeTime, Span
from dsgrid.time.rules import TimeRules
from reference.small import Rows, mapping, pivoted, rates, records, small_dataset, small_project
from reference.stored import Stored

Result = Mapping[tuple[Any, ...], float | None]


@dataclass(frozen=True)
class Trap:
    """A query and its result.

    Parameters
    ----------
    by
        The columns that name a row of the result.
    rows
        Their values, and what belongs there; None where the query is refused.
    """

    project: Project
    datasets: tuple[Stored, ...]
    asked: dict[str, Any]
    by: tuple[str, ...] = ()
    rows: Result | None = None
    growth: tuple[Stored, ...] = ()

    @property
    def spec(self) -> dict[str, Any]:
        """The query's spec."""
        names = {} if "expression" in self.asked else {"datasets": [one.dataset.id for one in self.datasets]}
        return {"name": "asked", "project": self.project.id, **names, "result": {"path": "results"}, **self.asked}


TRAPS: dict[str, Callable[[], Trap]] = {}


def _trap(make: Callable[[], Trap]) -> Callable[[], Trap]:
    TRAPS[make.__name__] = make
    return make


HOMES: Rows = {
    ("a", "house", "cool", "2020"): (1, 2, 3, 4),
    ("a", "flat", "cool", "2020"): (4, 3, 2, 1),
    ("b", "house", "cool", "2020"): (10, 0, 0, 0),
    ("c", "house", "cool", "2020"): (5, 5, 5, 5),
}
OF = small_project()
HOMES_DATA = small_dataset(OF, "homes", HOMES)


def step(*by: str, function: str = "sum", **more: Any) -> dict[str, Any]:
    return {"function": function, "by": list(by), **more}


def asking(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"step": list(steps), **more}


def of_homes(asked: dict[str, Any], by: tuple[str, ...] = (), rows: Result | None = None) -> Trap:
    return Trap(OF, (HOMES_DATA,), asked, by, rows)


# Barriers ------------------------------------------------------------------------------------------------------------


@_trap
def the_greatest_of_sums() -> Trap:
    asked = asking(step("state", "hours"), step("state", function="max"))
    return of_homes(asked, ("state",), {("x",): 15, ("y",): 5})


@_trap
def the_sum_of_the_greatest() -> Trap:
    asked = asking(step("county", function="max"), step("state"))
    return of_homes(asked, ("state",), {("x",): 14, ("y",): 5})


@_trap
def the_greatest_of_what_a_supplemental_shares() -> Trap:
    # A region has half of every value of the second county, and no sum of anything.
    asked = asking(step("region", function="max"))
    return of_homes(asked, ("region",), {("north",): 5, ("south",): 5})


@_trap
def the_mean_of_collisions() -> Trap:
    own = {"geography": records("p", "q", time_zone=("America/Denver", "America/Denver"))}
    to_one = {"geography": mapping("many_to_one_aggregation", ("p", "a", 1.0), ("q", "a", 1.0))}
    rows = {("p", "house", "cool", "2020"): (1, 1, 1, 1), ("q", "house", "cool", "2020"): (3, 3, 3, 5)}
    stored = small_dataset(OF, "homes", rows, own=own, mapped=to_one)
    return Trap(OF, (stored,), asking(step("county", function="mean")), ("county",), {("a",): 4.5})


@_trap
def a_count_of_rows_that_hold_nothing_but_0() -> Trap:
    asked = asking(step("state", function="count"))
    return of_homes(asked, ("state", "unit"), {("x", ""): 12, ("y", ""): 4})


@_trap
def a_count_of_metrics_in_different_units() -> Trap:
    rows = {("a", "house", use, "2020"): (1, 2, 3, 4) for use in ("cool", "heat")}
    stored = small_dataset(OF, "homes", rows)
    return Trap(OF, (stored,), asking(step("county", function="count")), ("county", "unit"), {("a", ""): 8})


@_trap
def a_unit_where_no_metric_is_left() -> Trap:
    group = Dimension("group", "metric", "energy_end_use", records("warmth", unit=("kWh",)))
    warm = Supplemental(group, "end_use", mapping("many_to_one_aggregation", ("heat", "warmth", 1.0)))
    of = replace(OF, supplemental=(*OF.supplemental, warm))
    asked = asking(step("group", function="mean"), expression="homes + 1", result={"path": "results", "unit": "kWh"})
    return Trap(of, (small_dataset(of, "homes", HOMES),), asked, ("group",), {})


@_trap
def percentiles_between_neighbours() -> Trap:
    asked = asking(step("county", function="percentile", percentiles=[50, 90]))
    rows = {("a", 50.0): 2.5, ("a", 90.0): 4, ("b", 50.0): 0, ("b", 90.0): 7, ("c", 50.0): 5, ("c", 90.0): 5}
    return of_homes(asked, ("county", "percentile"), rows)


@_trap
def the_deviation_of_a_sample() -> Trap:
    asked = asking(step("county", "building", function="stddev"))
    rows = {("a", "house"): (5 / 3) ** 0.5, ("a", "flat"): (5 / 3) ** 0.5, ("b", "house"): 5, ("c", "house"): 0}
    return of_homes(asked, ("county", "building"), rows)


@_trap
def the_deviation_of_a_single_value() -> Trap:
    asked = asking(step("state", "hours"), step("state", "hours", function="stddev"), step("state", function="max"))
    return of_homes(asked, ("state",), {("x",): None, ("y",): None})


@_trap
def a_mean_that_is_weighted_after_a_sum() -> Trap:
    asked = asking(step("county"), step("state", function="weighted_mean", weights=["county.people"]))
    return of_homes(asked, ("state",), {("x",): 12.5, ("y",): 20})


@_trap
def a_mean_of_days_and_not_of_hours() -> Trap:
    asked = asking(step("county", "daily"), step("county", function="mean"))
    return of_homes(asked, ("county",), {("a",): 10, ("b",): 5, ("c",): 10})


@_trap
def an_hour_of_the_day_of_what_a_step_kept() -> Trap:
    asked = asking(step("hours"), step("hour_of_day", function="max"))
    return of_homes(asked, ("hour_of_day",), {(22,): 20, (23,): 10, (0,): 10, (1,): 10})


# Filters -------------------------------------------------------------------------------------------------------------


@_trap
def a_filter_on_values_before_the_steps() -> Trap:
    asked = asking(step("state"), where=[{"dimension": "value", "above": 4.5}])
    return of_homes(asked, ("state",), {("x",): 10, ("y",): 20})


@_trap
def a_filter_on_values_between_steps() -> Trap:
    second = step("state", where=[{"dimension": "value", "above": 5}])
    return of_homes(asking(step("state", "hours"), second), ("state",), {("x",): 15})


@_trap
def a_filter_on_values_of_the_result() -> Trap:
    asked = asking(step("state"), result={"path": "results", "where": [{"dimension": "value", "below": 25}]})
    return of_homes(asked, ("state",), {("y",): 20})


@_trap
def a_filter_on_values_in_the_unit_of_the_result() -> Trap:
    more = {"path": "results", "unit": "MWh", "where": [{"dimension": "value", "below": 0.025}]}
    return of_homes(asking(step("state"), result=more), ("state", "unit"), {("y", "MWh"): 0.02})


@_trap
def a_filter_on_a_supplemental_record_before_thestep() -> Trap:
    asked = asking(step("region"), where=[{"dimension": "region", "equals": "north"}])
    return of_homes(asked, ("region",), {("north",): 25, ("south",): 5})


@_trap
def a_filter_on_a_supplemental_record_after_thestep() -> Trap:
    second = step("region", where=[{"dimension": "region", "equals": "north"}])
    return of_homes(asking(step("region"), second), ("region",), {("north",): 25})


@_trap
def a_filter_on_labels_of_slots() -> Trap:
    asked = asking(step("county"), where=[{"dimension": "hours", "at_least": "2018-07-01"}])
    return of_homes(asked, ("county",), {("a",): 10, ("b",): 0, ("c",): 10})


@_trap
def a_filter_on_days_includes_the_last_one() -> Trap:
    asked = asking(step("county"), where=[{"dimension": "hours", "between": ["2018-06-29", "2018-06-30"]}])
    return of_homes(asked, ("county",), {("a",): 10, ("b",): 10, ("c",): 10})


@_trap
def a_filter_on_labels_in_another_zone() -> Trap:
    # It is seven hours later in Greenwich: six of the morning are eleven of the night.
    asked = asking(
        step("county"),
        where=[{"dimension": "hours", "equals": "2018-07-01 06:00"}],
        result={"path": "results", "zone": "UTC"},
    )
    return of_homes(asked, ("county",), {("a",): 5, ("b",): 0, ("c",): 5})


@_trap
def a_filter_on_hours_after_a_step_that_kept_them() -> Trap:
    second = step("state", where=[{"dimension": "hour_of_day", "in": [22, 1]}])
    return of_homes(asking(step("state", "hours"), second), ("state",), {("x",): 20, ("y",): 10})


@_trap
def a_filter_on_numbers_that_are_ids() -> Trap:
    rows = {("a", "house", "cool", year): (1, 1, 1, 1) for year in ("2020", "2021", "2022")}
    stored = small_dataset(OF, "homes", rows)
    asked = asking(step("year"), where=[{"dimension": "year", "between": [2021, 2030]}])
    return Trap(OF, (stored,), asked, ("year",), {("2021",): 4, ("2022",): 4})


@_trap
def a_filter_of_one_member() -> Trap:
    shops = small_dataset(OF, "shops", {("a", "house", "cool", "2020"): (1, 1, 1, 1), **_shops()})
    asked = asking(step("county"), source={"shops": {"where": [{"dimension": "state", "equals": "y"}]}})
    return Trap(OF, (HOMES_DATA, shops), {**asked, "overlap": "sum"}, ("county",), {("a",): 20, ("b",): 10, ("c",): 24})


def _shops() -> Rows:
    return {("c", "house", "cool", "2020"): (1, 1, 1, 1)}


# Members -------------------------------------------------------------------------------------------------------------


@_trap
def values_that_overlap_are_summed_before_the_greatest() -> Trap:
    more = small_dataset(
        OF, "more", {("a", "house", "cool", "2020"): (4, 0, 0, 1), ("b", "flat", "cool", "2020"): (1,) * 4}
    )
    asked = asking(step("county", function="max"), overlap="sum")
    return Trap(OF, (HOMES_DATA, more), asked, ("county",), {("a",): 5, ("b",): 10, ("c",): 5})


@_trap
def an_overlap_that_a_filter_leaves_out() -> Trap:
    more = small_dataset(
        OF, "more", {("a", "house", "cool", "2020"): (1, 1, 1, 1), ("b", "flat", "cool", "2020"): (1,) * 4}
    )
    asked = asking(step("county"), where=[{"dimension": "county", "equals": "b"}])
    return Trap(OF, (HOMES_DATA, more), asked, ("county",), {("b",): 14})


@_trap
def slots_that_one_side_lacks_and_a_filter_leaves_out() -> Trap:
    shops = small_dataset(OF, "shops", dict.fromkeys(HOMES, (1, 1, 1, 1)))
    later = [{"dimension": "hours", "at_least": "2018-07-01"}]
    asked = asking(step("county"), expression="homes - shops", source={"shops": {"where": later}}, where=later)
    return Trap(OF, (HOMES_DATA, shops), asked, ("county",), {("a",): 6, ("b",): -2, ("c",): 8})


@_trap
def what_one_side_lacks_is_0() -> Trap:
    more = small_dataset(
        OF, "more", {("a", "house", "cool", "2020"): (1, 1, 1, 1), ("c", "flat", "cool", "2020"): (1,) * 4}
    )
    asked = {**asking(step("county", "building")), "expression": "homes - 2 * more", "fill": 0}
    rows = {("a", "house"): 2, ("a", "flat"): 10, ("b", "house"): 10, ("c", "house"): 20, ("c", "flat"): -8}
    return Trap(OF, (HOMES_DATA, more), asked, ("county", "building"), rows)


@_trap
def a_number_is_added_to_every_row() -> Trap:
    asked = {**asking(step("state")), "expression": "homes + 1"}
    return of_homes(asked, ("state",), {("x",): 42, ("y",): 24})


@_trap
def the_mean_of_quotients() -> Trap:
    halves = small_dataset(OF, "halves", dict.fromkeys(HOMES, (2, 4, 4, 4)))
    asked = {**asking(step("county", function="mean")), "expression": "homes / halves"}
    rows = {("a", ""): (0.5 + 0.5 + 0.75 + 1 + 2 + 0.75 + 0.5 + 0.25) / 8, ("b", ""): 1.25, ("c", ""): 1.5625}
    return Trap(OF, (HOMES_DATA, halves), asked, ("county", "unit"), rows)


@_trap
def a_factor_without_time_is_one_of_every_slot() -> Trap:
    growth = rates(OF, {(id_, "2020"): rate for id_, rate in (("a", 0.5), ("b", 2), ("c", 0))})
    asked = {**asking(step("county", "end_use")), "expression": "homes * growth", "fill": 0}
    rows = {("a", "cool"): 10, ("b", "cool"): 20, ("c", "cool"): 0}
    return Trap(OF, (HOMES_DATA, growth), asked, ("county", "end_use"), rows)


@_trap
def a_union_of_a_union_is_scaled_as_one() -> Trap:
    shops = small_dataset(OF, "shops", {("c", "flat", "cool", "2020"): (1, 1, 1, 1)})
    asked = {**asking(step("county")), "expression": "(homes | shops) * 10"}
    return Trap(OF, (HOMES_DATA, shops), asked, ("county",), {("a",): 200, ("b",): 100, ("c",): 240})


@_trap
def years_of_a_projection_that_a_filter_leaves() -> Trap:
    growth = rates(OF, {(id_, year): rate for id_ in "abc" for year, rate in (("2021", 0.1), ("2022", 0.2))})
    asked = projection(step("county", "year"), where=[{"dimension": "year", "at_least": 2022}])
    rows = {("a", "2022"): 28.8, ("b", "2022"): 14.4, ("c", "2022"): 28.8}
    return Trap(OF, (HOMES_DATA,), asked, ("county", "year"), rows, (growth,))


@_trap
def a_base_year_that_is_not_the_first() -> Trap:
    years = {("a", "house", "cool", "2020"): (1,) * 4, ("a", "house", "cool", "2021"): (2,) * 4}
    growth = rates(OF, {("a", year): 0.5 for year in ("2020", "2021", "2022")})
    asked = projection(step("year"), base_year="2021")
    rows = {("2020",): 8 / 1.5, ("2021",): 8, ("2022",): 12}
    return Trap(OF, (small_dataset(OF, "homes", years),), asked, ("year",), rows, (growth,))


def with_every_year(stored: Stored) -> Stored:
    """Return a dataset that names all years, whether or not it has values of them."""
    dimensions = dict(stored.dataset.dimensions)
    every = next(base.records for base in OF.base if base.type == "model_year")
    dimensions["model_year"] = replace(dimensions["model_year"], records=every)
    return replace(stored, dataset=replace(stored.dataset, dimensions=dimensions)).with_files()


@_trap
def a_first_year_that_is_there_without_values() -> Trap:
    growth = rates(OF, {("a", year): 0.5 for year in ("2020", "2021", "2022")})
    stored = with_every_year(small_dataset(OF, "homes", {("a", "house", "cool", "2021"): (2,) * 4}))
    rows = {("2020",): 8 / 1.5, ("2021",): 8, ("2022",): 12}
    return Trap(OF, (stored,), projection(step("year")), ("year",), rows, (growth,))


@_trap
def a_first_year_whose_values_are_all_dropped() -> Trap:
    own = {"geography": records("p", "q", time_zone=("America/Denver", "America/Denver"))}
    dropping = {"geography": mapping("many_to_one_aggregation", ("p", None, 1.0), ("q", "a", 1.0))}
    values = {("p", "house", "cool", "2020"): (9,) * 4, ("q", "house", "cool", "2021"): (2,) * 4}
    growth = rates(OF, {("a", year): 0.5 for year in ("2020", "2021", "2022")})
    stored = small_dataset(OF, "homes", values, own=own, mapped=dropping)
    rows = {("2020",): 8 / 1.5, ("2021",): 8, ("2022",): 12}
    return Trap(OF, (stored,), projection(step("year")), ("year",), rows, (growth,))


@_trap
def growth_that_is_a_weighted_mean() -> Trap:
    mean = mapping("many_to_one_assignment", ("p", "a", 0.25), ("q", "a", 0.75))
    growth = rates(OF, {("p", "2022"): 0.1, ("q", "2022"): 0.3}, mean)
    stored = small_dataset(OF, "homes", {("a", "house", "cool", "2020"): (1, 1, 1, 1)})
    asked = projection(step("year"))
    return Trap(OF, (stored,), asked, ("year",), {("2022",): 4 * 1.25**2}, (growth,))


@_trap
def growth_that_is_a_multiplier() -> Trap:
    growth = rates(OF, {(id_, "2021"): 1.5 for id_ in "abc"})
    asked = projection(step("state", "year"), kind="annual_multiplier")
    return Trap(OF, (HOMES_DATA,), asked, ("state", "year"), {("x", "2021"): 45, ("y", "2021"): 30}, (growth,))


def projection(step: dict[str, Any], **more: Any) -> dict[str, Any]:
    source = {"kind": "exponential_growth", "initial": "homes", "growth": "growth", **more}
    return {"step": [step], "datasets": ["grown"], "source": {"grown": source}}


@_trap
def an_adjustment_on_several_dimensions() -> Trap:
    adjust = [{"where": {"state": "x", "building": "house"}, "multiply": 2}]
    asked = asking(step("county", "building"), adjust=adjust)
    rows = {("a", "house"): 20, ("a", "flat"): 10, ("b", "house"): 20, ("c", "house"): 20}
    return of_homes(asked, ("county", "building"), rows)


@_trap
def an_adjustment_on_what_a_region_has_a_part_of() -> Trap:
    asked = asking(step("region"), adjust=[{"where": {"region": ["south"]}, "multiply": 10}])
    return of_homes(asked, ("region",), {("north",): 70, ("south",): 250})


# Mappings ------------------------------------------------------------------------------------------------------------


@_trap
def a_fraction_of_0_is_an_association() -> Trap:
    own = {"geography": records("p", time_zone=("America/Denver",))}
    shares = {"geography": mapping("many_to_many_explicit_multipliers", ("p", "a", 1.0), ("p", "b", 0.0))}
    stored = small_dataset(OF, "homes", {("p", "house", "cool", "2020"): (1, 1, 1, 1)}, own=own, mapped=shares)
    return Trap(OF, (stored,), asking(step("county")), ("county",), {("a",): 4, ("b",): 0})


@_trap
def the_least_of_associations_with_0() -> Trap:
    own = {"geography": records("p", time_zone=("America/Denver",))}
    shares = {"geography": mapping("many_to_many_explicit_multipliers", ("p", "a", 1.0), ("p", "b", 0.0))}
    stored = small_dataset(OF, "homes", {("p", "house", "cool", "2020"): (1, 1, 1, 1)}, own=own, mapped=shares)
    return Trap(OF, (stored,), asking(step("state", function="min")), ("state",), {("x",): 0})


@_trap
def a_state_in_two_zones() -> Trap:
    # The state's profile counts the hours of its own clocks; the second county's is an hour behind.
    first = datetime.fromisoformat("2018-06-30")
    time = DatetimeTime(
        "own",
        (Span(first, first + timedelta(hours=47)),),
        timedelta(hours=1),
        PROJECT_GEOGRAPHY,
        "period_beginning",
        "total",
        clock="standard",
    )
    own = {"geography": records("s")}
    halves = {"geography": mapping("one_to_many_disaggregation", ("s", "a", 0.5), ("s", "b", 0.5))}
    stored = small_dataset(
        OF,
        "homes",
        {("s", "house", "cool", "2020"): tuple(range(48))},
        own=own,
        mapped=halves,
        time=time,
        rules=TimeRules(trim=True),
    )
    asked = asking(step("state", "hour_of_day"))
    rows = {("x", 22): 21.5, ("x", 23): 22.5, ("x", 0): 23.5, ("x", 1): 24.5}
    return Trap(OF, (stored,), asked, ("state", "hour_of_day"), rows)


@_trap
def records_that_differ_by_a_scalar() -> Trap:
    own = {"geography": records("p", "q", time_zone=("America/Denver", "America/Denver"))}
    shares = {
        "geography": mapping(
            "many_to_many_explicit_multipliers", ("p", "a", 0.2), ("p", "b", 0.3), ("q", "a", 0.4), ("q", "b", 0.6)
        )
    }
    rows = {("p", "house", "cool", "2020"): (1, 0, 0, 0), ("q", "house", "cool", "2020"): (0, 10, 0, 0)}
    stored = small_dataset(OF, "homes", rows, own=own, mapped=shares)
    asked = asking(step("county", function="max"))
    return Trap(OF, (stored,), asked, ("county",), {("a",): 4, ("b",): 6})


@_trap
def cells_that_are_null_in_wide_data() -> Trap:
    rows = {("a", "house", "cool", "2020"): (1, 2, 3, 4), ("b", "house", "heat", "2020"): (0, 0, 0, 0)}
    stored = pivoted(small_dataset(OF, "homes", rows))
    asked = asking(step("county", "end_use", function="min"))
    return Trap(OF, (stored,), asked, ("county", "end_use"), {("a", "cool"): 1, ("b", "heat"): 0})


@_trap
def temperatures_that_collide_are_averaged_before_the_greatest() -> Trap:
    metric = Dimension("end_use", "metric", "weather_variable", records("air", unit=("degC",)))
    of = small_project(metric=metric)
    own = {"geography": records("p", "q", time_zone=("America/Denver", "America/Denver"))}
    mean = {"geography": mapping("many_to_one_assignment", ("p", "a", 0.5), ("q", "a", 0.5))}
    rows = {("p", "house", "air", "2020"): (10, 20, 0, 0), ("q", "house", "air", "2020"): (30, 10, 0, 0)}
    stored = small_dataset(of, "homes", rows, own=own, mapped=mean)
    asked = asking(step("county", "end_use", function="max"))
    return Trap(of, (stored,), asked, ("county", "end_use"), {("a", "air"): 20})


@_trap
def what_is_counted_twice_on_purpose() -> Trap:
    asked = asking(step("coast"), allow_double_counting=True)
    return of_homes(asked, ("coast",), {("wet",): 30, ("warm",): 10})


def _on_clocks(asked: dict[str, Any], rows: Result, by: tuple[str, ...]) -> Trap:
    return of_homes({**asked, "result": {"path": "results", "zone": "geography"}}, by, rows)


@_trap
def days_of_two_clocks_that_a_second_sum_drops() -> Trap:
    return _on_clocks(asking(step("county", "daily"), step("state")), {("x",): 30, ("y",): 20}, ("state",))


@_trap
def the_greatest_state_when_days_of_two_clocks_were_summed_before() -> Trap:
    steps = (step("county", "year", "daily"), step("state", "year"), step("year", function="max"))
    return _on_clocks(asking(*steps), {("2020",): 30}, ("year",))


@_trap
def a_mean_by_weights_of_what_has_no_value() -> Trap:
    rows: Rows = {
        ("a", "house", "cool", "2020"): (1, 1, 1, 1),
        ("a", "flat", "cool", "2020"): (3, 3, 3, 3),
        ("b", "house", "cool", "2020"): (9, 9, 9, 9),
    }
    steps = (
        step("county", "building", "year"),
        step("county", "year", function="stddev"),
        step("year", function="weighted_mean", weights=["county.people"]),
    )
    # b has one building, so its standard deviation is none and weighs nothing.
    return Trap(OF, (small_dataset(OF, "homes", rows),), asking(*steps), ("year",), {("2020",): 4 * 2**0.5})


@_trap
def percentiles_of_percentiles() -> Trap:
    steps = (
        step("county", "building", function="percentile", percentiles=[50]),
        step("county", function="percentile", percentiles=[0, 100]),
        step("county", "percentile", function="max"),
    )
    rows = {("a", 0.0): 2.5, ("a", 100.0): 2.5, ("b", 0.0): 0, ("b", 100.0): 0, ("c", 0.0): 5, ("c", 100.0): 5}
    return of_homes(asking(*steps), ("county", "percentile"), rows)
