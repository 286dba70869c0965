"""What is wrong with a server's settings that no schema can say: what is not there, and what cannot be together."""

from __future__ import annotations

import ipaddress
import math
import os
import shutil
import socket
import ssl
import stat
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from dsgrid.api.job import RUNNERS, SLURM, SPARK, WARM
from dsgrid.api.limits import Limits
from dsgrid.api.settings import Runners, Settings
from dsgrid.cluster.site import load_site
from dsgrid.errors import DsgridError, Problem
from dsgrid.spec.fence import HOME, RESULTS
from dsgrid.spec.node import Node, missing

# The limit on the left is never larger than the one on the right.
_ORDERED: Final = (
    ("page", "page_most"),
    ("queued", "queued_all"),
    ("result_days", "job_days"),
)
_HOST: Final = ("listen", "host")
_LONGEST_SOCKET: Final = 107  # bytes of the path of a unix socket


@dataclass(frozen=True)
class Said:
    """Who says what: the file, and the options that win over it."""

    root: Node
    options: frozenset[str]

    def problem(self, message: str, *path: str) -> Problem:
        """Return a problem with a value: at its place in the file, or of the option, or of what holds by default."""
        node: Node | None = self.root
        for key in path:
            node = None if node is None else node.get(key)
        option = path[-1] if path else ""
        if option in self.options and path[0] not in ("roots", "tls"):
            return Problem(message, key=f"--{option}")
        return Problem(message, key=".".join(path)) if node is None else node.problem(message)

    def flag(self, name: str) -> bool:
        """Return whether the file has this key, and it is true."""
        return bool(self.root.scalar(name, False))


def other_problems(settings: Settings, said: Said) -> Iterator[Problem]:
    """Yield what is wrong with settings although the file keeps its schema."""
    yield from _of_listening(settings, said)
    yield from _of_tls(settings, said)
    yield from _of_proxies(settings, said)
    yield from _of_folders(settings, said)
    yield from _of_runners(settings.runners, said)
    yield from _of_limits(settings.limits, said)


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches what listens at this address or name.

    Raises
    ------
    OSError
        Nobody knows the name.
    """
    found = {entry[4][0] for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    return all(ipaddress.ip_address(str(address).partition("%")[0]).is_loopback for address in found)


def _of_listening(settings: Settings, said: Said) -> Iterator[Problem]:
    listen = said.root.get("listen")
    if listen is not None and "socket" in listen and ("host" in listen or "port" in listen):
        yield listen["socket"].problem("found a socket besides a host or a port; a server listens at one of them")
    if settings.socket is not None:
        place = settings.socket
        if len(os.fsencode(place)) > _LONGEST_SOCKET:
            yield said.problem(
                f"found a path of {len(os.fsencode(place))} bytes; a unix socket has {_LONGEST_SOCKET} at most",
                *("listen", "socket"),
            )
        elif not place.parent.is_dir():
            yield said.problem(missing(place.parent, str(place.parent)), "listen", "socket")
        return
    try:
        local = is_loopback(settings.host)
    except OSError as error:
        yield said.problem(f'found "{settings.host}", which is no address of this machine: {error.strerror}', *_HOST)
        return
    if local:
        return
    if settings.certificate is None and not said.flag("insecure"):
        yield said.problem(
            f'found "{settings.host}" without TLS, so tokens would cross the network unencrypted; expected [tls] with '
            "a certificate and a key, or 127.0.0.1 behind a proxy that encrypts, or insecure = true in the server's "
            "file where something else encrypts",
            *_HOST,
        )
    if settings.host in ("0.0.0.0", "::", "0") and not settings.hosts and settings.url is None:
        yield said.problem(
            f'found "{settings.host}", which is every address of this machine, so requests must say whom they mean; '
            'expected hosts = ["NAME"] or url in the server\'s file',
            *_HOST,
        )


def _of_tls(settings: Settings, said: Said) -> Iterator[Problem]:
    if settings.certificate is None or settings.key is None:
        return
    if settings.socket is not None:
        yield said.problem("found TLS for a unix socket, which nothing leaves; expected one of them", "tls")
        return
    for name, path in (("certificate", settings.certificate), ("key", settings.key)):
        if not path.is_file():
            yield said.problem(missing(path, path.name), "tls", name)
            return
        if not os.access(path, os.R_OK):
            yield said.problem(f"found {path}, which may not be read", "tls", name)
            return
    if settings.key.stat().st_mode & (stat.S_IRWXO | stat.S_IWGRP):
        yield said.problem(f"others may read or change the key; expected: chmod 600 {settings.key}", "tls", "key")
    try:
        # A key with a passphrase would ask the terminal for it.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(settings.certificate, settings.key, lambda: "")
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or str(error)
        yield said.problem(f"a certificate and its key are expected here, without a passphrase: {reason}", "tls")


def _of_proxies(settings: Settings, said: Said) -> Iterator[Problem]:
    if settings.socket is not None and settings.proxies:
        yield said.problem(
            "found proxies for a unix socket, whose clients have no address; expected one of them", "proxies"
        )
    for number, text in enumerate(settings.proxies):
        try:
            ipaddress.ip_network(text)
        except ValueError as error:
            node = said.root["proxies"][number]
            yield node.problem(f'found "{text}", expected an address or a network such as "10.0.0.0/8": {error}')


# Where a job writes, what jobs have left, and what messages call the server's own folders.
_MEANT: Final = frozenset({HOME, RESULTS, "jobs", "registry", "state"})


def _of_folders(settings: Settings, said: Said) -> Iterator[Problem]:
    own = {"registry": _real(settings.registry), "state": _real(settings.state)}
    names = {"registry": "the registry", "state": "the server's state folder"}
    if _overlap(own["registry"], own["state"]):
        yield said.problem("the state folder and the registry lie in each other; expected two folders", "state")
    seen: dict[Path, str] = {}
    for root in settings.roots:
        path = ("roots", root.name, "folder")
        if root.name in _MEANT:
            wrong = f'"{root.name}" is no name for a root: specs and messages mean something else by it'
            yield said.problem(wrong, "roots", root.name)
        if not root.folder.is_dir():
            wrong = (
                "found a file, expected a folder" if root.folder.exists() else missing(root.folder, str(root.folder))
            )
            yield said.problem(wrong, *path)
            continue
        real = _real(root.folder)
        for name, folder in own.items():
            if _overlap(real, folder):
                which = "lies in" if folder in (real, *real.parents) else "holds"
                yield said.problem(f"found {root.folder}, which {which} {names[name]}; expected another folder", *path)
        if real in seen:
            yield said.problem(f'found {root.folder}, which is the root "{seen[real]}", too', *path)
        seen[real] = root.name


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _overlap(one: Path, other: Path) -> bool:
    return one == other or one in other.parents or other in one.parents


def _of_runners(runners: Runners, said: Said) -> Iterator[Problem]:
    slots = {name: getattr(runners, name) for name in RUNNERS}
    if not slots[runners.large]:
        yield said.problem(
            f'found "{runners.large}", which is off; expected {runners.large} = 1 or more, or another one',
            *("runners", "large"),
        )
    if runners.slurm_values is not None and not runners.slurm:
        yield said.problem(
            "found a size for Slurm, which is off; expected slurm = 1 or more", "runners", "slurm_values"
        )
    for name in (WARM, "embedded"):
        if slots[name] and find_spec("pysail") is None:
            yield said.problem(
                f"found {slots[name]}, and there is no Sail for it: pip install 'dsgrid[embedded]', or {name} = 0",
                *("runners", name),
            )
    if runners.spark and shutil.which("java", path=_java_path()) is None:
        yield said.problem(
            "found Spark, and there is no Java on this machine: `dsgrid doctor --spark`", "runners", SPARK
        )
    if runners.slurm and shutil.which("sbatch") is None:
        yield said.problem("found Slurm, and there is no sbatch on this machine; expected slurm = 0", "runners", SLURM)
    if runners.site is not None:
        try:
            load_site(runners.site)
        except DsgridError as error:
            for problem in error.problems:
                yield said.problem(str(problem), "runners", "site")


def _java_path() -> str:
    home = os.environ.get("JAVA_HOME")
    path = os.environ.get("PATH", os.defpath)
    return f"{home}/bin{os.pathsep}{path}" if home else path


def _of_limits(limits: Limits, said: Said) -> Iterator[Problem]:
    for name, value in asdict(limits).items():
        # No schema forbids what is no number: it is neither too small nor too large.
        if not math.isfinite(value):
            yield said.problem(f"found {value}, expected a number", "limits", name)
    for less, more in _ORDERED:
        if getattr(limits, less) > getattr(limits, more):
            # At the one that was written; the other may be the default.
            table = said.root.get("limits")
            key = less if table is not None and less in table else more
            yield said.problem(
                f"found {less} = {getattr(limits, less):,} and {more} = {getattr(limits, more):,}; "
                f"expected no more {less} than {more}",
                *("limits", key),
            )
