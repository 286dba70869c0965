"""Carry out a plan with the DataFrame API: contract, expand, gather.

Every row of the result has one integer code (the axes' mixed radix number), so that engines group by one bigint and
not by strings. Stage 1 makes codes (and classes) out of ids, stage 2 replaces classes, the last step turns codes back
into columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from dsgrid.datasets.facts import quoted
from dsgrid.dimensions.types import TIME
from dsgrid.query.decoding import decode
from dsgrid.query.expressions import balanced_sum, case, weighted_sum
from dsgrid.query.literals import arrow_frame, small_table
from dsgrid.query.lookup import contracted_lookup
from dsgrid.query.plan import Factor, Plan, Source

if TYPE_CHECKING:
    from pyspark.sql import Column as Expression
    from pyspark.sql import DataFrame, SparkSession

    from dsgrid.registry.model import Dataset
    from dsgrid.storage.location import Location

# Reads the facts of a dataset: (session, dataset, columns) -> DataFrame. Passed in, so that plans run on any facts.
FactsReader = Callable[["SparkSession", "Dataset", Sequence[str]], "DataFrame"]

CODE = "code"
SLOT = "slot"
VALUE = "value"
PRESENT = "present"
# Longer lists of ids are left to the join: Spark takes seconds to plan an `isin` of thousands.
LONGEST_PREDICATE = 500
# Up to so many records a class table is a CASE.
LONGEST_CASE = 16


def execute(plan: Plan, session: SparkSession, read_facts: FactsReader, root: Location) -> DataFrame:
    """Return the stacked result: the plan's columns, ``value`` and ``unit``.

    Parameters
    ----------
    read_facts
        Reads the stored facts of a dataset as a DataFrame.
    root
        The data root of the registry, where the lookups lie.
    """
    parts = [
        _source(plan, source, session, read_facts, root)
        for source in plan.sources
        if source.bounds is None or source.bounds.stage2
    ]
    if not parts:
        return decode(plan, session, None)
    keys = [CODE, SLOT] if _has_slots(plan) else [CODE]
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.unionByName(part)
    if plan.regroup:
        whole = _grouped(whole, keys, [VALUE])
    return decode(plan, session, whole)


def _has_slots(plan: Plan) -> bool:
    return any(source.time is not None and source.time.mode == "slots" for source in plan.sources)


def _source(plan: Plan, source: Source, session: SparkSession, read_facts: FactsReader, root: Location) -> DataFrame:
    facts = _stage1(plan, source, session, read_facts, root)
    return _stage2(plan, source, session, facts)


def _stage1(plan: Plan, source: Source, session: SparkSession, read_facts: FactsReader, root: Location) -> DataFrame:
    """Read, prune, join the class tables, sum by code; the result is ``code, class columns, [slot], value``."""
    from pyspark.sql import functions as F

    layout = source.dataset.layout
    fact_factors = [source.factor(type_) for type_ in layout.fact_types]
    joined = [factor for factor in fact_factors if _mode(factor) != "idle"]
    columns = _scan_columns(source, joined)
    facts = read_facts(session, source.dataset, columns)
    codes: list[Expression] = [F.lit(_constant_code(plan, source))]
    weights: list[Expression] = [F.lit(weight) for weight in _constant_weights(source)]
    classes: list[str] = []

    for factor in joined:
        facts = _pruned(facts, source, factor)
        code, weight = f"{factor.type}_code", f"{factor.type}_weight"
        facts = _classed(session, facts, factor, code, weight)
        if factor.contraction is not None and factor.contraction.mode == "expand":
            classes.append(code)
        else:
            codes.append(F.col(code) * F.lit(plan.axis(factor.type).stride))
        if factor.contraction is not None and factor.contraction.weighted:
            weights.append(F.col(weight))

    if layout.two_tables:
        lookup = contracted_lookup(plan, source, root)
        if lookup.ids is not None and len(lookup.ids) <= LONGEST_PREDICATE:
            facts = facts.where(F.col("id").isin(lookup.ids))
        facts = facts.join(F.broadcast(arrow_frame(session, lookup.table)), on="id", how="inner")
        classes.extend(lookup.classes)
        codes.append(F.col("lookup_code"))
        if lookup.weighted:
            weights.append(F.col("lookup_weight"))

    facts, slot_columns, slot_codes = _with_time(plan, source, session, facts)
    codes.extend(slot_codes)

    values, presents = _values(source, weights)
    selected = facts.select(
        _total(codes).alias(CODE),
        *(F.col(name) for name in classes),
        *slot_columns,
        *(value.alias(name) for name, value in values.items()),
        *(present.alias(f"{PRESENT}_{name}") for name, present in presents.items()),
    )
    keys = [CODE, *classes, *([SLOT] if slot_columns else [])]
    if source.group_first:
        selected = _grouped(selected, keys, [*values, *(f"{PRESENT}_{name}" for name in presents)])
    return _unpivoted(plan, source, selected, keys, list(values), bool(presents))


def _stage2(plan: Plan, source: Source, session: SparkSession, rows: DataFrame) -> DataFrame:
    """Join the small remainder with the expansions, and bring labels to the project's slots."""
    for factor in source.factors:
        if _mode(factor) == "expand":
            rows = _expanded(plan, source, session, rows, factor)
    return _with_slots(source, session, rows)


def _expanded(plan: Plan, source: Source, session: SparkSession, rows: DataFrame, factor: Factor) -> DataFrame:
    """Replace the classes of one factor by the output keys that they go to."""
    from pyspark.sql import functions as F

    contraction = factor.contraction
    assert contraction is not None
    class_, stride = f"{factor.type}_code", plan.axis(factor.type).stride
    expansion = [(one, target * stride, coefficient) for one, target, coefficient in contraction.expansion]
    others = [name for name in rows.columns if name not in (CODE, VALUE, class_)]
    if factor.type in source.dataset.layout.trivial:
        # One record without a column has one class, and nothing to join on.
        targets = [
            F.struct(F.lit(code).cast("long").alias("code"), F.lit(coefficient).alias("weight"))
            for _, code, coefficient in expansion
        ]
        rows = rows.select("*", F.explode(F.array(*targets)).alias("target"))
        code, weight = F.col("target.code"), F.col("target.weight")
    else:
        names = ((class_, "int64"), ("expansion_code", "int64"), ("expansion_weight", "float64"))
        rows = rows.join(small_table(session, expansion, *names), on=class_, how="inner")
        code, weight = F.col("expansion_code"), F.col("expansion_weight")
    return rows.select(
        (F.col(CODE) + code).alias(CODE), *(F.col(name) for name in others), (F.col(VALUE) * weight).alias(VALUE)
    )


def _classed(session: SparkSession, facts: DataFrame, factor: Factor, code: str, weight: str) -> DataFrame:
    """Add the code of each row's record and its coefficient: by a case for a few records, else by a join.

    A join costs Spark a job and a stage to compile, a case of a few branches nothing that can be measured.
    """
    from pyspark.sql import functions as F

    rows = factor.contraction.table if factor.contraction is not None else ()
    records = [record for record, _, _ in rows]
    if len(rows) > LONGEST_CASE or len(set(records)) < len(records):
        table = small_table(session, rows, (factor.type, "string"), (code, "int64"), (weight, "float64"))
        return facts.join(table, on=factor.type, how="inner")
    column = F.col(factor.type)
    if len(records) < len(factor.records):
        facts = facts.where(column.isin(records))
    return facts.select(
        "*",
        case(column, [(record, number) for record, number, _ in rows]).cast("long").alias(code),
        case(column, [(record, coefficient) for record, _, coefficient in rows]).alias(weight),
    )


def _mode(factor: Factor) -> str:
    return factor.contraction.mode if factor.contraction is not None else "idle"


def _scan_columns(source: Source, joined: Sequence[Factor]) -> list[str]:
    layout = source.dataset.layout
    columns = ["id"] if layout.two_tables else []
    columns += [factor.type for factor in joined]
    if source.time is not None and source.time.mode in ("slots", "classes"):
        columns.append(layout.time_column)
    if layout.pivot is None:
        return [*columns, VALUE]
    pivot = source.factor(layout.pivot)
    mapped = {record for record, _, _ in pivot.contraction.table} if pivot.contraction is not None else set()
    return [*columns, *(record for record in pivot.records if record in mapped)]


def _constant_code(plan: Plan, source: Source) -> int:
    """Return what the factors without a join, and a single key, add to every code."""
    code = 0
    for factor in source.factors:
        alone = _mode(factor) == "idle" or (factor.type in source.dataset.layout.trivial and _mode(factor) == "direct")
        if alone and factor.contraction is not None and factor.contraction.table:
            code += factor.contraction.table[0][1] * plan.axis(factor.type).stride
    return code


def _constant_weights(source: Source) -> list[float]:
    """Return the coefficients other than 1 of records that are no column of the facts."""
    trivial = [source.factor(type_).contraction for type_ in source.dataset.layout.trivial]
    return [one.table[0][2] for one in trivial if one is not None and one.mode == "direct" and one.table[0][2] != 1.0]


def _pruned(facts: DataFrame, source: Source, factor: Factor) -> DataFrame:
    """Filter the scan on ids where records were pruned, so that row groups without them are not read."""
    from pyspark.sql import functions as F

    kept = list(dict.fromkeys(record for record, _, _ in factor.contraction.table)) if factor.contraction else []
    if len(kept) < len(factor.records) and len(kept) <= LONGEST_PREDICATE:
        return facts.where(F.col(factor.type).isin(kept))
    return facts


def _with_time(
    plan: Plan, source: Source, session: SparkSession, facts: DataFrame
) -> tuple[DataFrame, list[Expression], list[Expression]]:
    from pyspark.sql import functions as F

    time, column = source.time, source.dataset.layout.time_column
    if time is None or time.mode in ("drop", "constant"):
        return facts, [], []
    if time.mode == "slots":
        return facts, [F.col(column).alias(SLOT)], []
    assert time.labels is not None
    assert time.class_of is not None
    table = small_table(
        session,
        list(zip(time.labels.tolist(), time.class_of.tolist(), strict=True)),
        (column, "timestamp"),
        ("time_code", "int64"),
    )
    stride = plan.axis(TIME).stride
    return facts.join(table, on=column, how="inner"), [], [F.col("time_code") * F.lit(stride)]


def _with_slots(source: Source, session: SparkSession, rows: DataFrame) -> DataFrame:
    """Replace the dataset's labels by the project's, after the contraction: a bijection costs least at the end."""
    from pyspark.sql import functions as F

    time = source.time
    if time is None or time.mode != "slots" or time.offset == 0:
        return rows.select(*(name for name in (CODE, SLOT, VALUE) if name in rows.columns))
    if time.offset is not None:
        shift = F.expr(f"INTERVAL {abs(time.offset)} MICROSECOND")
        slot = F.col(SLOT) + shift if time.offset > 0 else F.col(SLOT) - shift
        return rows.select(CODE, slot.alias(SLOT), VALUE)
    assert time.labels is not None
    assert time.instants is not None
    table = small_table(
        session,
        list(zip(time.labels.tolist(), time.instants.tolist(), strict=True)),
        (SLOT, "timestamp"),
        ("project_slot", "timestamp"),
    )
    return rows.join(table, on=SLOT, how="inner").select(CODE, F.col("project_slot").alias(SLOT), VALUE)


def _values(source: Source, weights: Sequence[Expression]) -> tuple[dict[str, Expression], dict[str, Expression]]:
    """Return the value columns of stage 1, by name, and (where cells may be NULL) what tells if they are present."""
    from pyspark.sql import functions as F

    layout = source.dataset.layout
    if layout.pivot is None:
        return {VALUE: _weighted(F.col(VALUE).cast("double"), weights)}, {}
    contraction = source.factor(layout.pivot).contraction
    assert contraction is not None
    values: dict[str, Expression] = {}
    presents: dict[str, Expression] = {}
    for code in sorted({code for _, code, _ in contraction.table}):
        terms = [(record, coefficient) for record, other, coefficient in contraction.table if other == code]
        values[f"{VALUE}_{code}"] = _weighted(weighted_sum(terms, layout.null_cells), weights)
        if layout.null_cells:
            seen = [F.when(F.col(quoted(record)).isNotNull(), 1).otherwise(0) for record, _ in terms]
            presents[f"{VALUE}_{code}"] = balanced_sum(seen).cast("long")
    return values, presents


def _weighted(value: Expression, weights: Sequence[Expression]) -> Expression:
    for weight in weights:
        value = value * weight
    return value


def _unpivoted(
    plan: Plan, source: Source, rows: DataFrame, keys: Sequence[str], values: Sequence[str], nullable: bool
) -> DataFrame:
    """Turn the value columns of pivoted facts into rows, after the contraction has made them few."""
    from pyspark.sql import functions as F

    pivot = source.dataset.layout.pivot
    if pivot is None:
        return rows
    contraction = source.factor(pivot).contraction
    assert contraction is not None
    expands = contraction.mode == "expand"
    stride = plan.axis(pivot).stride
    cells = []
    for name in values:
        code = int(name.rsplit("_", 1)[1])
        present = F.col(f"{PRESENT}_{name}") > 0 if nullable else F.lit(True)
        cells.append(F.struct(F.lit(code).cast("long").alias("key"), F.col(name).alias(VALUE), present.alias(PRESENT)))
    # An idle pivot has its code in the constant already.
    step = 0 if contraction.mode == "idle" or expands else stride
    exploded = rows.select(*keys, F.explode(F.array(*cells)).alias("cell"))
    if nullable:
        exploded = exploded.where(F.col(f"cell.{PRESENT}"))
    others = [name for name in keys if name != CODE]
    return exploded.select(
        (F.col(CODE) + F.col("cell.key") * F.lit(step)).alias(CODE),
        *others,
        *([F.col("cell.key").alias(f"{pivot}_code")] if expands else []),
        F.col(f"cell.{VALUE}").alias(VALUE),
    )


def _grouped(rows: DataFrame, keys: Sequence[str], values: Sequence[str]) -> DataFrame:
    from pyspark.sql import functions as F

    return rows.groupBy(*keys).agg(*(F.sum(name).alias(name) for name in values))


def _total(terms: Sequence[Expression]) -> Expression:
    from pyspark.sql import functions as F

    return balanced_sum(list(terms)).cast("long") if len(terms) > 1 else terms[0].cast("long") + F.lit(0)
