"""A dump with its data, moved elsewhere, makes another registry with the same contents."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from tests.demo_project import small_demo
from tests.engines import few_on_spark
from tests.small_dataset import dimensions
from tests.timed_datasets import timed_datasets

from dsgrid.datasets.read import associations
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.operations.apply import apply
from dsgrid.operations.create_registry import create_registry
from dsgrid.operations.dump import dump
from dsgrid.operations.plan import plan
from dsgrid.operations.register_dataset import register_dataset
from dsgrid.operations.register_project import register_project
from dsgrid.operations.submit_dataset import submit_dataset
from dsgrid.registry.comparison import compare_datasets, compare_projects, compare_submissions
from dsgrid.registry.registry import Registry
from dsgrid.registry.time_documents import time_table
from dsgrid.spec.load import load_spec
from dsgrid.time.files import as_stored

if TYPE_CHECKING:
    from dsgrid.engine import Engine

PROJECT = "three_states_2018"
DATASETS = ("commercial_2018", "residential_2018")


def run(spec: Path, registry: Path, engine: Engine) -> None:
    """Run a spec by its job."""
    job = load_spec(spec).job
    if job == "register_dataset":
        register_dataset(spec, registry=registry, engine=engine)
    else:
        {"register_project": register_project, "submit_dataset": submit_dataset}[job](spec, registry=registry)


@pytest.fixture(scope="module")
def demo(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small demo, registered."""
    folder = tmp_path_factory.mktemp("demo")
    specs = small_demo(folder, days=2)
    create_registry({"registry": str(folder / "registry")})
    for name in ("project", "commercial", "residential"):
        run(specs / f"register_{name}.toml", folder / "registry", engine)
    for name in ("commercial", "residential"):
        run(specs / f"submit_{name}.toml", folder / "registry", engine)
    return folder / "registry"


def specs_of(folder: Path) -> dict[str, bytes]:
    """Return everything that a dump wrote but the data."""
    paths = [path for path in folder.rglob("*") if path.is_file() and "data" not in path.relative_to(folder).parts]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def test_a_dump_that_was_moved_registers_again_to_the_same(demo: Path, engine: Engine, tmp_path: Path) -> None:
    dumped = dump({"output": str(tmp_path / "dump"), "data": "copy"}, registry=demo).dump
    assert dumped.notes == ()
    assert "data" not in {path.name for path in (tmp_path / "dump").iterdir()}
    moved = tmp_path / "far" / "away"
    shutil.move(tmp_path / "dump", moved)
    *specs, bulk = (moved / path.relative_to(tmp_path / "dump") for path in dumped.specs)
    assert [moved / path for path in tomllib.loads(bulk.read_text("utf-8"))["specs"]] == specs

    second = tmp_path / "registry"
    create_registry({"registry": str(second)})
    for spec in specs:
        run(spec, second, engine)
    with Registry.open(demo) as first, Registry.open(second) as again:
        assert compare_projects(first.project(PROJECT), again.project(PROJECT)) == ()
        for id_ in DATASETS:
            left, right = first.dataset(id_), again.dataset(id_)
            # Where the files are and how a label was written before is no longer so; what they say is.
            changes = [change for change in compare_datasets(left, right) if change.what != "data file"]
            assert {change.key for change in changes} <= {"columns", "labels"}
            assert left.layout == right.layout
            assert compare_submissions(first.submission(PROJECT, id_), again.submission(PROJECT, id_)) == ()
            assert first.missing(id_) == again.missing(id_)
            tables = [
                associations(registry.data, dataset).sort_values(list(RECORD_TYPES), ignore_index=True)
                for registry, dataset in ((first, left), (again, right))
            ]
            pd.testing.assert_frame_equal(*tables)
    dump({"output": str(tmp_path / "dump"), "data": "copy"}, registry=second)
    assert specs_of(tmp_path / "dump") == specs_of(moved)


def test_a_dump_of_what_is_registered_changes_nothing(demo: Path, tmp_path: Path) -> None:
    for data in ("refer", "copy"):
        specs = dump({"output": str(tmp_path / data), "data": data}, registry=demo).dump.specs[:-1]
        assert [plan(spec, registry=demo).proposal.is_empty for spec in specs] == [True] * 5


def test_an_edited_dump_of_a_dataset_stores_no_data_again(demo: Path, engine: Engine, tmp_path: Path) -> None:
    shutil.copytree(demo, tmp_path / "registry")
    spec = dump({"ids": ["residential_2018"], "output": str(tmp_path / "dump")}, registry=demo).dump.specs[0]
    spec.write_text(
        re.sub('description = ".*"', 'description = "Better words"', spec.read_text("utf-8"), count=1), "utf-8"
    )
    # No engine is given: none is needed.
    apply(spec, registry=tmp_path / "registry", allow="patch")
    with Registry.open(tmp_path / "registry") as registry:
        old, new = registry.dataset("residential_2018@1.0.0"), registry.dataset("residential_2018")
        assert (new.version, new.description, new.folder) == ("1.0.1", "Better words", old.folder)
        assert new.time == old.time


def test_a_dataset_registers_again_from_the_files_of_its_registry(demo: Path, engine: Engine, tmp_path: Path) -> None:
    """Its missing associations are declared, not found in the files a second time."""
    specs = dump({"ids": ["commercial_2018"], "output": str(tmp_path / "dump")}, registry=demo).dump.specs
    create_registry({"registry": str(tmp_path / "registry")})
    run(specs[0], tmp_path / "registry", engine)
    with Registry.open(demo) as first, Registry.open(tmp_path / "registry") as again:
        assert again.missing("commercial_2018") == first.missing("commercial_2018")
        assert first.missing("commercial_2018")


# Every kind of time --------------------------------------------------------------------------------------------------

TIMED = timed_datasets()
# A few of each form of labels: instants, readings with folds and without, numbers, typical periods, nothing.
KINDS = (
    *("a clock with folds", "parts with offsets", "no leap day", "local clocks in parts", "local profile"),
    *("profile of the project", "a weekday and a weekend day", "seasons and day types", "annual", "index"),
    *("annual of model years", "none"),
)


def timed_spec(name: str, folder: Path) -> dict[str, Any]:
    """Write the files of a dataset of some kind of time, and return the spec that registers it."""
    timed = TIMED[name]
    small = timed.small()
    folder.mkdir()
    data = small.write(folder).value["data"]
    tables = {
        type_: {"records": [{"id": record.id, "name": record.name, **record.attributes} for record in each.records]}
        for type_, each in dimensions(small.ids, small.zones).items()
    }
    for record in tables["metric"]["records"]:
        record["unit"] = "MWh"
    names = {type_: {"name": f"own_{type_}", **table} for type_, table in tables.items()}
    return {
        "dataset": {"id": name.replace(" ", "_")},
        "data": {**data, "table": str(folder / data["table"])},
        "dimension": {**names, "metric": {**names["metric"], "class": "energy_end_use"}},
        "time": {**time_table(timed.time, files=True), "name": "own_time"},
    }


@few_on_spark(4)
@pytest.mark.parametrize("name", KINDS)
def test_data_of_every_kind_of_time_are_read_from_a_dump_as_they_were_stored(
    engine: Engine, tmp_path: Path, name: str
) -> None:
    spec = timed_spec(name, tmp_path / "files")
    folders = [tmp_path / "first", tmp_path / "second"]
    for folder in folders:
        create_registry({"registry": str(folder)})
    register_dataset(spec, registry=folders[0], engine=engine)
    id_ = spec["dataset"]["id"]
    for folder in folders:
        (written,) = dump({"ids": [id_], "output": str(folder / "dump"), "data": "copy"}, registry=folder).dump.specs
        assert plan(written, registry=folder).proposal.is_empty
        if folder == folders[0]:
            register_dataset(written, registry=folders[1], engine=engine)
    assert specs_of(folders[0] / "dump") == specs_of(folders[1] / "dump")
    with Registry.open(folders[0]) as first, Registry.open(folders[1]) as again:
        left, right = first.dataset(id_), again.dataset(id_)
        assert as_stored(left.time) == as_stored(right.time)
        changes = [change for change in compare_datasets(left, right) if change.what != "data file"]
        assert {change.key for change in changes} <= {"columns", "labels"}
        rows = [
            pd.read_parquet(registry.data_folder(dataset) / "facts")
            for registry, dataset in ((first, left), (again, right))
        ]
    keys = [column for column in rows[0] if column != "value"]
    pd.testing.assert_frame_equal(*(each.sort_values(keys, ignore_index=True) for each in rows))
    assert len(rows[0]) > 0
