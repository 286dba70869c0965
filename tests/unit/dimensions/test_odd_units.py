"""Units that are most likely a slip."""

from __future__ import annotations

import pytest

from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.odd_units import odd_units
from dsgrid.dimensions.records import Record, Records


@pytest.mark.parametrize(
    ("record_class", "unit", "said"),
    [
        ("energy_end_use", "kWh", ""),
        ("energy_end_use", "kW", ""),
        ("energy_end_use", "KWH", 'is none that dsgrid knows; did you mean "kWh"?'),
        ("energy_end_use", "degC", "is one of temperature, and the class is energy_end_use"),
        ("stock", "vehicles", "is none that dsgrid knows, so it converts into nothing else"),
        ("weather_variable", "degF", ""),
        ("growth_rate", "", ""),
        ("money", "USD/MWh", ""),
    ],
)
def test_a_unit_that_is_none_or_of_another_class_is_told(record_class: str, unit: str, said: str) -> None:
    metric = Dimension("metric", "metric", record_class, Records((Record("a", "A", {"unit": unit}),)))
    found = list(odd_units(metric))
    assert found == ([f'the unit "{unit}" of "a" {said}'] if said else [])
