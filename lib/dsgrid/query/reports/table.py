"""The table of a report as it is written: its columns, their types, what files and the manifest say of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dsgrid.dimensions.types import TIME
from dsgrid.query.decoding import column_types
from dsgrid.query.factor import Column
from dsgrid.query.form import described_key
from dsgrid.query.literals import arrow_type
from dsgrid.query.plan import Plan
from dsgrid.query.reports.load import Load
from dsgrid.query.reports.measures import LOAD, Measure, measures_of, system_time
from dsgrid.query.rules.presentation import UNIT
from dsgrid.query.time_meaning import meaning, told_zone

if TYPE_CHECKING:
    import pyarrow as pa


def has_slots(load: Load) -> bool:
    """Tell whether each row is of a slot."""
    return load.report.kind in ("peak_load", "calibration")


def form_of(load: Load) -> Plan:
    """Return the plan that the columns of groups, periods and slots are those of."""
    return load.form if has_slots(load) else load.of_periods


def stamped(load: Load) -> Plan:
    """Return that plan with the time of the system's peak as a column, for what writes timestamps."""
    form = form_of(load)
    if load.report.coincident_with is None or load.slot_column is None:
        return form
    column = Column(system_time(load), TIME, "time", word=load.slot_column.word)
    place = [one.name for one in form.columns_of(TIME)].index(load.slot_column.name)
    return replace(
        form,
        columns=(*form.columns, column),
        time_keys=tuple((*key, key[place]) for key in form.time_keys),
    )


def one_unit(load: Load) -> str | None:
    """Return the unit of all loads; None where the column of units says it."""
    units = list(dict.fromkeys(load.form.axis("metric").units))
    return units[0] if len(units) == 1 else None


def described_report_columns(load: Load) -> tuple[dict[str, Any], ...]:
    """Return what the manifest says of each column."""
    form = form_of(load)
    kinds = dict(column_types(form))
    described = []
    for column in form.columns:
        entry = described_key(column, kinds[column.name])
        described.append(entry | meaning(form, column) if column.type == TIME else entry)
    for measure in measures_of(load):
        described.append(_described(load, measure))
    described.append({"name": UNIT, "type": "unit", "holds": "string"})
    return tuple(described)


def _described(load: Load, measure: Measure) -> dict[str, Any]:
    if measure.holds == "slot":
        assert load.slot_column is not None
        entry = described_key(load.slot_column, load.kind_of(load.slot_column)) | {"name": measure.name}
        return entry | meaning(load.form, load.slot_column)
    unit = one_unit(load) if measure.unit == LOAD else measure.unit
    type_ = "value" if measure.unit == LOAD else "measure"
    return {"name": measure.name, "type": type_, "holds": measure.holds, **({"unit": unit} if unit else {})}


def schema(load: Load) -> pa.Schema:
    """Return names and types of the columns, and what files say of them."""
    import pyarrow as pa

    told = {"time_zone", "calendar_zone", "interval", "step", "measurement", "unit"}
    zone = told_zone(load.form)
    return pa.schema(
        pa.field(
            one["name"],
            arrow_type(one["holds"], zone),
            metadata={key: str(value) for key, value in one.items() if key in told} or None,
        )
        for one in described_report_columns(load)
    )
