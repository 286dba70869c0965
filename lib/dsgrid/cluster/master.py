"""Spark's Master on the first node of a job."""

from __future__ import annotations

import json
import re
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dsgrid.cluster import ending, processes
from dsgrid.cluster.conf import Secrets
from dsgrid.cluster.ending import EndingError
from dsgrid.cluster.folder import Folder

# On a cold file system of many, Java and Spark alone take half a minute to read.
START_SECONDS: Final = 120.0
_PAUSE: Final = 0.1
_URL: Final = re.compile(r"Starting Spark master at (spark://\S+)")
_PAGES: Final = re.compile(r"Bound MasterWebUI to \S+, and started at https?://\S+?:(\d+)")


@dataclass(frozen=True)
class Master:
    """A Master that has started.

    Parameters
    ----------
    url
        ``spark://address:port``.
    pages
        The port of its pages.
    pages_host
        The address that they are bound to.
    """

    process: subprocess.Popen[bytes]
    url: str
    pages: int
    pages_host: str
    log: Path

    def workers(self, known: Secrets) -> frozenset[str]:
        """Return the addresses of the workers that are registered and alive; none while it does not answer."""
        request = urllib.request.Request(
            f"http://{self.pages_host}:{self.pages}/json/", headers={"Authorization": known.header}
        )
        try:
            # No proxy of the user's environment.
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(request, timeout=5) as answer:
                found = json.load(answer)
        except (OSError, ValueError, urllib.error.URLError):
            return frozenset()
        return frozenset(worker["host"] for worker in found.get("workers", ()) if worker.get("state") == "ALIVE")


def start_master(
    address: str, folder: Folder, spark_home: Path, environment: Mapping[str, str], *, pages_host: str
) -> Master:
    """Start a Master and wait until it can be reached.

    Ports are free ones: with a fixed port, two jobs on one node would meet in one cluster.

    Parameters
    ----------
    address
        Where it listens for workers and drivers.
    pages_host
        Where it shows its pages.

    Raises
    ------
    EndingError
        It did not start.
    """
    log = folder.log / "master.log"
    command = [str(spark_home / "bin" / "spark-class"), "org.apache.spark.deploy.master.Master"]
    command += ["--host", address, "--port", "0", "--webui-port", "0"]
    # Its pages listen where the variable says, whatever --host is.
    environment = {**environment, "SPARK_LOCAL_IP": pages_host, "SPARK_CONF_DIR": str(folder.daemons)}
    process = processes.start(command, log=log, environment=environment)
    try:
        url, port = _wait_for(process, log)
    except BaseException:
        processes.stop(process, 0)
        raise
    return Master(process, url, port, pages_host, log)


def _wait_for(process: subprocess.Popen[bytes], log: Path) -> tuple[str, int]:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        text = log.read_text(encoding="utf-8", errors="replace")
        url, pages = _URL.search(text), _PAGES.search(text)
        if url is not None and pages is not None:
            return url[1], int(pages[1])
        if process.poll() is not None:
            reason = f"Spark's Master ended with exit code {process.returncode} while it started; log: {log}"
            raise EndingError(ending.MASTER, reason, processes.tail(log))
        time.sleep(_PAUSE)
    reason = f"Spark's Master did not start within {START_SECONDS:.0f} s; log: {log}"
    raise EndingError(ending.MASTER, reason, processes.tail(log))
