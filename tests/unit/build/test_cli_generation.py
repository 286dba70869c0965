"""`dsgrid registry dump` and `dsgrid generate` on the command line."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from tests.project_specs import PROJECT

from dsgrid.cli import run
from dsgrid.operations.register_project import register_project
from dsgrid.registry.registry import Registry


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a registry and a table of data."""
    monkeypatch.chdir(tmp_path)
    Registry.create(tmp_path / "registry").close()
    register_project(PROJECT, registry=tmp_path / "registry")
    rows = ["timestamp,bldg,fips,cooling", "2018-01-01 00:00,office,06037,1.5", "2018-01-01 01:00,house,08031,2"]
    (tmp_path / "data.csv").write_text("\n".join(rows) + "\n")
    return tmp_path


def test_a_dump_says_what_it_wrote_and_from_where(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["registry", "dump", "two_counties", "out", "--registry", "registry"]) == 0
    assert capsys.readouterr().out == "dumped registry to out: 1 spec\n  project.toml\n"
    assert run(["registry", "dump", "--all", "all", "--registry", "registry"]) == 0
    assert (
        capsys.readouterr().out
        == "dumped registry to all: 2 specs\n  projects/two_counties/project.toml\n  bulk.toml\n"
    )


def test_a_dump_of_everything_has_to_be_asked_for(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["registry", "dump", "two_counties", "--registry", "registry"]) == 2
    assert '"two_counties" is where to; name what to dump before it, or say --all' in capsys.readouterr().err
    assert run(["registry", "dump", "--all", "two_counties", "out", "--registry", "registry"]) == 2
    assert '--all is everything; leave out "two_counties"' in capsys.readouterr().err
    assert sorted(path.name for path in here.iterdir()) == ["data.csv", "registry"]


def test_a_dump_does_not_go_where_something_is(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["registry", "dump", "two_counties", "registry", "--registry", "registry"]) == 5
    assert capsys.readouterr().err == f"{here / 'registry'} is not empty (data); a dump goes to a folder of its own\n"


def test_a_dataset_is_generated_from_the_command_line(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = ["--zone", "-07:00", "--interval", "period_beginning", "--measurement", "total"]
    told += ["--class", "energy_end_use", "--unit", "MWh", "--column", "bldg=subsector"]
    project = ["--project", "two_counties", "--registry", "registry"]
    assert run(["generate", "dataset", "data.csv", "--output", "specs/offices", *told, *project]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "wrote specs/offices: register_dataset.toml, submit_dataset.toml, 0 tables"
    assert shown[-3:] == [
        "left to decide:",
        "  register_dataset.toml: dimension.sector.records: the one sector of the data, such as com, res",
        "next: dsgrid validate specs/offices/register_dataset.toml",
    ]
    spec = tomllib.loads((here / "specs/offices/register_dataset.toml").read_text("utf-8"))
    assert (spec["registry"], spec["data"]["table"]) == ("../../registry", "../../data.csv")
    assert run(["validate", "specs/offices/register_dataset.toml"]) == 2
    assert 'dimension.sector.records[0].id: found ""' in capsys.readouterr().err
    assert run(["generate", "dataset", "data.csv", "--output", "specs/offices", *told, *project]) == 5
    assert run(["generate", "dataset", "data.csv", "--output", "specs/offices", "--overwrite"]) == 0


def test_a_wrong_word_on_the_command_line_is_said(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["generate", "dataset", "data.csv", "--output", "x", "--interval", "ending"]) == 2
    assert 'time.interval: found "ending", expected one of "period_beginning"' in capsys.readouterr().err
    assert run(["generate", "dataset", "dta.csv", "--output", "x"]) == 3
    assert 'did you mean "data.csv"' in capsys.readouterr().err


def test_a_project_is_generated_from_the_command_line(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "counties.csv").write_text("id,name\n06037,Los Angeles\n")
    assert run(["generate", "project", "own", "--output", "specs/own", "--records", "geography=counties.csv"]) == 0
    assert capsys.readouterr().out.startswith("wrote specs/own: register_project.toml, 0 tables\nleft to decide:\n")
    spec = tomllib.loads((here / "specs/own/register_project.toml").read_text("utf-8"))
    assert spec["base"]["geography"]["records"] == "../../counties.csv"
    assert run(["generate", "project", "own", "--output", "x", "--datasets", "nothing", "--registry", "registry"]) == 3
    assert 'datasets[0]: no dataset "nothing"' in capsys.readouterr().err
