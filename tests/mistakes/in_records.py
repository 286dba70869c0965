"""Mistakes in tables of records, and in the classes that say what they need."""

from __future__ import annotations

from tests.mistakes.mistake import added, clocks, edited, everywhere, homes, is_now, put, without

IN_RECORDS = (
    homes(
        "records that lost their zeros",
        put("counties.csv", "06037,", "6037,"),
        'homes.csv:2: column "fips": there is no record of geography "06037", but "6037": the records '
        "lost the leading zero",
        'homes.toml:18:1: dimension.geography: id "6037" lost its leading zero; did you mean "06037"? If '
        "not, a [submission.mapping.geography] is needed",
    ),
    homes(
        "a record twice",
        added("counties.csv", "06037,Los Angeles County,America/Los_Angeles\n"),
        'counties.csv:4: id "06037" occurs twice; first in counties.csv:2',
    ),
    homes(
        "a record without an id",
        added("counties.csv", ",Nowhere,America/Denver\n"),
        "counties.csv:4: the id is blank",
    ),
    homes(
        "records without the column id",
        put("counties.csv", "id,name", "fips,name"),
        'counties.csv: there is no column "id"; there are: "fips", "name", "time_zone"',
    ),
    homes(
        "records without the column unit",
        put("homes_metrics.csv", ",unit", ",units"),
        'homes_metrics.csv: there is no column "unit"; did you mean "units"?',
    ),
    homes(
        "a blank unit",
        put("homes_metrics.csv", "heating,Heating,electricity,kWh", "heating,Heating,electricity,"),
        'homes_metrics.csv:2: id "heating": the unit is blank, but energy_end_use has one (kWh, MWh, '
        '...); factors without a unit are of class "growth_rate"',
    ),
    homes(
        "an unknown unit",
        put("homes_metrics.csv", "heating,Heating,electricity,kWh", "heating,Heating,electricity,kwhr"),
        'homes.toml:31:1: dimension.metric: "heating" -> "heating": no conversion from "kwhr" to "MWh": '
        '"kwhr" is no unit that dsgrid knows; did you mean "kWh"?',
    ),
    homes(
        "a unit of another kind",
        put("homes_metrics.csv", "heating,Heating,electricity,kWh", "heating,Heating,electricity,people"),
        'homes.toml:31:1: dimension.metric: "heating" -> "heating": no conversion from "people" to '
        '"MWh": "people" is no unit that dsgrid knows; the guide of units lists those that it does',
    ),
    homes(
        "power for energy",
        everywhere("homes_metrics.csv", "kWh", "kW"),
        'homes.toml:31:1: dimension.metric: "heating" -> "heating": no conversion from "kW" to "MWh": '
        "one is power, the other energy, and they differ by a length of time",
        'homes.toml:31:1: dimension.metric: "lighting" -> "lighting": no conversion from "kW" to "MWh": '
        "one is power, the other energy, and they differ by a length of time",
    ),
    homes(
        "a class that there is not",
        put("homes.toml", '"county"', '"countys"'),
        'homes.toml:20:9: dimension.geography.class: found "countys", expected one of "geography", '
        '"census_region", "census_division", "state", "county"; did you mean "county"?',
    ),
    homes(
        "a class of another type",
        put("homes.toml", '"county"', '"energy_end_use"'),
        'homes.toml:20:9: dimension.geography.class: found "energy_end_use", expected one of '
        '"geography", "census_region", "census_division", "state", "county"',
    ),
    homes(
        "no class of metrics",
        put("homes.toml", 'class = "energy_end_use"\n', ""),
        'homes.toml:31:1: dimension.metric: a metric needs a `class`; there are: "energy_end_use", '
        '"energy_service_demand", "energy_service_demand_regression", "energy_efficiency", '
        '"energy_intensity", "energy_intensity_regression", "power", "capacity", "money", "population", '
        '"stock", "stock_regression", "stock_share", "weather_variable", "growth_rate", '
        '"fractional_index", "pegged_index"',
    ),
    homes(
        "a zone that there is not in a record",
        put("counties.csv", "America/Denver", "America/Denvr"),
        'counties.csv:3: id "08031": there is no time zone "America/Denvr"; did you mean "America/Denver"?',
    ),
    homes(
        "records with a cell too many",
        put("counties.csv", "America/Denver", "America/Denver,CO"),
        "counties.csv:3: 4 cells where the header has 3",
    ),
    homes(
        "records with a cell too few",
        put("counties.csv", ",America/Denver", ""),
        "counties.csv:3: 2 cells where the header has 3",
    ),
    homes(
        "records with semicolons",
        everywhere("counties.csv", ",", ";"),
        "counties.csv:1: cells are separated by semicolons; a CSV table has commas",
    ),
    homes(
        "a column of records twice",
        put("counties.csv", "time_zone", "name"),
        'counties.csv:1: column "name" occurs twice',
    ),
    homes(
        "records of Latin 1",
        edited("counties.csv", lambda text: text.replace(b"Denver,", b"Denv\xe9r,")),
        "counties.csv: the file is not UTF-8 (byte 0xe9); save it as UTF-8",
    ),
    homes(
        "an empty file of records",
        is_now("counties.csv", ""),
        "counties.csv: the file is empty; a table has at least a header",
    ),
    homes(
        "a header and no records",
        without("counties.csv", 2, 3),
        "counties.csv: the table has no records",
    ),
    homes(
        "a name over two lines",
        put("counties.csv", "Denver,", '"Den\nver",'),
        'counties.csv:3: the name "Den\\nver" holds a control character (U+000A); it is text in one line',
    ),
    homes(
        "records without a name for a dimension",
        put("homes.toml", 'name = "sector"\n', ""),
        "homes.toml:24:1: dimension.sector.records: `records` needs `name` beside it",
    ),
    homes(
        "a type without a dimension",
        put("homes.toml", '[dimension.sector]\nname = "sector"\nrecords = [{ id = "all", name = "All" }]\n', ""),
        "homes.toml:18:1: dimension: missing table [dimension.sector]",
    ),
    homes(
        "several records and no column",
        put(
            "homes.toml",
            '[{ id = "house", name = "House" }]',
            '[{ id = "house", name = "House" }, { id = "office", name = "Office" }]',
        ),
        'homes.toml:27:1: dimension.subsector: dimension "subsector" has 2 records but no column; there '
        'are: "fips", "metric", "timestamp", "kwh"',
    ),
    clocks(
        "an index without its bounds",
        put("clocks.toml", ", min_value = 0, max_value = 1", ""),
        'clocks.toml:28:11: dimension.metric.records: there are no columns "min_value", "max_value"; '
        'there are: "id", "name", "unit"',
    ),
    clocks(
        "a bound that is no number",
        put("clocks.toml", "max_value = 1", 'max_value = "one"'),
        'clocks.toml:28:12: id "open": "max_value" is a number, not "one"',
    ),
    clocks(
        "a place without a zone",
        put("counties.csv", "Denver,America/Denver", "Denver,"),
        'clocks.toml:12:1: dimension.geography: labels are in the zone of each "geography", but 1 of its '
        '2 records has no time_zone: "08031"',
    ),
    clocks(
        "places without zones",
        is_now("counties.csv", "id,name\n06037,Los Angeles\n08031,Denver\n"),
        'clocks.toml:12:1: dimension.geography: labels are in the zone of each "geography", but 2 of its '
        '2 records have no time_zone: "06037", "08031"',
    ),
    homes(
        "a record of the year before",
        put(
            "homes.toml",
            '[dimension.weather_year]\nname = "weather_year"\nrecords = [{ id = "2018"',
            '[dimension.weather_year]\nname = "weather_year"\nrecords = [{ id = "2017"',
        ),
        'homes.toml:48:1: time: the weather year "2017" and the labels, of 2018, disagree; where that is '
        'meant, a range says to which weather year it belongs: weather_year = "..."',
    ),
)
