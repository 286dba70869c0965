"""A real Slurm for the tests: two nodes on this host, in a folder of its own, on free ports, ended with the tests."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NODES = ("node1", "node2")
DAEMONS = ("munged", "slurmctld", "slurmd")

# Several slurmd on one host need ports and addresses of their own; all of 127/8 is the loopback.
CONF = """
ClusterName=tests
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort={controller}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerParameters=bf_interval=1,sched_min_interval=0,defer_batch=no
ReturnToService=2
SlurmdParameters=config_overrides
KillWait=5
MinJobAge=3600
{nodes}
PartitionName=tests Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""
NODE = "NodeName={name} NodeHostname=localhost NodeAddr=127.0.0.{host} Port={port} CPUs=2 RealMemory=4000 State=UNKNOWN"


@dataclass(frozen=True)
class Job:
    """How a job ended."""

    id: int
    state: str
    exit_code: str
    output: str


class Slurm:
    """The commands of a running Slurm."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {**os.environ, "SLURM_CONF": str(folder / "slurm.conf"), "DSGRID_PYTHON": sys.executable}

    def call(self, *command: str | Path, cwd: Path | None = None, **environment: str) -> str:
        done = subprocess.run(
            [str(part) for part in command],
            env={**self.environment, **environment},
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout

    def submit(self, *arguments: str | Path, cwd: Path, **environment: str) -> int:
        site = {
            "DSGRID_SCRATCH": str(self.folder / "scratch"),
            "DSGRID_JVM_FLAGS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",  # half the CPU of a short job
        }
        return int(self.call("sbatch", "--parsable", *arguments, cwd=cwd, **{**site, **environment}))

    def fields(self, job: int) -> dict[str, str]:
        words = self.call("scontrol", "show", "job", "--oneliner", str(job)).split()
        return dict(word.split("=", 1) for word in words if "=" in word)

    def wait(self, job: int, timeout: float) -> Job:
        """Poll, because `sbatch --wait` looks ever more rarely, and for ever when a node is down."""
        end = time.monotonic() + timeout
        fields: dict[str, str] = {}
        while time.monotonic() < end:
            fields = self.fields(job)
            if fields["JobState"] not in ("PENDING", "CONFIGURING", "RUNNING", "COMPLETING"):
                return Job(job, fields["JobState"], fields["ExitCode"], _text(fields))
            time.sleep(0.2)
        self.call("scancel", str(job))
        raise AssertionError(f"job {job} did not end in {timeout} s: {fields}\n{_text(fields)}")


def _text(fields: dict[str, str]) -> str:
    output = Path(fields["StdOut"])
    return output.read_text() if output.is_file() else ""


@pytest.fixture(scope="session")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slurm]:
    missing = [name for name in DAEMONS if not _daemon(name)]
    if missing:
        pytest.skip(f"Slurm is not installed here ({', '.join(missing)}): apt-get install slurm-wlm munge")
    if os.geteuid() != 0:
        pytest.skip("the tests start Slurm's daemons as root")
    folder = tmp_path_factory.mktemp("slurm")
    slurm = Slurm(folder)
    controller, *ports = _free_ports(1 + len(NODES))
    nodes = [
        NODE.format(name=name, host=11 + i, port=port) for i, (name, port) in enumerate(zip(NODES, ports, strict=True))
    ]
    (folder / "slurm.conf").write_text(CONF.format(controller=controller, folder=folder, nodes="\n".join(nodes)))
    for part in ("state", "scratch", *(f"spool/{name}" for name in NODES)):
        (folder / part).mkdir(parents=True)
    with ExitStack() as daemons:
        _munge(daemons, folder)
        _start(daemons, folder, ["slurmctld", "-D", "-c"])
        for name in NODES:
            _start(daemons, folder, ["slurmd", "-D", "-N", name])
        _wait_until_idle(slurm)
        yield slurm
        subprocess.run(["scancel", "--user=root"], env=slurm.environment, timeout=30, check=False)


def _munge(daemons: ExitStack, folder: Path) -> None:
    key = folder / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o600)
    places = {"key-file": key, **{f"{kind}-file": folder / f"munge.{kind}" for kind in ("log", "pid", "seed")}}
    options = [f"--{name}={path}" for name, path in places.items()]
    _start(daemons, folder, ["munged", "--foreground", "--force", f"--socket={folder / 'munge.socket'}", *options])


def _start(daemons: ExitStack, folder: Path, command: Sequence[str]) -> None:
    log = daemons.enter_context((folder / "daemons.out").open("a"))
    environment = {**os.environ, "SLURM_CONF": str(folder / "slurm.conf")}
    process = subprocess.Popen([_daemon(command[0]), *command[1:]], stdout=log, stderr=log, env=environment)
    daemons.callback(_end, process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait_until_idle(slurm: Slurm) -> None:
    command = ["sinfo", "--noheader", "--Node", "--format=%T"]
    end = time.monotonic() + 60
    states = ""
    while time.monotonic() < end:
        # The controller may not answer yet.
        states = subprocess.run(command, env=slurm.environment, capture_output=True, text=True, check=False).stdout
        if states.split() == ["idle"] * len(NODES):
            return
        time.sleep(0.1)
    pytest.fail(f"Slurm's nodes did not become idle: {states!r}; logs in {slurm.folder}")


def _daemon(name: str) -> str | None:
    # Daemons are in sbin, which a user's PATH may lack.
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


def _free_ports(count: int) -> list[int]:
    with ExitStack() as sockets:
        opened = [sockets.enter_context(socket.socket()) for _ in range(count)]
        for each in opened:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in opened]
