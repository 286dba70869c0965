"""Every configuration of the real input: it becomes a valid spec, or says what is not supported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.real_projects import written_query

from dsgrid.errors import DsgridError
from dsgrid.importers.dataset import dataset
from dsgrid.importers.document import Entry, read
from dsgrid.importers.metadata import DATASET_KEYS
from dsgrid.importers.project import project
from dsgrid.importers.query import query
from dsgrid.importers.submission import submission
from dsgrid.importers.translation import Translation
from dsgrid.importers.write import write
from dsgrid.spec.load import load_spec
from dsgrid.time.load import load_time

PROJECTS = {"std": "std/project", "efs": "efs/test_efs/dsgrid_project", "full": "standard-scenarios-full"}

# What the configurations themselves get wrong: files that are not there, and datasets that their project dropped.
FAULTS = ("does not exist", "the project lists no dataset", "no file load_data.parquet")

# Datasets by the folder of their configuration.
EFS = {"comstock", "comstock_unpivoted", "comstock_time_in_parts"}
STANDARD_SCENARIOS = {
    *("comstock", "resstock", "tempo"),
    *("dsgrid_efs_2012_distributed_generation", "dsgrid_efs_2012_dpv", "dsgrid_efs_2012_losses"),
    *("dsgrid_efs_historical_2012_conus_load_shapes", "eia_861_annual_energy_use_state_sector"),
}
DERIVED = {"comstock_conus_2022_projected", "resstock_conus_2022_projected", "tempo_conus_2022_mapped"}
GROWTH = {"End_Use_Growth_Factors", "Growth_Factors"}
VALID = {"efs": EFS, "std": STANDARD_SCENARIOS | GROWTH | DERIVED, "full": STANDARD_SCENARIOS | GROWTH}
# All that is left: counts whose records were never published.
REFUSED = {"efs": set(), "std": {"counts"}, "full": {"counts"}}
# Queries of what is projected; others ask what was made of them and registered.
WRITTEN_AS_ASKED = (
    *("derive_comstock_conus_2022_projected", "derive_resstock_conus_2022_projected"),
    *("derive_tempo_conus_2022_mapped", "electricity_values_base", "electricity_values_supplemental"),
)


def _project(shared: Path, name: str) -> Entry:
    return read(shared / "data" / PROJECTS[name] / "project.json5")


def _assert_valid(translation: Translation, folder: Path) -> None:
    loaded = load_spec(translation.spec)
    assert loaded.job == translation.job
    if "kind" in translation.spec.get("time", {}):
        assert load_time(loaded.root["time"], of_dataset=loaded.job == "register_dataset").kind
    written = load_spec(write(translation, folder))
    assert written.root.value.keys() == translation.spec.keys()


def _assert_known(error: DsgridError) -> None:
    unexpected = [
        problem
        for problem in error.problems
        if not problem.message.startswith("not supported: ") and not any(fault in problem.message for fault in FAULTS)
    ]
    assert unexpected == []


@pytest.mark.parametrize("name", PROJECTS)
def test_projects_become_valid_specs(shared: Path, tmp_path: Path, name: str) -> None:
    _assert_valid(project(_project(shared, name)), tmp_path)


@pytest.mark.parametrize("name", PROJECTS)
def test_datasets_become_valid_specs(shared: Path, tmp_path: Path, name: str) -> None:
    valid, refused = set(), set()
    for file in sorted(_project(shared, name).file.parent.glob("datasets/**/dataset.json5")):
        try:
            _assert_valid(dataset(read(file)), tmp_path)
            valid.add(file.parent.name)
        except DsgridError as error:
            _assert_known(error)
            refused.add(file.parent.name)
    assert (valid, refused) == (VALID[name], REFUSED[name])


@pytest.mark.parametrize("name", PROJECTS)
def test_mappings_become_valid_specs_with_the_rules_of_time(shared: Path, tmp_path: Path, name: str) -> None:
    document = _project(shared, name)
    times = {}
    for file in sorted(document.file.parent.glob("datasets/**/dimension_mappings.json5")):
        configuration = read(file.parent / "dataset.json5")
        try:
            translation = submission(document, configuration["dataset_id"].value, read(file), configuration)
            _assert_valid(translation, tmp_path)
            times[file.parent.name] = translation.spec.get("mapping", {}).get("time")
        except DsgridError as error:
            _assert_known(error)
    assert set(times) >= ({"comstock", "comstock_unpivoted"} if name == "efs" else {"comstock", "resstock", "tempo"})
    # Of real datasets only annual ones need a word.
    assert {each: rules for each, rules in times.items() if rules} == (
        {} if name == "efs" else {"eia_861_annual_energy_use_state_sector": {"spread": "flat"}}
    )


def test_times_of_the_real_datasets_are_what_their_descriptions_say(shared: Path) -> None:
    def times(name: str, folder: str) -> dict[str, object]:
        return dataset(read(_project(shared, name).file.parent / "datasets" / folder / "dataset.json5")).spec["time"]

    tempo = times("std", "modeled/tempo")
    assert (tempo["by"], tempo["zone"]) == (["month", "day_of_week", "hour"], "project_geography")
    eia = times("full", "historical/eia_861_annual_energy_use_state_sector")
    assert (eia["kind"], eia["start"], eia["end"], eia["year_of"]) == ("annual", "2010", "2020", "model_year")
    parts = times("efs", "modeled/comstock_time_in_parts")
    assert list(parts["columns"]) == ["year", "month", "day", "hour"]
    assert (parts["zone"], parts["interval"]) == ("-05:00", "period_ending")


def test_other_forms_of_the_efs_datasets_become_valid_specs(shared: Path, tmp_path: Path) -> None:
    folder = _project(shared, "efs").file.parent / "datasets/modeled"
    for name in (
        "comstock/dataset_expected_and_missing",
        "comstock_time_in_parts/dataset_full_missing",
        "comstock_unpivoted/dataset_missing_all",
    ):
        _assert_valid(dataset(read(folder / f"{name}.json5")), tmp_path)
    translation = dataset(read(folder / "comstock/dataset_with_dimension_ids.json5"))
    assert translation.spec["time"]["use"].startswith("Time-2012-EST-hourly-periodEnding")
    _assert_valid(translation, tmp_path)


def test_a_project_of_registered_dimensions_becomes_a_valid_spec(shared: Path, tmp_path: Path) -> None:
    found = read(_project(shared, "efs").file.parent / "project_with_dimension_ids.json5")
    own = {key: value for key, value in found["dimensions"].value.items() if not key.startswith("supplemental")}
    translation = project(Entry({**found.value, "dimensions": own}, found.file))
    assert translation.spec["time"]["use"].startswith("Time-2012-EST-hourly-periodBeginning")
    _assert_valid(translation, tmp_path)


def test_a_benchmark_has_years_of_its_own(shared: Path, tmp_path: Path) -> None:
    folder = shared / "data/aeo/test_aeo/dsgrid_project/datasets/benchmark"
    translation = dataset(read(folder / "Commercial_End_Uses/dataset.json5"))
    _assert_valid(translation, tmp_path)
    # Its one model year is called by all of them.
    assert "year_of" not in translation.spec["time"]
    growth = dataset(read(folder / "Commercial_End_Use_Growth_Factors/dataset.json5"))
    _assert_valid(growth, tmp_path)
    assert growth.spec["dataset"]["qualifier"] == "annual_growth_rate"
    assert growth.spec["dimension"]["metric"]["class"] == "growth_rate"


@pytest.mark.parametrize("name", PROJECTS)
def test_what_real_datasets_say_for_people_is_all_there(shared: Path, name: str) -> None:
    def texts(value: Any) -> set[str]:
        values = value if isinstance(value, list) else value.values() if isinstance(value, dict) else None
        return {str(value).strip()} if values is None else {text for each in values for text in texts(each)}

    moved = {"Dec 21 2021": "2021-12-21", "exponential_annual": "annual_growth_rate"}
    for file in sorted(_project(shared, name).file.parent.glob("datasets/**/dataset.json5")):
        if file.parent.name in REFUSED[name]:
            continue
        document = read(file).value
        fields = {key: document.get(key) for key in DATASET_KEYS if document.get(key)}
        fields.get("dataset_qualifier_metadata", {}).pop("dataset_qualifier_type", None)
        kept = texts(dataset(read(file)).spec["dataset"])
        assert {moved.get(text, text) for text in texts(fields)} - kept == set(), file


@pytest.mark.parametrize(("name", "number"), [("std", 19), ("efs", 8)])
def test_queries_become_valid_specs(shared: Path, tmp_path: Path, name: str, number: int) -> None:
    document = _project(shared, name)
    files = sorted((shared / "expected" / name).glob("*/query.json*"))
    for file in files:
        _assert_valid(query(read(file), document, tmp_path / "results"), tmp_path)
    assert len({file.parent for file in files}) == number


@pytest.mark.parametrize("name", WRITTEN_AS_ASKED)
def test_a_query_with_projections_becomes_the_spec_that_is_written_by_hand(
    shared: Path, tmp_path: Path, name: str
) -> None:
    found = query(read(shared / "expected/std" / name / "query.json5"), _project(shared, "std"), tmp_path).spec
    written = written_query(name, tmp_path)
    for spec in (found, written):
        # The name of a derived dataset's query is that of the dataset.
        del spec["name"]
        assert spec["result"].pop("format", "parquet") == "parquet"
        for test in spec.get("where", ()):
            if len(test.get("in", ())) == 1:
                (test["equals"],) = test.pop("in")
    assert found == written


def test_the_full_project_is_translated_in_seconds_with_every_county(shared: Path) -> None:
    spec = project(_project(shared, "full")).spec
    assert len(spec["base"]["county"]["records"]) == 3108
    assert spec["time"]["zone"] == "-05:00"
