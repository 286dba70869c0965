"""Files as answers: only those that a manifest names, with ranges, and with tags by which clients know them again."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import formatdate, parsedate_to_datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final
from urllib.parse import quote

from fastapi import Request
from starlette.responses import Response

from dsgrid.api.answers import etags
from dsgrid.api.answers.negotiation import CSV, PARQUET, TEXT, content_type
from dsgrid.api.answers.ranges import RangeError, parts, spans
from dsgrid.api.answers.sending import FileAnswer
from dsgrid.api.problems.problems import ApiError
from dsgrid.errors import did_you_mean
from dsgrid.storage.location import Location

_TYPES: Final[Mapping[str, str]] = {
    ".parquet": PARQUET,
    ".csv": CSV,
    ".arrow": "application/vnd.apache.arrow.file",
    ".txt": TEXT,
    ".json": "application/json",
}


def answer_known(request: Request, tag: str, changed: float | None = None) -> Response | None:
    """Return the answer to who has this already; None for who has not.

    Parameters
    ----------
    tag
        The entity tag of the answer.
    changed
        When it was changed, in seconds since 1970.

    Raises
    ------
    ApiError
        412 where something else is expected than this.
    """
    headers = request.headers
    if etags.fails(headers, tag) or (
        "if-match" not in headers and _is_newer(headers.get("if-unmodified-since"), changed)
    ):
        raise ApiError(412, "precondition failed", "it is not what the request expects any more: read it again")
    if "if-none-match" in headers:
        is_known = etags.is_known(headers, tag)
    else:
        since = headers.get("if-modified-since")
        is_known = since is not None and changed is not None and _is_newer(since, changed) is False
    return Response(status_code=304, headers=_kept(tag)) if is_known else None


def answer_file(
    request: Request, folder: Location, files: Mapping[str, Mapping[str, Any]], path: str, name: str = ""
) -> Response:
    """Return a file of a folder, or the bytes of it that are asked for.

    Parameters
    ----------
    files
        What the manifest says of the files, by their paths; no other file is there.
    name
        What the file is to be called at the client.

    Raises
    ------
    ApiError
        404 for a file that the manifest does not name, 410 for one that is not there any more.
    """
    told = files.get(path)
    pure = PurePosixPath(path)
    if told is None or pure.is_absolute() or ".." in pure.parts:
        raise ApiError(404, "not found", f'the result has no file "{path[:200]}"{did_you_mean(path[:200], files)}')
    place = folder / path
    assert isinstance(place, Path)
    with checked(place, int(told["bytes"])) as file:
        media_type = _TYPES.get(place.suffix, "application/octet-stream")
        return file.answer(request, f'"{told["sha256"]}"', media_type, name or pure.name)


class OpenFile:
    """A file that is open, and what the file system says of it."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.told = os.fstat(file.fileno())
        self.is_taken = False

    def answer(self, request: Request, tag: str, media_type: str, name: str) -> Response:
        """Return the file as an answer, which closes it."""
        size = self.told.st_size
        changed = float(int(self.told.st_mtime))
        known = answer_known(request, tag, changed)
        if known is not None:
            return known
        last = formatdate(changed, usegmt=True)
        headers = {
            **_kept(tag),
            "Accept-Ranges": "bytes",
            "Last-Modified": last,
            "Content-Disposition": disposition(name),
        }
        said = request.headers.get("if-range")
        is_same = etags.allows_range(request.headers, tag) or (said is not None and said.strip() == last)
        asked = ", ".join(request.headers.getlist("range")) or None
        try:
            wanted = spans(asked, size) if request.method == "GET" and is_same else ()
        except RangeError as error:
            told = {"Content-Range": f"bytes */{size}", "Accept-Ranges": "bytes"}
            raise ApiError(416, "range not satisfiable", str(error), headers=told) from None
        self.is_taken = True
        kind = content_type(media_type)
        if len(wanted) < 2:
            return FileAnswer(self.file, size, headers, kind, wanted)
        boundary = secrets.token_hex(16)
        heads, tail = parts(wanted, size, kind, boundary)
        body = (heads, tail, f"multipart/byteranges; boundary={boundary}")
        return FileAnswer(self.file, size, headers, kind, wanted, body)


@contextmanager
def checked(path: Path, size: int | None = None) -> Iterator[OpenFile]:
    """Open a file that is to be sent, and close it where it is not.

    Parameters
    ----------
    size
        That it has to have.

    Raises
    ------
    ApiError
        410 where it is not there any more, 502 where it is not whole.
    """
    try:
        file = open(path, "rb", buffering=0)  # noqa: SIM115 - the answer closes it
    except (FileNotFoundError, NotADirectoryError):
        raise ApiError(410, "gone", f"{path.name} was removed since; hand the job in again") from None
    opened = OpenFile(file)
    try:
        if size is not None and opened.told.st_size != size:
            raise ApiError(
                502,
                "storage fails",
                f"the file {path.name} has {opened.told.st_size:,} bytes on the server's disk, and {size:,} when it "
                "was written; ask the query again",
            )
        yield opened
    finally:
        if not opened.is_taken:
            file.close()


def disposition(name: str) -> str:
    """Return the header that tells a browser to save a file, and under which name."""
    plain = "".join(mark if mark.isascii() and (mark.isalnum() or mark in " -_.=") else "_" for mark in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _kept(tag: str) -> dict[str, str]:
    return {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Accept, Authorization"}


def _is_newer(date: str | None, changed: float | None) -> bool | None:
    """Return whether something was changed after a date; None where that cannot be told."""
    if date is None or changed is None:
        return None
    try:
        return changed > parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
