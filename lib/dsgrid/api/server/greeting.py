"""What a server says when it begins: what it serves, where, and who may do what."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping

from dsgrid.api.job import RUNNERS
from dsgrid.api.server.configuration_problems import is_loopback
from dsgrid.api.server.listening import address
from dsgrid.api.settings import Settings
from dsgrid.version import __version__


def greeting(settings: Settings, environment: Mapping[str, str] | None = None) -> str:
    """Return the lines.

    Parameters
    ----------
    environment
        Tells whether it is a job of Slurm; by default that of this process.
    """
    tokens = f"dsgrid tokens create NAME --role analyst --state {settings.state}"
    nobody = "anybody may read the registry; work needs a token" if settings.anonymous else "nobody without a token"
    lines = (
        ("listens at", f"{address(settings)} ({_who(settings)})"),
        *_tunnel(settings, os.environ if environment is None else environment),
        *([("viewer", _viewer(settings))] if settings.viewer else []),
        ("registry", str(settings.registry)),
        ("state", str(settings.state)),
        ("lets in", f"{nobody}: {tokens}"),
        ("files of specs", _roots(settings)),
        ("jobs", _runners(settings)),
    )
    width = max(len(name) for name, _ in lines)
    told = [f"  {name:<{width}}  {value}" for name, value in lines]
    return "\n".join((f"dsgrid {__version__} serves, until Ctrl-C or TERM", *told))


def _tunnel(settings: Settings, environment: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Say how to reach from elsewhere what listens on a node for that node only."""
    if "SLURM_JOB_ID" not in environment or (settings.socket is None and not is_loopback(settings.host)):
        return ()
    node = environment.get("SLURMD_NODENAME") or platform.node()
    end = str(settings.socket) if settings.socket is not None else f"{settings.host}:{settings.port}"
    here = settings.port if settings.socket is None and settings.port > 1023 else 8000
    scheme = "http" if settings.certificate is None else "https"
    return (
        ("from elsewhere", f"ssh -N -L {here}:{end} {node}, then {scheme}://127.0.0.1:{here}"),
        ("end it", f"scancel {environment['SLURM_JOB_ID']}"),
    )


def _who(settings: Settings) -> str:
    if settings.socket is not None:
        return "for this user only"
    if is_loopback(settings.host):
        return "for this machine only"
    return "for the network" if settings.certificate is not None else "for the network, not encrypted by this server"


def _viewer(settings: Settings) -> str:
    if settings.url is None and settings.socket is not None:
        return "/viewer/, for who reaches the socket by a tunnel"
    return f"{(settings.url or address(settings)).rstrip('/')}/viewer/"


def _roots(settings: Settings) -> str:
    if not settings.roots:
        return "none: no roots are configured"
    return ", ".join(
        f"{root.name}/ is {root.folder}{' (writable)' if root.writable else ''}" for root in settings.roots
    )


def _runners(settings: Settings) -> str:
    runners = settings.runners
    counts = ((name, getattr(runners, name)) for name in RUNNERS)
    on = ", ".join(f"{name} {count}" for name, count in counts if count)
    return f"{on}; what is not small: {runners.large}"
