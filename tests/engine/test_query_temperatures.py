"""Temperatures convert with an offset: each value by itself, before anything else becomes of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from reference.example import TIME, dataset, plan_of, project, records
from reference.layouts import pivoted_by, two_tables
from reference.stored import Stored
from reference.timed_queries import written_result

from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.mapping import Association, Mapping
from dsgrid.errors import SpecError
from dsgrid.query.explain import explain
from dsgrid.registry.acceptance import refused_units
from dsgrid.registry.model import TypeMapping
from dsgrid.time.dimension import DatetimeTime
from dsgrid.time.rules import TimeRules

if TYPE_CHECKING:
    import pandas as pd

    from dsgrid.engine import Engine
    from dsgrid.registry.model import Project

MEANS = replace(TIME, measurement="mean")


def weather(*units: str) -> Dimension:
    return Dimension("weather", "metric", "weather_variable", records("outdoor", "wind", unit=units))


def of(time: DatetimeTime = MEANS) -> Project:
    return project(weather("degC", "m/s"), subsets=(), time=time)


def stored(unit: str = "degF", time: DatetimeTime | None = None, rules: TimeRules | None = None) -> Stored:
    """Temperatures in another unit than the project's beside a speed in the same, all values different."""
    made = dataset(of(), time=time, rules=rules)
    own = replace(made.dataset, dimensions={**made.dataset.dimensions, "metric": weather(unit, "m/s")})
    values = np.random.default_rng(5).normal(60, 25, len(made.facts))
    return replace(made, dataset=own, facts=made.facts.assign(value=values)).with_files()


def unscaled(two: Stored) -> Stored:
    """Return a dataset of two tables without its scaling factors."""
    assert two.lookup is not None
    layout = replace(two.dataset.layout, scaling_factor=False)
    lookup = two.lookup.drop(columns="scaling_factor")
    return replace(two, dataset=replace(two.dataset, layout=layout), lookup=lookup).with_files()


def asked(where: str = "", unit: str = "", by: str = '"county", "building_type", "weather", "time_mst"') -> str:
    kept = f'[[where]]\ndimension = "weather"\nin = ["{where}"]\n' if where else ""
    return f"{kept}[[step]]\nby = [{by}]\n" + (f'[result]\nunit = "{unit}"\n' if unit else "")


def answer(engine: Engine, folder: Path, text: str, own: Stored, project_: Project | None = None) -> pd.DataFrame:
    plan = plan_of(text, own, of=project_ or of())
    return written_result(engine, folder, plan, own).to_pandas()


LAYOUTS = {
    "stacked": lambda made: made,
    "pivoted by metric": lambda made: pivoted_by(made, "metric"),
    "pivoted by geography": lambda made: pivoted_by(made, "geography"),
    "two tables": lambda made: unscaled(two_tables(made, "geography")),
    "two tables, pivoted by metric": lambda made: pivoted_by(unscaled(two_tables(made, "geography")), "metric"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_value_is_converted_and_others_are_left_alone(engine: Engine, tmp_path: Path, layout: str) -> None:
    made = stored()
    result = answer(engine, tmp_path, asked(), LAYOUTS[layout](made))
    assert len(result) == len(made.facts)
    for name, scale, offset in (("outdoor", 5 / 9, -160 / 9), ("wind", 1.0, 0.0)):
        found = np.sort(result.loc[result["weather"] == name, "value"])
        wanted = np.sort(made.facts.loc[made.facts["metric"] == name, "value"] * scale + offset)
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)
    assert set(result.loc[result["weather"] == "outdoor", "unit"]) == {"degC"}


@pytest.mark.parametrize("own", ["degF", "degC", "K"])
def test_a_query_may_ask_for_another_unit(engine: Engine, tmp_path: Path, own: str) -> None:
    made = stored(own)
    result = answer(engine, tmp_path, asked("outdoor", "K"), made)
    values = made.facts.loc[made.facts["metric"] == "outdoor", "value"]
    kelvin = {"degF": (values + 459.67) * 5 / 9, "degC": values + 273.15, "K": values}[own]
    np.testing.assert_allclose(np.sort(result["value"]), np.sort(kelvin), rtol=1e-12)
    assert set(result["unit"]) == {"K"}


def test_means_over_places_and_time_are_those_of_converted_values(engine: Engine, tmp_path: Path) -> None:
    halves = replace(MEANS, step=MEANS.step / 2, ranges=(replace(MEANS.ranges[0], end=MEANS.ranges[0].end),))
    halves = replace(halves, ranges=(replace(halves.ranges[0], end=halves.ranges[0].end + halves.step),))
    made = stored(time=halves, rules=TimeRules(resample=True))
    # A county of the project takes a quarter of one and three quarters of another.
    weights = (("06037", "06037", 0.25), ("06073", "06037", 0.75), ("06073", "06073", 1.0), ("36061", "36061", 1.0))
    mapping = Mapping("many_to_many_assignment", tuple(Association(*one) for one in weights))
    mappings = {**made.submission.mappings, "geography": TypeMapping("county", mapping)}
    made = replace(made, submission=replace(made.submission, mappings=mappings))
    result = answer(engine, tmp_path, asked("outdoor"), made)
    facts = made.facts[made.facts["metric"] == "outdoor"]
    hours = facts.assign(hour=facts["label"] // 3_600_000_000, value=(facts["value"] - 32) * 5 / 9)
    means = hours.groupby(["geography", "subsector", "hour"])["value"].mean()
    wanted = [*(0.25 * means["06037"] + 0.75 * means["06073"]), *means["06073"], *means["36061"]]
    np.testing.assert_allclose(np.sort(result["value"]), np.sort(wanted), rtol=1e-12, atol=1e-12)


def test_what_cannot_be_converted_is_told_before_anything_runs() -> None:
    with pytest.raises(SpecError, match="as its lookup has scaling factors"):
        plan_of(asked(), two_tables(stored(), "geography"), of=of())
    with pytest.raises(SpecError, match="its lookup says which metric a row is of"):
        plan_of(asked(), unscaled(two_tables(stored(), "metric")), of=of())
    # All of what is asked for is converted alike.
    assert plan_of(asked("outdoor"), unscaled(two_tables(stored(), "metric")), of=of()).sources
    with pytest.raises(SpecError, match=r'no conversion from "m/s" to "degF"'):
        plan_of(asked(unit="degF"), stored(), of=of())


def test_the_plan_says_what_is_converted() -> None:
    assert "  convert   each value of outdoor to degC" in explain(plan_of(asked(), stored(), of=of())).splitlines()


def test_a_submission_in_another_unit_of_temperature_is_accepted() -> None:
    made = stored()
    assert refused_units(of(), made.dataset, made.submission.mappings) == ()
    scaled = two_tables(made, "geography")
    (message,) = refused_units(of(), scaled.dataset, scaled.submission.mappings)
    assert message.startswith('"outdoor" -> "outdoor": "degF" converts to "degC" with an offset')
    odd = replace(made.dataset, dimensions={**made.dataset.dimensions, "metric": weather("kWh", "m/s")})
    (message,) = refused_units(of(), odd, made.submission.mappings)
    assert "one is energy, the other temperature" in message
