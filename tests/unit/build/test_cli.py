"""The command line: quick, thin, and clear when something is wrong."""

from __future__ import annotations

import errno
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dsgrid.cli import run
from dsgrid.cli.tables import document, table
from dsgrid.operations.init import init
from dsgrid.registry.registry import Registry

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def project(tmp_path, monkeypatch):
    init(tmp_path / "project")
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "project"


@pytest.fixture
def registry(project):
    assert run(["run", "specs/create_registry.toml", "specs/register_project.toml"]) == 0
    return project / "build/registry"


def lines(text: str) -> list[str]:
    return text.strip().splitlines()


def test_several_specs_run_one_after_the_other(project, capsys):
    assert run(["run", "specs/create_registry.toml", "specs/register_project.toml"]) == 0
    out = lines(capsys.readouterr().out)
    assert out[0].startswith("created registry")
    assert out[1].startswith("registered project first_project@1.0.0")


def test_the_first_spec_that_fails_ends_it_with_its_exit_code(registry, capsys):
    assert run(["run", "specs/create_registry.toml", "specs/register_project.toml"]) == 5
    captured = capsys.readouterr()
    assert "is a registry already" in captured.err
    assert "Traceback" not in captured.err


def test_all_specs_of_a_new_folder_are_valid(project, capsys):
    specs = sorted(map(str, Path("specs").glob("*.toml")))
    assert run(["validate", *specs]) == 0
    assert len(lines(capsys.readouterr().out)) == len(specs) == 6


def test_errors_of_all_specs_are_shown_at_once_and_counted(project, capsys):
    Path("a.toml").write_text('spec_version = 1\njob = "query"\n')
    Path("b.toml").write_text("spec_version = = 1\n")
    assert run(["validate", "a.toml", "specs/query.toml", "b.toml"]) == 2
    captured = capsys.readouterr()
    assert "specs/query.toml: ok" in captured.out
    assert captured.err.count("b.toml:1:16") == 1
    assert lines(captured.err)[-1].endswith("errors")


def test_listing_is_a_table_and_json(registry, capsys):
    capsys.readouterr()
    assert run(["registry", "list", "projects", "--registry", str(registry)]) == 0
    out = lines(capsys.readouterr().out)
    assert out[0] == "projects (1)"
    assert out[3].split()[:2] == ["first_project", "1.0.0"]
    assert run(["registry", "list", "--json", "--registry", str(registry)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["projects"][0]["id"] == "first_project"
    assert found["datasets"] == []


def test_show_finds_anything_by_its_id(registry, capsys):
    capsys.readouterr()
    for reference in ("first_project", "first_project@1.0.0"):
        assert run(["registry", "show", reference, "--registry", str(registry)]) == 0
        assert "many_to_one_aggregation" in capsys.readouterr().out
    assert run(["registry", "list", "dimensions", "mappings", "--json", "--registry", str(registry)]) == 0
    for rows in json.loads(capsys.readouterr().out).values():
        for row in rows:
            assert run(["registry", "show", "--json", row["id"], "--registry", str(registry)]) == 0, row
            json.loads(capsys.readouterr().out)
    assert run(["registry", "show", "first_projekt", "--registry", str(registry)]) == 3
    assert 'did you mean "first_project"?' in capsys.readouterr().err


def test_a_registry_that_is_not_named_is_asked_for(project, capsys, monkeypatch):
    monkeypatch.delenv("DSGRID_REGISTRY", raising=False)
    assert run(["registry", "list"]) == 2
    assert "DSGRID_REGISTRY" in capsys.readouterr().err


def test_wrong_usage_is_exit_code_2(capsys):
    assert run(["run"]) == 2
    assert run(["rnu"]) == 2
    assert run(["run", "--set", "novalue", "x.toml"]) == 2
    assert run(["run", "--engine", "sail", "--master", "local[1]", str(ROOT / "specs/demo/annual_by_state.toml")]) == 2
    assert 'a master belongs to the engine "spark"' in capsys.readouterr().err


def test_a_missing_spec_is_exit_code_3(capsys):
    assert run(["run", "nowhere.toml"]) == 3
    assert capsys.readouterr().err.count("\n") == 1


def test_a_spark_that_was_killed_is_said(registry, monkeypatch, capsys):
    monkeypatch.setattr("dsgrid.operations.job.launch", lambda _: 137)
    assert run(["run", "--engine", "spark", "specs/register_dataset.toml"]) == 137
    assert "Spark was killed from outside" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (PermissionError(errno.EACCES, "x", "/data/results"), "/data/results: Permission denied\n"),
        (NotADirectoryError(errno.ENOTDIR, "x", "/data/file/x"), "/data/file/x: Not a directory\n"),
        (
            OSError(errno.ENOSPC, "Error writing bytes to file. Detail: ..."),
            "No space left on device: the disk of the registry, or that of the results, is full\n",
        ),
        (OSError(errno.ENOSPC, "x", "/data/from", None, "/data/to"), "/data/to: No space left on device\n"),
    ],
)
def test_what_the_file_system_refuses_is_no_defect(monkeypatch, capsys, error, message):
    from dsgrid.operations import doctor

    def broken(**_):
        raise error

    monkeypatch.setattr(doctor, "doctor", broken)
    assert run(["doctor"]) == 9
    assert capsys.readouterr().err == message


def test_what_a_terminal_has_no_letters_for_is_written_by_its_numbers(registry, monkeypatch):
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="latin-1"))
    assert run(["registry", "graph", "first_project/county", "--up", "--registry", str(registry)]) == 0
    assert rb"\u2514\u2500 project first_project@1.0.0" in written.getvalue()


def test_without_an_output_a_command_does_its_work(project, monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    assert run(["run", "specs/create_registry.toml"]) == 0
    assert run(["registry", "list", "--registry", "build/registry"]) == 0
    sys.stdout.close()
    assert (project / "build/registry/registry.db").is_file()


def test_a_defect_shows_its_traceback_only_when_asked(monkeypatch, capsys):
    from dsgrid.operations import doctor

    def broken(**_):
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(doctor, "doctor", broken)
    assert run(["doctor"]) == 1
    err = capsys.readouterr().err
    assert "a defect in dsgrid: ZeroDivisionError: oops" in err
    assert "Traceback" not in err
    assert run(["doctor", "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_help_and_listings_import_nothing_heavy(tmp_path):
    Registry.create(tmp_path / "registry").close()
    libraries = {"pandas", "pyarrow", "pyspark", "jsonschema", "pint", "rich", "numpy"}
    # What computes, and what changes a registry.
    ours = {f"dsgrid.{name}" for name in ("engine", "registry.proposing", "registry.registration", "registry.removal")}
    listing = ["registry", "list", "--registry", str(tmp_path / "registry")]
    for arguments in (["--help"], listing, ["registry", "show", "--help"]):
        program = (
            f"import sys; from dsgrid.cli import run; code = run({arguments!r});"
            f"heavy = {libraries | ours!r} & set(sys.modules);"
            "sys.exit(str(heavy) if heavy else code)"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_tables_align_numbers_right_and_are_cut_only_where_they_are_told_to():
    rows = [{"id": "a", "rows": 12345, "long_name": "x" * 100}, {"id": "bcd", "rows": 1, "long_name": None}]
    assert lines(table(rows, ["id", "rows"])) == ["id     rows", "---  ------", "a    12,345", "bcd       1"]
    assert "x" * 100 in table(rows)
    assert max(map(len, table(rows, width=80).splitlines())) == 80


def test_a_project_is_shown_in_the_words_of_its_spec(registry, capsys):
    assert run(["registry", "show", "first_project", "--registry", str(registry)]) == 0
    assert re.search(r"^step +1h$", capsys.readouterr().out, re.MULTILINE)


def test_documents_show_nested_values_as_text():
    assert document({"time": {"seasons": {"summer": [6, 7], "winter": [1]}}}) == (
        "time\nseasons  summer: 6, 7, winter: 1"
    )


def test_what_is_known_of_where_data_come_from_has_a_line_for_each_value():
    text = document({"metadata": {"tags": ["a", "b"], "origin": {"organization": "NREL", "authors": ["A", "B"]}}})
    assert text.split("\n") == [
        "metadata",
        "tags                 a, b",
        "origin.organization  NREL",
        "origin.authors       A, B",
    ]


def test_documents_show_scalars_then_tables():
    text = document({"project": "p", "empty": "", "base": [{"name": "county"}], "none": []})
    assert text == "project  p\n\nbase (1)\nname\n------\ncounty"


@pytest.mark.parametrize("target", ["run", "submit"])
def test_make_asks_for_a_spec(target, monkeypatch):
    monkeypatch.delenv("SPEC", raising=False)
    ended = subprocess.run(
        ["make", "-o", ".venv/.ready", target], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert ended.stdout == f"which spec? for example: make {target} SPEC=specs/demo/annual_by_state.toml\n"
