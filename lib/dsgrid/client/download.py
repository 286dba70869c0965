"""Files of a server, fetched whole or not at all: what was cut goes on where it stopped, and contents are checked."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from dsgrid.client.address import in_path
from dsgrid.client.transport import Transport
from dsgrid.errors import DsgridError, ServerError, StorageError

_TRIES: Final = 6


@dataclass(frozen=True)
class RemoteFile:
    """A file of a server.

    Parameters
    ----------
    path
        Where it is for the API.
    name
        What it is called here, relative to a folder.
    bytes, sha256
        What it has to be; None where that is not known beforehand.
    """

    path: str
    name: str
    bytes: int | None = None
    sha256: str | None = None


def fetch(way: Transport, file: RemoteFile, target: Path) -> None:
    """Write a file of a server to a path; what an earlier try has left there is gone on with.

    Raises
    ------
    StorageError
        If this disk refuses, or what came is not what the server promised, twice.
    ServerError
        If the connection breaks again and again.
    """
    for again in (False, True):
        _fetch(way, file, target)
        wrong = _wrong(file, target)
        if wrong is None:
            return
        target.unlink(missing_ok=True)
        tag_file(target).unlink(missing_ok=True)
        if again:
            raise StorageError(f"{file.name} of {way.address} is not what it should be: {wrong}")


def tag_file(target: Path) -> Path:
    """Return the file that keeps what a half of a file is half of."""
    return target.with_name(f"{target.name}.etag")


def _fetch(way: Transport, file: RemoteFile, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    failure: DsgridError | None = None
    before = -1
    tries = 0
    while tries < _TRIES:
        have = target.stat().st_size if target.exists() else 0
        if file.bytes is not None and have == file.bytes:
            return
        # As long as something comes, it is worth going on.
        tries = 0 if have > before else tries + 1
        before = have
        if failure is not None:
            time.sleep(min(0.1 * 2**tries, 5.0))
        try:
            if _fetch_rest(way, file, target, have):
                return
        except ServerError as error:
            failure = error
    raise failure or ServerError(f"{way.address} does not send all of {file.name}")


def _fetch_rest(way: Transport, file: RemoteFile, target: Path, have: int) -> bool:
    """Fetch what is missing of a file; tell whether that was all."""
    tag = _kept_tag(file, target)
    headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
    if have and tag:
        headers |= {"Range": f"bytes={have}-", "If-Range": tag}
    with way.stream("GET", file.path, headers=headers, expected=frozenset({416})) as response:
        if response.status_code == 416:
            # There is nothing behind what is here: it is all, or something else.
            return True
        goes_on = response.status_code == 206 and response.headers.get("content-range", "").startswith(f"bytes {have}-")
        if response.status_code == 206 and not goes_on:
            raise ServerError(f"{way.address} sends another part of {file.name} than was asked for")
        found = response.headers.get("etag", "")
        try:
            if found and not found.startswith("W/"):
                tag_file(target).write_text(found, encoding="ascii")
            else:
                tag_file(target).unlink(missing_ok=True)
            with target.open("ab" if goes_on else "wb") as opened:
                try:
                    # As they come: what is collected into larger pieces is lost when the connection breaks.
                    for chunk in response.iter_bytes():
                        opened.write(chunk)
                except httpx.HTTPError as error:
                    raise way.broken(error) from None
                finally:
                    opened.flush()
                os.fsync(opened.fileno())
        except OSError as error:
            raise StorageError(f"{target}: {error.strerror}") from None
    return True


def _kept_tag(file: RemoteFile, target: Path) -> str:
    try:
        return tag_file(target).read_text(encoding="ascii")
    except (OSError, ValueError):
        return f'"{file.sha256}"' if file.sha256 else ""


def _wrong(file: RemoteFile, path: Path) -> str | None:
    size = path.stat().st_size
    if file.bytes is not None and size != file.bytes:
        return f"it has {size:,} bytes instead of {file.bytes:,}"
    if file.sha256 is not None:
        with path.open("rb") as opened:
            found = hashlib.file_digest(opened, "sha256").hexdigest()
        if found != file.sha256:
            return "its checksum is another one"
    return None


def files_of(documents: Any, path: str) -> list[RemoteFile]:
    """Return the files that a listing of the server names.

    Raises
    ------
    ServerError
        For a name that would lead out of the folder that it is written into.
    """
    if isinstance(documents, Mapping):
        documents = documents.get("items")
    if not isinstance(documents, list):
        raise ServerError("the server does not say which files there are")
    found = []
    for one in documents:
        name = str(one["path"])
        parts = name.split("/")
        if name.startswith("/") or any(part in ("", ".", "..") or "\\" in part or "\0" in part for part in parts):
            raise ServerError(f"the server names a file that is none: {name!r}")
        found.append(RemoteFile(f"{path}/{in_path(name, 'a file')}", name, one.get("bytes"), one.get("sha256")))
    return found
