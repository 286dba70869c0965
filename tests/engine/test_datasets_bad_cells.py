"""Cells, files and specs that explain no label: the first line says which, how often, and what was expected."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from tests.small_dataset import IDS, Small, spanning
from tests.spoilt_datasets import DATASETS, Bad, cell, changed, labelled, on_engines, refusal, without
from tests.timed_datasets import DENVER, LOS_ANGELES, ZONES, hours

from dsgrid.errors import SpecError
from dsgrid.time.dimension import AnnualTime

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


# Cells ---------------------------------------------------------------------------------------------------------------

CELLS = [
    Bad(
        "a month 13",
        lambda: cell("a week per month", "month", 13),
        'load_data.parquet: column "month": 13 in 4 rows; expected 1 to 12',
    ),
    Bad(
        "a seventh day of the week",
        lambda: cell("a week per month", "day_of_week", 7),
        'load_data.parquet: column "day_of_week": 7 in 4 rows; expected 0 (Monday) to 6 or a name',
    ),
    Bad(
        "an unknown name of a day",
        lambda: cell("names of days", "dow", "Thirsday"),
        'load_data.parquet: column "dow": "Thirsday" in 4 rows; expected 0 (Monday) to 6 or a name',
    ),
    Bad(
        "an unknown day type",
        lambda: cell("seasons and day types", "day_type", "sundya"),
        'load_data.parquet: column "day_type": "sundya" in 4 rows; a day_type is one of "working", "sunday", '
        '"holiday"; did you mean "sunday"?',
    ),
    Bad(
        "true and false where day types are others",
        lambda: changed("seasons and day types", lambda facts: facts.assign(day_type=facts["day_type"] == "working")),
        'load_data.parquet: column "day_type": False, True in 72 rows; a day_type is one of "working", "sunday", '
        '"holiday"',
    ),
    Bad(
        "an absent day type",
        lambda: cell("a weekday and a weekend day", "is_weekday", None),
        'load_data.parquet: column "is_weekday": NULL in 4 rows; a day_type is one of "weekday", "weekend"',
    ),
    Bad(
        "an absent hour",
        lambda: cell("a week per month", "hour", None),
        'load_data.parquet: column "hour": NULL in 4 rows; expected 0 to 23',
    ),
    Bad(
        "an absent year",
        lambda: cell("annual", "yr", None, 1),
        'load_data.parquet: column "yr": NULL in 1 row; expected 1 to 9999',
    ),
    Bad(
        "a year that is none",
        lambda: cell("annual", "yr", 2018 * 10**9),
        'load_data.parquet: column "yr": 2018000000000 in 4 rows; expected 1 to 9999',
    ),
    Bad(
        "a fold of 2",
        lambda: cell("local clocks", "fold", 2),
        'load_data.parquet: column "fold": 2 in 4 rows; a fold is 1 where the clock shows a label for the second time, '
        "else 0",
    ),
    Bad(
        "folds that are absent",
        lambda: cell("a clock with folds", "again", None),
        'load_data.parquet: column "again": NULL in 4 rows; a fold is 1 where the clock shows a label for the second '
        "time, else 0",
    ),
    Bad(
        "folds that are words",
        lambda: changed("a clock with folds", lambda facts: facts.assign(again="second")),
        'load_data.parquet: column "again": "second" in row 1 is not an integer',
    ),
    Bad(
        "a fold where the clock shows a label once",
        lambda: changed("a clock with folds", lambda facts: facts.assign(again=1)),
        "load_data.parquet: 48 rows have fold 1 at labels that the clock of America/Chicago shows once: "
        "2012-11-03 23:00, 2012-11-04 00:00, 2012-11-04 02:00, 2012-11-04 03:00",
    ),
    Bad(
        "an abbreviation of a zone instead of an offset",
        lambda: cell("a clock with offsets", "offset", "EST", 1),
        'load_data.parquet: 1 row has no offset from UTC such as -05:00: "EST"',
    ),
    Bad(
        "offsets that are numbers",
        lambda: changed("a clock with offsets", lambda facts: facts.assign(offset=-5)),
        'load_data.parquet: column "offset" holds int64, expected offsets such as -05:00',
    ),
    Bad(
        "a date that is none",
        lambda: changed("parts to hour 24", lambda facts: facts.replace({"month": {12: 2}})),
        "load_data.parquet: 36 rows have no date and time: year 2012, month 2, day 31, hour 22; year 2012, month 2, "
        "day 31, hour 23; year 2012, month 2, day 31, hour 24",
    ),
    Bad(
        "an hour 25",
        lambda: cell("parts to hour 24", "h", 25, 1),
        "load_data.parquet: 1 row has no date and time: year 2012, month 12, day 31, hour 25",
    ),
    Bad(
        "a part that is absent",
        lambda: cell("parts to hour 24", "h", None, 1),
        "load_data.parquet: 1 row has no date and time: year 2012, month 12, day 31, hour NULL",
    ),
    Bad(
        "a year of which there are no dates",
        lambda: changed("parts to hour 24", lambda facts: facts.assign(year=9999)),
        "load_data.parquet: 12 rows have no date and time: year 9999, month 12, day 31, hour 24",
    ),
    Bad(
        "parts that are no whole numbers",
        lambda: changed("parts to hour 24", lambda facts: facts.astype({"h": float})),
        'load_data.parquet: column "h" holds double, expected whole numbers',
    ),
    Bad(
        "parts that are words",
        lambda: changed("parts to hour 24", lambda facts: facts.assign(h=[f"{hour}h" for hour in facts["h"]])),
        'load_data.parquet: column "h": "22h" in row 1 is not an integer',
    ),
    Bad(
        "standard time that is declared as the clock's",
        lambda: labelled(
            *hours("2012-03-11 00:00", 6),
            time=spanning("2012-03-11 00:00", "2012-03-11 06:00", zone="America/New_York", labels="wall_clock"),
            naive=True,
        ),
        "load_data.parquet: 12 rows have labels that the clock of America/New_York never shows: 2012-03-11 02:00; "
        'labels of standard time all year have clock = "standard", and those of days that always have 24 hours '
        'clock = "profile"',
    ),
    Bad(
        "labels that are numbers",
        lambda: Small.of().spoil(lambda facts: facts.assign(timestamp=range(len(facts)))),
        'load_data.parquet: column "timestamp" holds int64, expected timestamps',
    ),
    Bad(
        "labels that are words",
        lambda: Small.of().spoil(lambda facts: facts.assign(timestamp="noon")),
        'load_data.parquet: column "timestamp": "noon" in row 1 is not a timestamp such as 2012-07-01 00:00',
    ),
    Bad(
        "labels of which some have an offset",
        lambda: Small.of().spoil(
            lambda facts: facts.assign(timestamp=["2012-07-01 05:00", *(["2012-07-01 06:00Z"] * (len(facts) - 1))])
        ),
        'load_data.parquet: column "timestamp": "2012-07-01 06:00Z" in row 2 is not a timestamp without an offset, '
        "as the first one is",
    ),
]

# Specs ---------------------------------------------------------------------------------------------------------------


def _in_years_of_models() -> Small:
    small = Small.of(
        time=AnnualTime("sales", (2018, 2020), "total", columns=(("year", "model_year"),)),
        labels=pd.DataFrame({"model_year": ["2018", "2020"]}),
    )
    return replace(small, ids={**IDS, "model_year": ("2018", "2020")})


SPECS = [
    Bad(
        "clock times that occur twice",
        lambda: without(
            "parts with folds", "fold", columns=tuple((part, part) for part in ("year", "month", "day", "hour"))
        ),
        "time: wall-clock label 2012-11-04 01:00 occurs twice in America/Chicago; write the labels of "
        'load_data.parquet with an offset, or name a column that tells the two apart: columns = { fold = "..." } '
        "(1 is the second) or "
        'columns = { offset = "..." }',
        SpecError,
    ),
    Bad(
        "a missing part",
        lambda: without("parts to hour 24", "h"),
        'data.table: no column "h" in load_data.parquet; there are: "geography", "subsector", "metric", "year", '
        '"month", "day", "value"',
        SpecError,
    ),
    Bad(
        "instants where clocks are meant",
        lambda: changed("local clocks", lambda facts: facts.assign(label=facts["label"].dt.tz_localize("UTC"))),
        'time: labels are what a clock shows, but "label" of load_data.parquet holds instants; write the readings '
        'without an offset, or declare the time in one zone, such as zone = "UTC"',
        SpecError,
    ),
    Bad(
        "offsets where clocks are meant",
        lambda: changed(
            "local clocks",
            lambda facts: facts.assign(offset="-05:00"),
            columns=(("label", "label"), ("fold", "fold"), ("offset", "offset")),
        ),
        'time: labels are what a clock shows, but with "offset" of load_data.parquet they are instants; where clocks '
        'show a label twice, columns = { fold = "..." } says which is meant',
        SpecError,
    ),
    Bad(
        "folds of instants",
        lambda: changed(
            "a clock with folds",
            lambda facts: facts.assign(timestamp=facts["timestamp"].dt.tz_localize("UTC")),
            labels="",
        ),
        'time: "timestamp" of load_data.parquet holds instants (with an offset), to which "again" adds nothing; '
        "leave it out",
        SpecError,
    ),
    Bad(
        "folds of a profile",
        lambda: changed(
            "local profile", lambda facts: facts.assign(fold=0), columns=(("label", "timestamp"), ("fold", "fold"))
        ),
        'time: a profile clock shows nothing twice, so that "fold" says nothing; leave it out',
        SpecError,
    ),
    Bad(
        "offsets of UTC",
        lambda: changed("a clock with offsets", lambda facts: facts, labels="instants"),
        'time: labels = "instants" are UTC, which a column of offsets contradicts; leave one of them out',
        SpecError,
    ),
    Bad(
        "years of model years that are not said to be theirs",
        _in_years_of_models,
        'time: "model_year" of load_data.parquet holds the model_year, and the years; years that are those of records '
        'have year_of = "model_year"',
        SpecError,
    ),
    Bad(
        "an end that the clock of a geography never shows",
        lambda: replace(
            DATASETS["local clocks"].small(),
            time=spanning("2012-03-11 02:00", "2012-03-11 05:00", zone="geography", columns=(("label", "label"),)),
        ),
        "time: 2012-03-11 02:00 does not occur in America/Los_Angeles; use a fixed offset, or another boundary",
        SpecError,
    ),
    Bad(
        "a geography without a zone",
        lambda: replace(DATASETS["local clocks"].small(), zones={LOS_ANGELES: "America/Los_Angeles"}),
        'labels are in the zone of each "geography", but 2 of its 3 records have no time_zone: "08031", "36047"',
    ),
    Bad(
        "a geography without a zone for a profile",
        lambda: replace(
            DATASETS["local profile"].small(), zones={id_: zone for id_, zone in ZONES.items() if id_ != DENVER}
        ),
        'labels are in the zone of each "geography", but 1 of its 3 records has no time_zone: "08031"',
    ),
]


@pytest.mark.parametrize(("engine", "bad"), on_engines([*CELLS, *SPECS]), indirect=["engine"])
def test_what_explains_no_label_is_named_with_its_place(session: SparkSession, tmp_path: Path, bad: Bad) -> None:
    bad.check(session, tmp_path)


@pytest.mark.parametrize(
    ("small", "csv", "json"),
    [
        (
            cell("parts to hour 24", "h", "noon", 1),
            'column "h": "noon" is not an integer',
            '"h": "noon" is not an integer',
        ),
        (
            cell("index", "time_index", 1.5, 1),
            'column "time_index": "1.5" is not an integer',
            '"time_index": 1.5 is not an integer',
        ),
        (
            Small.of().spoil(lambda facts: facts.assign(timestamp="noon")),
            'column "timestamp": "noon" is not a timestamp such as 2012-07-01 00:00',
            'column "timestamp": "noon" is not a timestamp such as 2012-07-01 00:00',
        ),
    ],
    ids=["word", "fraction", "label"],
)
def test_cells_of_text_files_are_named_with_their_line(
    session: SparkSession, tmp_path: Path, small: Small, csv: str, json: str
) -> None:
    assert refusal(session, small, tmp_path, "csv") == f"load_data.csv:2: {csv}"
    assert refusal(session, small, tmp_path, "json") == f"load_data.json:1: {json}"


def test_files_of_one_folder_are_instants_or_none_of_them_is(session: SparkSession, tmp_path: Path) -> None:
    small = Small.of()
    small.data["table"] = "parts"
    (tmp_path / "parts").mkdir()
    small.facts[::2].to_parquet(tmp_path / "parts/a.parquet", index=False)
    small.facts[1::2].assign(timestamp=small.facts["timestamp"].dt.tz_localize(None)).to_parquet(
        tmp_path / "parts/b.parquet", index=False
    )
    first = refusal(session, small, tmp_path)
    assert first.startswith(
        'parts/b.parquet: column "timestamp" holds timestamp[us], but timestamp[us, tz=UTC] in a.parq'
    )
    assert first.endswith("; either all labels are instants, or none")
