"""Rows put aside in parts that fit into memory: equal keys of both tables are in the same part."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from dsgrid.errors import StorageError
from dsgrid.query.comparison.rows import Rows

# Rows of both tables that are compared at once: some 300 MB.
PART: Final = 4_000_000
MOST: Final = 256  # parts: so many files of each table are open


class Shards:
    """The rows of two tables; those of many rows in files, which are gone when it is closed.

    Parameters
    ----------
    keys
        How many keys rows have.
    rows
        About how many rows there will be.
    part
        How many of them are compared at once.
    """

    def __init__(self, keys: int, rows: int, part: int = PART) -> None:
        self.count = min(MOST, max(1, -(-rows // part)))
        self._keys = keys
        self._record = np.dtype([("keys", "<i4", (keys,)), ("unit", "<i4"), ("value", "<f8")])
        self._memory: dict[str, list[Rows]] = {"A": [], "B": []}
        self._folder = tempfile.TemporaryDirectory(prefix="dsgrid-") if self.count > 1 else None
        self._files: dict[tuple[str, int], Any] = {}

    def __enter__(self) -> Shards:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._files.values():
            file.close()
        if self._folder is not None:
            self._folder.cleanup()

    def add(self, letter: str, rows: Rows) -> None:
        """Put rows of the table ``A`` or ``B`` aside."""
        if self._folder is None:
            self._memory[letter].append(rows)
            return
        parts = self._parts(rows)
        order = np.argsort(parts, kind="stable")
        records = np.empty(len(rows), self._record)
        for place, codes in enumerate(rows.keys):
            records["keys"][:, place] = codes[order]
        records["unit"], records["value"] = rows.units[order], rows.values[order]
        ends = np.cumsum(np.bincount(parts, minlength=self.count))
        try:
            for part, (begin, end) in enumerate(zip([0, *ends[:-1]], ends, strict=True)):
                if end > begin:
                    self._file(letter, part).write(records[begin:end].data)
        except OSError as error:
            raise StorageError(
                f"{self._folder.name}: {os.strerror(error.errno or 0)}; rows are put aside there while they are "
                "compared: TMPDIR=FOLDER says where else"
            ) from None

    def _parts(self, rows: Rows) -> npt.NDArray[np.uint16]:
        mixed = np.zeros(len(rows), np.uint64)
        for codes in rows.keys:
            mixed = (mixed + codes.astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(29)
        return (mixed % np.uint64(self.count)).astype(np.uint16)

    def _file(self, letter: str, part: int) -> Any:
        if (letter, part) not in self._files:
            self._files[letter, part] = self._path(letter, part).open("wb")
        return self._files[letter, part]

    def _path(self, letter: str, part: int) -> Path:
        assert self._folder is not None
        return Path(self._folder.name) / f"{letter}-{part}"

    def parts(self) -> Iterator[tuple[Rows, Rows]]:
        """Yield the rows of both tables, part by part; each part can be had once."""
        if self._folder is None:
            yield self._gathered("A"), self._gathered("B")
            return
        for file in self._files.values():
            file.flush()
        for part in range(self.count):
            yield self._read("A", part), self._read("B", part)

    def _gathered(self, letter: str) -> Rows:
        pieces, self._memory[letter] = self._memory[letter], []
        if len(pieces) == 1:
            return pieces[0]
        if not pieces:
            return Rows([np.zeros(0, np.int32)] * self._keys, np.zeros(0), np.zeros(0, np.int32))
        keys = [np.concatenate([piece.keys[place] for piece in pieces]) for place in range(self._keys)]
        values = np.concatenate([piece.values for piece in pieces])
        return Rows(keys, values, np.concatenate([piece.units for piece in pieces]))

    def _read(self, letter: str, part: int) -> Rows:
        path = self._path(letter, part)
        records = np.fromfile(path, self._record) if path.exists() else np.empty(0, self._record)
        path.unlink(missing_ok=True)
        keys = [np.ascontiguousarray(records["keys"][:, place]) for place in range(self._keys)]
        return Rows(keys, np.ascontiguousarray(records["value"]), np.ascontiguousarray(records["unit"]))
