"""Time labels of every kind that files hold become the same instants, or are refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.engines import few_on_spark
from tests.small_dataset import TIME, Small, dimensions, spanning

from dsgrid.datasets import read
from dsgrid.datasets.register import prepare
from dsgrid.errors import DataError, SpecError
from dsgrid.time.grid import slots

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from dsgrid.time.dimension import DatetimeTime

pytestmark = few_on_spark(3)

# Six hours around the hour that the clocks of Chicago repeat, and around the one that they leave out.
AUTUMN = spanning("2012-11-03 23:00", "2012-11-04 03:00", zone="America/Chicago")
SPRING = spanning("2012-03-10 23:00", "2012-03-11 04:00", zone="America/Chicago")


def hourly(time: DatetimeTime) -> Small:
    """A dataset whose labels are the slots of `time`, as instants."""
    labels = pd.to_datetime(slots(time), unit="us", utc=True).astype("datetime64[us, UTC]")
    small = Small.of()
    combinations = small.facts[["geography", "subsector", "metric"]].drop_duplicates()
    facts = combinations.merge(pd.DataFrame({"timestamp": labels, "value": range(len(labels))}), how="cross")
    return replace(small, facts=facts, time=time)


def naive(small: Small, zone: str | None) -> Small:
    """Write the labels without an offset: UTC, or the clock of a zone."""
    clock = small.facts["timestamp"].dt.tz_convert(zone or "UTC").dt.tz_localize(None)
    return replace(small, facts=small.facts.assign(timestamp=clock))


def labels_stored(session: SparkSession, small: Small, folder: Path, format_: str = "parquet") -> list[int]:
    """Prepare a dataset and return its distinct labels in microseconds."""
    dataset = small.dataset(small.prepare(session, folder, format_))
    table = read.facts(session, folder, dataset, ["timestamp"]).distinct().toArrow()
    return sorted(table["timestamp"].cast(pa.int64()).to_pylist())


@pytest.mark.parametrize("format_", ["parquet", "csv"])
@pytest.mark.parametrize("time", [TIME, SPRING], ids=["fixed", "spring"])
def test_wall_clock_labels_become_instants_of_the_zone(
    session: SparkSession, tmp_path: Path, time: DatetimeTime, format_: str
) -> None:
    small = naive(hourly(replace(time, labels="wall_clock")), time.zone)
    assert labels_stored(session, small, tmp_path, format_) == slots(time).tolist()


@pytest.mark.parametrize("format_", ["parquet", "csv"])
def test_naive_labels_can_be_declared_to_be_utc(session: SparkSession, tmp_path: Path, format_: str) -> None:
    small = naive(hourly(replace(AUTUMN, labels="instants")), None)
    assert labels_stored(session, small, tmp_path, format_) == slots(AUTUMN).tolist()


@pytest.mark.parametrize("unit", ["s", "ms", "ns"])
@pytest.mark.parametrize("zone", ["UTC", "America/Chicago"])
def test_instants_of_every_unit_and_zone_are_read(session: SparkSession, tmp_path: Path, unit: str, zone: str) -> None:
    small = hourly(AUTUMN)
    table = small.facts.assign(timestamp=small.facts["timestamp"].astype(f"datetime64[{unit}, {zone}]"))
    assert labels_stored(session, replace(small, facts=table), tmp_path) == slots(AUTUMN).tolist()


def test_text_with_offsets_is_read_in_parquet_as_in_csv(session: SparkSession, tmp_path: Path) -> None:
    small = hourly(AUTUMN)
    local = small.facts["timestamp"].dt.tz_convert("America/Chicago")
    small.facts["timestamp"] = [label.isoformat() for label in local]
    assert labels_stored(session, small, tmp_path) == slots(AUTUMN).tolist()


def test_int96_labels_are_naive(session: SparkSession, tmp_path: Path) -> None:
    small = naive(hourly(replace(TIME, labels="instants")), None)
    root = small.write(tmp_path)
    path = tmp_path / "load_data.parquet"
    pq.write_table(pq.read_table(path), path, use_deprecated_int96_timestamps=True)

    prepared = prepare(session, root, dimensions(), small.time, tmp_path / "stored")
    table = read.facts(session, tmp_path, small.dataset(prepared), ["timestamp"]).distinct().toArrow()
    assert sorted(table["timestamp"].cast(pa.int64()).to_pylist()) == slots(TIME).tolist()


def refusal(session: SparkSession, small: Small, folder: Path, error: type[Exception], format_: str = "parquet") -> str:
    """Return the first line of the error that a dataset gives; nothing is left behind."""
    with pytest.raises(error) as caught:
        small.prepare(session, folder, format_)
    assert not (folder / "stored").exists()
    assert not list(folder.glob(".*"))
    return str(caught.value).splitlines()[0]


@pytest.mark.parametrize("format_", ["parquet", "csv"])
def test_naive_labels_are_refused_until_the_spec_says_what_they_mean(
    session: SparkSession, tmp_path: Path, format_: str
) -> None:
    first = refusal(session, naive(hourly(TIME), None), tmp_path, SpecError, format_)
    assert 'labels = "wall_clock"' in first
    assert 'labels = "instants"' in first


def test_labels_that_the_clock_shows_twice_are_refused_by_name(session: SparkSession, tmp_path: Path) -> None:
    small = naive(hourly(replace(AUTUMN, labels="wall_clock")), "America/Chicago")
    assert "2012-11-04 01:00 occurs twice in America/Chicago" in refusal(session, small, tmp_path, SpecError)


def test_instants_that_are_called_wall_clock_are_refused(session: SparkSession, tmp_path: Path) -> None:
    assert "holds instants" in refusal(session, hourly(replace(TIME, labels="wall_clock")), tmp_path, SpecError)


def test_a_wall_clock_label_that_is_no_slot_is_named(session: SparkSession, tmp_path: Path) -> None:
    small = naive(hourly(replace(TIME, labels="wall_clock")), TIME.zone)
    small.facts.loc[5, "timestamp"] = pd.Timestamp("2013-07-01 05:00")
    first = refusal(session, small, tmp_path, DataError)
    assert "06037, office, cooling: 1 hour missing from 2012-07-01 05:00 -05:00" in first
    assert first.endswith("; 1 hour too many from 2013-07-01 05:00 -05:00")


def test_the_time_may_end_its_periods_on_the_label(session: SparkSession, tmp_path: Path) -> None:
    time = spanning("2012-07-01 01:00", "2012-07-02 00:00", interval="period_ending")
    assert labels_stored(session, hourly(time), tmp_path) == slots(time).tolist()
