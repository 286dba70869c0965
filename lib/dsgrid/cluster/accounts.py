"""What jobs say of themselves: the files in their run folders, which outlive what Slurm remembers."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dsgrid.cluster.folder import Folder, read_json
from dsgrid.cluster.ledger import SAME_MOMENT, Entry, read_moment


@dataclass(frozen=True)
class Account:
    """A job's own account of itself.

    Parameters
    ----------
    folder
        The run folder that it is in.
    values
        What it says; see the module that leads a job.
    """

    folder: Folder
    values: Mapping[str, Any]

    @property
    def is_over(self) -> bool:
        """True when the job has written its end."""
        return bool(self.values.get("ended"))

    @property
    def code(self) -> int | None:
        """The exit code, once it is over."""
        code = self.values.get("exit_code")
        return code if self.is_over and isinstance(code, int) and not isinstance(code, bool) else None

    @property
    def losses(self) -> list[str]:
        """What was lost on the way, a line each."""
        found = self.values.get("losses")
        return [_loss(each) for each in found] if isinstance(found, list) else []

    def text(self, name: str) -> str:
        """Return a value as text; empty where there is none."""
        value = self.values.get(name)
        return "" if value is None or isinstance(value, (dict, list)) else str(value)

    @property
    def seconds(self) -> float | None:
        """How long the job has run, once it is over."""
        began, ended = _moment(self.values.get("began")), _moment(self.values.get("ended"))
        return None if began is None or ended is None else max(0.0, (ended - began).total_seconds())


def account_of(entry: Entry, later: Entry | None = None) -> Account | None:
    """Return the newest account of a job, else None.

    Parameters
    ----------
    later
        The next job with the same run folder, where Slurm has begun to count anew: what began after it is its.
    """
    found = None
    for folder in run_folders(entry):
        values = read_json(folder.account)
        began = _moment(values.get("began"))
        if not values or (began is not None and began < entry.moment - SAME_MOMENT):
            continue
        if later is not None and (began is None or began >= later.moment - SAME_MOMENT):
            continue
        # Numbers come again on other clusters, and two clusters may share their file systems.
        if entry.cluster and values.get("cluster") not in (None, "", entry.cluster):
            continue
        found = Account(folder, values)
    return found


def run_folders(entry: Entry) -> list[Folder]:
    """Return the folders of all runs of a job, the newest last: it has one more for each time that it was put back."""
    if not entry.run:
        return []
    path = Path(entry.run)
    base = path.with_name(re.sub(r"\.r\d+$", "", path.name))
    try:
        again = _put_back(base.parent, base.parent.stat().st_mtime_ns).get(base.name, ())
    except OSError:
        again = ()
    return [Folder(base), *(Folder(base.with_name(f"{base.name}.r{count}")) for count in again)]


@functools.lru_cache(maxsize=16)
def _put_back(root: Path, _changed: int) -> Mapping[str, Sequence[int]]:
    """Return the numbers of later runs by the names of the first ones' folders.

    Thousands of runs may be in one folder, on a slow file system: it is listed once for all jobs, until it changes.
    """
    found: dict[str, list[int]] = {}
    for name in os.listdir(root):
        match = re.fullmatch(r"(.+)\.r(\d{1,6})", name, re.ASCII)
        if match:
            found.setdefault(match[1], []).append(int(match[2]))
    return {name: sorted(numbers) for name, numbers in found.items()}


def _loss(loss: object) -> str:
    if not isinstance(loss, Mapping):
        return str(loss)
    count = loss.get("count")
    times = f", {count} times" if isinstance(count, int) and count > 1 else ""
    node = f"{loss['node']}: " if loss.get("node") else ""
    advice = f": {loss['advice']}" if loss.get("advice") else ""
    return f"{node}{loss.get('what', '')}{times}{advice}"


def _moment(value: object) -> datetime | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value, UTC)
        except (ValueError, OverflowError, OSError):
            return None
    return read_moment(value) if isinstance(value, str) else None
