"""A real Slurm of one's own: three nodes on this machine, in one folder, on free ports, gone with whoever started it.

The tests have it as fixtures. By hand (it ends at Ctrl-C):

    python -m tests.slurm.private_slurm [FOLDER] [--kind plain|cgroups|namespaces]

There are three kinds. In a plain one the nodes share the machine's name, memory and processes, and have addresses of
their own. With cgroups, what a job may use of memory is a real limit. With namespaces each node has its own network,
host name, processes and /tmp, so that one can pull its cable.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from tests.slurm.namespaces import Network
from tests.slurm.processes import descendants
from tests.slurm.slurm_conf import write_configuration

ROOT = Path(__file__).resolve().parents[2]
DAEMONS = ("munged", "slurmctld", "slurmd")
CGROUPS = Path("/sys/fs/cgroup")


class UnableError(Exception):
    """This machine cannot run such a Slurm; the message says why."""


@dataclass
class Supplied:
    """A daemon, and what ends it and all that it has started."""

    name: str
    supply: subprocess.Popen[bytes]

    def processes(self) -> list[int]:
        """The numbers of the daemon's process and of all that hang on it."""
        return descendants(self.supply.pid)

    def cut_power(self) -> None:
        self.supply.send_signal(signal.SIGUSR1)
        self.supply.wait(timeout=20)

    def ask_to_end(self) -> None:
        assert self.supply.stdin is not None
        self.supply.stdin.close()

    def end(self) -> None:
        self.ask_to_end()
        try:
            self.supply.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.cut_power()


@dataclass
class PrivateSlurm:
    """The daemons of a Slurm; to be used with `with`.

    Parameters
    ----------
    folder
        Where configuration, logs and sockets go.
    kind
        "plain", "cgroups" or "namespaces".
    shared
        Of "namespaces": what nodes see of the machine's /tmp; the folder by default.
    """

    folder: Path
    kind: str = "plain"
    shared: Path | None = None
    nodes: dict[str, Supplied] = field(default_factory=dict)
    _others: ExitStack = field(default_factory=ExitStack)
    _network: Network | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"{ {'plain': 'node', 'cgroups': 'cg', 'namespaces': 'ns'}[self.kind] }{i}" for i in (1, 2, 3))

    def address(self, name: str) -> str:
        """Return the address of a node."""
        # All of 127/8 is the loopback.
        return self._network.address(name) if self._network else f"127.0.0.{11 + self.names.index(name)}"

    @property
    def conf(self) -> Path:
        return self.folder / "slurm.conf"

    def __enter__(self) -> PrivateSlurm:
        _check(self.kind)
        try:
            self._start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self.conf.exists():
            with ExitStack() as stack:
                stack.callback(self._others.close)
                for node in self.nodes.values():
                    stack.callback(node.end)
                self._cancel_all()
                for node in self.nodes.values():  # all at the same time
                    node.ask_to_end()

    def start_node(self, name: str) -> None:
        """Start a node's daemon (again)."""
        command, options = [_daemon("slurmd"), "-D", "-N", name], []
        if self._network:
            command = self._network.wrap(name, command, self.shared or self.folder)
            options = ["--at-once"]
        if self.kind == "cgroups":  # Slurm leaves them behind
            options = ["--finally", f"find {CGROUPS} -depth -type d -path */slurm_{name}* -exec rmdir {{}} ;"]
        self.nodes[name] = self._supply(name, command, options)
        if self._network:
            self._network.connect(name, self.nodes[name].supply)

    def pull_cable(self, name: str) -> None:
        """Let nothing through to a node or from it, without any of the two sides being told (namespaces only)."""
        assert self._network is not None, "only nodes in namespaces have a cable"
        self._network.cable(name, "down")

    def plug_cable(self, name: str) -> None:
        """Undo `pull_cable`."""
        assert self._network is not None, "only nodes in namespaces have a cable"
        self._network.cable(name, "up")

    def states(self) -> dict[str, str]:
        """Return the state of each node as Slurm has it, as "idle", "mixed", "down*"."""
        done = self._ask("sinfo", "--noheader", "--Node", "--partition=tests", "--format=%N %T")
        return dict(line.split() for line in done.stdout.splitlines())

    def wait_until_idle(self, seconds: float = 60) -> None:
        """Wait until every node waits for work."""
        end = time.monotonic() + seconds
        while set((states := self.states()).values()) != {"idle"} or len(states) != len(self.names):
            if time.monotonic() > end:
                raise TimeoutError(f"Slurm's nodes did not become idle: {states}; logs: {self.folder}")
            time.sleep(0.05)

    def _start(self) -> None:
        for part in ("state", *(f"spool/{name}" for name in self.names), *(f"scratch/{name}" for name in self.names)):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        if self.kind == "namespaces":
            self._network = Network(self.folder, self.names)
            self._network.__enter__()
        self._write_configuration()
        self._start_munge()
        removals = self._network.removals if self._network else []
        options = [word for each in removals for word in ("--finally", each)]
        controller = self._supply("slurmctld", [_daemon("slurmctld"), "-D", "-c"], options)
        self._others.callback(controller.end)
        for name in self.names:
            self.start_node(name)
        self.wait_until_idle()

    def _write_configuration(self) -> None:
        addresses = {name: self.address(name) for name in self.names}
        if self._network:
            host = f"{socket.gethostname()}({self._network.address()})"
            write_configuration(self.folder, self.kind, addresses, host)
        else:
            write_configuration(self.folder, self.kind, addresses)

    def _start_munge(self) -> None:
        key = self.folder / "munge.key"
        key.touch(0o600)
        key.write_bytes(secrets.token_bytes(1024))
        places = {"key-file": key, "socket": self.folder / "munge.socket"}
        places |= {f"{kind}-file": self.folder / f"munge.{kind}" for kind in ("log", "pid", "seed")}
        options = [f"--{name}={path}" for name, path in places.items()]
        munge = self._supply("munged", [_daemon("munged"), "--foreground", "--force", *options])
        self._others.callback(munge.end)

    def _supply(self, name: str, command: Sequence[str], options: Sequence[str] = ()) -> Supplied:
        with (self.folder / f"{name}.out").open("ab") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.slurm.power_supply", *options, "--", *command],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=out,
                env={**os.environ, "SLURM_CONF": str(self.conf), "PYTHONPATH": str(ROOT)},
                start_new_session=True,  # Ctrl-C is not meant for it
            )
        return Supplied(name, process)

    def _ask(self, *command: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "SLURM_CONF": str(self.conf)}
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)

    def _cancel_all(self) -> None:
        end = time.monotonic() + 10
        try:
            self._ask("scancel", "--user=root")
            while self._ask("squeue", "--noheader").stdout and time.monotonic() < end:
                time.sleep(0.1)
        except subprocess.TimeoutExpired:
            pass  # what is left is killed with the nodes


def missing(kind: str = "plain") -> str | None:
    """Return why this machine cannot run a private Slurm of some kind; None if it can."""
    absent = [name for name in DAEMONS if not _found(name)]
    if absent:
        return f"Slurm is not installed here ({', '.join(absent)}): apt-get install slurm-wlm munge"
    if os.geteuid() != 0:
        return "only root may start Slurm's daemons"
    if kind == "cgroups":
        absent = [name for name in ("memory", "freezer") if not os.access(CGROUPS / name / "tasks", os.W_OK)]
        if absent:
            return f"no cgroups of version 1 here ({', '.join(str(CGROUPS / name) for name in absent)})"
    if kind == "namespaces":
        absent = [name for name in ("ip", "unshare", "mount") if not _found(name)]
        if absent:
            return f"nodes in namespaces need {', '.join(absent)}: apt-get install iproute2 util-linux"
        if subprocess.run(["unshare", "--net", "--mount", "--pid", "--fork", "true"], capture_output=True).returncode:
            return "namespaces are not allowed here"
    return None


def _check(kind: str) -> None:
    if reason := missing(kind):
        raise UnableError(reason)


def _daemon(name: str) -> str:
    found = _found(name)
    assert found is not None
    return found


def _found(name: str) -> str | None:
    # Daemons are in sbin, which a user's PATH may lack.
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin:/usr/local/sbin")


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="Run a private Slurm until Ctrl-C.")
    parser.add_argument("folder", nargs="?", type=Path, help="for its files; by default a temporary one")
    parser.add_argument("--kind", choices=("plain", "cgroups", "namespaces"), default="plain")
    asked = parser.parse_args(arguments)
    with ExitStack() as stack:
        folder = asked.folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="slurm-")))
        folder.mkdir(parents=True, exist_ok=True)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            stack.enter_context(PrivateSlurm(folder.resolve(), asked.kind))
            print(f"export SLURM_CONF={shlex.quote(str(folder.resolve() / 'slurm.conf'))}")
            print(f"export DSGRID_SCRATCH='{folder.resolve()}/scratch/${{SLURMD_NODENAME}}'", flush=True)
            signal.pause()
        except UnableError as error:
            print(f"error: {error}", file=sys.stderr)
            return 2
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
