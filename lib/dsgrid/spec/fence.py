"""The fence: which places a spec may name when somebody else sent it.

A spec of one's own names any file that one can read. A spec that came to a server names files as
``<root>/<path inside>``, where the roots are folders that the server's operator has opened, and nothing else.

The fence is up in a whole process (`VARIABLE` names a file that describes it) or in a block (`fenced`). A spec keeps
the one that was up when it was read, in whichever thread it is used.
"""

from __future__ import annotations

import json
import os
import posixpath
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from dsgrid.errors import UsageError, did_you_mean, listing
from dsgrid.spec.path_texts import check_names, check_text
from dsgrid.storage.location import Location, S3Path, is_url, location

VARIABLE: Final = "DSGRID_FENCE"
KEY: Final = "fence"
HOME: Final = "files"
RESULTS: Final = "results"
ELSEWHERE: Final = "…"
# What a file names that lies beyond the fence: nothing is ever there.
NOWHERE: Final = Path(os.devnull, ELSEWHERE)


@dataclass(frozen=True)
class FencedRoot:
    """A folder, or a place on S3, that specs name by ``<name>/<path inside>``."""

    name: str
    folder: str
    writable: bool = False


@dataclass(frozen=True)
class Fence:
    """Which places specs may name.

    Parameters
    ----------
    folder
        Where the spec is that was sent; it names files by roots, and not relative to this.
    roots
        What it may read, and write where that is said.
    home
        The folder for what the job writes: every path of an output that begins with no root is in it.
    results
        The folder for the results of queries, whatever the spec says.
    known
        More places that may be read, by their names, such as ``jobs/j1/result``.
    names
        How messages call other folders, such as that of the registry.
    """

    folder: Path
    roots: tuple[FencedRoot, ...] = ()
    home: Path | None = None
    results: Path | None = None
    known: Mapping[str, Path] = field(default_factory=dict)
    names: Mapping[str, Path] = field(default_factory=dict)

    def place(self, text: str, folder: Path, *, is_file: bool = False, to_read: bool = False) -> Location:
        """Return the place that a path in a spec names.

        Parameters
        ----------
        folder
            Where the spec is.
        is_file
            Whether it is a file: one beside others, and not what was sent, names these as usual.
        to_read
            Whether nothing is written there.

        Raises
        ------
        UsageError
            Where the fence is in the way. It does not tell whether there is anything beyond.
        """
        check_text(text)
        if not is_file or _is_same(folder, self.folder):
            return self._named(text, to_read)
        check_names(text, "/".join(part for part in text.split("/") if part not in (".", "..")))
        beside = Path(os.path.normpath(folder / text))
        # What lies beyond the folder is not looked at before it is known to be inside of the fence.
        is_beside = _is_in(str(beside), str(folder)) and os.path.lexists(beside)
        return (
            self._named(text, to_read)
            if self._by_root(text) and not is_beside
            else self._beside(beside, folder, text, to_read)
        )

    def look_through(self, place: Location) -> None:
        """Refuse a link in a folder that leads out, as what reads it would follow, and what would be read for ever."""
        if not isinstance(place, Path):
            return
        self._check_kind(place)
        if not place.is_dir():
            return
        for folder, folders, files in os.walk(place):
            for name in (*folders, *files):
                path = Path(folder, name)
                if path.is_symlink():
                    self._check_links(path)
                self._check_kind(path)

    def allows(self, path: Path) -> bool:
        """Return whether a path may be read, its links followed."""
        real = os.path.realpath(path)
        return any(_is_in(real, os.path.realpath(each)) for each in self._readable())

    def shown(self, path: Path) -> str:
        """Return a path as messages call it: by the name of its root; nothing of others."""
        absolute = os.path.abspath(path)
        folders = sorted(self._names(), key=lambda each: -len(each[1]))
        for name, folder in folders:
            for place in (folder, os.path.realpath(folder)):
                if _is_in(absolute, place):
                    inside = os.path.relpath(absolute, place)
                    return name or inside if inside == "." else posixpath.join(name, inside)
        return ELSEWHERE

    def shown_url(self, url: str) -> str:
        """Return a URL as messages call it: by the name of its root; nothing of others."""
        for root in sorted(self.roots, key=lambda each: -len(each.folder)):
            if is_url(root.folder) and _is_in(url, str(location(root.folder))):
                return root.name + url[len(str(location(root.folder))) :]
        return ELSEWHERE

    def document(self) -> dict[str, Any]:
        """Return all of it in values that JSON has."""
        return {
            "folder": str(self.folder),
            "roots": [{"name": one.name, "folder": one.folder, "writable": one.writable} for one in self.roots],
            "home": None if self.home is None else str(self.home),
            "results": None if self.results is None else str(self.results),
            "known": {name: str(path) for name, path in self.known.items()},
            "names": {name: str(path) for name, path in self.names.items()},
        }

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Fence:
        """Return what `document` describes."""
        home, results = document["home"], document["results"]
        return cls(
            folder=Path(document["folder"]),
            roots=tuple(FencedRoot(**root) for root in document["roots"]),
            home=None if home is None else Path(home),
            results=None if results is None else Path(results),
            known={name: Path(path) for name, path in document["known"].items()},
            names={name: Path(path) for name, path in document["names"].items()},
        )

    def _writable(self) -> list[Path]:
        """Return the places on this machine that may be written."""
        roots = [Path(root.folder) for root in self.roots if root.writable and not is_url(root.folder)]
        return [*roots, *(each for each in (self.home, self.results) if each is not None)]

    def _readable(self) -> list[Path]:
        """Return the places on this machine that may be read."""
        roots = [Path(root.folder) for root in self.roots if not is_url(root.folder)]
        return [*self._writable(), *roots, *self.known.values()]

    def _by_root(self, text: str) -> bool:
        first = text.partition("/")[0]
        return first == HOME or any(first == root.name for root in self.roots) or self._known(text) is not None

    def _named(self, text: str, to_read: bool) -> Location:
        """Return the place that is named by a root."""
        inside = posixpath.normpath(text)
        if inside == ".." or inside.startswith("../"):
            raise UsageError(f'"{text}" leads out of where files may be; {self._expected(to_read)}')
        check_names(text, inside)
        known = self._known(inside)
        if known is not None:
            return self._read(known, text, to_read)
        first, _, rest = inside.partition("/")
        root = next((each for each in self.roots if each.name == first), None)
        if root is None:
            return self._at_home(text, inside, to_read)
        if not rest:
            raise UsageError(f'"{text}" is a root itself; name something in it: {first}/...')
        if not to_read and not root.writable:
            raise UsageError(f'"{text}": nothing is written to {first}; {self._expected(to_read)}')
        base = location(root.folder)
        if isinstance(base, S3Path):
            return base / rest
        path = base / rest
        self._check_links(path, base)
        return path

    def _at_home(self, text: str, inside: str, to_read: bool) -> Location:
        first, _, rest = inside.partition("/")
        if self.home is None or (to_read and first != HOME):
            names = [*(root.name for root in self.roots), *self.known]
            near = did_you_mean(first, names) if to_read and "did you mean" in did_you_mean(first, names) else ""
            raise UsageError(f'found "{text}", but {self._expected(to_read)}{near}')
        path = self.home / (rest if first == HOME else inside)
        self._check_links(path, self.home)
        return path

    def _known(self, text: str) -> tuple[Path, str] | None:
        """Return the place of a name that is known besides the roots, and the path inside it."""
        own = {} if self.results is None else {RESULTS: self.results}
        for name, folder in {**self.known, **own}.items():
            if text == name or text.startswith(f"{name}/"):
                return folder, text[len(name) + 1 :]
        return None

    def _read(self, known: tuple[Path, str], text: str, to_read: bool) -> Path:
        if not to_read:
            raise UsageError(f'"{text}" is of a job that has ended; {self._expected(to_read)}')
        folder, inside = known
        path = folder / inside if inside else folder
        self._check_links(path, folder)
        return path

    def _beside(self, path: Path, own: Path, text: str, to_read: bool) -> Path:
        """Return a place that a spec names which is a file in a place itself."""
        places, readable = self._writable(), self._readable()
        if not any(_is_in(str(own), str(each)) or _is_in(str(own), os.path.realpath(each)) for each in readable):
            # Nobody but dsgrid itself can have led there: specs that it has made on the way.
            places.append(own)
        for place in (*places, *readable) if to_read else places:
            for base in (place, Path(os.path.realpath(place))):
                if _is_in(str(path), str(base)):
                    self._check_links(path, base)
                    return path
        raise UsageError(f'"{text}" leads out of where files may be; {self._expected(to_read)}')

    def _check_links(self, path: Path, base: Path | None = None) -> None:
        real = os.path.realpath(path)
        bases = self._readable() if base is None else [base]
        if not any(_is_in(real, os.path.realpath(each)) for each in bases):
            raise UsageError(f"{self.shown(path)} leads out of where files may be, by a link")

    def _check_kind(self, path: Path) -> None:
        """Refuse pipes, sockets and devices: who opens one waits for somebody who never comes."""
        try:
            kind = os.stat(path).st_mode
        except OSError:  # a link to nowhere, or gone: whoever reads it will say so
            return
        if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
            raise UsageError(f"{self.shown(path)} is neither a file nor a folder")

    def _expected(self, to_read: bool) -> str:
        """Return what a path is."""
        if to_read:
            names = [root.name for root in self.roots]
            there = f"; there are: {listing(names)}" if names else ", and this server has none"
            return f"a path begins with the name of a root{there}"
        names = [root.name for root in self.roots if root.writable]
        more = f", or begins with the name of a root that is written to: {listing(names)}" if names else ""
        return f"a path of an output is relative, in the folder of the job's files{more}"

    def _names(self) -> Iterator[tuple[str, str]]:
        yield from ((root.name, root.folder) for root in self.roots if not is_url(root.folder))
        yield from ((name, str(folder)) for name, folder in self.known.items())
        yield from ((name, str(folder)) for name, folder in self.names.items())
        if self.home is not None:
            yield HOME, str(self.home)
        if self.results is not None:
            yield RESULTS, str(self.results)
        yield "", str(self.folder)


_ACTIVE: ContextVar[Fence | None] = ContextVar("fence", default=None)


def may_read(path: Path) -> bool:
    """Return whether a path that a file names may be read; without a fence any may."""
    fence = active()
    return fence is None or fence.allows(path)


def active() -> Fence | None:
    """Return the fence that is up; None where specs may name any file."""
    found = _ACTIVE.get()
    if found is not None:
        return found
    named = os.environ.get(VARIABLE)
    return _read(named) if named else None


@contextmanager
def fenced(fence: Fence | None) -> Iterator[None]:
    """Have a fence up in a block."""
    token = _ACTIVE.set(fence)
    try:
        yield
    finally:
        _ACTIVE.reset(token)


@lru_cache(maxsize=8)
def _read(named: str) -> Fence:
    # A file that is not there or says something else is an error, and no open fence.
    document = json.loads(Path(named).read_text("utf-8"))
    return Fence.of(document.get(KEY, document))


def _is_same(one: Path, other: Path) -> bool:
    return one == other or os.path.realpath(one) == os.path.realpath(other)


def _is_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")
