"""The Spark Connect server of an interactive cluster: how it is started, and how a user reaches it."""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import re
import secrets
import shlex
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from dsgrid.cluster.folder import read_json, write_json
from dsgrid.remote import PORT, TOKEN

FILE: Final = "connect.json"
_CLASS: Final = "org.apache.spark.sql.connect.service.SparkConnectServer"
# What the server, or the one that starts all services, logs.
_PORT: Final = re.compile(
    r"Spark Connect server started at: \S*?:(\d+)\s|started service '\S*SparkConnectService' on port (\d+)\."
)
# Asked in a process of its own: the one that leads the job lives as long as it, and stays small.
_ASK: Final = """
import json, sys
import grpc
from dsgrid.remote import ask
place = json.loads(sys.stdin.readline())
ask(grpc.insecure_channel(place["target"]), place["seconds"], token=place["token"])
"""
# Of the launcher: it would take these for the server's own.
_OF_DAEMONS: Final = ("SPARK_DAEMON_MEMORY", "SPARK_DAEMON_JAVA_OPTS", "SPARK_DAEMON_CLASSPATH")


def _user() -> str:
    with contextlib.suppress(KeyError, OSError):  # an account without a name
        return getpass.getuser()
    return "USER"


@dataclass(frozen=True)
class Connection:
    """Where a server listens, and what it wants to see.

    Parameters
    ----------
    job
        The job's number.
    node
        The name of the node that the server is on.
    address
        What it listens at there: a loopback address, or one of the node's own.
    token
        What it wants to be shown; never printed unless it is asked for.
    master
        Of the cluster behind it.
    user, login
        Who may log in, and the node that the job was submitted from.
    """

    job: str
    node: str
    address: str
    port: int
    token: str = field(repr=False)
    master: str = ""
    user: str = field(default_factory=_user)
    login: str = field(default_factory=lambda: os.environ.get("SLURM_SUBMIT_HOST") or "LOGIN")

    @property
    def is_local(self) -> bool:
        """Whether only processes on the node itself reach the server."""
        return ip_address(self.address).is_loopback


def new_token() -> str:
    """Return a token that nobody can guess."""
    return secrets.token_urlsafe(32)


def server_command(spark_home: Path, master: str) -> list[str]:
    """Return the command of a server that stays in the foreground; its settings are in ``SPARK_CONF_DIR``."""
    submit = str(spark_home / "bin" / "spark-submit")
    return [submit, "--class", _CLASS, "--name", "dsgrid Spark Connect", "--master", master]


def server_settings(address: str) -> dict[str, str]:
    """Return the settings of a server that listens at an address, and finds a free port itself."""
    return {
        "spark.connect.grpc.binding.address": address,
        "spark.connect.grpc.binding.port": "0",
    }


def server_environment(environment: Mapping[str, str], token: str) -> dict[str, str]:
    """Return the environment of the server; with the token, which a command line would show to everyone."""
    kept = {name: value for name, value in environment.items() if name not in _OF_DAEMONS}
    # The variables of a client would make a server of Spark a client of another one.
    for name in ("SPARK_REMOTE", "SPARK_CONNECT_MODE_ENABLED", "SPARK_LOCAL_REMOTE"):
        kept.pop(name, None)
    return {**kept, TOKEN: token}


def port_in(log: str) -> int | None:
    """Return the port that a server has found, as its log tells it; None while it does not."""
    found = _PORT.search(log)
    return int(found[1] or found[2]) if found else None


def answers(connection: Connection, timeout: float = 10.0) -> bool:
    """Say whether a server answers a request that shows it the token; to be called on its node.

    Parameters
    ----------
    timeout
        Seconds that it may take.
    """
    place = {"target": f"{connection.address}:{connection.port}", "seconds": timeout, "token": connection.token}
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    try:
        done = subprocess.run(
            [sys.executable, "-c", _ASK],
            input=json.dumps(place) + "\n",
            text=True,
            env={**environment, "GRPC_VERBOSITY": "NONE"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=timeout + 30,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def write_connection(run: Path, connection: Connection) -> Path:
    """Write how to reach a server into the folder of a job, for this user only, and return the file."""
    path = run / FILE
    write_json(path, connection.__dict__, mode=0o600)
    return path


def read_connection(run: Path) -> Connection | None:
    """Return how to reach the server of a job; None where there is none, or none any more."""
    found = read_json(run / FILE)
    try:
        texts = {name: str(found[name] or "") for name in ("job", "node", "address", "token")}
        more = {name: str(found[name]) for name in ("master", "user", "login") if found.get(name)}
        connection = Connection(**texts, port=int(found["port"]), **more)
        ip_address(connection.address)
    except (KeyError, ValueError, TypeError):
        return None
    return connection if all(texts.values()) else None


def tunnel(connection: Connection, port: int = PORT) -> list[str]:
    """Return the command that brings the server's port to the user's own machine.

    Parameters
    ----------
    port
        On the user's machine.
    """
    login = f"{connection.user}@{connection.login}"
    command = ["ssh", "-N", "-L", f"{port}:{connection.address}:{connection.port}"]
    if connection.is_local:
        return [*command, "-J", login, f"{connection.user}@{connection.node}"]
    return [*command, login]


def connect_lines(connection: Connection) -> str:
    """Return what a job's output says about its server; the token is not in it."""
    lines = (
        f"  server:  sc://{connection.address}:{connection.port} on {connection.node}; it wants a token, which "
        "only you can read",
        f"  tunnel:  {shlex.join(tunnel(connection))}",
        f"  token:   dsgrid jobs connect {connection.job}",
        f"  use:     dsgrid run SPEC --engine sc://localhost:{PORT}",
        f"  end:     dsgrid jobs cancel {connection.job}",
    )
    return "\n".join(lines)


def attach_lines(master: str, client: Path, job: str) -> str:
    """Return what to type to attach drivers to a cluster.

    Parameters
    ----------
    client
        The folder of configuration that has the cluster's secret.
    """
    lines = (
        f"  export SPARK_CONF_DIR={shlex.quote(str(client))}",
        f"  dsgrid run SPEC --master {master}",
        f"  dsgrid jobs cancel {job}      # ends the cluster",
    )
    return "\n".join(lines)


def connect_report(connection: Connection, port: int = PORT, here: str | None = None) -> str:
    """Return what to type to use a server, token and all: for the eyes of the user who asked for it.

    Parameters
    ----------
    port
        On the user's machine.
    here
        The name of this machine; by default what Slurm calls it where this is a job's step, else what it calls itself.
    """
    here = here or os.environ.get("SLURMD_NODENAME") or socket.gethostname()
    is_node = here.partition(".")[0] == connection.node.partition(".")[0]
    reached = connection.port if is_node and connection.is_local else port
    lines = []
    if reached == port:
        refused = f"srun --jobid={connection.job} --overlap --nodelist={connection.node} --pty bash"
        lines += [
            "# 1. A tunnel, in a terminal of its own; Ctrl-C ends it. Where the port is taken, name another, twice.",
            shlex.join(tunnel(connection, port)),
            "#    From the login node itself: " + shlex.join(_from_login(connection, port)),
            *([f"#    Where nodes refuse ssh: {refused}"] if connection.is_local else []),
            *([f"#    and there sc://localhost:{connection.port}"] if connection.is_local else []),
            "# 2. The token. Whoever has it can use the cluster as you.",
        ]
    lines += [
        f"export {TOKEN}={shlex.quote(connection.token)}",
        *(["# 3. Any number of specs."] if reached == port else []),
        f"dsgrid run SPEC --engine sc://localhost:{reached}",
    ]
    return "\n".join(lines)


def _from_login(connection: Connection, port: int) -> list[str]:
    """Return the command for the tunnel of somebody who is on the node that the job was submitted from."""
    return ["ssh", "-N", "-L", f"{port}:{connection.address}:{connection.port}", connection.node]
