"""Mistakes in specs: no TOML, no such key, no such value."""

from __future__ import annotations

from tests.mistakes.mistake import edited, homes, is_now, offices, people, put, without

from dsgrid.errors import listing
from dsgrid.spec.validate import jobs

IN_SPECS = (
    homes(
        "a bracket that is not closed",
        put("homes.toml", "[dimension.sector]", "[dimension.sector"),
        "homes.toml:23:18: no valid TOML: expected ']' at the end of a table declaration",
    ),
    homes(
        "a text without its second quote",
        put("homes.toml", 'id = "homes"', 'id = "homes'),
        "homes.toml:6:12: no valid TOML: the line ends inside a string; its closing quote is missing",
    ),
    homes(
        "a name without quotes",
        put("homes.toml", 'kind = "modeled"', "kind = modeled"),
        'homes.toml:7:8: no valid TOML: found modeled, expected a value; texts need quotes: "modeled"',
    ),
    homes(
        "a key twice",
        put("homes.toml", 'value = "kwh"', 'value = "kwh"\nvalue = "mwh"'),
        "homes.toml:13:1: data.value: is there twice; the first is in line 12",
    ),
    homes(
        "a table twice",
        put("homes.toml", "[dimension.sector]", "[data]\n[dimension.sector]"),
        "homes.toml:23:1: data: is there twice; the first is in line 10",
    ),
    homes(
        "a misspelt key",
        put("homes.toml", 'value = "kwh"', 'vlaue = "kwh"'),
        'homes.toml:12:1: data.vlaue: unknown key; did you mean "value"?',
    ),
    homes(
        "a misspelt table",
        put("homes.toml", "[dimension.scenario]", "[dimension.scenarios]"),
        'homes.toml:36:12: dimension.scenarios: unknown key; did you mean "scenario"?',
    ),
    homes(
        "a key of another table",
        put("homes.toml", 'type = "string"', 'type = "string"\nunit = "kWh"'),
        'homes.toml:17:1: data.columns.fips.unit: unknown key; the keys here are "dimension", "type"',
    ),
    homes(
        "a key that is not there",
        put("homes.toml", 'measurement = "total"\n', ""),
        'homes.toml:48:1: time: missing key "measurement", such as measurement = "total"',
    ),
    homes(
        "no table of time",
        without("homes.toml", *range(48, 58)),
        'homes.toml:1:1: missing key "time"',
    ),
    homes(
        "a list that is none",
        put("homes.toml", 'tags = ["demo"]', 'tags = "demo"'),
        'homes.toml:8:8: dataset.tags: found "demo", expected an array; put it in brackets: ["demo"]',
    ),
    homes(
        "a number in quotes",
        put("homes.toml", "max = 100", 'max = "100"'),
        'homes.toml:68:7: checks[0].max: found "100", expected a number; leave out the quotes: 100',
    ),
    homes(
        "ids that are numbers in the spec",
        put("homes.toml", '[{ id = "all", name', "[{ id = 1, name"),
        "homes.toml:25:19: dimension.sector.records[0].id: found the integer 1, expected a string; put "
        'it in quotes: "1"',
    ),
    homes(
        "another version of specs",
        put("homes.toml", "spec_version = 1", "spec_version = 2"),
        "homes.toml:2:16: spec_version: found the integer 2, expected the integer 1",
    ),
    homes(
        "no version of specs",
        put("homes.toml", "spec_version = 1\n", ""),
        'homes.toml:1:1: missing key "spec_version", such as spec_version = 1',
    ),
    homes(
        "a job of another name",
        put("homes.toml", '"register_and_submit_dataset"', '"register_and_submit_datset"'),
        'homes.toml:3:7: job: found "register_and_submit_datset", which is no job; did you mean '
        '"register_and_submit_dataset"?',
    ),
    homes(
        "the job of another spec",
        put("homes.toml", '"register_and_submit_dataset"', '"submit_dataset"'),
        'homes.toml:3:7: job: found "submit_dataset", but the keys of the file are those of '
        '"register_and_submit_dataset"',
    ),
    homes(
        "a kind of data that there is not",
        put("homes.toml", '"modeled"', '"modelled"'),
        'homes.toml:7:8: dataset.kind: found "modelled", expected one of "modeled", "historical", '
        '"benchmark", "unspecified"; did you mean "modeled"?',
    ),
    homes(
        "a kind of time that there is not",
        put("homes.toml", 'kind = "datetime"', 'kind = "date_time"'),
        'homes.toml:49:8: time.kind: found "date_time", expected one of "datetime", "annual", '
        '"representative", "index", "none"; did you mean "datetime"?',
    ),
    homes(
        "a kind of check that there is not",
        put("homes.toml", 'kind = "range"', 'kind = "ranges"'),
        'homes.toml:66:8: checks[0].kind: found "ranges", expected one of "range", "not_null", "sum", '
        '"share_sums_to", "monotone", "row_count", "unique"; did you mean "range"?',
    ),
    homes(
        "a check of nothing",
        put("homes.toml", "min = 0\nmax = 100\n", ""),
        "homes.toml:65:1: checks[0]: at least one of `min` and `max` is needed",
    ),
    homes(
        "a check with its bounds the wrong way round",
        put("homes.toml", "max = 100", "max = -100"),
        "homes.toml:68:7: checks[0].max: the max of -100 is below the min of 0, so that no value is right",
    ),
    homes(
        "a check of records that there are not",
        put("homes.toml", "max = 100", 'max = 100\nwhere = { metric = ["heatng"] }'),
        'homes.toml:69:20: checks[0].where.metric: there is no record of "metric" "heatng"; did you mean "heating"?',
    ),
    homes(
        "a check of a type that there is not",
        put("homes.toml", "max = 100", 'max = 100\nwhere = { county = ["1"] }'),
        'homes.toml:69:11: checks[0].where.county: unknown key; the keys here are "geography", "sector", '
        '"subsector", "metric", "scenario", "model_year", "weather_year"',
    ),
    homes(
        "an id with a blank",
        put("homes.toml", 'id = "homes"', 'id = "my homes"'),
        'homes.toml:6:6: dataset.id: found "my homes", expected an id: letters, digits and underscores, '
        "starting with a letter, 2 to 128 characters",
    ),
    homes(
        "a date that is none",
        put("homes.toml", "2018-07-10 23:00", "2018-06-31 23:00"),
        'homes.toml:51:7: time.end: "2018-06-31 23:00" is no time: day is out of range for month',
    ),
    homes(
        "a date without quotes",
        put("homes.toml", '"2018-07-10 00:00"', "2018-07-10 00:00"),
        "homes.toml:50:9: time.start: found the bare date 2018-07-10 00:00:00, expected a string; put it "
        'in quotes: "2018-07-10 00:00:00"',
    ),
    homes(
        "a step of an unknown unit",
        put("homes.toml", 'step = "1h"', 'step = "1 hour"'),
        'homes.toml:52:8: time.step: found "1 hour", expected a duration such as "1h", "30min", "15min" or "1d"',
    ),
    homes(
        "the end before the start",
        put("homes.toml", "2018-07-10 23:00", "2018-07-09 23:00"),
        "homes.toml:51:7: time.end: the end 2018-07-09 23:00 is before the start 2018-07-10 00:00",
    ),
    homes(
        "an end between two steps",
        put("homes.toml", "2018-07-10 23:00", "2018-07-10 23:30"),
        "homes.toml:51:7: time.end: from 2018-07-10 00:00 to 2018-07-10 23:30 is no whole number of "
        "steps of 1h; `end` is the label of the last slot",
    ),
    homes(
        "a zone that there is not",
        put("homes.toml", 'zone = "-07:00"', 'zone = "America/Denvr"'),
        'homes.toml:53:8: time.zone: there is no time zone "America/Denvr"; did you mean "America/Denver"?',
    ),
    homes(
        "an abbreviation of a zone",
        put("homes.toml", 'zone = "-07:00"', 'zone = "MST7"'),
        'homes.toml:53:8: time.zone: there is no time zone "MST7"; write an offset such as "-05:00" or a '
        'name such as "America/Denver"',
    ),
    homes(
        "a file that is not there",
        put("homes.toml", '"homes.csv"', '"home.csv"'),
        'homes.toml:11:9: data.table: no file "home.csv" in files; did you mean "homes.csv"?',
    ),
    homes(
        "records that are not there",
        put("homes.toml", '"counties.csv"', '"county.csv"'),
        'homes.toml:21:11: dimension.geography.records: no file "county.csv" in files; did you mean "counties.csv"?',
    ),
    homes(
        "a glob",
        put("homes.toml", '"homes.csv"', '"home*.csv"'),
        'homes.toml:11:9: data.table: no file "home*.csv" in files; did you mean "homes.csv"?',
    ),
    homes(
        "a spec in another encoding",
        edited("homes.toml", lambda text: text.replace(b"Base", b"Bas\xe9")),
        "homes.toml:38:38: the byte 0xe9 is not UTF-8; save the file as UTF-8",
    ),
    homes(
        "an empty spec",
        is_now("homes.toml", ""),
        f'homes.toml:1:1: the spec is empty; missing key "job", one of {listing(jobs(), limit=30)}',
    ),
    people(
        "years without quotes",
        put("people.toml", 'start = "2018"', "start = 2018"),
        'people.toml:44:9: time.start: found the integer 2018, expected a string; put it in quotes: "2018"',
    ),
    offices(
        "a pivot by what is no type",
        put("offices.toml", 'pivot = "metric"', 'pivot = "metrics"'),
        'offices.toml:12:9: data.pivot: found "metrics", expected one of "geography", "sector", '
        '"subsector", "metric", "scenario", "model_year", "weather_year"; did you mean "metric"?',
    ),
)
