"""Mistakes in cells of data: ids, values, what the class of a metric allows, a dataset's own checks."""

from __future__ import annotations

from tests.mistakes.mistake import (
    ONE,
    Mistake,
    added,
    both,
    clocks,
    column,
    everywhere,
    homes,
    offices,
    people,
    put,
    without_rows,
)

HOUR = "06037,heating,2018-07-10 03:00:00,3.5"


def own(check: str, *expected: str) -> Mistake:
    """Other checks than those of the good spec."""
    name = ", ".join(check.splitlines())
    return homes(f"a check: {name}", put("homes.toml", 'kind = "range"\nmin = 0\nmax = 100', check), *expected)


IN_VALUES = (
    people(
        "ids that lost their zeros",
        everywhere("people.csv", "06037", "6037"),
        'people.csv:2: column "geography": id "6037" lost its leading zero; did you mean "06037"?',
    ),
    people(
        "all ids without their zeros",
        both(everywhere("people.csv", "06037", "6037"), everywhere("people.csv", "08031", "8031")),
        'people.csv:2: column "geography": 2 ids lost their leading zeros, such as "6037" for "06037"; '
        "write ids as text",
    ),
    people(
        "ids that became floating point numbers",
        everywhere("people.csv", "06037", "6037.0"),
        'people.csv:2: column "geography": id "6037.0" was read as a number; did you mean "06037"?',
    ),
    people(
        "a misspelt id",
        everywhere("people.csv", "08031", "08013"),
        'people.csv:4: column "geography": there is no record of geography "08013"; did you mean "08031"?',
    ),
    homes(
        "a misspelt metric",
        everywhere("homes.csv", "lighting", "lightning"),
        'homes.csv:26: column "metric": there is no record of metric "lightning"; did you mean "lighting"?',
    ),
    homes(
        "a metric in capitals",
        everywhere("homes.csv", "lighting", "Lighting"),
        'homes.csv:26: column "metric": there is no record of metric "Lighting"; did you mean "lighting"?',
    ),
    homes(
        "a blank before an id",
        everywhere("homes.csv", ",lighting", ", lighting"),
        'homes.csv:26: column "metric": id " lighting" has blanks around it; did you mean "lighting"?',
    ),
    homes(
        "a row without an id",
        put("homes.csv", HOUR, HOUR.replace("06037", "")),
        'homes.csv:5: column "fips": 1 row without an id (NULL)',
        f"{ONE}1 hour missing from 2018-07-10 03:00 -07:00",
    ),
    homes(
        "a column of ids that is empty",
        everywhere("homes.csv", "heating", ""),
        'homes.csv:2: column "metric": 48 rows without an id (NULL)',
        "homes.csv: 2 combinations are missing: metric=heating",
    ),
    homes(
        "a word for a value",
        put("homes.csv", HOUR, HOUR.replace("3.5", "n/a")),
        'homes.csv:5: column "kwh": "n/a" is not a number',
    ),
    homes(
        "a thousands separator",
        put("homes.csv", HOUR, HOUR.replace("3.5", '"3,500.5"')),
        'homes.csv:5: column "kwh": "3,500.5" is not a number',
    ),
    homes(
        "a decimal comma",
        put("homes.csv", HOUR, HOUR.replace("3.5", '"3,5"')),
        'homes.csv:5: column "kwh": "3,5" is not a number',
    ),
    homes(
        "NaN",
        put("homes.csv", HOUR, HOUR.replace("3.5", "nan")),
        'homes.csv:5: column "kwh": nan is no value; NaN or infinite values in 1 of 96 rows',
    ),
    homes(
        "an infinite value",
        put("homes.csv", HOUR, HOUR.replace("3.5", "inf")),
        'homes.csv:5: column "kwh": inf is no value; NaN or infinite values in 1 of 96 rows',
    ),
    homes(
        "a value that is not there",
        put("homes.csv", HOUR, HOUR.replace("3.5", "")),
        f"{ONE}1 hour missing from 2018-07-10 03:00 -07:00 (a row whose value is NULL counts as absent)",
    ),
    offices(
        "NaN in Parquet",
        column("offices/part-0.parquet", "heat", lambda found: [float("nan"), *found[1:]]),
        'offices/part-0.parquet (row 1): column "heat": nan is no value; NaN or infinite values in 1 of 48 rows',
    ),
    offices(
        "a NULL among values",
        column("offices/part-0.parquet", "heat", lambda found: [None, *found[1:]]),
        'offices: NULL among the values of 1 time array; id 1, west, small, column "heat": an array is '
        "whole, or NULL throughout",
    ),
    offices(
        "texts for values in Parquet",
        column("offices/part-1.parquet", "heat", lambda found: ["much", *map(str, found[1:])]),
        'offices/part-1.parquet: column "heat" holds string, expected numbers',
    ),
    offices(
        "truth values for values",
        column("offices/part-1.parquet", "heat", lambda found: [value > 3 for value in found]),
        'offices/part-1.parquet: column "heat" holds bool, expected numbers',
    ),
    people(
        "people below nothing",
        put("people.csv", "716500", "-716500"),
        "people.csv: a population of people is never below 0, but 08031, 2018 has -716500 (1 combination in all)",
    ),
    people(
        "a row twice",
        added("people.csv", "08031,2019,727200\n"),
        "people.csv: 1 of 4 combinations does not have exactly one row; 08031, 2019: 2 rows",
    ),
    clocks(
        "an index above its range",
        put("clocks.csv", "08031,2018-11-04 23:00:00,0,0.24", "08031,2018-11-04 23:00:00,0,1.24"),
        "clocks.csv: a fractional_index of open is never above 1, but 08031 has 1.24 (1 combination in all)",
    ),
    clocks(
        "an index below its range",
        put("clocks.csv", "08031,2018-11-04 23:00:00,0,0.24", "08031,2018-11-04 23:00:00,0,-0.24"),
        "clocks.csv: a fractional_index of open is never below 0, but 08031 has -0.24 (1 combination in all)",
    ),
    homes(
        "a county without data",
        without_rows("homes.csv", "08031"),
        "homes.csv: 2 combinations are missing: geography=08031",
    ),
    homes(
        "one pair without data",
        without_rows("homes.csv", "08031,heating"),
        "homes.csv: 1 combination is missing: geography=08031 & metric=heating",
    ),
    own(
        'kind = "range"\nmin = 1',
        "homes.toml:65:1: checks[0]: range: values of 4 of 4 combinations, the first 06037, heating, are "
        "below 1, down to 0.5",
    ),
    own(
        'kind = "range"\nmax = 23\nwhere = { metric = ["heating"] }',
        "homes.toml:65:1: checks[0]: range: values of 2 of 2 combinations, the first 06037, are above 23, up to 23.5",
    ),
    own(
        'kind = "sum"\nequals = 1000',
        "homes.toml:65:1: checks[0]: sum: values add up to 1152, not to 1000",
    ),
    own(
        'kind = "sum"\nequals = 300\nby = ["geography", "metric"]',
        "homes.toml:65:1: checks[0]: sum: values of 06037, heating add up to 288, not to 300 (4 of 4 differ)",
    ),
    own(
        'kind = "share_sums_to"\nover = ["metric"]',
        "homes.toml:65:1: checks[0]: share_sums_to: shares add up to 3, not to 1 (46 times), first at "
        "06037, 2018-07-10 01:00 UTC-07:00",
    ),
    own(
        'kind = "monotone"\nalong = "time"\ndirection = "decreasing"',
        "homes.toml:65:1: checks[0]: monotone: values grow from 0.5 to 1.5 (92 times), first at 06037, "
        "heating, 2018-07-10 01:00 UTC-07:00",
    ),
    own(
        'kind = "monotone"\nalong = "tme"',
        'homes.toml:67:9: checks[0].along: found "tme", expected one of "geography", "sector", '
        '"subsector", "metric", "scenario", "model_year", "weather_year", "time"; did you mean "time"?',
    ),
    own(
        'kind = "row_count"\nequals = 100',
        "homes.toml:65:1: checks[0]: row_count: there are 96 values, expected 100",
    ),
    own(
        'kind = "row_count"\nmin = 49\nby = ["metric"]',
        "homes.toml:65:1: checks[0]: row_count: heating: there are 48 values, expected at least 49",
    ),
    own(
        'kind = "unique"\nof = "metric"\nby = ["geography"]',
        "homes.toml:65:1: checks[0]: unique: 06037 has several of metric: heating, lighting",
    ),
    offices(
        "a check: not_null",
        both(
            added("offices.toml", '\n[[checks]]\nkind = "not_null"\n'),
            column("offices/part-1.parquet", "light", lambda found: [None] * len(found)),
        ),
        "offices.toml:72:1: checks[0]: not_null: the values of 1 combination are NULL",
    ),
)
