"""The guide of the server: its commands and its Python run against a real server, and print what it shows."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import duckdb_extension_httpfs
import pytest
from tests.api.server import Server, running_server
from tests.demo_project import DEMO

GUIDE = DEMO.parents[1] / "docs" / "server.md"
URL = "http://127.0.0.1:8000"
MARK = "=== done with"


def blocks(*languages: str) -> list[tuple[str, str]]:
    """Return the fenced blocks of some languages, in their order."""
    text = GUIDE.read_text("utf-8")
    found = re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [(language, block) for language, block in found if language in languages]


def commands() -> Iterator[tuple[str, list[str]]]:
    """Yield each command of the console blocks with the lines that it is said to print."""
    for _, block in blocks("console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *shown = part.splitlines()
            while command.endswith(("\\", "|")):
                command += f"\n{shown.pop(0)}"
            yield command, [line for line in shown if line.strip() and line != "..."]


def comparable(line: str) -> str:
    """Return a line without what differs: numbers, since the tests' demo is smaller, ids, times, and ports."""
    line = re.sub(r"http://127\.0\.0\.1:\d+", URL, line)
    line = re.sub(r"in \S+/tokens\.json", "in tokens.json", line)
    line = re.sub(r"\b(?=\w*\d)[0-9a-f]{8,16}\b", "#", line)
    line = re.sub(r"\d{4}-\d\d-\d\d[T ][\d:.]+(Z|\+00:00)", "#", line)
    line = re.sub(r"[\d.,]*\d", "#", line)
    return " ".join(re.sub(r"[-─]{3,}|cli:\w+", "#", line).split())


def prints(printed: str, shown: list[str], what: str) -> None:
    """Require that lines are printed, in their order; one that is cut (`...`) need only begin so."""
    lines = iter([comparable(line) for line in printed.splitlines()])
    for line in shown:
        wanted = comparable(line.removesuffix("..."))
        is_cut = line.endswith("...")
        assert any(each.startswith(wanted) if is_cut else each == wanted for each in lines), (
            f"{what} does not print, in this order: {line}\n{printed}"
        )


@pytest.fixture(scope="module")
def desk(demo_registry: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout after `make demo`, as far as the guide sees it, and a home of its own."""
    folder = tmp_path_factory.mktemp("guide")
    shutil.copytree(demo_registry.parents[2] / "specs", folder / "specs")
    shutil.copytree(demo_registry.parents[2] / "build", folder / "build")
    (folder / "build/incoming").mkdir()
    (folder / "home/.local/share/dsgrid").mkdir(parents=True)
    return folder


@pytest.fixture(scope="module")
def server(desk: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    roots = {"incoming": {"folder": str(desk / "build/incoming")}}
    state = desk / "home/.local/share/dsgrid/server"
    with running_server(
        desk / "build/demo/registry", tmp_path_factory.mktemp("server"), state=str(state), roots=roots
    ) as it:
        yield it


@pytest.fixture(scope="module")
def environment(desk: Path, server: Server) -> dict[str, str]:
    """What the guide's shell has: no more than the one of a reader."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DSGRID_", "XDG_"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
    return {**kept, "PATH": path, "HOME": str(desk / "home"), "COLUMNS": "200", "no_proxy": "*"}


@pytest.fixture(scope="module")
def printed(desk: Path, server: Server, environment: dict[str, str]) -> list[str]:
    """What each command prints; one shell has them all, so that what one sets the next ones have."""
    lines = []
    for command, _ in commands():
        lines += [command.replace(URL, server.url), f'echo; echo "{MARK} $?"']
    done = subprocess.run(
        ["bash"], input="\n".join(lines), cwd=desk, env=environment, text=True, stdout=-1, stderr=-2, check=False
    )
    found = re.split(rf"^{MARK} (\d+)\n", done.stdout, flags=re.MULTILINE)
    texts, codes = found[:-1:2], found[1::2]
    for (command, _), text, code in zip(commands(), texts, codes, strict=True):
        assert code == "0", f"{command} ends with {code}:\n{text}"
    return texts


def test_the_commands_of_the_guide_print_what_it_shows(printed: list[str]) -> None:
    for (command, shown), text in zip(commands(), printed, strict=True):
        prints(text, shown, command)


def test_the_start_in_the_guide_is_that_of_a_server(server: Server) -> None:
    first = next(block for _, block in blocks("text"))
    names = [re.split(r" {2,}", line.strip())[0] for line in first.splitlines()[2:]]
    said = [re.split(r" {2,}", line.strip())[0] for line in server.said().splitlines()]
    assert names == said[1 : 1 + len(names)]
    assert first.splitlines()[1] == server.said().splitlines()[0]


def test_the_python_of_the_guide_prints_what_it_shows(
    desk: Path, server: Server, printed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(desk)
    monkeypatch.setenv("DSGRID_URL", server.url)
    monkeypatch.setenv("DSGRID_TOKEN", (desk / "ada.token").read_text("utf-8").strip())
    monkeypatch.setattr(duckdb, "connect", with_httpfs(duckdb.connect))
    values: dict[str, Any] = {}
    for _, block in blocks("python"):
        job = values["job"].id if "job" in values else ""
        program = block.replace(URL, server.url).replace("6a83034c36820835", job)
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            exec(program, values)
        prints(output.getvalue(), [line[2:] for line in block.splitlines() if line.startswith("# ")], "the Python")


def with_httpfs(connect: Any) -> Any:
    """Return a `connect` whose connections have what DuckDB would fetch from its own server when it is needed."""

    def connected() -> duckdb.DuckDBPyConnection:
        connection: duckdb.DuckDBPyConnection = connect(config={"autoinstall_known_extensions": False})
        (extension,) = Path(duckdb_extension_httpfs.__file__).parent.glob("extensions/*/httpfs.duckdb_extension")
        connection.load_extension(str(extension))
        return connection

    return connected


def test_nothing_that_the_guide_tells_lets_others_read_a_token(desk: Path, printed: list[str]) -> None:
    secrets = [*desk.glob("*.token"), *desk.glob("*.header"), desk / "home/.config/dsgrid/tokens.json"]
    assert len(secrets) == 4
    assert [path.stat().st_mode & 0o077 for path in secrets] == [0] * 4
