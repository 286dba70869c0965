"""Examine this machine: what dsgrid needs, what is there, and what to do about the rest."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from dsgrid.engine import available_cores, default_memory
from dsgrid.operations.launch import java_command
from dsgrid.operations.reported import Reported

GIB = 1 << 30
PYTHON = (3, 11)
JAVA = (17, 21)  # Spark 4 runs on these
SQLITE = (3, 37)  # STRICT tables
SCRATCH = 10 * GIB


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `advice` says what to do, and is empty when nothing is."""

    what: str
    found: str
    advice: str = ""
    is_needed: bool = True

    def __str__(self) -> str:
        mark = "ok" if not self.advice else "NO" if self.is_needed else "--"
        return f"{mark}  {self.what:<10}  {self.found}" + (f": {self.advice}" if self.advice else "")


@dataclass(frozen=True, repr=False)
class Examination(Reported):
    """What was found on a machine."""

    findings: tuple[Finding, ...]

    @property
    def is_healthy(self) -> bool:
        """True when nothing that is needed is missing."""
        return not any(finding.advice and finding.is_needed for finding in self.findings)

    def report(self) -> str:
        """Return one line per finding."""
        verdict = "everything that is needed is here" if self.is_healthy else "something that is needed is missing"
        return "\n".join([*map(str, self.findings), verdict])


def doctor(*, spark: bool = False) -> Examination:
    """Examine this machine.

    Parameters
    ----------
    spark
        Spark will be used: Java is needed, not only welcome.
    """
    return Examination((_python(), _sqlite(), _time_zones(), _sail(), _spark(), _java(spark), _scratch(), _machine()))


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    advice = "" if sys.version_info[:2] >= PYTHON else "install Python 3.11 or newer"
    return Finding("Python", f"{version} ({sys.executable})", advice)


def _sqlite() -> Finding:
    old = sqlite3.sqlite_version_info[:2] < SQLITE
    return Finding("SQLite", sqlite3.sqlite_version, "use a Python whose sqlite3 is 3.37 or newer" if old else "")


def _time_zones() -> Finding:
    from zoneinfo import TZPATH, ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo("America/Denver")
    except ZoneInfoNotFoundError:
        return Finding("time zones", "none", "pip install tzdata")
    # zoneinfo prefers the system's files; the package fills in.
    system = [path for path in TZPATH if Path(path, "America/Denver").is_file()]
    return Finding("time zones", system[0] if system else f"tzdata {importlib.metadata.version('tzdata')}")


def _sail() -> Finding:
    return _package("Sail", "pysail", "embedded", needed=False)


def _spark() -> Finding:
    return _package("Spark", "pyspark", "all", needed=True)


def _package(what: str, package: str, extra: str, needed: bool) -> Finding:
    if importlib.util.find_spec(package) is None:
        return Finding(what, f"{package} is not installed", f"pip install 'dsgrid[{extra}]'", needed)
    return Finding(what, f"{package} {importlib.metadata.version(package)}")


def _java(needed: bool) -> Finding:
    low, high = JAVA
    advice = f"for Spark install Java {low} or {high} (apt-get install openjdk-{low}-jre-headless), or set JAVA_HOME"
    command = java_command()
    if command is None:
        return Finding("Java", "none", advice, needed)
    version = _java_version(command)
    if version is None or version < low:
        return Finding("Java", f"{version or 'unknown'} ({command})", advice, needed)
    return Finding("Java", f"{version} ({command})")


def _java_version(command: str) -> int | None:
    try:
        answer = subprocess.run([command, "-version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r'version "(?:1\.)?(\d+)', answer.stderr + answer.stdout)
    return int(match[1]) if match else None


def _scratch() -> Finding:
    folder = tempfile.gettempdir()
    free = shutil.disk_usage(folder).free
    few = "" if free >= SCRATCH else "large queries spill there; point TMPDIR to a larger disk"
    return Finding("scratch", f"{free / GIB:.0f} GiB free in {folder}", few, is_needed=False)


def _machine() -> Finding:
    return Finding("machine", f"{available_cores()} cores, engines may use {default_memory() / GIB:.1f} GiB")
