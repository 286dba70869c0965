"""The specs of `generate_dataset` and `generate_project`."""

from __future__ import annotations

from dsgrid.spec.patterns import COLUMN, FILLED, ID, REFERENCE, ZONE
from dsgrid.spec.schemas.dimension import record_type
from dsgrid.spec.schemas.fragments import Schema, array, choice, flag, table, tables_by_name, text
from dsgrid.spec.schemas.job import OTHERWISE, job_schema
from dsgrid.spec.schemas.words import CLASSES, INTERVALS, MEASUREMENTS, RECORD_TYPES

_REGISTRY = f"The folder of the registry whose dimensions may be used, relative to this file. {OTHERWISE}"


def _output(example: str) -> Schema:
    return text(
        "Output",
        "The folder to write, relative to this file: specs, and a file of records for each dimension.",
        FILLED,
        examples=[example],
    )


_OVERWRITE = flag(
    "Overwrite",
    "Whether files in the output folder are replaced. Otherwise it has to be absent or empty.",
    default=False,
)

_REUSE = flag(
    "Reuse",
    "Whether a registered dimension with the same record ids is used instead of records of its own.",
    default=True,
)

GENERATE_DATASET = job_schema(
    "generate_dataset",
    "Look at data files and write the spec that registers them, to be edited: which columns are dimensions, their "
    "records, the time. What only you can know is left blank, and `dsgrid validate` names it.",
    {
        "id": text(
            "Id", "The dataset's id. By default the name of the output folder.", ID, examples=["comstock_reference"]
        ),
        "table": text(
            "Table",
            "The file (or folder of files) with the facts, Parquet, CSV or JSON lines, relative to this file; or a "
            "folder that holds `load_data.*` and perhaps `load_data_lookup.*`.",
            FILLED,
            examples=["load_data.parquet"],
        ),
        "lookup": text(
            "Lookup table",
            "With two tables: the file that says which records each `id` of the facts belongs to.",
            FILLED,
            examples=["load_data_lookup.parquet"],
        ),
        "output": _output("../specs/comstock_reference"),
        "overwrite": _OVERWRITE,
        "project": text(
            "Project",
            "A registered project: its base dimensions are the first to be used, and a spec that submits the dataset "
            "to it is written, too.",
            REFERENCE,
            examples=["conus_2022"],
        ),
        "reuse": _REUSE,
        "columns": tables_by_name(
            "Columns",
            "Dimension types of columns, keyed by the column's name, where their names do not tell.",
            COLUMN,
            record_type("Dimension type", "The type whose record ids the column holds."),
            examples=[{"bldg": "subsector"}],
        ),
        "time": table(
            "Time",
            "What no file says about its labels. What is given here is not left blank.",
            {
                "zone": text(
                    "Time zone",
                    "The zone of the labels, or that in which days begin where the labels are instants.",
                    ZONE,
                    examples=["-05:00"],
                ),
                "interval": choice(
                    "Interval", "What a label says about its slot.", INTERVALS, examples=["period_ending"]
                ),
                "measurement": choice(
                    "Measurement", "What a value says about its slot.", MEASUREMENTS, examples=["total"]
                ),
            },
            minProperties=1,
            examples=[{"zone": "-05:00", "interval": "period_ending", "measurement": "total"}],
        ),
        "metric": table(
            "Metric",
            "What no file says about its values. What is given here is not left blank.",
            {
                "class": choice(
                    "Class of the records", "What the metrics are.", CLASSES["metric"], examples=["energy_end_use"]
                ),
                "unit": text("Unit", "The unit of all metrics.", FILLED, examples=["kWh"]),
            },
            minProperties=1,
            examples=[{"class": "energy_end_use", "unit": "kWh"}],
        ),
    },
    ("table", "output"),
    log_message=False,
    registry=_REGISTRY,
)

GENERATE_PROJECT = job_schema(
    "generate_project",
    "Write the spec of a project for registered datasets, to be edited: a base dimension of each type, the time, what "
    "it requires of each dataset, and the specs that submit them.",
    {
        "id": text("Id", "The project's id.", ID, examples=["conus_2022"]),
        "datasets": array(
            "Datasets",
            "The registered datasets whose dimensions become those of the project. Its time is that of the dataset "
            "that says most: labels rather than years or typical periods; of several alike, the first.",
            text("Dataset", "The id of a dataset, with or without a version.", REFERENCE, examples=["comstock@1"]),
            default=[],
            examples=[["comstock_reference", "resstock_reference"]],
        ),
        "records": table(
            "Records",
            "Files of records for base dimensions, keyed by type, relative to this file; they win over those of the "
            "datasets.",
            {
                type_: text(
                    type_.replace("_", " ").capitalize(),
                    f"The path of a CSV or Parquet file with the records of the base dimension of type {type_}.",
                    FILLED,
                    examples=[f"dimensions/{type_}.csv"],
                )
                for type_ in RECORD_TYPES
            },
            examples=[{"geography": "dimensions/counties.csv"}],
        ),
        "output": _output("../specs/conus_2022"),
        "overwrite": _OVERWRITE,
        "reuse": _REUSE,
    },
    ("id", "output"),
    log_message=False,
    registry=_REGISTRY,
)
