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
    "season",
    "day_type",
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

CLOCKS: Final = {
    "prevailing": "what clocks show, summer time included; slots are stepped in elapsed time",
    "standard": "the zone's standard time all year",
    "profile": "every reading of the calendar once, as if clocks never changed: 24 hours a day",
}

PARTS: Final = ("month", "season", "day_type", "day_of_week", "hour")

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

ALIGN: Final = {
    "same_date": "a day takes the values of the same date in the year of the data",
    "same_weekday": "a day takes the values of the nearest day in the year of the data that is the same day of the week",
}

LEAP_DAY: Final = {
    "drop_feb29": "29 February is left out, whichever side has it",
    "drop_dec31": "the last of 366 days is left out, whichever side has it: days are counted from 1 January",
    "drop_jan1": "the first of 366 days is left out, whichever side has it: days are counted from 31 December back",
    "repeat": "29 February of the project takes the values of 28 February",
    "interpolate": "29 February of the project takes the mean of 28 February and 1 March",
}

SPRING_FORWARD: Final = {
    "drop": "from a profile: the value of the hour that clocks leave out is dropped",
    "shift": "from a profile: it moves to the hour after, which then has both: totals are added, means averaged",
    "interpolate": "to a profile: the hour that clocks leave out takes the mean of its neighbours",
    "repeat": "to a profile: it takes the value of the hour before",
    "zero": "to a profile: it is 0, so that totals are conserved",
}

FALL_BACK: Final = {
    "duplicate": "from a profile: both showings of the hour that clocks repeat take its value",
    "interpolate": "from a profile: the second showing takes what lies between the first and the hour after",
    "split": "from a profile: both showings take half of its total",
    "sum": "to a profile: the hour takes the sum of both showings",
    "mean": "to a profile: the hour takes the mean of both showings",
}

SPREAD: Final = {"flat": "every slot of the year takes the same part of the annual value, by its length"}

CELL_TYPES: Final = ("string", "int", "float", "bool")
COLUMN_TYPES: Final = ("string", "int", "float", "double", "timestamp", "bool")
