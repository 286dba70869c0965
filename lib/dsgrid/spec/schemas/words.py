"""The closed lists of words that specs may use.

The rooms further down own their meaning (`dsgrid.dimensions.classes`, `dsgrid.dimensions.kinds`, `dsgrid.time`); the
spec room cannot import those, so the lists stand here once more and a test keeps both equal.
"""

from __future__ import annotations

from typing import Final

RECORD_TYPES: Final = ("geography", "sector", "subsector", "metric", "scenario", "model_year", "weather_year")

CLASSES: Final = {
    "geography": ("geography", "census_region", "census_division", "state", "county"),
    "sector": ("sector",),
    "subsector": ("subsector",),
    "metric": (
        "energy_end_use",
        "energy_service_demand",
        "energy_service_demand_regression",
        "energy_efficiency",
        "energy_intensity",
        "energy_intensity_regression",
        "power",
        "capacity",
        "money",
        "population",
        "stock",
        "stock_regression",
        "stock_share",
        "weather_variable",
        "growth_rate",
        "fractional_index",
        "pegged_index",
    ),
    "scenario": ("scenario",),
    "model_year": ("model_year",),
    "weather_year": ("weather_year",),
}

MAPPING_KINDS: Final = {
    "one_to_one": "rename records, or keep some of them; fractions sum to 1 per `from`",
    "many_to_one_aggregation": "roll up; fractions sum to 1 per `from`",
    "many_to_one_reassignment": "relabel into fewer records; fractions sum to 1 per `from`",
    "duplication": "copy a value to several records; every fraction is 1",
    "one_to_many_disaggregation": "split by shares; fractions sum to 1 per `from`",
    "many_to_many_aggregation": "roll up with splits; fractions sum to 1 per `from`",
    "many_to_many_disaggregation": "split with overlaps; fractions sum to 1 per `from`",
    "one_to_many_assignment": "averages onto finer records; fractions sum to 1 per `to`",
    "many_to_one_assignment": "weighted average; fractions sum to 1 per `to`",
    "many_to_many_assignment": "weighted average or interpolation; fractions sum to 1 per `to`",
    "one_to_one_explicit_multipliers": "any factors, no id repeats",
    "one_to_many_explicit_multipliers": "any factors, `from` may repeat",
    "many_to_one_explicit_multipliers": "any factors, `to` may repeat",
    "many_to_many_explicit_multipliers": "any factors, ids may repeat on both sides: interpolation, filling with 0",
}

# The first four cut the axis of time, the others are cycles.
TIME_WORDS: Final = (
    "hourly",
    "daily",
    "monthly",
    "annual",
    "hour_of_day",
    "day_of_week",
    "day_of_month",
    "day_of_year",
    "month_of_year",
)

INTERVALS: Final = {
    "period_beginning": "the label is the beginning of its interval",
    "period_ending": "the label is the end of its interval",
    "instantaneous": "the value holds at the label itself",
}

MEASUREMENTS: Final = {
    "total": "the amount over the interval; totals are conserved when the interval changes",
    "mean": "the mean over the interval",
    "min": "the minimum over the interval",
    "max": "the maximum over the interval",
    "measured": "a reading at the label",
}

COLUMN_TYPES: Final = ("string", "int", "float", "double", "timestamp", "bool")
