"""One job: what the ledger, Slurm and the job itself know of it, and what follows from all three."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dsgrid.cluster import ending, words
from dsgrid.cluster.accounts import Account
from dsgrid.cluster.durations import slurm_time
from dsgrid.cluster.ledger import Entry
from dsgrid.cluster.standing import Standing, array_of

KILLED: Final = 137
LOST: Final = 11  # nobody knows how it ended; what Slurm's own errors have
# What a state of Slurm's means where the job itself could not say how it ended.
_CODES: Final = {
    "COMPLETED": 0,
    "CANCELLED": ending.CANCELLED,
    "REVOKED": ending.CANCELLED,
    "PREEMPTED": ending.CANCELLED,
    "TIMEOUT": ending.TIME_LIMIT,
    "DEADLINE": ending.TIME_LIMIT,
    "OUT_OF_MEMORY": KILLED,
    "NODE_FAIL": KILLED,
    "BOOT_FAIL": KILLED,
}
_BY_CODE: Final = {
    0: words.DONE,
    ending.TIME_LIMIT: words.TIME_LIMIT,
    ending.INTERRUPTED: words.CANCELLED,
    ending.CANCELLED: words.CANCELLED,
}
# Slurm's word for a step that was killed for memory, and that of a step whose node was lost.
_MEMORY_SIGNAL: Final = 125
_KILL_SIGNAL: Final = 9
_NO_TIME: Final = ("", "0:00", "00:00:00")


@dataclass(frozen=True)
class Job:
    """A job, from three sides.

    Parameters
    ----------
    entry
        As it was submitted.
    standing
        As Slurm has it; None where it does not know it, or was not asked.
    account
        As the job itself says; None where it has not begun, or its run folder is gone.
    was_asked
        Whether Slurm was asked about it: it is here, and the job is of this cluster.
    """

    entry: Entry
    standing: Standing | None = None
    account: Account | None = None
    was_asked: bool = False

    @property
    def id(self) -> str:
        """Slurm's number, as the user types it."""
        return self.entry.id

    @property
    def is_over(self) -> bool:
        """True when nothing more is going to happen, as far as anybody knows."""
        if self.standing is not None:
            return self.standing.is_over
        return self.was_asked or bool(self.entry.end) or (self.account is not None and self.account.is_over)

    @property
    def is_known(self) -> bool:
        """Tell whether anybody knows how it stands."""
        return self.state != words.FORGOTTEN

    @property
    def slurm_state(self) -> str:
        """The state in Slurm's words; empty where Slurm does not know the job and nobody has seen its end."""
        return self.standing.state if self.standing is not None else str(self.entry.end.get("state") or "")

    @property
    def state(self) -> str:
        """One of `words.ALL`."""
        told = self.slurm_state
        if self.standing is not None and not self.standing.is_over:
            return words.state_in_words(told)
        own = None if self.account is None else self.account.code
        if own is not None and told in ("", "COMPLETED", "FAILED", "OUT_OF_MEMORY"):
            return _BY_CODE.get(own, words.FAILED)
        if told == "FAILED":
            return _BY_CODE.get(self.code or 1, words.FAILED)
        return words.state_in_words(told)

    @property
    def code(self) -> int | None:
        """The exit code of the job; None while it is not over.

        It is dsgrid's own where the job could write it; else 143 for a job that was cancelled, 124 for one that reached
        its time limit, 137 for one that was killed, also for memory or with its node; 11 where nobody knows.
        """
        if not self.is_over:
            return None
        told = self.slurm_state
        own = None if self.account is None else self.account.code
        if own is not None and not (own and told in ("CANCELLED", "PREEMPTED", "TIMEOUT")):
            # Cancelled in order is cancelled; only while it runs there is a difference.
            return ending.CANCELLED if own == ending.INTERRUPTED else own
        if told in _CODES:
            return _CODES[told]
        code, signal = self._ending()
        if told:
            return code or (128 + signal if 0 < signal < 65 else KILLED if signal else 1)
        return LOST

    def _ending(self) -> tuple[int, int]:
        if self.standing is not None:
            return self.standing.code, self.standing.signal
        code, signal = self.entry.end.get("code"), self.entry.end.get("signal")
        return (code if isinstance(code, int) else 0), (signal if isinstance(signal, int) else 0)

    @property
    def restarts(self) -> int:
        """How often it was put back into the queue."""
        if self.standing is not None:
            return self.standing.restarts
        number = re.search(r"\.r(\d{1,6})$", self.account.folder.path.name) if self.account is not None else None
        seen = self.entry.end.get("restarts")
        return int(number[1]) if number else seen if isinstance(seen, int) else 0

    @property
    def elapsed(self) -> str:
        """How long it has run, in Slurm's form."""
        if self.standing is not None:
            return "" if self.standing.elapsed in _NO_TIME and not self.is_over else self.standing.elapsed
        seconds = None if self.account is None else self.account.seconds
        return slurm_time(seconds) if seconds is not None else str(self.entry.end.get("elapsed") or "")

    @property
    def has_begun(self) -> bool:
        """Tell whether it has run, for however short a time."""
        return self.account is not None or self.elapsed not in _NO_TIME

    @property
    def left(self) -> str:
        """How long it may still run, in Slurm's form."""
        is_running = self.standing is not None and self.state not in (words.WAITING,) and not self.is_over
        return self.standing.left if self.standing is not None and is_running else ""

    @property
    def nodes(self) -> str:
        """The names of the nodes, folded, else how many there are to be."""
        if self.standing is not None and self.standing.nodes:
            return self.standing.nodes
        named = self.account.values.get("nodes") if self.account is not None else None
        if isinstance(named, list) and named and all(isinstance(name, str) for name in named):
            return ",".join(named)
        seen = str(self.entry.end.get("nodes") or "")
        return seen or str((self.standing.count if self.standing is not None else 0) or self.entry.nodes or "")

    @property
    def reason(self) -> str:
        """Why it waits, in words."""
        if self.standing is None or self.is_over or self.state == words.RUNNING:
            return ""
        return words.reason_in_words(self.standing.reason, self.id)

    @property
    def result(self) -> str:
        """Where the result is."""
        return self.account.text("result") if self.account is not None else ""

    @property
    def losses(self) -> list[str]:
        """What was lost on the way, though the job went on; Slurm's state does not tell."""
        found = list(self.account.losses) if self.account is not None else []
        if self.slurm_state == "OUT_OF_MEMORY" and self.state == words.DONE:
            found.append("a process of the batch script was killed for memory: ask for more with --mem")
        if not found and self.standing is not None and self.state == words.DONE:
            if self.standing.derived_signal == _MEMORY_SIGNAL:
                found.append("a step was out of memory: ask for more with --mem")
            elif self.standing.derived_signal == _KILL_SIGNAL:
                found.append("a step was killed: a node may be lost")
        return found

    @property
    def what(self) -> str:
        """The name of the spec, else of the script."""
        return Path(self.entry.spec or self.entry.script).name

    @property
    def output(self) -> Path | None:
        """The file of the job's output, as far as that is known."""
        told = self.account.text("output") if self.account is not None else ""
        if not (told or self.entry.output):
            return None
        return Path(filled(told or self.entry.output, self.entry))

    @property
    def remark(self) -> str:
        """The one thing to know of it besides its state."""
        said = []
        if self.restarts:
            said.append(f"started again {'once' if self.restarts == 1 else f'{self.restarts} times'}")
        if not self.is_known:
            said.append(self._why_unknown())
        elif not self.is_over:
            said.append(self.reason or self._phase())
        else:
            lost = len(self.losses)
            said += [f"{lost} loss{'es' if lost > 1 else ''} on the way"] if lost else []
            said.append(self.result if self.state == words.DONE else self._why_ended())
        return "; ".join(part for part in said if part)

    def _phase(self) -> str:
        """Return what the job does, by its own account."""
        told = "" if self.account is None or self.account.is_over else self.account.text("state")
        return "" if told.lower() == words.RUNNING else told

    def _why_ended(self) -> str:
        code = self.code or 0
        if self.state == words.CANCELLED:
            return "" if self.has_begun else "before it began"
        told = self.account.text("reason") if self.account is not None and self.account.is_over else ""
        return f"exit code {code}: {told}" if told else words.code_in_words(code)

    def _why_unknown(self) -> str:
        began = self.account is not None
        if not self.was_asked:
            where = f"on cluster {self.entry.cluster}" if self.entry.cluster else "where it was submitted"
            return f"it had begun; Slurm {where} knows more" if began else f"Slurm {where} knows more"
        if began:
            return "Slurm knows it no more, and it wrote no end: it was killed, or its node was lost"
        return "not known to Slurm any more"

    def document(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            "id": self.id,
            "cluster": self.entry.cluster or None,
            "spec": self.entry.spec or None,
            "arguments": list(self.entry.arguments),
            "kind": self.entry.kind or None,
            "submitted": self.entry.submitted,
            "state": self.state,
            "slurm_state": self.slurm_state or None,
            "is_over": self.is_over,
            "reason": self.reason or None,
            "slurm_reason": (self.standing.reason or None) if self.standing is not None else None,
            "exit_code": self.code,
            "restarts": self.restarts,
            "elapsed": self.elapsed or None,
            "left": self.left or None,
            "nodes": self.nodes or None,
            "result": self.result or None,
            "losses": self.losses,
            "remark": self.remark or None,
            "output": str(self.output) if self.output is not None else None,
            "run": str(self.account.folder.path) if self.account is not None else self.entry.run or None,
            "folder": self.entry.folder or None,
            "script": self.entry.script or None,
            "submitted_by": self.entry.by,
            "account": dict(self.account.values) if self.account is not None else None,
        }


def filled(pattern: str, entry: Entry) -> str:
    """Return the name that Slurm makes of a pattern for an output file."""
    task = entry.id.partition("_")[2]
    # The number of a task of an array that %j stands for is not that of the array; its tasks are told by %A and %a.
    values = {"j": entry.id, "A": array_of(entry.id), "a": task, "x": Path(entry.spec).stem, "%": "%"}
    named = re.sub(r"%(\d*)([jAax%])", lambda match: values[match[2]].zfill(int(match[1] or 0)), pattern)
    return str(Path(entry.folder, named))
