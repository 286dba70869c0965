"""Make the facts of the demo project: two small datasets of building energy use, hour by hour, and rates of growth.

The numbers come from a simple model, not from anybody's data: a synthetic climate per county (seasons, days and
weather fronts from seeded noise), the working hours of each kind of building in local time, and heating and cooling
that follow the temperature. The stock sizes are round numbers near the real ones, so that results have a believable
size. The same seeds give the same files on every machine; values are rounded so that the last bits of a host's
mathematics do not show.

Which counties, buildings and hours there are is read from the specs beside this file, so that a smaller copy of the
specs gives a smaller project.

Run ``python specs/demo/generate.py`` to write ``build/demo/data``.
"""

from __future__ import annotations

import argparse
import csv
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import tomli

SPECS = Path(__file__).resolve().parent
DATA = SPECS.parents[1] / "build" / "demo" / "data"

KWH_PER_THERM = 29.3071
KWH_PER_MBTU = 293.071
FURNACE_EFFICIENCY = 0.82
# How much more is used each year after 2018.
GROWTH = {
    "CA": {"electricity": 0.012, "natural_gas": -0.008},
    "CO": {"electricity": 0.018, "natural_gas": 0.004},
    "NY": {"electricity": 0.009, "natural_gas": -0.011},
}
REPLACED_FURNACES = 0.6  # of all gas furnaces, in the scenario high_electrification


@dataclass(frozen=True)
class Place:
    """A county: its climate in degrees Celsius, its size, and how its commercial buildings are heated."""

    mean: float
    season: float  # half of the difference between July and January
    day: float  # half of the difference between afternoon and dawn
    front: float  # how far a warm or cold front moves the temperature
    households: int
    gas: float  # share of the commercial floor that is heated with natural gas
    offices: float = 1.0  # office floor per resident, relative to the others


PLACES = {
    "06019": Place(18.3, 9.5, 8.0, 2.6, 306_000, 0.80),
    "06037": Place(18.2, 4.5, 5.0, 2.6, 3_300_000, 0.80),
    "06067": Place(16.6, 8.0, 8.0, 2.6, 544_000, 0.80, 1.4),
    "06073": Place(17.6, 4.0, 4.0, 2.4, 1_100_000, 0.80),
    "08031": Place(10.5, 12.0, 7.5, 5.0, 308_000, 0.90, 2.2),
    "08041": Place(9.4, 11.5, 7.5, 5.0, 252_000, 0.90),
    "08069": Place(9.3, 12.0, 7.5, 5.0, 140_000, 0.90),
    "08077": Place(12.0, 13.0, 7.5, 3.6, 62_000, 0.85),
    "36001": Place(9.2, 13.0, 5.5, 4.4, 129_000, 0.85, 1.5),
    "36029": Place(9.4, 12.5, 4.5, 4.4, 387_000, 0.90),
    "36047": Place(13.0, 12.3, 4.0, 4.0, 972_000, 0.85, 0.6),
    "36061": Place(13.2, 12.4, 4.0, 4.0, 756_000, 0.85, 6.0),
}


@dataclass(frozen=True)
class Building:
    """A kind of commercial building: peak densities in W per square metre of floor, and its opening hours."""

    floor: float  # square metres
    floor_per_household: float
    lighting: float
    equipment: float
    ventilation: float
    hot_water: float
    cooking: float
    opens: float
    closes: float
    weekend: float  # how busy it is on a weekend, relative to a weekday


BUILDINGS = {
    "small_office": Building(600, 8.0, 8, 8, 3, 0.5, 0, 7.5, 18, 0.15),
    "large_office": Building(25_000, 8.0, 8, 12, 4, 0.4, 0, 7, 19, 0.25),
    "retail": Building(2_500, 12.0, 11, 5, 4, 0.3, 0, 9, 21, 0.95),
    "restaurant": Building(350, 0.9, 12, 60, 15, 12, 90, 10, 23, 1.1),
}


@dataclass(frozen=True)
class Region:
    """A region of the residential dataset: its counties and shares of its homes."""

    counties: tuple[str, ...]
    single_family: float
    air_conditioned: float
    gas: float
    heat_pump: float  # the rest of the homes has baseboard heaters


REGIONS = {
    "CA_coast": Region(("06037", "06073"), 0.60, 0.55, 0.80, 0.06),
    "CA_valley": Region(("06019", "06067"), 0.74, 0.95, 0.75, 0.10),
    "CO_front_range": Region(("08031", "08041", "08069"), 0.68, 0.60, 0.85, 0.04),
    "CO_western_slope": Region(("08077",), 0.80, 0.80, 0.75, 0.08),
    "NY_city": Region(("36047", "36061"), 0.15, 0.85, 0.80, 0.03),
    "NY_upstate": Region(("36001", "36029"), 0.66, 0.55, 0.82, 0.04),
}


@dataclass(frozen=True)
class Home:
    """A kind of home: kW per degree of difference to the outside, and average kW of the rest."""

    heat_loss: float
    appliances: float
    lights: float
    hot_water: float


HOMES = {"single_family": Home(0.19, 0.46, 0.11, 0.32), "multi_family": Home(0.09, 0.27, 0.06, 0.22)}

# Average is about 1; the evening is when people are at home.
AT_HOME = np.array([7, 7, 6, 6, 6, 7, 9, 11, 10, 9, 9, 9, 10, 9, 9, 10, 12, 14, 16, 16, 15, 13, 11, 9]) / 10
LIGHTS = np.array([4, 3, 3, 3, 3, 4, 9, 10, 6, 5, 4, 4, 4, 4, 4, 5, 8, 15, 22, 25, 24, 20, 13, 6]) / 8.5
SHOWERS = np.array([3, 2, 2, 2, 4, 12, 22, 24, 16, 11, 9, 8, 8, 7, 7, 8, 10, 13, 15, 15, 14, 12, 9, 6]) / 10


@dataclass(frozen=True)
class Hours:
    """The slots of the project as instants: seconds since 1970 at the beginning of each."""

    beginnings: np.ndarray
    step: int = 3600

    @cached_property
    def days(self) -> np.ndarray:
        """Days since the first of January 2018, with fractions."""
        return (self.beginnings - datetime(2018, 1, 1, tzinfo=UTC).timestamp()) / 86400

    def clock(self, zone: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the hour of the day and whether it is a weekend, as the clocks on the wall say (DST included)."""
        local = [datetime.fromtimestamp(second, ZoneInfo(zone)) for second in self.beginnings.tolist()]
        return np.array([time.hour for time in local]), np.array([time.weekday() >= 5 for time in local])

    def labels(self, ending: bool) -> pa.Array:
        """Return the labels as UTC timestamps: the beginnings of the slots, or their ends."""
        seconds = self.beginnings + (self.step if ending else 0)
        return pa.array(seconds * 1_000_000, pa.timestamp("us", "UTC"))


def read_hours(specs: Path) -> Hours:
    """Return the hours that ``register_project.toml`` declares."""
    time = tomli.loads((specs / "register_project.toml").read_text("utf-8"))["time"]
    first, last = (datetime.fromisoformat(f"{time[end]}{time['zone']}").timestamp() for end in ("start", "end"))
    return Hours(np.arange(int(first), int(last) + 1, 3600, dtype=np.int64))


def read_records(path: Path) -> list[dict[str, str]]:
    """Return the rows of a record table."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def fronts(name: str) -> np.ndarray:
    """Return the weather of 2018 by day, about -1 to 1: each day remembers most of the day before."""
    noise = np.random.Generator(np.random.PCG64(zlib.crc32(name.encode()))).random((370, 4)).sum(axis=1) - 2.0
    days = np.zeros(len(noise))
    for day in range(1, len(noise)):
        days[day] = 0.72 * days[day - 1] + noise[day]
    return days


def temperature(county: dict[str, str], hours: Hours) -> np.ndarray:
    """Return the outdoor temperature of a county in degrees Celsius."""
    place = PLACES[county["id"]]
    # The sun knows no daylight saving: the offset of January holds all year.
    offset = datetime(2018, 1, 1, tzinfo=ZoneInfo(county["time_zone"])).utcoffset() or timedelta()
    sun = hours.days + offset / timedelta(days=1)
    # A front crosses a whole state, and each county sees a little of its own.
    front = 0.85 * fronts(county["state"]) + 0.35 * fronts(county["id"])
    return (
        place.mean
        - place.season * np.cos(2 * np.pi * (sun - 18) / 365)
        - place.day * np.cos(2 * np.pi * (sun - 3 / 24))
        + place.front * np.interp(sun, np.arange(-2, len(front) - 2), front)
    )


def busy(building: Building, hour: np.ndarray, weekend: np.ndarray) -> np.ndarray:
    """Return how busy a building is, 0 to about 1, with people coming and going within an hour or two."""
    middle = hour + 0.5
    coming = np.clip((middle - building.opens + 1) / 2, 0, 1)
    going = np.clip((building.closes + 1 - middle) / 2, 0, 1)
    return np.minimum(coming, going) * np.where(weekend, building.weekend, 1.0)


def commercial_use(building: Building, gas: float, degrees: np.ndarray, people: np.ndarray) -> dict[str, np.ndarray]:
    """Return the hourly use of one building by end use, in kWh and therm."""
    kw = building.floor / 1000
    # A closed building is kept warmer in summer and cooler in winter; people and machines warm it.
    cooling = 2.2 * (0.3 + 0.7 * people) * np.maximum(degrees + 6 * people - 18, 0) / 3.2
    heating = 1.5 * (0.6 + 0.4 * people) * np.maximum(14 - degrees - 3 * people, 0)
    return {
        "electricity_cooling": kw * cooling,
        "electricity_heating": kw * heating * (1 - gas),
        "electricity_lighting": kw * building.lighting * (0.2 + 0.75 * people),
        "electricity_equipment": kw * building.equipment * (0.4 + 0.55 * people),
        "electricity_ventilation": kw * building.ventilation * (0.3 + 0.65 * people),
        "natural_gas_heating": kw * heating * gas / FURNACE_EFFICIENCY / KWH_PER_THERM,
        "natural_gas_water_heating": kw * building.hot_water * (0.1 + 0.9 * people) / KWH_PER_THERM,
        "natural_gas_cooking": kw * building.cooking * (0.05 + 0.8 * people) / KWH_PER_THERM,
    }


def commercial(specs: Path, hours: Hours) -> tuple[pa.Table, pa.Table]:
    """Return the facts and the lookup of the commercial dataset: hours per building, and how many of them."""
    counties = read_records(specs / "dimensions" / "counties.csv")
    absent = {(row["geography"], row["subsector"]) for row in read_records(specs / "missing" / "large_offices.csv")}
    facts: list[pa.Table] = []
    lookup: list[dict[str, object]] = []
    for county in counties:
        place, degrees, clock = PLACES[county["id"]], temperature(county, hours), hours.clock(county["time_zone"])
        for name, building in BUILDINGS.items():
            if (county["id"], name) in absent:
                continue
            use = commercial_use(building, place.gas, degrees, busy(building, *clock))
            columns = {metric: pa.array(values.round(4)) for metric, values in use.items()}
            if not building.cooking:  # absent, which is not the same as zero
                columns["natural_gas_cooking"] = pa.nulls(len(degrees), pa.float64())
            number = len(lookup) + 1
            ids = pa.array(np.full(len(degrees), number, dtype=np.int64))
            facts.append(pa.table({"timestamp": hours.labels(ending=True), "id": ids, **columns}))
            offices = place.offices if name.endswith("office") else 1.0
            buildings = round(place.households * building.floor_per_household * offices / building.floor)
            lookup.append(
                {"id": number, "geography": county["id"], "subsector": name, "scaling_factor": float(buildings)}
            )
    return pa.concat_tables(facts), pa.Table.from_pylist(lookup)


def residential_use(
    region: Region, home: Home, electrified: bool, degrees: np.ndarray, hour: np.ndarray, weekend: np.ndarray
) -> dict[str, np.ndarray]:
    """Return the hourly use of an average home by end use, in kWh and MBtu."""
    replaced = REPLACED_FURNACES * region.gas if electrified else 0.0
    heat = home.heat_loss * (0.75 + 0.25 * AT_HOME[hour]) * np.maximum(15 - degrees, 0)
    cool = 0.75 * home.heat_loss * (0.5 + 0.5 * AT_HOME[hour]) * np.maximum(degrees - 19, 0)
    # A heat pump has to work harder the colder it is.
    performance = np.clip(3.2 + 0.06 * (degrees - 8), 1.6, 4.2)
    midday = np.where(weekend & (hour > 8) & (hour < 17), 1.25, 1.0)
    return {
        "elec_air_conditioner": cool * region.air_conditioned / 3.0,
        "elec_baseboard": heat * (1 - region.gas - region.heat_pump),
        "elec_heat_pump": heat * (region.heat_pump + replaced) / performance,
        "elec_lights": home.lights * LIGHTS[hour],
        "elec_appliances": home.appliances * AT_HOME[hour] * midday,
        "gas_furnace": heat * (region.gas - replaced) / FURNACE_EFFICIENCY / KWH_PER_MBTU,
        "gas_water_heater": home.hot_water * region.gas * SHOWERS[hour] * midday / KWH_PER_MBTU,
    }


def residential(specs: Path, hours: Hours) -> pa.Table:
    """Return the facts of the residential dataset: one row per region, home, scenario, end use and hour."""
    counties = {row["id"]: row for row in read_records(specs / "dimensions" / "counties.csv")}
    labels, parts = hours.labels(ending=False), []
    for region_id in (row["id"] for row in read_records(specs / "dimensions" / "regions.csv")):
        region = REGIONS[region_id]
        inside = [county for county in region.counties if county in counties]
        households = np.array([PLACES[county].households for county in inside], dtype=float)
        climates = [temperature(counties[county], hours) for county in inside]
        degrees = np.average(climates, axis=0, weights=households)
        clock = hours.clock(counties[inside[0]]["time_zone"])
        for home_id, home in HOMES.items():
            share = region.single_family if home_id == "single_family" else 1 - region.single_family
            for scenario in ("reference", "high_electrification"):
                use = residential_use(region, home, scenario == "high_electrification", degrees, *clock)
                for end_use, values in use.items():
                    keys = {"region": region_id, "home": home_id, "scenario": scenario, "end_use": end_use}
                    columns = {name: pa.repeat(pa.scalar(key), len(degrees)) for name, key in keys.items()}
                    total = (values * share * households.sum()).round(4)
                    parts.append(pa.table({"time": labels, **columns, "value": pa.array(total)}))
    return pa.concat_tables(parts)


def growth(specs: Path) -> list[dict[str, object]]:
    """Return the rates by which use grows each year from 2018 on: one for each state, fuel and year."""
    states = [row["id"] for row in read_records(specs / "dimensions" / "states.csv")]
    return [
        {"state": state, "fuel": fuel, "model_year": year, "value": rate if year > 2018 else 0.0}
        for state in states
        for fuel, rate in GROWTH[state].items()
        for year in (2018, 2030, 2040)
    ]


def generate(specs: Path = SPECS, data: Path = DATA) -> dict[str, int]:
    """Write the files of all datasets below `data`; return the number of rows of each."""
    hours = read_hours(specs)
    facts, lookup = commercial(specs, hours)
    tables = {
        "commercial/load_data.parquet": facts,
        "commercial/load_data_lookup.parquet": lookup,
        "residential/load_data.parquet": residential(specs, hours),
    }
    for name, table in tables.items():
        path = data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, path, compression="zstd", row_group_size=1 << 18)
    rates, path = growth(specs), data / "growth" / "rates.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rates[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rates)
    return {**{name: table.num_rows for name, table in tables.items()}, "growth/rates.csv": len(rates)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write the demo's data files.")
    parser.add_argument("data", nargs="?", type=Path, default=DATA, help="the folder to write to")
    for file, rows in generate(data=parser.parse_args().data).items():
        print(f"{file}: {rows:,} rows")
