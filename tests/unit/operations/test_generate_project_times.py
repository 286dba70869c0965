"""The time of a generated project: that of the dataset which says most, and what the others need to get there."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.project_specs import one

from dsgrid.errors import DsgridError
from dsgrid.operations.generate_project import generate_project
from dsgrid.operations.generated import Generated
from dsgrid.operations.register_dataset import draft_dataset
from dsgrid.operations.register_project import register_project
from dsgrid.operations.submit_dataset import submit_dataset
from dsgrid.operations.validate import validate
from dsgrid.registry.model import Layout
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import load_spec
from dsgrid.time.dimension import TimeDimension

PLAIN = {"step": "1h", "interval": "period_beginning", "measurement": "total"}
HOURS = {"kind": "datetime", "start": "2018-01-01 00:00", "end": "2018-12-31 23:00", "zone": "-07:00", **PLAIN}
YEARS = {"kind": "annual", "years": ["2018"], "measurement": "total", "year_of": "model_year"}
WEEKS = {"kind": "representative", "by": ["month", "day_of_week", "hour"], "zone": "project_geography", **PLAIN}
NUMBERS = {"kind": "index", "start": "2018-01-01 00:00", "last": 8759, "zone": "-07:00", **PLAIN}
NOTHING = {"kind": "none"}


def generated(tmp_path: Path, **times: dict[str, Any]) -> Generated:
    """Make the draft of a project for datasets of these times, that differ in nothing else."""
    folder = tmp_path / "registry"
    with Registry.create(folder) as opened:
        for id_, time in times.items():
            records = {
                "geography": [one("06037", time_zone="America/Los_Angeles"), one("08031", time_zone="America/Denver")],
                "metric": [one("cooling", unit="MWh")],
                "model_year": [one(year) for year in time.get("years", ["2018"])],
                "weather_year": [one(time.get("ranges", [{}])[0].get("weather_year", time.get("start", "2018")[:4]))],
            }
            classes = {"geography": "county", "metric": "energy_end_use"}
            dimension = {
                type_: {
                    "name": f"{id_}_{type_}",
                    "class": classes.get(type_, type_),
                    "records": records.get(type_, [one("all")]),
                }
                for type_ in (*records, "sector", "subsector", "scenario")
            }
            spec = {"dataset": {"id": id_}, "data": {"table": "no.csv"}, "dimension": dimension, "time": time}
            draft = draft_dataset(load_spec(spec, "register_dataset").root, opened)
            with opened.registration("test") as registration:
                registration.add_dataset(replace(draft, layout=Layout(False, "metric", ("geography",))))
    return generate_project({"id": "all", "datasets": list(times), "output": str(tmp_path / "out")}, registry=folder)


def registered(tmp_path: Path, made: Generated) -> TimeDimension:
    """Register and submit what was generated, as it stands; return the project's time."""
    registry = tmp_path / "registry"
    project = register_project(made.specs[0], registry=registry).project
    for path in made.specs[1:]:
        submit_dataset(path, registry=registry)
    return project.time


@pytest.mark.parametrize(
    ("times", "kind"),
    [
        ({"years": YEARS, "hours": HOURS}, "datetime"),
        ({"nothing": NOTHING, "weeks": WEEKS, "numbers": NUMBERS}, "datetime"),
        ({"weeks": WEEKS, "years": YEARS}, "annual"),
        ({"nothing": NOTHING, "weeks": WEEKS}, "representative"),
        ({"nothing": NOTHING}, "none"),
    ],
)
def test_a_project_has_the_time_that_says_most(tmp_path: Path, times: dict[str, dict[str, Any]], kind: str) -> None:
    made = generated(tmp_path, **times)
    if kind == "datetime" and "years" in times:
        path = tmp_path / "out/submit_years.toml"
        path.write_text(path.read_text("utf-8").replace('spread = ""', 'spread = "flat"'), "utf-8")
    time = registered(tmp_path, made)
    assert time.kind == kind
    if kind == "datetime":
        assert time.zone == "-07:00"
        assert f"{time.start:%Y-%m-%d %H:%M} {time.end:%Y-%m-%d %H:%M}" == "2018-01-01 00:00 2018-12-31 23:00"
    if kind == "representative":
        assert time.zone == "geography"


def test_annual_totals_are_asked_how_they_spread(tmp_path: Path) -> None:
    made = generated(tmp_path, hours=HOURS, years=YEARS)
    assert [where for where, _ in made.decisions] == ["submit_years.toml: mapping.time.spread"]
    assert tomllib.loads((tmp_path / "out/submit_years.toml").read_text("utf-8"))["mapping"] == {"time": {"spread": ""}}
    with pytest.raises(DsgridError) as left:
        validate(tmp_path / "out/submit_years.toml")
    assert [problem.key for problem in left.value.problems] == ["mapping.time.spread"]
    assert not any("differs" in note for note in made.notes)


def test_rules_that_have_to_be_chosen_are_asked_for(tmp_path: Path) -> None:
    ranges = [{"start": "2012-01-01 00:00", "end": "2012-12-30 23:00", "weather_year": "2018"}]
    other = {key: value for key, value in HOURS.items() if key not in ("start", "end")} | {"ranges": ranges}
    made = generated(tmp_path, hours=HOURS, other=other)
    ((where, question),) = made.decisions
    assert where == "submit_other.toml: mapping.time.align"
    assert 'align = "same_date"' in question
    # What a switch decides is told instead.
    made = generated(tmp_path / "more", hours=HOURS, quarters=HOURS | {"step": "15min", "end": "2018-12-31 23:45"})
    (note,) = made.notes
    assert note.startswith("time of quarters differs: 2018-01-01 00:00 to 2018-12-31 23:45")
    assert "resample = true" in note
    assert made.decisions == ()


def test_a_project_says_in_which_zone_the_clocks_of_places_meet(tmp_path: Path) -> None:
    local = HOURS | {"zone": "geography", "clock": "prevailing"}
    made = generated(tmp_path, local=local)
    assert [where for where, _ in made.decisions] == ["register_project.toml: time.zone"]
    table = tomllib.loads(made.specs[0].read_text("utf-8"))["time"]
    assert "clock" not in table
    with pytest.raises(DsgridError, match=r"time\.zone"):
        validate(made.specs[0])
    text = made.specs[0].read_text("utf-8")
    made.specs[0].write_text(re.sub(r'^zone = ""', 'zone = "-07:00"', text, flags=re.MULTILINE), "utf-8")
    assert register_project(made.specs[0], registry=tmp_path / "registry").project.time.zone == "-07:00"


@pytest.mark.parametrize("clock", ["standard", "profile"])
def test_labels_that_all_places_have_may_be_those_of_a_project(tmp_path: Path, clock: str) -> None:
    local = {key: HOURS[key] for key in HOURS if key != "zone"} | {"zone": "project_geography", "clock": clock}
    made = generated(tmp_path, local=local)
    assert made.decisions == ()
    time = registered(tmp_path, made)
    assert (time.zone, time.clock) == ("geography", clock)


@pytest.mark.parametrize(
    ("index", "end"),
    [
        (NUMBERS | {"first": 1, "last": 8760}, "2018-12-31 23:00"),
        # Without 29 February a year of numbers ends with the year.
        (NUMBERS | {"start": "2012-01-01 00:00", "leap_days": False, "clock": "profile"}, "2012-12-31 23:00"),
        (NUMBERS | {"zone": "America/Denver"}, "2018-12-31 23:00"),
    ],
)
def test_numbers_become_labels(tmp_path: Path, index: dict[str, Any], end: str) -> None:
    made = generated(tmp_path, numbers=index)
    table = tomllib.loads(made.specs[0].read_text("utf-8"))["time"]
    assert (table["kind"], table["start"], table["end"]) == ("datetime", index["start"], end)
    assert table.get("leap_days") == index.get("leap_days")
    assert made.notes == ()


def test_years_of_all_datasets_are_those_of_the_project(tmp_path: Path) -> None:
    made = generated(tmp_path, early=YEARS | {"years": ["2018", "2020"]}, late=YEARS | {"years": ["2030"]})
    assert registered(tmp_path, made).years == (2018, 2020, 2030)
    assert made.decisions == ()
