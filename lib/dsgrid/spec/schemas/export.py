"""Exports: the keys of `[export.NAME]` in a query, and the spec of `export_result`."""

from __future__ import annotations

from typing import Final

from dsgrid.spec.patterns import FILLED, FOLDER_NAME, RESULT_COLUMN
from dsgrid.spec.schemas.fragments import Schema, array, choice, flag, table, tables_by_name, text
from dsgrid.spec.schemas.job import job_schema


def _dimensions(title: str, description: str, example: str) -> Schema:
    return {
        "title": title,
        "description": description,
        "type": ["string", "array"],
        "items": text("Dimension", "A dimension of the result.", RESULT_COLUMN, examples=[example]),
        "uniqueItems": True,
        "pattern": RESULT_COLUMN.pattern,
        "examples": [example, [example, "scenario"]],
    }


_FORM: Final[dict[str, Schema]] = {
    "shape": choice(
        "Shape",
        "What a table looks like.",
        {
            "wide": "rows are times, and each record of `columns` has a column",
            "long": "a row for each value, with all dimensions, `value` and `unit`",
        },
        default="wide",
        examples=["long"],
    ),
    "columns": _dimensions(
        "Columns",
        "Of a wide table: the dimension whose records become columns, or several, whose ids are joined. Of a result that "
        "is pivoted it is by default the pivoted one.",
        "state",
    ),
    "files": _dimensions(
        "Files",
        "The dimensions of which each combination of records has a file, called by their ids: `reference_2030.csv`. Left "
        "out, a wide export has a file for each combination of what is not in `columns`, and a long one has one file. What "
        "is in neither stands in columns in front.",
        "model_year",
    ),
    "separator": text(
        "Separator",
        "What stands between ids that are joined to the name of a column.",
        default="_",
        examples=[" | "],
    ),
    "format": choice(
        "Format",
        "The format of the files.",
        {
            "csv": "CSV",
            "parquet": "Parquet",
            "arrow": "Arrow IPC files",
            "hdf5": "HDF5, an array `values` of time by columns with its axes (needs the extra `hdf5`; wide only)",
        },
        default="csv",
        examples=["hdf5"],
    ),
    "time": choice(
        "Time",
        "How times are written.",
        {
            "timestamp": "`2030-01-01 01:00`, in a column `time`",
            "hour_of_year": "1 to 8760, in a column `hour_of_year` behind one of `year`",
            "date_and_hour": "a column `date`, and a column `hour`: 0 to 23, or 1 to 24 for hour ending",
        },
        default="timestamp",
        examples=["hour_of_year"],
    ),
    "label": choice(
        "Label",
        "Which end of its hour a time is.",
        {"hour_beginning": "its beginning", "hour_ending": "its end"},
        default="hour_beginning",
        examples=["hour_ending"],
    ),
    "zone": text(
        "Zone",
        "The clock of labels: a fixed offset (`-05:00`), the name of a zone (`America/New_York`; then a column "
        "`utc_offset` tells the hour that is shown twice apart), or `geography` for a result of readings of each "
        "geography's clock. Left out, it is the clock that days and hours of the result are told on.",
        FILLED,
        examples=["-05:00"],
    ),
    "calendar": choice(
        "Calendar",
        "Whether years have to be whole. Where one is a leap year, `leap_day` has to say what becomes of it.",
        {"8760": "each year has 8,760 hours, all of them there"},
        examples=["8760"],
    ),
    "leap_day": choice(
        "Leap day",
        "What becomes of the 8,784 hours of a leap year. What is left out is told by its sum.",
        {
            "drop_feb_29": "29 February is left out; later hours of the year count 24 less",
            "drop_dec_31": "31 December is left out",
            "keep": "nothing is left out: such a year has 8,784 hours",
        },
        examples=["drop_dec_31"],
    ),
    "year": text(
        "Year",
        "A dimension whose records are years: labels say these instead of the year of the weather. Days keep their date, "
        "and so days of the week are those of the weather's year. It needs a clock with one offset.",
        RESULT_COLUMN,
        examples=["model_year"],
    ),
    "wrap": flag(
        "Wrap",
        "Whether hours that the clock of `zone` puts before or after the whole years stand at their other end.",
        default=False,
    ),
    "unit": text(
        "Unit",
        "The unit of values. Left out, it is that of the result.",
        FILLED,
        examples=["MWh"],
    ),
    "units": tables_by_name(
        "Units",
        "The unit of each metric record that is named, such as a fuel or an end use; the others have that of `unit`.",
        FILLED,
        text("Unit", "A unit.", FILLED, examples=["MMBtu"]),
        minProperties=1,
        examples=[{"electricity": "MWh", "natural_gas": "MMBtu"}],
    ),
    "unit_in": array(
        "Unit in names",
        "Where units stand in names: `CA_MWh`, `reference_2030_MWh.csv`.",
        choice("Names", "Names of what.", ("columns", "files"), examples=["columns"]),
        default=[],
        examples=[["columns"]],
    ),
    "decimals": {
        "title": "Decimals",
        "description": "How many decimals values in CSV are rounded to. Left out, they are written in full.",
        "type": "integer",
        "minimum": 0,
        "maximum": 15,
        "examples": [3],
    },
    "missing": choice(
        "Missing",
        "What a cell of a wide table is that has no value. Where there are such cells, it has to be said.",
        {"error": "a mistake", "zero": "0", "blank": "empty; NaN in HDF5"},
        default="error",
        examples=["zero"],
    ),
}

EXPORTS: Final = tables_by_name(
    "Exports",
    "Files for other models, by the names of their folders: the result once more, in another shape. They are written "
    "with it, into `exports/NAME` of its run.",
    FOLDER_NAME,
    table(
        "Export",
        "Files for another model.",
        {
            "of": text(
                "Of",
                "The further result (`[results.NAME]`) that is exported. Left out, it is the query's own.",
                FOLDER_NAME,
                examples=["by_year"],
            ),
            **_FORM,
        },
    ),
    examples=[{"dispatch": {"columns": "state", "files": ["scenario", "model_year"], "time": "hour_of_year"}}],
)

EXPORT_RESULT: Final = job_schema(
    "export_result",
    "Write a result in a shape that another model reads: wide or long tables, with the labels, zone, units and files that it "
    "wants. The result stays as it is.",
    {
        "result": text(
            "Result",
            "The folder of the result: that of the query, whose newest result is meant, or that of one run; of a further "
            "result the folder in it. Relative to this file, or a place on S3.",
            FILLED,
            examples=["../results/hourly_by_state"],
        ),
        "output": text(
            "Output",
            "The folder that is written, relative to this file, or a place on S3. It is absent or empty, and appears when "
            "everything is in it.",
            FILLED,
            examples=["../dispatch/load"],
        ),
        "replace": flag("Replace", "Whether an export that is in that folder makes room for this one.", default=False),
        "name": text(
            "Name",
            "The name of the export, and of its file where that is one. Left out, it is that of the query.",
            FOLDER_NAME,
            examples=["load"],
        ),
        **_FORM,
    },
    ("result", "output"),
    log_message=False,
)
