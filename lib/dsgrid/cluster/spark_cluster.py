"""A Spark cluster inside a job: a Master on the first node, and a step with a Worker on every one."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Sequence
from math import ceil
from typing import Final

from dsgrid.cluster import conf, ending, processes, slurm
from dsgrid.cluster.batch import Batch
from dsgrid.cluster.conf import Secrets
from dsgrid.cluster.ending import EndingError
from dsgrid.cluster.folder import write_json
from dsgrid.cluster.granted import Node
from dsgrid.cluster.master import Master, start_master
from dsgrid.cluster.sizing import Sizes
from dsgrid.errors import ClusterError
from dsgrid.operations.launch import spark_home

STEP: Final = "spark-worker"
# A cluster of many nodes begins without a few of them.
SHARE: Final = 0.9
# Of so many nodes the logs are quoted.
_MOST_QUOTED: Final = 10
_CORES_OF_DAEMONS: Final = 4
_PAUSE: Final = 0.2
# After so many seconds steps are told again to end.
_AGAIN: Final = 2.0


class SparkCluster:
    """A cluster: started, awaited, watched, stopped.

    Parameters
    ----------
    say
        Tells the user of the job.
    unfinished
        The numbers of this user's jobs that have not ended, whose folders on the nodes' disks stay; None: not known.
    """

    def __init__(
        self,
        batch: Batch,
        sizes: Sizes,
        known: Secrets,
        say: Callable[[str], None],
        unfinished: Sequence[str] | None = None,
    ) -> None:
        self.batch, self.sizes, self._secrets, self._say = batch, sizes, known, say
        self.unfinished = unfinished
        # A node for which nothing is left, as the head of a small cluster, has no worker.
        workers = batch.granted.workers
        self.nodes: dict[str, Node] = {
            node.name: node for index, node in enumerate(workers) if sizes.executors[index] > 0
        }
        self._index = {node.name: index for index, node in enumerate(workers)}
        self.master: Master | None = None
        self._steps: dict[str, subprocess.Popen[bytes]] = {}
        self._ended: set[str] = set()

    @property
    def url(self) -> str:
        """The Master's address, for drivers."""
        return self.master.url if self.master else ""

    @property
    def pages(self) -> str:
        """The address of the Master's pages."""
        return f"http://{self.master.pages_host}:{self.master.pages}" if self.master else ""

    @property
    def _daemon_flags(self) -> str:
        """The options of the Master's and the workers' JVMs, which only pass on messages."""
        # With threads for each core of a large node they take half as much memory again.
        cores = min(_CORES_OF_DAEMONS, *(node.cores for node in self.batch.granted.nodes))
        return f"-XX:ActiveProcessorCount={cores} {self.batch.java_flags}".rstrip()

    def start(self) -> None:
        """Start the Master and the steps; do not wait for the workers."""
        batch = self.batch
        environment = batch.processes_environment() | {
            "SPARK_DAEMON_MEMORY": f"{self.sizes.daemon}m",
            "SPARK_DAEMON_JAVA_OPTS": conf.java_options(batch.scratch, self._daemon_flags),
        }
        pages = batch.pages_of(batch.granted.head.address)
        self.master = start_master(
            batch.granted.head.address, batch.folder, spark_home(), environment, pages_host=pages
        )
        self._give_orders()
        for node in self.nodes.values():
            self._steps[node.name] = self._start_step(node)

    def _give_orders(self) -> None:
        batch, sizes = self.batch, self.sizes
        environment = batch.processes_environment()
        names = ("SPARK_HOME", "SPARK_LOG_DIR", "SPARK_LAUNCHER_OPTS")
        workers = {}
        for name, node in self.nodes.items():
            index = self._index[name]
            workers[name] = {
                "address": node.address,
                "pages": batch.pages_of(node.address),
                "cores": sizes.worker_cores(index),
                "memory": sizes.worker_memory(index),
                "granted_cores": node.cores,
                "granted_memory": node.memory,
            }
        orders = {
            "master": self.url,
            "spark_home": str(spark_home()),
            "scratch": batch.environment.get("DSGRID_SCRATCH") or batch.site.scratch,
            # A thousand nodes do not ask Slurm at once what the lead knows.
            "unfinished": self.unfinished,
            # The lead counts all that the job has on its own node.
            "watched": batch.granted.head.name,
            "environment": {
                **{name: environment[name] for name in (*names, "PYSPARK_PYTHON")},
                "SPARK_DAEMON_MEMORY": f"{sizes.daemon}m",
                "SPARK_DAEMON_JAVA_OPTS": self._daemon_flags,
            },
            "workers": workers,
        }
        write_json(batch.folder.orders, orders, mode=0o600)

    def _start_step(self, node: Node) -> subprocess.Popen[bytes]:
        """Start the step of one node: one for each, so that a node that cannot does not take the others with it."""
        command = ["srun", f"--job-name={STEP}", "--nodes=1", "--ntasks=1", f"--nodelist={node.name}"]
        command += [f"--cpus-per-task={node.cores}", "--mem=0", "--overlap", "--no-kill", "--kill-on-bad-exit=0"]
        if self.batch.granted.het_group is not None:
            command.append(f"--het-group={self.batch.granted.het_group}")
        command += [sys.executable, "-m", "dsgrid.cluster", "work", str(self.batch.folder.path), node.name]
        log = self.batch.folder.log / f"step-{node.name}.log"
        return processes.start(command, log=log, environment=self.batch.environment)

    def wait(self, seconds: float, least: int | None = None, watch: Callable[[], None] = lambda: None) -> None:
        """Wait until the workers are registered.

        Parameters
        ----------
        seconds
            How long to wait for them.
        least
            How many have to be there then; by default all of a small cluster, and nine tenths of a large one.
        watch
            Called now and then; what it raises ends the waiting.

        Raises
        ------
        EndingError
            There are too few; the nodes that are missing are named, with the ends of their logs.
        """
        wanted = len(self.nodes)
        needed = max(1, min(wanted, least if least is not None else ceil(SHARE * wanted)))
        end = time.monotonic() + seconds
        missing = set(self.nodes)
        while time.monotonic() < end:
            missing = self._missing()
            if not missing:
                return
            self.check()
            watch()
            if len(missing & self._ended) > wanted - needed:
                break
            # Those that have ended will not come any more.
            if missing <= self._ended:
                break
            time.sleep(_PAUSE)
        there = wanted - len(missing)
        names = ", ".join(sorted(missing))
        if there < needed:
            detail = self._last_words(missing)
            logs = self.batch.folder.log
            reason = f"no worker came up on {names}; {there} of {wanted} did; logs: {logs}"
            raise EndingError(ending.WORKERS, reason, detail)
        self._say(f"{there} of {wanted} workers are there; going on without {names}")

    def _missing(self) -> set[str]:
        alive = self.master.workers(self._secrets) if self.master else frozenset()
        return {name for name, node in self.nodes.items() if node.address not in alive}

    def _last_words(self, names: Collection[str]) -> str:
        logs = self.batch.folder.log
        lines = []
        for name in sorted(names)[:_MOST_QUOTED]:
            said = [processes.tail(logs / f"{kind}-{name}.log", 10) for kind in ("step", "worker")]
            lines.append(f"{name}:\n" + ("\n".join(filter(None, said)) or "  it has said nothing"))
        more = len(names) - _MOST_QUOTED
        return "\n".join([*lines, *([f"and {more} more"] if more > 0 else [])])

    def _running_steps(self) -> list[str]:
        with contextlib.suppress(ClusterError):
            return slurm.steps(self.batch.job_of_steps).get(STEP, [])
        return []

    def check(self) -> None:
        """See that the cluster lives, and tell of the workers that have ended.

        Raises
        ------
        EndingError
            The Master, or the last worker, has ended.
        """
        master = self.master
        if master is not None and master.process.poll() is not None:
            reason = f"Spark's Master ended with exit code {processes.exit_code(master.process)}; log: {master.log}"
            raise EndingError(ending.MASTER, reason, processes.tail(master.log))
        for name, step in self._steps.items():
            if step.poll() is not None and name not in self._ended:
                self._ended.add(name)
                self._say(f"{name} is lost: its step has ended (exit code {processes.exit_code(step)})")
        if self._steps and self._ended >= set(self._steps):
            detail = self._last_words(self._ended)
            raise EndingError(ending.WORKERS, f"no worker is left; logs: {self.batch.folder.log}", detail)

    def stop(self, seconds: float) -> None:
        """Stop the workers, then the Master.

        TERM to srun itself would make it kill its task; a signal to the step lets the worker clean up its node.

        Parameters
        ----------
        seconds
            How long the workers may take.
        """
        running = [step for step in self._steps.values() if step.poll() is None]
        if running and seconds > 0:
            end = time.monotonic() + seconds
            again = 0.0
            while any(step.poll() is None for step in running) and time.monotonic() < end:
                if time.monotonic() >= again:
                    # Not only once: Slurm may be busy. Those that know it already do not mind.
                    with contextlib.suppress(ClusterError):
                        slurm.signal_steps(self._running_steps(), "USR1")
                    again = time.monotonic() + _AGAIN
                time.sleep(_PAUSE)
        processes.stop_all(self._steps.values(), 2.0)
        if self.master is not None:
            processes.stop(self.master.process, 2.0 if seconds > 0 else 0.5)
