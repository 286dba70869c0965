"""Configuration files as read: JSON or JSON5, with the place of every value."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsgrid.errors import NotFoundError, Problem, SpecError, UsageError


@dataclass(frozen=True)
class Entry:
    """A value of a configuration file, and where it stands.

    Parameters
    ----------
    value
        A plain dict, list, str, int, float, bool or None.
    file
        The file it was read from; relative paths in the file resolve against its folder.
    path
        Keys and list positions from the top of the file to the value.
    """

    value: Any
    file: Path
    path: tuple[str | int, ...] = ()

    def __getitem__(self, key: str | int) -> Entry:
        """Return a child; a missing key is an error that names the file."""
        try:
            child = self.value[key]
        except (KeyError, IndexError, TypeError):
            raise self.error(f'the key "{key}" is missing') from None
        return Entry(child, self.file, (*self.path, key))

    def get(self, *keys: str) -> Entry | None:
        """Return the first child that is present and not null. Several keys: the names a field had over the years."""
        for key in keys:
            if isinstance(self.value, dict) and self.value.get(key) is not None:
                return self[key]
        return None

    def scalar(self, *keys: str, default: Any = None) -> Any:
        """Return the plain value of the first child that is present, or `default`."""
        child = self.get(*keys)
        return default if child is None else child.value

    def text(self, *keys: str, default: str = "") -> str:
        """Return a child's text without surrounding blanks, as the existing system reads it."""
        return str(self.scalar(*keys, default=default)).strip()

    @property
    def text_value(self) -> str:
        """The value itself as text, without surrounding blanks."""
        return str(self.value).strip()

    def entries(self, key: str) -> tuple[Entry, ...]:
        """Return the children of a list, or nothing when the key is absent or null."""
        child = self.get(key)
        return () if child is None else tuple(child)

    def items(self) -> Iterator[tuple[str, Entry]]:
        """Iterate over the children of an object."""
        if not isinstance(self.value, dict):
            raise self.error("an object is expected here")
        for key in self.value:
            yield key, self[key]

    def __iter__(self) -> Iterator[Entry]:
        if not isinstance(self.value, list):
            raise self.error("a list is expected here")
        for position in range(len(self.value)):
            yield self[position]

    @property
    def key(self) -> str:
        """The place inside the file, such as ``datasets[0].dataset_id``."""
        text = ""
        for part in self.path:
            text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
        return text

    def problem(self, message: str) -> Problem:
        """Return a problem that names this place."""
        return Problem(message, where=str(self.file), key=self.key)

    def error(self, message: str) -> SpecError:
        """Return an error that names this place."""
        return SpecError(self.problem(message))

    def resolve(self, folder: Path | None = None) -> Path:
        """Return the value as an absolute path: relative ones start at `folder`, or at the folder of the file."""
        return ((folder or self.file.parent) / str(self.value).strip()).resolve()

    def existing(self, folder: Path | None = None) -> Path:
        """Return `resolve`, which has to exist."""
        path = self.resolve(folder)
        if not path.exists():
            raise NotFoundError(self.problem(f"{path} does not exist"))
        return path


def read(path: str | Path) -> Entry:
    """Read a configuration file.

    JSON is tried first: it is a part of JSON5, and its reader is some hundred times faster.
    """
    file = Path(path).resolve()
    if not file.is_file():
        raise NotFoundError(Problem("the file does not exist", where=str(file)))
    text = file.read_text(encoding="utf-8-sig")
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        value = _read_json5(text, file)
    if not isinstance(value, dict):
        raise SpecError(Problem("an object is expected at the top of the file", where=str(file)))
    return Entry(value, file)


def _read_json5(text: str, file: Path) -> Any:
    try:
        import json5
    except ImportError:
        message = "reading JSON5 needs the package json5: pip install 'dsgrid[import]'"
        raise UsageError(Problem(message, where=str(file))) from None
    try:
        return json5.loads(text)
    except ValueError as error:
        raise SpecError(Problem(f"this is no JSON5: {error}", where=str(file))) from None
