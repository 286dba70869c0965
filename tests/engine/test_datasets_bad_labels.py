"""Time arrays that are not the slots of the time dimension: what, where, how much, and what would fit."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.engines import few_on_spark
from tests.small_dataset import IDS, KEYS, TIME, Small, dimensions, instants, long_facts, spanning
from tests.spoilt_datasets import DATASETS, Bad, all_of, changed, labelled, moved, on_engines, one_of, refusal, without
from tests.timed_datasets import DENVER, LOS_ANGELES, ZONES, clock, hours

from dsgrid.datasets import clock as reading
from dsgrid.datasets.register import prepare
from dsgrid.errors import DataError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = few_on_spark(4)

DAY = "the slots of 2012-07-01 00:00 to 2012-07-01 23:00 -05:00 (period_beginning, 24 steps of 1h)"
YEAR = spanning("2012-01-01 00:00", "2012-12-31 23:00", zone="America/New_York")
WALL = replace(TIME, labels="wall_clock")
AUTUMN_IN_EACH = (
    "the slots of 2012-11-03 23:00 to 2012-11-04 03:00 in the zone of each geography (period_beginning, 5 steps of 1h)"
)
WEEKS = "the slots of 1h by month, day_of_week, hour in the zone of each geography of the project (period_beginning)"

# All labels alike ----------------------------------------------------------------------------------------------------

ALIKE = [
    Bad(
        "labels at the end of their hours",
        lambda: moved("1h", layout="two pivoted"),
        all_of(
            DAY,
            "its labels seem shifted by +1 hour against their declaration: they go from 2012-07-01 01:00 -05:00 to "
            '2012-07-02 00:00 -05:00, as if of interval = "period_ending"',
            6,
            "id 7, 06037, office",
        ),
    ),
    Bad(
        "labels at the beginning of their hours",
        lambda: moved("-1h", replace(TIME, interval="period_ending")),
        all_of(
            DAY.replace("beginning", "ending"),
            "its labels seem shifted by -1 hour against their declaration: they go from 2012-06-30 23:00 -05:00 to "
            '2012-07-01 22:00 -05:00, as if of interval = "period_beginning"',
        ),
    ),
    Bad(
        "labels in the middle of their hours",
        lambda: moved("30min"),
        all_of(
            DAY,
            "its labels seem shifted by +30min against their declaration: they go from 2012-07-01 00:30 -05:00 to "
            "2012-07-01 23:30 -05:00",
        ),
    ),
    Bad(
        "labels of another year",
        lambda: moved("366d"),
        all_of(
            DAY,
            "its labels seem shifted by +366 days against their declaration: they go from 2013-07-02 00:00 -05:00 to "
            "2013-07-02 23:00 -05:00",
        ),
    ),
    Bad(
        "clock times at the end of their hours",
        lambda: labelled(*hours("2012-07-01 01:00", 24), time=WALL, naive=True),
        all_of(
            DAY,
            "its labels seem shifted by +1 hour against their declaration: they go from 2012-07-01 01:00 -05:00 to "
            '2012-07-02 00:00 -05:00, as if of interval = "period_ending"',
        ),
    ),
    Bad(
        "clock times that are declared as UTC",
        lambda: labelled(*hours("2012-07-01 00:00", 24), time=replace(TIME, labels="instants"), naive=True),
        all_of(DAY, 'its labels seem to be clock times of -05:00 that are read as UTC; write labels = "wall_clock"'),
    ),
    Bad(
        "clock times that are written as UTC",
        lambda: labelled(*hours("2012-07-01 00:00", 24)),
        all_of(
            DAY,
            "its labels seem to be clock times of -05:00 that are read as UTC; write them without an offset, and "
            'labels = "wall_clock"',
        ),
    ),
    Bad(
        "a year of clock times with summer time that is declared as UTC",
        lambda: Small.of(
            time=replace(YEAR, labels="instants"),
            labels=instants(YEAR).apply(lambda label: label.dt.tz_convert(YEAR.zone).dt.tz_localize(None)),
        ),
        all_of(
            "the slots of 2012-01-01 00:00 to 2012-12-31 23:00 America/New_York (period_beginning, 8,784 steps of 1h)",
            'its labels seem to be clock times of America/New_York that are read as UTC; write labels = "wall_clock"',
        ),
    ),
    Bad(
        "UTC that is declared as clock times",
        lambda: labelled(*hours("2012-07-01 05:00", 24), time=WALL, naive=True),
        all_of(DAY, 'its labels seem to be UTC, but are read as clock times of -05:00; write labels = "instants"'),
    ),
    Bad(
        "a finer step",
        lambda: labelled(*hours("2012-07-01 05:00", 96, "15min")),
        all_of(DAY, "its labels are 15min apart, not 1 hour"),
    ),
    Bad(
        "a coarser step",
        lambda: labelled(*hours("2012-07-01 05:00", 8, "3h")),
        all_of(DAY, "its labels are 3 hours apart, not 1 hour"),
    ),
    Bad(
        "mixed steps",
        lambda: labelled(*hours("2012-07-01 05:00", 12), *hours("2012-07-01 17:00", 24, "30min")),
        all_of(DAY, "it mixes steps: its labels are 30min and 1 hour apart"),
    ),
    Bad(
        "an index that begins with 0",
        lambda: changed("index", lambda facts: facts.assign(time_index=facts["time_index"] - 1)),
        all_of(
            "the slots of 1 to 4 from 2012-01-01 00:00 UTC (period_beginning, 4 steps of 1h)",
            "its numbers go from 0 to 3, as of first = 0 and last = 3",
        ),
    ),
]

# Some labels ---------------------------------------------------------------------------------------------------------


def _shared_id() -> Small:
    """Facts of Los Angeles that the lookup says are those of Arizona, too."""
    timed = DATASETS["local clocks"]
    assert isinstance(timed.files, dict)
    small = replace(Small.of("two stacked", timed.time, timed.files[LOS_ANGELES]), zones=ZONES)
    assert small.lookup is not None
    lookup = small.lookup[small.lookup["geography"] != "36047"]
    first = lookup.groupby("subsector")["id"].transform("first")
    ids = {**IDS, "geography": (LOS_ANGELES, DENVER)}
    facts = small.facts[small.facts["id"].isin(first)]
    return replace(small, facts=facts, lookup=lookup.assign(id=first), ids=ids)


SOME = [
    Bad(
        "two hours missing of one array",
        lambda: Small.of("two pivoted", YEAR).spoil(
            lambda facts: facts[
                (facts["id"] != 9) | ~facts["timestamp"].between("2012-03-11 07:00Z", "2012-03-11 08:00Z")
            ]
        ),
        one_of(
            "the slots of 2012-01-01 00:00 to 2012-12-31 23:00 America/New_York (period_beginning, 8,784 steps of 1h)",
            "2 hours missing from 2012-03-11 03:00 America/New_York",
            6,
            "id 9, 06037, retail",
        ),
    ),
    Bad(
        "days missing across a change of the clocks",
        lambda: Small.of(
            time=replace(
                spanning("2012-03-01 00:00", "2012-03-31 00:00", zone="America/New_York"), step=timedelta(days=1)
            )
        ).spoil(lambda facts: facts[~facts["timestamp"].between("2012-03-10", "2012-03-14")]),
        all_of(
            "the slots of 2012-03-01 00:00 to 2012-03-31 00:00 America/New_York (period_beginning, 31 steps of 1d)",
            "4 days missing from 2012-03-10 00:00 America/New_York",
        ),
    ),
    Bad(
        "labels that are NULL",
        lambda: Small.of().spoil(
            lambda facts: facts.assign(timestamp=facts["timestamp"].mask(facts.index.isin([3, 4])))
        ),
        one_of(DAY, "2 hours missing from 2012-07-01 03:00 -05:00; 2 rows without a label (NULL)"),
    ),
    Bad(
        "clock times that are NULL",
        lambda: labelled(*hours("2012-07-01 00:00", 24), time=WALL, naive=True).spoil(
            lambda facts: facts.assign(timestamp=facts["timestamp"].mask(facts.index == 3))
        ),
        one_of(DAY, "1 hour missing from 2012-07-01 03:00 -05:00; 1 row without a label (NULL)"),
    ),
    Bad(
        "a single row",
        lambda: Small.of().spoil(lambda facts: facts.head(1)),
        one_of(DAY, "23 hours missing from 2012-07-01 01:00 -05:00", 1).replace("arrays", "array"),
    ),
    Bad(
        "the hour that clocks repeat without a fold",
        lambda: without("local clocks", "fold", columns=(("label", "label"),)),
        "load_data.parquet: 4 of 12 time arrays do not have exactly "
        f"{AUTUMN_IN_EACH}; 06037, office, cooling: 1 hour missing from 2012-11-04 01:00 (fold 1); 1 hour repeated "
        "from 2012-11-04 01:00; where clocks show an hour twice, a column says which is meant: "
        'columns = { fold = "..." }',
    ),
    Bad(
        "the hour that clocks leave out",
        lambda: replace(
            Small.of(
                "one stacked",
                DATASETS["local clocks without folds"].time,
                pd.DataFrame({"timestamp": clock(*hours("2012-03-10 23:00", 6))}),
            ),
            zones=ZONES,
        ),
        "load_data.parquet: 4 of 12 time arrays do not have exactly the slots of 2012-03-10 23:00 to 2012-03-11 04:00 "
        "in the zone of each geography (period_beginning, 6 steps of 1h); 06037, office, cooling: 1 hour too many from "
        "2012-03-11 02:00, which America/Los_Angeles never shows",
    ),
    Bad(
        "an hour that is missing from a profile",
        lambda: changed("local profile in parts", lambda facts: facts[facts["hour"] != 2]),
        all_of(
            "the slots of 2012-03-11 01:00 to 2012-03-11 04:00 in the zone of each geography, profile clock "
            "(period_beginning, 4 steps of 1h)",
            "1 hour missing from 2012-03-11 02:00",
        ),
    ),
    Bad(
        "one id for two clocks",
        _shared_id,
        all_of(
            AUTUMN_IN_EACH,
            "1 hour too many from 2012-11-04 01:00 (fold 1) (its rows are those of records of America/Los_Angeles and "
            "America/Phoenix, which have other labels)",
            4,
            "id 7, cooling",
        ),
    ),
    Bad(
        "a typical hour that is missing",
        lambda: changed("a week per month", lambda facts: facts.drop(index=5), "two pivoted"),
        one_of(WEEKS, "1 period missing from month 1, day_of_week 0, hour 5", 6, "id 7, 06037, office"),
    ),
    Bad(
        "a typical month that is missing",
        lambda: changed("a week per month", lambda facts: facts[facts["month"] != 7], "two pivoted"),
        all_of(WEEKS, "168 periods missing from month 7, day_of_week 0, hour 0", 6, "id 7, 06037, office"),
    ),
    Bad(
        "typical hours that occur twice",
        lambda: changed("a week per month", lambda facts: pd.concat([facts, facts.head(2)])),
        one_of(WEEKS, "2 periods repeated from month 1, day_of_week 0, hour 0"),
    ),
    Bad(
        "other years",
        lambda: changed("annual", lambda facts: facts.replace({"yr": {2020: 2021}})),
        all_of("the slots of the years 2018, 2020, 2030", "1 year missing: 2020; 1 year too many: 2021"),
    ),
    Bad(
        "an index out of range",
        lambda: changed(
            "index", lambda facts: facts.assign(time_index=facts["time_index"].mask(facts.index == 3, 8760))
        ),
        one_of(
            "the slots of 1 to 4 from 2012-01-01 00:00 UTC (period_beginning, 4 steps of 1h)",
            "1 number missing: 4; 1 number too many: 8760",
        ),
    ),
    Bad(
        "two rows where there is no time",
        lambda: changed("none", lambda facts: pd.concat([facts, facts.head(1)])),
        "load_data.parquet: 1 of 12 combinations does not have exactly one row; 06037, office, cooling: 2 rows",
    ),
]


@pytest.mark.parametrize(("engine", "bad"), on_engines([*ALIKE, *SOME]), indirect=["engine"])
def test_time_arrays_that_are_not_the_slots_are_told_by_ranges(session: SparkSession, tmp_path: Path, bad: Bad) -> None:
    bad.check(session, tmp_path)


@pytest.mark.parametrize("labels", ["instants", "wall_clock", ""])
def test_labels_of_years_that_nobody_knows_are_shown_as_they_are(
    session: SparkSession, tmp_path: Path, labels: str
) -> None:
    small = Small.of(time=replace(TIME, labels=labels))
    root = small.write(tmp_path)
    micros = small.facts["timestamp"].astype("int64").to_numpy(copy=True)
    micros[0] = 2**61
    stamps = pa.array(micros).cast(pa.timestamp("us", None if labels else "UTC"))
    table = pa.Table.from_pandas(small.facts.drop(columns="timestamp"), preserve_index=False)
    pq.write_table(table.append_column("timestamp", stamps), tmp_path / "load_data.parquet")
    with pytest.raises(DataError) as caught:
        prepare(session, root, dimensions(), small.time, tmp_path / "stored")
    first = str(caught.value).splitlines()[0]
    if labels == "wall_clock":
        assert first.endswith(": 1 row has labels beyond the years 1800 to 2400: 75039-04-04 19:00:13.693952")
    else:
        assert first.endswith("; 1 hour too many from 75039-04-04 19:00:13.693952 UTC")


def test_labels_that_are_all_different_are_not_read_one_by_one(
    session: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_LABELS", 20)
    small = labelled(*hours("2012-07-01 00:00", 24), time=WALL, naive=True)
    assert refusal(session, small, tmp_path) == (
        "load_data.parquet: there are more than 20 labels, where the time dimension has 24"
    )


def test_county_ids_that_lost_their_zeros_are_the_only_complaint(session: SparkSession, tmp_path: Path) -> None:
    small = changed("local clocks", lambda facts: facts.assign(geography=facts["geography"].str.lstrip("0")))
    with pytest.raises(DataError) as caught:
        small.prepare(session, tmp_path)
    (problem,) = caught.value.problems
    assert 'lost their leading zeros, such as "6037" for "06037"' in problem.message


def test_a_dataset_that_is_pivoted_by_its_geographies_has_one_clock(session: SparkSession, tmp_path: Path) -> None:
    timed = DATASETS["local clocks"]
    assert isinstance(timed.files, dict)
    facts = long_facts(timed.files[LOS_ANGELES]).pivot(
        index=[*KEYS[1:], "metric", "label", "fold"], columns="geography", values="value"
    )
    facts.columns.name = None
    same = dict.fromkeys(IDS["geography"], "America/Denver")
    small = Small(facts.reset_index(), None, {"pivot": "geography"}, timed.time, dict(IDS), same)
    (tmp_path / "one").mkdir()
    assert small.prepare(session, tmp_path / "one").summary["combinations"] == 12
    first = refusal(session, replace(small, zones=ZONES), tmp_path)
    assert "4 of 4 time arrays" in first
    assert "its rows are those of records of America/Los_Angeles and America/Phoenix, which have other labels" in first
