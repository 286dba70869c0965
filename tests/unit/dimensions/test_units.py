import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsgrid.dimensions.units import KIND, UnitError, factor, kind, same_kind

energy = st.sampled_from([unit for unit in KIND if kind(unit) == "energy"])
power = st.sampled_from([unit for unit in KIND if kind(unit) == "power"])
of_one_kind = st.one_of(st.tuples(energy, energy, energy), st.tuples(power, power, power))


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
    ],
)
def test_factors_are_those_of_the_field(from_unit, to_unit, expected):
    assert factor(from_unit, to_unit) == expected


def test_an_mbtu_is_a_million_btu_that_is_ten_therms():
    assert factor("MBtu", "therm") == pytest.approx(10, rel=1e-15)


@given(of_one_kind)
def test_converting_there_and_back_is_1(units):
    assert factor(units[0], units[1]) * factor(units[1], units[0]) == pytest.approx(1, rel=4e-16)


@given(of_one_kind)
def test_factors_are_transitive(units):
    first, second, third = units
    assert factor(first, second) * factor(second, third) == pytest.approx(factor(first, third), rel=1e-15)


@pytest.mark.parametrize("unit", ["kWh", "", "degC", "trillion_btu"])
def test_equal_units_convert_by_1_also_when_they_are_unknown(unit):
    assert factor(unit, unit) == 1.0
    assert same_kind(unit, unit)


@pytest.mark.parametrize(
    ("from_unit", "to_unit", "reason"),
    [
        ("kWh", "kW", "one is energy, the other power"),
        ("", "kWh", "a number without a unit is no energy"),
        ("kWh", "", "a number without a unit is no energy"),
        ("degC", "kWh", '"degC" is no unit that dsgrid knows'),
        ("mwh", "kWh", '"mwh" is no unit that dsgrid knows; did you mean "MWh"?'),
        ("degC", "degF", '"degC" is no unit'),
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
