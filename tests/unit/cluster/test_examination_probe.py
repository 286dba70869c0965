"""What a node answers to the doctor: it measures and tries, tells what goes wrong, and leaves nothing."""

from __future__ import annotations

import io
import json
import sqlite3
import subprocess
import sys

import pytest

from dsgrid.cluster import probe
from dsgrid.cluster.held_locks import Locks, take


@pytest.fixture(autouse=True)
def job(monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "77")
    monkeypatch.delenv("DSGRID_SCRATCH", raising=False)


def served(*orders):
    answers = io.StringIO()
    probe.serve(io.StringIO("".join(json.dumps(order) + "\n" for order in orders)), answers)
    return [json.loads(line.removeprefix(probe.MARK)) for line in answers.getvalue().splitlines()]


def test_orders_are_answered_one_by_one_and_what_goes_wrong_is_an_answer():
    first, second, third = served(
        {"order": "clock", "number": 1}, {"order": "nothing", "number": 2}, {"order": "connect", "number": 3}
    )
    assert first["number"] == 1
    assert first["time"] > 1e9
    assert second == {"number": 2, "error": "KeyError: 'nothing'"}
    assert third["error"].startswith("TypeError: ")


def test_a_node_tells_what_is_installed():
    found = probe.hello()
    assert found["python"] == ".".join(map(str, sys.version_info[:3]))
    assert set(found["packages"]) == {"pyspark", "pyarrow", "pandas"}
    assert None not in found["packages"].values()
    assert len(found["dsgrid"]) == 64


def test_a_probe_needs_nothing_that_is_not_in_the_standard_library():
    code = "import sys, dsgrid.cluster.probe as p; p.hello(); print(sorted({*p.PACKAGES, 'tomli'} & {*sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_java_is_that_of_java_home_and_its_whole_version(tmp_path, monkeypatch):
    (tmp_path / "bin").mkdir()
    java = tmp_path / "bin/java"
    java.write_text("#!/bin/sh\necho 'openjdk version \"21.0.4\" 2024-07-16' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert probe.java() == {"java": "21.0.4", "java_command": str(java)}
    java.write_text("#!/bin/sh\necho nonsense\n")
    assert probe.java()["java"] is None
    java.unlink()
    assert probe.java() == {"java": None, "java_command": str(java)}


def test_the_disk_is_measured_with_what_was_asked_for_and_nothing_stays(tmp_path):
    found = probe.scratch(str(tmp_path / "deep/${SLURM_JOB_ID}"), 3 << 20)
    assert found["folder"] == str(tmp_path / "deep/77")
    assert found["size"] == 3 << 20
    assert found["free"] > 0
    assert found["seconds"] > 0
    assert list(tmp_path.iterdir()) == []


def test_a_small_disk_is_not_filled(tmp_path, monkeypatch):
    monkeypatch.setattr(probe.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 16 << 20})())
    assert probe.scratch(str(tmp_path), 256 << 20)["size"] == 2 << 20


def test_the_folder_of_a_job_that_runs_stays(tmp_path):
    (tmp_path / "dsgrid-77").mkdir()
    (tmp_path / "dsgrid-77/shuffle").touch()
    assert "problem" not in probe.scratch(str(tmp_path), 1 << 20)
    assert [path.name for path in (tmp_path / "dsgrid-77").iterdir()] == ["shuffle"]


@pytest.mark.parametrize(
    ("site", "problem"),
    [
        ("/proc/nowhere", "No such file or directory"),
        ("/x/${NO_SUCH_THING}", "there is no NO_SUCH_THING in the environment"),
    ],
)
def test_a_disk_that_cannot_be_used_is_told(site, problem):
    assert problem in probe.scratch(site, 1 << 20)["problem"]


def test_the_kind_of_a_file_system_is_that_of_the_closest_mount():
    mounts = "\n".join(
        [
            "/dev/sda1 / ext4 rw 0 0",
            "server:/home /home nfs4 rw 0 0",
            "tmpfs /home/me/my\\040disk tmpfs rw 0 0",
            "later /home lustre rw 0 0",
        ]
    )
    assert probe.kind_of_mount("/homeless", mounts) == "ext4"
    assert probe.kind_of_mount("/home/me", mounts) == "lustre", "what was mounted last is on top"
    assert probe.kind_of_mount("/home/me/my disk/x", mounts) == "tmpfs"
    assert probe.kind_of_mount("/x", "") == ""
    assert probe.is_far("lustre")
    assert not probe.is_far("ext4")


def test_who_listens_is_reached_and_who_does_not_is_told():
    port = probe.listen("127.0.0.1")["port"]
    targets = {"first": ("127.0.0.1", port), "again": ("127.0.0.1", port), "none": ("127.0.0.1", 1)}
    assert probe.connect(targets, patience=2.0) == {"failed": {"none": "Connection refused"}}
    assert probe.connect({}, patience=2.0) == {"failed": {}}
    assert probe.listen("192.0.2.1") == {"problem": "Cannot assign requested address"}


def test_something_else_that_answers_is_no_node(monkeypatch):
    port = probe.listen("127.0.0.1")["port"]
    monkeypatch.setattr(probe.secrets, "token_hex", lambda _: "x" * 200)  # longer than what comes back
    assert probe.connect({"n2": ("127.0.0.1", port)}, patience=2.0) == {
        "failed": {"n2": "something else answers there"}
    }


def test_files_are_written_seen_and_removed_again(tmp_path):
    folder = tmp_path / "deep/runs/.doctor"
    new = probe.write(str(folder), "1.txt", "abc")["new"]
    assert new == [str(folder), str(tmp_path / "deep/runs"), str(tmp_path / "deep")]
    assert probe.write(str(folder), "2.txt", "def") == {"new": []}
    texts = {str(folder / "1.txt"): "abc", str(folder / "2.txt"): "other", str(folder / "3.txt"): "x"}
    seen = probe.see(texts, patience=0.0)
    assert seen["unseen"] == [str(folder / "2.txt"), str(folder / "3.txt")]
    assert probe.see({str(folder / "1.txt"): "abc"}, patience=0.0)["unseen"] == []
    probe.remove(str(folder), new)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_stays(tmp_path):
    folder = tmp_path / "runs/.doctor"
    new = probe.write(str(folder), "1.txt", "abc")["new"]
    (tmp_path / "runs/dsgrid-78").mkdir()
    probe.remove(str(folder), new)
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["dsgrid-78"]


def test_what_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").touch()
    assert probe.write(str(tmp_path / "file/x"), "1.txt", "abc")["problem"] == "Not a directory"


def test_locks_that_are_held_are_refused_until_they_are_given_up(tmp_path):
    locks = Locks()
    places = {"database": str(tmp_path / "db"), "file": str(tmp_path / "lock")}
    assert locks.hold(**places) == {}
    assert take(**places, patience=0) == {"database": "refused", "file": "refused"}
    assert locks.release() == {}
    assert take(**places, patience=1) == {"database": "got", "file": "got"}
    assert locks.release() == {}, "a second time does nothing"


def test_a_database_of_which_nothing_is_seen_is_stale(tmp_path):
    with sqlite3.connect(tmp_path / "db") as connection:
        connection.execute("CREATE TABLE seen (node TEXT)")
    connection.close()
    (tmp_path / "lock").touch()
    assert take(str(tmp_path / "db"), str(tmp_path / "lock"), 0)["database"] == "stale"


def test_locks_where_nothing_can_be_made_are_told(tmp_path):
    missing = str(tmp_path / "no/folder/x")
    assert Locks().hold(missing, missing) == {"absent": True}
    (tmp_path / "x").mkdir()
    assert Locks().hold(str(tmp_path / "x"), missing) == {"problem": "unable to open database file"}
    assert take(missing, missing, 0) == {
        "database": "unable to open database file",
        "file": "No such file or directory",
    }
