"""What runs on every node of a cluster: Spark's Worker, started again when it dies, gone without a trace at the end.

Standard library only: it takes memory from the executors for as long as the job lasts.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Any, Final

from dsgrid.cluster import processes
from dsgrid.cluster.folder import Folder, make_scratch, read_json, scratch_folder, sweep
from dsgrid.cluster.usage import Watch
from dsgrid.errors import ClusterError

# A Worker that dies is started again so often; one that has lived for a while begins to count anew.
ATTEMPTS: Final = 5
LIVED: Final = 300.0
IN_ORDER: Final = signal.SIGUSR1
_PAUSE: Final = 0.2
_LOG_BYTES: Final = 1 << 20
# What stands between an executor's command and what it says.
_HEADER: Final = b"=" * 40


class _EndError(BaseException):
    """The lead, or Slurm, wants this node's part of the cluster to end."""

    def __init__(self, in_order: bool) -> None:
        super().__init__()
        self.in_order = in_order


def work(path: Path, node: str) -> int:
    """Run Spark's Worker on this node until the job ends, and return the exit code of the step.

    Parameters
    ----------
    path
        The folder of the run; its orders say what to do.
    node
        The name that Slurm has for this node.
    """
    folder = Folder(path)
    orders = read_json(folder.orders)
    mine = orders.get("workers", {}).get(node)
    if mine is None:
        raise ClusterError(
            f"node {node} does not see {folder.orders}, or is not in it; the folder of a run has to be on a file "
            "system that all nodes see: DSGRID_RUN_ROOT, or `runs` in the site's file, names another one"
        )
    scratch = scratch_folder(os.environ, orders["scratch"])
    # Apart from what the Master and the driver have on the first node: each removes its own.
    own = scratch / f"worker-{node}"
    watch = Watch(os.getpid(), node=node, cores=mine["granted_cores"], memory=mine["granted_memory"])
    process: list[subprocess.Popen[bytes]] = []
    code, in_order = 0, True
    processes.adopt_orphans()
    try:
        _heed_signals()
        make_scratch(scratch, *(f"{own.name}/{part}" for part in ("local", "work", "tmp")))
        if orders["unfinished"] is not None:
            sweep(scratch, orders["unfinished"])
        if node != orders["watched"]:
            watch.start(folder.usage / f"{node}.json")
        code = _keep_alive(folder, orders, mine, node, own, process)
    except _EndError as end:
        in_order = end.in_order
    for number in (signal.SIGTERM, signal.SIGINT, IN_ORDER):
        signal.signal(number, signal.SIG_IGN)
    # srun kills its task as soon as it is told to end itself: what has to go, goes first.
    if process:
        processes.stop(process[0], 3.0 if in_order else 0.0)
    processes.kill_descendants()
    _keep_logs(own / "work", folder.log, node)
    shutil.rmtree(own, ignore_errors=True)
    with contextlib.suppress(OSError):
        scratch.rmdir()
    if node != orders["watched"]:
        watch.stop()
    return code


def _heed_signals() -> None:
    def heed(number: int, _frame: FrameType | None) -> None:
        for each in (signal.SIGTERM, signal.SIGINT, IN_ORDER):
            signal.signal(each, signal.SIG_IGN)
        raise _EndError(number == IN_ORDER)

    for each in (signal.SIGTERM, signal.SIGINT, IN_ORDER):
        signal.signal(each, heed)


def _keep_alive(
    folder: Folder,
    orders: Mapping[str, Any],
    mine: Mapping[str, Any],
    node: str,
    scratch: Path,
    process: list[subprocess.Popen[bytes]],
) -> int:
    """Start the Worker again whenever it dies; return its code when it does so too often."""
    command = [str(Path(orders["spark_home"], "bin", "spark-class")), "org.apache.spark.deploy.worker.Worker"]
    command += ["--host", mine["address"], "--port", "0", "--webui-port", "0"]
    command += ["--cores", str(mine["cores"]), "--memory", f"{mine['memory']}M"]
    command += ["--work-dir", str(scratch / "work"), orders["master"]]
    environment = {
        **os.environ,
        **orders["environment"],
        "SPARK_CONF_DIR": str(folder.daemons),
        "SPARK_LOCAL_IP": mine["pages"],
        "SPARK_LOCAL_DIRS": str(scratch / "local"),
        # Of the executors, too: where a node's disk is, only the node knows, and the driver's settings are for all.
        "JDK_JAVA_OPTIONS": " ".join(
            filter(None, (os.environ.get("JDK_JAVA_OPTIONS"), f"-Djava.io.tmpdir={scratch / 'tmp'}"))
        ),
        "TMPDIR": str(scratch / "tmp"),
    }
    log = folder.log / f"worker-{node}.log"
    attempt, code = 0, 0
    while attempt < ATTEMPTS:
        begun = time.monotonic()
        process[:] = [processes.start(command, log=log, environment=environment)]
        code = _wait(process[0])
        # Its executors went with it, as a rule; what is left of them holds memory.
        processes.kill_descendants()
        attempt = 1 if time.monotonic() - begun > LIVED else attempt + 1
        tell(folder, node, "worker_ended", code=code, restart=attempt if attempt < ATTEMPTS else 0)
        time.sleep(min(5.0, 0.5 * attempt))
    return code or 1


def _wait(process: subprocess.Popen[bytes]) -> int:
    while process.poll() is None:
        processes.bury_orphans(process)
        time.sleep(_PAUSE)
    return processes.exit_code(process)


def tell(folder: Folder, node: str, what: str, **more: Any) -> None:
    """Append a line to what the summary at the end is made of."""
    line = {"time": round(time.time(), 3), "node": node, "what": what, **more}
    with contextlib.suppress(OSError), (folder.log / f"events-{node}.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def _keep_logs(work: Path, logs: Path, node: str) -> None:
    """Copy the ends of what executors have said: their folders are on this node's disk, and go with it."""
    for log in sorted(work.glob("*/*/stderr")):
        with contextlib.suppress(OSError), log.open("rb") as file:
            size = log.stat().st_size
            file.seek(max(0, size - _LOG_BYTES))
            text = file.read()
            said = text.rpartition(_HEADER)[2].decode(errors="replace").splitlines()
            if [line for line in said if line.strip() and not line.startswith(processes.ALWAYS)]:
                (logs / f"executor-{node}-{log.parent.parent.name}-{log.parent.name}.log").write_bytes(text)
