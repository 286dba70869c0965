"""`dsgrid serve` as a process: it refuses in one line what cannot be, bears slow clients, and ends in order."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.api.server import Server, running_server
from tests.own_disk import skip_without_mounts

NO_ENGINE = {"warm": 0}  # of its own: it would be started for each server
QUERY = {
    "spec_version": 1,
    "job": "query",
    "name": "annual_by_state",
    "project": "three_states_2018",
    "datasets": ["commercial_2018", "residential_2018"],
    "step": [{"function": "sum", "by": ["state", "fuel", "end_use", "scenario", "annual"]}],
}


def serve(*options: str | Path, seconds: float = 30.0, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `dsgrid serve` where it is expected to refuse; its exit code, and what it says."""
    command = [sys.executable, "-m", "dsgrid", "serve", "--port", "0", *map(str, options)]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=seconds, env={**os.environ, **environment}
    )


def refused(done: subprocess.CompletedProcess[str], code: int, words: str) -> None:
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stdout == ""


def raw(server: Server) -> socket.socket:
    host, _, port = server.url.removeprefix("http://").rpartition(":")
    return socket.create_connection((host, int(port)), 20)


def rest(connection: socket.socket) -> bytes:
    """Return all that still comes, until the connection ends."""
    found = b""
    with contextlib.suppress(ConnectionError):
        while block := connection.recv(1 << 20):
            found += block
    return found


# ---- it begins


def test_a_server_says_where_it_is_answers_without_a_token_and_leaves_nothing(demo_registry, tmp_path):
    with running_server(demo_registry, tmp_path, runners=NO_ENGINE) as server:
        said = server.said()
        assert server.url in said
        assert "nobody without a token" in said
        assert f"dsgrid tokens create NAME --role analyst --state {server.state}" in said
        client = server.client()
        about = client.get("/v1").json()
        assert about["name"] == "dsgrid"
        assert client.get("/v1/health").json() == {"status": "alive"}
        assert client.get("/v1/ready").json() == {"status": "ready", "reasons": []}
        assert client.get("/v1/limits").json()["page"] == 100
        assert client.get("/v1/projects").status_code == 401
        answer = server.client("reader").get("/v1/projects?search=secret")
        assert answer.status_code == 200
        for link in about["links"].values():
            if link != "/v1/queries":
                assert server.client("admin").get(link).status_code == 200, link
        assert "server" not in answer.headers
        assert stat.S_IMODE(server.state.stat().st_mode) == 0o700
        assert {stat.S_IMODE(path.stat().st_mode) for path in server.state.iterdir() if path.is_file()} == {0o600}
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 8
        assert not (server.state / "server.json").exists()
        log = server.said()
        assert "GET /v1/projects 200" in log
        assert "secret" not in log
        assert "dsg_" not in log
        assert "Traceback" not in log


def test_a_second_server_of_a_state_folder_is_refused_and_the_first_goes_on(small_server, demo_registry):
    done = serve("--registry", demo_registry, "--state", small_server.state)
    refused(done, 6, f"process {small_server.process.pid} on")
    assert small_server.url in done.stderr
    assert small_server.client().get("/v1/health").status_code == 200


def test_a_port_that_is_taken_is_told_with_another_way(demo_registry, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        refused(serve("--port", port, "--registry", demo_registry, "--state", tmp_path / "state"), 2, f"port {port}")


def test_what_is_no_registry_is_told_as_everywhere(own_registry, tmp_path):
    state = ("--state", tmp_path / "state")
    refused(serve(*state, "--registry", tmp_path / "nowhere"), 3, "nowhere")
    database = own_registry / "registry.db"
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA user_version = 99")
    refused(serve(*state, "--registry", own_registry), 5, "made by a newer dsgrid")
    database.write_bytes(b"no database " * 1000)
    assert serve(*state, "--registry", own_registry).returncode == 5
    assert not (tmp_path / "state").exists()


@pytest.mark.slow
def test_a_registry_that_is_locked_is_waited_for_a_little(own_registry, tmp_path):
    with contextlib.closing(sqlite3.connect(own_registry / "registry.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        done = serve("--registry", own_registry, "--state", tmp_path / "state")
    assert done.returncode == 6, done.stderr
    assert "locked" in done.stderr


def test_a_state_folder_that_cannot_be_one_is_told(demo_registry, tmp_path):
    open_to_all = tmp_path / "open"
    open_to_all.mkdir()
    open_to_all.chmod(0o755)
    refused(serve("--registry", demo_registry, "--state", open_to_all), 2, f"chmod 700 {open_to_all}")
    file = tmp_path / "file"
    file.write_text("")
    refused(serve("--registry", demo_registry, "--state", file), 2, "is a file")
    refused(serve("--registry", demo_registry, "--state", "/proc/no/state"), 9, "/proc/no")
    foreign = tmp_path / "foreign"
    foreign.mkdir(mode=0o700)
    (foreign / "thesis.tex").write_text("")
    refused(serve("--registry", demo_registry, "--state", foreign), 5, "thesis.tex")
    assert (foreign / "thesis.tex").exists()


@pytest.mark.slow
def test_a_disk_that_is_full_is_told_in_one_line(demo_registry, tmp_path):
    skip_without_mounts()
    script = (
        'mount -t tmpfs -o size=64k tmpfs "$1" && chmod 700 "$1" && head -c 60k /dev/zero >"$1/server.filler" && shift '
        '&& exec "$@"'
    )
    command = [sys.executable, "-m", "dsgrid", "serve", "--port", "0", "--registry", demo_registry, "--state", tmp_path]
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script, "sh", tmp_path, *command],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 9, done.stderr
    assert "full" in done.stderr or "No space left" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_network_is_not_listened_to_unencrypted_by_mistake(demo_registry, tmp_path):
    done = serve("--host", "0.0.0.0", "--registry", demo_registry, "--state", tmp_path / "state")
    assert done.returncode == 2
    assert "--host" in done.stderr
    assert "unencrypted" in done.stderr


# ---- what it listens at


def test_a_unix_socket_is_served_for_its_user_and_taken_over_after_a_crash(demo_registry, tmp_path):
    with running_server(
        demo_registry, tmp_path / "server", listen={"socket": str(tmp_path / "grid.sock")}, runners=NO_ENGINE
    ) as server:
        assert server.socket is not None
        assert stat.S_IMODE(server.socket.stat().st_mode) == 0o600
        client = server.client("reader")
        assert client.get("/v1/projects").status_code == 200
        server.restart(kill=True)
        assert "another" not in server.said()
        assert server.client().get("/v1/health").status_code == 200
        assert client.get("/v1/projects").status_code == 200
        assert server.stop() == 0
        assert not server.socket.exists()


def test_a_certificate_makes_it_speak_https_only(demo_registry, tmp_path):
    files = {"certificate": str(tmp_path / "server.pem"), "key": str(tmp_path / "server.key")}
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=IP:127.0.0.1"]
    made = [*command.split(), *names, "-keyout", files["key"], "-out", files["certificate"]]
    subprocess.run(made, check=True, capture_output=True)
    with running_server(
        demo_registry, tmp_path / "server", tls=files, limits={"header_time": 1.0}, runners=NO_ENGINE
    ) as server:
        assert server.url.startswith("https://")
        assert httpx.get(f"{server.url}/v1/health", verify=files["certificate"]).status_code == 200
        with pytest.raises(httpx.HTTPError):
            httpx.get(f"{server.url.replace('https', 'http')}/v1/health")
        host, _, port = server.url.removeprefix("https://").rpartition(":")
        # Who begins no handshake is not waited for, either.
        with socket.create_connection((host, int(port)), 10) as silent:
            assert rest(silent) == b""


# ---- readiness


def test_it_lives_but_is_not_ready_while_its_registry_is_locked_or_gone(own_registry, tmp_path):
    with running_server(own_registry, tmp_path / "server", runners=NO_ENGINE) as server:
        client = server.client()

        def becomes(status: int) -> list[str]:
            deadline = time.monotonic() + 10
            while (answer := client.get("/v1/ready")).status_code != status:
                assert time.monotonic() < deadline, answer.text
                time.sleep(0.1)
            assert str(tmp_path) not in answer.text
            assert client.get("/v1/health").json() == {"status": "alive"}
            reasons: list[str] = answer.json()["reasons"]
            return reasons

        with contextlib.closing(sqlite3.connect(own_registry / "registry.db", isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            assert becomes(503) == ["the registry is locked by another process"]
        assert becomes(200) == []
        own_registry.rename(tmp_path / "away")
        assert becomes(503) == ["the registry is not there"]
        (tmp_path / "away").rename(own_registry)
        assert becomes(200) == []


# ---- slow and many clients


@pytest.fixture(scope="module")
def hasty_server(demo_registry: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that waits for nobody, and has room for few."""
    limits = {"header_time": 1.0, "idle_time": 1.0, "connections": 20}
    with running_server(demo_registry, tmp_path_factory.mktemp("hasty"), limits=limits, runners=NO_ENGINE) as server:
        yield server


def test_slow_heads_are_refused_while_others_are_served(hasty_server):
    slow = [raw(hasty_server) for _ in range(10)]
    began = time.monotonic()
    ends: list[float] = []

    def trickle(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection.sendall(b"GET /v1/health HTTP/1.1\r\n")
            for number in range(100):
                connection.sendall(b"x-%d: 1\r\n" % number)
                time.sleep(0.1)
        ends.append(time.monotonic() - began)

    threads = [threading.Thread(target=trickle, args=(each,)) for each in slow]
    for thread in threads:
        thread.start()
    client = hasty_server.client()
    waits = []
    for _ in range(20):
        asked = time.monotonic()
        assert client.get("/v1/health").status_code == 200
        waits.append(time.monotonic() - asked)
        time.sleep(0.05)
    for thread in threads:
        thread.join()
    assert max(ends) < 4
    assert sorted(waits)[10] < 0.2
    assert b" 408 " in rest(slow[0])[:20]
    for each in slow:
        each.close()


def test_who_stops_taking_an_answer_is_cut(hasty_server):
    many = 40
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(20)
        host, _, port = hasty_server.url.removeprefix("http://").rpartition(":")
        client.connect((host, int(port)))
        client.sendall(b"GET /v1/openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n" * many)
        whole = len(hasty_server.client().get("/v1/openapi.json").content)
        time.sleep(3)
        # Its server has forgotten it: what the system held for it is gone, too.
        assert len(rest(client)) < many * whole / 2
    assert hasty_server.client().get("/v1/health").status_code == 200


def test_too_many_connections_are_told_so_and_room_is_found_again(hasty_server):
    held = [raw(hasty_server) for _ in range(40)]
    try:
        for each in held:
            with contextlib.suppress(OSError):
                each.sendall(b"GET /v1/health HTTP/1.1\r\nhost: localhost\r\n\r\n")
        firsts = [each.recv(65_536)[:12] for each in held]
        assert firsts.count(b"HTTP/1.1 200") + firsts.count(b"HTTP/1.1 503") == len(held)
        assert 10 <= firsts.count(b"HTTP/1.1 200") <= 20
    finally:
        for each in held:
            each.close()
    deadline = time.monotonic() + 5
    while hasty_server.client().get("/v1/health").status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_nonsense_is_answered_with_a_problem_and_nothing_of_it_comes_back(hasty_server):
    for nonsense in (
        b"\x16\x03\x01\x02\x00evil\r\n\r\n",
        b"GET /evil\r\n\r\n",
        b"GET / HTTP/1.1\r\nx: " + b"evil" * 9_000,
    ):
        with raw(hasty_server) as client:
            client.sendall(nonsense)
            answer = rest(client)
        assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 431 ")), nonsense[:20]
        assert b"application/problem+json" in answer
        assert b"evil" not in answer
    assert "Traceback" not in hasty_server.said()


# ---- it ends


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGHUP, marks=pytest.mark.slow)])
def test_ctrl_c_and_the_end_of_the_terminal_end_it_in_order(demo_registry, tmp_path, number):
    handler = signal.getsignal(number)
    if handler is signal.SIG_IGN:
        # What runs under nohup starts processes that do not hear of the end of the terminal.
        signal.signal(number, signal.SIG_DFL)
    try:
        with running_server(demo_registry, tmp_path, runners=NO_ENGINE) as server:
            assert server.stop(number) == 0
    finally:
        signal.signal(number, handler)


@pytest.mark.slow
def test_a_second_signal_ends_it_at_once(demo_registry, tmp_path):
    with running_server(demo_registry, tmp_path, limits={"idle_time": 60.0}, runners=NO_ENGINE) as server:
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            host, _, port = server.url.removeprefix("http://").rpartition(":")
            client.connect((host, int(port)))
            client.sendall(b"GET /v1/openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n" * 40)
            client.recv(100)
            time.sleep(0.5)
            server.process.send_signal(signal.SIGTERM)
            time.sleep(1)
            assert server.process.poll() is None, "it waits for the answer that is being given"
            began = time.monotonic()
            assert server.stop() == 128 + signal.SIGTERM
            assert time.monotonic() - began < 1
        assert not (server.state / "server.json").exists()
        server.start()
        assert server.client().get("/v1/ready").status_code == 200


@pytest.mark.slow
def test_who_takes_no_answer_does_not_hold_the_end_up_for_long(demo_registry, tmp_path):
    with (
        running_server(demo_registry, tmp_path, limits={"idle_time": 60.0}, runners=NO_ENGINE) as server,
        raw(server) as client,
    ):
        client.sendall(b"GET /v1/openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n" * 40)
        time.sleep(0.3)
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 9


@pytest.mark.slow
def test_who_waits_for_a_job_is_let_go_and_the_job_ends_once_under_the_next_server(demo_registry, tmp_path):
    found: dict[str, Any] = {}
    with running_server(demo_registry, tmp_path, runners=NO_ENGINE) as server:
        client = server.client("analyst", "anna")

        def wait() -> None:
            answer = client.post("/v1/queries", json=QUERY, headers={"Prefer": "wait=60"})
            found.update(status=answer.status_code, job=answer.json())

        def follow(job: str) -> None:
            with client.stream("GET", f"/v1/jobs/{job}/events") as stream:
                for line in stream.iter_lines():
                    found.setdefault("lines", []).append(line)
            found["streamed"] = time.monotonic()

        waiting = threading.Thread(target=wait)
        waiting.start()
        deadline = time.monotonic() + 20
        while not (jobs := client.get("/v1/jobs").json()["items"]) or jobs[0]["state"] == "queued":
            assert time.monotonic() < deadline
            time.sleep(0.05)
        following = threading.Thread(target=follow, args=(jobs[0]["id"],))
        following.start()
        time.sleep(0.3)
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 20, "the server did not wait for those who wait"
        waiting.join(5)
        following.join(5)
        assert (found["status"], found["job"]["state"]) == (202, "running")
        assert found["streamed"] - began < 4
        server.start()
        client = server.client("analyst", "anna")
        job = client.get(f"/v1/jobs/{found['job']['id']}", headers={"Prefer": "wait=60"}).json()
        assert (job["state"], job["attempt"]) == ("succeeded", 1), job
        assert len(client.get("/v1/jobs").json()["items"]) == 1


@pytest.mark.slow
def test_the_command_line_has_every_option_and_needs_no_file(demo_registry, tmp_path):
    command = [
        sys.executable,
        "-m",
        "dsgrid",
        "serve",
        "--port",
        "0",
        "--anonymous",
        "--state",
        str(tmp_path / "state"),
    ]
    environment = {**os.environ, "DSGRID_REGISTRY": str(demo_registry)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            lines = [process.stdout.readline() for _ in range(7)]
            url = next(word for line in lines for word in line.split() if word.startswith("http://"))
            assert any("anybody may read" in line for line in lines)
            assert httpx.get(f"{url}/v1/projects").status_code == 200
            assert httpx.post(f"{url}/v1/queries", json=QUERY).status_code == 401
        finally:
            process.terminate()
        assert process.wait(20) == 0
