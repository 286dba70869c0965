import pytest

from dsgrid.dimensions.additivity import additivity
from dsgrid.dimensions.automatic import automatic_supplementals
from dsgrid.dimensions.classes import RECORD_CLASSES, classes_of, plain_class
from dsgrid.dimensions.dimension import Dimension, Selector, Subset
from dsgrid.dimensions.kinds import check_mapping
from dsgrid.dimensions.mapping import Association
from dsgrid.dimensions.records import Record, Records
from dsgrid.dimensions.types import PLURAL, RECORD_TYPES
from dsgrid.errors import SpecError


def dimension(name: str, type_: str, record_class: str, *ids: str) -> Dimension:
    return Dimension(name, type_, record_class, Records(tuple(Record(id_, id_) for id_ in ids)))


COUNTY = dimension("county", "geography", "county", "06037", "36005")
END_USE = dimension("end_use", "metric", "energy_end_use", "cooling", "heating", "lost")
FUELS = Subset(
    "end_uses_by_fuel",
    "end_use",
    (
        Selector("electricity", ("cooling", "heating"), "Electricity", {"unit": "MWh"}),
        Selector("gas", ("heating",), "", {"unit": "MBtu"}),
    ),
)


def test_every_type_but_metric_has_an_all_in_one():
    types = [dimension(type_, type_, type_, "a") for type_ in RECORD_TYPES if type_ != "metric"]
    found = automatic_supplementals((*types, END_USE))
    assert [supplemental.dimension.name for supplemental in found] == [
        f"all_{plural}" for type_, plural in PLURAL.items() if type_ != "metric"
    ]


def test_the_all_in_one_aggregates_every_base_record():
    (found,) = automatic_supplementals((COUNTY,))
    assert found.of == "county"
    assert found.dimension.records.rows == (Record("all_geographies", "All Geographies"),)
    assert check_mapping(found.mapping, COUNTY.records.ids, found.dimension.records.ids) == ()
    assert found.mapping.kind == "many_to_one_aggregation"


def test_two_bases_of_a_type_have_one_all_in_one_each():
    found = automatic_supplementals((COUNTY, dimension("state", "geography", "state", "CA")))
    assert [s.dimension.name for s in found] == ["all_geographies_of_county", "all_geographies_of_state"]


def test_a_subset_becomes_a_supplemental_of_its_selectors():
    (found,) = automatic_supplementals((END_USE,), [(FUELS, True, "")])
    assert (found.dimension.name, found.dimension.record_class, found.of) == (
        "end_uses_by_fuel",
        "energy_end_use",
        "end_use",
    )
    assert found.dimension.records.rows == (
        Record("electricity", "Electricity", {"unit": "MWh"}),
        Record("gas", "gas", {"unit": "MBtu"}),
    )
    # A record in two selectors counts in both, one in none is dropped.
    assert set(found.mapping.associations) == {
        Association("cooling", "electricity"),
        Association("heating", "electricity"),
        Association("heating", "gas"),
        Association("lost", None),
    }
    assert check_mapping(found.mapping, END_USE.records.ids, found.dimension.records.ids) == ()


def test_a_subset_that_does_not_want_a_supplemental_has_none():
    assert automatic_supplementals((END_USE,), [(FUELS, False, "")]) == ()


def test_selectors_of_counties_are_no_counties():
    coast = Subset("coasts", "county", (Selector("west", ("06037",)),))
    found = automatic_supplementals((COUNTY,), [(coast, True, "")])[-1]
    assert found.dimension.record_class == "geography"
    assert automatic_supplementals((COUNTY,), [(coast, True, "state")])[-1].dimension.record_class == "state"


def test_a_selector_of_metrics_needs_a_unit():
    subset = Subset("fuels", "end_use", (Selector("electricity", ("cooling",)),))
    with pytest.raises(SpecError) as error:
        automatic_supplementals((END_USE,), [(subset, True, "")])
    assert str(error.value).startswith(
        'subset.fuels.attributes.electricity: selector "electricity" has no unit, so it cannot be a record of'
    )


def test_a_class_of_another_type_is_refused():
    with pytest.raises(SpecError, match='no class "county" of metric'):
        automatic_supplementals((END_USE,), [(FUELS, True, "county")])


# -- classes and additivity


def test_every_metric_class_requires_a_unit_and_no_other_class_does():
    assert all(("unit" in found.required) == (found.type == "metric") for found in RECORD_CLASSES.values())
    assert all(RECORD_CLASSES[plain_class(type_)].required == () for type_ in RECORD_TYPES if type_ != "metric")
    assert plain_class("metric") is None


@pytest.mark.parametrize(
    ("record_class", "unit", "categories", "time"),
    [
        ("energy_end_use", "kWh", True, True),
        ("energy_end_use", None, True, True),
        ("energy_end_use", "kW", True, False),
        ("energy_service_demand", "", True, True),
        ("population", "", True, False),
        ("stock", "", True, False),
        ("stock_share", "", False, False),
        ("weather_variable", "degC", False, False),
        ("growth_rate", "", False, False),
        ("energy_intensity", "kWh", False, False),
    ],
)
def test_what_may_be_summed(record_class, unit, categories, time):
    found = additivity(record_class, unit)
    assert (found.over_categories, found.over_time) == (categories, time)
    assert bool(found.alternatives) == (not (categories and time))


def test_every_metric_class_has_an_additivity():
    assert all(additivity(name) for name in classes_of("metric"))
