"""The spec of `query`."""

from __future__ import annotations

from dsgrid.spec.patterns import AT, FILLED, FOLDER_NAME, NAME, REFERENCE, RESULT_COLUMN
from dsgrid.spec.schemas.dimension import record_type
from dsgrid.spec.schemas.fragments import Schema, array, choice, exactly_one, flag, table, text
from dsgrid.spec.schemas.job import job_schema
from dsgrid.spec.schemas.words import TIME_WORDS

_SCALAR: Schema = {
    "title": "Value",
    "description": "A value of the attribute: ids and texts in quotes; numbers, true and false without.",
    "type": ["string", "number", "boolean"],
    "examples": ["CO"],
}


def _one_value(title: str, description: str) -> Schema:
    return {**_SCALAR, "title": title, "description": description}


_WHERE = table(
    "Filter",
    "One test on the records of a dimension: on an attribute of a base or supplemental dimension, or on the selectors "
    "of a subset. What fails it is left out before anything is summed.",
    {
        "dimension": text("Dimension", "A base or supplemental dimension of the project.", NAME, examples=["county"]),
        "attribute": text(
            "Attribute",
            "The column of the dimension's records that is tested.",
            FILLED,
            default="id",
            examples=["state"],
        ),
        "equals": _one_value("Equals", "Keep the records whose attribute is this value."),
        "not_equals": _one_value("Differs from", "Keep the records whose attribute is any other value."),
        "in": array(
            "One of", "Keep the records whose attribute is one of these values.", _SCALAR, examples=[["2030", "2040"]]
        ),
        "not_in": array(
            "None of", "Keep the records whose attribute is none of these values.", _SCALAR, examples=[["AK", "HI"]]
        ),
        "subset": text(
            "Subset", "A subset of the project; goes with `selectors`.", NAME, examples=["subsectors_by_sector"]
        ),
        "selectors": array(
            "Selectors",
            "Keep the records of these selectors of `subset`.",
            text("Selector", "The name of a selector.", NAME, examples=["offices"]),
            examples=[["offices"]],
        ),
    },
    dependencies={
        "attribute": ["dimension"],
        "equals": ["dimension"],
        "not_equals": ["dimension"],
        "in": ["dimension"],
        "not_in": ["dimension"],
        "subset": ["selectors"],
        "selectors": ["subset"],
    },
    allOf=[exactly_one("dimension", "subset"), exactly_one("equals", "not_equals", "in", "not_in", "selectors")],
)

_STEP = table(
    "Step",
    "An aggregation: values that agree in everything named in `by` become one.",
    {
        "function": choice("Function", "How values become one.", {"sum": "their sum"}, default="sum", examples=["sum"]),
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
    },
    ("by",),
)

_RESULT = table(
    "Result",
    "Where the result goes and what it looks like.",
    {
        "path": text(
            "Folder",
            "The folder for results, relative to this file, or a place on S3. The query's own folder is made in it. Left out, it is "
            "`results` beside this file (from Python: in the working directory).",
            FILLED,
            examples=["../results"],
        ),
        "format": choice("Format", "The format of the table.", ("parquet", "csv"), default="parquet", examples=["csv"]),
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
        "zone": text(
            "Time zone",
            "The zone that time is told in: its name (`America/Denver`, `-07:00`, `UTC`), or `geography` for the local "
            "clock of each of the project's geographies; then columns `time_zone` and `utc_offset` stand beside the "
            "timestamps. Days, months and hours of the day are those of its clock. Left out, they are those of the "
            "project's clock, and timestamps are UTC instants.",
            FILLED,
            examples=["geography"],
        ),
        "names": flag("Names", "Whether the table shows the names of records instead of their ids.", default=False),
        "sort": array(
            "Sort",
            "The columns that the rows are sorted by, first the most important one.",
            text("Column", "The name of a column of the result.", RESULT_COLUMN, examples=["state"]),
            default=[],
            examples=[["scenario", "state", "hourly"]],
        ),
    },
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
            "The ids of submitted datasets, whose union is asked.",
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
        "where": {
            "title": "Filters",
            "description": "Tests on records; all have to hold.",
            "type": "array",
            "items": _WHERE,
            "default": [],
            "examples": [[{"dimension": "county", "attribute": "state", "equals": "CO"}]],
        },
        "step": {
            "title": "Steps",
            "description": "What is done with the filtered facts, in this order. For now there is at most one step.",
            "type": "array",
            "items": _STEP,
            "maxItems": 1,
            "default": [],
            "examples": [[{"function": "sum", "by": ["state", "annual"]}]],
        },
        "result": _RESULT,
    },
    ("name", "project", "datasets"),
    log_message=False,
)
