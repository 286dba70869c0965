"""`dsgrid --url`: a command prints the same here and there, and a result that was computed there comes here."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.api.server import Server, running_server

import dsgrid
from dsgrid import cli
from dsgrid.errors import NotFoundError, RegistryError, ServerError

PROJECT = "three_states_2018"


Ended = tuple[int, str, str]
Command = Callable[..., Ended]


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command of `dsgrid` in an own folder: its exit code, and what it printed."""
    for name in [name for name in os.environ if name.startswith("DSGRID_")]:
        monkeypatch.delenv(name)
    for name, folder in (("XDG_CONFIG_HOME", "config"), ("DSGRID_CACHE", "cache"), ("DSGRID_STATE", "state")):
        monkeypatch.setenv(name, str(tmp_path / folder))
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, given: str = "", **environment: str) -> Ended:
        with monkeypatch.context() as patched:
            for name, value in environment.items():
                patched.setenv(name, value)
            patched.setattr("sys.stdin", io.StringIO(given))
            capsys.readouterr()
            code = cli.run([*arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


SPEC = f"""spec_version = 1
job = "query"
name = "by_state"
project = "{PROJECT}"
datasets = ["commercial_2018"]

[[step]]
by = ["state", "scenario", "annual"]
"""


@pytest.mark.parametrize(
    "arguments",
    [
        "registry list",
        "registry list dimensions --where records>3 --sort -id --csv",
        "registry list --tag nix",
        "registry show commercial_2018 --json",
        "registry records three_states_2018/county --where state=CO",
        "registry graph commercial_2018",
        "registry history three_states_2018",
        "registry diff three_states_2018 1 1",
        "head commercial_2018 -n 2 --format table",
        "query three_states_2018 --by nix",
        "validate q.toml",
        "validate wrong.toml",
        "run none.toml",
    ],
)
def test_a_command_prints_the_same_here_and_there(
    arguments: str, command: Command, small_server: Server, demo_registry: Path, tmp_path: Path
) -> None:
    (tmp_path / "q.toml").write_text(SPEC)
    (tmp_path / "wrong.toml").write_text(SPEC.replace('"annual"', '"anual"'))
    token = small_server.token("admin", "prints")
    here = command(*arguments.split(), "--registry", str(demo_registry))
    there = command("--url", small_server.url, *arguments.split(), DSGRID_TOKEN=token)
    assert there == here


def test_a_spec_runs_on_the_server_and_its_result_comes_here(
    command: Command, small_server: Server, tmp_path: Path
) -> None:
    (tmp_path / "q.toml").write_text(SPEC)
    url, token = small_server.url, small_server.token("analyst", "runs")
    code, out, err = command("login", url, given=f"{token}\n")
    assert out.startswith(f"runs (analyst) at {url}; the token is kept in "), err
    assert token not in out + err
    code, out, err = command("run", "q.toml", DSGRID_URL=url)
    assert code == 0, err
    first, second = out.splitlines()[:2]
    assert first.startswith("by_state: 6 rows, in all ")
    id_ = second.split("/")[1]
    assert second == f"jobs/{id_}/result/table.parquet"
    assert command("jobs", "download", id_, "got", DSGRID_URL=url)[:2] == (0, "got\n")
    assert dsgrid.open_result(tmp_path / "got").rows == 6
    heading = command("head", f"jobs/{id_}", "--format", "csv", DSGRID_URL=url)[1].splitlines()[0]
    assert heading == "state,scenario,annual,value,unit"
    assert command("jobs", "wait", id_, "latest", DSGRID_URL=url)[:2] == (0, f"query {id_}: succeeded\n" * 2)
    assert id_ in command("jobs", "--kind", "query", DSGRID_URL=url)[1]
    assert '"state": "succeeded"' in command("jobs", "show", id_, "--json", DSGRID_URL=url)[1]
    assert "by_state: 6 rows" in command("jobs", "logs", id_, DSGRID_URL=url)[1]
    assert command("jobs", "cancel", id_, DSGRID_URL=url)[0] == RegistryError.exit_code
    assert command("logout", url)[0] == 0
    assert command("registry", "list", DSGRID_URL=url)[0] == ServerError.exit_code


def test_a_question_is_asked_of_the_server(command: Command, small_server: Server, demo_registry: Path) -> None:
    words = [
        "query",
        PROJECT,
        "--datasets",
        "commercial_2018",
        "--by",
        "state",
        "--over",
        "scenario",
        "--format",
        "json",
    ]
    token = small_server.token("analyst", "words")
    there = command("--url", small_server.url, *words, DSGRID_TOKEN=token)
    here = command(*words, "--registry", str(demo_registry))
    values = [[row["value"] for row in json.loads(ended[1])] for ended in (there, here)]
    assert values[0] == pytest.approx(values[1])
    toml = command("--url", small_server.url, *words, "--toml", DSGRID_TOKEN=token)[1]
    local = command(*words, "--toml", "--registry", str(demo_registry))[1]
    own = ("registry =", "name =")
    assert [line for line in toml.splitlines() if not line.startswith(own)] == [
        line for line in local.splitlines() if not line.startswith(own)
    ]


@pytest.mark.slow
def test_ctrl_c_ends_the_waiting_and_not_the_job(demo_registry: Path, tmp_path: Path) -> None:
    (tmp_path / "q.toml").write_text(SPEC)
    # A server of one machine, which listens on a socket.
    settings = {"runners": {"warm": 0, "embedded": 1}, "listen": {"socket": str(tmp_path / "s")}}
    url = f"unix://{tmp_path / 's'}"
    with running_server(demo_registry, tmp_path / "server", **settings) as server:
        environment = {**os.environ, "DSGRID_TOKEN": server.token("analyst"), "DSGRID_URL": url}
        process = subprocess.Popen(
            [sys.executable, "-m", "dsgrid", "run", "q.toml"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env=environment,
        )
        with dsgrid.connect(url, environment["DSGRID_TOKEN"]) as registry:
            deadline = time.monotonic() + 60
            while not registry.jobs() and time.monotonic() < deadline:
                time.sleep(0.05)
            (job,) = registry.jobs()
            # What it does is told from then on: it is followed.
            assert process.stderr is not None
            assert process.stderr.readline()
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=60)
            assert process.returncode == 130
            assert f"{job.name} of {url} goes on" in said
            assert job.wait(120).state == "succeeded"


def test_a_spec_that_is_wrong_ends_the_command_with_its_exit_code(
    command: Command, small_server: Server, tmp_path: Path
) -> None:
    (tmp_path / "q.toml").write_text(SPEC.replace("commercial_2018", "comercial_2018"))
    token = small_server.token("analyst", "fails")
    code, _, err = command("run", "q.toml", DSGRID_URL=small_server.url, DSGRID_TOKEN=token)
    assert code == NotFoundError.exit_code
    assert err.startswith('q.toml:5:13: datasets[0]: no dataset "comercial_2018"')
