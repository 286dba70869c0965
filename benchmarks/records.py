"""The records of the generated project, and the small tables that say how they belong together."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

BUILDING_TYPES = (
    "full_service_restaurant",
    "hospital",
    "large_hotel",
    "large_office",
    "medium_office",
    "outpatient",
    "primary_school",
    "quick_service_restaurant",
    "retail",
    "secondary_school",
    "small_hotel",
    "small_office",
    "strip_mall",
    "warehouse",
)
VEHICLES = tuple(f"vehicle_{number}" for number in range(1, 11))
FACTORIES = "factories"
# The end use of the commercial dataset (kWh), that of the project (MWh), and its fuel.
END_USES = (
    ("electricity_cooling", "cooling", "electricity"),
    ("electricity_heating", "heating_electricity", "electricity"),
    ("electricity_fans", "ventilation", "electricity"),
    ("electricity_pumps", "ventilation", "electricity"),
    ("electricity_lights", "lighting", "electricity"),
    ("electricity_equipment", "equipment", "electricity"),
    ("gas_heating", "heating_gas", "natural_gas"),
    ("gas_water", "water_gas", "natural_gas"),
)
FUELS = {base: fuel for _, base, fuel in END_USES}
INDUSTRIAL = {"machines": "electricity", "process_heat": "natural_gas"}
CHARGING = "charging"
# Every second one, as national outlooks publish growth; the first is the base year.
MODEL_YEARS = tuple(str(year) for year in range(2018, 2051, 2))
REGIONS = ("midwest", "northeast", "south", "west")
# The states' clocks, by their number: most change in summer, on other days of the year's hours, one does not.
ZONES = ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Phoenix")


def county_ids(count: int) -> list[str]:
    """Return ids of five digits, the first two of which are the state's; up to 49 states."""
    states = min(49, max(2, count // 2))
    return sorted(f"{1 + index % states:02d}{1 + index // states:03d}" for index in range(count))


def state_of(county: str) -> str:
    """Return the state of a county."""
    return county[:2]


def region_of(state: str) -> str:
    """Return the region of a state."""
    return REGIONS[int(state) % len(REGIONS)]


def zone_of(state: str) -> str:
    """Return the clock of a state."""
    return ZONES[int(state) % len(ZONES)]


def states_of(counties: Sequence[str]) -> list[str]:
    """Return the states that have counties, in their order."""
    return list(dict.fromkeys(map(state_of, counties)))


def shares(counties: Sequence[str]) -> dict[str, float]:
    """Return what share of its state's industry each county has."""
    weights = np.random.default_rng(11).integers(1, 100, len(counties)).astype(float)
    totals = dict.fromkeys(states_of(counties), 0.0)
    for county, weight in zip(counties, weights, strict=True):
        totals[state_of(county)] += weight
    return {one: float(weight / totals[state_of(one)]) for one, weight in zip(counties, weights, strict=True)}


def growth_rates() -> list[tuple[str, str, str, float]]:
    """Return the growth in a year of each region, end use and model year: 0.01 is 1 %."""
    generator = np.random.default_rng(13)
    return [
        (region, end_use, year, round(float(generator.uniform(-0.01, 0.03)), 4))
        for region in REGIONS
        for end_use in FUELS
        for year in MODEL_YEARS
    ]


def write_tables(folder: Path, counties: Sequence[str]) -> None:
    """Write the records, the mappings and the growth rates, as CSV files that the specs name."""
    states = states_of(counties)
    fuels = {**FUELS, **INDUSTRIAL, CHARGING: "electricity"}
    sectors = {**dict.fromkeys(FUELS, "com"), **dict.fromkeys(INDUSTRIAL, "ind"), CHARGING: "trans"}
    subsectors = {
        **dict.fromkeys(BUILDING_TYPES, "com"),
        FACTORIES: "ind",
        **dict.fromkeys(VEHICLES, "trans"),
    }
    tables: dict[str, tuple[Sequence[str], Iterable[Sequence[object]]]] = {
        "counties": (
            ("id", "name", "state", "time_zone"),
            [(one, f"County {one}", state_of(one), zone_of(state_of(one))) for one in counties],
        ),
        "states": (_NAMED, [(one, f"State {one}") for one in states]),
        "regions": (_NAMED, _named(REGIONS)),
        "subsectors": (_NAMED, _named(subsectors)),
        "building_types": (_NAMED, _named(BUILDING_TYPES)),
        "vehicles": (_NAMED, _named(VEHICLES)),
        "model_years": (_NAMED, _named(MODEL_YEARS)),
        "end_uses": (_METRIC, [(one, one, fuel, "MWh") for one, fuel in fuels.items()]),
        "own_end_uses": (_METRIC, [(one, one, fuel, "kWh") for one, _, fuel in END_USES]),
        "industrial_end_uses": (_METRIC, [(one, one, fuel, "MWh") for one, fuel in INDUSTRIAL.items()]),
        "growth_end_uses": (_METRIC, [(one, one, fuel, "") for one, fuel in FUELS.items()]),
        "end_uses_by_fuel": _selectors(fuels),
        "end_uses_by_sector": _selectors(sectors),
        "subsectors_by_sector": _selectors(subsectors),
        "county_to_state": (_MAPPING[:2], [(one, state_of(one)) for one in counties]),
        "end_use_map": (_MAPPING[:2], [(own, base) for own, base, _ in END_USES]),
        "state_to_county": (_MAPPING, [(state_of(one), one, share) for one, share in shares(counties).items()]),
        "region_to_county": (_MAPPING[:2], [(region_of(state_of(one)), one) for one in counties]),
        "buildings_to_types": (_MAPPING[:2], [("buildings", one) for one in BUILDING_TYPES]),
        "growth_to_end_use": (_MAPPING[:2], [(one, one) for one in FUELS]),
        "growth": (("region", "end_use", "year", "value"), growth_rates()),
    }
    for name, (header, rows) in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(rows)


_NAMED = ("id", "name")
_METRIC = ("id", "name", "fuel_id", "unit")
_MAPPING = ("from", "to", "fraction")


def _named(ids: Iterable[str]) -> list[tuple[str, str]]:
    return [(one, one.replace("_", " ")) for one in ids]


def _selectors(chosen: dict[str, str]) -> tuple[Sequence[str], Iterable[Sequence[object]]]:
    """Return a table of ids with a column for each selector, marked where the id is of it."""
    names = sorted(set(chosen.values()))
    return ("id", *names), [(one, *("x" if of == name else "" for name in names)) for one, of in chosen.items()]
