"""The settings of a server: what it serves, where it listens, and what it allows."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from dsgrid.api.limits import Limits


@dataclass(frozen=True)
class Root:
    """A folder from which specs may name files, by ``<name>/<path inside>``.

    Parameters
    ----------
    writable
        Whether jobs may write there, too (copies of registries, exports).
    """

    name: str
    folder: Path
    writable: bool = False


@dataclass(frozen=True)
class Runners:
    """What may carry out jobs, and for which sizes.

    Parameters
    ----------
    warm
        Warm engines: processes that wait for small queries. 0 for none.
    prewarm
        Whether they start with the server, and not with the first query that needs one.
    warm_values
        Queries that read at most so many values go to a warm engine.
    large
        What takes the others: ``embedded``, ``spark`` or ``slurm``.
    slurm_values
        Queries that read at least so many values go to Slurm where `slurm` is on; None for none by size.
    embedded, spark, slurm
        Whether clients may ask for it, and how many jobs it has at the same time; 0 turns it off.
    memory
        Of an engine on this machine, such as ``4g``.
    master
        Spark's master.
    site
        The file of the Slurm site.
    """

    warm: int = 1
    prewarm: bool = True
    warm_values: int = 20_000_000
    large: str = "embedded"
    slurm_values: int | None = None
    embedded: int = 1
    spark: int = 0
    slurm: int = 0
    memory: str | None = None
    master: str = "local[*]"
    site: str | None = None


@dataclass(frozen=True)
class Settings:
    """Everything that a server is told.

    Parameters
    ----------
    registry
        The folder of the registry, absolute.
    state
        The server's own folder: its database, and a folder for each job; only its user can read it.
    host, port
        Where it listens; port 0 means a free one.
    socket
        A unix socket instead.
    url
        What clients call it, where that is not where it listens (behind a proxy).
    hosts
        Names that a request's ``Host`` may have, besides those of where it listens.
    origins
        Origins of web pages that may ask, such as ``https://viewer.lab.org``; none by default.
    proxies
        Addresses whose ``X-Forwarded-For`` is believed.
    anonymous
        Whether who has no token may read the registry.
    viewer
        Whether it shows the registry to browsers, too, at ``/viewer/``.
    certificate, key
        Files of TLS; without them what it says goes over the network as it is.
    """

    registry: Path
    state: Path
    host: str = "127.0.0.1"
    port: int = 8000
    socket: Path | None = None
    url: str | None = None
    hosts: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()
    proxies: tuple[str, ...] = ()
    anonymous: bool = False
    viewer: bool = False
    roots: tuple[Root, ...] = ()
    runners: Runners = field(default_factory=Runners)
    limits: Limits = field(default_factory=Limits)
    certificate: Path | None = None
    key: Path | None = None
