"""Columns that group by an attribute of records: ``county.state`` in `by` is the state of each county."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dsgrid.dimensions.composition import compose_mappings
from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.mapping import Association, Mapping
from dsgrid.dimensions.records import Attribute, Record, Records
from dsgrid.errors import Problem, SpecError, did_you_mean, listing
from dsgrid.query.factor import Column
from dsgrid.query.plan import Plan

MARK = "."  # stands in no name of a dimension


def attribute_column(name: str, known: dict[str, Column]) -> Column | str:
    """Return the column that a name with a dot stands for; as text what is wrong with it.

    It is what a supplemental dimension would be whose records are the values of the attribute.
    """
    of, _, attribute = name.partition(MARK)
    column = known.get(of)
    if column is None or column.dimension is None:
        names = [each for each, one in known.items() if one.dimension is not None]
        return f'no dimension "{of}"{did_you_mean(of, names)}'
    columns = column.dimension.records.columns
    if attribute not in columns:
        return f'no attribute "{attribute}" in dimension "{of}"{did_you_mean(attribute, columns)}'
    grouped = grouped_by(column.dimension, attribute)
    assert grouped.mapping is not None
    if not grouped.mapping.associations:
        return f'no record of "{of}" has a value of "{attribute}"'
    mapping = grouped.mapping if column.mapping is None else compose_mappings(column.mapping, grouped.mapping)
    return replace(grouped, mapping=mapping, of=column.of)


def grouped_by(dimension: Dimension, attribute: str) -> Column:
    """Return the column of the values that an attribute has in a dimension; records without one are in none."""
    values = {record.id: text for record in dimension.records if (text := shown_value(record.get(attribute)))}
    records = Records(tuple(Record(text, text) for text in dict.fromkeys(values.values())))
    mapping = Mapping("many_to_one_aggregation", tuple(Association(id_, text) for id_, text in values.items()))
    name = f"{dimension.name}{MARK}{attribute}"
    made = Dimension(name, dimension.type, dimension.record_class, records)
    return Column(name, dimension.type, "supplemental", made, mapping, of=dimension.name)


def shown_value(value: Attribute) -> str:
    """Return a value of an attribute as the text that stands for it in results; nothing for none."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def check_attributes(plan: Plan) -> Plan:
    """Return the plan unchanged, or raise where records that the query reaches have no value to be grouped by.

    They would be gone from the sums without anybody having said so.

    Examples
    --------
    Where nothing is known of the utility of county c, the query::

        [[step]]
        by = ["county.utility"]

    is refused::

        step[0].by[0]: 1 of the records of "county" that are summed have no "utility": "c"; leave them out with a
        [[where]], or give them one
    """
    problems = [problem for column in plan.columns if MARK in column.name for problem in _without(plan, column)]
    if problems:
        raise SpecError(list(dict.fromkeys(problems)))
    return plan


def _without(plan: Plan, column: Column) -> Iterator[Problem]:
    assert column.mapping is not None
    of, _, attribute = column.name.partition(MARK)
    supplemental = next((one for one in plan.project.supplemental if one.dimension.name == of), None)
    grouped = {one.from_id for one in column.mapping.associations}
    for source in plan.sources:
        factor = source.factor(column.type)
        reached = [id_ for id_ in factor.base_ids if id_ not in grouped]
        if supplemental is not None:
            inside = {one.from_id for one in supplemental.mapping.associations if one.to_id is not None}
            reached = [id_ for id_ in reached if id_ in inside]
        if reached:
            assert plan.step is not None
            node = plan.step.node["by"][plan.step.by.index(column.name)]
            yield node.problem(
                f'{len(reached):,} of the records of "{factor.base.name}" that are summed have no "{attribute}": '
                f"{listing(reached)}; leave them out with a [[where]], or give them one"
            )
