"""What a measurement ran on: the machine in a line, without its name, and the versions of what took part."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
from pathlib import Path

from dsgrid.engine import available_cores
from dsgrid.operations.launch import java_command

_PACKAGES = ("dsgrid", "pysail", "pyspark", "duckdb", "pyarrow", "pandas")


def machine() -> str:
    """Return cores, memory and kind of processor."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    cores = available_cores()
    of = f"{cores} core{'' if cores == 1 else 's'}, {memory / (1 << 30):.0f} GiB of memory"
    return f"{of}, {_processor()}, {platform.system()}"


def _processor() -> str:
    try:
        told = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        told = None
    return " ".join(told[1].split()) if told else platform.machine()


def versions() -> dict[str, str]:
    """Return the versions of Python, of the packages that took part and of Java, as far as they are there."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    found["java"] = _java()
    return {name: version for name, version in found.items() if version}


def _java() -> str:
    """Return the version of Java, from the file that says it beside the program; empty where there is none."""
    command = java_command()
    release = Path(command).resolve().parents[1] / "release" if command else None
    if release is None or not release.is_file():
        return ""
    told = re.search(r'^JAVA_VERSION="([^"]+)"', release.read_text(), re.MULTILINE)
    return told[1] if told else ""
