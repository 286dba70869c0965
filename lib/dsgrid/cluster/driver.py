"""The spec of a job: ``dsgrid run`` as a process of its own, with what the job has for it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Final

from dsgrid.cluster import conf, processes
from dsgrid.cluster.batch import Batch
from dsgrid.cluster.closing import RUN_LOG
from dsgrid.cluster.conf import Secrets
from dsgrid.cluster.ending import EndingError
from dsgrid.cluster.kinds import CLUSTER, SINGLE
from dsgrid.cluster.single import Single
from dsgrid.cluster.sizing import Sizes
from dsgrid.errors import NotFoundError, SpecError

_PAUSE: Final = 0.2
_DEMAND_SECONDS: Final = 120.0
# Which of dsgrid run's options say what is planned.
_PLANNED: Final = ("--set", "--registry", "--at")


def run_spec(
    batch: Batch, master: str | None, sizes: Sizes | Single, watch: Callable[[], None], keep: Callable[..., None]
) -> int:
    """Run the spec to its end and return the exit code.

    Parameters
    ----------
    master
        Of Spark; None where another engine computes.
    watch
        Called now and then; what it raises ends the run.
    keep
        Gets the process before it is waited for: whoever tears down stops it.
    """
    command = [sys.executable, "-m", "dsgrid", "run", *batch.arguments]
    if not any(each.partition("=")[0] == "--log" for each in batch.arguments):
        command += ["--log", str(batch.folder.log / RUN_LOG)]
    environment = batch.processes_environment()
    if master is None:
        command += ["--engine", "sail", "--memory", f"{sizes.memory}m"] if isinstance(sizes, Single) else []
        environment.pop("SPARK_CONF_DIR")
    else:
        memory = sizes.memory if isinstance(sizes, Single) else sizes.driver
        command += ["--engine", "spark", "--master", master, "--memory", f"{memory}m"]
        if batch.has_pages:
            command += ["--conf", "spark.ui.enabled=true"]
        environment["SPARK_LOCAL_IP"] = batch.pages_of(batch.granted.head.address)
        # What the folder of configuration says of logging is for the Master and the workers.
        options = (environment.get("SPARK_SUBMIT_OPTS", ""), conf.driver_logging(batch.folder))
        environment["SPARK_SUBMIT_OPTS"] = " ".join(filter(None, options))
    process = processes.start(command, log=None, environment=environment)
    keep(process)
    return wait_for(process, watch)


def wait_for(process: subprocess.Popen[bytes], watch: Callable[[], None]) -> int:
    """Wait for a process, and return its exit code; a signal that ended it counts as in a shell."""
    while process.poll() is None:
        watch()
        time.sleep(_PAUSE)
    return processes.exit_code(process)


def defaults(batch: Batch, sizes: Sizes | Single, known: Secrets, *, attached: bool = False) -> dict[str, str]:
    """Return the settings of the drivers.

    Parameters
    ----------
    attached
        They are for drivers that run elsewhere, which have addresses and folders of their own.
    """
    settings = conf.trusted(known) if batch.kind != SINGLE else {"spark.authenticate": "true"}
    java = conf.java_options(batch.scratch, batch.java_flags)
    if not attached:
        settings |= {
            "spark.driver.defaultJavaOptions": java,
            "spark.eventLog.enabled": "true",
            "spark.eventLog.dir": batch.folder.events.as_uri(),
            "spark.eventLog.compress": "true",
        }
    if isinstance(sizes, Single):
        return settings
    settings |= {
        "spark.executor.cores": str(sizes.executor_cores),
        "spark.executor.memory": f"{sizes.executor_heap}m",
        # Without it a standalone cluster does not wait for the share of executors that is named below.
        "spark.cores.max": str(sizes.cores),
        "spark.scheduler.minRegisteredResourcesRatio": "0.8",
        "spark.scheduler.maxRegisteredResourcesWaitingTime": "30s",
        "spark.sql.shuffle.partitions": str(sizes.partitions),
        "spark.sql.adaptive.enabled": "true",
        "spark.ui.enabled": str(batch.has_pages).lower(),
    }
    if batch.java_flags:
        settings["spark.executor.defaultJavaOptions"] = batch.java_flags
    if batch.driver_pages:
        settings["spark.ui.port"] = batch.driver_pages.rpartition(":")[2]
    if not attached:
        # Of the drivers; named, because pages are bound to another address.
        settings |= {"spark.driver.host": batch.granted.head.address}
        settings |= {"spark.driver.bindAddress": batch.granted.head.address}
    return settings


def ask_for_demand(batch: Batch) -> subprocess.Popen[str] | None:
    """Let another process plan the spec meanwhile: it needs memory for a moment, this one lives as long as the job."""
    if batch.spec is None or batch.kind != CLUSTER:
        return None
    command = [sys.executable, "-m", "dsgrid.cluster", "demand", batch.spec, *planned_options(batch.arguments[1:])]
    return subprocess.Popen(command, env=dict(batch.environment), stdout=subprocess.PIPE, text=True)


def refuse_wrong_spec(asked: subprocess.Popen[str] | None) -> None:
    """End a job whose spec is wrong before its cluster is there; what is wrong has been said.

    Raises
    ------
    EndingError
        The spec is wrong, or names what does not exist.
    """
    if asked is not None and asked.poll() in (SpecError.exit_code, NotFoundError.exit_code):
        raise EndingError(asked.returncode, "the spec is wrong")


def demanded_shuffle(asked: subprocess.Popen[str] | None) -> int | None:
    """Return the bytes that the spec is going to shuffle; None where that is not known.

    What cannot be told without an engine is told by the run.
    """
    if asked is None:
        return None
    try:
        said, _ = asked.communicate(timeout=_DEMAND_SECONDS)
        found = json.loads(said).get("shuffle_bytes")
    except (subprocess.TimeoutExpired, ValueError, AttributeError):
        asked.kill()
        return None
    return found if isinstance(found, int) else None


def planned_options(options: Sequence[str]) -> list[str]:
    """Return those of the options of ``dsgrid run`` that a plan depends on."""
    found: list[str] = []
    rest = iter(options)
    for each in rest:
        name, has_value, _ = each.partition("=")
        if name in _PLANNED:
            found.append(each)
            if not has_value:
                found.append(next(rest, ""))
    return found
