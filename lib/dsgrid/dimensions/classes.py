"""Classes of records: which columns a record table has to have, and what their cells are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from dsgrid.dimensions.types import RECORD_TYPES

Cell = type[int] | type[float] | type[bool]


@dataclass(frozen=True)
class RecordClass:
    """What the records of a dimension are.

    Parameters
    ----------
    type
        The dimension type whose records these are.
    required
        Columns that every record has, besides ``id`` and ``name``.
    optional
        Columns of the class that may be left out. Further columns are kept as attributes, too.
    cells
        The Python type of the cells of a column; text where it is not named.
    dimensionless
        A metric of this class may have no unit. For the others a blank unit is an error.
    lowest, highest
        What values of a metric of this class are never below, or above: a number, or the column that says it; None
        where there is no such bound.
    """

    name: str
    type: str
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    cells: dict[str, Cell] = field(default_factory=dict)
    dimensionless: bool = False
    lowest: float | str | None = None
    highest: float | str | None = None


def _metric(
    name: str,
    *optional: str,
    dimensionless: bool = False,
    lowest: float | None = None,
    highest: float | None = None,
) -> RecordClass:
    return RecordClass(name, "metric", ("unit",), optional, dimensionless=dimensionless, lowest=lowest, highest=highest)


_INDEX_CELLS: Final = {"min_value": float, "max_value": float, "base_year": int, "base_value": float}

RECORD_CLASSES: Final = {
    record_class.name: record_class
    for record_class in (
        RecordClass("geography", "geography", (), ("time_zone",)),
        RecordClass("census_region", "geography", (), ("time_zone",)),
        RecordClass("census_division", "geography", (), ("time_zone",)),
        RecordClass(
            "state",
            "geography",
            (),
            ("time_zone", "is_conus", "census_division", "census_region"),
            {"is_conus": bool},
        ),
        RecordClass("county", "geography", (), ("state", "time_zone")),
        RecordClass("sector", "sector", (), ("category",)),
        RecordClass("subsector", "subsector", (), ("sector", "abbr")),
        RecordClass("scenario", "scenario"),
        RecordClass("model_year", "model_year"),
        RecordClass("weather_year", "weather_year"),
        _metric("energy_end_use", "fuel_id"),
        _metric("energy_service_demand"),
        _metric("energy_service_demand_regression", "regression_type"),
        _metric("energy_efficiency", "fuel_id", dimensionless=True),
        _metric("energy_intensity"),
        _metric("energy_intensity_regression", "regression_type"),
        _metric("power", "fuel_id"),
        _metric("capacity", "fuel_id", lowest=0),
        _metric("money"),
        _metric("population", dimensionless=True, lowest=0),
        _metric("stock", dimensionless=True, lowest=0),
        _metric("stock_regression", "regression_type", dimensionless=True),
        _metric("stock_share", dimensionless=True, lowest=0),
        _metric("weather_variable", dimensionless=True),
        _metric("growth_rate", "fuel_id", dimensionless=True),
        RecordClass(
            *("fractional_index", "metric", ("unit", "min_value", "max_value"), (), _INDEX_CELLS, True),
            *("min_value", "max_value"),
        ),
        RecordClass("pegged_index", "metric", ("unit", "base_year", "base_value"), (), _INDEX_CELLS, True),
    )
}


def classes_of(type_: str) -> tuple[str, ...]:
    """Return the names of the classes of one dimension type."""
    return tuple(name for name, record_class in RECORD_CLASSES.items() if record_class.type == type_)


def plain_class(type_: str) -> str | None:
    """Return the class that demands nothing of its records; None for metrics, which have units."""
    return type_ if type_ in RECORD_TYPES and type_ in RECORD_CLASSES else None
