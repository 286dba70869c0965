"""`dsgrid --url`: each command is done by the server, or says that it is one of this machine."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from dsgrid import cli
from dsgrid.cli import commands
from dsgrid.cli.remote import _ASKING, _HERE, _REMOTE

URL = "http://127.0.0.1:1"  # nobody listens there


def _paths(group: click.Group = commands, before: str = "") -> dict[str, click.Command]:
    context = click.Context(commands)
    found: dict[str, click.Command] = {}
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group) and name not in ("jobs", "config", "tokens", "runs"):
            found |= _paths(command, f"{before}{name} ")
        else:
            found[f"{before}{name}"] = command
    return found


def test_every_name_that_is_sorted_is_a_command() -> None:
    assert set(_REMOTE) | _HERE | _ASKING <= set(_paths())
    assert not set(_REMOTE) & _HERE
    assert not _ASKING & (set(_REMOTE) | _HERE)


@pytest.mark.parametrize("path", sorted(set(_paths()) - set(_REMOTE) - _ASKING))
def test_a_command_of_this_machine_says_so(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--url", URL, *path.split(), "--anything", "x"]) == 2
    said = capsys.readouterr()
    assert f"`dsgrid {path}` works on this machine, and --url names a server; leave it out" in said.err
    assert said.out == ""


def test_a_server_in_the_environment_does_not_concern_what_has_no_registry(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("DSGRID_URL", URL)
    assert cli.run(["config"]) == 0
    assert cli.run(["registry", "create", str(tmp_path / "made")]) == 2
    assert "DSGRID_URL names a server; unset it" in capsys.readouterr().err
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (["registry", "list", "--registry", "x"], "--registry"),
        (["registry", "show", "a", "--registry", "x"], "--registry"),
        (["run", "q.toml", "--engine", "spark"], "--engine"),
        (["run", "q.toml", "--master", "local"], "--master"),
        (["run", "q.toml", "--memory", "4g"], "--memory"),
        (["run", "q.toml", "--conf", "a=b"], "--conf"),
        (["run", "q.toml", "--log", "x"], "--log"),
        (["query", "p", "--engine", "spark"], "--engine"),
        (["head", "a", "--registry", "x"], "--registry"),
        (["plan", "q.toml", "--registry", "x"], "--registry"),
    ],
)
def test_an_option_of_this_machine_is_refused_by_its_name(
    arguments: list[str], option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["--url", URL, *arguments]) == 2
    assert capsys.readouterr().err == f"{option} is for this machine, and does not go with --url\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["registry", "list"],
        ["registry", "show", "a"],
        ["registry", "records", "a"],
        ["registry", "history", "a"],
        ["registry", "graph", "a"],
        ["registry", "diff", "a", "1", "2"],
        ["registry", "check"],
        ["head", "a"],
        ["query", "p", "--by", "state"],
        ["jobs"],
        ["jobs", "show", "5f"],
        ["jobs", "logs", "5f"],
        ["jobs", "cancel", "5f"],
        ["jobs", "wait", "5f"],
        ["jobs", "download", "5f", "x"],
    ],
)
def test_a_server_that_is_not_there_ends_every_command_in_one_line(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["--url", URL, *arguments]) == 12
    said = capsys.readouterr()
    assert said.err == f"{URL}: nobody listens there; is the server running (`dsgrid serve`)?\n"
    assert said.out == ""


@pytest.mark.parametrize("path", sorted(_REMOTE))
def test_a_command_of_a_server_has_the_help_and_options_of_the_one_here(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["--url", URL, *path.split(), "--help"]) == 0
    there = capsys.readouterr().out
    assert cli.run([*path.split(), "--help"]) == 0
    here = capsys.readouterr().out
    if path != "jobs":  # Slurm's are others
        options = {line.split()[0] for line in there.splitlines() if line.lstrip().startswith("-")}
        assert options - {line.split()[0] for line in here.splitlines() if line.lstrip().startswith("-")} <= {
            "--runner"
        }
        assert "--registry" not in there
    assert "--engine" not in there


def _options(text: str) -> set[str]:
    return {line.split()[0] for line in text.splitlines() if line.lstrip().startswith("-")}


def test_a_url_that_is_none_is_a_wrong_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--url", "localhost:8000", "registry", "list"]) == 2
    assert "did you mean http://localhost:8000?" in capsys.readouterr().err
