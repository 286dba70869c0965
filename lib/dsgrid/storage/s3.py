"""A place in an S3 bucket, with the methods of `pathlib.Path` that dsgrid uses.

The client is pyarrow's, which the core has anyway. An object store has no folders: a "folder" is what names begin
with, it is there as soon as a file is in it, and a file appears whole when it is closed.
"""

from __future__ import annotations

import errno
import io
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, Any

from dsgrid.errors import NotFoundError, UsageError
from dsgrid.storage.failures import storage_errors
from dsgrid.storage.settings import ATTEMPTS, endpoint_url, for_pyarrow
from dsgrid.storage.stream import Stream

if TYPE_CHECKING:
    import pyarrow.fs

_URL = re.compile(r"s3[an]?://([^/]*)(?:/(.*))?", re.S)
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]+")


@dataclass(frozen=True)
class Stat:
    """What is known of an object: its size, and when it was written (since 1970)."""

    st_size: int
    st_mtime_ns: int = 0

    @property
    def st_mtime(self) -> float:
        """Seconds since 1970."""
        return self.st_mtime_ns / 1e9


@dataclass(frozen=True, order=True)
class S3Path:
    """A bucket and a key, without a slash at either end of the key."""

    bucket: str
    key: str = ""

    @classmethod
    def of(cls, url: str) -> S3Path:
        """Return the place that ``s3://bucket/key`` names (``s3a://``, as Hadoop writes it, is the same).

        Raises
        ------
        UsageError
            If it names no bucket, or its key holds ``.`` or ``..``: an object store does not know what they mean.
        """
        found = _URL.fullmatch(url)
        bucket, key = (found[1], found[2] or "") if found else ("", "")
        if not _BUCKET.fullmatch(bucket):
            raise UsageError(f'"{url}" is no place on S3, such as s3://bucket/prefix')
        parts = [part for part in key.split("/") if part]
        if any(part in (".", "..") for part in parts):
            raise UsageError(f'"{url}": a place on S3 cannot be named with "." or ".."')
        return cls(bucket, "/".join(parts))

    # Names -----------------------------------------------------------------------------------------------------------

    def __str__(self) -> str:
        return f"s3://{self.arrow}"

    @property
    def arrow(self) -> str:
        """``bucket/key``, as pyarrow's client calls it."""
        return f"{self.bucket}/{self.key}" if self.key else self.bucket

    def __truediv__(self, name: str | PurePosixPath) -> S3Path:
        return S3Path.of(f"{self}/{PurePosixPath(name).as_posix()}")

    @property
    def name(self) -> str:
        """The last part of the key; that of a whole bucket is empty."""
        return PurePosixPath(self.key).name

    @property
    def stem(self) -> str:
        """The name without its ending."""
        return PurePosixPath(self.key).stem

    @property
    def suffix(self) -> str:
        """The ending of the name, such as ``.parquet``."""
        return PurePosixPath(self.key).suffix

    @property
    def parts(self) -> tuple[str, ...]:
        """The bucket and the parts of the key."""
        return (self.bucket, *PurePosixPath(self.key).parts)

    @property
    def parent(self) -> S3Path:
        """One level up; that of a bucket is the bucket."""
        return S3Path(self.bucket, self.key.rpartition("/")[0])

    @property
    def parents(self) -> tuple[S3Path, ...]:
        """All levels above, the nearest first, the bucket last."""
        found = [self]
        while found[-1].key:
            found.append(found[-1].parent)
        return tuple(found[1:])

    def with_name(self, name: str) -> S3Path:
        """Return the place beside this one with another name."""
        return self.parent / name

    def as_posix(self) -> str:
        """Return the URL."""
        return str(self)

    def relative_to(self, other: S3Path) -> PurePosixPath:
        """Return the way from a place above to this one."""
        if other.bucket != self.bucket:
            raise ValueError(f"{self} is not below {other}")
        return PurePosixPath(self.key).relative_to(other.key)

    def absolute(self) -> S3Path:
        """Return this: a URL is absolute."""
        return self

    def is_absolute(self) -> bool:
        """Return True."""
        return True

    def resolve(self) -> S3Path:
        """Return this: there are no links."""
        return self

    # What is there ---------------------------------------------------------------------------------------------------

    def _info(self) -> pyarrow.fs.FileInfo:
        with storage_errors(self):
            return filesystem().get_file_info(self.arrow)

    def exists(self) -> bool:
        """Say whether there is an object of this name, or one below it."""
        return self._info().type.name != "NotFound"

    def is_file(self) -> bool:
        """Say whether there is an object of this name."""
        return self._info().type.name == "File"

    def is_dir(self) -> bool:
        """Say whether there is an object below this name (or such a bucket)."""
        return self._info().type.name == "Directory"

    def stat(self) -> Stat:
        """Return the size and the time of an object."""
        info = self._info()
        if info.type.name == "NotFound":
            raise self._absent()
        return Stat(info.size or 0, info.mtime_ns or 0)

    def iterdir(self) -> Iterator[S3Path]:
        """Yield what is directly below."""
        yield from (path for path, _ in self.entries())

    def entries(self) -> list[tuple[S3Path, Stat | None]]:
        """Return what is directly below, with its size and time; a folder has none."""
        return list(self._below(recursive=False))

    def files(self) -> list[tuple[S3Path, Stat]]:
        """Return every object below with its size and time: one request for a thousand of them."""
        return [(path, stat) for path, stat in self._below(recursive=True) if stat is not None]

    def _below(self, recursive: bool) -> Iterator[tuple[S3Path, Stat | None]]:
        from pyarrow.fs import FileSelector, FileType

        with storage_errors(self):
            found = filesystem().get_file_info(FileSelector(self.arrow, allow_not_found=True, recursive=recursive))
        for info in found:
            stat = Stat(info.size or 0, info.mtime_ns or 0)
            bucket, _, key = info.path.partition("/")
            yield S3Path(bucket, key.strip("/")), stat if info.type == FileType.File else None

    # Contents --------------------------------------------------------------------------------------------------------

    def open(
        self, mode: str = "r", encoding: str | None = None, newline: str | None = None, errors: str | None = None
    ) -> IO[Any]:
        """Open an object to read it, or to write it anew: it appears when it is closed."""
        kind = mode.replace("t", "").replace("b", "")
        if kind not in ("r", "w"):
            raise ValueError(f"an object of S3 is opened with r or w, not {mode}")
        raw: Any = Stream(self.arrow_input() if kind == "r" else self.arrow_output(), self)
        buffered: Any = io.BufferedReader(raw, 1 << 20) if kind == "r" else io.BufferedWriter(raw, 1 << 20)
        return buffered if "b" in mode else io.TextIOWrapper(buffered, encoding or "utf-8", errors, newline)

    def arrow_input(self) -> Any:
        """Return an object as pyarrow reads it: only the bytes that are asked for travel."""
        with storage_errors(self):
            try:
                return filesystem().open_input_file(self.arrow)
            except FileNotFoundError:
                self.require_bucket()
                raise self._absent() from None

    def arrow_output(self) -> Any:
        """Return an object as pyarrow writes it."""
        with storage_errors(self):
            return filesystem().open_output_stream(self.arrow)

    def read_bytes(self) -> bytes:
        """Return the whole object."""
        with storage_errors(self), self.arrow_input() as stream:
            return bytes(stream.read())

    def read_text(self, encoding: str = "utf-8") -> str:
        """Return the whole object as text."""
        return self.read_bytes().decode(encoding)

    def write_bytes(self, data: bytes) -> None:
        """Write an object; readers see the old one or the new one."""
        with storage_errors(self), self.arrow_output() as stream:
            stream.write(data)

    def write_text(self, text: str, encoding: str = "utf-8") -> None:
        """Write an object of text."""
        self.write_bytes(text.encode(encoding))

    def mkdir(self, mode: int = 0o777, parents: bool = False, exist_ok: bool = False) -> None:
        """Do nothing: what names begin with is no thing of its own."""

    def unlink(self, missing_ok: bool = False) -> None:
        """Remove an object."""
        with storage_errors(self):
            try:
                filesystem().delete_file(self.arrow)
            except FileNotFoundError:
                if not missing_ok:
                    raise self._absent() from None

    def remove_all(self) -> None:
        """Remove every object below this name."""
        if not self.key:
            raise UsageError(f"{self} is a whole bucket; dsgrid does not empty one")
        with storage_errors(self):
            filesystem().delete_dir_contents(self.arrow, missing_dir_ok=True, accept_root_dir=False)
            # pyarrow leaves an empty object in the place of a folder that it emptied.
            if filesystem().get_file_info(self.arrow).type.name == "Directory":
                filesystem().delete_dir(self.arrow)

    def copy_to(self, target: S3Path) -> None:
        """Copy an object inside the store: the bytes do not travel through this machine."""
        with storage_errors(self):
            filesystem().copy_file(self.arrow, target.arrow)

    def _absent(self) -> FileNotFoundError:
        return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self))

    def require_bucket(self) -> None:
        """Raise an error where there is no such bucket, no server, or no right to it."""
        if not S3Path(self.bucket).exists():
            raise NotFoundError(f"{self}: {endpoint_url() or 'Amazon S3'} has no bucket {self.bucket}")


_clients: dict[tuple[tuple[str, str], ...], pyarrow.fs.S3FileSystem] = {}


def filesystem() -> pyarrow.fs.S3FileSystem:
    """Return pyarrow's client for what the environment says now."""
    from pyarrow.fs import AwsStandardS3RetryStrategy, S3FileSystem

    now = tuple(sorted((name, value) for name, value in os.environ.items() if name.startswith("AWS_")))
    if now not in _clients:
        # Small files are written in one request; what fails then fails when the file is closed.
        _clients[now] = S3FileSystem(
            retry_strategy=AwsStandardS3RetryStrategy(max_attempts=ATTEMPTS), allow_delayed_open=True, **for_pyarrow()
        )
    return _clients[now]
