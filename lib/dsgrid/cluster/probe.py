"""What ``dsgrid doctor --cluster`` starts on every node: it answers orders, one line of JSON each, until the last.

Standard library only: it also runs where something that dsgrid needs is missing, and says so.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TextIO

from dsgrid.cluster.held_locks import Locks, take
from dsgrid.cluster.node_names import address_of

Answer = dict[str, Any]

# Before each answer: what else a node prints (a greeting, a module's words) is no answer.
MARK: Final = "dsgrid-probe "
PACKAGES: Final = ("pyspark", "pyarrow", "pandas")
PATIENCE: Final = 10.0  # network file systems show to one node after seconds what another has written
_CHUNK: Final = 1 << 20
_AT_ONCE: Final = 32
_SHARE: Final = 8  # no more than this part of what is free is written
# Memory in place of a disk, and disks that other nodes use at the same time.
_FAR: Final = frozenset(
    {"nfs", "nfs4", "lustre", "gpfs", "beegfs", "ceph", "cifs", "fuse.glusterfs", "panfs", "wekafs"}
)


def hello() -> Answer:
    """Return what is installed here."""
    from dsgrid.bundle import bundle_sha256

    packages: dict[str, str | None] = dict.fromkeys(PACKAGES)
    for name in PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            packages[name] = importlib.metadata.version(name)
    version = ".".join(map(str, sys.version_info[:3]))
    return {
        "python": version,
        "executable": sys.executable,
        "dsgrid": bundle_sha256(),
        "packages": packages,
        "host": socket.gethostname(),
        "host_address": address_of(socket.gethostname()),
        **java(),
    }


def java() -> Answer:
    """Return the Java that Spark would start here, and its version as it says it."""
    home = os.environ.get("JAVA_HOME")
    command = shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")
    if command is None:
        return {"java": None, "java_command": f"{home}/bin/java" if home else None}
    try:
        told = subprocess.run([command, "-version"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return {"java": None, "java_command": command}
    found = re.search(r'version "([^"]+)"', told.stderr + told.stdout)
    return {"java": found[1] if found else None, "java_command": command}


def clock() -> Answer:
    """Return what time it is here."""
    return {"time": time.time()}


def scratch(site: str | None, most: int) -> Answer:
    """Return how much room is on this node's own disk, and how fast it takes what is written.

    Parameters
    ----------
    site
        Where the site says that it is.
    most
        How many bytes are written at most; they are removed again.
    """
    from dsgrid.cluster.folder import scratch_folder
    from dsgrid.errors import DsgridError

    try:
        folder = scratch_folder(os.environ, site)
    except DsgridError as error:
        return {"problem": str(error)}
    made: Answer = {"folder": str(folder.parent)}
    try:
        with folder_for_a_while(folder, 0o700):
            free = shutil.disk_usage(folder).free
            size = max(min(most, free // _SHARE) // _CHUNK, 1) * _CHUNK
            return made | {"free": free, "kind": file_system(folder), "size": size, "seconds": _write(folder, size)}
    except OSError as error:
        return made | {"problem": error.strerror or str(error)}


def _write(folder: Path, size: int) -> float:
    path = folder / f"doctor-{os.environ.get('SLURMD_NODENAME', '')}-{secrets.token_hex(4)}"
    # Bytes that no disk makes smaller.
    chunk = os.urandom(_CHUNK)
    try:
        begin = time.perf_counter()
        with path.open("wb") as file:
            for _ in range(size // _CHUNK):
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        return time.perf_counter() - begin
    finally:
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def folder_for_a_while(folder: Path, mode: int = 0o777) -> Iterator[None]:
    """Make a folder where there is none, and remove what was made of it; one that a job uses stays."""
    new = _absent(folder)
    folder.mkdir(mode, parents=True, exist_ok=True)
    try:
        yield
    finally:
        _remove_empty(new)


def _absent(folder: Path) -> list[Path]:
    """Return which of a folder and those above it are not there, the lowest first."""
    return [place for place in (folder, *folder.parents) if not place.exists()]


def _remove_empty(folders: Iterable[Path]) -> None:
    for folder in folders:
        with contextlib.suppress(OSError):  # somebody has put something there meanwhile
            folder.rmdir()


def file_system(path: Path) -> str:
    """Return the kind of the file system that a path is on, as the kernel calls it, or an empty text."""
    try:
        mounts = Path("/proc/self/mounts").read_text(errors="replace")
    except OSError:
        return ""
    return kind_of_mount(str(path.resolve()), mounts)


def kind_of_mount(path: str, mounts: str) -> str:
    """Return the kind of what is mounted where a path is, by the lines of ``/proc/self/mounts``."""
    best, kind = "", ""
    for line in mounts.splitlines():
        _, place, told, *_ = [*line.split(" "), "", "", ""]
        # Blanks and the like are written as octal numbers.
        place = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), place)
        if (path == place or path.startswith(place.rstrip("/") + "/")) and len(place) >= len(best):
            best, kind = place, told
    return kind


def is_far(kind: str) -> bool:
    """Tell whether a kind of file system is one that nodes reach over a network."""
    return kind in _FAR


def listen(address: str) -> Answer:
    """Wait for others on a free port of this node's address; each gets the word back that it says."""
    server = socket.socket()
    try:
        server.bind((address, 0))
    except OSError as error:
        server.close()
        return {"problem": error.strerror or str(error)}
    server.listen()
    threading.Thread(target=_echo, args=(server,), daemon=True).start()
    return {"port": server.getsockname()[1]}


def _echo(server: socket.socket) -> None:
    while True:
        connection, _ = server.accept()
        with contextlib.suppress(OSError), connection:
            connection.settimeout(PATIENCE)
            connection.sendall(connection.recv(64))


def connect(targets: dict[str, tuple[str, int]], patience: float) -> Answer:
    """Say a word to nodes that listen, and tell why it does not come back from some.

    Parameters
    ----------
    targets
        The address and port of each.
    patience
        How long to wait for each, in seconds.
    """
    with ThreadPoolExecutor(min(len(targets), _AT_ONCE) or 1) as pool:
        failed = pool.map(lambda target: _why_not(target[0], target[1], patience), targets.values())
        return {"failed": {name: why for name, why in zip(targets, failed, strict=True) if why}}


def _why_not(address: str, port: int, patience: float) -> str:
    word = secrets.token_hex(16).encode()
    try:
        with socket.create_connection((address, port), timeout=patience) as connection:
            connection.sendall(word)
            heard = connection.recv(64)
    except OSError as error:
        return error.strerror or str(error)
    return "" if heard == word else "something else answers there"


def write(folder: str, name: str, text: str) -> Answer:
    """Write a small file for other nodes to see; tell which folders were not there before."""
    place = Path(folder)
    made: Answer = {"new": [str(each) for each in _absent(place)]}
    try:
        place.mkdir(parents=True, exist_ok=True)
        with (place / name).open("x") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        made["problem"] = error.strerror or str(error)
    return made


def remove(folder: str, new: list[str]) -> Answer:
    """Remove a folder that was written to, and of the new ones those in which nothing else is."""
    shutil.rmtree(folder, ignore_errors=True)
    _remove_empty(map(Path, new))
    return {}


def see(texts: dict[str, str], patience: float) -> Answer:
    """Return which files are not seen here with their texts, and how many seconds it took to see those that are."""
    begin = time.monotonic()
    left = dict(texts)
    while True:
        left = {path: text for path, text in left.items() if _text_of(path) != text}
        waited = time.monotonic() - begin
        if not left or waited > patience:
            return {"unseen": sorted(left), "seconds": waited}
        time.sleep(0.1)


def _text_of(path: str) -> str | None:
    try:
        # Listing the folder makes a network file system look again.
        os.listdir(os.path.dirname(path))
        return Path(path).read_text()
    except OSError:
        return None


def serve(orders: TextIO, answers: TextIO) -> None:
    """Answer orders until there are none.

    An order is a line of JSON: ``{"order": "see", "texts": ...}``. What goes wrong with one is its answer.
    """
    locks = Locks()
    known: dict[str, Callable[..., Answer]] = {
        each.__name__: each
        for each in (hello, clock, scratch, listen, connect, write, see, remove, take, locks.hold, locks.release)
    }
    for line in orders:
        given = json.loads(line)
        number, order = given.pop("number", None), given.pop("order")
        try:
            answer = known[order](**given)
        except Exception as error:  # the one who asks has to hear of it, whatever it is
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(MARK + json.dumps({"number": number, **answer}) + "\n")
        answers.flush()
    locks.release()


if __name__ == "__main__":
    serve(sys.stdin, sys.stdout)
