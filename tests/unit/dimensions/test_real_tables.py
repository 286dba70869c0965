"""Record and mapping tables of an existing project, as they are."""

from pathlib import Path

import pytest

from dsgrid.dimensions.kinds import check_mapping
from dsgrid.dimensions.load import load_dimension, load_mapping, load_subset
from dsgrid.dimensions.matrix import compose, from_mapping, row_sums
from dsgrid.errors import DataError
from dsgrid.spec.node import Node, Source

ROLL_UP = "dimension_mappings/base_to_supplemental/lookup_county_to_{}"


@pytest.fixture(scope="module")
def project(shared: Path) -> Path:
    return shared / "data/std/project"


def dimension(project: Path, file: str, class_: str, type_: str):
    node = Node({"class": class_, "records": f"dimensions/{file}.csv"}, (), Source(None, "", project))
    return load_dimension(node, class_, type_)


def mapping(project: Path, file: str, kind: str):
    return load_mapping(Node({"kind": kind, "records": f"{file}.csv"}, (), Source(None, "", project)))


@pytest.mark.parametrize(
    ("file", "class_"),
    [("states", "state"), ("census_divisions", "census_division"), ("census_regions", "census_region")],
)
def test_county_roll_ups_conserve_every_county(project, file, class_):
    county = dimension(project, "counties", "county", "geography")
    target = dimension(project, f"supplemental/{file}", class_, "geography")
    name = class_.replace("_", "")
    found = mapping(project, ROLL_UP.format(name), "many_to_one_aggregation")
    assert check_mapping(found, county.records.ids, target.records.ids) == ()
    assert row_sums(from_mapping(found)) == dict.fromkeys(county.records.ids, 1.0)


@pytest.mark.parametrize(
    ("base", "class_", "type_", "file", "selectors"),
    [
        ("enduses", "energy_end_use", "metric", "end_uses_by_fuel_type", 2),
        ("sectors", "sector", "sector", "sectors", 3),
        ("subsectors", "subsector", "subsector", "subsectors_by_sector", 3),
    ],
)
def test_selector_tables_are_read_as_they_are(project, base, class_, type_, file, selectors):
    node = Node({"selectors": f"dimensions/subset/{file}.csv"}, (), Source(None, "", project))
    whole = dimension(project, base, class_, type_)
    found = load_subset(node, file, whole)
    assert len(found.selectors) == selectors
    assert all(selector.ids for selector in found.selectors)


def test_a_dataset_s_counties_compose_with_the_project_s_states(project):
    datasets = "datasets/modeled/comstock/dimension_mappings"
    own = from_mapping(mapping(project, f"{datasets}/own_county_to_county", "one_to_one"))
    states = from_mapping(mapping(project, ROLL_UP.format("state"), "many_to_one_aggregation"))
    found = compose(own, states)
    assert found.sources == own.sources
    assert set(found.targets) <= set(states.targets)


def test_growth_rates_are_no_energy(project):
    folder = "datasets/modeled/aeo2021_reference/commercial/End_Use_Growth_Factors/dimensions"
    values = {"class": "energy_end_use", "records": f"{folder}/aeo2021_commercial_energy_enduses.csv"}
    with pytest.raises(DataError, match='factors without a unit are of class "growth_rate"'):
        load_dimension(Node(values, (), Source(None, "", project)), "x", "metric")
    assert load_dimension(Node({**values, "class": "growth_rate"}, (), Source(None, "", project)), "x", "metric")
