"""The batch script of a job, as text: what is asked of Slurm, where things are, and which specs run."""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from dsgrid.cluster.durations import slurm_time
from dsgrid.cluster.kinds import CLUSTER
from dsgrid.cluster.wish import Wish
from dsgrid.errors import UsageError

# How many seconds before its limit a job is told, so that it ends in order; Slurm may do so half a minute earlier.
WARNED: Final = 120
# Of a short job no more than this part, or it would be told at its begin.
_PART_WARNED: Final = 4
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# Slurm reads its lines as a shell does: quotes and backslashes mean something else there.
_QUOTED: Final = re.compile(r"[\"'\\]")
_NAME: Final = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True)
class Task:
    """One spec of a job, and the options of ``dsgrid run``."""

    spec: Path
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """Everything that a batch script says.

    Parameters
    ----------
    name
        What Slurm calls the job.
    tasks
        One, or those of an array.
    wish
        The largest of all of them.
    output
        With Slurm's ``%j``, or ``%A`` and ``%a``.
    folder
        Where the batch scripts' library is.
    exports
        What the job finds in its environment.
    account, qos, constraint, options
        See `dsgrid.cluster.site.Site`.
    after
        The job that has to succeed before.
    requeue
        How many times it is put back into the queue.
    at_once
        Of an array: how many tasks run at the same time.
    """

    name: str
    tasks: tuple[Task, ...]
    wish: Wish
    output: str
    folder: Path
    exports: Mapping[str, str] = field(default_factory=dict)
    account: str | None = None
    qos: str | None = None
    constraint: str | None = None
    options: tuple[str, ...] = ()
    after: str | None = None
    requeue: int = 0
    at_once: int | None = None

    @property
    def is_array(self) -> bool:
        """True where several specs run, each in a task of its own."""
        return len(self.tasks) > 1


def options_of(plan: Plan) -> tuple[str, ...]:
    """Return the options of sbatch, each as one text.

    Raises
    ------
    UsageError
        A value cannot stand in a batch script.
    """
    wish = plan.wish
    found = [
        f"--job-name={plan.name}",
        f"--nodes={wish.nodes}",
        "--ntasks-per-node=1",
        f"--cpus-per-task={wish.cores}",
        f"--mem={wish.memory}M" if wish.memory else "--mem=0",
        f"--time={slurm_time(wish.time)}",
        f"--output={plan.output}",
        "--open-mode=append",
        f"--signal=B:USR1@{min(WARNED, wish.time // _PART_WARNED)}",
        "--requeue" if plan.requeue else "--no-requeue",
    ]
    named = {"account": plan.account, "partition": wish.partition, "qos": plan.qos, "constraint": plan.constraint}
    found += [f"--{name}={value}" for name, value in named.items() if value]
    if wish.whole:
        found.append("--exclusive")
    if wish.kind == CLUSTER:
        # Spark can do without a lost node.
        found.append("--no-kill")
    if plan.is_array:
        found.append(f"--array=0-{len(plan.tasks) - 1}" + (f"%{plan.at_once}" if plan.at_once else ""))
    if plan.after:
        found.append(f"--dependency=afterok:{plan.after}")
    found += plan.options
    for option in found:
        _check(option)
    return tuple(found)


def _check(option: str) -> None:
    name, _, value = option.partition("=")
    if _CONTROL.search(option):
        raise UsageError(f"{name}: found a line break or another control character in {value!r}")
    if _QUOTED.search(option):
        raise UsageError(f"{name}: found a quote or a backslash in {value}, which a line of a batch script cannot hold")


def render(plan: Plan, said: Sequence[str] = ()) -> str:
    """Return the batch script.

    Parameters
    ----------
    said
        What is to be known of it, such as why it asks for so much; it becomes a comment.
    """
    return "\n".join(["#!/bin/bash", *_header(plan), "#", *_comment(said), *_body(plan), ""])


def _header(plan: Plan) -> Iterator[str]:
    for option in options_of(plan):
        name, has_value, value = option.partition("=")
        # What is behind a # would be a comment, what is behind a blank another option.
        quoted = f'"{value}"' if re.search(r"[\s#]", value) else value
        yield f"#SBATCH {name}{has_value}{quoted}"


def _comment(said: Sequence[str]) -> Iterator[str]:
    for text in said:
        for line in textwrap.wrap(_CONTROL.sub(" ", text), 117, subsequent_indent="  ") or [""]:
            yield f"# {line}".rstrip()


def _body(plan: Plan) -> Iterator[str]:
    yield "set -euo pipefail"
    yield ""
    yield f"export DSGRID_SLURM={shlex.quote(str(plan.folder))}"
    for name, value in plan.exports.items():
        yield f"export {name}={shlex.quote(value)}"
    yield "# shellcheck source=slurm/cluster.sh"
    yield 'source "$DSGRID_SLURM/cluster.sh"'
    yield ""
    if not plan.is_array:
        yield _lead(plan, plan.tasks[0])
        return
    yield "case $SLURM_ARRAY_TASK_ID in"
    for number, task in enumerate(plan.tasks):
        yield f"    {number}) {_lead(plan, task)} ;;"
    yield "esac"


def _lead(plan: Plan, task: Task) -> str:
    return shlex.join(["lead", plan.wish.kind, "--", str(task.spec), *task.arguments])


def job_name(text: str) -> str:
    """Return a name for a job and its files: letters, digits and ``._-``.

    Examples
    --------
    >>> job_name("annual by/state"), job_name("--x"), job_name("Größe")
    ('annual_by_state', 'x', 'Gr_e')
    """
    return _NAME.sub("_", text).strip("._-")[:60] or "dsgrid"
