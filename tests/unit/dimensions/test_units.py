import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsgrid.dimensions.additivity import FLOW, INTENSIVE, LEVEL, additivity
from dsgrid.dimensions.units import UNITS, UnitError, affine, factor, kind, same_kind

KINDS = {unit.kind: [other.name for other in UNITS if other.kind == unit.kind] for unit in UNITS}
QUOTIENTS = {
    "money per energy": [f"{money}/{energy}" for money in KINDS["money"] for energy in KINDS["energy"]],
    "mass per energy": [f"{mass}/{energy}" for mass in KINDS["mass"] for energy in KINDS["energy"]],
    "energy per area": [f"{energy}/{area}" for energy in KINDS["energy"] for area in KINDS["area"]],
}
CONVERTIBLE = {**KINDS, **QUOTIENTS}
del CONVERTIBLE["temperature"]
of_one_kind = st.sampled_from(sorted(CONVERTIBLE)).flatmap(
    lambda name: st.tuples(*[st.sampled_from(CONVERTIBLE[name])] * 3)
)


@pytest.mark.parametrize(
    ("from_unit", "to_unit", "expected"),
    [
        ("MWh", "kWh", 1000.0),
        ("kWh", "MWh", 0.001),
        ("GWh", "TWh", 0.001),
        ("therm", "kWh", 29.307107017222222),
        ("MBtu", "kWh", 293.0710701722222),
        ("MBtu", "MWh", 0.2930710701722222),
        ("TW", "kW", 1e9),
        ("trillion_btu", "MBtu", 1e6),
        ("quad", "EJ", 1.05505585262),
        ("kWh", "MJ", 3.6),
        ("delta_degF", "delta_degC", 5 / 9),
        ("short_ton", "kg", 907.18474),
        ("percent", "", 0.01),
        ("USD/MWh", "cent/kWh", 0.1),
        ("lb/MWh", "kg/kWh", 0.00045359237),
        ("kWh/ft2", "kWh/m2", 1 / 0.09290304),
    ],
)
def test_factors_are_those_of_the_field(from_unit, to_unit, expected):
    assert factor(from_unit, to_unit) == pytest.approx(expected, rel=1e-15)


def test_an_mbtu_is_a_million_btu_that_is_ten_therms():
    assert factor("MBtu", "therm") == pytest.approx(10, rel=1e-15)


@given(of_one_kind)
def test_converting_there_and_back_is_1(units):
    assert factor(units[0], units[1]) * factor(units[1], units[0]) == pytest.approx(1, rel=4e-16)


@given(of_one_kind)
def test_factors_are_transitive(units):
    first, second, third = units
    assert factor(first, second) * factor(second, third) == pytest.approx(factor(first, third), rel=1e-15)


def test_every_kind_of_unit_is_known_by_its_name():
    for name, units in {**KINDS, **QUOTIENTS}.items():
        assert {kind(unit) for unit in units} == {name}


@pytest.mark.parametrize("unit", ["kWh/kWh", "degC/kWh", "kWh/", "/kWh", "USD/vehicle", "kWh/m2/m2", "%/kWh"])
def test_quotients_that_mean_nothing_are_unknown(unit):
    assert kind(unit) is None


@pytest.mark.parametrize("unit", ["kWh", "", "degC", "vehicles"])
def test_equal_units_convert_by_1_also_when_they_are_unknown(unit):
    assert factor(unit, unit) == 1.0
    assert same_kind(unit, unit)


@pytest.mark.parametrize(
    ("from_unit", "to_unit", "reason"),
    [
        ("kWh", "kW", "one is energy, the other power"),
        ("", "kWh", "a number without a unit is no energy"),
        ("kWh", "", "a number without a unit is no energy"),
        ("degC", "kWh", "one is temperature, the other energy"),
        ("vehicles", "kWh", '"vehicles" is no unit that dsgrid knows; the guide of units'),
        ("USD/kWh", "USD", "one is money per energy, the other money"),
        ("mwh", "kWh", '"mwh" is no unit that dsgrid knows; did you mean "MWh"?'),
        ("degC", "degF", "a temperature converts with an offset"),
    ],
)
def test_a_conversion_that_does_not_exist_names_both_units(from_unit, to_unit, reason):
    assert not same_kind(from_unit, to_unit)
    with pytest.raises(UnitError, match=f'from "{from_unit}" to "{to_unit}"') as caught:
        factor(from_unit, to_unit)
    assert reason in str(caught.value)


def test_pint_is_not_imported_before_a_real_conversion():
    code = (
        "import sys; from dsgrid.dimensions.units import factor; factor('kWh', 'kWh'); assert 'pint' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("record_class", "unit", "expected"),
    [
        ("energy_end_use", "MWh", FLOW),
        ("energy_end_use", "kW", LEVEL),
        ("energy_end_use", "vehicles", FLOW),
        ("money", "USD", FLOW),
        ("money", "USD/MWh", INTENSIVE),
        ("stock", "count", LEVEL),
        ("weather_variable", "degC", INTENSIVE),
        ("energy_service_demand", "degC", INTENSIVE),
    ],
)
def test_a_unit_says_what_adds_up_where_the_class_does_not(record_class, unit, expected):
    assert additivity(record_class, unit) is expected


@pytest.mark.parametrize(
    ("value", "from_unit", "to_unit", "expected"),
    [
        (212.0, "degF", "degC", 100.0),
        (-40.0, "degC", "degF", -40.0),
        (0.0, "K", "degC", -273.15),
        (32.0, "degF", "K", 273.15),
        (20.0, "degC", "degC", 20.0),
        (2.0, "MWh", "kWh", 2000.0),
    ],
)
def test_temperatures_convert_with_an_offset_and_all_else_without(value, from_unit, to_unit, expected):
    scale, offset = affine(from_unit, to_unit)
    assert value * scale + offset == pytest.approx(expected, rel=1e-14, abs=1e-12)


def test_a_temperature_is_no_difference_of_temperatures():
    with pytest.raises(UnitError, match="one is temperature, the other temperature difference"):
        affine("degC", "delta_degC")
