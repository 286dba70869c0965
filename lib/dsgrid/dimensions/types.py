"""The dimension types: everything in dsgrid has exactly one dimension of each."""

from __future__ import annotations

from typing import Final

# The order is that of columns in tables, plans and listings.
RECORD_TYPES: Final = ("geography", "sector", "subsector", "metric", "scenario", "model_year", "weather_year")
TIME: Final = "time"
DIMENSION_TYPES: Final = (*RECORD_TYPES, TIME)

# Summing over these is seldom meant: a query has to name them in `over`.
NAMED_REDUCTION_TYPES: Final = ("scenario", "model_year", "weather_year")

# For names and messages: `all_geographies`, "all metrics".
PLURAL: Final = {
    "geography": "geographies",
    "sector": "sectors",
    "subsector": "subsectors",
    "metric": "metrics",
    "scenario": "scenarios",
    "model_year": "model_years",
    "weather_year": "weather_years",
}
