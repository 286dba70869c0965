"""The folders of a job: one on a file system that all nodes see, one on each node's own disk."""

from __future__ import annotations

import contextlib
import errno
import heapq
import itertools
import json
import os
import re
import shutil
import stat
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dsgrid.errors import ClusterError, UsageError

PREFIX: Final = "dsgrid-"
RUNS: Final = "dsgrid-jobs"
# Of the runs beside one, how many are looked at for secrets: there may be thousands, on a slow file system.
_NEWEST: Final = 100
_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True)
class Folder:
    """The folder of a run on a file system that all nodes see.

    Parameters
    ----------
    path
        Named after the job; see `run_folder`.
    """

    path: Path

    @property
    def conf(self) -> Path:
        """Where the secret is, for this job's own processes; nobody else may look, and the end removes it."""
        return self.path / "conf"

    @property
    def daemons(self) -> Path:
        """The configuration of the Master and the workers."""
        return self.conf / "daemons"

    @property
    def client(self) -> Path:
        """The configuration for those who attach to the cluster; it holds the secret as well."""
        return self.path / "client"

    @property
    def log(self) -> Path:
        """The logs of the Master, the workers and the executors."""
        return self.path / "log"

    @property
    def events(self) -> Path:
        """Spark's event logs, which its history server shows."""
        return self.path / "events"

    @property
    def usage(self) -> Path:
        """What each node has used."""
        return self.path / "usage"

    @property
    def account(self) -> Path:
        """What the job says of itself."""
        return self.path / "job.json"

    @property
    def connection(self) -> Path:
        """How to reach the Spark Connect server; it holds a token."""
        return self.path / "connect.json"

    @property
    def orders(self) -> Path:
        """What the workers are told; nothing in it is secret."""
        return self.path / "orders.json"

    def make(self) -> None:
        """Make the folder, for this user only; what another job of the same number has left is kept beside it.

        Raises
        ------
        ClusterError
            It cannot be written.
        """
        try:
            if self.account.exists():
                # A Slurm that counts anew.
                self.path.rename(_free(self.path))
            self.path.parent.mkdir(parents=True, exist_ok=True)
            for folder in (self.path, self.conf, self.log, self.events, self.usage):
                _make_own(folder)
        except OSError as error:
            reason = error.strerror or str(error)
            raise ClusterError(f"{self.path}: {reason}; DSGRID_RUN_ROOT names a folder that all nodes see") from None

    def forget_secrets(self) -> None:
        """Remove what holds a secret."""
        for folder in (self.conf, self.client):
            shutil.rmtree(folder, ignore_errors=True)
        self.connection.unlink(missing_ok=True)


def _make_own(folder: Path) -> None:
    """Make a folder for this user only.

    The numbers of jobs can be guessed: whoever may write beside it could have made it before, to read and to change
    what is written into it.
    """
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
            raise PermissionError(errno.EPERM, "it is there already, and not a folder of yours") from None
        folder.chmod(0o700)


def _free(path: Path) -> Path:
    """Return a name for what was there before, which is none of a job's."""
    names = (path.with_name(f"{path.name}.before-{number}") for number in itertools.count(1))
    return next(name for name in names if not name.exists())


def run_folder(environment: Mapping[str, str], runs: str | Path | None = None) -> Folder:
    """Return the folder of the job that this environment is of.

    Parameters
    ----------
    runs
        Where the site keeps such folders; ``DSGRID_RUN_ROOT`` wins.
    """
    job = environment["SLURM_JOB_ID"]
    again = int(environment.get("SLURM_RESTART_COUNT") or 0)
    root = environment.get("DSGRID_RUN_ROOT") or runs
    base = Path(root) if root else Path(environment.get("SLURM_SUBMIT_DIR") or ".") / RUNS
    return Folder(base.absolute() / (f"{PREFIX}{job}.r{again}" if again else f"{PREFIX}{job}"))


def scratch_folder(environment: Mapping[str, str], scratch: str | None = None) -> Path:
    """Return the folder of a job on the disk of this node.

    Parameters
    ----------
    scratch
        Where the site's nodes have their own disk; ``${NAME}`` is filled from this node's environment.
        ``DSGRID_SCRATCH`` wins, ``TMPDIR`` stands in.
    """
    root = environment.get("DSGRID_SCRATCH") or scratch or environment.get("TMPDIR") or "/tmp"

    def value(match: re.Match[str]) -> str:
        found = environment.get(match[1])
        if not found:
            raise UsageError(f'scratch "{root}": there is no {match[1]} in the environment of this node')
        return found

    return Path(_VARIABLE.sub(value, root)) / f"{PREFIX}{environment['SLURM_JOB_ID']}"


def make_scratch(scratch: Path, *parts: str) -> None:
    """Make the folder of a job on this node's disk, for this user only, and folders in it.

    Not by a umask: tasks write results too, and these may be for others.

    Raises
    ------
    ClusterError
        It cannot be written, or somebody else has made it.
    """
    try:
        scratch.parent.mkdir(parents=True, exist_ok=True)
        _make_own(scratch)
        for part in parts:
            (scratch / part).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ClusterError(f"{scratch}: {reason}; DSGRID_SCRATCH names a folder on each node's own disk") from None


def sweep(scratch: Path, unfinished: Collection[str]) -> list[Path]:
    """Remove what jobs of this user have left on this node's disk, and return it.

    A job that was killed could not clean up itself. Removed is what is named as a job of ours with a lower number,
    belongs to this user, and is none of `unfinished`.

    Parameters
    ----------
    scratch
        The folder of the present job.
    unfinished
        The numbers of this user's jobs that have not ended; not knowing them, do not call this.
    """
    present = _number(scratch.name)
    gone: list[Path] = []
    if present is None:
        return gone
    with contextlib.suppress(OSError):
        for folder in scratch.parent.iterdir():
            number = _number(folder.name)
            if number is None or number >= present or str(number) in unfinished:
                continue
            if folder.is_dir() and not folder.is_symlink() and folder.stat().st_uid == os.getuid():
                shutil.rmtree(folder, ignore_errors=True)
                gone.append(folder)
    return gone


def forget_secrets_of_others(folder: Folder, cluster: str, unfinished: Collection[str]) -> list[Path]:
    """Remove the secrets of runs beside this one whose jobs were killed, and return their folders.

    Looked at are the newest ones.

    Parameters
    ----------
    cluster
        The name of this cluster: jobs of another one may have their folders here as well, and other numbers.
    unfinished
        The numbers of this user's jobs that have not ended.
    """
    found: list[Path] = []
    with contextlib.suppress(OSError):
        numbers = {path: _number(path.name.partition(".")[0]) for path in folder.path.parent.iterdir()}
        runs = [(number, path) for path, number in numbers.items() if number is not None and path != folder.path]
        for number, path in heapq.nlargest(_NEWEST, runs):
            if str(number) in unfinished or path.is_symlink():
                continue
            other = Folder(path)
            if not any(each.exists() for each in (other.conf, other.client, other.connection)):
                continue
            if read_json(other.account).get("cluster") == cluster:
                other.forget_secrets()
                found.append(path)
    return found


def _number(name: str) -> int | None:
    digits = name.removeprefix(PREFIX)
    return int(digits) if name.startswith(PREFIX) and digits.isascii() and digits.isdigit() else None


def write_json(path: Path, value: Mapping[str, Any], *, mode: int = 0o644) -> None:
    """Write a file that is there as a whole, or not at all."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    # Where the folder is another user's, a link there could lead to any file of ours.
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    with os.fdopen(os.open(part, flags, mode), "w", encoding="utf-8") as file:
        json.dump(value, file, indent=2, ensure_ascii=False)
        file.write("\n")
    part.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """Return what such a file says; nothing where it is missing or damaged."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
