"""One server for each state folder: a lock that ends with its process, and a file that says where the server is."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from dsgrid.api.state.database import require_ours
from dsgrid.api.state.private_folder import require_private
from dsgrid.errors import RegistryLockedError, StorageError, UsageError
from dsgrid.operations.run_history import process_start

LOCK: Final = "server.lock"
ADDRESS: Final = "server.json"


@contextmanager
def locked_state(folder: Path) -> Iterator[None]:
    """Hold the state folder, which is made where there is none; nobody but its user may read it.

    Raises
    ------
    UsageError
        Others may read it, or it is somebody else's.
    RegistryError
        It is the folder of something else.
    RegistryLockedError
        Another server has it.
    StorageError
        It cannot be made, or nothing can be written in it.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; the state of a server is a folder")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        require_private(folder)
        require_ours(folder)
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StorageError(f"the state folder {folder} cannot be used: {error.strerror}") from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RegistryLockedError(_taken(folder, descriptor)) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()} {platform.node()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def told_address(folder: Path, where: Mapping[str, Any]) -> Iterator[None]:
    """Say in the state folder where the server is, for as long as it is there."""
    path = folder / ADDRESS
    pid = os.getpid()
    document = {**where, "pid": pid, "process": process_start(pid), "host": platform.node()}
    new = path.with_name(f"{ADDRESS}.{pid}")
    new.write_bytes(json.dumps(document, indent=2).encode() + b"\n")
    new.chmod(0o600)
    new.replace(path)
    try:
        yield
    finally:
        forget_address(folder)


def read_address(folder: Path) -> dict[str, Any] | None:
    """Return what the server of a state folder said of itself; None where there is none."""
    try:
        document = json.loads((folder / ADDRESS).read_bytes())
    except (OSError, ValueError):
        return None
    return document if isinstance(document, dict) else None


def forget_address(folder: Path) -> None:
    """Say nothing any more, unless another process has begun to."""
    document = read_address(folder)
    if document is not None and document.get("pid") == os.getpid():
        with contextlib.suppress(OSError):
            (folder / ADDRESS).unlink()


def _taken(folder: Path, descriptor: int) -> str:
    words = os.pread(descriptor, 300, 0).decode("utf-8", "replace").split()
    who = f" (process {words[0]} on {words[1]})" if len(words) == 2 else ""
    address = read_address(folder)
    where = f", at {address['url']}" if address is not None and str(address.get("pid")) == "".join(words[:1]) else ""
    return f"another server{who} has the state folder {folder}{where}; it has to end first, or name another --state"
