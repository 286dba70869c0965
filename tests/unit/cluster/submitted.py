"""A Slurm that only answers what it is told to, and jobs for it and for the ledger."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from dsgrid.cluster import ledger
from dsgrid.cluster.ledger import Entry
from dsgrid.errors import ClusterError

SEPARATOR = "\x1f"


def ago(**span: float) -> str:
    """A moment in the form of the ledger."""
    return (datetime.now(UTC) - timedelta(**span)).isoformat(timespec="seconds")


def local(moment: str) -> str:
    """A moment as Slurm tells it."""
    return datetime.fromisoformat(moment).astimezone().replace(tzinfo=None).isoformat()


def row(id_: str, state: str = "RUNNING", **values: object) -> str:
    """A line of squeue's."""
    told = {
        "reason": "None",
        "exit": 0,
        "derived": 0,
        "restarts": 0,
        "submitted": ago(minutes=1),
        "elapsed": "0:10",
        "left": "1:00",
        "count": 1,
        "nodes": "node1",
        "cluster": "here",
        "command": "(null)",
        "folder": "/project",
    } | values
    told["submitted"] = local(str(told["submitted"]))
    return SEPARATOR.join(map(str, (id_, state, *told.values()))) + SEPARATOR


@dataclass
class Slurm:
    """Answers instead of Slurm's commands.

    Parameters
    ----------
    answers
        What squeue says, one text for each time that it is asked; the last one stays.
    """

    answers: list[str] = field(default_factory=lambda: [""])
    accounting: str | None = None
    calls: list[tuple[str, ...]] = field(default_factory=list)

    def call(self, *command: str, timeout: float = 30) -> str:
        self.calls.append(command)
        if command[0] == "squeue":
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if answer == "down":
                raise ClusterError("squeue did not answer in 30 s")
            return answer
        if command[0] == "sacct" and self.accounting is not None:
            return self.accounting
        if command[:3] == ("scontrol", "show", "config"):
            return "Configuration data\nClusterName             = here\n"
        if command[0] == "scancel":
            return ""
        raise ClusterError(f"{command[0]}: no")

    def queue(self, *rows: str) -> None:
        """Have squeue answer this from now on."""
        self.answers = ["\n".join(rows) + "\n"]

    def of(self, program: str) -> list[tuple[str, ...]]:
        return [command for command in self.calls if command[0] == program]


def submitted(id_: str, **values: Any) -> Entry:
    """Record a job and return its entry."""
    known = {"submitted": ago(minutes=1), "cluster": "here", "spec": "/project/specs/peak.toml", "folder": "/project"}
    entry = Entry(id_, **(known | values))
    ledger.record(entry)
    return entry


def newest(id_: str, cluster: str = "here") -> Entry:
    """The newest job of the ledger with this number."""
    return [entry for entry in ledger.entries() if (entry.id, entry.cluster) == (id_, cluster)][-1]


def account(run: Path | str, *, over: bool = True, **values: Any) -> Path:
    """Write the account of a job and return its run folder."""
    folder = Path(run)
    folder.mkdir(parents=True, exist_ok=True)
    told = {"kind": "cluster", "cluster": "here", "began": ago(seconds=50), "state": "running", "nodes": ["node1"]}
    if over:
        told |= {"state": "ended", "ended": ago(seconds=20), "exit_code": 0, "reason": ""}
    (folder / "job.json").write_text(json.dumps(told | values))
    return folder


def states(jobs: Sequence[Any]) -> dict[str, str]:
    return {job.id: job.state for job in jobs}
