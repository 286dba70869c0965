"""Processes of a job on its node: what is stopped is gone, with everything that it started."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from dsgrid.cluster import processes

# A program that has a child in a session of its own, and does not end when it is asked to.
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
print(child.pid, flush=True)
time.sleep(60)
"""


def is_there(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def started(tmp_path, text):
    log = tmp_path / "log"
    process = processes.start([sys.executable, "-c", text], log=log, environment=os.environ)
    end = time.monotonic() + 10
    while not log.read_text().endswith("\n"):
        assert time.monotonic() < end
        time.sleep(0.01)
    return process, int(log.read_text())


def test_stopping_ends_a_stubborn_program_and_its_children_in_other_sessions(tmp_path):
    process, child = started(tmp_path, STUBBORN)
    assert child in processes.descendants(process.pid)
    assert child in processes.descendants(os.getpid())
    processes.stop(process, 0.2)
    assert process.returncode == -9
    deadline = time.monotonic() + 5
    while is_there(child):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_program_that_ends_when_it_is_asked_is_not_killed(tmp_path):
    process, _ = started(tmp_path, "import time; print(0, flush=True); time.sleep(60)")
    processes.stop(process, 10)
    assert process.returncode == -15
    processes.stop(process, 10)  # it is gone: nothing happens


def test_many_programs_are_stopped_in_the_time_of_one(tmp_path):
    many = []
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
        many.append(started(tmp_path / name, STUBBORN))
    begun = time.monotonic()
    processes.stop_all([process for process, _ in many], 1.0)
    assert time.monotonic() - begun < 2.0
    assert [processes.exit_code(process) for process, _ in many] == [137] * 3
    deadline = time.monotonic() + 5
    while any(is_there(child) for _, child in many):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_a_dead_program_leaves_behind_is_found_and_ended(tmp_path):
    parent = f"""
import os, subprocess, sys, time
from pathlib import Path
from dsgrid.cluster import processes
processes.adopt_orphans()
lost = "sleep 60 & echo $!; sleep 0 & echo $!"
child = processes.start(["bash", "-c", lost], log=Path({str(tmp_path / "log")!r}), environment=os.environ)
while child.poll() is None:
    time.sleep(0.01)
long, short = (int(pid) for pid in Path({str(tmp_path / "log")!r}).read_text().split())
other = subprocess.Popen(["sleep", "60"])
end = time.monotonic() + 10
while processes.birth(short) is not None and time.monotonic() < end:
    processes.bury_orphans(other)
    time.sleep(0.01)
print(processes.birth(short), processes.birth(long) is not None, other.poll())
processes.kill_descendants()
print(other.wait(10), os.waitpid(long, 0)[1])
"""
    done = subprocess.run([sys.executable, "-c", parent], capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout.splitlines() == ["None True None", "-9 9"], done.stderr


def test_what_a_program_says_is_appended_to_a_log_that_only_this_user_reads(tmp_path):
    log = tmp_path / "log"
    for text in ("one", "two"):
        command = [sys.executable, "-c", f"import sys; print({text!r}, file=sys.stderr)"]
        assert processes.start(command, log=log, environment=os.environ).wait(20) == 0
    assert log.read_text() == "one\ntwo\n"
    assert log.stat().st_mode & 0o777 == 0o600


def test_the_end_of_a_log_is_its_last_lines(tmp_path):
    log = tmp_path / "log"
    log.write_text("".join(f"line {i}\n" for i in range(5_000)))
    assert processes.tail(log, 2) == "line 4998\nline 4999"
    log.write_bytes(b"\xff\xfe half\n")
    assert "half" in processes.tail(log)
    assert processes.tail(tmp_path / "none") == ""


def test_the_birth_of_a_process_tells_it_from_a_later_one_with_its_number():
    assert processes.birth(os.getpid()) == processes.birth(os.getpid())
    assert processes.birth(os.getpid()) != processes.birth(1)
    assert processes.birth(2**22 + 1) is None
