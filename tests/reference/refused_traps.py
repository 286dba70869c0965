"""Small queries that mean nothing, each for one reason: its name says which."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dsgrid.registry.model import Project
from reference.small import mapping, rates, records, small_dataset
from reference.stored import Stored
from reference.traps import HOMES, HOMES_DATA, OF, Trap, asking, of_homes, projection, step, with_every_year

REFUSED: dict[str, Callable[[], Trap]] = {}


def _refused(make: Callable[[], Trap]) -> Callable[[], Trap]:
    REFUSED[make.__name__] = make
    return make


def _years() -> Stored:
    return small_dataset(OF, "homes", {("a", "house", "cool", year): (1,) * 4 for year in ("2020", "2021")})


@_refused
def years_that_a_second_step_reduces() -> Trap:
    return Trap(OF, (_years(),), asking(step("county", "year"), step("county", function="max")))


@_refused
def the_greatest_of_different_units() -> Trap:
    rows = {("a", "house", use, "2020"): (1,) * 4 for use in ("cool", "heat")}
    return Trap(OF, (small_dataset(OF, "homes", rows),), asking(step("county", function="max")))


@_refused
def a_dimension_that_a_step_has_dropped() -> Trap:
    return of_homes(asking(step("county"), step("building")))


@_refused
def a_supplemental_whose_base_is_gone() -> Trap:
    return of_homes(asking(step("state"), step("region")))


@_refused
def a_filter_on_a_dimension_that_a_step_has_dropped() -> Trap:
    second = step("county", where=[{"dimension": "building", "equals": "house"}])
    return of_homes(asking(step("county"), second))


@_refused
def hours_of_days() -> Trap:
    return of_homes(asking(step("county", "daily"), step("hour_of_day")))


@_refused
def members_that_overlap() -> Trap:
    more = small_dataset(OF, "more", {("a", "house", "cool", "2020"): (1,) * 4})
    return Trap(OF, (HOMES_DATA, more), asking(step("county")))


@_refused
def combinations_that_one_side_lacks() -> Trap:
    more = small_dataset(OF, "more", {("a", "house", "cool", "2020"): (1,) * 4})
    return Trap(OF, (HOMES_DATA, more), {**asking(step("county")), "expression": "homes + more"})


@_refused
def a_product_of_two_that_have_units() -> Trap:
    more = small_dataset(OF, "more", HOMES)
    return Trap(OF, (HOMES_DATA, more), {**asking(step("county")), "expression": "homes * more"})


@_refused
def a_number_divided_by_energy() -> Trap:
    return of_homes({**asking(step("county")), "expression": "1 / homes"})


@_refused
def a_sum_of_quotients() -> Trap:
    halves = small_dataset(OF, "halves", dict.fromkeys(HOMES, (2, 4, 4, 4)))
    return Trap(OF, (HOMES_DATA, halves), {**asking(step("county")), "expression": "homes / halves"})


@_refused
def energy_and_a_rate_without_time() -> Trap:
    growth = rates(OF, {(id_, "2020"): 0.5 for id_ in "abc"})
    return Trap(OF, (HOMES_DATA, growth), {**asking(step("county")), "expression": "homes + growth", "fill": 0})


@_refused
def a_filter_of_a_second_step_that_leaves_nothing() -> Trap:
    rows = {("a", "house", "cool", "2020"): (1, 1, 1, 1)}
    second = step("county", where=[{"dimension": "county", "equals": "b"}])
    return Trap(OF, (small_dataset(OF, "homes", rows),), asking(step("county", function="max"), second))


@_refused
def a_division_by_the_number_0() -> Trap:
    return of_homes({**asking(step("county")), "expression": "homes / 0"})


@_refused
def a_division_by_a_value_that_is_0() -> Trap:
    more = small_dataset(OF, "more", HOMES)
    return Trap(OF, (more, HOMES_DATA), {**asking(step("county")), "expression": "more / homes"})


@_refused
def a_filter_on_a_record_that_there_is_not() -> Trap:
    return of_homes(asking(step("county"), where=[{"dimension": "county", "not_equals": "d"}]))


@_refused
def filters_that_leave_nothing() -> Trap:
    return of_homes(asking(step("county"), where=[{"dimension": "county", "like": "d%"}]))


@_refused
def filters_that_leave_no_slot() -> Trap:
    return of_homes(asking(step("county"), where=[{"dimension": "hours", "below": "2018-06-30"}]))


@_refused
def growth_that_is_missing() -> Trap:
    growth = rates(OF, {("a", "2021"): 0.1, ("b", "2021"): 0.1})
    return Trap(OF, (HOMES_DATA,), projection(step("county", "year")), growth=(growth,))


@_refused
def growth_whose_weights_are_too_small() -> Trap:
    mean = mapping("many_to_one_explicit_multipliers", ("p", "a", 0.25), ("q", "a", 0.25))
    growth = rates(OF, {("p", "2022"): 0.1, ("q", "2022"): 0.3}, mean)
    stored = small_dataset(OF, "homes", {("a", "house", "cool", "2020"): (1,) * 4})
    return Trap(OF, (stored,), projection(step("year")), growth=(growth,))


@_refused
def rates_of_growth_in_a_union() -> Trap:
    growth = rates(OF, {("a", "2021"): 0.1})
    return Trap(OF, (HOMES_DATA, growth), asking(step("county", "year")))


@_refused
def a_supplemental_that_counts_a_county_twice() -> Trap:
    return of_homes(asking(step("coast")))


@_refused
def a_supplemental_that_a_second_step_counts_twice() -> Trap:
    return of_homes(asking(step("county"), step("coast")))


def _shops() -> Stored:
    return small_dataset(OF, "shops", dict.fromkeys(HOMES, (1, 1, 1, 1)))


_LATER = {"shops": {"where": [{"dimension": "hours", "at_least": "2018-07-01"}]}}


@_refused
def slots_that_one_side_lacks_under_a_sum() -> Trap:
    asked = asking(step("county"), expression="homes - shops", source=_LATER)
    return Trap(OF, (HOMES_DATA, _shops()), asked)


@_refused
def slots_that_one_side_lacks_beside_rates() -> Trap:
    growth = rates(OF, {(county, "2020"): 0.5 for county in "abc"})
    asked = asking(step("county", "hours"), expression="growth * homes + shops", source=_LATER)
    return Trap(OF, (HOMES_DATA, _shops()), asked, growth=(growth,))


@_refused
def slots_that_one_side_lacks_inside_a_product() -> Trap:
    growth = rates(OF, {(county, "2020"): 0.5 for county in "abc"})
    asked = asking(step("county", "hours"), expression="(homes - shops) * (1 + growth)", source=_LATER)
    return Trap(OF, (HOMES_DATA, _shops()), asked, growth=(growth,))


@_refused
def a_filter_on_the_time_of_rates_that_have_none() -> Trap:
    growth = rates(OF, {(county, "2020"): 0.5 for county in "abc"})
    filtered = {"growth": {"where": [{"dimension": "daily", "equals": "2018-07-01"}]}}
    asked = asking(step("county", "hours"), expression="homes * (1 + growth)", source=filtered)
    return Trap(OF, (HOMES_DATA,), asked, growth=(growth,))


@_refused
def slots_that_one_side_lacks_on_one_clock() -> Trap:
    filtered = {"shops": {"where": [{"dimension": "hour_of_day", "not_equals": 23}]}}
    asked = {"expression": "homes / shops", "source": filtered, "result": {"path": "results", "zone": "geography"}}
    return Trap(OF, (HOMES_DATA, _shops()), asked)


@_refused
def the_greatest_of_several_percentiles() -> Trap:
    steps = (step("county", function="percentile", percentiles=[5, 95]), step("county", function="max"))
    return of_homes(asking(*steps))


# What steps leave out is there before them ---------------------------------------------------------------------------


@_refused
def members_that_overlap_in_what_a_first_step_leaves_out() -> Trap:
    more = small_dataset(OF, "more", {("a", "house", "cool", "2020"): (1,) * 4})
    only = step("county", where=[{"dimension": "county", "equals": "b"}])
    return Trap(OF, (HOMES_DATA, more), asking(only))


@_refused
def combinations_that_one_side_lacks_in_what_a_first_step_leaves_out() -> Trap:
    more = small_dataset(OF, "more", {("a", "house", "cool", "2020"): (1,) * 4})
    only = step("county", where=[{"dimension": "county", "equals": "a"}, {"dimension": "building", "equals": "house"}])
    return Trap(OF, (HOMES_DATA, more), asking(only, expression="homes + more"))


@_refused
def slots_that_one_side_lacks_in_what_a_first_step_leaves_out() -> Trap:
    only = step("county", where=[{"dimension": "hours", "at_least": "2018-07-01"}])
    return Trap(OF, (HOMES_DATA, _shops()), asking(only, expression="homes - shops", source=_LATER))


@_refused
def growth_that_is_missing_in_what_a_first_step_leaves_out() -> Trap:
    growth = rates(OF, {("a", "2021"): 0.1, ("b", "2021"): 0.1})
    only = step("county", "year", where=[{"dimension": "county", "equals": "a"}])
    return Trap(OF, (HOMES_DATA,), projection(only), growth=(growth,))


@_refused
def growth_that_is_missing_where_a_supplemental_has_nothing() -> Trap:
    growth = rates(OF, {("a", "2021"): 0.1, ("b", "2021"): 0.1})
    asked = {**projection(step("coast", "year")), "allow_double_counting": True}
    return Trap(OF, (HOMES_DATA,), asked, growth=(growth,))


@_refused
def a_base_year_that_is_there_without_values() -> Trap:
    growth = rates(OF, {("a", year): 0.5 for year in ("2020", "2021")})
    stored = with_every_year(small_dataset(OF, "homes", {("a", "house", "cool", "2021"): (1,) * 4}))
    return Trap(OF, (stored,), projection(step("year"), base_year="2020"), growth=(growth,))


# Time ----------------------------------------------------------------------------------------------------------------


def _rates_asked(expression: str, *filters: dict[str, object], **more: object) -> Trap:
    growth = rates(OF, {(county, "2020"): 0.5 for county in "abc"})
    asked = asking(step("county", "hours"), expression=expression, source={"growth": {"where": list(filters)}}, **more)
    return Trap(OF, (HOMES_DATA, _shops()), asked, growth=(growth,))


@_refused
def a_filter_on_the_time_of_rates_inside_a_difference() -> Trap:
    return _rates_asked("homes * (1 + growth) - shops", {"dimension": "monthly", "equals": "2018-07-01"}, fill=0)


@_refused
def a_filter_on_the_time_of_rates_that_other_filters_leave_nothing_of() -> Trap:
    nothing = {"dimension": "county", "like": "d%"}
    return _rates_asked("homes * (1 + growth)", nothing, {"dimension": "hours", "below": "2018-07-01"}, fill=0)


# Adjustments ---------------------------------------------------------------------------------------------------------


def _adjusted(where: dict[str, object], of: Project = OF) -> Trap:
    adjust = [{"where": where, "multiply": 2}]
    return Trap(of, (small_dataset(of, "homes", HOMES),), asking(step("county"), adjust=adjust))


@_refused
def an_adjustment_of_a_record_that_no_county_belongs_to() -> Trap:
    state, *others = OF.supplemental
    more = replace(state.dimension, records=records("x", "y", "z", people=(4, 2, 0)))
    return _adjusted({"state": "z"}, replace(OF, supplemental=(replace(state, dimension=more), *others)))


@_refused
def an_adjustment_whose_entries_exclude_each_other() -> Trap:
    return _adjusted({"county": "a", "state": "y"})
