"""The spec of `query`."""

from __future__ import annotations

from typing import Final

from dsgrid.spec.patterns import AT, FILLED, FOLDER_NAME, ID, NAME, REFERENCE, RESULT_COLUMN
from dsgrid.spec.schemas.dimension import record_type
from dsgrid.spec.schemas.export import EXPORTS
from dsgrid.spec.schemas.fragments import (
    Schema,
    array,
    choice,
    exactly_one,
    exclude,
    flag,
    table,
    tables_by_name,
    text,
)
from dsgrid.spec.schemas.job import job_schema
from dsgrid.spec.schemas.report import REPORTS
from dsgrid.spec.schemas.where import where
from dsgrid.spec.schemas.words import TIME_WORDS

FUNCTIONS: Final = {
    "sum": "their sum",
    "mean": "their mean, each row counting once",
    "weighted_mean": "their mean, weighted by attributes of records (`weights`)",
    "min": "the least",
    "max": "the greatest",
    "count": "how many there are",
    "stddev": "the standard deviation of a sample (none of a single value)",
    "percentile": "percentiles (`percentiles`), exact, interpolated between neighbours",
}

_STEP = table(
    "Step",
    "An aggregation: values that agree in everything named in `by` become one. It sees the table that the step before "
    "left; the first one sees every base dimension and every slot of the project's time.",
    {
        "function": choice("Function", "How values become one.", FUNCTIONS, default="sum", examples=["max"]),
        "by": array(
            "By",
            "What the result keeps: names of base or supplemental dimensions (a subset is a supplemental dimension, "
            "and so is `all_geographies` and the like), the name of the project's time dimension, or words for time: "
            f"{', '.join(f'`{word}`' for word in TIME_WORDS)}. `county.state` is the attribute `state` of the records of "
            "`county`. Dimension types that are not named are summed.",
            text("Name", "A dimension, an attribute of one, or a word for time.", RESULT_COLUMN, examples=["state"]),
            examples=[["state", "end_use", "scenario", "annual"]],
        ),
        "over": array(
            "Over",
            "Scenarios, model years and weather years that are summed on purpose: where such a type has several "
            "records, leaving it out of `by` is not enough.",
            choice("Type", "A dimension type.", ("scenario", "model_year", "weather_year"), examples=["weather_year"]),
            default=[],
            examples=[["weather_year"]],
        ),
        "weights": array(
            "Weights",
            "Of a `weighted_mean`: numeric attributes of the records of dimensions that the step sees; several are "
            "multiplied.",
            text("Attribute", "An attribute of a dimension's records.", RESULT_COLUMN, examples=["county.population"]),
            examples=[["county.population"]],
        ),
        "percentiles": array(
            "Percentiles",
            "Of the function `percentile`: which, from 0 to 100. The result has a column `percentile`.",
            {
                "title": "Percentile",
                "description": "A number from 0 to 100.",
                "type": "number",
                "minimum": 0,
                "maximum": 100,
                "examples": [95],
            },
            examples=[[5, 50, 95]],
        ),
        "where": where("They see the table that the step sees, before it aggregates."),
        "persist": flag(
            "Persist",
            "Whether the table that the step leaves is written, and read again by what follows.",
            default=False,
        ),
    },
    ("by",),
)

_STEPS: Schema = {
    "title": "Steps",
    "description": "What is done with the filtered facts, in this order.",
    "type": "array",
    "items": _STEP,
    "default": [],
    "examples": [[{"function": "sum", "by": ["state", "annual"]}]],
}

_PLACE: dict[str, Schema] = {
    "path": text(
        "Folder",
        "The folder for results, relative to this file, or a place on S3. The query's own folder is made in it. Left out, it is "
        "`results` beside this file (from Python: in the working directory).",
        FILLED,
        examples=["../results"],
    ),
    "zone": text(
        "Time zone",
        "The zone that time is told in: its name (`America/Denver`, `-07:00`, `UTC`), or `geography` for the local "
        "clock of each of the project's geographies; then columns `time_zone` and `utc_offset` stand beside the "
        "timestamps. Days, months and hours of the day are those of its clock. Left out, they are those of the "
        "project's clock, and timestamps are UTC instants.",
        FILLED,
        examples=["geography"],
    ),
}

_FORM: dict[str, Schema] = {
    "format": choice(
        "Format",
        "The format of the table.",
        {"parquet": "Parquet", "csv": "CSV", "arrow": "an Arrow IPC file, which can be mapped into memory"},
        default="parquet",
        examples=["csv"],
    ),
    "pivot": record_type(
        "Pivoted type",
        "The dimension type whose records become columns. Left out, there is one `value` column.",
        examples=["metric"],
    ),
    "unit": text(
        "Unit",
        "The unit that values are converted to, such as kWh, MWh, GWh, TWh, MBtu or therm. Left out, they keep "
        "the unit of the project's metric records.",
        FILLED,
        examples=["MWh"],
    ),
    "names": flag("Names", "Whether the table shows the names of records instead of their ids.", default=False),
    "sort": array(
        "Sort",
        "The columns that the rows are sorted by, first the most important one.",
        text("Column", "The name of a column of the result.", RESULT_COLUMN, examples=["state"]),
        default=[],
        examples=[["scenario", "state", "hourly"]],
    ),
    "partition": array(
        "Partition",
        "Columns of the result by whose values its rows are put into folders, such as `state=CO` (Parquet only). "
        "The columns stand in the files, too.",
        text("Column", "The name of a column of the result.", RESULT_COLUMN, examples=["state"]),
        default=[],
        examples=[["scenario"]],
    ),
    "where": where("They see the table that the last step left."),
}

_TABLE: dict[str, Schema] = {
    "table": flag(
        "Table",
        "Whether the query has a table of its own. `false` leaves it out where nothing but reports and further results "
        "is wanted; then there are no steps.",
        default=True,
    ),
}

_RESULT = table("Result", "Where the result goes and what it looks like.", {**_PLACE, **_TABLE, **_FORM})

_RESULTS = tables_by_name(
    "Further results",
    "More results of the same facts, by their names: other steps, another form. The facts are read once for all of "
    "them. Each stands in a folder of its name beside the first one's table.",
    FOLDER_NAME,
    table("Result", "A further result.", {"step": _STEPS, **_FORM}),
    examples=[{"by_year": {"step": [{"by": ["state", "annual"]}], "format": "csv"}}],
)

_REFERENCE = text("Dataset", "The id of a submitted dataset, perhaps with a version.", REFERENCE, examples=["homes@1"])
_SOURCE = table(
    "Source",
    "What a name in `datasets` or `expression` stands for, where it is not simply a dataset.",
    {
        "kind": choice(
            "Kind",
            "What it is.",
            {
                "dataset": "a dataset, perhaps filtered",
                "exponential_growth": "values of a base year that grow: `initial` times (1 + `growth`) to the power of "
                "the years since the base year",
                "annual_multiplier": "values of a base year times a factor for each model year: `initial` times `growth`",
            },
            default="dataset",
            examples=["exponential_growth"],
        ),
        "dataset": {**_REFERENCE, "description": "The dataset. Left out, it is the source's own name."},
        "initial": {**_REFERENCE, "title": "Initial values", "description": "The dataset whose values grow."},
        "growth": {
            **_REFERENCE,
            "title": "Growth",
            "description": "The dataset of the growth rates (0.02 are 2 % a year) or of the multipliers. It says which "
            "model years there are.",
        },
        "base_year": text(
            "Base year",
            "The model year whose values grow. Left out, it is the earliest that `initial` has.",
            FILLED,
            examples=["2018"],
        ),
        "where": where("They see this source alone, in the project's dimensions."),
    },
    dependencies={"initial": ["growth"], "growth": ["initial"], "base_year": ["growth"]},
    allOf=[exclude("dataset", "initial")],
)

_ADJUST = table(
    "Adjustment",
    "A factor on the values of chosen records.",
    {
        "where": tables_by_name(
            "Where",
            "By dimension (base or supplemental) the record, or the records, that are meant. All have to hold.",
            NAME,
            {
                "title": "Records",
                "description": "An id, or several.",
                "type": ["string", "array"],
                "items": {"type": "string"},
                "minItems": 1,
                "examples": ["CA", ["2035", "2040"]],
            },
            minProperties=1,
            examples=[{"state": "CA", "model_year": "2035"}],
        ),
        "multiply": {
            "title": "Multiply",
            "description": "What the values are multiplied with.",
            "type": "number",
            "examples": [1.1],
        },
        "sources": array(
            "Sources",
            "The names in `datasets` or `expression` whose values are meant. Left out, all are.",
            text("Source", "A name of the query's.", REFERENCE, examples=["homes"]),
            examples=[["homes"]],
        ),
    },
    ("where", "multiply"),
)

QUERY = job_schema(
    "query",
    "Ask a project: take the facts of its datasets, bring them to its dimensions, filter, aggregate, and write a table. "
    "Without a step the result has every base dimension and every time slot.",
    {
        "name": text(
            "Name",
            "The query's name, which is that of its folder in `result.path`.",
            FOLDER_NAME,
            examples=["annual_by_state"],
        ),
        "project": text(
            "Project",
            "The id of the project. `@1` or `@1.2.0` fixes the version; without it the newest one is taken.",
            REFERENCE,
            examples=["conus_2022@1"],
        ),
        "at": text(
            "As of",
            "A version of the project, or a date: the registry is asked as it was at the end of that day (UTC), with "
            "the versions and submissions that there were. A time such as 2026-11-23T14:30Z is possible, too. "
            "`--at` on the command line wins over it.",
            AT,
            examples=["2026-11-23"],
        ),
        "datasets": array(
            "Datasets",
            "The ids of submitted datasets (or names of sources), whose union is asked.",
            text("Dataset", "The id of a dataset, perhaps with a version.", REFERENCE, examples=["comstock_reference"]),
            examples=[["comstock_reference", "resstock_reference"]],
        ),
        "overlap": choice(
            "Overlap",
            "What happens where two datasets have the same combination of records.",
            {"error": "the query is refused", "sum": "their values are added"},
            default="error",
            examples=["sum"],
        ),
        "expression": text(
            "Expression",
            "Instead of `datasets`: what is asked, as a formula over datasets and sources with `+`, `-`, `*`, `/`, `|` "
            "(the union), numbers and parentheses. `*` and `/` bind closer than `+` and `-`, these closer than `|`.",
            FILLED,
            examples=["homes | shops * 1.05"],
        ),
        "fill": {
            "title": "Fill",
            "description": "What a combination counts as that one side of `+`, `-`, `*` or `/` lacks. Left out, a "
            "missing combination is an error.",
            "type": "number",
            "enum": [0],
            "examples": [0],
        },
        "source": tables_by_name(
            "Sources",
            "Names in `datasets` or `expression` that are not simply datasets: projections, or datasets with filters.",
            ID,
            _SOURCE,
            examples=[{"projected": {"kind": "exponential_growth", "initial": "homes", "growth": "homes_growth"}}],
        ),
        "adjust": {
            "title": "Adjustments",
            "description": "Factors on the values of chosen records, before anything is filtered or summed.",
            "type": "array",
            "items": _ADJUST,
            "default": [],
            "examples": [[{"where": {"state": "CA"}, "multiply": 1.1}]],
        },
        "where": where("They see every base dimension and the project's time, before any step."),
        "allow_double_counting": flag(
            "Allow double counting",
            "Whether a step may keep a supplemental dimension of which several records hold one base record in full, "
            "so that sums over them count it more than once.",
            default=False,
        ),
        "step": _STEPS,
        "report": REPORTS,
        "result": _RESULT,
        "results": _RESULTS,
        "export": EXPORTS,
    },
    ("name", "project"),
    log_message=False,
    allOf=[exactly_one("datasets", "expression")],
)
