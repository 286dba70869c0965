"""Completion in shells: ids and versions, quietly."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest
from tests.project_specs import dataset, project, submission

from dsgrid.cli import commands
from dsgrid.cli.completion import complete_reference
from dsgrid.registry.registry import Registry

BASH = shutil.which("bash")


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("completion") / "registry"
    with Registry.create(folder) as opened, opened.registration("All of it") as registration:
        registration.add_project(project())
        registration.add_dataset(dataset())
        registration.add_submission(submission())
    return folder


@pytest.fixture
def environment(registry: Path, tmp_path: Path) -> dict[str, str]:
    """An environment with a command `dsgrid` that is this checkout's."""
    command = tmp_path / "dsgrid"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m dsgrid "$@"\n')
    command.chmod(0o755)
    return {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "DSGRID_REGISTRY": str(registry), "TERM": "dumb"}


def offered(registry: Path | str, incomplete: str) -> list[str]:
    command = click.Command("show", params=[click.Argument(["reference"])])
    context = click.Context(command)
    context.params["folder"] = str(registry)
    return [item.value for item in complete_reference(context, command.params[0], incomplete)]


def test_ids_and_versions_are_offered(registry: Path) -> None:
    assert offered(registry, "two_counties")[:2] == ["two_counties", "two_counties/all_geographies"]
    assert offered(registry, "two_counties/county:s") == ["two_counties/county:state"]
    assert offered(registry, "offices@") == ["offices@1.0.0"]
    assert offered(registry, "nothing") == []


def test_nothing_is_offered_and_nothing_said_where_there_is_no_registry(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "registry.db").write_text("no database")
    assert offered(tmp_path, "x") == offered(tmp_path / "nowhere", "x") == offered("", "x") == []
    config = tmp_path / "dsgrid" / "config.toml"
    config.parent.mkdir()
    config.write_text("= broken")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert offered("", "x") == []
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["show", "records", "history", "diff", "graph", "remove", "dump"])
def test_every_command_that_takes_an_id_completes_it(name: str, registry: Path) -> None:
    group = commands.get_command(click.Context(commands), "registry")
    assert isinstance(group, click.Group)
    command = group.get_command(click.Context(group), name)
    assert command is not None
    context = click.Context(command)
    context.params["folder"] = str(registry)
    items = command.params[0].shell_complete(context, "two_counties/coun")
    assert "two_counties/county" in [item.value for item in items]


def test_bash_is_given_what_readline_puts_in(environment: dict[str, str]) -> None:
    lines = {
        "dsgrid registry show two_counties/coun": "two_counties/county two_counties/county:all_geographies "
        "two_counties/county:state",
        "dsgrid registry show two_counties/county:s": "state",
        "dsgrid registry diff offices ": "1.0.0",
        "A=1 dsgrid registry li": "list",
        "dsgrid registry show --registry /nowhere two": "",
    }
    script = 'eval "$(_DSGRID_COMPLETE=bash_source dsgrid)"\n'
    for line in lines:
        script += f"COMPREPLY=(); COMP_LINE='{line}'; COMP_POINT={len(line)}; _dsgrid_completion dsgrid\n"
        script += 'echo "${COMPREPLY[*]}"\n'
    assert BASH is not None
    done = subprocess.run([BASH, "--norc", "-c", script], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.splitlines() == list(lines.values())
    assert done.stderr == ""


def test_a_tab_completes_past_colons_and_versions(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    process, terminal = pty.fork()
    if process == 0:
        os.execve(str(BASH), ["bash", "--norc", "-i"], {**environment, "PS1": "$ "})

    def read(until: str) -> str:
        text, end = "", time.monotonic() + 20
        while until not in text:
            ready, _, _ = select.select([terminal], [], [], max(0, end - time.monotonic()))
            assert ready, text
            text += os.read(terminal, 4096).decode()
        return text

    try:
        read("$ ")
        os.write(terminal, b'eval "$(_DSGRID_COMPLETE=bash_source dsgrid)"; echo rea""dy\n')
        read("ready")
        # Run, because what a terminal shows is not always what bash has.
        for typed, shown in (("two_counties/county:s", "tolerance"), ("offices@", "used_by")):
            os.write(terminal, f": | dsgrid registry show {typed}\t\n".encode())
            assert "no " not in read(shown)
    finally:
        os.close(terminal)
        os.waitpid(process, 0)
