"""Slurm's states, reasons and exit codes in plain words."""

from __future__ import annotations

from typing import Final

from dsgrid.cluster.ending import MEANINGS

WAITING: Final = "waiting"
RUNNING: Final = "running"
DONE: Final = "done"
FAILED: Final = "failed"
CANCELLED: Final = "cancelled"
TIME_LIMIT: Final = "time limit"
MEMORY: Final = "out of memory"
NODE_LOST: Final = "node lost"
FORGOTTEN: Final = "unknown"

# In the order in which a job goes through them.
STATES: Final = {
    "PENDING": WAITING,
    "REQUEUED": WAITING,
    "REQUEUE_HOLD": WAITING,
    "REQUEUE_FED": WAITING,
    "SPECIAL_EXIT": WAITING,
    "RESV_DEL_HOLD": WAITING,
    "CONFIGURING": "starting",
    "RUNNING": RUNNING,
    "RESIZING": RUNNING,
    "SIGNALING": RUNNING,
    "STAGE_OUT": "ending",
    "COMPLETING": "ending",
    "SUSPENDED": "suspended",
    "STOPPED": "suspended",
    "COMPLETED": DONE,
    "FAILED": FAILED,
    "CANCELLED": CANCELLED,
    "REVOKED": CANCELLED,
    "PREEMPTED": "preempted",
    "TIMEOUT": TIME_LIMIT,
    "DEADLINE": TIME_LIMIT,
    "OUT_OF_MEMORY": MEMORY,
    "NODE_FAIL": NODE_LOST,
    "BOOT_FAIL": NODE_LOST,
}
ALL: Final = (*dict.fromkeys(STATES.values()), FORGOTTEN)

# What those codes mean that are not the job's own business; see `dsgrid.errors`.
_OF_DSGRID: Final = {
    1: "a defect in dsgrid",
    2: "a spec or a command line is wrong",
    3: "something that was named does not exist",
    4: "data break a rule",
    5: "the registry refuses",
    6: "the registry is locked",
    7: "an engine failed",
    8: "a result does not conserve what went in",
    9: "a file cannot be read or written",
    11: "Slurm refuses, or the cluster did not come up",
    127: "a program was not found",
}

NEVER: Final = "DependencyNeverSatisfied"
# By the beginnings of Slurm's names: it has more than a hundred, most of them of one of these kinds.
_REASONS: Final = (
    (NEVER, "will never start: the job that it waits for did not end well"),
    ("Dependency", "waits for another job to end"),
    ("Priority", "other jobs go before it"),
    ("Resources", "next, as soon as enough nodes are free"),
    ("BeginTime", "has to start later"),
    ("JobHeldUser", "held by you: scontrol release {id}"),
    ("JobHeldAdmin", "held by the site: ask its administrators"),
    ("JobArrayTaskLimit", "as many tasks of the array as may run at once do so"),
    ("PartitionTimeLimit", "asks for more time than the partition allows: cancel it and submit it with less"),
    ("PartitionNodeLimit", "asks for more nodes, or fewer, than the partition allows: cancel it"),
    ("PartitionDown", "the partition is down"),
    ("PartitionInactive", "the partition takes no jobs now"),
    ("PartitionConfig", "asks for what the partition does not have: cancel it"),
    ("AccountNotAllowed", "the account may not use this partition: cancel it"),
    ("InvalidAccount", "the account is not valid: cancel it and submit it with another"),
    ("InvalidQOS", "the QOS is not valid: cancel it and submit it with another"),
    ("QOSMaxWallDurationPerJobLimit", "asks for more time than the QOS allows: cancel it"),
    ("AssocMaxWallDurationPerJobLimit", "asks for more time than the account allows: cancel it"),
    ("QOSMaxJobs", "you have as many jobs as the QOS allows at once"),
    ("QOSMaxSubmit", "you have as many jobs as the QOS allows at once"),
    ("QOSGrp", "all who share the QOS use as much as it allows"),
    ("QOSMax", "asks for more than the QOS allows one user, or one job"),
    ("QOS", "a limit of the QOS"),
    ("AssocMaxJobs", "you have as many jobs as your account allows at once"),
    ("AssocGrpBilling", "your account has used up what it may spend"),
    ("AssocGrpCPUMinutes", "your account has used up its allocation"),
    ("AssocGrp", "all who share your account use as much as it allows"),
    ("AssocMax", "asks for more than your account allows one job"),
    ("Assoc", "a limit of your account"),
    ("MaxMemPerLimit", "asks for more memory than the site allows: cancel it"),
    ("BadConstraints", "no nodes are as it asks: cancel it"),
    ("NodeDown", "a node that it needs is down"),
    ("ReqNodeNotAvail", "nodes that it needs are down, or reserved, such as for maintenance"),
    ("Nodes required for job are DOWN", "nodes that it needs are down, or reserved"),
    ("Reservation", "waits for its reservation"),
    ("Licenses", "waits for a licence"),
    ("Prolog", "its nodes are being prepared"),
    ("Cleaning", "its nodes are being cleaned"),
    ("None", ""),
)


def state_in_words(state: str) -> str:
    """Return one of `ALL` for a state of Slurm's; one that is unknown here in lower case."""
    return STATES.get(state, state.lower().replace("_", " ") or FORGOTTEN)


def reason_in_words(reason: str, id_: str = "ID") -> str:
    """Return why a job waits; a reason that is unknown here in Slurm's word."""
    for begin, words in _REASONS:
        if reason.startswith(begin):
            return words.format(id=id_)
    return f"{reason}, as Slurm calls it" if reason else ""


def code_in_words(code: int) -> str:
    """Return what an exit code means; of those unknown here the number."""
    if code == 0:
        return ""
    meaning = MEANINGS.get(code) or _OF_DSGRID.get(code)
    if meaning is None and 128 < code < 128 + 65:
        meaning = f"ended by signal {code - 128}"
    return f"exit code {code}" + (f": {meaning}" if meaning else "")
