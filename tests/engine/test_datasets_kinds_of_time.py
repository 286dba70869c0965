"""Facts of every kind of time are stored with the columns of this kind, whatever the layout and format of the files."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.conftest import ROOT
from tests.engines import few_on_spark
from tests.rounds import thinned
from tests.small_dataset import IDS, KEYS, assert_same_rows, dimensions, long_facts, stored_rows
from tests.timed_datasets import timed_datasets

from dsgrid.datasets import read
from dsgrid.datasets.extract import write_extract
from dsgrid.time.stored import stored_columns

if TYPE_CHECKING:
    from conftest import Engines
    from pyspark.sql import SparkSession

LAYOUTS = ("one stacked", "one pivoted", "two stacked", "two pivoted")
FILES = (*((layout, "parquet") for layout in LAYOUTS), ("one stacked", "csv"), ("two pivoted", "json"))
DATASETS = timed_datasets()
# Where the host's zone could have a say, and the engines differ in their columns.
SENSITIVE = ("a clock with folds", "local clocks", "days of a clock that changes", "a week per month")
ELSEWHERE = SENSITIVE[:2]


@few_on_spark(8)
@pytest.mark.parametrize(("name", "files"), thinned([*product(DATASETS, FILES)], by=5))
def test_the_labels_of_every_kind_are_stored_from_every_layout_and_format(
    session: SparkSession, tmp_path: Path, name: str, files: tuple[str, str]
) -> None:
    timed, (layout, format_) = DATASETS[name], files
    small = timed.small(layout)
    assert_same_rows(stored_rows(session, small, tmp_path, format_), long_facts(timed.stored))
    stored = next((tmp_path / "stored/facts").glob("*.parquet"))
    schema = pq.read_schema(stored)
    assert {column: str(schema.field(column).type) for column in stored_columns(timed.time)} == timed.types
    wanted = long_facts(timed.stored).groupby([*KEYS, "metric"])["value"].agg(["count", "sum"])
    associations = pd.read_parquet(tmp_path / "stored/associations.parquet").set_index([*KEYS, "metric"])
    assert associations["rows"].to_dict() == wanted["count"].to_dict()
    assert associations["sum"].to_dict() == pytest.approx(wanted["sum"].to_dict(), rel=1e-12)


def test_a_dataset_without_time_and_without_dimensions_is_one_row(session: SparkSession, tmp_path: Path) -> None:
    small = DATASETS["none"].small().spoil(lambda facts: facts[["value"]].head(1))
    small.ids = {type_: ids[:1] for type_, ids in small.ids.items()}
    prepared = small.prepare(session, tmp_path)
    assert (prepared.summary["rows"], prepared.summary["slots"]) == (1, 1)
    assert read.associations(tmp_path, small.dataset(prepared))["sum"].tolist() == [0.5]


@few_on_spark(5)
@pytest.mark.parametrize("name", ["a clock with folds", "local clocks", "a week per month", "annual", "none"])
def test_an_extract_has_the_labels_of_the_whole(session: SparkSession, tmp_path: Path, name: str) -> None:
    small = DATASETS[name].small("two pivoted")
    whole = small.dataset(small.prepare(session, tmp_path))
    kept = {"geography": frozenset(IDS["geography"][:2])}
    cut = replace(whole, dimensions=dimensions({**IDS, "geography": IDS["geography"][:2]}, small.zones))
    (tmp_path / "extract/stored").mkdir(parents=True)
    write_extract(session, tmp_path, whole, cut, kept, tmp_path / "extract/stored")
    rows = _stored(tmp_path / "extract").to_pandas()
    lookup = pd.read_parquet(tmp_path / "extract/stored/lookup.parquet")
    names = [*KEYS, *stored_columns(small.time)]
    long = rows.merge(lookup, on="id").melt(names, list(IDS["metric"]), "metric", "value")
    wanted = long_facts(DATASETS[name].stored).query("geography != '36047'")
    names = [*KEYS, "metric", *stored_columns(small.time)]
    assert_same_rows(long[[*names, "value"]].sort_values(names, ignore_index=True), wanted)


# Both engines, and any host -------------------------------------------------------------------------------------------


def _stored(folder: Path) -> pa.Table:
    """Return the stored facts, in the order of the files."""
    return pa.concat_tables(
        [pq.ParquetFile(path).read() for path in sorted((folder / "stored/facts").glob("*.parquet"))]
    )


@pytest.mark.parametrize("name", SENSITIVE)
def test_both_engines_store_the_same_columns_types_and_rows(engines: Engines, tmp_path: Path, name: str) -> None:
    found = []
    for engine in ("sail", "spark"):
        (tmp_path / engine).mkdir()
        DATASETS[name].small("two pivoted").prepare(engines.start(engine).spark, tmp_path / engine)
        found.append(_stored(tmp_path / engine))
    assert found[0].schema.remove_metadata() == found[1].schema.remove_metadata()
    assert found[0].to_pydict() == found[1].to_pydict()


_PROGRAM = """
import sys
from pathlib import Path
from dsgrid.engine import session
from tests.timed_datasets import timed_datasets

datasets = timed_datasets()
with session(sys.argv[1], memory="1g", in_process_master="local[1]" if sys.argv[1] == "spark" else None) as engine:
    if sys.argv[1] == "spark":
        assert engine.spark._jvm.java.util.TimeZone.getDefault().getID() == sys.argv[2]
    for place in sys.argv[3:]:
        folder = Path(place)
        name = folder.name.replace("_", " ")
        datasets[name].small("one stacked").prepare(engine.spark, folder)
"""


# All tests are behind UTC (see conftest.py); this goes ahead of it.
@pytest.mark.parametrize(
    ("used", "zone"), [("sail", "Pacific/Auckland"), pytest.param("spark", "Asia/Kolkata", marks=pytest.mark.slow)]
)
def test_stored_labels_do_not_depend_on_the_zone_of_the_host(tmp_path: Path, used: str, zone: str) -> None:
    places = [tmp_path / name.replace(" ", "_") for name in ELSEWHERE]
    for place in places:
        place.mkdir()
    options = f'--driver-memory 1g --driver-java-options "-Duser.timezone={zone} -XX:TieredStopAtLevel=1" pyspark-shell'
    environment = {
        **os.environ,
        "TZ": "Pacific/Auckland",
        "PYTHONPATH": f"{ROOT / 'lib'}:{ROOT}",
        **({"PYSPARK_SUBMIT_ARGS": options} if used == "spark" else {}),
    }
    arguments = [sys.executable, "-c", _PROGRAM, used, zone, *map(str, places)]
    done = subprocess.run(arguments, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for name, place in zip(ELSEWHERE, places, strict=True):
        wanted = long_facts(DATASETS[name].stored)
        rows = _stored(place).to_pandas()
        columns = [*KEYS, "metric", *stored_columns(DATASETS[name].time)]
        assert_same_rows(rows[[*columns, "value"]].sort_values(columns, ignore_index=True), wanted)
