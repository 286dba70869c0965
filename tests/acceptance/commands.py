"""The commands that a user types, each a process of its own, with what it took."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
LONGEST: Final = 900.0
_PEAK: Final = re.compile(r"VmHWM:\s+(\d+) kB")
_DSGRID: Final = (sys.executable, "-m", "dsgrid")
ENGINES: Final = ("sail", "spark")


@dataclass(frozen=True)
class Ran:
    """A command that ended well.

    Parameters
    ----------
    seconds
        From the start of the process to its end.
    cpu
        The seconds that all of its processes computed: what else the machine does changes them less.
    peak
        The most memory that it held, in MiB; of its own children (Spark's Java) nothing is counted.
    said
        What it printed.
    """

    seconds: float
    cpu: float
    peak: int
    said: str


class CommandError(AssertionError):
    """A command that ended with another exit code than 0."""


@dataclass(frozen=True)
class Commands:
    """Runs ``dsgrid`` in a folder, as somebody does who has never run it before.

    Parameters
    ----------
    folder
        The working directory; answers that are kept and the history of runs are in it, too.
    engine
        What computes: ``sail`` or ``spark``.
    """

    folder: Path
    engine: str

    def dsgrid(self, *arguments: str | Path) -> Ran:
        """Run a command that needs no engine.

        Raises
        ------
        CommandError
            If it ends with another exit code than 0.
        """
        return self._run([*_DSGRID, *map(str, arguments)])

    def run(self, spec: Path, *options: str, cache: str = "") -> Ran:
        """Run a spec with the engine; answers are kept in the cache that is named."""
        chosen = ["--engine", "spark", "--master", "local[2]", "--memory", "3g"] if self.engine == "spark" else []
        return self._run([*_DSGRID, "run", str(spec), *chosen, *options], cache)

    def _run(self, command: list[str], cache: str = "") -> Ran:
        self.folder.mkdir(parents=True, exist_ok=True)
        output = self.folder / "output.txt"
        with output.open("w") as stream:
            begin = time.perf_counter()
            process = subprocess.Popen(
                command, cwd=self.folder, env=self._environment(cache), stdout=stream, stderr=subprocess.STDOUT
            )
            cpu, peak = _until_end(process, begin + LONGEST)
            seconds = time.perf_counter() - begin
        said = output.read_text("utf-8", errors="replace")
        if process.returncode != 0:
            raise CommandError(f"exit code {process.returncode} of {' '.join(command[2:])}\n{said[-4000:]}")
        return Ran(seconds, cpu, peak, said)

    def _environment(self, cache: str) -> Mapping[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("DSGRID_")}
        return {
            **own,
            "PYTHONPATH": str(ROOT / "lib"),
            "PYSPARK_PYTHON": sys.executable,
            "PYSPARK_DRIVER_PYTHON": sys.executable,
            "DSGRID_CACHE": str(self.folder / "cache" / cache),
            "DSGRID_STATE": str(self.folder / "state"),
        }


def _until_end(process: subprocess.Popen[bytes], deadline: float) -> tuple[float, int]:
    """Wait for the end; return the seconds of computing and the peak of memory in MiB."""
    # What the parent of a process is told in the end counts what the parent itself held when it forked; this does not.
    status = Path(f"/proc/{process.pid}/status")
    peak = 0
    while True:
        with contextlib.suppress(OSError):
            if found := _PEAK.search(status.read_text("utf-8")):
                peak = int(found[1]) // 1024
        pid, ended, used = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(ended)
            return used.ru_utime + used.ru_stime, peak
        if time.perf_counter() > deadline:
            process.kill()
        time.sleep(0.01)
