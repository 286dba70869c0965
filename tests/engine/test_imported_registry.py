"""A registry of dsgrid-toolkit becomes one of ours, with its history, its ids and its data."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet
import pytest
from tests.engines import SLOW_ON_SPARK, few_on_spark
from tests.foreign_registry import ForeignRegistry
from tests.real_projects import RealProject, assert_equal_tables

from dsgrid.errors import DataError, RegistryError
from dsgrid.operations.check_registry import examine
from dsgrid.operations.copy_registry import copy_registry
from dsgrid.operations.import_registry import ImportedRegistry, import_registry
from dsgrid.operations.open_registry import open_registry
from dsgrid.registry.registry import Registry

if TYPE_CHECKING:
    from dsgrid.engine import Engine

TOTAL = 48 * 49 / 2
PROJECT = "dsgrid_conus_2022"
COUNTY = "20be0525-3b71-42aa-878e-04b09b230699"
NAMES = {"geography": "county", "metric": "end_use", "weather_year": "weather_2012", "timestamp": "time_est"}
QUERIES = {
    "derive_comstock_conus_2022_projected": (),
    "derive_resstock_conus_2022_projected": (),
    "derive_tempo_conus_2022_mapped": (),
    "electricity_use_county_max": (),
    "electricity_use_county_sum": (),
    "electricity_use_filter_results_county_base": (),
    "electricity_use_state_max": (),
    "electricity_use_state_sum": (),
    "electricity_values_base": (),
    "electricity_values_supplemental": (),
    "map_annual_time_eia861": ("electricity_unspecified",),
    "map_comstock_conus_2022_reference": (),
    "map_resstock_conus_2022_reference": (),
    "map_tempo_conus_2022": (),
    "tempo_mapping_plan_state": (),
    "total_electricity_use_with_filter": (),
}


@pytest.fixture
def foreign(tmp_path: Path) -> ForeignRegistry:
    return ForeignRegistry(tmp_path / "old")


def imported(foreign: ForeignRegistry, engine: Engine, **spec: Any) -> ImportedRegistry:
    target = foreign.folder.parent / "registry"
    return import_registry({"source": foreign.file, "target": target, **spec}, engine=engine)


def annual(registry: Path, engine: Engine, results: Path, project: str = "loads_2020") -> float:
    """Return the sum over everything that was submitted to a project."""
    spec = {
        "name": "total",
        "project": project,
        "datasets": ["loads"],
        "step": [{"function": "sum", "by": ["county"]}],
        "result": {"path": str(results), "unit": "MWh"},
    }
    found = open_registry(registry, engine=engine).query(spec).to_pandas()
    return float(found["value"].sum())


def bytes_of(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


# Small registries -----------------------------------------------------------------------------------------------------


@few_on_spark(3)
@pytest.mark.parametrize("data", ["link", "copy", "rewrite"])
def test_data_history_and_ids_come_along(foreign: ForeignRegistry, engine: Engine, tmp_path: Path, data: str) -> None:
    county = foreign.started()[0]["dimension_id"]
    before = bytes_of(foreign.folder)
    done = imported(foreign, engine, data=data, zone="America/Denver")
    assert bytes_of(foreign.folder) == before
    assert annual(done.folder, engine, tmp_path / "results", "loads_2020@1.1.0") == TOTAL
    assert examine(done.folder, checksums=True).report().startswith(f"registry {done.folder} is whole")
    with Registry.open(done.folder) as registry:
        assert [(each["submitter"], each["log_message"]) for each in registry.registrations()] == [
            ("anne", "Register project"),
            ("ben", "Register loads"),
            ("anne", "Submit loads"),
        ]
        # 10:30 in Denver, before summer time.
        assert registry.registrations()[0]["registered_at"] == "2025-03-01T17:30:00.000000Z"
        assert registry.dimension(county).id == "loads_2020/county"
        # One dimension there is one here, and the old name of a zone has the one of today.
        assert registry.dataset("loads").dimensions["geography"].id == "loads_2020/county"
        assert registry.dimension(county).records.rows[0].attributes["time_zone"] == "America/Los_Angeles"
        (file,) = (each for each in registry.dataset("loads").files if each.role == "facts")
        stored = registry.data_folder(registry.dataset("loads")) / file.path
        assert isinstance(stored, Path)
        assert stored.samefile(foreign.data / "loads/1.0.0/table.parquet") == (data == "link")
        assert (file.sha256 == before["data/data/loads/1.0.0/table.parquet"]) == (data != "rewrite")


@SLOW_ON_SPARK
def test_facts_in_another_form_are_written_anew_and_that_is_told(
    foreign: ForeignRegistry, engine: Engine, tmp_path: Path
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    foreign.started()
    path = foreign.table("loads", name="load_data.parquet")
    table = pq.read_table(path)
    path.unlink()
    (foreign.data / "loads/1.0.0/table.parquet").unlink()
    pq.write_table(table.set_column(0, "timestamp", table["timestamp"].cast(pa.timestamp("ns", "UTC"))), path)
    done = imported(foreign, engine)
    assert annual(done.folder, engine, tmp_path / "results") == TOTAL
    (said,) = (each.message for step in done.steps for each in step.remarks if "facts" in each.message)
    assert said.startswith("its facts are written anew: ")
    assert said in (done.folder / "import_report.md").read_text("utf-8")


@SLOW_ON_SPARK
def test_versions_of_datasets_and_projects_keep_their_numbers(
    foreign: ForeignRegistry, engine: Engine, tmp_path: Path
) -> None:
    base = foreign.started()
    foreign.register("More loads", "minor")
    foreign.dataset("loads", base, "1.1.0")
    foreign.table("loads", "1.1.0", factor=2)
    foreign.register("Submit them", "minor")
    foreign.project(base, [foreign.listed("loads", "Registered", "1.1.0")], "1.2.0")
    foreign.register("States")
    state = foreign.dimension(
        "geography", "state", [{"id": "CA", "name": "CA"}, {"id": "CO", "name": "CO"}], class_="State"
    )
    mapping = foreign.mapping(base[0], state, [("06037", "CA"), ("08031", "CO")])
    foreign.project(base, [foreign.listed("loads")], "2.0.0", [(state, mapping)])
    foreign.register("Submit again", "minor")
    foreign.project(base, [foreign.listed("loads", "Registered", "1.1.0")], "2.1.0", [(state, mapping)])
    done = imported(foreign, engine)
    with Registry.open(done.folder) as registry:
        assert [each["version"] for each in registry.datasets(all_versions=True)] == ["1.0.0", "1.1.0"]
        assert [each["version"] for each in registry.projects(all_versions=True)] == ["1.0.0", "2.0.0"]
        assert registry.project("loads_2020@2.1.0").version == "2.0.0"
        assert registry.mapping(mapping["mapping_id"]).id == "loads_2020/county:state"
        events = [(each.action, each.project[1], each.dataset[1]) for each in registry.history("loads_2020").events]
        assert events == [
            ("submitted", "1.0.0", "1.0.0"),
            ("submitted", "1.0.0", "1.1.0"),
            ("invalidated", "2.0.0", "1.0.0"),
            ("invalidated", "2.0.0", "1.1.0"),
            ("submitted", "2.0.0", "1.1.0"),
        ]
    assert annual(done.folder, engine, tmp_path / "new") == 2 * TOTAL
    assert annual(done.folder, engine, tmp_path / "old", "loads_2020@1.1.0") == 2 * TOTAL
    (newer,) = (one.message for step in done.steps for one in step.remarks if one.message.startswith("queries of"))
    assert newer.startswith("queries of loads_2020@1.0.0, and of all numbers that mean it, read loads@1.1.0; ")
    assert examine(done.folder).report().startswith(f"registry {done.folder} is whole")


@SLOW_ON_SPARK
def test_one_dataset_that_fails_does_not_keep_the_others_out(
    foreign: ForeignRegistry, engine: Engine, tmp_path: Path
) -> None:
    base = foreign.started()
    foreign.register("Register lost")
    foreign.dataset("lost", base)  # its data were not copied
    foreign.register("Register broken")
    foreign.add_text("dataset", "broken", "{")
    foreign.register("Register odd")
    foreign.add("dataset", "odd", {"dataset_id": "odd", "dimension_references": 7})
    foreign.table("odd")
    foreign.register("Submit lost", "minor")
    listed = [foreign.listed("loads", "Registered"), foreign.listed("lost", "Registered")]
    foreign.project(base, listed, "1.2.0")
    with pytest.raises(DataError) as raised:
        imported(foreign, engine)
    told = [each.message for each in raised.value.problems]
    assert "there are no data of dataset lost@1.0.0" in told[0]
    assert "its configuration is no JSON" in told[1]
    assert "has not the form of a configuration" in told[2]
    assert "it submits the dataset lost@1.0.0, which is not there: registration 4 could not be imported" in told[3]
    assert len(told) == 4
    target = tmp_path / "registry"
    assert annual(target, engine, tmp_path / "results", "loads_2020@1.2.0") == TOTAL
    assert examine(target).report().startswith(f"registry {target} is whole")
    assert all(each.split(": ", 1)[1] in (target / "import_report.md").read_text("utf-8") for each in told)


@SLOW_ON_SPARK
def test_what_a_failed_registration_submitted_is_submitted_with_the_next(
    foreign: ForeignRegistry, engine: Engine, tmp_path: Path
) -> None:
    base = foreign.started()
    foreign.add_text("dimension", "broken", "{")  # of the registration that submits
    foreign.register("Next", "minor")
    foreign.project(base, [foreign.listed("loads", "Registered")], "1.2.0")
    with pytest.raises(DataError, match=r"registration 3 \(project loads_2020@1.1.0\) was not imported: .* no JSON"):
        imported(foreign, engine)
    target = tmp_path / "registry"
    assert annual(target, engine, tmp_path / "results", "loads_2020@1.2.0") == TOTAL
    with Registry.open(target) as registry:
        (each,) = registry.submissions()
        assert each["registered_at"] == registry.registrations()[-1]["registered_at"]


@SLOW_ON_SPARK
def test_what_was_removed_there_is_told_and_stops_nothing(
    foreign: ForeignRegistry, engine: Engine, tmp_path: Path
) -> None:
    base = foreign.started()
    foreign.register("Submit gone", "minor")
    foreign.project(base, [foreign.listed("loads", "Registered"), foreign.listed("gone", "Registered")], "1.2.0")
    foreign.execute("INSERT INTO contains (parent_id, child_id) VALUES (1, 999)")
    done = imported(foreign, engine)
    assert any("gone@1.0.0, which is not in the registry any more" in each.message for each in done.steps[-1].remarks)
    assert "1 links of its database lead to what was removed" in done.report()
    assert annual(done.folder, engine, tmp_path / "results") == TOTAL


@SLOW_ON_SPARK
def test_dimensions_and_mappings_of_their_own_come_along_with_their_versions(
    foreign: ForeignRegistry, engine: Engine
) -> None:
    foreign.register("Shared")
    county = foreign.dimension("geography")
    state = foreign.dimension(
        "geography", "state", [{"id": "CA", "name": "CA"}, {"id": "CO", "name": "CO"}], class_="State"
    )
    mapping = foreign.mapping(county, state, [("06037", "CA"), ("08031", "CO")])
    time = foreign.dimension("time")
    foreign.register("Rename", "patch")
    renamed = [{"id": "CA", "name": "California"}, {"id": "CO", "name": "Colorado"}]
    foreign.dimension("geography", "state", renamed, "1.0.1", state["dimension_id"], class_="State")
    done = imported(foreign, engine)
    with Registry.open(done.folder) as registry:
        assert registry.dimension(county["dimension_id"]).id == "shared/county"
        assert registry.time(time["dimension_id"]).id == "shared/time_utc"
        assert registry.mapping(mapping["mapping_id"]).id == "shared/county:state"
        names = [
            registry.dimension(f"{state['dimension_id']}@{version}").records.rows[0].name
            for version in ("1.0.0", "1.0.1")
        ]
        assert names == ["CA", "California"]


@SLOW_ON_SPARK
def test_a_link_that_leads_nowhere_any_more_is_told(
    foreign: ForeignRegistry, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign.started()

    def refuse(*_: object, **__: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    with monkeypatch.context() as patched:
        patched.setattr(os, "link", refuse)
        done = imported(foreign, engine)
    assert "symbolic links" in (done.folder / "import_report.md").read_text("utf-8")
    assert annual(done.folder, engine, tmp_path / "results") == TOTAL
    # A copy holds the bytes themselves.
    copy_registry({"target": str(tmp_path / "copy")}, registry=done.folder)
    shutil.rmtree(foreign.folder)
    assert annual(tmp_path / "copy", engine, tmp_path / "others") == TOTAL
    with pytest.raises(RegistryError, match=r"the file is missing: it is a link to .*/old/.*not there any more"):
        annual(done.folder, engine, tmp_path / "again")
    with pytest.raises(RegistryError, match="it is a link to"):
        examine(done.folder).raise_problems()


@SLOW_ON_SPARK
def test_an_interrupted_import_leaves_no_registry_and_is_made_anew(
    foreign: ForeignRegistry, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign.started()

    def interrupt(*_: object) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("dsgrid.operations.import_registry.markdown_report", interrupt)
        with pytest.raises(KeyboardInterrupt):
            imported(foreign, engine)
    assert not (tmp_path / "registry").exists()
    assert annual(imported(foreign, engine).folder, engine, tmp_path / "results") == TOTAL
    with pytest.raises(RegistryError, match="is not empty"):
        imported(foreign, engine)


# The real one ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def std(shared: Path) -> RealProject:
    return RealProject.read(shared, "std", "std/project")


@pytest.fixture(scope="module")
def real(shared: Path, engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> ImportedRegistry:
    source = shared / "data/existing-registry"
    target = tmp_path_factory.mktemp("imported") / "registry"
    return import_registry({"source": source, "target": target}, engine=engine)


@SLOW_ON_SPARK
def test_a_real_registry_comes_along_whole(
    shared: Path, std: RealProject, engine: Engine, real: ImportedRegistry, tmp_path: Path
) -> None:
    assert dict(real.counts) == {
        "projects": 1, "datasets": 9, "submissions": 9, "dimensions": 88, "mappings": 34,
    }  # fmt: skip
    with Registry.open(real.folder) as registry:
        assert len(registry.registrations()) == 19
        assert {each["submitter"] for each in registry.registrations()} == {"modeller"}
        assert registry.registrations()[-1]["registered_at"] == "2026-11-22T16:10:05.549368Z"
        assert registry.dimension(COUNTY).id == f"{PROJECT}/county"
        assert registry.project(f"{PROJECT}@1.9.0").version == "1.0.0"
        # Its files have years besides the model years. Nothing reads them here, and no spec of a dump would know them.
        sales = registry.dataset("eia_861_annual_energy_use_state_sector")
        (file,) = (each for each in sales.files if each.role == "facts")
        with (registry.data_folder(sales) / file.path).open("rb") as facts:
            assert "time_year" not in pyarrow.parquet.read_schema(facts).names
        # Everything but the datasets and the first version of the project, which are called so here, too.
        assert real.aliases == 141 - 10
    name = "electricity_use_county_sum"
    opened = open_registry(real.folder, engine=engine)
    assert_equal_tables(opened.query(std.query_spec(name, tmp_path)), std.wanted(name))


@pytest.mark.slow
@pytest.mark.parametrize("data", ["link", "copy", "rewrite"])
def test_queries_of_a_real_registry_give_the_results_of_the_existing_system(
    shared: Path, std: RealProject, engine: Engine, tmp_path: Path, data: str
) -> None:
    source = shared / "data/existing-registry"
    before = bytes_of(source)
    done = import_registry({"source": source, "target": tmp_path / "registry", "data": data}, engine=engine)
    assert bytes_of(source) == before
    opened = open_registry(done.folder, engine=engine)
    for name, values in QUERIES.items():
        wanted = std.wanted(name)
        if name.startswith("derive_"):
            wanted = wanted.rename(columns=NAMES)
        found = opened.query(std.query_spec(name, tmp_path / "results"))
        assert_equal_tables(found, wanted, values or ("value",))
