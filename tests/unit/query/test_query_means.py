"""Temperatures, shares and the like: only means whose weights are all there come out of a query."""

from __future__ import annotations

from dataclasses import replace

import pytest
from reference.example import COUNTIES, dataset, plan_of, project, records
from reference.stored import Stored

from dsgrid.dimensions.dimension import Dimension, Supplemental
from dsgrid.dimensions.mapping import Association, Mapping
from dsgrid.errors import SpecError
from dsgrid.registry.model import Project, TypeMapping

BY_REGION = '[[step]]\nfunction = "sum"\nby = ["region", "end_use", "building_type", "time_mst"]\n'
BY_COUNTY = BY_REGION.replace("region", "county")
IN_CALIFORNIA = '[[where]]\ndimension = "county"\nattribute = "state"\nequals = "CA"\n'


def _climate() -> Project:
    """The example project with temperatures, and a region whose temperature is a mean of its counties."""
    metric = Dimension("end_use", "metric", "weather_variable", records("temperature", unit=("degC",)))
    region = Supplemental(
        Dimension("region", "geography", "geography", records("west")),
        "county",
        _mapping("many_to_one_assignment", ("06037", "west", 0.5), ("06073", "west", 0.25), ("36061", "west", 0.25)),
    )
    of = project(metric, subsets=())
    return replace(of, supplemental=(*of.supplemental, region))


def _mapping(kind: str, *rows: tuple[str, str, float]) -> Mapping:
    return Mapping(kind, tuple(Association(*row) for row in rows))


def _mapped(of: Project, mapping: Mapping) -> Stored:
    """Return a dataset whose geography a, b, c is mapped to counties."""
    stored = dataset(of)
    ids = dict(zip(COUNTIES.records.ids, "abc", strict=True))
    tracts = replace(COUNTIES, name="tract", records=records(*ids.values()))
    mappings = {**stored.submission.mappings, "geography": TypeMapping("county", mapping)}
    return replace(
        stored,
        dataset=replace(stored.dataset, dimensions={**stored.dataset.dimensions, "geography": tracts}),
        submission=replace(stored.submission, mappings=mappings),
        facts=stored.facts.assign(geography=stored.facts["geography"].map(ids)),
    )


def _refusal(text: str, of: Project, *stored: Stored) -> str:
    with pytest.raises(SpecError) as caught:
        plan_of(text, *stored, of=of)
    (problem,) = caught.value.problems
    return problem.message


def test_a_mean_with_all_of_its_parts_is_answered() -> None:
    plan_of(BY_REGION, of=_climate())


def test_a_mean_whose_part_is_filtered_out_is_refused() -> None:
    assert _refusal(IN_CALIFORNIA + BY_REGION, _climate()) == (
        'values of "end_use" (weather_variable) do not add up, so the weights of what becomes one value have to sum to '
        "1, but for region=west, building_type=house, end_use=temperature they sum to 0.75: parts of the mean are "
        "missing or filtered out (2 of 2 combinations)"
    )


def test_a_mean_whose_part_has_no_data_is_refused_for_the_combinations_that_lack_it() -> None:
    stored = dataset(_climate())
    absent = (stored.facts["geography"] == "36061") & (stored.facts["subsector"] == "flat")
    message = _refusal(BY_REGION, _climate(), replace(stored, facts=stored.facts[~absent]))
    assert "building_type=flat" in message
    assert message.endswith("(1 of 2 combinations)")


def test_parts_of_a_mean_may_come_from_two_datasets() -> None:
    of = _climate()
    plan_of(
        BY_REGION, dataset(of, "south", counties=("06037", "06073")), dataset(of, "north", counties=("36061",)), of=of
    )


@pytest.mark.parametrize("text", ["", BY_COUNTY])
def test_a_dataset_whose_mapping_adds_temperatures_up_is_refused(text: str) -> None:
    rows = (("a", "06037", 1.0), ("b", "06037", 1.0), ("c", "36061", 1.0))
    of = _climate()
    message = _refusal(text, of, _mapped(of, _mapping("many_to_one_aggregation", *rows)))
    assert "they sum to 2: values would be added up" in message
    assert "county=06037" in message


def test_a_dataset_whose_mapping_splits_temperatures_is_refused() -> None:
    of = _climate()
    rows = (("a", "06037", 0.4), ("a", "06073", 0.6), ("b", "36061", 1.0))
    assert "they sum to 0.4" in _refusal("", of, _mapped(of, _mapping("one_to_many_disaggregation", *rows)))


@pytest.mark.parametrize(
    ("kind", "rows"),
    [
        ("many_to_one_assignment", (("a", "06037", 0.3), ("b", "06037", 0.7), ("c", "36061", 1.0))),
        ("duplication", (("a", "06037", 1.0), ("a", "06073", 1.0), ("b", "36061", 1.0))),
        ("one_to_one_explicit_multipliers", (("a", "06037", 1.1), ("b", "06073", 0.9), ("c", "36061", 0.0))),
    ],
)
def test_a_dataset_may_be_averaged_copied_and_scaled(kind: str, rows: tuple[tuple[str, str, float], ...]) -> None:
    of = _climate()
    plan_of(BY_COUNTY, _mapped(of, _mapping(kind, *rows)), of=of)


def test_overlapping_temperatures_are_not_added_up_even_when_asked() -> None:
    of = _climate()
    assert "they sum to 2" in _refusal('overlap = "sum"\n', of, dataset(of, "one"), dataset(of, "other"))
