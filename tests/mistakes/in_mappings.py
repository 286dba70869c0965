"""Mistakes in mappings of their own, between registered dimensions."""

from __future__ import annotations

from tests.mistakes.mistake import added, is_now, mappings, put

IN_MAPPINGS = (
    mappings(
        "a dimension that there is not",
        put("mappings.toml", '"two_counties/county"', '"two_counties/conty"'),
        'mappings.toml:7:8: mapping.county_to_state.from: no dimension "two_counties/conty" in the '
        'registry registry; did you mean "two_counties/county"?',
    ),
    mappings(
        "dimensions of two types",
        put("mappings.toml", '"two_counties/state"', '"two_counties/sector"'),
        "mappings.toml:8:6: mapping.county_to_state.to: a mapping stays within one type, but "
        "two_counties/county is of type geography and two_counties/sector of type sector",
    ),
    mappings(
        "the ends of a mapping the wrong way round",
        is_now("county_to_state.csv", "from,to\nCA,06037\nCO,08031\n"),
        'county_to_state.csv:2: `from` has the ids of `to` ("CA"), and `to` those of `from` ("06037"): exchange them',
    ),
    mappings(
        "a state in capitals and small letters",
        put("county_to_state.csv", "CO", "co"),
        'county_to_state.csv:3: `to`: there is no record "co"; did you mean "CO"?',
    ),
    mappings(
        "an id that was read as a floating point number",
        put("county_to_state.csv", "06037", "6037.0"),
        'county_to_state.csv:2: `from`: id "6037.0" was read as a number; did you mean "06037"?',
    ),
    mappings(
        "a pair of a registered mapping twice",
        added("county_to_state.csv", "06037,CA\n"),
        'county_to_state.csv:4: a pair may occur once, but these are repeated: "06037 -> CA"',
    ),
    mappings(
        "a registered mapping with parts of less than 1",
        is_now("county_to_state.csv", "from,to,fraction\n06037,CA,0.9\n08031,CO,1\n"),
        "county_to_state.csv:2: many_to_one_aggregation needs fractions that sum to 1 for each `from` id "
        '(within 1e-06), but 1 of 2 do not: "06037" 0.9',
    ),
    mappings(
        "a tolerance in quotes",
        put("mappings.toml", 'kind = "many', 'tolerance = "0.01"\nkind = "many'),
        'mappings.toml:9:13: mapping.county_to_state.tolerance: found "0.01", expected a number; leave '
        "out the quotes: 0.01",
    ),
    mappings(
        "the name of a file of mappings misspelt",
        put("mappings.toml", '"county_to_state.csv"', '"county_to_states.csv"'),
        'mappings.toml:10:11: mapping.county_to_state.records: no file "county_to_states.csv" in files; '
        'did you mean "county_to_state.csv"?',
    ),
    mappings(
        "no owner of mappings",
        put("mappings.toml", 'owner = "census"\n', ""),
        'mappings.toml:1:1: missing key "owner", such as owner = "census_2020"',
    ),
)
