"""Reports are what pandas makes of the values of a query, row by row, on random small data; both engines alike."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from reference.small import HOURS, Rows, small_dataset, small_project
from reference.small_plans import query_of, sources_of
from reference.stored import Stored, facts_frame
from tests.engines import SLOW_ON_SPARK

from dsgrid.errors import ConservationError, SpecError
from dsgrid.query.execution import contract, follow
from dsgrid.query.output import Written
from dsgrid.query.persisting import Scratch
from dsgrid.query.plan import Plan, Plans
from dsgrid.query.planner import plan_results
from dsgrid.query.reports import coded, rows, writing
from dsgrid.registry.model import Project
from dsgrid.time.dimension import IndexTime, Span, TimeDimension

if TYPE_CHECKING:
    from dsgrid.engine import Engine

# Three days around the end of a month; days begin at 07:00 UTC.
DAYS = replace(
    HOURS, ranges=(Span(datetime.fromisoformat("2018-06-29 00:00"), datetime.fromisoformat("2018-07-01 23:00")),)
)
OF = small_project(time=DAYS)
SHORT = small_project()
STATE = {"a": "x", "b": "x", "c": "y"}
SHARES = {"a": {"north": 1.0}, "b": {"north": 0.5, "south": 0.5}, "c": {"south": 1.0}}
IN_MWH = {"cool": 0.001, "heat": 1.0}
YEARS = ("2020", "2021", "2022")
ON_SAIL = pytest.mark.parametrize("engine", ["sail"], indirect=True, scope="session")

HEAD = 'datasets = ["homes", "shops"]\n[result]\nunit = "MWh"\ntable = false\n'
REPORTS = """
[[report]]
kind = "peak_load"
by = ["state", "year"]

[[report]]
kind = "peak_load"
name = "peaks"
by = ["county", "end_use", "year"]
period = "daily"
coincident_with = ["end_use", "year"]

[[report]]
kind = "peak_load"
name = "whole"
by = ["region", "year"]
coincident_with = ["year"]
format = "csv"

[[report]]
kind = "load_duration"
by = ["state", "year"]
period = "monthly"

[[report]]
kind = "load_duration"
name = "points"
by = ["region", "year"]
points = 8

[[report]]
kind = "annual_summary"
by = ["state", "building", "year"]

[[report]]
kind = "load_factor"
by = ["county", "year"]
period = "hour_of_day"

[[report]]
kind = "calibration"
by = ["county", "building", "year", "daily"]
against = ["measured"]
tolerance_percent = 10
"""


# The data ------------------------------------------------------------------------------------------------------------


def drawn(seed: int, id_: str, buildings: tuple[str, ...], places: str = "abc", of: Project = OF) -> Stored:
    """Return a dataset of random whole numbers, so that there are ties; some of its combinations are missing."""
    random = np.random.default_rng([seed, len(id_), ord(id_[0])])
    found: Rows = {}
    for place in places:
        for building in buildings:
            for use in IN_MWH:
                for year in YEARS:
                    if random.random() < 0.8 or not found:
                        scale = 1000 if use == "cool" else 1
                        found[place, building, use, year] = (random.integers(-1, 6, 72) * scale).tolist()  # type: ignore[index]
    return small_dataset(of, id_, found)


def data(seed: int) -> tuple[Stored, ...]:
    return (
        drawn(seed, "homes", ("house",)),
        drawn(seed, "shops", ("flat",), "ab"),
        drawn(seed, "measured", ("house", "flat"), "bc"),
    )


def values(*stored: Stored) -> pd.DataFrame:
    """Return the values in MWh with all that reports ask for as columns, worked out here."""
    found = pd.concat([one.facts for one in stored], ignore_index=True)
    found = found.rename(
        columns={"geography": "county", "subsector": "building", "metric": "end_use", "model_year": "year"}
    )
    found["value"] *= found["end_use"].map(IN_MWH)
    found["state"] = found["county"].map(STATE)
    found["time"] = pd.to_datetime(found["label"], unit="us", utc=True)
    clock = found["time"].dt.tz_convert("-07:00")
    found["daily"], found["hour_of_day"] = clock.dt.date, clock.dt.hour
    found["monthly"] = [one.replace(day=1) for one in found["daily"]]
    return found


def load(table: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Return the sum by columns and hour."""
    if "region" in by:
        parts = [
            table[table["county"] == county].assign(region=region, value=lambda one, share=share: one["value"] * share)
            for county, shares in SHARES.items()
            for region, share in shares.items()
        ]
        table = pd.concat(parts)
    times = ["time", "daily", "hour_of_day", "monthly"]
    return table.groupby([*by, *times], as_index=False)["value"].sum()


# The reports, as anybody would write them down -----------------------------------------------------------------------


def peaks(loads: pd.DataFrame, by: list[str], system: list[str] | None = None) -> pd.DataFrame:
    loads = loads.assign(value=loads["value"].round(9))
    peak = loads.groupby(by)["value"].transform("max")
    found = loads[loads["value"] == peak].copy()
    found["peak"] = found["value"]
    found["ties"] = found.groupby(by)["value"].transform("size")
    if system is None:
        return found[[*by, "time", "peak", "ties"]]
    whole = loads.groupby([*system, "time"], as_index=False)["value"].sum().round(9)
    told: list[dict[str, Any]] = []
    for row in found.to_dict("records"):
        own = whole[(whole[system] == pd.Series({name: row[name] for name in system})).all(axis=1)]
        top = own["value"].max()
        at = own[own["value"] == top]["time"].min()
        members = loads[(loads[system] == pd.Series({name: row[name] for name in system})).all(axis=1)]
        mine = members[(members[by] == pd.Series({name: row[name] for name in by})).all(axis=1)]
        coincident = mine[mine["time"] == at]["value"]
        together = members.groupby(by)["value"].max().sum()
        told.append(
            {
                "coincident_peak": coincident.iloc[0] if len(coincident) else math.nan,
                "coincidence_factor": coincident.iloc[0] / row["peak"] if len(coincident) and row["peak"] else math.nan,
                "system_time": at,
                "system_peak": top,
                "system_ties": int((own["value"] == top).sum()),
                "sum_of_peaks": together,
                "diversity_factor": together / top if top else math.nan,
            }
        )
    found = found[[*by, "time", "peak", "ties"]].reset_index(drop=True)
    return pd.concat([found, pd.DataFrame(told)], axis=1)


def durations(loads: pd.DataFrame, by: list[str], points: int | None = None) -> pd.DataFrame:
    told = []
    for key, group in loads.groupby(by):
        ordered = sorted(group["value"], reverse=True)
        number = len(ordered)
        every: list[tuple[int, float]] = [(rank, rank / number) for rank in range(1, number + 1)]
        if points is not None:
            shares = [point / (points - 1) for point in range(points)]
            every = [(max(1, math.ceil(round(share * number, 9))), share) for share in shares]
        told += [
            dict(zip(by, key, strict=True))
            | {"rank": rank, "hours": share * number, "share_of_time": share, "load": ordered[rank - 1]}
            for rank, share in every
        ]
    return pd.DataFrame(told)


def summary(loads: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    groups = loads.groupby(by)["value"]
    found = groups.agg(total="sum", mean="mean", min="min", max="max").reset_index().assign(annual=2018)
    found["share_of_total"] = found["total"] / found.groupby("year")["total"].transform("sum")
    rest = [name for name in by if name != "year"]
    first = found[found["year"] == YEARS[0]].set_index(rest)["total"]
    since = np.array([first.get(tuple(row[name] for name in rest), math.nan) for row in found.to_dict("records")])
    found["change"] = found["total"] - since
    found["change_percent"] = 100 * found["change"] / np.where(since == 0, math.nan, np.abs(since))
    return found


def factors(loads: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    found = loads.groupby(by)["value"].agg(mean="mean", peak="max", slots="size").reset_index()
    return found.assign(load_factor=found["mean"] / found["peak"].where(found["peak"] != 0))


def calibration(own: pd.DataFrame, other: pd.DataFrame, by: list[str], percent: float) -> pd.DataFrame:
    sides = [one.groupby(by)["value"].sum().rename(name) for one, name in ((own, "modelled"), (other, "benchmark"))]
    found = pd.concat(sides, axis=1)
    found["difference"] = found["modelled"].fillna(0) - found["benchmark"].fillna(0)
    below = found["benchmark"].abs()
    found["difference_percent"] = 100 * found["difference"] / below.where(below != 0)
    both, mine = found.notna().all(axis=1), found["modelled"].notna()
    found["status"] = np.where(
        found[["modelled", "benchmark"]].notna().all(axis=1), "both", np.where(mine, "only_modelled", "only_benchmark")
    )
    assert len(both) == len(found)
    allowed = found["benchmark"].fillna(0).abs() * percent / 100 + 1e-9
    found["tolerance"] = np.where(found["difference"].abs() <= allowed, "within", "outside")
    return found.reset_index()


WANTED = {
    "peak_load": lambda own, _: peaks(load(own, ["state", "year"]), ["state", "year"]),
    "peaks": lambda own, _: peaks(
        load(own, ["county", "end_use", "year"]), ["county", "end_use", "year", "daily"], ["end_use", "year", "daily"]
    ),
    "whole": lambda own, _: peaks(load(own, ["region", "year"]), ["region", "year"], ["year"]),
    "load_duration": lambda own, _: durations(load(own, ["state", "year"]), ["state", "year", "monthly"]),
    "points": lambda own, _: durations(load(own, ["region", "year"]), ["region", "year"], 8),
    "annual_summary": lambda own, _: summary(load(own, ["state", "building", "year"]), ["state", "building", "year"]),
    "load_factor": lambda own, _: factors(load(own, ["county", "year"]), ["county", "year", "hour_of_day"]),
    "calibration": lambda own, other: calibration(own, other, ["county", "building", "year", "daily"], 10),
}


# Asking --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answered:
    """The reports of a query, as they were written."""

    plans: Plans
    written: dict[str, Written]

    def table(self, name: str) -> pd.DataFrame:
        path = self.written[name].path
        assert path is not None
        if path.suffix == ".parquet":
            return pq.read_table(path).to_pandas()
        files = sorted(path.glob("*.csv")) if path.is_dir() else [path]
        found = pd.concat([pd.read_csv(file, dtype={"year": str}) for file in files], ignore_index=True)
        return found.assign(**{name: pd.to_datetime(found[name], utc=True) for name in found if "hours" in name})


def asked(text: str, engine: Engine, folder: Path, *stored: Stored, of: Project = OF) -> Answered:
    query = query_of(text)
    by_id = {one.dataset.id: one for one in stored}
    benchmarks = [sources_of(one, *stored) for one in query.benchmarks]
    plans = plan_results(query, of, sources_of(query, *stored), benchmarks)
    scratch = Scratch(engine.spark, folder / ".tables")

    def table(plan: Plan, contraction: Plan | None) -> Any:
        found = contract(
            contraction or plan,
            engine.spark,
            lambda session, dataset, columns: facts_frame(by_id[dataset.id], session, columns),
            folder,
        )
        return follow(plan, engine.spark, found, scratch.persist)

    written = {}
    for plan in plans.others:
        tables = (table(plan, plans.shared), None if plan.benchmark is None else table(plan.benchmark, None))
        place = folder / plan.query.name
        written[plan.query.name] = writing.write_report(plan, tables, place, engine.spark, scratch.persist)
    return Answered(plans, written)


def same(found: pd.DataFrame, wanted: pd.DataFrame) -> None:
    """The same rows in any order, values to the last digits that sums agree in; missing is missing."""
    found = found.drop(columns="unit").rename(columns={"hours": "time"} if "peak" in found and "hours" in found else {})
    found = found.rename(columns={"system_hours": "system_time"})
    assert set(found.columns) == set(wanted.columns)
    assert len(found) == len(wanted)
    keys = [
        name for name in wanted.columns if wanted[name].dtype == object or name in ("time", "rank", "share_of_time")
    ]
    keys = [name for name in keys if name not in ("status", "tolerance")]
    left, right = (one.sort_values(keys, ignore_index=True) for one in (found, wanted))
    for name in wanted.columns:
        if pd.api.types.is_float_dtype(right[name]):
            np.testing.assert_allclose(left[name].astype(float), right[name], rtol=1e-8, atol=1e-8, err_msg=name)
        else:
            assert left[name].astype(str).tolist() == right[name].astype(str).tolist(), name


# Of each kind of table one, for the engine that takes longer.
CHOSEN = ("peaks", "calibration")


def reports(*names: str) -> str:
    """Return the part of a query that asks for some of the reports."""
    parts = REPORTS.split("[[report]]")
    chosen = [one for one in parts if any(f'name = "{name}"' in one for name in names)]
    chosen += [one for one in parts if "name =" not in one and any(f'kind = "{name}"' in one for name in names)]
    assert len(chosen) == len(names)
    return HEAD + "[[report]]".join(["", *chosen])


@pytest.fixture(scope="module")
def of_one_seed(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Answered:
    return asked(reports(*CHOSEN), engine, tmp_path_factory.mktemp("one"), *data(0))


@pytest.mark.parametrize("name", CHOSEN)
def test_a_report_is_what_pandas_makes_of_the_values(of_one_seed: Answered, name: str) -> None:
    homes, shops, measured = data(0)
    same(of_one_seed.table(name), WANTED[name](values(homes, shops), values(measured)))


@SLOW_ON_SPARK
@pytest.mark.parametrize("name", [name for name in WANTED if name not in CHOSEN])
def test_so_is_every_other_report(engine: Engine, tmp_path: Path, name: str) -> None:
    stored = data(0)
    found = asked(reports(name), engine, tmp_path, *stored)
    same(found.table(name), WANTED[name](values(*stored[:2]), values(stored[2])))


@ON_SAIL
@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 12))])
def test_so_it_is_of_other_random_values(engine: Engine, tmp_path: Path, seed: int) -> None:
    stored = data(seed)
    found = asked(HEAD + REPORTS, engine, tmp_path, *stored)
    for name, wanted in WANTED.items():
        same(found.table(name), wanted(values(*stored[:2]), values(stored[2])))


@SLOW_ON_SPARK
def test_a_report_that_is_too_large_for_the_driver_has_the_same_rows(
    of_one_seed: Answered, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coded, "SMALL", 0)
    monkeypatch.setattr(writing, "LARGEST_ARROW_RESULT", 0)
    monkeypatch.setattr(rows, "LARGEST_BROADCAST", 0)
    large = asked(reports(*CHOSEN, "whole", "points"), engine, tmp_path, *data(0))
    assert large.written["whole"].path == tmp_path / "whole" / "table.csv"
    assert large.table("whole")["system_hours"].notna().all()
    homes, shops, _ = data(0)
    same(large.table("points"), WANTED["points"](values(homes, shops), homes))
    for name in CHOSEN:
        made = large.written[name]
        assert made.path is not None
        assert made.path.is_dir()
        assert not made.headline
        small = of_one_seed.table(name)
        assert made.rows == len(small)
        keys = [one for one in small.columns if one not in ("unit", "status") and not is_float(small[one])]
        one, other = (
            found.sort_values(keys, ignore_index=True, key=lambda column: column.astype(str))
            for found in (large.table(name), small)
        )
        pd.testing.assert_frame_equal(one, other, check_dtype=False, rtol=1e-9)


def is_float(column: pd.Series[Any]) -> bool:
    return bool(pd.api.types.is_float_dtype(column))


def test_rows_are_in_order_and_the_worst_comes_first(of_one_seed: Answered) -> None:
    peak = of_one_seed.table("peaks")
    keys = ["county", "end_use", "year", "daily", "hours"]
    assert peak.equals(peak.sort_values(keys, ignore_index=True))
    compared = of_one_seed.table("calibration")
    assert (compared["difference"].abs().diff().dropna() <= 1e-12).all()
    assert set(compared["status"]) == {"both", "only_modelled", "only_benchmark"}
    assert set(compared["tolerance"]) == {"within", "outside"}


@ON_SAIL
def test_loads_that_differ_in_their_last_digits_are_ties(engine: Engine, tmp_path: Path) -> None:
    # 0.1 + 0.2 is not 0.3.
    stored = small_dataset(
        SHORT,
        "homes",
        {("a", "house", "cool", "2020"): (0.1, 0.3, 0.2, 0), ("a", "flat", "cool", "2020"): (0.2, 0, 0.1, 0)},
    )
    text = '[[report]]\nkind = "peak_load"\n[result]\ntable = false\n'
    found = asked(text, engine, tmp_path, stored, of=SHORT).table("peak_load")
    assert found["ties"].tolist() == [3, 3, 3]
    assert found["hours"].is_monotonic_increasing


@ON_SAIL
def test_the_earliest_of_several_peaks_of_a_system_counts(engine: Engine, tmp_path: Path) -> None:
    stored = small_dataset(
        SHORT, "homes", {("a", "house", "cool", "2020"): (0, 4, 2, 1), ("b", "house", "cool", "2020"): (0, 1, 3, 1)}
    )
    text = '[[report]]\nkind = "peak_load"\nby = ["county"]\ncoincident_with = []\n[result]\ntable = false\n'
    found = asked(text, engine, tmp_path, stored, of=SHORT).table("peak_load")
    assert found["system_ties"].tolist() == [2, 2]
    assert found["coincident_peak"].tolist() == [4, 1]
    assert found["peak"].tolist() == [4, 3]
    assert found["diversity_factor"].tolist() == [7 / 5, 7 / 5]
    assert (found["system_hours"] == found["hours"].iloc[0]).all()


@ON_SAIL
@pytest.mark.parametrize("kind", ["profile", "numbers", "half hours"])
def test_a_system_has_its_peak_in_whatever_kind_of_slots(engine: Engine, tmp_path: Path, kind: str) -> None:
    half = Span(HOURS.start, datetime.fromisoformat("2018-06-30 23:30"))
    kinds: dict[str, tuple[TimeDimension, str, str]] = {
        "profile": (replace(HOURS, clock="profile"), "2018-06-30 22:00:00", "2018-07-01 00:00:00"),
        "numbers": (IndexTime("hours", HOURS.start, 1, 4, HOURS.step, "-07:00", "period_beginning", "total"), "1", "3"),
        "half hours": (
            replace(HOURS, step=timedelta(minutes=30), ranges=(half,)),
            "2018-07-01 05:00:00+00:00",
            "2018-07-01 06:00:00+00:00",
        ),
    }
    time, first, third = kinds[kind]
    of = small_project(time=time)
    rows_ = {("a", "house", "cool", "2020"): (1, 2, 3, 1), ("c", "house", "cool", "2020"): (9, 3, 2, 1)}
    text = '[[report]]\nkind = "peak_load"\nby = ["state"]\ncoincident_with = []\n[result]\ntable = false\n'
    text += '[[report]]\nkind = "load_duration"\n'
    made = asked(text, engine, tmp_path, small_dataset(of, "homes", rows_), of=of)
    found = made.table("peak_load").set_index("state")
    assert found["hours"].astype(str).to_dict() == {"x": third, "y": first}
    assert set(found["system_hours"].astype(str)) == {first}
    assert found["coincident_peak"].to_dict() == {"x": 1, "y": 9}
    assert made.table("load_duration")["hours"].tolist() == ([0.5, 1, 1.5, 2] if kind == "half hours" else [1, 2, 3, 4])


@ON_SAIL
def test_an_hour_that_is_labelled_by_its_end_is_reported_by_its_beginning(engine: Engine, tmp_path: Path) -> None:
    of = small_project(time=replace(HOURS, interval="period_ending"))
    stored = small_dataset(of, "homes", {("a", "house", "cool", "2020"): (0, 4, 2, 1)})
    text = '[[report]]\nkind = "peak_load"\ncoincident_with = []\n[result]\ntable = false\n'
    made = asked(text, engine, tmp_path, stored, of=of)
    found = made.table("peak_load")
    # The second label is 23:00 at -07:00.
    assert [str(one) for one in (*found["hourly"], *found["system_hourly"])] == ["2018-07-01 05:00:00+00:00"] * 2


@ON_SAIL
def test_clocks_of_geographies_are_reported_one_by_one(engine: Engine, tmp_path: Path) -> None:
    rows_ = {(place, "house", "cool", "2020"): values for place, values in (("a", (1, 2, 3, 4)), ("b", (9, 3, 2, 1)))}
    stored = small_dataset(SHORT, "homes", rows_)
    text = '[result]\nzone = "geography"\ntable = false\n'
    for kind in ("peak_load", "load_factor"):
        text += f'[[report]]\nkind = "{kind}"\nby = ["state"]\n'
    made = asked(text, engine, tmp_path, stored, of=SHORT)
    peak = made.table("peak_load").set_index("time_zone")
    assert peak["peak"].to_dict() == {"America/Denver": 4, "America/Los_Angeles": 9}
    assert peak["hours"].astype(str).to_dict() == {
        "America/Denver": "2018-07-01 02:00:00",
        "America/Los_Angeles": "2018-06-30 22:00:00",
    }
    assert peak["utc_offset"].to_dict() == {"America/Denver": "-06:00", "America/Los_Angeles": "-07:00"}
    factor = made.table("load_factor").set_index("time_zone")["load_factor"]
    assert factor.to_dict() == {"America/Denver": 2.5 / 4, "America/Los_Angeles": 3.75 / 9}


@ON_SAIL
def test_a_calibration_without_a_key_on_both_sides_is_refused(engine: Engine, tmp_path: Path) -> None:
    homes = small_dataset(
        SHORT, "homes", {("a", "house", "cool", "2020"): (1,) * 4, ("b", "flat", "cool", "2020"): (1,) * 4}
    )
    other = small_dataset(
        SHORT, "shops", {("a", "flat", "cool", "2020"): (1,) * 4, ("b", "house", "cool", "2020"): (1,) * 4}
    )
    text = (
        '[[report]]\nkind = "calibration"\nby = ["county", "building"]\nagainst = ["shops"]\n[result]\ntable = false\n'
    )
    with pytest.raises(SpecError) as caught:
        asked(text, engine, tmp_path, homes, other, of=SHORT)
    assert str(caught.value) == (
        'query.toml:9:11: report[0].against: nothing can be compared by "county", "building": the values have keys '
        'such as "a house", "b flat", and the benchmark such as "a flat", "b house"; keep columns whose keys both '
        "have, or bring the benchmark to the same records with a mapping"
    )


@ON_SAIL
@pytest.mark.parametrize("small", [True, False])
def test_a_load_that_is_not_what_the_datasets_promise_is_not_reported(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: bool
) -> None:
    homes = small_dataset(SHORT, "homes", {("a", "house", "cool", "2020"): (1, 2, 3, 4)})
    spoilt = replace(homes, facts=homes.facts.assign(value=[1.0, 2.0, 3.0, 5.0]))
    monkeypatch.setattr(coded, "SMALL", 100 if small else 0)
    text = '[[report]]\nkind = "load_factor"\n[result]\ntable = false\n'
    query = query_of(text)
    plan = plan_results(query, SHORT, sources_of(query, homes)).others[0]
    scratch = Scratch(engine.spark, tmp_path / ".tables")
    found = contract(plan, engine.spark, lambda session, _, columns: facts_frame(spoilt, session, columns), tmp_path)
    with pytest.raises(ConservationError, match=r"the result adds up to 11\.0 kWh, but the datasets give 10\.0"):
        writing.write_report(plan, (found, None), tmp_path / "report", engine.spark, scratch.persist)


@ON_SAIL
def test_a_group_that_lacks_an_hour_has_no_coincident_peak_there(engine: Engine, tmp_path: Path) -> None:
    rows_ = {("a", "house", "cool", "2020"): (1, 2, 3, 4), ("b", "house", "cool", "2020"): (9, 3, 2, 8)}
    stored = small_dataset(SHORT, "homes", rows_)
    text = (
        '[result]\ntable = false\n[[where]]\ndimension = "value"\nabove = 2.5\n'
        '[[report]]\nkind = "peak_load"\nby = ["county"]\ncoincident_with = []\n'
        '[[report]]\nkind = "load_factor"\nby = ["county"]\n'
    )
    made = asked(text, engine, tmp_path, stored, of=SHORT)
    # The system peaks in the last hour, with 12.
    assert made.table("peak_load")["coincident_peak"].tolist() == [4, 8]
    lacking = asked(text.replace("2.5", "4.5"), engine, tmp_path / "other", replace(stored), of=SHORT)
    assert lacking.table("peak_load")["county"].tolist() == ["b"]
    assert made.table("load_factor")["slots"].tolist() == [2, 3]
