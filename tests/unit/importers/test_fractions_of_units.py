"""Fractions that convert units do so no longer, as units are converted by themselves here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dsgrid.dimensions.units import factor
from dsgrid.errors import SpecError
from dsgrid.importers.dataset import dataset
from dsgrid.importers.document import Entry
from dsgrid.importers.submission import submission
from dsgrid.importers.translation import Translation
from dsgrid.spec.load import load_spec

from .conftest import DATASET, PROJECT, Make

PROJECT_UNITS = {"fans": "MWh", "cooling": "kWh"}


def _submitted(
    project_file: Make, dataset_file: Make, repository: Path, units: dict[str, str], rows: str | None, **changes: Any
) -> Translation:
    own = "".join(f"{id_},{id_},electricity,{unit}\n" for id_, unit in units.items())
    (repository / "own.csv").write_text(f"id,name,fuel_id,unit\n{own}")
    others = [entry for entry in DATASET["dimensions"] if entry["type"] != "metric"]
    metric = next(entry for entry in DATASET["dimensions"] if entry["type"] == "metric") | {"file": "own.csv"}
    configuration = dataset_file(dimensions=[*others, metric], **{"enable_unit_conversion": False, **changes})
    mappings = None
    if rows is not None:
        (repository / "m.csv").write_text(f"from_id,to_id,from_fraction\n{rows}")
        mapping = {"dimension_type": "metric", "file": "m.csv", "mapping_type": "many_to_many_explicit_multipliers"}
        mappings = Entry({"mappings": [mapping]}, repository / "dimension_mappings.json5")
    translation = submission(project_file(), "offices", mappings, configuration)
    load_spec(translation.spec)
    return translation


def test_the_fraction_times_the_conversion_is_the_fraction_that_there_was(
    project_file: Make, dataset_file: Make, repository: Path
) -> None:
    units = {"vent": "kWh", "gas": "therm", "chill": "kWh"}
    given = {("vent", "fans"): 0.001, ("gas", "fans"): 0.0293, ("chill", "cooling"): 0.5, ("gas", "cooling"): 2.0}
    rows = "".join(f"{source},{target},{fraction}\n" for (source, target), fraction in given.items()) + "vent,,0.5\n"
    translation = _submitted(project_file, dataset_file, repository, units, rows)
    records = translation.spec["mapping"]["metric"]["records"]
    ours = {
        (one["from"], one["to"]): one["fraction"] * factor(units[one["from"]], PROJECT_UNITS[one["to"]])
        for one in records
        if one["to"]
    }
    assert ours == pytest.approx(given)
    assert records[-1] == {"from": "vent", "to": "", "fraction": 0.5}
    assert records[0]["fraction"] == pytest.approx(1)
    (remark,) = [one for one in translation.remarks if "converted units" in one.message]
    assert (remark.kind, remark.target) == ("changed", ("mapping", "metric", "records"))
    assert remark.message.startswith("3 fractions")


def test_fractions_between_equal_units_stay_in_their_file(
    project_file: Make, dataset_file: Make, repository: Path
) -> None:
    translation = _submitted(project_file, dataset_file, repository, {"fans": "MWh"}, "fans,fans,0.5\n")
    assert translation.spec["mapping"]["metric"]["records"] == str(repository / "m.csv")


def test_without_a_mapping_units_that_differ_stay_unconverted(
    project_file: Make, dataset_file: Make, repository: Path
) -> None:
    translation = _submitted(project_file, dataset_file, repository, {"fans": "kWh", "cooling": "kWh"}, None)
    assert translation.spec["mapping"]["metric"] == {
        "kind": "one_to_one_explicit_multipliers",
        "records": [
            {"from": "fans", "to": "fans", "fraction": pytest.approx(1000)},
            {"from": "cooling", "to": "cooling", "fraction": 1.0},
        ],
    }
    same = _submitted(project_file, dataset_file, repository, PROJECT_UNITS, None)
    assert "mapping" not in same.spec


def test_the_units_are_those_of_the_base_dimension_that_a_registry_names(
    project_file: Make, dataset_file: Make, repository: Path
) -> None:
    (repository / "own.csv").write_text("id,name,fuel_id,unit\nfans,fans,electricity,kWh\n")
    others = [entry for entry in DATASET["dimensions"] if entry["type"] != "metric"]
    metric = next(entry for entry in DATASET["dimensions"] if entry["type"] == "metric") | {"file": "own.csv"}
    configuration = dataset_file(dimensions=[*others, metric], enable_unit_conversion=False)
    bases = PROJECT["dimensions"]["base_dimensions"]
    base = next(entry for entry in bases if entry["type"] == "metric")
    rows = [{"id": "fans", "name": "fans", "fuel_id": "electricity", "unit": "GWh"}]
    other = {key: value for key, value in base.items() if key != "file"} | {"name": "in_gwh", "records": rows}
    dimensions = PROJECT["dimensions"] | {"base_dimensions": [*bases, other]}
    listed = [{"dataset_id": "offices", "base_dimension_names": {"metric": "in_gwh"}}]
    spec = submission(project_file(dimensions=dimensions, datasets=listed), "offices", None, configuration).spec
    assert spec["mapping"]["metric"]["to"] == "in_gwh"
    assert spec["mapping"]["metric"]["records"] == [{"from": "fans", "to": "fans", "fraction": pytest.approx(1e6)}]


@pytest.mark.parametrize("unit", ["vehicles", "kW"])
def test_units_that_do_not_convert_are_refused_with_what_to_do(
    project_file: Make, dataset_file: Make, repository: Path, unit: str
) -> None:
    with pytest.raises(
        SpecError, match=f'values of "cars" in "{unit}" .* give this record of the dataset the unit "MWh"'
    ):
        _submitted(project_file, dataset_file, repository, {"cars": unit}, "cars,fans,0.3\n")


def test_rates_of_growth_have_no_units_to_convert(project_file: Make, dataset_file: Make, repository: Path) -> None:
    growth = {"dataset_qualifier_type": "growth_rate", "growth_rate_type": "exponential_annual"}
    translation = _submitted(
        project_file, dataset_file, repository, {"rate": "kWh"}, "rate,fans,1\n", dataset_qualifier_metadata=growth
    )
    assert translation.spec["mapping"]["metric"]["records"] == str(repository / "m.csv")


def test_a_dataset_that_turns_conversion_off_is_told_where_it_went(dataset_file: Make) -> None:
    translation = dataset(dataset_file(enable_unit_conversion=False))
    (remark,) = [one for one in translation.remarks if one.key == "enable_unit_conversion"]
    assert (remark.kind, remark.target) == ("changed", ("dimension", "metric"))


def test_the_units_of_a_registered_metric_are_not_known(
    project_file: Make, dataset_file: Make, repository: Path
) -> None:
    others = [entry for entry in DATASET["dimensions"] if entry["type"] != "metric"]
    reference = {"name": "own_end_use", "type": "metric", "version": "1.0.0"}
    configuration = dataset_file(
        dimensions=others,
        dimension_references=[*DATASET["dimension_references"], reference],
        enable_unit_conversion=False,
    )
    with pytest.raises(SpecError, match="the metric of the dataset is registered already"):
        submission(project_file(), "offices", None, configuration)
