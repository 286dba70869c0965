"""What a picture of a result is as JSON."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

_PICTURE: Final[dict[str, Any]] = {
    "title": "annual_by_state",
    "source": "three_states_2018@1.0.0: commercial_2018@1.0.0",
    "fixed": "year 2018",
    "caption": "Stacked bars by fuel. Values are in GWh.",
    "notes": [],
    "chosen": {
        "kind": "bar",
        "x": "state",
        "y": "",
        "by": ["fuel"],
        "facet": [],
        "summed": ["end_use"],
        "stacked": True,
        "units": ["GWh"],
        "rows": 48,
    },
    "choices": {
        "kinds": ["bar"],
        "x": ["state", "fuel"],
        "by": ["fuel", "end_use"],
        "facet": ["fuel", "end_use"],
        "units": ["kWh", "MWh", "GWh"],
        "columns": [
            {
                "name": "state",
                "title": "state",
                "type": "geography",
                "role": "category",
                "count": 3,
                "added_up": True,
                "values": [{"value": "CO", "title": "CO"}],
            }
        ],
    },
    "legend": [{"name": "electricity", "group": "colour 0", "colour": "#0072b2", "dash": "solid"}],
    "zooms": [],
    "summary": [
        {
            "panel": "",
            "series": "electricity",
            "unit": "GWh",
            "count": 3,
            "least": 17775.7,
            "mean": 56252.3,
            "most": 96108.4,
            "sum": 168757.0,
        }
    ],
    "numbers": None,
    "figure": {"data": [], "layout": {}},
}


class Drawn(BaseModel):
    """What was chosen to be drawn."""

    kind: str = Field(description="`line`, `area`, `heat_map`, `load_duration` or `bar`.")
    x: str = Field(description="The column along the axis.")
    y: str = Field(description="Of a heat map the column of its rows; empty for the hours of instants.")
    by: list[str] = Field(description="Columns whose values have colours.")
    facet: list[str] = Field(description="Columns whose values have panels.")
    summed: list[str] = Field(description="Columns that are summed over.")
    stacked: bool = Field(description="Whether colours stand on each other.")
    units: list[str] = Field(description="The units drawn.")
    rows: int = Field(description="How many rows of the table are in it.")


class ValueOfColumn(BaseModel):
    """A value of a column that can be chosen with `where`."""

    value: str = Field(description="As `where` takes it.")
    title: str = Field(description="As people read it.")


class ColumnToChoose(BaseModel):
    """A column of the whole table, as pictures see it."""

    name: str = Field(description="Its name.")
    title: str = Field(description="Its name as words.")
    type: str = Field(description="The type of its dimension.")
    role: str = Field(description="`instant`, `cycle`, `year`, `category` or `percentile`.")
    count: int = Field(description="How many values it has.")
    added_up: bool = Field(description="Whether sums over it mean something; over scenarios they do not.")
    values: list[ValueOfColumn] = Field([], description="Its values; none of instants, or where they are many.")
    first: str | None = Field(None, description="Of instants the first, on the drawn clock.")
    last: str | None = Field(None, description="Of instants the last.")


class Choices(BaseModel):
    """What could be drawn instead."""

    kinds: list[str] = Field(description="Kinds that fit the table.")
    x: list[str] = Field(description="Columns for the axis of this kind.")
    by: list[str] = Field(description="Columns for colours.")
    facet: list[str] = Field(description="Columns for panels.")
    units: list[str] = Field(description="Units that all values convert to.")
    columns: list[ColumnToChoose] = Field(description="The columns of the whole table.")


class ColourOfPicture(BaseModel):
    """A colour and what it stands for."""

    name: str = Field(description="What has it.")
    group: str = Field(description="The `legendgroup` of its traces.")
    colour: str = Field(description="The colour, as CSS writes it.")
    dash: str = Field(description="`solid`, `dash` or `dot`.")


class SeriesInShort(BaseModel):
    """What can be said of the values of one series."""

    panel: str = Field(description="Its panel; empty where there is one.")
    series: str = Field(description="What has its colour; empty where there is one.")
    unit: str = Field(description="The unit.")
    count: int = Field(description="How many values there are.")
    least: float | None = Field(description="The smallest.")
    mean: float | None = Field(description="Their mean.")
    most: float | None = Field(description="The greatest.")
    sum: float | None = Field(description="What they add up to, where that means something.")


class PictureOfResult(BaseModel):
    """A picture of a table: the figure, its words, its numbers, and what else could be drawn."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PICTURE]})

    title: str = Field(description="What stands above.")
    source: str = Field(description="The project and the datasets.")
    fixed: str = Field(description="The columns that have one value in all of it.")
    caption: str = Field(description="What it is of, how time is told, and what was left out.")
    notes: list[str] = Field(description="What was done to the numbers.")
    chosen: Drawn = Field(description="What was drawn.")
    choices: Choices = Field(description="What could be drawn instead.")
    legend: list[ColourOfPicture] = Field(description="The colours; none where there is one.")
    zooms: list[dict[str, str]] = Field(description="Parts of the axis of time that show the peak.")
    summary: list[SeriesInShort] = Field(description="Each series in short.")
    numbers: list[dict[str, Any]] | None = Field(description="All numbers of a small picture, panel by panel.")
    figure: dict[str, Any] = Field(description="`data` and `layout` for Plotly's script; arrays as base64.")


_SUMS: Final[dict[str, Any]] = {
    "by": "state",
    "unit": "GWh",
    "adds_up": True,
    "rows": 24,
    "taken": {"scenario": "reference"},
    "units": ["kWh", "MWh", "GWh"],
    "columns": _PICTURE["choices"]["columns"],
    "values": [{"value": "CO", "sum": 19771.065}],
}


class SumOfValue(BaseModel):
    """What the rows with one value of a column add up to."""

    value: str = Field(description="The value; `(none)` where there is none.")
    sum: float | None = Field(description="The sum; null where no row has a number.")


class SumsByColumn(BaseModel):
    """What a table adds up to by one of its columns."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SUMS]})

    by: str = Field(description="The column.")
    unit: str = Field(description="The unit of the sums; empty for none.")
    adds_up: bool = Field(description="Whether the values of the table add up; else each is the only one of its kind.")
    rows: int = Field(description="How many rows of the table are in it.")
    taken: dict[str, str] = Field(description="What was taken where nothing was chosen, and sums mean nothing.")
    units: list[str] = Field(description="Units that the values convert to.")
    columns: list[ColumnToChoose] = Field(description="The columns of the whole table.")
    values: list[SumOfValue] = Field(description="The sums, by the alphabet.")
