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

from dsgrid.datasets import read
from dsgrid.datasets.register import Prepared, prepare
from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.records import Record, Records
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.registry.model import Dataset
from dsgrid.spec.node import Node, Source
from dsgrid.time.dimension import DatetimeTime, Span, TimeDimension
from dsgrid.time.stored import stored_columns

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
    ranges=(Span(datetime.fromisoformat("2012-07-01 00:00"), datetime.fromisoformat("2012-07-01 23:00")),),
    step=timedelta(hours=1),
    zone="-05:00",
    interval="period_beginning",
    measurement="total",
)
KEYS = ["geography", "subsector"]


def spanning(start: str, end: str, **changes: str) -> DatetimeTime:
    """Return the time dimension with other labels at its ends."""
    ranges = (Span(datetime.fromisoformat(start), datetime.fromisoformat(end)),)
    return replace(TIME, ranges=ranges, **changes)  # type: ignore[arg-type]


def dimensions(
    ids: Mapping[str, tuple[str, ...]] = IDS, zones: Mapping[str, str] | None = None
) -> dict[str, Dimension]:
    """Return a dimension of each type; geographies have the zones that are given."""
    known = {id_: {"time_zone": zone} for id_, zone in (zones or {}).items()}
    return {
        type_: Dimension(
            type_, type_, type_, Records(tuple(Record(id_, id_, {**known.get(id_, {})}) for id_ in ids[type_]))
        )
        for type_ in RECORD_TYPES
    }


def instants(time: DatetimeTime = TIME) -> pd.DataFrame:
    """Return the labels of a dimension in one zone, in UTC."""
    labels = pd.date_range(time.start, time.end, freq=time.step, tz=time.zone).tz_convert("UTC")
    return pd.DataFrame({"timestamp": labels.astype("datetime64[us, UTC]")})


def long_facts(labels: pd.DataFrame | Mapping[str, pd.DataFrame] | None = None) -> pd.DataFrame:
    """Return one row per geography, subsector, metric and label; no two values are equal.

    Parameters
    ----------
    labels
        The columns of time: a row for each label, the same for all or by geography.
    """
    labels = instants() if labels is None else labels
    parts = []
    for geography in IDS["geography"]:
        own = labels if isinstance(labels, pd.DataFrame) else labels[geography]
        for subsector in IDS["subsector"]:
            for metric in IDS["metric"]:
                keys = {"geography": geography, "subsector": subsector, "metric": metric}
                parts.append(pd.DataFrame(keys, index=own.index).join(own))
    facts = pd.concat(parts, ignore_index=True)
    return facts.assign(value=[0.5 + number for number in range(len(facts))])


@dataclass
class Small:
    """The tables of the dataset and its spec; tests change them before `write`."""

    facts: pd.DataFrame
    lookup: pd.DataFrame | None = None
    data: dict[str, Any] = field(default_factory=dict)
    time: TimeDimension = TIME
    ids: dict[str, tuple[str, ...]] = field(default_factory=lambda: dict(IDS))
    zones: Mapping[str, str] = field(default_factory=dict)
    checks: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        layout: str = "one stacked",
        time: TimeDimension = TIME,
        labels: pd.DataFrame | Mapping[str, pd.DataFrame] | None = None,
    ) -> Small:
        """Make the dataset in a layout: ``one`` or ``two`` tables, ``stacked`` or ``pivoted``.

        Parameters
        ----------
        labels
            The columns of time, see `long_facts`; by default the instants of a datetime in one zone.
        """
        tables, form = layout.split()
        if labels is None:
            assert isinstance(time, DatetimeTime)
            labels = instants(time)
        facts = long_facts(labels)
        of_time = [name for name in facts if name not in (*KEYS, "metric", "value")]
        data: dict[str, Any] = {}
        lookup = None
        if form == "pivoted":
            facts = facts.pivot(index=[*KEYS, *of_time], columns="metric", values="value").reset_index()
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
        root = {"data": data, "time": {"kind": self.time.kind}, "checks": self.checks}
        return Node(root, (), Source(None, "", folder))

    def prepare(self, session: SparkSession | None, folder: Path, format_: str = "parquet") -> Prepared:
        """Write the files and prepare the dataset in `folder/stored`."""
        root = self.write(folder, format_)
        return prepare(session, root, dimensions(self.ids, self.zones), self.time, folder / "stored")  # type: ignore[arg-type]

    def dataset(self, prepared: Prepared) -> Dataset:
        """Return the dataset as a registry would hold it, with its files in `stored`."""
        return Dataset(
            id="small",
            version="1.0.0",
            kind="modeled",
            dimensions=dimensions(self.ids, self.zones),
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
    times = [name for name in table if pd.api.types.is_datetime64_any_dtype(table[name].dtype)]
    return table.assign(
        **{name: [None if pd.isna(label) else label.isoformat() for label in table[name]] for name in times}
    )


def stored_rows(session: SparkSession, small: Small, folder: Path, format_: str = "parquet") -> pd.DataFrame:
    """Prepare a dataset, read it back and bring it to long rows, sorted."""
    dataset = small.dataset(small.prepare(session, folder, format_))
    rows = read.facts(session, folder, dataset).toArrow().to_pandas()
    if dataset.layout.two_tables:
        rows = rows.merge(read.lookup(session, folder, dataset).toArrow().to_pandas(), on="id")
    if "scaling_factor" in rows:
        rows[list(read.value_columns(dataset))] = rows[list(read.value_columns(dataset))].mul(
            rows["scaling_factor"], axis=0
        )
    names = [*KEYS, "metric", *stored_columns(small.time)]
    if dataset.layout.pivot is not None:
        keys = [name for name in names if name != "metric"]
        rows = rows.melt(keys, list(read.value_columns(dataset)), "metric", "value").dropna()
    return rows[[*names, "value"]].sort_values(names, ignore_index=True)


def assert_same_rows(found: pd.DataFrame, wanted: pd.DataFrame) -> None:
    """Assert that long rows are the same, in any order."""
    ordered = wanted[list(found)].sort_values(list(found)[:-1], ignore_index=True)
    pd.testing.assert_frame_equal(found, ordered, check_dtype=False, check_exact=True)
