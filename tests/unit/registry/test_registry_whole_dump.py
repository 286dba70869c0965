"""A dump of everything: each spec comes after those that it needs, and together they make the same registry."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from registry_values import COUNTIES, STATES, example_dataset, example_project, example_submission, register
from tests.faults import KilledError, Steps
from tests.rounds import thinned

from dsgrid.dimensions.automatic import automatic_supplementals
from dsgrid.dimensions.dimension import Dimension, Supplemental
from dsgrid.dimensions.mapping import Association, Mapping
from dsgrid.errors import RegistryError, UsageError
from dsgrid.operations.dump import dump
from dsgrid.operations.register_dataset import draft_dataset
from dsgrid.operations.register_dimensions import register_dimensions
from dsgrid.operations.register_mappings import register_mappings
from dsgrid.operations.register_project import register_project
from dsgrid.operations.submit_dataset import submit_dataset
from dsgrid.registry.comparison import compare_datasets, compare_projects, compare_submissions
from dsgrid.registry.dump import dump as write_dump
from dsgrid.registry.registry import Registry
from dsgrid.registry.whole_dump import Entry, dump_all, ordered
from dsgrid.spec.load import load_spec
from dsgrid.spec.node import Node, Source
from dsgrid.time.files import as_stored, in_files
from dsgrid.time.load import load_time

CENSUS = {
    "owner": "census",
    "dimension": {
        "state": {
            "type": "geography",
            "class": "state",
            "records": [{"id": record.id, "name": record.name} for record in STATES],
        },
        "county": {
            "type": "geography",
            "class": "county",
            "records": [{"id": record.id, "name": record.name, **record.attributes} for record in COUNTIES],
        },
    },
    "time": {
        "est": {
            "kind": "datetime",
            "start": "2018-01-01 00:00",
            "end": "2018-12-31 23:00",
            "step": "1h",
            "zone": "-05:00",
            "interval": "period_beginning",
            "measurement": "total",
        }
    },
}
TO_STATE = {
    "owner": "census",
    "mapping": {
        "county_to_state": {
            "from": "census/county",
            "to": "census/state",
            "kind": "many_to_one_aggregation",
            "records": [{"from": "06037", "to": "CA"}, {"from": "08001", "to": "CO"}],
        }
    },
}


@pytest.fixture
def full(full_template: Path, tmp_path: Path) -> Path:
    """A registry in which everything is used by others: a census, a project on it, another on that, a dataset."""
    return shutil.copytree(full_template, tmp_path / "full")


@pytest.fixture(scope="module")
def full_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template") / "full"
    Registry.create(folder).close()
    register_dimensions(CENSUS, registry=folder)
    register_mappings(TO_STATE, registry=folder)
    plain = example_project()
    with Registry.open(folder, write=True) as registry:
        county, state = registry.dimension("census/county"), registry.dimension("census/state")
        to_state = Supplemental(state, "county", registry.mapping("census/county_to_state"))
        base = (county, *plain.base[1:])
        supplemental = (to_state, *automatic_supplementals(base))
        own = replace(plain, time=registry.time("census/est"), base=base, supplemental=supplemental)
        register(registry, replace(own, requirements=plain.requirements))
        first = registry.project(plain.id)
        # Its id comes before that of the project that it depends on.
        register(registry, replace(own, id="a_second", base=first.base, requirements=()))
        dataset = example_dataset()
        dimensions = {**dataset.dimensions, "geography": first.base[0], "sector": first.base[1]}
        register(registry, replace(dataset, dimensions=dimensions))
        same = Mapping("one_to_one", tuple(Association(id_, id_) for id_ in COUNTIES.ids))
        submission = example_submission()
        to_county = replace(submission.mappings["geography"], mapping=same)
        register(registry, replace(submission, mappings={**submission.mappings, "geography": to_county}))
    return folder


def run_all(specs: list[Path], folder: Path) -> None:
    """Run specs in order; of datasets only what needs no data."""
    jobs: dict[str, Callable[..., Any]] = {
        "register_project": register_project,
        "register_dimensions": register_dimensions,
        "register_mappings": register_mappings,
        "submit_dataset": submit_dataset,
    }
    Registry.create(folder).close()
    for spec in specs:
        loaded = load_spec(spec)
        if loaded.job == "register_dataset":
            with Registry.open(folder, write=True) as registry:
                draft = draft_dataset(loaded.root, registry)
                register(registry, replace(draft, layout=example_dataset().layout))
        else:
            jobs[loaded.job](spec, registry=folder)


def test_everything_registers_again_to_the_same(full: Path, tmp_path: Path) -> None:
    dumped = dump({"output": str(tmp_path / "dump")}, registry=full).dump
    assert dumped.notes == ()
    *specs, bulk = dumped.specs
    listed = tomllib.loads(bulk.read_text("utf-8"))
    assert listed["job"] == "bulk"
    assert [tmp_path / "dump" / path for path in listed["specs"]] == specs
    run_all(specs, tmp_path / "second")
    with Registry.open(full) as first, Registry.open(tmp_path / "second") as second:
        for list_ in ("projects", "datasets", "dimensions", "mappings"):
            ids = [[row["id"] for row in getattr(registry, list_)()] for registry in (first, second)]
            assert ids[0] == ids[1]
        for id_ in ("conus_2022", "a_second"):
            assert second.project(id_) == first.project(id_)
            assert compare_projects(first.project(id_), second.project(id_)) == ()
        assert compare_datasets(first.dataset("comstock"), second.dataset("comstock")) == ()
        submissions = [registry.submission("conus_2022", "comstock") for registry in (first, second)]
        assert compare_submissions(*submissions) == ()
        again = dump_all(second, tmp_path / "again")
    texts = [{str(path.relative_to(each.folder)): path.read_bytes() for path in each.specs} for each in (dumped, again)]
    # The data are named where each registry keeps them.
    assert {name for name in texts[0] if texts[0][name] != texts[1].get(name)} == {"datasets/comstock/dataset.toml"}


def test_what_is_used_comes_first_and_is_named_without_a_version(full: Path, tmp_path: Path) -> None:
    dump({"output": str(tmp_path / "dump")}, registry=full)
    project = tomllib.loads((tmp_path / "dump/projects/conus_2022/project.toml").read_text("utf-8"))
    assert project["base"]["county"] == {"type": "geography", "use": "census/county"}
    assert project["supplemental"]["state"] == {
        "of": "county",
        "use": "census/state",
        "mapping": {"use": "census/county_to_state"},
    }
    assert project["time"] == {"use": "census/est"}
    dataset = tomllib.loads((tmp_path / "dump/datasets/comstock/dataset.toml").read_text("utf-8"))
    assert dataset["dimension"]["sector"] == {"name": "sector", "use": "conus_2022/sector"}
    second = tomllib.loads((tmp_path / "dump/projects/a_second/project.toml").read_text("utf-8"))
    assert second["base"]["sector"] == {"type": "sector", "use": "conus_2022/sector"}


OF_PLACES = {"kind": "datetime", "zone": "geography", "step": "1h", "interval": "period_beginning"}
A_DAY = {"start": "2018-03-11 00:00", "end": "2018-03-11 23:00", "measurement": "total"}
TIMES = {
    "local": {**OF_PLACES, **A_DAY, "clock": "standard"},
    "shown": {**OF_PLACES, **A_DAY, "clock": "prevailing"},
    "profile": {**OF_PLACES, **A_DAY, "clock": "profile", "zone": "-05:00"},
    "numbers": {**OF_PLACES, "kind": "index", "start": "2018-01-01 00:00", "last": 23, "measurement": "total"},
    "week": {**OF_PLACES, "kind": "representative", "by": ["day_of_week", "hour"], "measurement": "mean"},
    "years": {"kind": "annual", "years": ["2018", "2020"], "measurement": "total"},
    "never": {"kind": "none"},
}
TIMES["numbers"]["clock"] = "standard"


def test_times_of_all_kinds_that_datasets_share_are_used_again(tmp_path: Path) -> None:
    Registry.create(tmp_path / "first").close()
    register_dimensions({"owner": "census", "time": TIMES}, registry=tmp_path / "first")
    with Registry.open(tmp_path / "first", write=True) as registry:
        for name in TIMES:
            register(registry, replace(example_dataset(f"by_{name}"), time=registry.time(f"census/{name}")))
        dumped = dump_all(registry, tmp_path / "dump")
    assert dumped.notes == ()
    said = tomllib.loads((tmp_path / "dump/dimensions/census/dimensions.toml").read_text("utf-8"))
    assert said["time"].keys() == TIMES.keys()
    documents = {
        name: tomllib.loads((tmp_path / f"dump/datasets/by_{name}/dataset.toml").read_text("utf-8"))["time"]
        for name in TIMES
    }
    # What the files of the registry look like is said beside it.
    clocks = {"use": "census/local", "labels": "wall_clock"}
    assert documents["local"] == clocks
    assert documents["profile"] == {**clocks, "use": "census/profile"}
    assert documents["shown"] == {"use": "census/shown", "columns": {"fold": "fold"}, "labels": "wall_clock"}
    assert all(documents[name] == {"use": f"census/{name}"} for name in ("numbers", "week", "years", "never"))
    run_all(list(dumped.specs[:-1]), tmp_path / "second")
    with Registry.open(tmp_path / "first") as first, Registry.open(tmp_path / "second") as second:
        for name in TIMES:
            assert second.dataset(f"by_{name}") == first.dataset(f"by_{name}")
            node = Node(documents[name], (), Source(None, "", Path()))
            assert in_files(node, second.dataset(f"by_{name}").time) == as_stored(first.time(f"census/{name}"))


def test_a_time_whose_labels_are_in_parts_is_written_out(tmp_path: Path) -> None:
    parts = {"kind": "datetime", "zone": "-05:00", "step": "1h", "interval": "period_beginning", **A_DAY}
    parts |= {"columns": {"year": "y", "month": "m", "day": "d", "hour": "h"}}
    time = load_time(Node(parts, (), Source(None, "", Path())), "time")
    with Registry.create(tmp_path / "first") as registry:
        register(registry, replace(example_dataset("first"), time=time))
        register(registry, replace(example_dataset("second"), time=registry.time("first/time")))
        dump_all(registry, tmp_path / "dump")
    for name in ("first", "second"):
        said = tomllib.loads((tmp_path / f"dump/datasets/{name}/dataset.toml").read_text("utf-8"))["time"]
        assert load_time(Node(said, (), Source(None, "", Path())), "time") == as_stored(time)


def test_a_part_in_an_older_version_is_written_out(full: Path, tmp_path: Path) -> None:
    with Registry.open(full, write=True) as registry, registry.registration("a newer one") as registration:
        newer = Dimension("county", "geography", "county", STATES, id="", version="2.0.0")
        database = registration._database
        from dsgrid.registry.dimensions import write_dimension

        write_dimension(database, newer, "census", registration.key)
    dumped = dump({"output": str(tmp_path / "dump")}, registry=full).dump
    assert any("dimension census/county@1.0.0 becomes" in note for note in dumped.notes)
    run_all(list(dumped.specs[:-1]), tmp_path / "second")
    with Registry.open(full) as first, Registry.open(tmp_path / "second") as second:
        assert second.dimension("census/county").records == STATES
        assert compare_projects(first.project("conus_2022"), second.project("conus_2022")) == ()


def test_entries_that_need_each_other_come_all_the_same() -> None:
    def entry(name: str, uses: str) -> Entry:
        return Entry("project", name, frozenset({(name, "")}), frozenset({(uses, "")}), lambda _: None)

    entries = [entry("a", "b"), entry("b", "a"), entry("c", "d"), entry("d", "")]
    assert [each.id for each in ordered(entries)] == ["d", "c", "a", "b"]


def test_a_version_or_a_date_can_be_named(full: Path, tmp_path: Path) -> None:
    report = dump({"ids": ["conus_2022"], "at": "1.0", "output": str(tmp_path / "one")}, registry=full).report()
    assert report.endswith("one: 1 spec\n  project.toml")
    dump({"ids": ["conus_2022"], "at": "2999-01-01", "output": str(tmp_path / "two")}, registry=full)
    assert (tmp_path / "one/project.toml").read_bytes() == (tmp_path / "two/project.toml").read_bytes()
    with pytest.raises(UsageError, match="at: a version is that of one thing; write id@version for each"):
        dump({"ids": ["conus_2022", "comstock"], "at": "1", "output": str(tmp_path / "three")}, registry=full)


def test_editors_find_the_schemas_of_the_folder_around(full: Path, tmp_path: Path) -> None:
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas/register_project.schema.json").touch()
    with Registry.open(full) as registry:
        (spec,) = write_dump(registry, "conus_2022", tmp_path / "dumps" / "conus")
    assert spec.read_text("utf-8").startswith("#:schema ../../schemas/register_project.schema.json\n")
    assert not (tmp_path / "dumps/conus/schemas").exists()


def test_the_working_directory_is_not_replaced(full: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(UsageError, match="cannot be the working directory; name another"):
        dump({"ids": ["conus_2022"], "output": "."}, registry=full)


@pytest.mark.slow
def test_an_interrupted_dump_leaves_no_folder(full: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = Steps(monkeypatch)
    with steps.dying_before(None):
        dump({"output": str(tmp_path / "whole")}, registry=full)
    *names, last = steps.names
    assert last == "sync", "it only makes sure that the folder's name lasts"
    numbers = thinned(range(len(names)), 11)
    for number in numbers:
        target = tmp_path / f"dump{number}"
        with steps.dying_before(number), pytest.raises(KilledError):
            dump({"output": str(target)}, registry=full)
        assert not target.exists()
        dump({"output": str(target)}, registry=full)
    assert {path.name for path in tmp_path.iterdir()} == {"full", "whole", *(f"dump{number}" for number in numbers)}


def test_a_file_is_no_place_for_a_dump(full: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RegistryError, match="file is a file; a dump goes to a folder of its own"):
        dump({"output": str(tmp_path / "file")}, registry=full)
