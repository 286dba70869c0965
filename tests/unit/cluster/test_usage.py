"""What a job uses on a node is counted once and wholly: memory, CPU time, kills for memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dsgrid.cluster.cgroup import Cgroup, job_cgroup
from dsgrid.cluster.process_tree import ProcessTree, Seen
from dsgrid.cluster.usage import CGROUP, PROCESSES, Usage, Watch, read_usages

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
JOB = {"SLURM_JOB_ID": "12", "SLURMD_NODENAME": "node1"}
BURN = "import time\nend = time.process_time() + {}\nwhile time.process_time() < end: pass"


class Proc:
    """A folder that looks like /proc."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(
        self, pid: int, parent: int, start: int, own: int = 0, reaped: int = 0, pages: int = 0, **environment: str
    ) -> None:
        place = self.folder / str(pid)
        place.mkdir(exist_ok=True)
        fields = ["S", str(parent), *["0"] * 9, str(own), "0", str(reaped), "0", *["0"] * 4, str(start), "0", "0"]
        (place / "stat").write_text(f"{pid} (a ) name) {' '.join(fields)}\n")
        (place / "statm").write_text(f"999 {pages + 7} 7 0 0 0 0\n")
        (place / "environ").write_bytes(b"\0".join(f"{k}={v}".encode() for k, v in environment.items()) + b"\0")

    def end(self, pid: int) -> None:
        place = self.folder / str(pid)
        for file in place.iterdir():
            file.unlink()
        place.rmdir()


@pytest.fixture
def proc(tmp_path: Path) -> Proc:
    folder = tmp_path / "proc"
    folder.mkdir()
    (folder / "uptime").write_text("not a process")
    return Proc(folder)


def cpu(seen: Seen) -> int:
    return round(seen.cpu * TICKS)


def test_all_that_come_from_the_root_are_counted_and_nobody_else(proc: Proc) -> None:
    proc.put(10, 1, 100, own=5, pages=3)
    proc.put(11, 10, 101, own=7, pages=4)
    proc.put(12, 11, 102, own=1, pages=1)
    proc.put(20, 1, 50, own=1000, pages=1000)
    seen = ProcessTree(10, {}, proc.folder).look()
    assert (seen.count, cpu(seen), seen.memory) == (3, 13, 8 * PAGE)


def test_a_child_with_a_lower_number_than_its_parent_is_found_as_well(proc: Proc) -> None:
    proc.put(500, 1, 100, own=1)
    proc.put(3, 500, 200, own=2)
    assert cpu(ProcessTree(500, {}, proc.folder).look()) == 3


def test_a_process_that_ended_between_two_looks_is_counted_once_through_its_parent(proc: Proc) -> None:
    tree = ProcessTree(10, {}, proc.folder)
    proc.put(10, 1, 100, own=5)
    proc.put(11, 10, 101, own=50)
    assert cpu(tree.look()) == 55
    proc.end(11)  # its parent has not waited for it yet
    assert cpu(tree.look()) == 55
    proc.put(10, 1, 100, own=5, reaped=62)  # now it has: 12 of it nobody saw
    assert cpu(tree.look()) == 67
    assert cpu(tree.look()) == 67


def test_a_process_that_nobody_ever_saw_is_counted_through_its_parent(proc: Proc) -> None:
    tree = ProcessTree(10, {}, proc.folder)
    proc.put(10, 1, 100, own=5)
    tree.look()
    proc.put(10, 1, 100, own=5, reaped=30)
    assert cpu(tree.look()) == 35


def test_children_that_the_kernel_reaps_by_itself_stay_counted(proc: Proc) -> None:
    tree = ProcessTree(10, {}, proc.folder)
    proc.put(10, 1, 100, own=5)
    for start in (101, 102, 103):
        proc.put(11, 10, start, own=20)
        tree.look()
        proc.end(11)
    assert cpu(tree.look()) == 65


def test_what_a_whole_branch_took_stays_counted_when_it_ends_at_once(proc: Proc) -> None:
    tree = ProcessTree(10, {}, proc.folder)
    proc.put(10, 1, 100, own=1)
    proc.put(11, 10, 101, own=10)
    proc.put(12, 11, 102, own=100)
    tree.look()
    proc.end(12)
    proc.end(11)
    assert cpu(tree.look()) == 111


def test_time_of_all_stays_counted_when_the_root_ends(proc: Proc) -> None:
    tree = ProcessTree(10, {}, proc.folder)
    proc.put(10, 1, 100, own=1)
    proc.put(11, 10, 101, own=10)
    tree.look()
    proc.end(10)
    proc.put(11, 1, 101, own=15)
    assert cpu(tree.look()) == 16
    proc.end(11)
    assert cpu(tree.look()) == 16


def test_a_number_that_is_used_again_is_another_process(proc: Proc) -> None:
    tree = ProcessTree(10, {}, proc.folder)
    proc.put(10, 1, 100, own=1)
    proc.put(11, 10, 101, own=10)
    tree.look()
    proc.put(11, 1, 900, own=5000, pages=100)  # somebody else's
    seen = tree.look()
    assert (cpu(seen), seen.memory) == (11, 0)


def test_steps_and_daemons_are_known_by_the_job_and_the_node_in_their_environment(proc: Proc) -> None:
    tree = ProcessTree(10, JOB, proc.folder)
    proc.put(10, 1, 100, own=1, **JOB)
    proc.put(20, 1, 90, own=10, **JOB)
    proc.put(21, 20, 95, own=100)  # without an environment, but from one of ours
    proc.put(30, 1, 90, own=1000, **{**JOB, "SLURMD_NODENAME": "node11"})
    proc.put(31, 1, 90, own=1000, **{**JOB, "SLURM_JOB_ID": "1"})
    proc.put(32, 1, 90, own=1000, X="SLURM_JOB_ID=12", Y="SLURMD_NODENAME=node1")
    for _ in range(4):
        assert cpu(tree.look()) == 111


def test_a_process_gets_its_environment_a_moment_after_it_was_made(proc: Proc) -> None:
    tree = ProcessTree(10, JOB, proc.folder)
    proc.put(10, 1, 100, **JOB)
    proc.put(20, 1, 200, own=10)
    assert cpu(tree.look()) == 0
    proc.put(20, 1, 200, own=10, **JOB)
    assert cpu(tree.look()) == 10


def test_without_a_job_the_environment_of_others_is_no_mark(proc: Proc) -> None:
    proc.put(10, 1, 100, own=1)
    proc.put(20, 1, 90, own=10)
    assert ProcessTree(10, {"SLURM_JOB_ID": ""}, proc.folder).look().count == 1


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_real_processes_take_the_memory_and_the_time_that_they_take() -> None:
    grow = "x = bytearray(100 << 20)\nfor i in range(0, len(x), 4096): x[i] = 1"
    child = f"{BURN.format(0.2)}\n{grow}\nprint(flush=True)\ninput()"
    parents = f"import subprocess, sys; subprocess.run([sys.executable, '-S', '-c', {child!r}])"
    command = [sys.executable, "-S", "-c", parents]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        tree = ProcessTree(parent.pid, {})
        assert parent.stdout
        assert parent.stdin
        parent.stdout.readline()
        seen = tree.look()
        parent.stdin.write(b"\n")
        parent.stdin.flush()
        # Until it is waited for it is a zombie, whose children's time the kernel still knows.
        until(lambda: Path(f"/proc/{parent.pid}/stat").read_bytes().rpartition(b")")[2].split()[0] == b"Z")
        last = tree.look()
    assert seen.count == 2
    assert 100 << 20 < seen.memory < 140 << 20
    assert 0.19 <= seen.cpu < 1.5
    assert seen.cpu <= last.cpu < seen.cpu + 0.5
    assert tree.look().cpu == last.cpu


def test_processes_of_others_cost_hardly_anything_once_they_are_known(proc: Proc) -> None:
    proc.put(10, 1, 100)
    for pid in range(1000, 1300):
        proc.put(pid, 1, 50)
    tree = ProcessTree(10, JOB, proc.folder)
    tree.look()
    tree.look()
    for pid in range(1000, 1300):
        (proc.folder / str(pid) / "stat").unlink()  # nobody reads it again
        (proc.folder / str(pid) / "stat").mkdir()
    reads = 0
    before = tree._read

    def read(pid: int, name: str) -> bytes:
        nonlocal reads
        reads += 1
        return before(pid, name)

    tree._read = read  # type: ignore[method-assign]
    tree.look()
    assert reads < 10


MOUNTS_V1 = """\
30 23 0:26 / /sys/fs/cgroup ro - tmpfs tmpfs ro
31 30 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
32 30 0:28 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
"""
MOUNTS_V2 = "30 23 0:26 / /sys/fs/cgroup rw shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"


def test_the_group_of_a_job_is_found_in_both_versions() -> None:
    v1 = job_cgroup(
        "4:memory:/slurm_node1/uid_0/job_12/step_0/task_0\n2:cpu,cpuacct:/slurm_node1/uid_0/job_12/step_0\n0::/\n",
        MOUNTS_V1,
    )
    assert v1.memory == Path("/sys/fs/cgroup/memory/slurm_node1/uid_0/job_12")
    assert v1.cpu == Path("/sys/fs/cgroup/cpu,cpuacct/slurm_node1/uid_0/job_12")
    v2 = job_cgroup("0::/system.slice/slurmstepd.scope/job_12/step_batch/user/task_0\n", MOUNTS_V2)
    assert v2.unified == Path("/sys/fs/cgroup/system.slice/slurmstepd.scope/job_12")
    assert v2.memory is None


@pytest.mark.parametrize(
    "groups", ["0::/user.slice/session-1.scope\n", "4:memory:/process_api/job_x\n", "", "nonsense"]
)
def test_a_group_that_no_job_made_is_not_taken_for_one(groups: str) -> None:
    assert job_cgroup(groups, MOUNTS_V1 + MOUNTS_V2) == Cgroup()


@pytest.fixture
def group(tmp_path: Path) -> Path:
    job = tmp_path / "job_12"
    for place, killed in ((job, 0), (job / "step_0", 0), (job / "step_0" / "task_0", 3), (job / "step_1", 1)):
        place.mkdir()
        (place / "memory.oom_control").write_text(f"oom_kill_disable 0\nunder_oom 0\noom_kill {killed}\n")
    (job / "memory.stat").write_text("cache 9999\nrss 1\ntotal_cache 999999\ntotal_rss 1000\ntotal_shmem 24\n")
    (job / "cpuacct.usage").write_text("2500000000\n")
    return job


def test_the_group_tells_what_is_held_without_what_is_only_cached(group: Path) -> None:
    v1 = Cgroup(memory=group, cpu=group)
    assert (v1.memory_held(), v1.cpu_seconds()) == (1024, 2.5)
    (group / "memory.stat").write_text("anon 500\nfile 99999\nshmem 12\n")
    (group / "cpu.stat").write_text("usage_usec 1500000\nuser_usec 1\n")
    (group / "memory.events").write_text("low 0\nmax 7\noom 2\noom_kill 2\n")
    v2 = Cgroup(unified=group)
    assert (v2.memory_held(), v2.cpu_seconds(), v2.kills()) == (512, 1.5, {"": 2})


def test_a_site_that_counts_nothing_in_groups_leaves_it_to_the_processes(tmp_path: Path) -> None:
    empty = Cgroup(unified=tmp_path)
    assert (empty.memory_held(), empty.cpu_seconds(), empty.kills()) == (None, None, None)
    watch = Watch(node="node1", cores=2, memory=100, environment={}, cgroup=empty)
    watch.look()
    used = watch.usage()
    assert (used.by, used.oom_kills) == (PROCESSES, None)
    assert used.peak > 1 << 20


def test_kills_stay_counted_when_the_step_has_taken_its_group_along(group: Path) -> None:
    watch = Watch(node="node1", cores=2, memory=100, environment={}, cgroup=Cgroup(memory=group, cpu=group))
    watch.look()
    (group / "step_0" / "task_0" / "memory.oom_control").unlink()
    (group / "memory.stat").write_text("total_rss 10\ntotal_shmem 0\n")
    watch.look()
    assert watch.usage().oom_kills == 4
    assert (watch.usage().peak, watch.usage().by) == (1024, CGROUP)


@pytest.fixture
def watch(group: Path) -> Iterator[Watch]:
    made = Watch(node="node1", cores=2, memory=100, environment={}, cgroup=Cgroup(memory=group, cpu=group))
    yield made
    made.stop()


def test_a_lost_node_leaves_what_it_had_used_so_far(watch: Watch, tmp_path: Path) -> None:
    file = tmp_path / "usage" / "node1.json"
    watch.start(file)
    until(file.exists)
    (told,) = read_usages(file.parent)
    assert (told.node, told.cpu, told.cores, told.memory, told.oom_kills) == ("node1", 2.5, 2, 100, 4)


def used(group: Path, seconds: int) -> None:
    """Let the kernel tell the CPU time; at once, as it does: a file that is empty for a moment tells none."""
    part = group / "part"
    part.write_text(f"{seconds}000000000\n")
    part.replace(group / "cpuacct.usage")


def test_the_end_is_written_and_ending_twice_changes_nothing(watch: Watch, group: Path, tmp_path: Path) -> None:
    watch.start(tmp_path / "usage" / "node1.json")
    used(group, 7)
    assert watch.stop().cpu == 7
    used(group, 9)
    assert watch.stop().cpu == 7
    assert [each.cpu for each in read_usages(tmp_path / "usage")] == [7]


def test_a_disk_that_takes_nothing_ends_no_job(watch: Watch, tmp_path: Path) -> None:
    (tmp_path / "usage").write_text("a file where the folder should be")
    watch.start(tmp_path / "usage" / "node1.json")
    assert watch.stop().cpu == 2.5


def test_a_watch_that_never_began_can_be_ended(watch: Watch) -> None:
    assert watch.stop().cpu == 2.5


def test_damaged_files_are_left_out_and_those_of_later_versions_read(tmp_path: Path) -> None:
    (tmp_path / "node1.json").write_text(json.dumps({"node": "node1", "cpu": 3, "invented_later": [1]}))
    (tmp_path / "node2.json").write_text('{"node": "no')
    (tmp_path / "node3.json").write_text('{"cpu": 1}')
    (tmp_path / "node4.json").write_text('{"node": "node4", "peak": "much"}')
    (tmp_path / "node5.json").write_text("[]")
    assert read_usages(tmp_path) == (Usage("node1", cpu=3.0),)
    assert read_usages(tmp_path / "none") == ()


def test_a_worker_process_stays_small() -> None:
    """What lives on every node as long as the job loads none of what computes."""
    heavy = ("pandas", "pyarrow", "pyspark", "jsonschema", "numpy")
    code = f"import sys, dsgrid.cluster.usage; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
