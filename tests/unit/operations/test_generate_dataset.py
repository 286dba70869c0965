"""Generated specs of datasets: what is certain is said, what is guessed is marked, what is unknown is left blank."""

from __future__ import annotations

import csv
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from tests.project_specs import PROJECT

from dsgrid.errors import DataError, NotFoundError, RegistryError, SpecError, UsageError
from dsgrid.operations.generate_dataset import generate_dataset
from dsgrid.operations.register_dataset import load_dimensions
from dsgrid.operations.register_project import register_project
from dsgrid.operations.validate import validate
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import load_spec

HOURS = ["2018-01-01 00:00", "2018-01-01 01:00", "2018-01-01 03:00"]
TOLD = {
    "time": {"zone": "-07:00", "interval": "period_beginning", "measurement": "total"},
    "metric": {"class": "energy_end_use", "unit": "MWh"},
}


def write_csv(path: Path, columns: dict[str, list[Any]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return path


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Three hours (one is missing), with everything but the sector."""
    return write_csv(
        tmp_path / "table.csv",
        {
            "timestamp": HOURS,
            "fips": ["06037", "08031", "06037"],
            "building_type": ["office", "house", "large, old"],
            "cooling": [1.5, 2, 3],
            "heating": [0, 0, 1],
        },
    )


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    Registry.create(tmp_path / "registry").close()
    register_project(PROJECT, registry=tmp_path / "registry")
    return tmp_path / "registry"


def test_what_is_told_beforehand_is_not_left_blank(table: Path, tmp_path: Path) -> None:
    made = generate_dataset({"table": str(table), "output": str(tmp_path / "my data"), **TOLD})
    assert made.id == "my_data"
    assert [where for where, _ in made.decisions] == ["register_dataset.toml: dimension.sector.records"]
    text = made.specs[0].read_text("utf-8").replace('{ id = "", name = "" }', '{ id = "com", name = "Commercial" }')
    assert text.startswith(
        '#:schema schemas/register_dataset.schema.json\nspec_version = 1\njob = "register_dataset"\n'
    )
    made.specs[0].write_text(text, "utf-8")
    assert validate(made.specs[0]).spec.job == "register_dataset"
    root = load_spec(made.specs[0]).root
    assert root["data"].value == {
        "table": "../table.csv",
        "pivot": "metric",
        "columns": {"fips": {"dimension": "geography"}, "building_type": {"dimension": "subsector"}},
    }
    dimensions, time = load_dimensions(root, None)
    assert dimensions["geography"].records.ids == ("06037", "08031")
    assert dimensions["geography"].record_class == "county"
    assert [(record.id, record.name) for record in dimensions["subsector"].records] == [
        ("house", "House"),
        ("large, old", "Large, Old"),
        ("office", "Office"),
    ]
    assert [record.get("unit") for record in dimensions["metric"].records] == ["MWh", "MWh"]
    assert dimensions["weather_year"].records.ids == ("2018",)
    assert (time.zone, time.labels) == ("-07:00", "wall_clock")
    assert made.notes == (
        'column "timestamp": 1 label missing between the first and the last, the first 2018-01-01 02:00',
    )
    assert "# assumed: the year of the labels" in text
    assert "# 3 labels, 1 missing in between" in text


def test_validate_names_what_is_left_to_decide(table: Path, tmp_path: Path) -> None:
    made = generate_dataset({"table": str(table), "output": str(tmp_path / "out")})
    with pytest.raises(SpecError) as left:
        validate(made.specs[0])
    keys = {problem.key.replace("[0].id", "") for problem in left.value.problems}
    assert keys == {where.partition(": ")[2] for where, _ in made.decisions if where.startswith("register_dataset")}
    report = made.report()
    for where, _ in made.decisions:
        assert f"  {where}: " in report
    # When the keys are filled it is the turn of the tables.
    text = made.specs[0].read_text("utf-8").replace('id = "", name = ""', 'id = "com", name = "Commercial"')
    for key, value in {**TOLD["time"], "class": "energy_end_use"}.items():
        text = re.sub(rf'^{key} = ""', f'{key} = "{value}"', text, flags=re.MULTILINE)
    made.specs[0].write_text(text, "utf-8")
    with pytest.raises(DataError, match=r'metric.csv:2: id "cooling": the unit is blank'):
        validate(made.specs[0])


def test_a_project_lends_its_dimensions_and_gets_a_submission(table: Path, registry: Path, tmp_path: Path) -> None:
    spec = {"table": str(table), "output": str(tmp_path / "offices"), "project": "two_counties", **TOLD}
    made = generate_dataset(spec, registry=registry)
    dataset = tomllib.loads(made.specs[0].read_text("utf-8"))
    assert dataset["registry"] == "../registry"
    assert dataset["dimension"]["geography"] == {
        "name": "offices_geography",
        "use": "two_counties/county@1.0.0",
    }
    assert dataset["dimension"]["scenario"]["use"] == "two_counties/scenario@1.0.0"
    # The one sector cannot be known, but where to look is said.
    assert "decide: the one sector of the data, such as com, res" in made.specs[0].read_text("utf-8")
    submission = tomllib.loads(made.specs[1].read_text("utf-8"))
    assert list(submission["mapping"]) == ["subsector", "metric"]
    assert submission["mapping"]["subsector"] == {"kind": "", "records": "mappings/subsector.csv"}
    assert read_csv(tmp_path / "offices/mappings/subsector.csv") == [
        {"from": "house", "to": "house"},
        {"from": "large, old", "to": "?"},
        {"from": "office", "to": "office"},
    ]
    assert ("mappings/subsector.csv", 'the building of 1 record with "?" (blank: none)') in made.decisions
    # Requirements of the project name this dataset, so nothing is to be said about that.
    assert not any("[requires." in note for note in made.notes)


def test_ids_of_a_supplemental_dimension_are_told_to_have_a_reverse(registry: Path, tmp_path: Path) -> None:
    columns = {"timestamp": HOURS[:2], "state": ["CA", "CO"], "building_type": ["office"] * 2, "cooling": [1.5, 2]}
    path = write_csv(tmp_path / "states.csv", columns)
    spec = {"table": str(path), "output": str(tmp_path / "offices"), "project": "two_counties", **TOLD}
    made = generate_dataset(spec, registry=registry)
    assert (
        'submit_dataset.toml: the geography ids are those of supplemental "state"; reverse_of = "state" instead of '
        "records renames, or copies what does not add up"
    ) in made.notes
    assert not any("the subsector ids" in note for note in made.notes)


def test_a_registered_dimension_is_not_used_where_not_wanted(table: Path, registry: Path, tmp_path: Path) -> None:
    spec = {"table": str(table), "output": str(tmp_path / "out"), "reuse": False, **TOLD}
    made = generate_dataset(spec, registry=registry)
    geography = tomllib.loads(made.specs[0].read_text("utf-8"))["dimension"]["geography"]
    assert geography["records"] == "dimensions/geography.csv"
    # Names and attributes are taken over all the same.
    assert read_csv(tmp_path / "out/dimensions/geography.csv")[0] == {"id": "06037", "name": "06037", "state": "CA"}


def test_a_unit_is_never_taken_from_elsewhere(registry: Path, tmp_path: Path) -> None:
    table = write_csv(
        tmp_path / "table.csv", {"timestamp": HOURS, "end_use": ["cooling", "cooling", "fans"], "value": [1.5, 2, 3]}
    )
    made = generate_dataset({"table": str(table), "output": str(tmp_path / "out")}, registry=registry)
    assert [row["unit"] for row in read_csv(tmp_path / "out/dimensions/metric.csv")] == ["", ""]
    assert ("dimensions/metric.csv", "the unit of 2 records") in made.decisions


def test_ids_that_are_hard_to_write_are_read_back(tmp_path: Path) -> None:
    nasty = ['a "quoted", one', "${x}", "#", "=1+1", "é 😀", "'"]
    count = len(nasty)
    table = write_csv(
        tmp_path / "table.csv",
        {"timestamp": HOURS[:1] * count, "building_type": nasty, "${y}": ["only"] * count, "value": [1.5] * count},
    )
    made = generate_dataset({"table": str(table), "output": str(tmp_path / "out"), **TOLD})
    text = made.specs[0].read_text("utf-8").replace('id = "", name = ""', 'id = "one", name = "One"')
    # A single label has no step.
    made.specs[0].write_text(text.replace('step = ""', 'step = "1h"'), "utf-8")
    root = load_spec(made.specs[0]).root
    dimensions, _ = load_dimensions(root, None)
    assert dimensions["subsector"].records.ids == tuple(sorted(nasty))
    assert root["data"]["ignore"].value == ["${y}"]


@pytest.mark.parametrize(
    ("labels", "zone", "said"),
    [
        (["2018-01-01T01:00-05:00", "2018-01-01T02:00-05:00"], None, ("2018-01-01 01:00", "-05:00")),
        (["2018-01-01T06:00Z", "2018-01-01T07:00Z"], None, ("2018-01-01 06:00", "")),
        (["2018-01-01T06:00Z", "2018-01-01T07:00Z"], "-05:00", ("2018-01-01 01:00", "-05:00")),
        (["2018-03-11T01:00-05:00", "2018-03-11T03:00-04:00"], None, ("2018-03-11 06:00", "")),
        (
            ["2018-03-11T01:00-05:00", "2018-03-11T03:00-04:00"],
            "America/New_York",
            ("2018-03-11 01:00", "America/New_York"),
        ),
    ],
)
def test_offsets_in_labels_tell_the_zone(
    tmp_path: Path, labels: list[str], zone: str | None, said: tuple[str, str]
) -> None:
    table = write_csv(tmp_path / "table.csv", {"time": labels, "fips": ["06037", "08031"], "value": [1.5, 2]})
    spec = {"table": str(table), "output": str(tmp_path / "out"), **({"time": {"zone": zone}} if zone else {})}
    made = generate_dataset(spec)
    time = tomllib.loads(made.specs[0].read_text("utf-8"))["time"]
    assert (time["start"], time["zone"]) == said
    assert (time["column"], time["step"]) == ("time", "1h")
    assert "labels" not in time
    assert made.notes == ()


def test_a_folder_with_usual_names_is_enough(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    write_csv(raw / "load_data.csv", {"id": [1, 2], "timestamp": HOURS[:2], "fans": [1.5, 2]})
    (raw / "load_data_lookup.json").write_text('{"id": 1, "geography": "01"}\n{"id": 2, "geography": "02"}\n')
    made = generate_dataset({"table": str(raw), "output": str(tmp_path / "out")})
    data = tomllib.loads(made.specs[0].read_text("utf-8"))["data"]
    assert data == {"table": "../raw/load_data.csv", "lookup": "../raw/load_data_lookup.json", "pivot": "metric"}
    assert made.recognised.dimensions["geography"].ids == ("01", "02")


def test_what_is_not_recognised_is_asked_for(table: Path, tmp_path: Path) -> None:
    odd = write_csv(tmp_path / "odd.csv", {"timestamp": HOURS, "what": ["x", "y", "z"], "value": [1.5, 2, 3]})
    made = generate_dataset({"table": str(odd), "output": str(tmp_path / "odd")})
    assert "register_dataset.toml: data.columns.what.dimension" in dict(made.decisions)
    told = generate_dataset({"table": str(odd), "output": str(tmp_path / "told"), "columns": {"what": "scenario"}})
    assert told.recognised.dimensions["scenario"].ids == ("x", "y", "z")
    with pytest.raises(SpecError, match=r'columns\.wath: there is no column "wath"; did you mean "what"'):
        generate_dataset({"table": str(odd), "output": str(tmp_path / "no"), "columns": {"wath": "scenario"}})
    assert not (tmp_path / "no").exists()


def test_only_what_may_be_overwritten_is(table: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    spec = {"table": str(table), "output": str(output)}
    generate_dataset(spec)
    (output / "notes.txt").write_text("mine")
    (output / "register_dataset.toml").write_text("edited")
    with pytest.raises(RegistryError, match=r"out is not empty \(.*\); what is generated goes to a folder"):
        generate_dataset(spec)
    assert (output / "register_dataset.toml").read_text() == "edited"
    generate_dataset({**spec, "overwrite": True})
    assert (output / "register_dataset.toml").read_text().startswith("#:schema")
    assert (output / "notes.txt").read_text() == "mine"
    assert not (tmp_path / ".out.unfinished").exists()


def test_what_is_not_there_is_said(table: Path, registry: Path, tmp_path: Path) -> None:
    output = str(tmp_path / "out")
    with pytest.raises(NotFoundError, match=r'did you mean "table\.csv"'):
        generate_dataset({"table": str(tmp_path / "tabel.csv"), "output": output})
    with pytest.raises(NotFoundError, match='did you mean "two_counties"'):
        generate_dataset({"table": str(table), "output": output, "project": "two_county"}, registry=registry)
    with pytest.raises(SpecError, match="no registry is named to look the project up in"):
        generate_dataset({"table": str(table), "output": output, "project": "two_counties"})
    with pytest.raises(UsageError, match='no id can be made of the folder\'s name "2018"'):
        generate_dataset({"table": str(table), "output": str(tmp_path / "2018")})
    assert not (tmp_path / "out").exists()
