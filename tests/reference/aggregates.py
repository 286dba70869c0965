"""How values become one."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from dsgrid.query.model import Step
from reference.moments import cell, shown
from reference.refused import RefusedByValuesError
from reference.table import PERCENTILE, Column, Table, key


def aggregated(table: Table, step: Step) -> Table:
    """Return a table with one row for all that agree in its columns; what has no value counts nowhere."""
    rows, names = table.rows, [*table.key_names, "unit"]
    if step.function == "count":
        rows = rows.assign(unit="")
    told = [form(word) for word in sorted(table.words) for form in (shown, cell) if form(word) in rows]
    groups = rows.groupby(names, sort=True, dropna=False)
    # All rows of a group say the same of time, as far as its columns do.
    first = groups[told].first() if told else groups.size().to_frame("#number")[[]]
    columns = list(table.columns)
    if step.function == "percentile":
        columns.append(Column(PERCENTILE, PERCENTILE))
        parts = [
            first.assign(
                **{key(PERCENTILE): float(percentile)},
                value=groups["value"].quantile(percentile / 100),
                size=groups["size"].max(),
            )
            for percentile in step.percentiles
        ]
        found = pd.concat(parts) if parts else first.assign(value=0.0, size=0.0)
    else:
        value, size = _values(rows, names, step.function)
        found = first.assign(value=value, size=size)
    return replace(table, rows=found.reset_index(), columns=tuple(columns))


def _values(rows: pd.DataFrame, names: list[str], function: str) -> tuple[pd.Series, pd.Series]:
    """Return the value of each group, and what an error of it is measured by."""
    groups = rows.groupby(names, sort=True, dropna=False)
    values, sizes = groups["value"], groups["size"]
    if function == "count":
        return values.count().astype(float), values.count().astype(float)
    if function == "sum":
        return values.sum(min_count=1), sizes.sum()
    if function == "mean":
        return values.mean(), sizes.mean()
    if function == "stddev":
        return values.std(ddof=1), sizes.sum()
    if function == "weighted_mean":
        present = rows["value"].notna()
        parts = rows.assign(
            of_value=rows["value"] * rows["weight"],
            of_size=rows["size"] * rows["weight"].abs(),
            weight=rows["weight"].where(present),
        ).groupby(names, sort=True, dropna=False)
        weight = parts["weight"].sum(min_count=1)
        if (weight == 0).any():
            raise RefusedByValuesError("weights that sum to 0")
        return parts["of_value"].sum(min_count=1) / weight, parts["of_size"].sum() / weight.abs()
    return values.agg(function), sizes.max()
