"""What the routes of results answer."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

_SHA256: Final = "3362b9fa608452de0261dc21a27c8a0815d14b10cc70481a8ea341c1eb689851"
_FILE: Final[dict[str, Any]] = {
    "path": "table.parquet",
    "bytes": 374428,
    "rows": 26280,
    "sha256": _SHA256,
    "href": "/v1/jobs/5f1c0a9be37d4c26/result/files/table.parquet",
}
_SUMMARY: Final[dict[str, Any]] = {
    "job": "5f1c0a9be37d4c26",
    "name": "",
    "query": "electricity_by_end_use",
    "project": "three_states_2018@1.0.0",
    "datasets": ["commercial_2018@1.0.0", "residential_2018@1.0.0"],
    "rows": 26280,
    "bytes": 374428,
    "columns": [
        {"name": "state", "type": "geography", "holds": "string"},
        {"name": "hourly", "type": "time", "holds": "timestamp", "time_zone": "UTC", "interval": "period_beginning"},
        {"name": "electricity_cooling", "type": "value", "holds": "float64", "unit": "MWh"},
    ],
    "units": ["MWh"],
    "adds_up": True,
    "sums": [{"unit": "MWh", "sum": 81910524.3123897}],
    "report": "electricity_by_end_use: 26,280 rows, in all 81,910,524.312 MWh",
    "results": {},
    "exports": {},
    "links": {
        "table": "/v1/jobs/5f1c0a9be37d4c26/result/table",
        "parquet": "/v1/jobs/5f1c0a9be37d4c26/result/table.parquet",
    },
}


class ColumnOfResult(BaseModel):
    """A column of a table, and what it means."""

    model_config = ConfigDict(extra="allow")

    name: str = Field(description="Its name.")
    type: str = Field(description="The type of its dimension, or `value`, `unit`, `measure`.")
    holds: str = Field(description="`string`, `int32`, `int64`, `float64`, `date`, `timestamp` or `wall`.")
    unit: str | None = Field(default=None, description="Of its values.")
    time_zone: str | None = Field(default=None, description="In which its instants are shown.")


class SumOfResult(BaseModel):
    """What the values of a unit add up to."""

    unit: str = Field(description="The unit; empty for none.")
    sum: float | None = Field(description="The sum.")


class ResultSummary(BaseModel):
    """A result, and where its table, its files and its further results are."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SUMMARY]})

    job: str = Field(description="The job that made it.")
    name: str = Field(description="Of a further result; empty for the query's own.")
    query: str = Field(description="The name of the query.")
    project: str | None = Field(description="The project that was asked, with its version.")
    datasets: list[str] = Field(description="What was read, with versions.")
    rows: int = Field(description="Rows of the table.")
    bytes: int = Field(description="Bytes of its files.")
    columns: list[ColumnOfResult] = Field(description="Its columns.")
    units: list[str] = Field(description="The units of its values.")
    adds_up: bool = Field(description="Whether sums of its values mean something.")
    sums: list[SumOfResult] = Field(description="What its values add up to, by unit.")
    report: str = Field(description="The result in words.")
    results: dict[str, str] = Field(description="Further results of the query: where they are, by their names.")
    exports: dict[str, str] = Field(description="Files for other models: where they are, by their names.")
    links: dict[str, str] = Field(description="Where to go on. There is no `table` where the query has none.")


class FileOfResult(BaseModel):
    """A file of a result."""

    path: str = Field(description="Its name, within the folder of the result.")
    bytes: int = Field(description="Its size.")
    rows: int = Field(description="Its rows.")
    sha256: str = Field(description="Its checksum; in quotes its entity tag.")
    href: str = Field(description="Where it is.")


class FilesOfResult(BaseModel):
    """The files of a result, in the order of their rows."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_FILE], "total": 1}]})

    items: list[FileOfResult] = Field(description="The files.")
    total: int = Field(description="How many there are.")


class TablePage(BaseModel):
    """Some rows of a table."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "columns": ["state", "hourly", "electricity_cooling"],
                    "rows": [["CO", "2018-01-01T07:00:00Z", 112.5]],
                    "total": 26280,
                    "next": "/v1/jobs/5f1c0a9be37d4c26/result/table.json?limit=1&cursor=Nzk",
                }
            ]
        }
    )

    columns: list[str] = Field(description="The columns.")
    rows: list[Any] = Field(
        description="The rows: lists in the order of the columns, or with `shape=objects` objects by the columns. "
        "Instants are texts with `Z` or the offset of their zone."
    )
    total: int | None = Field(description="Rows of the whole table; null where `where` chooses some.")
    next: str | None = Field(description="The next page; null on the last one.")


class Comparison(BaseModel):
    """What differs between two tables, as `dsgrid diff --format json` tells it."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={"examples": [{"verdict": "equal", "a": {"label": "A"}, "b": {"label": "B"}}]},
    )

    verdict: Literal["equal", "equal within tolerance", "different"] = Field(description="The answer in short.")
