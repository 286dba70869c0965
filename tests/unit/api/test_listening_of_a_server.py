"""Where a server listens, who holds its state folder, and what it says of itself: without any port or process."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import socket
import stat
from pathlib import Path

import pytest

from dsgrid.api.server.greeting import greeting
from dsgrid.api.server.listening import address, listening, real_port
from dsgrid.api.server.server_log import log_configuration
from dsgrid.api.settings import Root, Runners, Settings
from dsgrid.api.state.lock import forget_address, locked_state, read_address, told_address
from dsgrid.errors import RegistryError, RegistryLockedError, StorageError, UsageError


@pytest.fixture
def told(tmp_path):
    """Settings of a server in an empty folder."""

    def made(**changes) -> Settings:
        return Settings(tmp_path / "registry", tmp_path / "state", **changes)

    return made


# ---- a unix socket


def test_a_socket_is_for_its_user_alone_and_goes_with_the_server(told, tmp_path):
    path = tmp_path / "dsgrid.sock"
    with listening(told(socket=path)) as (made,):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert real_port([made], told(socket=path)) == 8000
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
    assert not path.exists()


def test_a_socket_that_a_killed_server_left_is_taken_over(told, tmp_path):
    path = tmp_path / "dsgrid.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    with listening(told(socket=path)), socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))


def test_a_socket_at_which_somebody_listens_and_a_file_of_others_stay(told, tmp_path):
    path = tmp_path / "dsgrid.sock"
    with (
        listening(told(socket=path)),
        pytest.raises(UsageError, match="another program listens at"),
        listening(told(socket=path)),
    ):
        pass
    path.write_text("precious")
    with pytest.raises(UsageError, match="no socket; nothing was removed"), listening(told(socket=path)):
        pass
    assert path.read_text() == "precious"
    path.unlink()
    path.symlink_to(tmp_path / "other.sock")
    with pytest.raises(UsageError, match="no socket"), listening(told(socket=path)):
        pass
    assert path.is_symlink()


def test_a_socket_that_another_server_has_put_there_is_not_removed_at_the_end(told, tmp_path):
    path = tmp_path / "dsgrid.sock"
    with socket.socket(socket.AF_UNIX) as other:
        with listening(told(socket=path)):
            path.unlink()
            other.bind(str(path))
        assert path.exists()


def test_a_socket_in_no_folder_is_refused_in_words(told, tmp_path):
    with pytest.raises(StorageError, match="no socket can be made at"), listening(told(socket=tmp_path / "a/b.sock")):
        pass


@pytest.mark.parametrize(
    ("changes", "url"),
    [
        ({"port": 80}, "http://127.0.0.1:80"),
        ({"host": "::1"}, "http://[::1]:8000"),
        ({"host": "0.0.0.0"}, "http://127.0.0.1:8000"),
        ({"host": "grid.lab.org", "certificate": Path("a"), "key": Path("b")}, "https://grid.lab.org:8000"),
        ({"socket": Path("/run/dsgrid.sock")}, "unix:/run/dsgrid.sock"),
    ],
)
def test_a_server_has_one_address_for_this_machine(told, changes, url):
    assert address(told(**changes)) == url


# ---- the state folder


def test_the_state_folder_is_private_and_held_by_one(tmp_path):
    folder = tmp_path / "far/state"
    with locked_state(folder):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((folder / "server.lock").stat().st_mode) == 0o600
        with told_address(folder, {"url": "http://here"}):
            assert stat.S_IMODE((folder / "server.json").stat().st_mode) == 0o600
            with (
                pytest.raises(RegistryLockedError, match=rf"\(process {os.getpid()} on .*\).*at http://here"),
                locked_state(folder),
            ):
                pass
        assert read_address(folder) is None
    with locked_state(folder):
        pass


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o701, 0o710])
def test_a_state_folder_that_others_may_use_is_refused(tmp_path, mode):
    folder = tmp_path / "state"
    folder.mkdir()
    folder.chmod(mode)
    with pytest.raises(UsageError, match=f"mode {mode:o}.*chmod 700"), locked_state(folder):
        pass
    assert list(folder.iterdir()) == []


def test_a_state_folder_of_another_user_is_refused(tmp_path, monkeypatch):
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(UsageError, match="another user's"), locked_state(folder):
        pass


def test_a_folder_of_something_else_is_refused_and_left_as_it_is(tmp_path):
    folder = tmp_path / "thesis"
    folder.mkdir(mode=0o700)
    (folder / "thesis.tex").write_text("")
    with pytest.raises(RegistryError, match=r"holds thesis\.tex, and no server\.db"), locked_state(folder):
        pass
    assert [path.name for path in folder.iterdir()] == ["thesis.tex"]


def test_a_child_process_does_not_inherit_the_lock(tmp_path):
    with locked_state(tmp_path / "state"):
        held = [
            number
            for number in map(int, os.listdir("/proc/self/fd"))
            if os.path.realpath(f"/proc/self/fd/{number}").endswith("server.lock")
        ]
        assert len(held) == 1
        assert fcntl.fcntl(held[0], fcntl.F_GETFD) & fcntl.FD_CLOEXEC


def test_a_server_takes_nobody_elses_address_away(tmp_path):
    (tmp_path / "server.json").write_text(json.dumps({"pid": 1, "url": "x"}))
    forget_address(tmp_path)
    assert read_address(tmp_path) == {"pid": 1, "url": "x"}
    (tmp_path / "server.json").write_text("[half")
    assert read_address(tmp_path) is None


# ---- what it says


def test_the_greeting_says_where_and_who_and_how_to_make_a_token(told, tmp_path):
    said = greeting(told(port=81), {})
    assert "http://127.0.0.1:81 (for this machine only)" in said
    assert f"dsgrid tokens create NAME --role analyst --state {tmp_path / 'state'}" in said
    assert "nobody without a token" in said
    assert "no roots" in said
    assert "ssh" not in said
    said = greeting(
        told(
            host="0.0.0.0",
            anonymous=True,
            roots=(Root("in", Path("/data/in")), Root("out", Path("/data/out"), writable=True)),
            runners=Runners(warm=0, embedded=2, slurm=3, large="slurm"),
        ),
        {"SLURM_JOB_ID": "7"},
    )
    assert "not encrypted by this server" in said
    assert "anybody may read the registry; work needs a token" in said
    assert "in/ is /data/in, out/ is /data/out (writable)" in said
    assert "embedded 2, slurm 3; what is not small: slurm" in said
    assert "ssh" not in said


def test_a_server_on_a_node_says_how_to_reach_it_through_ssh(told):
    slurm = {"SLURM_JOB_ID": "7", "SLURMD_NODENAME": "node12"}
    said = greeting(told(port=40123), slurm)
    assert "ssh -N -L 40123:127.0.0.1:40123 node12, then http://127.0.0.1:40123" in said
    assert "scancel 7" in said
    assert "ssh -N -L 8000:/run/a.sock node12, then http" in greeting(told(socket=Path("/run/a.sock")), slurm)


def test_the_access_log_keeps_no_query_string(caplog):
    formatters = log_configuration()["formatters"]
    module, _, name = formatters["access"]["()"].rpartition(".")
    formatter = getattr(__import__(module, fromlist=[name]), name)()
    args = ("127.0.0.1:5555", "GET", "/v1/projects?token=dsg_secret&where=x", "1.1", 200)
    record = logging.LogRecord("uvicorn.access", logging.INFO, "", 0, '%s - "%s %s HTTP/%s" %d', args, None)
    line = formatter.format(record)
    assert line.endswith("Z 127.0.0.1 GET /v1/projects 200")
    assert "secret" not in line
    pasted = f"/v1/tokens/dsg_0123abcd_{'s' * 43}"
    record.args = ("127.0.0.1:5555", "DELETE", pasted, "1.1", 400)
    assert formatter.format(record).endswith("Z 127.0.0.1 DELETE /v1/tokens/dsg_... 400")
