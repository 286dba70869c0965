"""The limit of control groups, from the texts that the kernel shows in both versions."""

from __future__ import annotations

from dsgrid.cluster import limit
from dsgrid.cluster.limit import memory_limit

FORMER = "9:name=systemd:/\n4:memory:/slurm/uid_1000/job_12/step_batch\n3:cpuset:/\n2:cpu,cpuacct:/slurm\n0::/\n"
UNIFIED = "0::/system.slice/slurmstepd.scope/job_12/step_batch/user/task_0\n"
V1, V2 = "/sys/fs/cgroup/memory", "/sys/fs/cgroup"
NO_LIMIT = "9223372036854771712\n"


def test_of_the_first_version_the_smallest_of_the_groups_counts():
    files = {
        f"{V1}/memory.limit_in_bytes": NO_LIMIT,
        f"{V1}/slurm/uid_1000/job_12/memory.limit_in_bytes": "1572864000\n",
        f"{V1}/slurm/uid_1000/job_12/step_batch/memory.limit_in_bytes": "2097152000\n",
    }
    assert memory_limit(FORMER, files.get) == 1500


def test_of_the_second_version_the_smallest_of_the_groups_counts():
    job = f"{V2}/system.slice/slurmstepd.scope/job_12"
    files = {
        f"{job}/memory.max": "1572864000\n",
        f"{job}/step_batch/memory.max": "max\n",
        f"{job}/step_batch/user/task_0/memory.max": "max\n",
    }
    assert memory_limit(UNIFIED, files.get) == 1500


def test_in_a_container_the_limit_is_that_of_what_it_sees():
    assert memory_limit(FORMER, {f"{V1}/memory.limit_in_bytes": "1073741824\n"}.get) == 1024
    assert memory_limit("0::/../../x\n", {f"{V2}/memory.max": "1073741824\n"}.get) == 1024


def test_without_a_limit_there_is_none():
    assert memory_limit(FORMER, {f"{V1}/memory.limit_in_bytes": NO_LIMIT}.get) is None
    assert memory_limit(UNIFIED, lambda _: "max\n") is None
    assert memory_limit(UNIFIED, lambda _: "0\n") is None
    assert memory_limit("", lambda _: "5\n") is None
    assert memory_limit("3:cpuset:/a\n", lambda _: "1073741824\n") is None


def test_the_limit_of_this_process_is_read_from_the_kernels_files(tmp_path, monkeypatch):
    group = tmp_path / "step_batch"
    group.mkdir()
    (group / "memory.max").write_text("1572864000\n")
    own = tmp_path / "cgroup"
    own.write_text("0::/step_batch\n")
    shown = {"/proc/self/cgroup": own, "/sys/fs/cgroup/step_batch/memory.max": group / "memory.max"}
    monkeypatch.setattr(limit, "Path", lambda path: shown.get(path, tmp_path / "missing"))
    assert limit.own_memory_limit() == 1500
