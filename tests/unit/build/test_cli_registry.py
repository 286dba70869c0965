"""`dsgrid registry list | show | records`, `--at` and `dsgrid config` on the command line."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from tests.project_specs import dataset, project, submission

from dsgrid.cli import run
from dsgrid.cli.tables import grid, table
from dsgrid.dimensions.mapping import Association, Mapping
from dsgrid.operations.init import init
from dsgrid.registry.mappings import write_mapping
from dsgrid.registry.registry import Registry

COUNT = 60_000


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "registry"
    with Registry.create(folder) as registry, pytest.MonkeyPatch.context() as patch:
        patch.setattr("dsgrid.registry.registration.utc_now", lambda: "2026-03-01T12:00:00.000000Z")
        with registry.registration("The project", "ann") as registration:
            registration.add_project(project())
        patch.setattr("dsgrid.registry.registration.utc_now", lambda: "2026-03-02T12:00:00.000000Z")
        with registry.registration("The dataset", "bob") as registration:
            registration.add_dataset(dataset())
            registration.add_submission(submission())
            database = registration._database
            ends = database.row("SELECT min(key), max(key) FROM dimension_versions")
            many = Mapping("any", tuple(Association(f"{n:06}", "CA", 0.5) for n in range(COUNT)))
            write_mapping(database, many, "two_counties/many:state", tuple(ends), registration.key)
    return folder


@pytest.fixture
def registry(template: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    monkeypatch.setenv("DSGRID_REGISTRY", str(template))
    return template


def out(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(list(arguments)) == 0, capsys.readouterr().err
    return capsys.readouterr().out


def err(capsys: pytest.CaptureFixture[str], code: int, *arguments: str) -> str:
    assert run(list(arguments)) == code
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return captured.err


def test_lists_are_filtered_and_sorted(registry, capsys):
    shown = out(capsys, "registry", "list", "dimensions", "--where", "type = geography", "--sort", "-id")
    assert [line.split()[0] for line in shown.splitlines()[3:]] == [
        "two_counties/state",
        "two_counties/county",
        "two_counties/all_geographies",
        "offices/own_county",
    ]
    assert "two_counties" in out(capsys, "registry", "list", "--where", "name=Two counties")
    message = err(capsys, 2, "registry", "list", "projects", "--where", "nmae = x")
    assert message == '"nmae = x": there is no column "nmae"; did you mean "name"?\n'
    assert 'no operator "=="' in err(capsys, 2, "registry", "list", "--where", "name == x")


def test_lists_are_csv_and_json(registry, capsys):
    rows = list(csv.DictReader(StringIO(out(capsys, "registry", "list", "submissions", "--csv"))))
    assert (rows[0]["dataset_id"], rows[0]["wrap_time"], rows[0]["reason"]) == ("offices", "false", "")
    assert out(capsys, "registry", "list", "datasets", "--csv", "--where", "id = none", "--columns", "id,rows") == (
        "id,rows\n"
    )
    assert "CSV has room for one list" in err(capsys, 2, "registry", "list", "--csv")
    found = json.loads(out(capsys, "registry", "list", "--json", "--columns", "submitter", "--where", "id ~ two"))
    assert found == {"projects": [{"submitter": "ann"}], "datasets": []}


def test_the_past_is_shown_by_date_and_by_version(registry, capsys):
    assert "datasets (0)" in out(capsys, "registry", "list", "--at", "2026-03-01")
    assert "not submitted" in out(capsys, "registry", "show", "two_counties", "--at", "2026-03-01")
    assert "accepted" in out(capsys, "registry", "show", "two_counties", "--at", "1")
    assert "08031" in out(capsys, "registry", "records", "two_counties/county", "--at", "1.0.0")
    assert "expected a date" in err(capsys, 2, "registry", "list", "--at", "1.0")
    assert "no version 2" in err(capsys, 3, "registry", "show", "two_counties", "--at", "2")
    nothing = err(capsys, 3, "registry", "list", "--at", "2026-02-01")
    assert nothing.endswith("by 2026-02-01 23:59:59 UTC; the first registration came on 2026-03-01 12:00:00 UTC\n")


def test_records_are_shown_and_exported(registry, capsys, tmp_path):
    shown = out(capsys, "registry", "records", "two_counties/county", "--where", "state = CO", "--columns", "id,name")
    assert shown == "id     name\n-----  -----\n08031  08031\n"
    found = json.loads(out(capsys, "registry", "records", "two_counties/many:state", "--json", "--limit", "2"))
    assert found == [{"from": f"{n:06}", "to": "CA", "fraction": 0.5} for n in range(2)]
    target = tmp_path / "many.csv"
    command = ("registry", "records", "two_counties/many:state", "--sort", "-from", "--output", str(target))
    assert f"wrote 60,000 rows of two_counties/many:state@1.0.0 to {target}" in out(capsys, *command)
    assert target.read_text().splitlines()[:2] == ["from,to,fraction", "059999,CA,0.5"]
    assert "--force overwrites it" in err(capsys, 2, *command)
    out(capsys, *command, "--force")
    assert "takes the format from the name" in err(capsys, 2, *command, "--csv")
    assert "two_counties@1.0.0 is a project and has no records" in err(capsys, 2, "registry", "records", "two_counties")


@pytest.mark.parametrize("command", ["list mappings", "records two_counties/many:state", "show two_counties --json"])
def test_a_reader_that_stops_early_is_no_error(registry, command):
    program = f"import sys; from dsgrid.cli import run; sys.exit(run({['registry', *command.split()]!r}))"
    writer = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert writer.stdout is not None
    writer.stdout.close()
    _, errors = writer.communicate(timeout=60)
    assert errors == b""
    assert writer.returncode == 141


def test_what_is_piped_has_no_colours_and_whole_lines(registry, capsys):
    program = "import sys; from dsgrid.cli import run; sys.exit(run(['registry', 'list', 'mappings']))"
    environment = {**os.environ, "COLUMNS": "40", "FORCE_COLOR": "1"}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True)
    assert "\x1b" not in done.stdout
    assert "…" not in done.stdout
    assert "two_counties/weather_year:all_weather_years" in done.stdout


def test_every_listing_and_entry_fits_on_80_columns(registry, capsys, monkeypatch):
    monkeypatch.setattr("dsgrid.cli.registry.terminal_width", lambda: 80)
    lists = ("projects", "datasets", "submissions", "dimensions", "mappings", "registrations")
    texts = [out(capsys, "registry", "list", *lists)]
    texts += [out(capsys, "registry", "show", id_) for id_ in ("two_counties", "offices", "two_counties/county:state")]
    lines = [line for text in texts for line in text.splitlines()]
    assert max(map(len, lines)) <= 80
    # No column is lost to the wide ones: each heading is there as a whole.
    heading = next(line for line in texts[0].splitlines() if line.startswith("dataset_id"))
    assert heading.split("  ")[-1].strip() == "status"


def test_wide_texts_give_way_and_numbers_do_not():
    rows = [{"id": "x" * 60, "rows": 123456789, "description": "y" * 200, "n": 1}]
    lines = table(rows, width=80).splitlines()
    assert {len(line) for line in lines} == {80}
    assert "123,456,789" in lines[2]
    assert lines[2].count("…") == 2
    assert "x" * 20 in lines[2]


def test_a_long_table_is_shown_while_it_is_read():
    def rows():
        yield from (("a", 1), ("b", 2))
        raise AssertionError("read too far")

    shown = grid(["id", "n"], rows(), ahead=2)
    assert [next(shown) for _ in range(4)] == ["id  n", "--  -", "a   1", "b   2"]


def test_the_configuration_names_the_registry(registry, capsys, tmp_path, monkeypatch):
    monkeypatch.delenv("DSGRID_REGISTRY")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    file = tmp_path / "config" / "dsgrid" / "config.toml"
    assert out(capsys, "config", "path") == f"{file}\n"
    assert "registry is not set" in out(capsys, "config")
    assert "dsgrid config set registry FOLDER" in err(capsys, 2, "registry", "list")
    assert f"registry = {registry}\n" in out(capsys, "config", "set", "registry", str(registry))
    assert "two_counties" in out(capsys, "registry", "list")
    assert json.loads(out(capsys, "config", "--json")) == {"path": str(file), "values": {"registry": str(registry)}}
    assert 'did you mean "registry"' in err(capsys, 2, "config", "set", "regstry", "x")
    file.write_text("registry = \n")
    assert f"{file}:1:12" in err(capsys, 2, "registry", "list")
    file.write_text(f'registry = "{tmp_path / "gone"}"\n')
    assert err(capsys, 3, "registry", "list") == f"there is no registry {tmp_path / 'gone'} (from {file})\n"
    out(capsys, "config", "unset", "registry")
    assert "registry is not set" in out(capsys, "config")


def test_what_writes_says_whence_it_has_the_registry(tmp_path, monkeypatch, capsys):
    init(tmp_path / "project")
    monkeypatch.chdir(tmp_path / "project")
    spec = Path("specs/create_registry.toml")
    named = spec.read_text("utf-8")
    assert "(from" not in out(capsys, "run", str(spec))
    spec.write_text("".join(line for line in named.splitlines(keepends=True) if not line.startswith("registry")))
    monkeypatch.setenv("DSGRID_REGISTRY", str(tmp_path / "second"))
    assert out(capsys, "run", str(spec)) == (
        f"created registry {tmp_path / 'second'}\nregistry: {tmp_path / 'second'} (from DSGRID_REGISTRY)\n"
    )
    assert "(from" not in out(capsys, "run", "--registry", str(tmp_path / "third"), str(spec))


def test_a_version_or_date_is_passed_on_to_the_job(registry, capsys, tmp_path, monkeypatch):
    from dsgrid.operations.request import Request, job_arguments

    spec = tmp_path / "query.toml"
    spec.write_text('spec_version = 1\njob = "query"\nname = "all"\nproject = "two_counties"\ndatasets = ["offices"]\n')
    assert job_arguments(Request(spec, at="2026-03-01")) == ["--at", "2026-03-01"]
    for command in ("run", "explain"):
        message = err(capsys, 3, command, str(spec), "--at", "2026-03-01")
        assert 'dataset "offices" is not submitted' in message or "there was no dataset offices" in message
        assert "has no version 3" in err(capsys, 3, command, str(spec), "--at", "3")
        assert "neither a version nor a date" in err(capsys, 2, command, str(spec), "--at", "soon")
    init(tmp_path / "project")
    other = tmp_path / "project" / "specs" / "create_registry.toml"
    assert "only a query looks back" in err(capsys, 2, "run", str(other), "--at", "1")


def test_a_tag_that_nothing_has_leaves_the_list_empty_and_the_closest_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Registry.create(tmp_path / "registry") as registry, registry.registration("first") as registration:
        said = {"tags": ["load_profiles"], "status": "in_progress", "origin": {"authors": ["Ann Ray"]}}
        registration.add_project(replace(project(), metadata=said))
    place = ("--registry", str(tmp_path / "registry"))
    lines = out(capsys, "registry", "list", "projects", "--tag", "load_profiles", *place).splitlines()
    assert lines[1].split()[:4] == ["id", "version", "name", "status"]
    assert "in_progress" in lines[3]
    assert json.loads(out(capsys, "registry", "list", "--search", "ann", "--json", *place))["datasets"] == []
    assert run(["registry", "list", "projects", "--tag", "load_profile", "--json", *place]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {"projects": []}
    assert captured.err == 'no tag "load_profile"; did you mean "load_profiles"?\n'
    assert run(["registry", "list", "projects", "--tag", "load_profiles", "--search", "bob", *place]) == 0
    assert capsys.readouterr().err == "", "a tag that there is needs no word"


def test_the_status_of_projects_is_a_column_only_where_one_has_it(
    registry: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "status" not in out(capsys, "registry", "list", "projects").splitlines()[1]
    assert out(capsys, "registry", "list", "projects", "--columns", "status,id").splitlines()[1] == "status  id"
