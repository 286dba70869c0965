"""A repository in memory, which edits change and which is then put onto a disk."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from dsgrid.errors import DsgridError
from dsgrid.importers.text import Text

# Configurations end like this; records, mappings and small data like that.
CONFIGURATIONS = (".json5", ".json")
TABLES = (".csv",)


@dataclass
class Tree:
    """The files of a repository by their path in it, and what is no plain file: links, folders, pipes."""

    files: dict[str, bytes]
    links: dict[str, str] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)
    pipes: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, folder: Path) -> Tree:
        """Read a folder."""
        found = sorted(path for path in folder.rglob("*") if path.is_file())
        return cls({path.relative_to(folder).as_posix(): path.read_bytes() for path in found})

    def copy(self) -> Tree:
        return Tree(dict(self.files), dict(self.links), set(self.folders), set(self.pipes))

    def named(self, *suffixes: str) -> list[str]:
        """Return the files that end with one of these, in the order of their paths."""
        return sorted(path for path in self.files if path.endswith(suffixes))

    def remove(self, path: str) -> bytes:
        return self.files.pop(path)

    def put(self, folder: Path) -> None:
        """Write it to a folder that does not exist; what cannot stand beside another file is left out."""
        folder.mkdir(parents=True)
        for path, content in self.files.items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        for path in self.folders:
            (folder / path).mkdir(parents=True, exist_ok=True)
        for path, target in self.links.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            os.symlink(target, folder / path)
        for path in self.pipes:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            os.mkfifo(folder / path)


def document(content: bytes) -> dict[str, Any] | None:
    """Return what a configuration says, or nothing when an edit has spoilt it."""
    try:
        value = Text(Path("edited.json5"), content.decode("utf-8-sig")).value
    except (ValueError, DsgridError):  # it has been spoilt
        return None
    return value if isinstance(value, dict) else None


def snapshot(folder: Path) -> dict[str, str]:
    """Return what stands in a folder: each file with its checksum, and what else there is by its kind."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = f"link to {os.readlink(path)}"
        elif path.is_dir():
            found[name] = "folder"
        elif path.is_file():
            found[name] = sha256(path.read_bytes()).hexdigest()
        else:
            found[name] = "no file"
    return found
