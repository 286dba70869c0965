"""Drafts of datasets that differ in nothing but their time, and the answers to what they ask."""

# ruff: noqa: DTZ001 - wall-clock times have no zone

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dsgrid.errors import DsgridError
from dsgrid.operations.generate_dataset import GeneratedDataset, generate_dataset
from dsgrid.operations.register_dataset import load_dimensions
from dsgrid.operations.validate import validate
from dsgrid.spec.load import load_spec
from dsgrid.time.dimension import TimeDimension

HOUR = timedelta(hours=1)
SPAN = {"interval": "period_beginning", "measurement": "total"}
METRIC = {"class": "energy_end_use", "unit": "MWh"}


def moments(first: datetime, step: timedelta, count: int) -> list[datetime]:
    return [first + step * number for number in range(count)]


def year_of_hours(year: int) -> list[datetime]:
    first = datetime(year, 1, 1)
    return moments(first, HOUR, (datetime(year + 1, 1, 1) - first) // HOUR)


def rows(*columns: str, of: Iterable[tuple[Any, ...]]) -> dict[str, list[Any]]:
    return dict(zip(columns, map(list, zip(*of, strict=True)), strict=True))


def draft(tmp_path: Path, times: dict[str, list[Any]], told: dict[str, str] | None = None) -> GeneratedDataset:
    """Make the draft for a table with these columns of time, in which everything else is clear."""
    count = max(len(cells) for cells in times.values()) if times else 2
    plain = {"fips": ["06037"], "sector": ["com"], "building_type": ["office"], "cooling": [1.5]}
    path = tmp_path / "table.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*plain, *times])
        writer.writerows(zip(*(cells * count for cells in plain.values()), *times.values(), strict=True))
    spec = {"table": str(path), "output": str(tmp_path / "out"), "metric": METRIC, "overwrite": True}
    return generate_dataset({**spec, **({"time": told} if told else {})})


def of_time(made: GeneratedDataset) -> dict[str, Any]:
    return dict(tomllib.loads(made.specs[0].read_text("utf-8"))["time"])


def asked(made: GeneratedDataset) -> list[str]:
    """Return the keys of time that are left to decide."""
    start = "register_dataset.toml: time."
    return [where.removeprefix(start) for where, _ in made.decisions if where.startswith(start)]


def answered(made: GeneratedDataset, **answers: str) -> TimeDimension:
    """Fill in the blanks, as a user does, and return the time of the spec, which has to be valid then."""
    assert sorted(answers) == sorted(asked(made))
    text = made.specs[0].read_text("utf-8")
    for key, answer in answers.items():
        text, count = re.subn(rf'^{key} = ""', f'{key} = "{answer}"', text, flags=re.MULTILINE)
        assert count == 1, key
    made.specs[0].write_text(text.replace('{ id = "", name = "" }', '{ id = "2018", name = "2018" }'), "utf-8")
    validate(made.specs[0])
    return load_dimensions(load_spec(made.specs[0]).root, None)[1]


def assert_blanks_are_named(made: GeneratedDataset) -> None:
    with pytest.raises(DsgridError) as left:
        validate(made.specs[0])
    assert {f"time.{key}" for key in asked(made)} <= {problem.key for problem in left.value.problems}
