"""The spec of `register_dataset`."""

from __future__ import annotations

from typing import Final

from dsgrid.spec.patterns import COLUMN, FILLED, ID, NAME
from dsgrid.spec.schemas.change import change_table
from dsgrid.spec.schemas.checks import checks_array
from dsgrid.spec.schemas.dimension import RECORDS, TYPES, description, record_class, record_type, use
from dsgrid.spec.schemas.fragments import Schema, array, choice, exactly_one, table, tables_by_name, text
from dsgrid.spec.schemas.job import job_schema
from dsgrid.spec.schemas.metadata import metadata_keys, qualifier, sector_description
from dsgrid.spec.schemas.time import time_table
from dsgrid.spec.schemas.words import COLUMN_TYPES, RECORD_TYPES

_DATASET = table(
    "Dataset",
    "What the dataset is.",
    {
        "id": text(
            "Id",
            "The dataset's id, by which projects, submissions and queries name it.",
            ID,
            examples=["comstock_reference"],
        ),
        "kind": choice(
            "Kind",
            "How the data came about.",
            {
                "modeled": "by a simulation",
                "historical": "by observation",
                "benchmark": "for comparison with others",
                "unspecified": "not said",
            },
            default="unspecified",
            examples=["modeled"],
        ),
        "description": description("dataset", "Commercial buildings, reference case"),
        "sector_description": sector_description(),
        "qualifier": qualifier(),
        **metadata_keys("dataset"),
    },
    ("id",),
)


def _columns(title: str, file: str) -> Schema:
    column = table(
        "Column",
        "What the files do not say about a column.",
        {
            "dimension": record_type(
                "Dimension type",
                "The type whose record ids the column holds, when the column is not named by its type.",
            ),
            "type": choice(
                "Type",
                "What the cells are, where a CSV file or another writer leaves it open. Ids are read as texts anyway.",
                COLUMN_TYPES,
                examples=["string"],
            ),
        },
        minProperties=1,
    )
    return tables_by_name(
        title,
        f"What has to be said about columns of {file}, keyed by the column's name in the file. Columns that are named "
        "by a dimension type, or that are record ids of the pivoted type, need no entry.",
        COLUMN,
        column,
        examples=[{"fips": {"dimension": "geography", "type": "string"}}],
    )


def _paths(title: str, description: str, example: str) -> Schema:
    path = text(
        "Path",
        "The path of a CSV or Parquet file, relative to this file, or its URL on S3.",
        FILLED,
        examples=[example],
    )
    return array(title, description, path, examples=[[example]])


def _column_name(title: str, description: str, default: str) -> Schema:
    return text(title, description, COLUMN, default=default, examples=[f"my_{default}"])


_DATA = table(
    "Data",
    "The files with the facts and how they are laid out: one table, or two with a lookup; stacked, with one `value` "
    "column, or pivoted, with a column per record of one dimension.",
    {
        "table": text(
            "Table",
            "The file with the facts, or a folder of such files: a path relative to this file, or a URL on S3 such as "
            "`s3://bucket/load_data.parquet`. Parquet, CSV or JSON lines; text files may be compressed (`.csv.gz`, "
            "`.bz2`, `.zst`). In a folder, names of folders such as `geography=06037` are columns, whose cells are "
            "texts.",
            FILLED,
            examples=["load_data.parquet"],
        ),
        "lookup": text(
            "Lookup table",
            "With two tables: the file that says, for each `id` of the facts, which records of the dimensions it "
            "belongs to. Parquet, CSV or JSON lines, as for `table`.",
            FILLED,
            examples=["load_data_lookup.parquet"],
        ),
        "pivot": record_type(
            "Pivoted type",
            "The dimension type whose record ids are the names of the value columns. Left out, the facts are stacked: "
            "one value column.",
            examples=["metric"],
        ),
        "value": _column_name("Value column", "The name of the value column of stacked facts.", "value"),
        "id": _column_name("Id column", "The name of the column that joins facts and lookup.", "id"),
        "scaling_factor": _column_name(
            "Scaling factor column", "The name of the lookup's column of factors, if it has one.", "scaling_factor"
        ),
        "precision": choice(
            "Precision",
            "The type of the stored values. Sums are computed in float64 either way.",
            ("float64", "float32"),
            default="float64",
            examples=["float32"],
        ),
        "columns": _columns("Columns", "the table of facts"),
        "lookup_columns": _columns("Columns of the lookup", "the lookup"),
        "ignore": array(
            "Ignored columns",
            "Columns of the files that are not read.",
            text("Column", "The name of a column.", COLUMN, examples=["upgrade_name"]),
            default=[],
            examples=[["upgrade_name"]],
        ),
        "missing": _paths(
            "Missing associations",
            "Tables of combinations that the dataset does not have, on purpose: their columns are dimension types, "
            "their rows ids; `*` stands for every id. Every other combination has to be there.",
            "missing_associations.csv",
        ),
        "broken_rows": text(
            "Broken rows",
            "A folder for all rows that break a check, a CSV file for each, relative to this file. Messages show the first "
            "rows; nothing is written while everything holds.",
            FILLED,
            examples=["broken_rows"],
        ),
        "expected": _paths(
            "Expected associations",
            "Tables of the combinations that the dataset has, where that is shorter than naming those it has not.",
            "expected_associations.csv",
        ),
    },
    ("table",),
    dependencies={"lookup_columns": ["lookup"], "scaling_factor": ["lookup"], "id": ["lookup"]},
    **{"not": {"required": ["pivot", "value"]}},
)


def _dimension(type_: str) -> Schema:
    title = type_.replace("_", " ").capitalize()
    names = {"metric": "comstock_end_use", "geography": "comstock_county"}
    return table(
        title,
        f"The dataset's {type_} dimension. With a single record it needs no column in the files.",
        {
            "name": text(
                "Name",
                "The dimension's name, under which other datasets and projects can `use` it.",
                NAME,
                examples=[names.get(type_, f"comstock_{type_}")],
            ),
            "class": record_class(type_),
            "records": RECORDS,
            "types": TYPES,
            "use": use("this dimension"),
            "description": description("dimension", "Counties with commercial buildings"),
        },
        dependencies={"class": ["records"], "types": ["records"], "records": ["name"]},
        **exactly_one("records", "use"),
    )


DATASET_KEYS: Final[dict[str, Schema]] = {
    "dataset": _DATASET,
    "data": _DATA,
    "dimension": table(
        "Dimensions",
        "The dataset's dimensions, keyed by type: it has exactly one of each.",
        {type_: _dimension(type_) for type_ in RECORD_TYPES},
        RECORD_TYPES,
    ),
    "time": time_table("dataset", files=True),
    "checks": checks_array(),
    "change": change_table(),
}
DATASET_REQUIRED: Final = ("dataset", "data", "dimension", "time")

REGISTER_DATASET = job_schema(
    "register_dataset",
    "Register a dataset: check its files against its dimensions, and store them in the registry. Nothing is stored "
    "when a check fails.",
    DATASET_KEYS,
    DATASET_REQUIRED,
)
