"""The specs of `register_dimensions` and `register_mappings`."""

from __future__ import annotations

from dsgrid.spec.patterns import DIMENSION_REFERENCE, ID, NAME
from dsgrid.spec.schemas.change import change_table
from dsgrid.spec.schemas.dimension import MAPPING_KEYS, RECORDS, TYPES, description, record_class, record_type
from dsgrid.spec.schemas.fragments import Schema, table, tables_by_name, text
from dsgrid.spec.schemas.job import job_schema
from dsgrid.spec.schemas.time import time_alone


def _owner(what: str) -> Schema:
    return text(
        "Owner",
        f"Whose they are: the first part of the ids, `<owner>/<name>`. A source such as a census, or a project, for "
        f"{what} of its own that come later.",
        ID,
        examples=["census_2020"],
    )


_DIMENSION = table(
    "Dimension",
    "A dimension that belongs to no project and no dataset, for all to `use`.",
    {
        "type": record_type("Type", "The dimension type."),
        "class": record_class(),
        "records": RECORDS,
        "types": TYPES,
        "description": description("dimension", "Counties of the 2020 census"),
    },
    ("type", "records"),
)


def _end(side: str, example: str) -> Schema:
    return text(
        side.capitalize(),
        f"The registered dimension that is mapped {side}, by its id or its name. `@1` or `@1.2.0` fixes the version; "
        "without it the newest one is taken.",
        DIMENSION_REFERENCE,
        examples=[example],
    )


_MAPPING = table(
    "Mapping",
    "A mapping between two registered dimensions of one type, for projects and submissions to `use`.",
    {"from": _end("from", "census_2020/county@1"), "to": _end("to", "census_2020/state@1"), **MAPPING_KEYS},
    ("from", "to", "kind", "records"),
)

REGISTER_DIMENSIONS = job_schema(
    "register_dimensions",
    "Register dimensions that several projects and datasets share. All of them are registered, or none.",
    {
        "owner": _owner("dimensions"),
        "dimension": tables_by_name(
            "Dimensions",
            "The dimensions, keyed by name; their ids are `<owner>/<name>`.",
            NAME,
            _DIMENSION,
            minProperties=1,
            examples=[{"county": {"type": "geography", "class": "county", "records": "dimensions/counties.csv"}}],
        ),
        "time": tables_by_name(
            "Time dimensions",
            "Time dimensions, keyed by name.",
            NAME,
            time_alone(),
            minProperties=1,
            examples=[
                {
                    "time_est": {
                        "kind": "datetime",
                        "start": "2018-01-01 00:00",
                        "end": "2018-12-31 23:00",
                        "step": "1h",
                        "zone": "-05:00",
                        "interval": "period_beginning",
                        "measurement": "total",
                    }
                }
            ],
        ),
        "change": change_table(based_on=False),
    },
    ("owner",),
)

REGISTER_MAPPINGS = job_schema(
    "register_mappings",
    "Register mappings between registered dimensions. All of them are registered, or none.",
    {
        "owner": _owner("mappings"),
        "mapping": tables_by_name(
            "Mappings",
            "The mappings, keyed by name; their ids are `<owner>/<name>`.",
            NAME,
            _MAPPING,
            minProperties=1,
            examples=[
                {
                    "county_to_state": {
                        "from": "census_2020/county@1",
                        "to": "census_2020/state@1",
                        "kind": "many_to_one_aggregation",
                        "records": "mappings/county_to_state.csv",
                    }
                }
            ],
        ),
        "change": change_table(based_on=False),
    },
    ("owner", "mapping"),
)
