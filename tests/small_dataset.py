"""A dataset of 12 time arrays of a day, in every layout and format, to register and to spoil."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from dsgrid.datasets.register import Prepared, prepare
from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.records import Record, Records
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.registry.model import Dataset
from dsgrid.spec.node import Node, Source
from dsgrid.time.dimension import DatetimeTime

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

IDS = {
    "geography": ("06037", "08031", "36047"),
    "sector": ("com",),
    "subsector": ("office", "retail"),
    "metric": ("cooling", "fans"),
    "scenario": ("reference",),
    "model_year": ("2018",),
    "weather_year": ("2012",),
}
TIME = DatetimeTime(
    name="day",
    start=datetime.fromisoformat("2012-07-01 00:00"),
    end=datetime.fromisoformat("2012-07-01 23:00"),
    step=timedelta(hours=1),
    zone="-05:00",
    interval="period_beginning",
    measurement="total",
)
KEYS = ["geography", "subsector"]


def spanning(start: str, end: str, **changes: str) -> DatetimeTime:
    """Return the time dimension with other labels at its ends."""
    return replace(TIME, start=datetime.fromisoformat(start), end=datetime.fromisoformat(end), **changes)  # type: ignore[arg-type]


def dimensions(ids: Mapping[str, tuple[str, ...]] = IDS) -> dict[str, Dimension]:
    """Return a dimension of each type."""
    return {
        type_: Dimension(type_, type_, type_, Records(tuple(Record(id_, id_) for id_ in ids[type_])))
        for type_ in RECORD_TYPES
    }


def long_facts(time: DatetimeTime = TIME) -> pd.DataFrame:
    """Return one row per geography, subsector, metric and hour; no two values are equal."""
    labels = (
        pd.date_range(time.start, time.end, freq=time.step, tz=time.zone)
        .tz_convert("UTC")
        .astype("datetime64[us, UTC]")
    )
    rows = [
        (geography, subsector, metric, label)
        for geography in IDS["geography"]
        for subsector in IDS["subsector"]
        for metric in IDS["metric"]
        for label in labels
    ]
    frame = pd.DataFrame(rows, columns=[*KEYS, "metric", "timestamp"])
    return frame.assign(value=[0.5 + number for number in range(len(frame))])


@dataclass
class Small:
    """The tables of the dataset and its spec; tests change them before `write`."""

    facts: pd.DataFrame
    lookup: pd.DataFrame | None = None
    data: dict[str, Any] = field(default_factory=dict)
    time: DatetimeTime = TIME
    ids: dict[str, tuple[str, ...]] = field(default_factory=lambda: dict(IDS))

    @classmethod
    def of(cls, layout: str = "one stacked", time: DatetimeTime = TIME) -> Small:
        """Make the dataset in a layout: ``one`` or ``two`` tables, ``stacked`` or ``pivoted``."""
        tables, form = layout.split()
        facts = long_facts(time)
        data: dict[str, Any] = {}
        lookup = None
        if form == "pivoted":
            facts = facts.pivot(index=[*KEYS, "timestamp"], columns="metric", values="value").reset_index()
            facts.columns.name = None
            data["pivot"] = "metric"
        if tables == "two":
            lookup = facts[KEYS].drop_duplicates(ignore_index=True).assign(id=lambda table: 7 + 2 * table.index)
            facts = facts.merge(lookup, on=KEYS).drop(columns=KEYS)
        return cls(facts, lookup, data, time)

    def spoil(self, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Small:
        """Change the facts."""
        return replace(self, facts=change(self.facts))

    def write(self, folder: Path, format_: str = "parquet") -> Node:
        """Write the files and return the spec."""
        data = dict(self.data)
        suffix = {"parquet": ".parquet", "csv": ".csv", "json": ".json"}[format_]
        write_table(self.facts, folder / f"load_data{suffix}")
        data.setdefault("table", f"load_data{suffix}")
        if self.lookup is not None:
            write_table(self.lookup, folder / f"lookup{suffix}")
            data.setdefault("lookup", f"lookup{suffix}")
        return Node({"data": data, "time": {"labels": self.time.labels}}, (), Source(None, "", folder))

    def prepare(self, session: SparkSession | None, folder: Path, format_: str = "parquet") -> Prepared:
        """Write the files and prepare the dataset in `folder/stored`."""
        root = self.write(folder, format_)
        return prepare(session, root, dimensions(self.ids), self.time, folder / "stored")  # type: ignore[arg-type]

    def dataset(self, prepared: Prepared) -> Dataset:
        """Return the dataset as a registry would hold it, with its files in `stored`."""
        return Dataset(
            id="small",
            version="1.0.0",
            kind="modeled",
            dimensions=dimensions(self.ids),
            time=self.time,
            layout=prepared.layout,
            folder="stored",
            files=prepared.files,
        )


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table in the format that the path's ending names."""
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pandas(table, preserve_index=False), path)
    elif path.suffix == ".csv":
        _with_text_labels(table).to_csv(path, index=False)
    else:
        rows = _with_text_labels(table).astype(object).where(table.notna(), None).to_dict("records")
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def _with_text_labels(table: pd.DataFrame) -> pd.DataFrame:
    if "timestamp" not in table or table["timestamp"].dtype == object:
        return table
    return table.assign(timestamp=[label.isoformat() for label in table["timestamp"]])
