"""`dsgrid viewer`: what it refuses in a line, and whom it asks."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.unit.viewer.conftest import ViewerOf

from dsgrid import cli
from dsgrid.cli import viewing
from dsgrid.viewer import serving

NOBODY = "http://127.0.0.1:1"


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the command would serve."""
    calls: list[dict[str, Any]] = []
    monkeypatch.setattr(serving, "serve_viewer", lambda url, **more: calls.append({"url": url, **more}))
    monkeypatch.setattr(serving, "leave_threads", lambda: None)
    return calls


@pytest.mark.parametrize(
    ("arguments", "variable", "asked"),
    [
        (["viewer"], None, "http://127.0.0.1:8000"),
        (["viewer"], "http://a:1", "http://a:1"),
        (["--url", "http://b:2", "viewer"], "http://a:1", "http://b:2"),
        (["viewer", "--url", "http://c:3"], "http://a:1", "http://c:3"),
        (["--url", "http://b:2", "viewer", "--url", "http://c:3"], None, "http://c:3"),
    ],
)
def test_the_server_is_the_one_that_is_named_last(
    served: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    variable: str | None,
    asked: str,
) -> None:
    if variable is not None:
        monkeypatch.setenv("DSGRID_URL", variable)
    assert cli.run(arguments) == 0
    assert served[0]["url"] == asked
    assert served[0]["insecure"] is False


def test_insecure_may_stand_at_both_places(served: list[dict[str, Any]]) -> None:
    cli.run(["--insecure", "viewer"])
    cli.run(["viewer", "--insecure"])
    assert [each["insecure"] for each in served] == [True, True]


def test_open_opens_what_is_printed(served: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    cli.run(["viewer", "--open"])
    served[0]["started"]("http://127.0.0.1:8050/?key=k")
    for _ in range(100):
        if opened:
            break
        import time

        time.sleep(0.01)
    assert opened == ["http://127.0.0.1:8050/?key=k"]
    cli.run(["viewer"])
    served[1]["started"]("x")
    assert len(opened) == 1


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    code = cli.run([*arguments])
    assert code in (2, 12), code
    said = capsys.readouterr().err
    assert len(said.strip().splitlines()) == 1, said
    return said


def test_a_server_that_is_not_there_is_told_before_anything_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert "nobody listens there" in refused(capsys, "viewer", "--url", NOBODY, "--port", "0")


def test_what_is_no_url_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert "no URL of a server" in refused(capsys, "viewer", "--url", "localhost:8000")


@pytest.fixture
def greeted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is there, and no token for it."""
    monkeypatch.setattr(serving, "greet", lambda _way: {})


@pytest.mark.usefixtures("greeted")
def test_a_port_that_is_taken_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refused(capsys, "viewer", "--url", NOBODY, "--port", str(port))
    assert f"port {port} of 127.0.0.1 is taken by another program; expected another --port, or 0" in said


@pytest.mark.usefixtures("greeted")
@pytest.mark.parametrize(
    ("host", "told"),
    [
        ("0.0.0.0", "would cross the network unencrypted"),
        ("no.such.host.invalid", "would cross the network unencrypted"),
        ("203.0.113.7", "would cross the network unencrypted"),
    ],
)
def test_a_network_is_not_used_unasked(capsys: pytest.CaptureFixture[str], host: str, told: str) -> None:
    assert told in refused(capsys, "viewer", "--url", NOBODY, "--host", host, "--port", "0")


@pytest.mark.usefixtures("greeted")
@pytest.mark.parametrize("host", ["no.such.host.invalid", "203.0.113.7"])
def test_a_host_that_is_not_this_machine_is_told(capsys: pytest.CaptureFixture[str], host: str) -> None:
    said = refused(capsys, "viewer", "--url", NOBODY, "--host", host, "--port", "0", "--insecure")
    assert f'found the host "{host}", which is no address of this machine' in said


@pytest.mark.parametrize("arguments", [["viewer", "--url", NOBODY], ["serve", "--viewer"]])
def test_what_is_not_installed_is_named_with_the_way_to_it(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "registry").mkdir()
    places = ["--registry", str(tmp_path / "registry"), "--state", str(tmp_path / "state")]
    given = [*arguments, *(places if "serve" in arguments else [])]
    code = f"import sys; sys.modules['dash'] = None; from dsgrid import cli; sys.exit(cli.run({given}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.strip() == "the viewer needs dash: pip install 'dsgrid[server]'"


def test_another_thing_that_is_missing_is_a_defect() -> None:
    error = ModuleNotFoundError("No module named 'dsgrid.viewer.nothing'", name="dsgrid.viewer.nothing")
    assert viewing._refuse_missing(error) is None  # type: ignore[func-returns-value]


def test_the_command_line_loads_nothing_of_the_viewer() -> None:
    heavy = "('dash', 'flask', 'httpx', 'uvicorn', 'plotly')"
    code = f"import sys, dsgrid.cli, dsgrid.cli.viewing; print([name for name in sys.modules if name in {heavy}])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_pages_of_a_whole_server_are_shown(real_viewer_of: ViewerOf, real_server: TestClient) -> None:
    viewer = real_viewer_of("reader")
    assert viewer.client.get("/").status_code == 200
    with viewer.at("/") as visit:
        assert (visit.session.name, visit.session.role) == ("viewer-reader", "reader")
        assert visit.ask.get("/projects")["total"] == 1
        assert [row["id"] for row in visit.ask.all("/projects")] == ["two_counties"]
