"""Text files that are compressed as a whole, such as ``load_data.csv.gz``: read as they are unpacked, block by block.

Parquet is compressed inside, and needs nothing of this.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePath
from typing import IO, TYPE_CHECKING, Any

from dsgrid.errors import DataError, Problem
from dsgrid.spec.node import shown
from dsgrid.storage.location import arrow_input, storage_errors

if TYPE_CHECKING:
    from dsgrid.storage.location import Location

# Endings and what pyarrow calls them.
CODECS = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd"}


def codec(path: Location) -> str:
    """Return how a file is compressed; empty when it is not."""
    return CODECS.get(path.suffix.lower(), "")


def ending(path: Location) -> str:
    """Return the ending that says the format: ``.csv`` of ``load_data.csv`` and of ``load_data.csv.gz``."""
    return (PurePath(path.stem).suffix if codec(path) else path.suffix).lower()


def arrow_stream(path: Location) -> Any:
    """Return what pyarrow reads the unpacked bytes from."""
    import pyarrow as pa

    if not codec(path):
        return arrow_input(path)
    # Of a name alone pyarrow would see how the file is compressed, of an open object of a store it would not.
    return pa.CompressedInputStream(pa.input_stream(arrow_input(path), compression=None), codec(path))


@contextmanager
def binary_file(path: Location) -> Iterator[IO[bytes]]:
    """Open the unpacked bytes of a file.

    Raises
    ------
    DataError
        For a compressed file that is damaged.
    """
    with unpacking(path):
        opened: Any = io.BufferedReader(arrow_stream(path)) if codec(path) else path.open("rb")
        with opened as file:
            yield file


@contextmanager
def text_file(path: Location, newline: str | None = None) -> Iterator[IO[str]]:
    """Open a text file of UTF-8, with or without a mark at its beginning; see `binary_file`."""
    with binary_file(path) as file, io.TextIOWrapper(file, encoding="utf-8-sig", newline=newline) as text:
        yield text


@contextmanager
def unpacking(path: Location) -> Iterator[None]:
    """Say which compressed file is damaged; of other files errors pass as they are."""
    try:
        with storage_errors(path):
            yield
    except OSError as error:
        if not codec(path) or error.errno is not None:
            raise
        message = f"the file is damaged, or not compressed by {codec(path)} as its name says ({_first_line(error)})"
        raise DataError(Problem(message, shown(path))) from None


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
