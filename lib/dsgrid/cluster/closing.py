"""What a job writes down when it is over: its account, and the summary at the end of its output."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from dsgrid.cluster import ending
from dsgrid.cluster.aftermath import Aftermath, ask_slurm
from dsgrid.cluster.batch import Batch
from dsgrid.cluster.event_log import work_done
from dsgrid.cluster.folder import Folder
from dsgrid.cluster.losses import losses
from dsgrid.cluster.summary import summary
from dsgrid.cluster.usage import read_usages

RUN_LOG: Final = "run.jsonl"


def close(account: dict[str, Any], batch: Batch, *, until: float, offset: int) -> str:
    """Complete the account of a job that is over, and return the summary.

    Parameters
    ----------
    until
        When the teardown began, in seconds of the epoch: what ends after it is not lost.
    offset
        How long the job's output was when this run of it began.
    """
    nodes = batch.granted.nodes
    # Slurm takes the nodes from a job that it cancels: these are not lost.
    is_cancelled = account.get("exit_code") == ending.CANCELLED
    output = account.get("output")
    found = losses(
        batch.folder,
        names={node.address: node.name for node in nodes},
        head=batch.granted.head.name,
        until=until,
        output=Path(output) if output else None,
        offset=offset,
        slurm=Aftermath() if is_cancelled else ask_slurm(batch.id, [node.name for node in nodes]),
    )
    done = work_done(batch.folder.events)
    account |= {
        "usage": [asdict(each) for each in read_usages(batch.folder.usage)],
        "losses": [asdict(each) for each in found],
        "work": None if done is None else asdict(done),
        **told_end(batch.folder),
    }
    account["summary"] = summary(account, batch.folder.path)
    return str(account["summary"])


def told_end(folder: Folder) -> dict[str, Any]:
    """Return what the run of the spec has logged of its end; nothing where it logs elsewhere, or was killed."""
    with contextlib.suppress(OSError, ValueError):
        for line in reversed((folder.log / RUN_LOG).read_text(encoding="utf-8").splitlines()):
            told = json.loads(line)
            if told.get("event") == "run_ended":
                return {name: told.get(name) for name in ("result", "rows", "error")}
    return {}


def size_of(path: str) -> int:
    """Return how long a file is; 0 where there is none."""
    try:
        return Path(path).stat().st_size if path else 0
    except OSError:
        return 0
