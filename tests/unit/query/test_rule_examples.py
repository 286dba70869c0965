"""The examples in the docstrings of the planner's rules hold: what they ask is planned, what they say is compared.

An example is a query to the small project (three counties in two states, four hours), and what a rule makes of it.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
import pytest
from reference.small import mapping, rates, records, small_dataset, small_project
from reference.small_plans import HOMES, HOMES_DATA, OF, planned, planned_results, start
from reference.stored import Stored

from dsgrid.dimensions.dimension import Dimension, Supplemental
from dsgrid.dimensions.matrix import Matrix
from dsgrid.errors import SpecError
from dsgrid.query.combination import Combined, Leaf
from dsgrid.query.factor import as_target
from dsgrid.query.model import Filter, Step
from dsgrid.query.plan import Part, Plan
from dsgrid.query.rules import JUDGING, RESOLVING, RULES, Rule
from dsgrid.query.rules.adjustments import adjust
from dsgrid.query.rules.agreement import check_keys, check_slots
from dsgrid.query.rules.attributes import check_attributes
from dsgrid.query.rules.bounds import count_rows
from dsgrid.query.rules.columns import choose_columns, divide
from dsgrid.query.rules.combine import combine
from dsgrid.query.rules.contractions import choose_contractions
from dsgrid.query.rules.double_counting import check_double_counting
from dsgrid.query.rules.filters import apply_filters, in_words
from dsgrid.query.rules.folding import fold_moves
from dsgrid.query.rules.following import follow_moves
from dsgrid.query.rules.gathering import gather_on_driver
from dsgrid.query.rules.growth import refuse_growth
from dsgrid.query.rules.means import check_means
from dsgrid.query.rules.measures import combine_units
from dsgrid.query.rules.outputs import reach_outputs
from dsgrid.query.rules.part import take_part
from dsgrid.query.rules.presentation import check_output
from dsgrid.query.rules.products import factor_products
from dsgrid.query.rules.projection import project
from dsgrid.query.rules.reductions import check_reductions
from dsgrid.query.rules.sharing import common_columns, followed_by
from dsgrid.query.rules.slots import carry_slots
from dsgrid.query.rules.temperatures import convert_temperatures
from dsgrid.query.rules.time_modes import choose_time_modes
from dsgrid.query.rules.time_words import check_times
from dsgrid.query.rules.times import map_time
from dsgrid.query.rules.totals import cover_growth, expect_totals
from dsgrid.query.stages import Reduction
from dsgrid.registry.model import Project

YEARS = ("2020", "2021", "2022")
USES = ("cool", "heat")
FLATS = small_dataset(OF, "flats", {("a", "flat", "cool", "2020"): (1, 1, 1, 1)})
SHOPS = small_dataset(OF, "shops", HOMES)
IN_A = small_dataset(OF, "homes", {("a", "house", "cool", "2020"): (1, 2, 3, 4)})
HEATED = small_dataset(OF, "homes", {**HOMES, ("a", "house", "heat", "2020"): (1, 1, 1, 1)})
GROWTH = rates(OF, {("a", year): 0.1 for year in YEARS})


def _example(rule: Callable[..., object]) -> tuple[str, list[str]]:
    """Return the query of a rule's example, and what the example says becomes of it."""
    _, found, text = inspect.getdoc(rule).partition("Examples\n--------\n")  # type: ignore[union-attr]
    assert found, f"{rule.__name__} has no example"
    marked = "\n".join(line if line.startswith(" ") or not line else "#" for line in text.splitlines())
    blocks = [textwrap.dedent(block).strip("\n") for block in marked.split("#") if block.strip()]
    assert len(blocks) == 2
    return blocks[0], blocks[1].splitlines()


def _before(rule: Rule, text: str, *stored: Stored, of: Project = OF) -> Plan:
    """Return the plan that a rule gets."""
    plan = start(text, *stored, of=of)
    for one in (*RESOLVING, *JUDGING, *RULES):
        if one is rule:
            return plan
        plan = one(plan)
    raise AssertionError


def _after(rule: Rule, *stored: Stored, of: Project = OF) -> Plan:
    return rule(_before(rule, _example(rule)[0], *stored, of=of))


def _assert_refused(rule: Rule, *stored: Stored, of: Project = OF) -> None:
    """What the planner says is what the example says, and it is this rule that says it."""
    text, lines = _example(rule)
    with pytest.raises(SpecError) as caught:
        rule(_before(rule, text, *stored, of=of))
    with pytest.raises(SpecError) as of_planner:
        planned(text, *stored, of=of)
    messages = [str(one).partition(": ")[2] for one in caught.value.problems]
    assert messages == [" ".join(lines)]
    assert of_planner.value.problems == caught.value.problems


def _moves(project: Project, moves: Iterable[Filter | Step]) -> list[str]:
    shown = []
    for move in moves:
        if isinstance(move, Step):
            shown.append(f"{move.function} by {', '.join(move.by)}")
        else:
            shown.append(f"where {in_words(project, move)}")
    return shown or ["nothing"]


def _divided(plan: Plan) -> list[str]:
    contraction = [*plan.filters, *([plan.step] if plan.step else [])]
    return [
        f"contraction: {', '.join(_moves(plan.project, contraction))}",
        f"afterwards: {', '.join(_moves(plan.project, plan.moves))}",
    ]


def _rows(matrix: Matrix | None) -> list[str]:
    """Return a matrix to base records or to outputs as lines."""
    assert matrix is not None

    def name(target: object) -> str:
        return target if isinstance(target, str) else ", ".join(as_target(target)[0])

    return [
        f"{record} -> {', '.join(f'{name(target)} * {share:g}' for target, share in row)}"
        for record, row in matrix.entries.items()
    ]


def test_every_rule_has_an_example() -> None:
    for rule in (*RESOLVING, *JUDGING, *RULES, common_columns, followed_by):
        text, lines = _example(rule)
        assert text
        assert lines


# What is resolved ----------------------------------------------------------------------------------------------------


def test_sums_become_one_leaf_with_scales_and_quotients_two() -> None:
    plan = _after(combine, HOMES_DATA, FLATS, SHOPS)
    assert isinstance(plan.combination, Combined)
    leaves: dict[int, list[str]] = {}
    for source in plan.sources:
        leaves.setdefault(source.leaf, []).append(f"{source.name} * {source.scale:g}")
    shown = [f"leaf {leaf}: {', '.join(sources)}" for leaf, sources in leaves.items()]
    assert [*shown, f"leaf 0 {plan.combination.operator} leaf 1"] == _example(combine)[1]


def test_rates_are_no_values() -> None:
    _assert_refused(refuse_growth, HOMES_DATA, GROWTH)


def test_the_base_year_reaches_the_years_of_the_growth() -> None:
    (source,) = _after(project, IN_A, GROWTH).sources
    (multiplier,) = source.multipliers
    assert multiplier.count == len(YEARS)
    ((record, row),) = source.factor("model_year").to_base.entries.items()
    factors = [multiplier.factors[multiplier.numbers["model_year"][str(year)]] for year, _ in row]
    shown = ", ".join(f"{year} * {one:.4g}" for (year, _), one in zip(row, factors, strict=True))
    assert [f"{record} -> {shown}"] == _example(project)[1]


def test_adjustments_of_one_type_stand_in_its_factor_and_others_become_multipliers() -> None:
    (source,) = _after(adjust).sources
    shown = [f"{id_}: * {one:g}" for id_, one in source.factor("geography").adjusted.items()]
    (multiplier,) = source.multipliers
    for place, factor in zip(multiplier.places, multiplier.factors, strict=True):
        if factor != 1:
            meant = []
            for type_, numbers in multiplier.numbers.items():
                digit = place // multiplier.stride(type_) % multiplier.size(type_)
                meant.append(f"({', '.join(id_ for id_, number in numbers.items() if number == digit)})")
            shown.append(f"{' x '.join(meant)}: * {factor:g}")
    assert shown == _example(adjust)[1]


def test_a_first_sum_belongs_to_the_contraction() -> None:
    assert _divided(_after(divide)) == _example(divide)[1]


def test_local_clocks_have_columns_beside_their_timestamps() -> None:
    plan = _after(choose_columns)
    assert [", ".join(column.name for column in plan.columns)] == _example(choose_columns)[1]


def test_a_filter_on_a_supplemental_keeps_all_of_a_base_record() -> None:
    (source,) = _after(apply_filters).sources
    assert _rows(source.factor("geography").to_base) == _example(apply_filters)[1]


# What is judged ------------------------------------------------------------------------------------------------------


def test_records_without_an_attribute_are_not_lost_in_silence() -> None:
    county = replace(
        OF.base[0],
        records=records("a", "b", "c", utility=("north", "south", None), time_zone=("America/Denver",) * 3),  # type: ignore[arg-type]
    )
    of = replace(OF, base=(county, *OF.base[1:]))
    _assert_refused(check_attributes, small_dataset(of, "homes", HOMES), of=of)


def test_units_are_not_mixed() -> None:
    _assert_refused(check_reductions, HEATED)


def test_what_stands_in_several_records_of_a_column_is_not_counted_twice() -> None:
    _assert_refused(check_double_counting)


def test_a_zone_is_one_that_there_is() -> None:
    _assert_refused(check_times)


def test_a_result_is_sorted_by_its_own_columns() -> None:
    _assert_refused(check_output)


# What is planned -----------------------------------------------------------------------------------------------------


def test_a_union_has_no_key_twice() -> None:
    _assert_refused(check_keys, HOMES_DATA, SHOPS)


def test_a_product_with_rates_is_a_factor() -> None:
    rows = {(county, of, use, "2020"): (1, 2, 3, 4) for county in "ac" for of in ("house", "flat") for use in USES}
    growth = rates(OF, {("a", "2020"): 0.1, ("c", "2020"): 0.2})
    plan = _after(factor_products, small_dataset(OF, "homes", rows), growth)
    assert plan.combination == Leaf()
    (source,) = plan.sources
    (multiplier,) = source.multipliers
    counties = multiplier.numbers["geography"]
    shown = [f"{county}: * {multiplier.factors[number]:g}" for county, number in counties.items()]
    assert shown == _example(factor_products)[1]


def test_every_slot_goes_to_its_day() -> None:
    plan = _after(map_time)
    (source,) = plan.sources
    assert source.time is not None
    (entries,) = source.time.entries
    pairs = zip(entries.source.tolist(), entries.target.tolist(), strict=True)
    assert [f"slot {slot} -> {plan.time_keys[code][0]}" for slot, code in pairs] == _example(map_time)[1]


def test_both_sides_of_a_difference_have_the_same_slots() -> None:
    _assert_refused(check_slots, HOMES_DATA, SHOPS)


def test_temperatures_are_converted_before_anything_else() -> None:
    metric = Dimension("weather_kind", "metric", "weather_variable", records("temperature", unit=("degC",)))
    of = small_project(metric=metric)
    stored = small_dataset(of, "homes", {("a", "house", "temperature", "2020"): (1, 2, 3, 4)})
    (source,) = _after(convert_temperatures, stored, of=of).sources
    (one,) = source.conversions
    assert one.unit == "degF"
    assert [f"{one.record} * {one.scale:g} + {one.offset:g}"] == _example(convert_temperatures)[1]


def test_records_reach_outputs_with_their_shares_and_units() -> None:
    (source,) = _after(reach_outputs).sources
    shown = [line for type_ in ("geography", "metric") for line in _rows(source.factor(type_).to_output)]
    assert shown == _example(reach_outputs)[1]


def test_a_product_has_at_most_one_unit() -> None:
    _assert_refused(combine_units, HOMES_DATA, SHOPS)


def test_a_part_reads_only_what_leads_to_its_keys() -> None:
    text, shown = _example(take_part)
    before = _before(take_part, text)
    assert take_part(before) is before
    (source,) = take_part(replace(before, part=Part("geography", frozenset({("x",)})))).sources
    assert _rows(source.factor("geography").to_output) == [f"{line} * 1" for line in shown]


def test_a_mean_lacks_no_part() -> None:
    metric = Dimension("weather_kind", "metric", "weather_variable", records("temperature", unit=("degC",)))
    of = small_project(metric=metric)
    station = Supplemental(
        Dimension("station", "geography", "geography", records("s")),
        "county",
        mapping("many_to_many_assignment", ("a", "s", 0.25), ("b", "s", 0.75)),
    )
    of = replace(of, supplemental=(*of.supplemental, station))
    rows = {(county, "house", "temperature", "2020"): (1, 2, 3, 4) for county in "ab"}
    _assert_refused(check_means, small_dataset(of, "homes", rows), of=of)


def test_what_grows_has_growth_everywhere() -> None:
    _assert_refused(cover_growth, HOMES_DATA, GROWTH)


def test_a_sum_of_sums_is_one_contraction() -> None:
    plan = _after(fold_moves)
    assert _divided(plan) == _example(fold_moves)[1]
    assert [column.name for column in plan.columns] == ["state"]


def test_a_peak_over_hours_needs_no_codes_of_time() -> None:
    before = _before(carry_slots, _example(carry_slots)[0])
    after = carry_slots(before)
    assert before.slots is None
    assert after.slots is not None
    shown = [f"before: {len(before.time_keys)} codes of time", f"after: {len(after.slots)} labels"]
    assert shown == _example(carry_slots)[1]


def test_slots_that_become_fewer_are_mapped_first() -> None:
    (source,) = _after(choose_time_modes).sources
    assert source.time is not None
    codes = len(np.unique(source.time.entries[0].target))
    assert [f"{source.time.mode}: {source.time.slots} slots -> {codes} codes"] == _example(choose_time_modes)[1]


def test_records_that_are_alike_up_to_a_factor_are_a_class() -> None:
    own = {"geography": records("p", "q", time_zone=("America/Denver",) * 2)}
    spread = {
        "geography": mapping(
            "many_to_many_explicit_multipliers",
            *(("p", "a", 0.25), ("p", "b", 0.75), ("q", "a", 0.5), ("q", "b", 1.5)),
        )
    }
    rows = {(county, "house", "cool", "2020"): (1, 2, 3, 4) for county in "pq"}
    plan = _after(choose_contractions, small_dataset(OF, "homes", rows, own=own, mapped=spread))
    contraction = plan.sources[0].factor("geography").contraction
    assert contraction is not None
    keys = plan.axis("geography").keys
    first = ", ".join(f"{record} -> class {number} * {share:g}" for record, number, share in contraction.table)
    second = ", ".join(f"class {one} -> {keys[number][0]} * {share:g}" for one, number, share in contraction.expansion)
    assert [f"stage 1: {first}", f"stage 2: {second}"] == _example(choose_contractions)[1]


def test_rows_that_are_alone_are_not_grouped() -> None:
    plan = _after(count_rows)
    (source,) = plan.sources
    assert source.bounds is not None
    assert source.bounds.facts == 16
    words = {True: "summed", False: "as they are"}
    shown = [f"stage 1: {source.bounds.stage1} rows, {words[source.group_first]}"]
    assert [*shown, f"result: {plan.rows} rows, {words[plan.regroup]}"] == _example(count_rows)[1]


def test_a_step_that_is_no_sum_is_a_stage_with_its_rows() -> None:
    plan = _after(follow_moves)
    (stage,) = plan.stages
    assert isinstance(stage, Reduction)
    (first, _), (second, exact) = plan.stage_rows
    assert exact
    assert [f"contraction: {first} rows", f"{_moves(OF, [stage.step])[0]}: {second} rows"] == _example(follow_moves)[1]


def test_a_few_rows_that_meet_are_left_to_the_driver() -> None:
    plan = _after(gather_on_driver)
    (source,) = plan.sources
    assert plan.gathers
    assert source.bounds is not None
    assert [f"at most {source.bounds.parts} rows, {plan.rows} of the result"] == _example(gather_on_driver)[1]


def test_what_a_result_adds_up_to_is_foretold() -> None:
    (source,) = _after(expect_totals).sources
    assert [f"{total:g} {unit}" for unit, total, _ in source.totals] == _example(expect_totals)[1]
    assert source.associations is not None
    assert source.associations.sums.sum() == 50


# Several results -----------------------------------------------------------------------------------------------------


def test_results_share_the_finest_of_their_columns() -> None:
    shared = planned_results(_example(common_columns)[0]).shared
    assert shared is not None
    assert [column.name for column in shared.columns] == _example(common_columns)[1]


def test_each_result_follows_the_shared_table() -> None:
    plans = planned_results(_example(followed_by)[0])
    assert plans.shared is not None
    shown = []
    for plan in plans.every:
        (stage,) = plan.stages
        assert isinstance(stage, Reduction)
        assert stage.before.columns == plans.shared.columns
        shown.append(f"{plan.query.name}: {_moves(OF, [stage.step])[0]}")
    assert shown == _example(followed_by)[1]
