"""Mistakes in projects: supplemental dimensions and their mappings, subsets, requirements."""

from __future__ import annotations

from tests.mistakes.mistake import added, both, is_now, project, put, without

IN_PROJECTS = (
    project(
        "a base dimension twice",
        put("project.toml", "[base.sector]", "[base.county]"),
        "project.toml:24:1: base.county: is there twice; the first is in line 19",
    ),
    project(
        "a type without a base dimension",
        put("project.toml", '[base.sector]\ntype = "sector"\nrecords = [{ id = "all", name = "All" }]\n', ""),
        "project.toml:19:1: base: a project has a base dimension of every type; missing: sector",
    ),
    project(
        "a type that there is not",
        put("project.toml", 'type = "geography"', 'type = "geographie"'),
        'project.toml:20:8: base.county.type: found "geographie", expected one of "geography", "sector", '
        '"subsector", "metric", "scenario", "model_year", "weather_year"; did you mean "geography"?',
    ),
    project(
        "a supplemental dimension without a mapping",
        put("project.toml", 'mapping = { kind = "many_to_one_aggregation", records = "county_to_state.csv" }\n', ""),
        "project.toml:49:1: supplemental.state: missing table [supplemental.state.mapping]",
    ),
    project(
        "a supplemental dimension of nothing",
        put("project.toml", 'of = "county"', 'of = "counties"'),
        'project.toml:50:6: supplemental.state.of: there is no base dimension "counties"; did you mean "county"?',
    ),
    project(
        "a name twice",
        put("project.toml", "[supplemental.state]", "[supplemental.county]"),
        "project.toml:49:1: supplemental.county: a name has one meaning in a project, but there are base "
        'dimension "county" and supplemental dimension "county"; rename one',
    ),
    project(
        "counties that lost their zeros in a mapping",
        put("county_to_state.csv", "06037", "6037"),
        'county_to_state.csv:2: `from`: id "6037" lost its leading zero; did you mean "06037"?',
    ),
    project(
        "all counties of a mapping without zeros",
        both(put("county_to_state.csv", "06037", "6037"), put("county_to_state.csv", "08031", "8031")),
        'county_to_state.csv:2: `from`: 2 ids lost their leading zeros, such as "6037" for "06037"; write ids as text',
    ),
    project(
        "a misspelt state in a mapping",
        put("county_to_state.csv", "CO", "C0"),
        'county_to_state.csv:3: `to`: there is no record "C0"; there are: "CO", "CA"',
    ),
    project(
        "a pair twice in a mapping",
        added("county_to_state.csv", "08031,CO\n"),
        'county_to_state.csv:4: a pair may occur once, but these are repeated: "08031 -> CO"',
    ),
    project(
        "a county in two states",
        added("county_to_state.csv", "08031,CA\n"),
        'county_to_state.csv:4: many_to_one_aggregation maps an id once, but `from` repeats "08031"; '
        "many_to_many_aggregation allows it",
    ),
    project(
        "a mapping with other columns",
        put("county_to_state.csv", "from,to", "county,state"),
        'county_to_state.csv: there is no column "from" (or "from_id"); there are: "county", "state"',
    ),
    project(
        "a mapping with a column too many",
        is_now("county_to_state.csv", "from,to,name\n06037,CA,x\n08031,CO,y\n"),
        'county_to_state.csv: a mapping has the columns from, to and fraction, not "name"',
    ),
    project(
        "a mapping without its target column",
        is_now("county_to_state.csv", "from\n06037\n08031\n"),
        'county_to_state.csv: there is no column "to" (or "to_id"); there are: "from"',
    ),
    project(
        "a kind of mapping that there is not",
        put("project.toml", '"many_to_one_aggregation"', '"many_to_one"'),
        'project.toml:53:20: supplemental.state.mapping.kind: found "many_to_one", which is none of the '
        '14 words for this; did you mean "many_to_one_aggregation"?',
    ),
    project(
        "a mapping of no records",
        without("county_to_state.csv", 2, 3),
        "county_to_state.csv: the mapping has no records",
    ),
    project(
        "a subset of nothing",
        put("project.toml", 'of = "building"', 'of = "buildings"'),
        'project.toml:56:6: subset.kind.of: there is no base dimension "buildings"; did you mean "building"?',
    ),
    project(
        "a subset with a misspelt id",
        put("kinds.csv", "house", "home"),
        'kinds.csv:2: selector "homes": there is no record of "building" "home"; did you mean "house"?',
    ),
    project(
        "a subset with an id twice",
        added("kinds.csv", "house,,x\n"),
        'kinds.csv:4: id "house" occurs twice; first in kinds.csv:2',
    ),
    project(
        "a selector of nothing",
        put("kinds.csv", "house,x,", "house,,"),
        'project.toml:57:13: subset.kind.selectors: selector "homes" selects nothing',
    ),
    project(
        "a subset without the column id",
        put("kinds.csv", "id,", "building,"),
        'kinds.csv: there is no column "id"; there are: "building", "homes", "work"',
    ),
    project(
        "a subset of one column",
        is_now("kinds.csv", "id\nhouse\noffice\n"),
        'kinds.csv: the table has no selectors: one column each, beside "id"',
    ),
    project(
        "a required subset that there is not",
        put("project.toml", 'subset = "kind"', 'subset = "kinds"'),
        'project.toml:60:24: requires.homes.subsector.subset: there is no subset "kinds" of subsector; '
        'did you mean "kind"?',
    ),
    project(
        "a required selector that there is not",
        put("project.toml", 'selectors = ["homes"]', 'selectors = ["home"]'),
        'project.toml:60:45: requires.homes.subsector.selectors[0]: subset "kind" has no selector '
        '"home"; did you mean "homes"?',
    ),
    project(
        "a required record that there is not",
        put("project.toml", 'subsector = ["office"]', 'subsector = ["offices"]'),
        'project.toml:63:13: requires.offices.subsector: there is no record of subsector "offices"; did '
        'you mean "office"?',
    ),
    project(
        "a requirement of a base dimension by its name",
        put("project.toml", 'subsector = ["office"]', 'building = ["office"]'),
        'project.toml:63:1: requires.offices.building: unknown key; the keys here are "geography", '
        '"sector", "subsector", "metric", "scenario", "model_year", "weather_year", "together"',
    ),
    project(
        "time without a measurement",
        put("project.toml", 'measurement = "total"\n', ""),
        'project.toml:9:1: time: missing key "measurement", such as measurement = "total"',
    ),
    project(
        "records of a project with an id twice",
        added("counties.csv", "08031,Denver,America/Denver\n"),
        'counties.csv:4: id "08031" occurs twice; first in counties.csv:3',
    ),
)
