"""Data files in exactly the shape that a dataset's spec asks for, where those of the owners are not public.

Two tables pivoted by one dimension, hourly on a fixed clock or of representative weeks. The spec is read as any TOML
file, without the code that is to be tested. Values are small dyadic fractions: any order of sums gives the same number,
and no two slots or ids that are near each other have the same value.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from math import prod
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import tomli

# The order in which combinations are numbered.
TYPES: Final = ("geography", "subsector", "sector", "metric", "scenario", "model_year", "weather_year")
_PARTS: Final = {"month": range(1, 13), "day_of_week": range(7), "hour": range(24)}
_HOUR: Final = 3_600_000_000  # microseconds
MISSING: Final = "missing_associations.csv"
# Profiles in one row group: some 100,000 rows.
_GROUP: Final = 12

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Amount:
    """How much of a dataset gets data; everything else is declared missing, in the way that the owners do it.

    Parameters
    ----------
    ids
        How many ids of a type have data; all of those that are not named.
    profiles
        How many time arrays there are, which the combinations share, each with a scaling factor; by default each
        combination has its own, and there are no factors.
    absent
        ``null_ids``: the lookup has a row without an id for each combination that has no data. ``table``: a table of
        missing associations says it for whole ids.
    """

    ids: Mapping[str, int] = field(default_factory=dict)
    profiles: int | None = None
    absent: Literal["null_ids", "table"] = "null_ids"


@dataclass(frozen=True)
class Made:
    """What was made.

    Parameters
    ----------
    values
        How many values the table has.
    combinations
        How many combinations of ids (besides the pivoted one) have data.
    """

    values: int
    combinations: int


@dataclass(frozen=True)
class Shape:
    """What a spec says of its files."""

    folder: Path
    spec: Mapping[str, Any]

    @classmethod
    def read(cls, spec: Path) -> Shape:
        """Read a spec of `register_dataset`."""
        return cls(spec.parent, tomli.loads(spec.read_text("utf-8")))

    @property
    def id(self) -> str:
        """The dataset's id."""
        return str(self.spec["dataset"]["id"])

    @property
    def pivoted(self) -> list[str]:
        """The ids that are columns."""
        return self.ids[self.spec["data"]["pivot"]]

    @cached_property
    def ids(self) -> dict[str, list[str]]:
        """The ids of every type, in the order of the records."""
        return {type_: [row["id"] for row in self.records(type_)] for type_ in TYPES}

    def records(self, type_: str) -> list[dict[str, str]]:
        """Return the records of a type."""
        records = self.spec["dimension"][type_]["records"]
        if not isinstance(records, str):
            return list(records)
        with (self.folder / records).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    @property
    def columns(self) -> list[str]:
        """The types that need a column: those with several ids, but the pivoted one."""
        return [type_ for type_ in TYPES if len(self.ids[type_]) > 1 and type_ != self.spec["data"]["pivot"]]

    def name(self, key: str) -> str:
        """Return the name of the file that is the ``table`` or the ``lookup``."""
        return Path(self.spec["data"][key]).name

    @cached_property
    def labels(self) -> dict[str, pa.Array]:
        """The columns of time, a row for each slot."""
        time = self.spec["time"]
        if time["kind"] == "datetime":
            first, last = (datetime.fromisoformat(f"{time[end]}{time['zone']}") for end in ("start", "end"))
            hours = int((last - first).total_seconds()) // 3600 + 1
            instants = int(first.timestamp()) * 1_000_000 + np.arange(hours, dtype=np.int64) * _HOUR
            return {"timestamp": pa.array(instants, pa.timestamp("us", "UTC"))}
        slots = list(itertools.product(*(_PARTS[part] for part in time["by"])))
        return {
            part: pa.array(cells, pa.int8()) for part, cells in zip(time["by"], zip(*slots, strict=True), strict=True)
        }

    @property
    def slots(self) -> int:
        """How many slots a time array has."""
        return len(next(iter(self.labels.values())))

    def chosen(self, type_: str, number: int | None) -> list[str]:
        """Return some ids, evenly spaced; of counties so that every state has one before any has two."""
        ids = self.ids[type_]
        if number is None or number >= len(ids):
            return ids
        states = {row["id"]: row.get("state", "") for row in self.records(type_)}
        firsts = {state: id_ for id_, state in reversed(states.items()) if state}
        kept = set(list(firsts.values())[:number])
        rest = [id_ for id_ in ids if id_ not in kept]
        more = number - len(kept)
        kept |= {rest[place * len(rest) // more] for place in range(more)}
        return [id_ for id_ in ids if id_ in kept]


def make_data(spec: Path, amount: Amount, data: Path) -> Made:
    """Write the files that a dataset's spec names to a folder with its id in `data`.

    A table of missing associations lies beside them and is called `MISSING`; the spec has to name it.
    """
    shape = Shape.read(spec)
    folder = data / shape.id
    folder.mkdir(parents=True)
    chosen = {type_: shape.chosen(type_, amount.ids.get(type_)) for type_ in shape.columns}
    combinations = prod(map(len, chosen.values()))
    profiles = amount.profiles or combinations
    _write_lookup(folder / shape.name("lookup"), shape, chosen, amount)
    _write_table(folder / shape.name("table"), shape, profiles)
    if amount.absent == "table":
        _write_missing(folder / MISSING, shape, chosen)
    return Made(profiles * shape.slots * len(shape.pivoted), combinations)


def value_of(profiles: npt.NDArray[np.int64], slots: int, column: int) -> Floats:
    """Return the values of some profiles for one pivoted record, a row for each profile."""
    slot = np.arange(slots)
    level = 8 + (profiles * 31 + column * 17) % 97  # 7 bits
    # 31 has no divisor in common with days and weeks.
    wave = 16 + (slot * 7 + slot // 24 * 5 + column * 13) % 31  # 6 bits
    return (level[:, None] * wave[None, :] / 128).astype(np.float32)


def _write_table(path: Path, shape: Shape, profiles: int) -> None:
    parts = _profiles(shape, profiles)
    first = next(parts)
    with pq.ParquetWriter(path, first.schema, compression="zstd", compression_level=1) as writer:
        for part in itertools.chain([first], parts):
            writer.write_table(part)


def _profiles(shape: Shape, profiles: int) -> Iterator[pa.Table]:
    for begin in range(0, profiles, _GROUP):
        numbers = np.arange(begin, min(begin + _GROUP, profiles), dtype=np.int64)
        labels = {name: pa.concat_arrays([label] * len(numbers)) for name, label in shape.labels.items()}
        ids = pa.array(np.repeat(numbers + 1, shape.slots))
        values = {
            name: pa.array(value_of(numbers, shape.slots, column).ravel()) for column, name in enumerate(shape.pivoted)
        }
        yield pa.table({**labels, "id": ids, **values})


def _write_lookup(path: Path, shape: Shape, chosen: Mapping[str, Sequence[str]], amount: Amount) -> None:
    kept = {type_: set(ids) for type_, ids in chosen.items()}
    listed = chosen if amount.absent == "table" else {type_: shape.ids[type_] for type_ in chosen}
    rows = list(itertools.product(*listed.values()))
    here = np.array([all(id_ in kept[type_] for type_, id_ in zip(kept, row, strict=True)) for row in rows])
    numbers = np.cumsum(here) - 1
    ids = numbers if amount.profiles is None else numbers % amount.profiles
    columns = {type_: pa.array([row[place] for row in rows]) for place, type_ in enumerate(chosen)}
    columns["id"] = pa.array(ids + 1, pa.int64(), mask=~here)
    if amount.profiles is not None:
        columns["scaling_factor"] = pa.array(1.0 + numbers % 13)
    pq.write_table(pa.table(columns), path)


def _write_missing(path: Path, shape: Shape, chosen: Mapping[str, Sequence[str]]) -> None:
    """Say which ids have no data at all, whatever the others are."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(chosen)
        for type_, kept in chosen.items():
            lacking = [id_ for id_ in shape.ids[type_] if id_ not in set(kept)]
            writer.writerows([id_ if column == type_ else "*" for column in chosen] for id_ in lacking)
