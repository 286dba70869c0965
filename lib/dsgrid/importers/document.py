"""Configuration files as read: JSON or JSON5, with the place of every value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dsgrid.errors import NotFoundError, Problem, SpecError
from dsgrid.importers.text import Text
from dsgrid.spec.fence import NOWHERE, may_read


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
    source
        The text of the file, which knows lines; None for what was made in memory.
    grafts
        Values below this one that came from other files, by their path here; they know their own place.
    """

    value: Any
    file: Path
    path: tuple[str | int, ...] = ()
    source: Text | None = field(default=None, compare=False, repr=False)
    grafts: Mapping[tuple[str | int, ...], Entry] = field(default_factory=dict, compare=False, repr=False)

    def __getitem__(self, key: str | int) -> Entry:
        """Return a child; a missing key is an error that names the file."""
        if isinstance(key, str) and not isinstance(self.value, dict):
            raise self.error(f"an object is expected here, found {shown(self.value)}")
        try:
            child = self.value[key]
        except (KeyError, IndexError, TypeError):
            raise self.error(f'the key "{key}" is missing') from None
        path = (*self.path, key)
        return self.grafts.get(path) or Entry(child, self.file, path, self.source, self.grafts)

    def with_value(self, value: Any) -> Entry:
        """Return another value that stands at this place."""
        return Entry(value, self.file, self.path, self.source, self.grafts)

    def get(self, *keys: str) -> Entry | None:
        """Return the first child that is present and not null. Several keys: the names a field had over the years."""
        for key in keys:
            if isinstance(self.value, dict) and self.value.get(key) is not None:
                return self[key]
        return None

    def get_object(self, *keys: str) -> Entry | None:
        """Return `get`, which has to be an object."""
        child = self.get(*keys)
        if child is not None and not isinstance(child.value, dict):
            raise child.error(f"an object is expected here, found {shown(child.value)}")
        return child

    def scalar(self, *keys: str, default: Any = None) -> Any:
        """Return the plain value of the first child that is present, or `default`; it is no list and no object."""
        child = self.get(*keys)
        return default if child is None else child.plain

    def says(self, key: str) -> bool:
        """Return whether a child says anything: it is there, and neither null, false, zero, nor empty."""
        child = self.get(key)
        return child is not None and bool(child.value)

    def flag(self, *keys: str, default: bool = False) -> bool:
        """Return a child that is true or false, or `default`."""
        child = self.get(*keys)
        if child is None:
            return default
        if not isinstance(child.value, bool):
            raise child.error(f"true or false is expected here, found {shown(child.value)}")
        return child.value

    def number(self, *keys: str, default: float) -> float:
        """Return a child that is a number, or `default`."""
        child = self.get(*keys)
        if child is None:
            return default
        if isinstance(child.value, bool) or not isinstance(child.value, (int, float)):
            raise child.error(f"a number is expected here, found {shown(child.value)}")
        return child.value

    def texts(self, key: str) -> list[str]:
        """Return the texts of a list; nothing when it is absent or null."""
        return [entry.text_value for entry in self.entries(key)]

    def rows(self, key: str) -> list[dict[str, Any]]:
        """Return the objects of a list, such as records; nothing when it is absent or null."""
        return [{name: cell.plain for name, cell in entry.items()} for entry in self.entries(key)]

    def text(self, *keys: str, default: str = "") -> str:
        """Return a child's text without surrounding blanks, as dsgrid-toolkit reads it."""
        return str(self.scalar(*keys, default=default)).strip()

    @property
    def plain(self) -> Any:
        """The value itself, which is no list and no object."""
        if isinstance(self.value, (dict, list)):
            raise self.error(f"one value is expected here, found {shown(self.value)}")
        return self.value

    @property
    def text_value(self) -> str:
        """The value itself as text, without surrounding blanks."""
        return str(self.plain).strip()

    def entries(self, key: str) -> tuple[Entry, ...]:
        """Return the children of a list, or nothing when the key is absent or null."""
        child = self.get(key)
        return () if child is None else tuple(child)

    def items(self) -> Iterator[tuple[str, Entry]]:
        """Iterate over the children of an object."""
        if not isinstance(self.value, dict):
            raise self.error(f"an object is expected here, found {shown(self.value)}")
        for key in self.value:
            yield key, self[key]

    def __iter__(self) -> Iterator[Entry]:
        if not isinstance(self.value, list):
            raise self.error(f"a list is expected here, found {shown(self.value)}")
        for position in range(len(self.value)):
            yield self[position]

    @property
    def key(self) -> str:
        """The place inside the file, such as ``datasets[0].dataset_id``."""
        text = ""
        for part in self.path:
            text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
        return text

    @property
    def line(self) -> int:
        """The line in the file; 0 where it is not known."""
        return 0 if self.source is None else self.source.line(self.path)

    @property
    def where(self) -> str:
        """The file, with the line where it is known."""
        return f"{self.file}:{self.line}" if self.line else str(self.file)

    def problem(self, message: str) -> Problem:
        """Return a problem that names this place."""
        return Problem(message, where=self.where, key=self.key)

    def error(self, message: str) -> SpecError:
        """Return an error that names this place."""
        return SpecError(self.problem(message))

    def resolve(self, folder: Path | None = None) -> Path:
        """Return the value as an absolute path: relative ones start at `folder`, or at the folder of the file."""
        name = self.text_value
        if "\0" in name:
            raise self.error("a path has no null characters")
        path = ((folder or self.file.parent) / name).resolve()
        return path if may_read(path) else NOWHERE

    def existing(self, folder: Path | None = None) -> Path:
        """Return `resolve`, which has to exist."""
        path = self.resolve(folder)
        try:
            is_there = path.exists()
        except OSError as error:  # a name that is too long, a folder that must not be read
            raise NotFoundError(self.problem(f"{path} cannot be read: {error.strerror}")) from None
        if not is_there:
            raise NotFoundError(self.problem(f"{path} does not exist"))
        return path


def shown(value: Any) -> str:
    """Return what a value is, for messages: text in quotes, numbers as they are, lists and objects in a word."""
    if isinstance(value, str):
        return f'"{value if len(value) <= 40 else value[:39] + "…"}"'
    words = {dict: "an object", list: "a list", type(None): "null", bool: str(value).lower()}
    return words.get(type(value), str(value))


def read(path: str | Path) -> Entry:
    """Read a configuration file.

    Raises
    ------
    NotFoundError, SpecError
        If it is not there, or no JSON5 with an object at its top.
    """
    file = Path(path).resolve()
    source = Text.read(file)
    if not isinstance(source.value, dict):
        message = f"an object is expected at the top of the file, found {shown(source.value)}"
        raise SpecError(Problem(message, where=str(file)))
    return Entry(source.value, file, (), source)
