"""The spec of `register_project`."""

from __future__ import annotations

from dsgrid.spec.patterns import FILLED, ID, NAME
from dsgrid.spec.schemas.change import change_table
from dsgrid.spec.schemas.dimension import RECORDS, TYPES, attributes, description, ids, record_class, record_type, use
from dsgrid.spec.schemas.fragments import Schema, array, exactly_one, exclude, flag, ref, table, tables_by_name, text
from dsgrid.spec.schemas.job import job_schema
from dsgrid.spec.schemas.metadata import metadata_keys, status
from dsgrid.spec.schemas.time import time_table
from dsgrid.spec.schemas.words import RECORD_TYPES

_BASE = table(
    "Base dimension",
    "A dimension that every dataset of the project is mapped to. Its records are given by `records`, or by `use` when "
    "the registry has them already.",
    {
        "type": record_type("Type", "The dimension type. A project needs a base dimension of each of the seven types."),
        "class": record_class(),
        "records": RECORDS,
        "types": TYPES,
        "use": use("this base dimension"),
        "description": description("dimension", "Counties of the contiguous United States"),
    },
    ("type",),
    dependencies={"class": ["records"], "types": ["records"]},
    **exactly_one("records", "use"),
)

_SUPPLEMENTAL = table(
    "Supplemental dimension",
    "Another resolution of a base dimension, reached by a mapping: states of counties, groups of end uses. Queries "
    "aggregate to it and filter on it.",
    {
        "of": text("Base dimension", "The base dimension whose records are mapped.", NAME, examples=["county"]),
        "class": record_class(),
        "records": RECORDS,
        "types": TYPES,
        "use": use("this supplemental dimension"),
        "mapping": ref("mapping"),
        "description": description("dimension", "The fifty states"),
    },
    ("of", "mapping"),
    dependencies={"class": ["records"], "types": ["records"]},
    **exactly_one("records", "use"),
)

_SELECTORS: Schema = {
    "title": "Selectors",
    "description": "Which records each selector holds: the path of a CSV file whose first column is `id`, with one more "
    "column per selector, where any cell makes the id a member that is not blank, 0, false or no; or a table "
    "`selector = [ids]`. A record may be in several selectors, or in none.",
    "anyOf": [
        {"type": "string", "pattern": FILLED.pattern},
        {
            "type": "object",
            "patternProperties": {NAME.pattern: ids("The base records that the selector holds.", ["small_office"])},
            "additionalProperties": False,
            "minProperties": 1,
        },
    ],
    "examples": ["dimensions/building_types_by_sector.csv", {"offices": ["small_office", "large_office"]}],
}

_SUBSET = table(
    "Subset",
    "Named selections of the records of a base dimension. Requirements and queries name them, and the selectors "
    "together are a supplemental dimension of the subset's name.",
    {
        "of": text("Base dimension", "The base dimension whose records are selected.", NAME, examples=["subsector"]),
        "selectors": _SELECTORS,
        "supplemental": flag(
            "Supplemental dimension",
            "Whether the selectors are also the records of a supplemental dimension.",
            default=True,
        ),
        "class": record_class(),
        "attributes": tables_by_name(
            "Attributes of the selectors",
            "Further columns of the supplemental dimension's records, a table per selector: metrics need their `unit`.",
            NAME,
            attributes(
                "Attributes",
                "Columns of one selector's record.",
                [{"fuel_id": "electricity", "unit": "MWh"}],
            ),
            examples=[{"electricity": {"fuel_id": "electricity", "unit": "MWh"}}],
        ),
        "description": description("subset", "Building types by sector"),
    },
    ("of", "selectors"),
)

_SELECTED = {
    "subset": text("Subset", "A subset of this type's base dimension.", NAME, examples=["subsectors_by_sector"]),
    "selectors": array(
        "Selectors",
        "The selectors whose records are meant.",
        text("Selector", "The name of a selector.", NAME, examples=["offices"]),
        examples=[["offices"]],
    ),
}

COVERED: Schema = {
    "title": "Required records",
    "description": "The base records of this type that the dataset has to cover: an array of ids; or a table with "
    "`subset` and `selectors`, with `ids`, or with both; or `{ except = [...] }` for all but some. A type that is not "
    "named here means all its base records.",
    "anyOf": [
        {
            "type": "array",
            "items": text("Id", "The id of a base record, in quotes.", FILLED, examples=["com"]),
            "minItems": 1,
            "uniqueItems": True,
        },
        {
            "type": "object",
            "properties": {
                "ids": ids("Base records, in addition to those of the selectors.", ["com"]),
                **_SELECTED,
                "except": ids("Base records that the dataset need not cover; all others it has to.", ["ventilation"]),
            },
            "additionalProperties": False,
            "minProperties": 1,
            "dependencies": {"subset": ["selectors"], "selectors": ["subset"]},
            "allOf": [exclude("except", "ids"), exclude("except", "subset")],
        },
    ],
    "examples": [["com"], {"subset": "subsectors_by_sector", "selectors": ["offices"]}, {"except": ["ventilation"]}],
}

_COVERED_BY_TYPE = {type_: ref("covered") for type_ in RECORD_TYPES}

TOGETHER = table(
    "Types taken together",
    "Combinations of several types, where the product of all their records would be too much: the product of the "
    "records in this table. Tables with the same types add up.",
    _COVERED_BY_TYPE,
    minProperties=2,
)

_REQUIREMENT = table(
    "Requirement",
    "What one dataset has to cover: the product of the records of all types.",
    {
        **_COVERED_BY_TYPE,
        "together": {
            "title": "Combinations",
            "description": "Combinations of at least two types, which then stand in no key of their own.",
            "type": "array",
            "items": ref("together"),
            "minItems": 1,
            "examples": [[{"sector": ["com"], "subsector": ["small_office"]}]],
        },
    },
)

REGISTER_PROJECT = job_schema(
    "register_project",
    "Register a project: the dimensions that its datasets are brought to, other resolutions of them, and what each "
    "dataset has to cover. All of it is registered, or nothing.",
    {
        "project": table(
            "Project",
            "What the project is.",
            {
                "id": text(
                    "Id", "The project's id, by which queries and submissions name it.", ID, examples=["conus_2022"]
                ),
                "name": text("Name", "The project's name, for people.", FILLED, examples=["CONUS 2022"]),
                "description": description(
                    "project", "County-level hourly electricity demand of the contiguous United States"
                ),
                "status": status(),
                **metadata_keys("project"),
            },
            ("id", "name"),
        ),
        "time": time_table("project", files=False),
        "base": tables_by_name(
            "Base dimensions",
            "The base dimensions, keyed by name. The name is that of the column in results, and unique among all base, "
            "supplemental and subset names of the project.",
            NAME,
            _BASE,
            minProperties=1,
            examples=[{"county": {"type": "geography", "class": "county", "records": "dimensions/counties.csv"}}],
        ),
        "supplemental": tables_by_name(
            "Supplemental dimensions",
            "Other resolutions of base dimensions, keyed by name. For each type but metric, one that holds everything "
            "is made by itself: `all_geographies`, `all_sectors`, and so on.",
            NAME,
            _SUPPLEMENTAL,
            examples=[
                {
                    "state": {
                        "of": "county",
                        "class": "state",
                        "records": "dimensions/states.csv",
                        "mapping": {"kind": "many_to_one_aggregation", "records": "mappings/county_to_state.csv"},
                    }
                }
            ],
        ),
        "subset": tables_by_name(
            "Subsets",
            "Named selections of base records, keyed by name.",
            NAME,
            _SUBSET,
            examples=[
                {"subsectors_by_sector": {"of": "subsector", "selectors": "dimensions/subsectors_by_sector.csv"}}
            ],
        ),
        "requires": tables_by_name(
            "Requirements",
            "What each dataset has to cover, keyed by the dataset's id. Datasets that are not named here cannot be "
            "submitted; an empty table asks for everything. What a dataset declares to be missing counts as covered.",
            ID,
            _REQUIREMENT,
            examples=[{"comstock_reference": {"sector": ["com"], "model_year": ["2018"]}}],
        ),
        "change": change_table(),
    },
    ("project", "time", "base"),
)

DEFINITIONS = {"covered": COVERED, "together": TOGETHER}
