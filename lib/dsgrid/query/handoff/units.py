"""The unit that each series of values is written in, and how its values are converted."""

from __future__ import annotations

from dataclasses import dataclass

from dsgrid.dimensions.units import affine
from dsgrid.errors import SpecError
from dsgrid.query.handoff.layout import Layout, at, refusal, unit_problems
from dsgrid.query.handoff.rows import UNIT
from dsgrid.query.handoff.survey import Survey


@dataclass(frozen=True)
class Conversion:
    """A value times `scale`, plus `offset`, is in `unit`; it was in `source`."""

    source: str
    unit: str
    scale: float
    offset: float


def conversions(layout: Layout, found: Survey) -> list[Conversion]:
    """Return the conversion of each series.

    Raises
    ------
    SpecError
        If a record that is named is not there, or its unit does not convert.
    """
    export, metrics = layout.export, layout.source.metrics
    rows = found.series.tuples([*metrics, UNIT])
    records: dict[str, set[str]] = {}
    for row in rows:
        for record in row[:-1]:
            records.setdefault(str(record), set()).add(row[-1])
    asked = dict(export.units)
    if problems := list(unit_problems(export, records)):
        raise SpecError(problems)
    made: dict[tuple[object, ...], Conversion] = {}
    for row in dict.fromkeys(rows):
        wanted = {asked[str(record)]: str(record) for record in row[:-1] if str(record) in asked}
        if len(wanted) > 1:
            named = " and ".join(f'"{record}" in {unit}' for unit, record in wanted.items())
            raise at(export, "units").error(f"the same values are asked for as {named}; name one of them")
        unit = next(iter(wanted), export.unit or row[-1])
        if said := refusal(row[-1], unit):
            raise at(export, "unit").error(said)
        made[row] = Conversion(row[-1], unit, *affine(row[-1], unit))
    return [made[row] for row in rows]
