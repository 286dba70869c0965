"""Mistakes in submissions: mappings to the project, what it requires, time and units that do not fit."""

from __future__ import annotations

from tests.mistakes.mistake import Mistake, added, both, everywhere, homes, is_now, offices, put, without

GEOGRAPHY = 'kind = "many_to_many_disaggregation"\nrecords = "regions_to_counties.csv"'
SUBSECTOR = '[{ from = "small", to = "office" }, { from = "large", to = "office" }]'
METRIC = '[{ from = "heat", to = "heating" }, { from = "light", to = "lighting" }]'


def subsector(name: str, records: str, *expected: str) -> Mistake:
    """Another mapping of the sizes of offices."""
    return offices(name, put("offices.toml", SUBSECTOR, records), *expected)


IN_SUBMISSIONS = (
    homes(
        "a project that there is not",
        put("homes.toml", '"two_counties"', '"two_county"'),
        'homes.toml:59:11: submission.project: no project "two_county" in the registry registry; did you '
        'mean "two_counties"?',
    ),
    homes(
        "a version that there is not",
        put("homes.toml", '"two_counties"', '"two_counties@2"'),
        "homes.toml:59:11: submission.project: project two_counties has no version 2; there are: 1.0.0",
    ),
    homes(
        "a dataset that the project does not expect",
        put("homes.toml", 'id = "homes"', 'id = "houses"'),
        "homes.toml:6:6: dataset.id: project two_counties does not expect dataset houses; it has no "
        '[requires.houses]; did you mean "homes"?',
    ),
    homes(
        "a mapping of a type that there is not",
        put("homes.toml", "[submission.mapping.scenario]", "[submission.mapping.scenarios]"),
        'homes.toml:61:21: submission.mapping.scenarios: unknown key; did you mean "scenario"?',
    ),
    homes(
        "no mapping where one is needed",
        put("homes.toml", '[submission.mapping.scenario]\nkind = "duplication"\nrecords = "homes_scenarios.csv"\n', ""),
        'homes.toml:36:1: dimension.scenario: there is no record of "scenario" "base"; there are: '
        '"reference", "high"; a [submission.mapping.scenario] is needed',
    ),
    homes(
        "a scenario that is not covered",
        without("homes_scenarios.csv", 3),
        'homes.toml:6:6: dataset.id: dataset homes does not cover 1 required record of "scenario": "high"',
    ),
    homes(
        "a required kind of building that is not covered",
        both(put("homes.toml", '{ id = "house", name = "House" }', '{ id = "office", name = "Office" }')),
        'homes.toml:6:6: dataset.id: dataset homes does not cover 1 required record of "building": "house"',
    ),
    homes(
        "copies with fractions",
        is_now("homes_scenarios.csv", "from,to,fraction\nbase,reference,1\nbase,high,0.5\n"),
        "homes_scenarios.csv:3: duplication copies values, so every fraction is 1, but base -> high has "
        "0.5 (1 of 2 differ from 1)",
    ),
    homes(
        "a mapping from a misspelt id",
        put("homes_scenarios.csv", "base,high", "bas,high"),
        'homes_scenarios.csv:3: `from`: there is no record "bas"; did you mean "base"?',
    ),
    homes(
        "a mapping to a misspelt id",
        put("homes_scenarios.csv", "base,high", "base,hihg"),
        'homes_scenarios.csv:3: `to`: there is no record "hihg"; did you mean "high"?',
    ),
    offices(
        "fractions that sum to less than 1",
        put("regions_to_counties.csv", "0.25", "0.2"),
        "regions_to_counties.csv:3: many_to_many_disaggregation needs fractions that sum to 1 for each "
        '`from` id (within 1e-06), but 1 of 2 do not: "east" 0.95',
    ),
    offices(
        "fractions that sum to more than 1",
        put("regions_to_counties.csv", "0.25", "0.5"),
        "regions_to_counties.csv:3: many_to_many_disaggregation needs fractions that sum to 1 for each "
        '`from` id (within 1e-06), but 1 of 2 do not: "east" 1.25',
    ),
    offices(
        "percentages for fractions",
        both(put("regions_to_counties.csv", "0.25", "25"), put("regions_to_counties.csv", "0.75", "75")),
        "regions_to_counties.csv:3: many_to_many_disaggregation needs fractions that sum to 1 for each "
        '`from` id (within 1e-06), but 1 of 2 do not: "east" 100; percentages are written as fractions, '
        "25 % as 0.25",
    ),
    offices(
        "a part below nothing",
        both(put("regions_to_counties.csv", "0.25", "-0.25"), put("regions_to_counties.csv", "0.75", "1.25")),
        "regions_to_counties.csv:3: many_to_many_disaggregation divides a whole into parts, so no "
        'fraction is below 0, unlike "east -> 06037 (-0.25)"',
    ),
    offices(
        "a fraction that is a word",
        put("regions_to_counties.csv", "0.25", "quarter"),
        'regions_to_counties.csv:3: the fraction is a finite number, not "quarter"',
    ),
    offices(
        "a fraction that is NaN",
        put("regions_to_counties.csv", "0.25", "nan"),
        'regions_to_counties.csv:3: the fraction is a finite number, not "nan"',
    ),
    offices(
        "a fraction that is blank",
        put("regions_to_counties.csv", "0.25", ""),
        'regions_to_counties.csv:3: the fraction is a finite number, not ""',
    ),
    offices(
        "a pair of a submission twice",
        added("regions_to_counties.csv", "west,06037,1\n"),
        'regions_to_counties.csv:5: a pair may occur once, but these are repeated: "west -> 06037"',
    ),
    offices(
        "counties of a submission that lost their zeros",
        everywhere("regions_to_counties.csv", "06037", "6037"),
        'regions_to_counties.csv:2: `to`: id "6037" lost its leading zero; did you mean "06037"?',
    ),
    offices(
        "a county that no region reaches",
        is_now("regions_to_counties.csv", "from,to\nwest,06037\neast,06037\n"),
        'offices.toml:6:6: dataset.id: dataset offices does not cover 1 required record of "county": "08031"',
    ),
    offices(
        "a target that is blank for all",
        is_now("regions_to_counties.csv", "from,to\nwest,\neast,\n"),
        'offices.toml:6:6: dataset.id: dataset offices does not cover 2 required records of "county": "06037", "08031"',
    ),
    offices(
        "a region that is dropped on purpose",
        is_now("regions_to_counties.csv", "from,to\nwest,06037\neast,\n"),
        'offices.toml:6:6: dataset.id: dataset offices does not cover 1 required record of "county": "08031"',
    ),
    offices(
        "a wrong kind of mapping",
        put("offices.toml", '"many_to_many_disaggregation"', '"one_to_many_disaggregation"'),
        "regions_to_counties.csv:3: one_to_many_disaggregation reaches an id once, but `to` repeats "
        '"06037"; many_to_many_disaggregation allows it',
    ),
    offices(
        "a mapping of a file that is not there",
        put("offices.toml", '"regions_to_counties.csv"', '"region_to_counties.csv"'),
        'offices.toml:62:11: submission.mapping.geography.records: no file "region_to_counties.csv" in '
        'files; did you mean "regions_to_counties.csv"?',
    ),
    offices(
        "a mapping without a kind",
        put("offices.toml", 'kind = "many_to_many_disaggregation"\n', ""),
        "offices.toml:61:1: submission.mapping.geography.records: `records` needs `kind` beside it",
    ),
    subsector(
        "a size that there is not",
        SUBSECTOR.replace('"large"', '"larger"'),
        "offices.toml:66:47: submission.mapping.subsector.records[1]: `from`: there is no record "
        '"larger"; did you mean "large"?',
    ),
    subsector(
        "a building that there is not",
        SUBSECTOR.replace('{ from = "large", to = "office" }', '{ from = "large", to = "ofice" }'),
        'offices.toml:66:47: submission.mapping.subsector.records[1]: `to`: there is no record "ofice"; '
        'did you mean "office"?',
    ),
    subsector(
        "inline associations with a misspelt key",
        SUBSECTOR.replace('from = "large"', 'form = "large"'),
        'offices.toml:66:49: submission.mapping.subsector.records[1].form: unknown key; did you mean "from"?',
    ),
    offices(
        "renaming two to one",
        put(
            "offices.toml",
            '[{ from = "heat", to = "heating" }, { from = "light", to = "lighting" }]',
            '[{ from = "heat", to = "heating" }, { from = "light", to = "heating" }]',
        ),
        "offices.toml:70:47: submission.mapping.metric.records[1]: one_to_one reaches an id once, but "
        '`to` repeats "heating"; many_to_one_aggregation allows it',
    ),
    offices(
        "units that have no conversion",
        put("offices.toml", 'unit = "therm"', 'unit = "kW"'),
        'offices.toml:68:1: submission.mapping.metric: "heat" -> "heating": no conversion from "kW" to '
        '"MWh": one is power, the other energy, and they differ by a length of time',
    ),
    offices(
        "a unit that there is not",
        put("offices.toml", 'unit = "therm"', 'unit = "terms"'),
        'offices.toml:68:1: submission.mapping.metric: "heat" -> "heating": no conversion from "terms" '
        'to "MWh": "terms" is no unit that dsgrid knows; did you mean "therm"?',
    ),
    offices(
        "a mapping to a base dimension that there is not",
        put("offices.toml", 'kind = "one_to_one"', 'to = "enduse"\nkind = "one_to_one"'),
        "offices.toml:69:6: submission.mapping.metric.to: project two_counties has no base metric "
        '"enduse"; did you mean "end_use"?',
    ),
    offices(
        "a mapping to a base dimension of another type",
        put("offices.toml", 'kind = "one_to_one"', 'to = "county"\nkind = "one_to_one"'),
        "offices.toml:69:6: submission.mapping.metric.to: project two_counties has no base metric "
        '"county"; there are: "end_use"',
    ),
    offices(
        "a registered mapping that there is not",
        put("offices.toml", GEOGRAPHY, 'use = "census/regions"'),
        'offices.toml:61:7: submission.mapping.geography.use: no mapping "census/regions" in the '
        'registry registry; there are: "two_counties/building:all_subsectors", '
        '"two_counties/building:kind", "two_counties/county:all_geographies", '
        '"two_counties/county:state", "two_counties/model_year:all_model_years", '
        '"two_counties/scenario:all_scenarios", "two_counties/sector:all_sectors", '
        '"two_counties/weather_year:all_weather_years"',
    ),
    offices(
        "a reverse of nothing",
        put("offices.toml", GEOGRAPHY, 'reverse_of = "states"'),
        "offices.toml:61:14: submission.mapping.geography.reverse_of: project two_counties has no "
        'supplemental geography "states"; did you mean "state"?',
    ),
    offices(
        "a chain of mappings that there is not",
        put("offices.toml", GEOGRAPHY, "find = true"),
        "offices.toml:61:8: submission.mapping.geography.find: the dataset defines its geography "
        'dimension "region" itself, and no registered mapping begins there; let it `use` a registered '
        "one in [dimension.geography], or give `kind` and `records`",
    ),
    offices(
        "two ways to say a mapping",
        put("offices.toml", GEOGRAPHY, GEOGRAPHY + "\nfind = true"),
        "offices.toml:60:1: submission.mapping.geography: exactly one of `records`, `use`, `find` and "
        "`reverse_of` is needed; found `records` and `find`",
    ),
)
