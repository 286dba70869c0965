"""A value in a spec that knows where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from dsgrid.errors import NotFoundError, Problem, SpecError, StorageError, UsageError, did_you_mean
from dsgrid.spec.fence import Fence, active
from dsgrid.spec.json_text import SUFFIX, scan_json
from dsgrid.spec.positions import Positions, scan
from dsgrid.storage.location import Location, location

_BARE = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Source:
    """The text of a spec and where it came from.

    Parameters
    ----------
    path
        The file; None for a spec that was made in Python, which has no positions.
    text
        The TOML text with plain newlines; JSON where the file is called so.
    folder
        What relative paths in the spec are relative to.
    fence
        Which places it may name; None for any.
    """

    path: Path | None
    text: str
    folder: Path
    fence: Fence | None = field(default_factory=active, compare=False, repr=False)

    @cached_property
    def positions(self) -> Positions:
        """Where the keys and values of the text are."""
        return scan_json(self.text) if self.is_json else scan(self.text)

    @property
    def is_json(self) -> bool:
        """Whether the text is JSON, as the name of the file says."""
        return self.path is not None and self.path.suffix == SUFFIX

    @cached_property
    def name(self) -> str:
        """The file as messages show it: relative to the working directory when it is inside."""
        if self.path is None:
            return ""
        return shown(self.path) if self.fence is None else self.fence.shown(self.path)

    def where(self, path: tuple[str | int, ...], *, of_key: bool = False) -> str:
        """Return ``file:line:column`` of a value (or of its key), or an empty string without a file."""
        if self.path is None:
            return ""
        line, column = self.positions.of_key(path) if of_key else self.positions.of_value(path)
        return f"{self.name}:{line}:{column}"


@dataclass(frozen=True)
class Node:
    """A value, its key path and its source. Tables and arrays give nodes, scalars are in `value`."""

    value: Any
    path: tuple[str | int, ...]
    source: Source

    def __getitem__(self, key: str | int) -> Node:
        return Node(self.value[key], (*self.path, key), self.source)

    def get(self, key: str) -> Node | None:
        """Return the child, or None when the key is absent."""
        return self[key] if key in self.value else None

    def __contains__(self, key: str) -> bool:
        return key in self.value

    def __len__(self) -> int:
        return len(self.value)

    def __bool__(self) -> bool:
        return True  # a node exists even where its table is empty: `if node.get("x")` asks for presence

    def items(self) -> Iterator[tuple[str, Node]]:
        """Return the children of a table with their keys, in the order of the file."""
        for key in self.value:
            yield key, self[key]

    def __iter__(self) -> Iterator[Node]:
        """Return the items of an array."""
        for number in range(len(self.value)):
            yield self[number]

    def scalar(self, key: str, default: Any = None) -> Any:
        """Return the plain value of a child, or `default` when the key is absent."""
        return self.value.get(key, default)

    def string(self, key: str, default: str = "") -> str:
        """Return the text of a child, or `default` when the key is absent."""
        return str(self.value.get(key, default))

    @property
    def where(self) -> str:
        """``file:line:column`` of the value."""
        return self.source.where(self.path)

    @property
    def key(self) -> str:
        """The key path, such as ``where[1].dimension``."""
        return key_path(self.path)

    def problem(self, message: str, detail: str = "") -> Problem:
        """Return a problem at this place."""
        return Problem(message, self.where, self.key, detail)

    def error(self, message: str, detail: str = "") -> SpecError:
        """Return an error with one problem at this place."""
        return SpecError(self.problem(message, detail))

    def resolve(self, key: str | None = None, *, to_read: bool = False) -> Location:
        """Return the place that the value (of a child) names; it need not exist.

        A path is relative to the spec's folder, a URL (``s3://bucket/key``) is what it is. A spec with a fence names
        places by its roots.

        Parameters
        ----------
        to_read
            Whether nothing is written there: a fence lets more places be read than written.
        """
        node = self if key is None else self[key]
        source = self.source
        try:
            if source.fence is not None:
                is_file = source.path is not None
                return source.fence.place(str(node.value), source.folder, is_file=is_file, to_read=to_read)
            return location(node.value, source.folder)
        except UsageError as error:
            raise node.error(error.problems[0].message) from None

    def look_through(self, place: Location) -> None:
        """Refuse a folder with a link that leads out of the fence, where there is one: what reads it would follow."""
        try:
            if self.source.fence is not None:
                self.source.fence.look_through(place)
        except UsageError as error:
            raise self.error(error.problems[0].message) from None

    def file(self, key: str | None = None) -> Location:
        """Return the place of a file or folder that exists, as the value (of a child) names it.

        Raises
        ------
        NotFoundError
            Naming the place in the spec and the closest name in the folder.
        """
        node = self if key is None else self[key]
        place = node.resolve(to_read=True)
        try:
            if place.exists():
                node.look_through(place)
                return place
            message = missing(place, str(node.value))
        except (NotFoundError, StorageError) as error:
            raise type(error)(node.problem(error.problems[0].message)) from error
        raise NotFoundError(node.problem(message))


def missing(path: Location, name: str) -> str:
    """Return the message for a path that does not exist, with the closest name beside it."""
    if not isinstance(path, Path):
        path.require_bucket()
    folder = path.parent
    if not folder.is_dir():
        return f'no file "{name}": there is no folder {shown(folder)}'
    names = sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
    # The folder is said besides: all of a long "../../.." would hide the name.
    return f'no file "{path.name}" in {shown(folder)}{did_you_mean(path.name, names)}'


def shown(path: Location) -> str:
    """Return a path as messages show it: relative to the working directory when it is inside; a URL as it is.

    With a fence it is called by the name of its root.
    """
    fence = active()
    if not isinstance(path, Path):
        return str(path) if fence is None else fence.shown_url(str(path))
    if fence is not None:
        return fence.shown(path)
    absolute = Path(path).absolute()
    try:
        return str(absolute.resolve().relative_to(Path.cwd().resolve()))
    except ValueError:
        return str(absolute.resolve() if ".." in absolute.parts else absolute)


def key_path(path: tuple[str | int, ...]) -> str:
    """Return a path as it would be written in Python and TOML: ``where[1].dimension``, ``base."end use"``."""
    parts = []
    for part in path:
        if isinstance(part, int):
            parts.append(f"[{part}]")
        else:
            quoted = part if _BARE.fullmatch(part) else f'"{part}"'
            parts.append(f".{quoted}" if parts else quoted)
    return "".join(parts)
