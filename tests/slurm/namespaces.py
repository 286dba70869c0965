"""Nodes that are alone: each with a network, a host name, processes and a /tmp of its own, and a cable to pull."""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from tests.slurm.processes import descendants

# In the node: wait for the cable, then hide the machine's /tmp, but for what all nodes share.
NODE = """
set -e
until ip address show dev eth0 2>/dev/null | grep -q 'inet '; do sleep 0.02; done
ip link set lo up
hostname {name}
mount --bind {hosts} /etc/hosts
mount --bind {shared} /mnt
mount -t tmpfs -o mode=1777 tmp /tmp
mkdir -p {shared}
mount --move /mnt {shared}
exec {command}
"""


class Network:
    """A bridge, and a cable from it to each node. They go with the commands `removals`."""

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self.folder = folder
        self.names = list(names)
        self.bridge = f"sl{os.getpid()}"
        self._prefix = f"10.77.{os.getpid() % 256}"

    @property
    def removals(self) -> list[str]:
        # A network outlives its node's processes for as long as a connection waits for an answer.
        return [f"ip link delete {name}" for name in (*map(self._cable, self.names), self.bridge)]

    def __enter__(self) -> Network:
        _ip("link", "add", self.bridge, "type", "bridge")
        _ip("address", "add", f"{self.address()}/24", "dev", self.bridge)
        _ip("link", "set", self.bridge, "up")
        lines = ["127.0.0.1 localhost", f"{self.address()} {os.uname().nodename}"]
        lines += [f"{self.address(name)} {name}" for name in self.names]
        (self.folder / "hosts").write_text("\n".join(lines) + "\n")
        return self

    def address(self, name: str | None = None) -> str:
        """Return the address of a node, or of the machine on which they are."""
        return f"{self._prefix}.{1 if name is None else 11 + self.names.index(name)}"

    def wrap(self, name: str, command: Sequence[str], shared: Path) -> list[str]:
        """Return the command that runs a daemon as a node of its own; of /tmp it sees only `shared`."""
        script = NODE.format(
            name=name,
            hosts=shlex.quote(str(self.folder / "hosts")),
            shared=shlex.quote(str(shared)),
            command=shlex.join(command),
        )
        apart = ["--net", "--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"]
        return ["unshare", *apart, "bash", "-c", script]

    def connect(self, name: str, supply: subprocess.Popen[bytes]) -> None:
        """Lay the cable to a node that was just started."""
        pid = _apart(supply.pid)
        subprocess.run(
            ["ip", "link", "delete", self._cable(name)], capture_output=True, check=False
        )  # of its last life
        _ip("link", "add", self._cable(name), "type", "veth", "peer", "name", "eth0", "netns", str(pid))
        _ip("link", "set", self._cable(name), "master", self.bridge, "up")
        within = ("nsenter", f"--net=/proc/{pid}/ns/net")
        _ip("link", "set", "eth0", "up", within=within)
        _ip("address", "add", f"{self.address(name)}/24", "dev", "eth0", within=within)

    def cable(self, name: str, state: str) -> None:
        _ip("link", "set", self._cable(name), state)

    def _cable(self, name: str) -> str:
        return f"{self.bridge}n{self.names.index(name) + 1}"


def _apart(supply: int) -> int:
    """Return a process below `supply` as soon as it has a network of its own."""
    ours = os.readlink("/proc/self/ns/net")
    end = time.monotonic() + 10
    while time.monotonic() < end:
        for pid in descendants(supply):
            try:
                if os.readlink(f"/proc/{pid}/ns/net") != ours:
                    return pid
            except OSError:
                continue
        time.sleep(0.02)
    raise TimeoutError("a node did not get a network of its own")


def _ip(*arguments: str, within: Sequence[str] = ()) -> None:
    subprocess.run([*within, "ip", *arguments], check=True, capture_output=True, text=True, timeout=20)
