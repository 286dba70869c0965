"""An open object of a store, as Python's own files are used."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from dsgrid.storage.failures import storage_errors

if TYPE_CHECKING:
    from dsgrid.storage.s3 import S3Path


class Stream(io.RawIOBase):
    """A stream of pyarrow's whose errors say which object and which store failed."""

    def __init__(self, stream: Any, path: S3Path) -> None:
        self._stream, self._path = stream, path

    def readable(self) -> bool:
        return bool(self._stream.readable())

    def writable(self) -> bool:
        return bool(self._stream.writable())

    def seekable(self) -> bool:
        return bool(self._stream.seekable())

    def seek(self, position: int, whence: int = 0) -> int:
        return int(self._stream.seek(position, whence))

    def tell(self) -> int:
        return int(self._stream.tell())

    def readinto(self, buffer: Any) -> int:
        with storage_errors(self._path):
            return int(self._stream.readinto(buffer))

    def write(self, data: Any) -> int:
        with storage_errors(self._path):
            self._stream.write(data)
        return len(data)

    def close(self) -> None:
        if not self.closed:
            with storage_errors(self._path):
                self._stream.close()
        super().close()
