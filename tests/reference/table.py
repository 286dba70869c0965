"""A table on its way through a query: rows in pandas, and what is known of them without looking at the rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from dsgrid.dimensions.dimension import Dimension, Supplemental
from dsgrid.dimensions.units import UnitError, factor
from dsgrid.registry.model import Project
from reference.refused import RefusedError

TIME = "time"
PERCENTILE = "percentile"
# Names of dimensions may be anything; those of the rows' own columns have a mark in front.
SLOT = "#slot"

Ids = tuple[str, ...]


@dataclass(frozen=True)
class Column:
    """A column that names rows.

    Parameters
    ----------
    type
        A dimension type, ``time`` or ``percentile``.
    level
        ``base``, ``supplemental``, ``attribute``, or empty for what holds no records.
    dimension
        Whose ids it holds.
    word
        What it says of time.
    """

    name: str
    type: str
    level: str = ""
    dimension: Dimension | None = None
    word: str = ""


@dataclass(frozen=True)
class Table:
    """Rows and their columns.

    Parameters
    ----------
    rows
        A column `key(name)` per column, ``value``, ``size`` (the sum of the absolute terms), ``unit``; `SLOT` at base
        level; and for each of `words` what it shows and what filters see of it (`reference.moments`).
    words
        What the rows say of time.
    reached
        By type the combinations of ids that records may reach, whatever the facts.
    units
        The unit of each reached metric.
    timeless
        Whether the rows have no time; None where some have and others don't.
    rate
        Whether the values are rates by which others grow.
    measured
        Whether they have the units of the project's metrics.
    places
        The zones and years' records that the rows' slots may be of.
    """

    rows: pd.DataFrame
    columns: tuple[Column, ...]
    words: frozenset[str]
    reached: dict[str, set[Ids]]
    units: dict[Ids, str]
    timeless: bool | None = False
    rate: bool = False
    measured: bool = True
    places: tuple[tuple[str, str], ...] = ()

    def columns_of(self, type_: str) -> list[Column]:
        return [column for column in self.columns if column.type == type_]

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)

    def base_column(self, name: str) -> Column | None:
        """Return the column of a base dimension, if the table still has it."""
        column = self.column(name)
        return column if column is not None and column.level == "base" else None

    @property
    def key_names(self) -> list[str]:
        return [key(column.name) for column in self.columns]


def key(name: str) -> str:
    """Return the name of a column in the rows."""
    return f"@{name}"


def supplemental(project: Project, name: str) -> Supplemental | None:
    return next((one for one in project.supplemental if one.dimension.name == name), None)


def unit_of(dimension: Dimension, id_: str) -> str:
    return str(dimension.records.by_id[id_].get("unit") or "")


def conversion(one: str, other: str) -> float:
    try:
        return factor(one, other)
    except UnitError as error:
        raise RefusedError(str(error)) from None


def converted(rows: pd.DataFrame, wanted: Iterable[str]) -> pd.DataFrame:
    """Return the rows in other units, which are given for each of them."""
    units = list(wanted)
    pairs = zip(rows["unit"], units, strict=True)
    scale = pd.Series([conversion(one, other) for one, other in pairs], index=rows.index, dtype=float)
    unit = pd.Series(units, index=rows.index, dtype=object)
    return rows.assign(value=rows["value"] * scale, size=rows["size"] * scale.abs(), unit=unit)
