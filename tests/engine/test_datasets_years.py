"""Weather years and model years have the slots that belong to them, and columns of years say the same as records."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from tests.engines import few_on_spark
from tests.rounds import thinned
from tests.small_dataset import IDS, KEYS, Small, spanning
from tests.timed_datasets import hours, utc

from dsgrid.datasets import read
from dsgrid.errors import DataError
from dsgrid.time.dimension import AnnualTime, Span, TimeDimension

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = few_on_spark(4)

# The last hours of 2007 and the first of 2012: the years are not consecutive.
STARTS = {"2007": "2007-12-31 21:00", "2012": "2012-01-01 00:00"}
WEATHER = replace(
    spanning("2007-12-31 21:00", "2007-12-31 23:00", zone="-05:00"),
    ranges=tuple(
        Span(datetime.fromisoformat(start), pd.Timestamp(start).to_pydatetime() + pd.Timedelta("2h"), year)
        for year, start in STARTS.items()
    ),
    year_of="weather_year",
)
# Sales of model years, which are those years.
SALES = AnnualTime("sales", (2018, 2030), "total", year_of="model_year")
MODEL_YEARS = ("2018", "2030")
LAYOUTS = ("one stacked", "one pivoted", "two stacked", "two pivoted")


def of_weather(layout: str = "one stacked", starts: dict[str, str] = STARTS) -> Small:
    """A dataset of two weather years, each with its own labels."""
    shown = {year: [f"{label}-05:00" for label in hours(at, 3)] for year, at in starts.items()}
    labels = [pd.DataFrame({"weather_year": year, "timestamp": utc(*found)}) for year, found in shown.items()]
    return _with_years("weather_year", tuple(STARTS), pd.concat(labels, ignore_index=True), WEATHER, layout)


def of_sales(layout: str = "one stacked", years: tuple[object, ...] | None = (2018, 2030)) -> Small:
    """A dataset of two model years, with a column of years or without."""
    labels = pd.DataFrame({"model_year": MODEL_YEARS, **({"year": years} if years is not None else {})})
    return _with_years("model_year", MODEL_YEARS, labels, SALES, layout)


def _with_years(type_: str, ids: tuple[str, ...], labels: pd.DataFrame, time: TimeDimension, layout: str) -> Small:
    tables, form = layout.split()
    small = replace(Small.of(f"one {form}", time, labels), ids={**IDS, type_: ids})
    if tables == "one":
        return small
    keys = [*KEYS, type_]
    lookup = small.facts[keys].drop_duplicates(ignore_index=True).assign(id=lambda table: 7 + 2 * table.index)
    return replace(small, facts=small.facts.merge(lookup, on=keys).drop(columns=keys), lookup=lookup)


def refusal(session: SparkSession, small: Small, folder: Path) -> str:
    """Return the message of the error that a dataset gives; nothing is left behind."""
    with pytest.raises(DataError) as caught:
        small.prepare(session, folder)
    assert not (folder / "stored").exists()
    assert not list(folder.glob(".*"))
    return str(caught.value)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_weather_year_has_its_own_labels(session: SparkSession, tmp_path: Path, layout: str) -> None:
    small = of_weather(layout)
    prepared = small.prepare(session, tmp_path)
    assert (prepared.summary["combinations"], prepared.summary["slots"]) == (24, 3)
    rows = read.facts(session, tmp_path, small.dataset(prepared)).toArrow().to_pandas()
    if prepared.layout.two_tables:
        rows = rows.merge(read.lookup(session, tmp_path, small.dataset(prepared)).toArrow().to_pandas(), on="id")
    years = rows.groupby("weather_year")["timestamp"].agg(["min", "max"])
    assert years.map(lambda label: f"{label:%Y-%m-%d %H:%M}").T.to_dict("list") == {
        "2007": ["2008-01-01 02:00", "2008-01-01 04:00"],
        "2012": ["2012-01-01 05:00", "2012-01-01 07:00"],
    }


@pytest.mark.parametrize("layout", ["one stacked", "two pivoted"])
def test_labels_of_another_weather_year_are_recognised(session: SparkSession, tmp_path: Path, layout: str) -> None:
    swapped = of_weather(layout, dict(zip(STARTS, reversed(STARTS.values()), strict=True)))
    first = refusal(session, swapped, tmp_path).splitlines()[0]
    number = 24 if "stacked" in layout else 12
    assert (
        f"{number} of {number} time arrays do not have exactly the slots of 2007-12-31 21:00 to 2007-12-31 23:00, "
        in first
    )
    assert first.endswith(': its labels are those of the weather_year "2012", not of "2007"')


def test_labels_of_all_weather_years_are_too_many_for_each(session: SparkSession, tmp_path: Path) -> None:
    small = of_weather().spoil(lambda facts: pd.concat([facts.assign(weather_year=year) for year in STARTS]))
    first = refusal(session, small, tmp_path).splitlines()[0]
    assert "06037, office, cooling, 2007: 3 hours too many from 2012-01-01 00:00 -05:00" in first


@pytest.mark.parametrize(
    ("layout", "years"), thinned([*product(LAYOUTS, [None, (2018, 2030), MODEL_YEARS])], by=2), ids=str
)
def test_model_years_may_have_a_column_of_years_that_says_the_same(
    session: SparkSession, tmp_path: Path, layout: str, years: tuple[object, ...] | None
) -> None:
    small = of_sales(layout, years)
    prepared = small.prepare(session, tmp_path)
    assert (prepared.summary["combinations"], prepared.summary["slots"], prepared.summary["values"]) == (24, 1, 24)
    associations = read.associations(tmp_path, small.dataset(prepared))
    assert associations.groupby("model_year")["sum"].count().to_dict() == {"2018": 12, "2030": 12}
    columns = read.facts(session, tmp_path, small.dataset(prepared)).columns
    assert not {"year", "timestamp"} & set(columns)


def test_the_column_of_years_may_be_that_of_the_model_years(session: SparkSession, tmp_path: Path) -> None:
    small = of_sales(years=None).spoil(lambda facts: facts.astype({"model_year": int}))
    small.time = replace(SALES, columns=(("year", "model_year"),))
    assert small.prepare(session, tmp_path).summary["combinations"] == 24


@pytest.mark.parametrize("layout", LAYOUTS)
def test_years_that_contradict_their_model_year_are_shown(session: SparkSession, tmp_path: Path, layout: str) -> None:
    message = refusal(session, of_sales(layout, (2019, 2030)), tmp_path)
    first, *rows = message.splitlines()
    assert '"year" and the model_year disagree in ' in first
    assert first.endswith(": year 2019 and model_year 2018")
    assert rows[:2] == ["  year  model_year", "  2019  2018"]
    assert "2030" not in message


def test_text_ids_of_a_lookup_lead_to_the_model_year(session: SparkSession, tmp_path: Path) -> None:
    small = of_sales("two stacked", (2019, 2030))
    assert small.lookup is not None
    small.lookup["id"] = "a" + small.lookup["id"].astype(str)
    small.facts["id"] = "a" + small.facts["id"].astype(str)
    assert refusal(session, small, tmp_path).splitlines()[0].endswith(": year 2019 and model_year 2018")


def test_a_year_that_is_absent_contradicts_its_model_year_alone(session: SparkSession, tmp_path: Path) -> None:
    small = of_sales()
    small.facts = small.facts.astype({"year": "Int64"})
    small.facts.loc[3, "year"] = pd.NA
    first = refusal(session, small, tmp_path).splitlines()[0]
    assert first.endswith("disagree in 1 combination: year NULL and model_year 2030")


def test_two_values_for_one_model_year_are_counted(session: SparkSession, tmp_path: Path) -> None:
    small = of_sales(years=None).spoil(lambda facts: pd.concat([facts, facts.head(1)]))
    first = refusal(session, small, tmp_path).splitlines()[0]
    assert first.endswith("1 of 24 combinations does not have exactly one row; 06037, office, cooling, 2018: 2 rows")
