"""Rules that change how a plan is carried out do not change its result: each is taken away, or turned the other way.

Random queries do the same in `test_query_reference`; here the queries are such that the rule does act.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from reference.compare import assert_same
from reference.layouts import pivoted_by, two_tables
from reference.small import mapping, pivoted, rates, records, small_dataset
from reference.small_plans import HOMES_DATA, OF, sources_of, without
from reference.stored import Stored
from strategies.cases import Case, carry_out
from strategies.forcing import rules
from tests.engines import SLOW_ON_SPARK

from dsgrid.query import joined, joins, output, scan
from dsgrid.query.execution import contract, execute, follow
from dsgrid.query.joined import joined as joined_tables
from dsgrid.query.output import write
from dsgrid.query.plan import Plan
from dsgrid.query.planner import apply_rules, initial_plan, plan_results
from dsgrid.query.rules.folding import fold_moves
from dsgrid.query.rules.gathering import gather_on_driver
from dsgrid.query.rules.products import factor_products
from dsgrid.query.rules.slots import carry_slots

if TYPE_CHECKING:
    from dsgrid.engine import Engine

# Records p and q stand for parts of two counties each, q for twice as much; r is a county of its own.
SPREAD = small_dataset(
    OF,
    "homes",
    {
        (record, building, "cool", "2020"): values
        for record, values in (("p", (1, 2, 3, 4)), ("q", (7, 0, 5, 1)), ("r", (2, 2, 0, 9)))
        for building in ("house", "flat")
    },
    own={"geography": records("p", "q", "r", time_zone=("America/Denver",) * 3)},
    mapped={
        "geography": mapping(
            "many_to_many_explicit_multipliers",
            *(("p", "a", 0.25), ("p", "b", 0.75), ("q", "a", 0.5), ("q", "b", 1.5), ("r", "c", 1.0)),
        )
    },
)
SHOPS = small_dataset(
    OF, "shops", {("a", "house", "cool", "2020"): (1, 1, 0, 0), ("c", "flat", "cool", "2020"): (0, 2, 0, 2)}
)
GROWTH = rates(OF, {(county, year): 0.1 for county in "abc" for year in ("2020", "2021", "2022")})


def _case(text: str, *stored: Stored, growth: tuple[Stored, ...] = ()) -> Case:
    stored = stored or (HOMES_DATA,)
    asked: dict[str, Any] = tomllib.loads(text)
    named = {} if "expression" in asked else {"datasets": [one.dataset.id for one in stored]}
    return Case(OF, stored, {"name": "asked", "project": OF.id, "result": {}, **named, **asked}, growth)


def _sorted(table: pa.Table) -> pa.Table:
    return table.sort_by([(name, "ascending") for name in table.column_names if name != "value"])


def _assert_equal(one: pa.Table, other: pa.Table) -> None:
    """The same rows; values differ by what the order of a sum makes of them."""
    one, other = _sorted(one), _sorted(other)
    assert one.num_rows > 0
    assert one.schema.equals(other.schema)
    assert one.drop(["value"]).equals(other.drop(["value"]))
    values, others = (table.column("value").combine_chunks() for table in (one, other))
    assert values.is_null().equals(others.is_null())
    np.testing.assert_allclose(values.fill_null(0.0), others.fill_null(0.0), rtol=1e-12, atol=1e-12)


def _compare(case: Case, one: Plan, other: Plan, engine: Engine, folder: Path) -> None:
    """Both plans give one table, which is that of the reference."""
    first, second = (carry_out(case, plan, engine.spark, folder) for plan in (one, other))
    _assert_equal(first, second)
    assert_same(first, case.answer)


FOLDED = {
    "a sum of sums": '[[step]]\nby = ["county", "building", "daily"]\n[[step]]\nby = ["state", "daily"]',
    "three sums": '[[step]]\nby = ["county", "hours"]\n[[step]]\nby = ["county", "daily"]\n[[step]]\nby = ["county"]',
    "shares of what a sum kept": '[[step]]\nby = ["county", "daily"]\n[[step]]\nby = ["region", "daily"]',
    "a filter on records of the result": (
        '[[step]]\nby = ["region"]\n[[result.where]]\ndimension = "region"\nequals = "north"'
    ),
    "a filter on days between two sums": (
        '[[step]]\nby = ["county", "daily"]\n'
        '[[step]]\nby = ["state"]\n[[step.where]]\ndimension = "daily"\nequals = "2018-07-01"'
    ),
    "a filter on hours that are gone afterwards": (
        '[[step]]\nby = ["county", "hours"]\n'
        '[[step]]\nby = ["county", "daily"]\n[[step.where]]\ndimension = "hour_of_day"\nin = [22, 1]'
    ),
    "sums before the greatest": (
        '[[step]]\nby = ["county", "hours"]\n[[step]]\nby = ["state", "hours"]\n'
        '[[step]]\nfunction = "max"\nby = ["state"]'
    ),
}


@SLOW_ON_SPARK
@pytest.mark.parametrize("name", FOLDED)
def test_sums_that_are_folded_are_the_sums_of_stages(engine: Engine, tmp_path: Path, name: str) -> None:
    case = _case(FOLDED[name])
    folded, staged = case.plan(), case.plan(without(fold_moves))
    assert len(staged.stages) > len(folded.stages)
    _compare(case, folded, staged, engine, tmp_path)


@SLOW_ON_SPARK
@pytest.mark.parametrize("function", ["max", "mean", "count"])
@pytest.mark.parametrize("by", ['"county", "hours"', '"state", "hours"', '"county", "building", "hourly"'])
def test_rows_with_labels_are_reduced_as_rows_with_codes(
    engine: Engine, tmp_path: Path, by: str, function: str
) -> None:
    case = _case(f'[[step]]\nby = [{by}]\n[[step]]\nfunction = "{function}"\nby = [{by.split(",")[0]}]')
    labelled, coded = case.plan(), case.plan(without(carry_slots))
    assert labelled.slots is not None
    assert coded.slots is None
    _compare(case, labelled, coded, engine, tmp_path)


LAYOUTS = {
    "stacked": SPREAD,
    "pivoted by metric": pivoted(SPREAD),
    "pivoted by geography": pivoted_by(SPREAD, "geography"),
    "two tables": two_tables(SPREAD, "geography"),
}


@SLOW_ON_SPARK
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("by", ['"county", "daily"', '"county", "building", "hours"', '"region"'])
def test_classes_give_what_a_fan_out_gives(engine: Engine, tmp_path: Path, by: str, layout: str) -> None:
    case = _case(f"[[step]]\nby = [{by}]", LAYOUTS[layout])
    classes, fanned = case.plan(rules("by classes")), case.plan(rules("fanned out"))
    modes = [plan.sources[0].factor("geography").contraction.mode for plan in (classes, fanned)]  # type: ignore[union-attr]
    assert modes == ["expand", "direct"]
    _compare(case, classes, fanned, engine, tmp_path)


@SLOW_ON_SPARK
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    ("by", "mode"), [('"county"', "drop"), ('"county", "daily"', "direct"), ('"county", "hours"', "offset")]
)
@pytest.mark.parametrize("way", ["slots kept", "slots classed"])
def test_slots_may_be_mapped_in_either_stage(
    engine: Engine, tmp_path: Path, way: str, by: str, mode: str, layout: str
) -> None:
    case = _case(f"[[step]]\nby = [{by}]", LAYOUTS[layout])
    chosen, other = case.plan(), case.plan(rules(way))
    modes = [plan.sources[0].time.mode for plan in (chosen, other)]  # type: ignore[union-attr]
    assert modes == [mode, "expand"]
    _compare(case, chosen, other, engine, tmp_path)


@SLOW_ON_SPARK
@pytest.mark.parametrize("stored", [HOMES_DATA, pivoted(HOMES_DATA)], ids=["stacked", "pivoted"])
@pytest.mark.parametrize("by", ['"county", "building", "hours"', '"county", "building", "end_use", "hour_of_day"'])
def test_a_sum_of_single_rows_may_be_left_out(engine: Engine, tmp_path: Path, by: str, stored: Stored) -> None:
    case = _case(f"[[step]]\nby = [{by}]", stored)
    bare, summed = case.plan(), case.plan(rules("nothing left out"))
    assert not bare.sources[0].group_first
    assert not bare.regroup
    assert summed.sources[0].group_first
    assert summed.regroup
    _compare(case, bare, summed, engine, tmp_path)


@SLOW_ON_SPARK
@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ('[[step]]\nby = ["region"]', (HOMES_DATA,)),
        ('overlap = "sum"\n[[step]]\nby = ["county", "daily"]', (HOMES_DATA, SHOPS)),
        ('expression = "homes - shops * 2"\nfill = 0\n[[step]]\nby = ["state", "hours"]', (HOMES_DATA, SHOPS)),
    ],
    ids=["regions", "a union", "a difference"],
)
def test_the_driver_adds_up_what_the_engine_would(
    engine: Engine, tmp_path: Path, text: str, stored: tuple[Stored, ...]
) -> None:
    case = _case(text, *stored)
    gathered, grouped = case.plan(), case.plan(without(gather_on_driver))
    assert gathered.gathers
    assert grouped.regroup
    assert not grouped.gathers
    _compare(case, gathered, grouped, engine, tmp_path)


PRODUCTS = {
    "a product": 'expression = "homes * (1 + growth)"\n[[step]]\nby = ["state", "end_use", "daily"]',
    "a quotient in another unit": (
        'expression = "homes / (1 + growth)"\n[[step]]\nby = ["county", "hours"]\n[result]\nunit = "GWh"'
    ),
    "the greatest of products": (
        'expression = "(homes + homes * 2) * growth"\n[[step]]\nby = ["state", "end_use", "hours"]\n'
        '[[step]]\nfunction = "max"\nby = ["end_use"]'
    ),
}


@SLOW_ON_SPARK
@pytest.mark.parametrize("name", PRODUCTS)
def test_a_product_with_rates_need_not_be_multiplied_out(engine: Engine, tmp_path: Path, name: str) -> None:
    rows = {
        (county, of, use, "2020"): values
        for county, values in (("a", (1, 2, 3, 4)), ("c", (5, 0, 5, 5)))
        for of in ("house", "flat")
        for use in ("cool", "heat")
    }
    growth = rates(OF, {("a", "2020"): 0.1, ("c", "2020"): 0.2})
    case = _case(PRODUCTS[name], small_dataset(OF, "homes", rows), growth)
    factored, multiplied = case.plan(), case.plan(without(factor_products))
    assert all(source.multipliers for source in factored.sources)
    assert not any(source.multipliers for source in multiplied.sources)
    _compare(case, factored, multiplied, engine, tmp_path)


SHARED = {
    "by state and in total": (
        '[[step]]\nby = ["county"]\n[[results.by_state.step]]\nby = ["state"]\n[[results.total.step]]\nby = ["year"]'
    ),
    "a mean of what is shared": (
        '[[step]]\nby = ["county"]\n'
        '[[results.mean.step]]\nby = ["county"]\n[[results.mean.step]]\nfunction = "mean"\nby = ["state"]'
    ),
    "filters of each result": (
        '[[step]]\nby = ["county"]\n[[result.where]]\ndimension = "state"\nequals = "x"\n'
        '[[results.dear.step]]\nby = ["county"]\n[[results.dear.where]]\ndimension = "value"\nabove = 15\n'
    ),
}


@SLOW_ON_SPARK
@pytest.mark.parametrize("name", SHARED)
def test_results_of_one_contraction_are_those_of_their_own(engine: Engine, tmp_path: Path, name: str) -> None:
    case = _case(SHARED[name])
    query = case.query
    sources = sources_of(query, *case.datasets)
    plans = plan_results(query, case.project, sources)
    assert plans.shared is not None
    rows = contract(plans.shared, engine.spark, case.facts(), tmp_path)
    for one in plans.every:
        folder = tmp_path / one.query.name
        shared = write(one, follow(one, engine.spark, rows, lambda table: table), folder / "shared", engine.spark)
        alone = apply_rules(initial_plan(one.query, case.project, sources))
        assert [len(plan.stages) for plan in (one, alone)] != [0, 0]
        own = write(alone, execute(alone, engine.spark, case.facts(), tmp_path), folder / "alone", engine.spark)
        _assert_equal(pq.read_table(shared.path), pq.read_table(own.path))
        assert_same(pq.read_table(own.path), case.answers.get(one.query.name) or case.answer)


ADJUSTED = '[[adjust]]\nwhere = { state = "x", building = "flat" }\nmultiply = 0.5\n[[step]]\nby = ["county", "daily"]'


@SLOW_ON_SPARK
@pytest.mark.parametrize("layout", ["stacked", "pivoted by metric"])
def test_a_case_says_what_a_table_says(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: str
) -> None:
    case = _case(ADJUSTED, {"stacked": HOMES_DATA, "pivoted by metric": pivoted(HOMES_DATA)}[layout])
    plan = case.plan()
    used: list[int] = []
    join = joins.with_smalls

    def counting(session: Any, smalls: Any, rows: Any) -> Any:
        used.append(len(smalls))
        return join(session, smalls, rows)

    monkeypatch.setattr(joins, "with_smalls", counting)
    kinds = [{one.table: one.kind for one in joined_tables(plan.sources[0])}]
    tables = [carry_out(case, plan, engine.spark, tmp_path)]
    for module in (joins, joined):
        monkeypatch.setattr(module, "LONGEST_CASE", 0)
    kinds.append({one.table: one.kind for one in joined_tables(plan.sources[0])})
    tables.append(carry_out(case, plan, engine.spark, tmp_path))
    for type_ in ("geography", "subsector", "1 adjustment"):
        assert [of_kind[type_] for of_kind in kinds] == ["case", "broadcast"]
    assert used[1] == used[0] + 2
    _assert_equal(*tables)
    assert_same(tables[0], case.answer)


@SLOW_ON_SPARK
@pytest.mark.parametrize("longest_case", [joins.LONGEST_CASE, 0])
@pytest.mark.parametrize(
    ("stored", "column"),
    [(HOMES_DATA, "geography"), (pivoted(HOMES_DATA), "geography"), (two_tables(HOMES_DATA, "geography"), "id")],
    ids=["stacked", "pivoted", "two tables"],
)
def test_ids_between_the_ends_of_a_long_list_are_left_out_by_the_join(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stored: Stored, column: str, longest_case: int
) -> None:
    # County b lies between the others.
    case = _case(
        '[[where]]\ndimension = "county"\nin = ["a", "c"]\n[[step]]\nby = ["county", "building", "daily"]', stored
    )
    plan = case.plan()
    monkeypatch.setattr(joins, "LONGEST_CASE", longest_case)
    listed = carry_out(case, plan, engine.spark, tmp_path)
    predicates = [scan.predicates(plan.sources[0])]
    for module in (joins, scan):
        monkeypatch.setattr(module, "LONGEST_PREDICATE", 1)
    predicates.append(scan.predicates(plan.sources[0]))
    assert predicates[0] != predicates[1]
    assert any(one.startswith(column) and "between" in one for one in predicates[1])
    ranged = carry_out(case, plan, engine.spark, tmp_path)
    _assert_equal(listed, ranged)
    assert_same(listed, case.answer)


DECODED = {
    "local time": '[[step]]\nby = ["county", "hours", "hour_of_day", "end_use"]\n[result]\nzone = "geography"',
    "names": '[[step]]\nby = ["state", "county", "daily"]\n[result]\nnames = true\nunit = "MWh"',
    "percentiles": '[[step]]\nfunction = "percentile"\nby = ["county"]\npercentiles = [5, 50, 95]',
    "a deviation of single values": (
        '[[step]]\nby = ["state", "hours"]\n[[step]]\nfunction = "stddev"\nby = ["state", "hours"]'
    ),
    "what grows": (
        'expression = "future"\n[source.future]\nkind = "exponential_growth"\ninitial = "homes"\ngrowth = "growth"\n'
        '[[step]]\nby = ["state", "year", "daily"]'
    ),
}


@SLOW_ON_SPARK
@pytest.mark.parametrize("name", DECODED)
def test_the_engine_decodes_what_the_driver_would(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    case = _case(DECODED[name], growth=(GROWTH,))
    plan = case.plan()
    by_driver = carry_out(case, plan, engine.spark, tmp_path)
    monkeypatch.setattr(output, "LARGEST_ARROW_RESULT", 0)
    by_engine = carry_out(case, plan, engine.spark, tmp_path)
    _assert_equal(_plain(by_driver), _plain(by_engine))
    assert_same(by_driver, case.answer)


def _plain(table: pa.Table) -> pa.Table:
    """Return a table's cells; what else files of engines do not say, or say in their own way, is left out."""
    columns = {field.name: table.column(field.name) for field in table.schema}
    for field in table.schema:
        if pa.types.is_timestamp(field.type) and field.type.tz is not None:
            columns[field.name] = columns[field.name].cast(pa.timestamp("us", "UTC"))
    return pa.table(columns)
