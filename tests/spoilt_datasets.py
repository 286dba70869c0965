"""Datasets whose labels are not those of their time dimension, and what is said of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from tests.rounds import thinned
from tests.small_dataset import TIME, Small
from tests.timed_datasets import clock, timed_datasets, utc

from dsgrid.errors import DataError, DsgridError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Change = Callable[[pd.DataFrame], pd.DataFrame]
DATASETS = timed_datasets()


@dataclass(frozen=True)
class Bad:
    """A dataset that is refused, and the first line of the message, without the place it is at."""

    name: str
    build: Callable[[], Small]
    message: str
    error: type[DsgridError] = DataError

    def check(self, session: SparkSession, folder: Path) -> None:
        """Assert that the dataset is refused in these words, and leaves nothing behind."""
        with pytest.raises(self.error) as caught:
            self.build().prepare(session, folder)
        assert str(caught.value).replace(f"{folder}/", "").splitlines()[0] == self.message
        assert not (folder / "stored").exists()
        assert not list(folder.glob(".*"))


def on_engines(every: Sequence[Bad]) -> list[Any]:
    """Return parameters ``engine`` and ``bad``: all on the engine that is quick, and some on the other one."""
    some = [("sail", bad) for bad in every], [("spark", bad) for bad in thinned(every, by=4)]
    return [pytest.param(engine, bad, id=f"{engine}-{bad.name}") for cases in some for engine, bad in cases]


def all_of(slots: str, fault: str, arrays: int = 12, name: str = "06037, office, cooling") -> str:
    """Return what is said when all time arrays are wrong alike."""
    return f"load_data.parquet: {arrays} of {arrays} time arrays do not have exactly {slots}; {name}: {fault}"


def one_of(slots: str, fault: str, arrays: int = 12, name: str = "06037, office, cooling") -> str:
    """Return what is said when one time array is wrong."""
    return f"load_data.parquet: 1 of {arrays} time arrays does not have exactly {slots}; {name}: {fault}"


def moved(by: str, time: Any = TIME, layout: str = "one stacked") -> Small:
    """Data whose labels are all later than declared."""
    return Small.of(layout, time).spoil(lambda facts: facts.assign(timestamp=facts["timestamp"] + pd.Timedelta(by)))


def labelled(*labels: str, time: Any = TIME, naive: bool = False) -> Small:
    """Data with other labels than declared."""
    return Small.of(time=time, labels=pd.DataFrame({"timestamp": (clock if naive else utc)(*labels)}))


def changed(name: str, change: Change, layout: str = "one stacked", **time: Any) -> Small:
    """A dataset of a kind of time that is changed."""
    small = DATASETS[name].small(layout).spoil(change)
    return replace(small, time=replace(small.time, **time))  # type: ignore[type-var]


def without(name: str, column: str, **time: Any) -> Small:
    """A dataset of a kind of time without a column."""
    return changed(name, lambda facts: facts.drop(columns=column), **time)


def cell(name: str, column: str, value: object, rows: int = 4) -> Small:
    """A dataset with another value in the first rows of a column."""

    def change(facts: pd.DataFrame) -> pd.DataFrame:
        cells = facts[column].astype(object)
        cells[:rows] = value
        return facts.assign(**{column: cells.convert_dtypes() if value is None else cells})

    return changed(name, change)


def refusal(session: SparkSession, small: Small, folder: Path, format_: str = "parquet") -> str:
    """Return the first line of the message that data give."""
    with pytest.raises(DataError) as caught:
        small.prepare(session, folder, format_)
    return str(caught.value).replace(f"{folder}/", "").splitlines()[0]
