"""Completion of quick questions: projects, their datasets, names and values, behind commas too."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from tests.project_specs import dataset, project, submission

from dsgrid.cli.completion import complete_by, complete_datasets, complete_head, complete_project, complete_where
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


def offered(complete: object, registry: Path | str, incomplete: str, of: str = "two_counties") -> list[str]:
    command = click.Command("query", params=[click.Argument(["project"])])
    context = click.Context(command)
    context.params |= {"registry": Path(registry), "project": of}
    return [item.value for item in complete(context, command.params[0], incomplete)]  # type: ignore[operator]


def test_projects_and_datasets_are_offered_each_where_it_belongs(registry: Path) -> None:
    assert offered(complete_project, registry, "two") == ["two_counties"]
    assert offered(complete_project, registry, "off") == []
    assert offered(complete_project, registry, "two_counties@") == ["two_counties@1.0.0"]
    assert offered(complete_head, registry, "off") == ["offices"]
    assert offered(complete_datasets, registry, "o") == ["offices"]
    assert offered(complete_datasets, registry, "offices,") == []


def test_a_folder_is_offered_where_no_dataset_is_called_so(registry: Path) -> None:
    command = click.Command("head", params=[click.Argument(["name"])])
    context = click.Context(command)
    context.params["registry"] = registry
    (item,) = complete_head(context, command.params[0], "results/")
    assert (item.type, item.value) == ("file", "results/")


def test_the_last_of_several_names_is_offered(registry: Path) -> None:
    assert offered(complete_by, registry, "sta") == ["state", "state.name"]
    assert offered(complete_by, registry, "annual,sta") == ["annual,state", "annual,state.name"]
    assert offered(complete_by, registry, "state,state") == ["state,state.name"]
    assert "county.state" in offered(complete_by, registry, "county.")
    assert "hour_of_day" in offered(complete_by, registry, "hour")


def test_conditions_are_offered_by_name_and_then_by_value(registry: Path) -> None:
    assert "state=" in offered(complete_where, registry, "sta")
    assert offered(complete_where, registry, "state=") == ["state=CA", "state=CO"]
    assert offered(complete_where, registry, "state!=CA,") == ["state!=CA,CO"]
    assert offered(complete_where, registry, "county.state=C") == ["county.state=CA", "county.state=CO"]
    assert offered(complete_where, registry, "by_sector=h") == ["by_sector=homes"]


@pytest.mark.parametrize("complete", [complete_project, complete_datasets, complete_by, complete_where])
def test_nothing_is_offered_and_nothing_said_where_there_is_nothing(
    complete: object, registry: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert offered(complete, tmp_path / "nowhere", "s") == []
    if complete is not complete_project:
        assert offered(complete, registry, "s", of="nothing") == []
    assert capsys.readouterr() == ("", "")


@pytest.mark.skipif(BASH is None, reason="bash is not installed")
def test_bash_is_given_what_readline_puts_in(registry: Path, tmp_path: Path) -> None:
    program = tmp_path / "dsgrid"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m dsgrid "$@"\n')
    program.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "DSGRID_REGISTRY": str(registry)}
    lines = {
        "dsgrid query two_counties --by annual,sta": "annual,state annual,state.name",
        # Readline breaks words at =.
        "dsgrid query two_counties --where state=CA,C": "CA,CO",
    }
    script = 'eval "$(_DSGRID_COMPLETE=bash_source dsgrid)"\n'
    for line in lines:
        script += f"COMPREPLY=(); COMP_LINE='{line}'; COMP_POINT={len(line)}; _dsgrid_completion dsgrid\n"
        script += 'echo "${COMPREPLY[*]}"\n'
    done = subprocess.run(
        [str(BASH), "--norc", "-c", script], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stdout.splitlines() == list(lines.values())
    assert done.stderr == ""
