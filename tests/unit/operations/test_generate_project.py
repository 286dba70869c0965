"""Generated specs of projects hold the datasets that they are made for."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.project_specs import one

from dsgrid.errors import NotFoundError, SpecError
from dsgrid.operations.generate_project import generate_project
from dsgrid.operations.register_dataset import draft_dataset
from dsgrid.operations.register_project import register_project
from dsgrid.operations.submit_dataset import submit_dataset
from dsgrid.operations.validate import validate
from dsgrid.registry.model import Layout
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import load_spec

TIME = {
    "kind": "datetime",
    "start": "2018-01-01 01:00",
    "end": "2018-01-02 00:00",
    "step": "1h",
    "zone": "-07:00",
    "interval": "period_ending",
    "measurement": "total",
}


def dataset(id_: str, **records: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the spec of a dataset; what is not given has one record."""
    plain = {
        "geography": [one("06037"), one("08031")],
        "sector": [one("com")],
        "subsector": [one("office"), one("school")],
        "metric": [one("cooling", unit="MWh")],
        "scenario": [one("reference")],
        "model_year": [one("2018")],
        "weather_year": [one("2018")],
    }
    classes = {"geography": "county", "metric": "energy_end_use"}
    return {
        "dataset": {"id": id_},
        "data": {"table": "none.csv"},
        "dimension": {
            type_: {"name": f"{id_}_{type_}", "class": classes.get(type_, type_), "records": rows}
            for type_, rows in {**plain, **records}.items()
        },
        "time": TIME,
    }


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    """Offices and homes: other sectors and building types, one metric in another unit."""
    folder = tmp_path / "registry"
    homes = dataset(
        "homes",
        sector=[one("res")],
        subsector=[one("house")],
        metric=[one("cooling", unit="kWh"), one("heating", unit="kWh")],
    )
    with Registry.create(folder) as opened:
        for spec in (dataset("offices"), homes):
            draft = draft_dataset(load_spec(spec, "register_dataset").root, opened)
            with opened.registration("test") as registration:
                registration.add_dataset(replace(draft, layout=Layout(False, "metric", ("geography",))))
    return folder


def test_a_project_for_one_dataset_uses_its_dimensions(registry: Path, tmp_path: Path) -> None:
    made = generate_project({"id": "first", "datasets": ["offices"], "output": str(tmp_path / "p")}, registry=registry)
    assert made.decisions == ()
    spec = tomllib.loads(made.specs[0].read_text("utf-8"))
    assert spec["base"]["county"] == {"type": "geography", "use": "offices/offices_geography@1.0.0"}
    assert list(spec["base"]) == [
        *("county", "sector", "subsector", "end_use", "scenario", "model_year", "weather_year"),
    ]
    assert spec["requires"] == {"offices": {}}
    assert spec["time"]["interval"] == "period_ending"
    assert validate(made.specs[0], registry=registry).against_registry
    register_project(made.specs[0], registry=registry)
    submit_dataset(made.specs[1], registry=registry)


def test_a_project_for_several_holds_the_records_of_all(registry: Path, tmp_path: Path) -> None:
    spec = {"id": "both", "datasets": ["offices", "homes"], "output": str(tmp_path / "p")}
    made = generate_project(spec, registry=registry)
    assert made.decisions == ()
    assert made.notes == ("1 metric of offices, such as cooling, in another unit than the project's",)
    project = register_project(made.specs[0], registry=registry).project
    assert {each.name: each.records.ids for each in project.base if each.name in ("sector", "subsector")} == {
        "sector": ("com", "res"),
        "subsector": ("office", "school", "house"),
    }
    assert next(each for each in project.base if each.name == "end_use").id == "homes/homes_metric"
    requirements = {each.dataset_id: each.single.ids for each in project.requirements}
    assert requirements["homes"] == {"sector": ("res",), "subsector": ("house",)}
    assert requirements["offices"] == {
        "sector": ("com",),
        "subsector": ("office", "school"),
        "metric": ("cooling",),
    }
    for path in made.specs[1:]:
        submit_dataset(path, registry=registry)


def test_records_of_ones_own_win(registry: Path, tmp_path: Path) -> None:
    (tmp_path / "counties.csv").write_text("id,name\n06037,Los Angeles\n08031,Denver\n36061,New York\n", "utf-8")
    spec = {
        "id": "own",
        "datasets": ["offices"],
        "records": {"geography": str(tmp_path / "counties.csv")},
        "output": str(tmp_path / "p"),
        "reuse": False,
    }
    made = generate_project(spec, registry=registry)
    project = register_project(made.specs[0], registry=registry).project
    assert project.base[0].records.ids == ("06037", "08031", "36061")
    assert project.base[0].name == "geography"
    assert {each.id.partition("/")[0] for each in project.base} == {"own"}
    assert project.requirements[0].single.ids == {"geography": ("06037", "08031")}
    submit_dataset(made.specs[1], registry=registry)


def test_what_no_dataset_says_is_left_blank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DSGRID_REGISTRY", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    made = generate_project({"id": "empty", "output": str(tmp_path / "p")})
    with pytest.raises(SpecError) as left:
        validate(made.specs[0])
    keys = {problem.key.replace("[0].id", "") for problem in left.value.problems}
    assert keys == {where.partition(": ")[2] for where, _ in made.decisions}
    assert len(keys) == 7 + 1 + 6


def test_a_dataset_has_to_be_registered(registry: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r'datasets\[0\]: no dataset "office" .*did you mean "offices"'):
        generate_project({"id": "none", "datasets": ["office"], "output": str(tmp_path / "p")}, registry=registry)
    assert not (tmp_path / "p").exists()
