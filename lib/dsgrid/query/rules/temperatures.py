"""Read temperatures in the unit that the result has: they convert with an offset, which no weight of a sum has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from dsgrid.dimensions.units import UnitError, affine, is_temperature
from dsgrid.errors import Problem, SpecError, listing
from dsgrid.query.associations import AssociationTable
from dsgrid.query.plan import Plan
from dsgrid.query.rules.outputs import base_to_keys, target_unit, unit_of
from dsgrid.query.source import Conversion, Source


def convert_temperatures(plan: Plan) -> Plan:
    """Set the conversions of every source, and let the stored sums be those of the converted values.

    Converted before anything else, values may be averaged by any weights afterwards, as others are.

    Examples
    --------
    Where the project's metric is a temperature in degC, the query::

        [result]
        unit = "degF"

    reads the values as::

        temperature * 1.8 + 32
    """
    problems: list[Problem] = []
    sources = tuple(_converted(plan, source, problems) for source in plan.sources)
    if problems:
        raise SpecError(problems)
    return replace(plan, sources=sources)


def _converted(plan: Plan, source: Source, problems: list[Problem]) -> Source:
    dimension, metric = source.dataset.dimensions["metric"], source.factor("metric")
    columns = plan.columns_of("metric")
    keys = base_to_keys(metric.base, columns)
    found: list[Conversion] = []
    for record in metric.records:
        own = unit_of(dimension, record)
        if not is_temperature(own):
            continue
        bases = [str(base_id) for base_id, _ in metric.to_base.entries.get(record, ())]
        wanted = {target_unit(plan, columns, unit_of(metric.base, id_), key) for id_ in bases for key, _ in keys[id_]}
        try:
            ways = {unit: affine(own, unit) for unit in sorted(wanted)}
        except UnitError as error:
            problems.append(plan.query.node.problem(f'{source.dataset.id} "{record}": {error}'))
            continue
        if len(ways) > 1:
            message = f'{source.dataset.id} "{record}" would be told in {listing(list(ways))}; set one unit in [result]'
            problems.append(plan.query.node.problem(message))
        elif ways and next(iter(ways)) != own:
            ((unit, (scale, offset)),) = ways.items()
            found.append(Conversion(record, unit, scale, offset))
    if not found:
        return source
    problems.extend(plan.query.node.problem(message) for message in _impossible(source, tuple(found)))
    return replace(source, conversions=tuple(found), associations=_of_converted(source, found))


def _impossible(source: Source, found: tuple[Conversion, ...]) -> Iterator[str]:
    layout, metric = source.dataset.layout, source.factor("metric")
    records = [record for record in metric.records if metric.to_base.entries.get(record)]
    units = f'from "{unit_of(source.dataset.dimensions["metric"], found[0].record)}" to "{found[0].unit}"'
    if layout.scaling_factor:
        yield f"{source.dataset.id}: temperatures cannot be converted {units}, as its lookup has scaling factors"
    alike = len(found) == len(records) and len({(one.scale, one.offset) for one in found}) == 1
    if "metric" in layout.lookup_types and not alike:
        yield (
            f"{source.dataset.id}: temperatures cannot be converted {units}, as its lookup says which metric a row is "
            "of, and the others are to be left as they are"
        )


def _of_converted(source: Source, found: list[Conversion]) -> AssociationTable | None:
    associations, metric = source.associations, source.factor("metric")
    if associations is None:
        return None
    scale, offset = np.ones(len(metric.records)), np.zeros(len(metric.records))
    for one in found:
        scale[metric.records.index(one.record)] = one.scale
        offset[metric.records.index(one.record)] = one.offset
    code = associations.codes["metric"]
    return replace(
        associations,
        sums=associations.sums * scale[code] + associations.rows * offset[code],
        absolute_sums=associations.absolute_sums * scale[code] + associations.rows * np.abs(offset)[code],
    )
