"""From raw files to a project that works: generated specs, with what they leave open filled in."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.demo_project import small_demo

from dsgrid.errors import SpecError
from dsgrid.operations.create_registry import create_registry
from dsgrid.operations.generate_dataset import GeneratedDataset, generate_dataset
from dsgrid.operations.generate_project import generate_project
from dsgrid.operations.register_dataset import register_dataset
from dsgrid.operations.register_project import register_project
from dsgrid.operations.submit_dataset import submit_dataset
from dsgrid.operations.validate import validate
from dsgrid.registry.registry import Registry

if TYPE_CHECKING:
    from dsgrid.engine import Engine


def fill(generated: GeneratedDataset, **answers: str) -> Path:
    """Fill the blanks of a generated spec as a user does; every answer has exactly one blank."""
    spec = generated.folder / "register_dataset.toml"
    text = spec.read_text("utf-8")
    for key, answer in answers.items():
        text, found = re.subn(rf'^{key} = ""', f'{key} = "{answer}"', text, flags=re.MULTILINE)
        assert found == 1, key
    spec.write_text(text, "utf-8")
    return spec


def test_the_demo_is_made_again_from_its_raw_files(engine: Engine, tmp_path: Path) -> None:
    specs = small_demo(tmp_path, days=2)
    raw = tmp_path / "build/demo/data"
    registry = tmp_path / "registry"
    create_registry({"registry": str(registry)})

    commercial = generate_dataset(
        {"table": str(raw / "commercial"), "id": "commercial", "output": str(tmp_path / "new/com")}, registry=registry
    )
    assert [where for where, _ in commercial.decisions] == [
        "register_dataset.toml: dimension.sector.records",
        "register_dataset.toml: dimension.metric.class",
        "dimensions/metric.csv",
        "register_dataset.toml: time.zone",
        "register_dataset.toml: time.interval",
        "register_dataset.toml: time.measurement",
    ]
    with pytest.raises(SpecError) as left:
        validate(tmp_path / "new/com/register_dataset.toml")
    assert {problem.key for problem in left.value.problems} == {
        "dimension.metric.class",
        "dimension.sector.records[0].id",
        "time.zone",
        "time.interval",
        "time.measurement",
    }
    spec = fill(commercial, **{"class": "energy_end_use", "interval": "period_ending", "measurement": "total"})
    text = spec.read_text("utf-8").replace('{ id = "", name = "" }', '{ id = "com", name = "Commercial" }')
    # As the comment says, the first label is 01:00 there.
    assert "01:00 in -07:00" in text
    text = re.sub(r'^start = "\S+ 08:00"', 'start = "2018-07-09 01:00"', text, flags=re.MULTILINE)
    text = re.sub(r'^end = "\S+ 07:00"', 'end = "2018-07-11 00:00"', text, flags=re.MULTILINE)
    text = text.replace('zone = ""', 'zone = "-07:00"')
    missing = specs / "missing/large_offices.csv"
    text = text.replace('pivot = "metric"', f'missing = ["{missing}"]\npivot = "metric"')
    spec.write_text(text, "utf-8")
    metrics = spec.parent / "dimensions/metric.csv"
    metrics.write_text(re.sub(r",$", ",MWh", metrics.read_text("utf-8"), flags=re.MULTILINE), "utf-8")
    validate(spec)
    register_dataset(spec, registry=registry, engine=engine)

    # With all that can be said beforehand, the second one is left with its one sector and nothing else.
    residential = generate_dataset(
        {
            "table": str(raw / "residential"),
            "id": "residential",
            "output": str(tmp_path / "new/res"),
            "time": {"zone": "-07:00", "interval": "period_beginning", "measurement": "total"},
            "metric": {"class": "energy_end_use", "unit": "kWh"},
        },
        registry=registry,
    )
    assert [where for where, _ in residential.decisions] == ["register_dataset.toml: dimension.sector.records"]
    spec = residential.specs[0]
    text = spec.read_text("utf-8").replace('{ id = "", name = "" }', '{ id = "res", name = "Residential" }')
    assert 'use = "commercial/commercial_weather_year@1.0.0"' in text
    spec.write_text(text, "utf-8")
    register_dataset(spec, registry=registry, engine=engine)

    project = generate_project(
        {"id": "again", "datasets": ["commercial"], "output": str(tmp_path / "new/again")}, registry=registry
    )
    assert project.decisions == ()
    validate(project.specs[0], registry=registry)
    register_project(project.specs[0], registry=registry)
    submit_dataset(project.specs[1], registry=registry)

    both = generate_project(
        {"id": "both", "datasets": ["commercial", "residential"], "output": str(tmp_path / "new/both")},
        registry=registry,
    )
    # Counties and regions in one dimension: what they are together is for people to say.
    assert both.decisions == (("register_project.toml: base.county.class", "one of county, geography"),)
    spec = both.specs[0]
    spec.write_text(spec.read_text("utf-8").replace('class = ""', 'class = "geography"'), "utf-8")
    assert any("time of residential differs" in note for note in both.notes)
    register_project(both.specs[0], registry=registry)
    submit_dataset(tmp_path / "new/both/submit_residential.toml", registry=registry)
    with Registry.open(registry) as opened:
        requirement = next(each for each in opened.project("both").requirements if each.dataset_id == "residential")
        assert requirement.single.ids["sector"] == ("res",)
        assert {row["project_id"] for row in opened.submissions()} == {"again", "both"}
