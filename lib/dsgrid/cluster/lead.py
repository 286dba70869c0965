"""What a batch script runs on the first node: size, start, run the spec, end everything, and say how it went."""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import subprocess
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TextIO

from dsgrid.cluster import ending, ledger, processes, slurm
from dsgrid.cluster.batch import Batch, read_batch
from dsgrid.cluster.closing import close, size_of, told_end
from dsgrid.cluster.conf import daemon_settings, new_secrets, write_all
from dsgrid.cluster.driver import ask_for_demand, defaults, demanded_shuffle, refuse_wrong_spec, run_spec
from dsgrid.cluster.ending import EndingError
from dsgrid.cluster.folder import forget_secrets_of_others, make_scratch, sweep, write_json
from dsgrid.cluster.interactive import serve
from dsgrid.cluster.kinds import CLUSTER, INTERACTIVE
from dsgrid.cluster.single import single_size
from dsgrid.cluster.site import load_site
from dsgrid.cluster.sizing import Sizes, cluster_sizes
from dsgrid.cluster.spark_cluster import SparkCluster
from dsgrid.cluster.usage import Watch
from dsgrid.errors import ClusterError, DsgridError
from dsgrid.operations.ending import REFUSED, code_of, refusal

REQUEUES: Final = "DSGRID_REQUEUE"
_HOST: Final = "SLURM_CLUSTER_NAME"
_ALLOWED: Final = "submit it with: sbatch --requeue"


def lead(kind: str, arguments: Sequence[str]) -> int:
    """Do what a batch script is for, and return the job's exit code; signals are heeded already.

    Parameters
    ----------
    kind
        One of `dsgrid.cluster.kinds.KINDS`.
    arguments
        The spec and the options of ``dsgrid run``.

    Raises
    ------
    EndingError
        It was called wrongly, or a signal came before there was anything to tear down.
    """
    begun = time.monotonic()
    try:
        batch = read_batch(kind, arguments, os.environ, load_site(None))
    except DsgridError as error:
        raise EndingError(ending.USAGE, str(error)) from None
    return _Lead(batch, begun).run()


class _Lead:
    """One job, from its begin to its end."""

    def __init__(self, batch: Batch, begun: float) -> None:
        self.batch = batch
        self.begun = begun
        self.cluster: SparkCluster | None = None
        self.running: list[subprocess.Popen[bytes]] = []
        self.unfinished: list[str] | None = None
        self.offset = self.requeues = 0
        head = batch.granted.head
        self.watch = Watch(os.getpid(), node=head.name, cores=head.cores, memory=head.memory)
        self.account: dict[str, Any] = {
            "job": batch.name,
            "slurm_id": batch.id,
            "cluster": batch.environment.get(_HOST, ""),
            "kind": batch.kind,
            "engine": batch.engine,
            "spec": str(Path(batch.spec).absolute()) if batch.spec else None,
            "arguments": list(batch.arguments[1:]),
            "folder": os.getcwd(),
            "nodes": [node.name for node in batch.granted.nodes],
            "began": _now(),
            "restart": int(batch.environment.get("SLURM_RESTART_COUNT") or 0),
            "host": platform.node(),
            "state": "starting",
        }

    def say(self, text: str) -> None:
        """Tell it in the job's output."""
        _print(f"[{time.monotonic() - self.begun:6.1f} s] {text}")

    def run(self) -> int:
        """Run the job, tear everything down whatever happens, and return the exit code."""
        try:
            try:
                end = self._outcome()
            finally:
                ending.disregard_signals()
        except EndingError as told:
            end = told
        if end.detail:
            _print(end.detail, sys.stderr)
        if end.reason:
            self.say(f"error: {end.reason}")
        torn = time.time()
        self._tear_down(end.code)
        self.watch.stop()
        self._close(end.code, end.reason, torn)
        self._last_word_to_slurm(end.code)
        _give_up_output()
        return end.code

    def _outcome(self) -> EndingError:
        """Do the job, and return how it has ended."""
        batch = self.batch
        try:
            self._prepare()
            self.watch.start(batch.folder.usage / f"{batch.granted.head.name}.json")
            code = self._carry_out()
            told = ending.MEANINGS.get(code) or told_end(batch.folder).get("error") or "the spec failed"
            error = "" if code == 0 else told
            return EndingError(code, error)
        except DsgridError as error:
            return EndingError(ending.USAGE, str(error))
        except Exception as error:
            code = code_of(error)
            if isinstance(error, OSError) and code == REFUSED:
                return EndingError(code, refusal(error))
            return EndingError(1, f"a defect in dsgrid: {type(error).__name__}: {error}", traceback.format_exc())

    def _prepare(self) -> None:
        batch = self.batch
        self.requeues = _requeues(batch)
        batch.folder.make()
        make_scratch(batch.scratch, "tmp", "driver")
        processes.adopt_orphans()
        self.unfinished = slurm.unfinished()
        if self.unfinished is not None:
            sweep(batch.scratch, self.unfinished)
            if batch.kind in (CLUSTER, INTERACTIVE):
                forget_secrets_of_others(batch.folder, str(self.account["cluster"]), self.unfinished)
        fields: dict[str, str] = {}
        with contextlib.suppress(ClusterError):
            fields = slurm.job_fields(batch.id)
        self.account["output"] = fields.get("StdOut", "")
        self.offset = size_of(fields.get("StdOut", ""))
        if self.requeues and fields.get("Requeue") == "0":
            self.say(f"Slurm will not put this job back into the queue, though {REQUEUES} says so: {_ALLOWED}")
            self.requeues = 0
        self._write_account()
        entry = ledger.Entry(
            id=batch.name,
            submitted=ledger.moment_of_slurm(fields.get("SubmitTime", "")) or ledger.now(),
            cluster=str(self.account["cluster"]),
            spec=str(self.account["spec"] or ""),
            arguments=batch.arguments[1:],
            folder=str(self.account["folder"]),
            run=str(batch.folder.path),
            output=fields.get("StdOut", ""),
            script=fields.get("Command", "").partition(" ")[0],
            kind=batch.kind,
            nodes=len(batch.granted.nodes),
        )
        ledger.record_started(entry, restarts=int(self.account["restart"]))

    def _carry_out(self) -> int:
        batch = self.batch
        if batch.kind not in (CLUSTER, INTERACTIVE):
            return self._on_one_node()
        known = new_secrets()
        if batch.has_pages:
            self.batch = batch = replace(batch, driver_pages=batch.free_pages())
        asked = ask_for_demand(batch)
        sizes = self._sizes(None)
        for line in sizes.why:
            self.say(line)
        write_all(
            batch.folder,
            defaults(batch, sizes, known),
            daemon_settings(known, pages_are_open=batch.has_pages),
        )
        self.cluster = SparkCluster(batch, sizes, known, self.say, self.unfinished)
        self.cluster.start()
        self.account["master"] = self.cluster.url
        wait = batch.number("DSGRID_WORKERS_WAIT")
        seconds = batch.site.workers_wait if wait is None else wait
        self.cluster.wait(seconds, batch.number("DSGRID_WORKERS_MIN"), lambda: refuse_wrong_spec(asked))
        self.say(f"the cluster is there: {self.cluster.url}, {len(self.cluster.nodes)} workers")
        if batch.has_pages:
            self.say(f"Spark's pages: {self.cluster.pages}, and of the driver http://{batch.driver_pages}")
        self._is_ready()
        if batch.kind == INTERACTIVE:
            return serve(batch, self.cluster, sizes, known, self.say, self.running.append)
        shuffle = demanded_shuffle(asked)
        if shuffle is not None:
            sizes = self._sizes(shuffle)
            write_all(batch.folder, defaults(batch, sizes, known), None)
        self._announce(sizes.partitions)
        return run_spec(batch, self.cluster.url, sizes, self.cluster.check, self.running.append)

    def _sizes(self, shuffle: int | None) -> Sizes:
        batch = self.batch
        driver = batch.number("DSGRID_DRIVER_MB")
        return cluster_sizes(batch.granted, shuffle_bytes=shuffle, headroom=batch.site.memory_headroom, driver=driver)

    def _on_one_node(self) -> int:
        batch, node = self.batch, self.batch.granted.head
        size = single_size(node, engine=batch.engine, headroom=batch.site.memory_headroom)
        for line in size.why:
            self.say(line)
        write_all(batch.folder, defaults(batch, size, new_secrets()), None)
        self._is_ready()
        self._announce(None)
        master = f"local[{size.cores}]" if batch.engine == "spark" else None
        return run_spec(batch, master, size, lambda: None, self.running.append)

    def _announce(self, partitions: int | None) -> None:
        of = f", {partitions} partitions" if partitions else ""
        self.say(f"running {self.batch.spec} on {', '.join(self.account['nodes'])}{of}")

    def _is_ready(self) -> None:
        self.account |= {"state": "running", "ready": _now()}
        self._write_account()

    def _tear_down(self, code: int) -> None:
        """End every process, and remove what is on this node's disk, and the secrets."""
        at_once = code == ending.CANCELLED
        processes.stop_all(self.running, 1.0 if at_once else 20.0)
        if self.cluster is not None:
            self.cluster.stop(0.0 if at_once else 10.0)
        processes.kill_descendants()
        self.batch.folder.forget_secrets()
        shutil.rmtree(self.batch.scratch, ignore_errors=True)

    def _close(self, code: int, reason: str, torn: float) -> None:
        self.account |= {"state": "ended", "ended": _now(), "exit_code": code, "reason": reason}
        # First of all: whoever waits for the end waits for this, and Slurm may have no more patience.
        self._write_account()
        try:
            said = close(self.account, self.batch, until=torn, offset=self.offset)
        except Exception as error:  # what is told of a job is no reason to fail it
            said = f"no summary: {type(error).__name__}: {error}"
        self._write_account()
        self.say(f"end: exit code {code}" + (f" ({reason})" if reason else ""))
        _print(said)

    def _last_word_to_slurm(self, code: int) -> None:
        """Have Slurm call the job what it is: cancelled, or to be continued."""
        batch = self.batch
        with contextlib.suppress(ClusterError):
            if code == ending.INTERRUPTED:
                slurm.cancel(batch.id)
            elif code == ending.TIME_LIMIT and self.account["restart"] < self.requeues:
                self.say(f"back into the queue, restart {self.account['restart'] + 1} of {self.requeues}")
                try:
                    slurm.call("scontrol", "requeue", batch.id)
                except ClusterError as error:
                    self.say(f"it stays out of the queue: {error}")

    def _write_account(self) -> None:
        with contextlib.suppress(OSError):
            write_json(self.batch.folder.account, self.account)


def _print(text: str, file: TextIO | None = None) -> None:
    """Print it, if that is possible: with a full disk, too, a job has to be torn down."""
    with contextlib.suppress(OSError):
        print(text, file=file, flush=True)


def _give_up_output() -> None:
    """Let what cannot be written be forgotten: Python would try again at its end, and change the exit code."""
    try:
        sys.stdout.flush()
    except OSError:
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _requeues(batch: Batch) -> int:
    asked = batch.number(REQUEUES)
    if asked is None and batch.kind == INTERACTIVE:
        return 0  # what a site wishes for work that goes on by itself
    return batch.site.requeue if asked is None else asked


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
