"""The files of a repository: which there are, what each is about, and which cannot be read."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dsgrid.errors import DsgridError, Problem, UsageError
from dsgrid.importers.document import Entry, shown
from dsgrid.importers.recognition import Kind, recognise
from dsgrid.importers.text import Text

CONFIGURATION: Final = frozenset({".json5", ".json"})
TABLES: Final = frozenset({".csv", ".parquet"})
REPORT: Final = "import_report.json"
# No configuration is as large; a larger file holds data, or something else.
LARGEST: Final = 50 * 1024 * 1024
MOST_FILES: Final = 100_000
# What configurations are usually called: a table has another name.
_NAMES: Final = frozenset({"project", "dataset", "dimensions", "dimension_mappings", "query", "dimension_time_update"})
_SKIPPED: Final = frozenset({"node_modules", "venv", "site-packages", "__pycache__", "__dsgrid_scratch__"})


@dataclass(frozen=True)
class Found:
    """A file of a repository.

    Parameters
    ----------
    kind
        What it is about; "unknown" where that cannot be told.
    entry
        What it says; None for tables, and where it could not be read.
    problem
        Why it could not be read.
    """

    path: Path
    kind: Kind = "unknown"
    entry: Entry | None = None
    problem: Problem | None = None


@dataclass(frozen=True)
class Files:
    """What was found below some folders.

    Parameters
    ----------
    found
        Configurations and tables, in the order of their paths.
    unread
        Folders that were not looked into, with the reason.
    others
        How many other files there are.
    """

    found: tuple[Found, ...]
    unread: tuple[tuple[Path, str], ...] = ()
    others: int = 0


def discover(places: Iterable[Path]) -> Files:
    """Read all configurations in folders, and below; a place may be a single file, too.

    Nothing that is wrong with one of them is an error: it is said of the file. Links to folders are not followed, so
    that loops of them do no harm.

    Raises
    ------
    UsageError
        If there are so many files that this is no repository.
    """
    unread: list[tuple[Path, str]] = []
    paths: list[Path] = []
    others = 0
    for path in dict.fromkeys(path for place in places for path in _below(place, unread)):
        if path.suffix.lower() in CONFIGURATION | TABLES:
            paths.append(path)
        else:
            others += 1
        if len(paths) + others > MOST_FILES:
            raise UsageError(f"there are more than {MOST_FILES:,} files; name the project's own folder")
    return Files(tuple(read_file(path) for path in sorted(paths)), tuple(unread), others)


def read_file(path: Path) -> Found:
    """Read one file and tell what it is about."""
    if path.suffix.lower() not in CONFIGURATION:
        return Found(path, "records")
    if not _is_text(path):
        return Found(path, problem=_problem(path, "its path is not in UTF-8, as all names in specs are; rename it"))
    try:
        size = path.stat().st_size
        if size > LARGEST:
            return Found(path, problem=_problem(path, f"{size / 1e6:,.0f} MB are too much for a configuration"))
        if path.suffix.lower() == ".json" and path.is_file() and _holds_lines(path):
            return Found(path, "records")
        text = Text.read(path)
        value = text.value
    except DsgridError as error:
        return Found(path, problem=error.problems[0])
    except OSError as error:
        return Found(path, problem=_problem(path, f"the file cannot be read: {error.strerror}"))
    if isinstance(value, list) and path.suffix.lower() == ".json" and path.stem not in _NAMES:
        return Found(path, "records")  # tables in JSON have this ending, and other names than configurations
    if not isinstance(value, dict):
        return Found(
            path, problem=_problem(path, f"an object is expected at the top of the file, found {shown(value)}")
        )
    kind = recognise(value)
    if kind == "unknown" and not any(isinstance(child, (dict, list)) for child in value.values()):
        return Found(path, "records")  # a table of one row
    return Found(path, kind, Entry(value, path, (), text))


def _problem(path: Path, message: str) -> Problem:
    return Problem(message, where=str(path))


def _is_text(path: Path) -> bool:
    try:
        str(path).encode()
    except UnicodeEncodeError:  # the bytes of a name that are no letters
        return False
    return True


def _holds_lines(path: Path) -> bool:
    """Say whether a file is a table in JSON, with one object in each line."""
    with path.open("rb") as stream:
        first, second = stream.readline(LARGEST), stream.readline(LARGEST)
    try:
        return isinstance(json.loads(first), dict) and isinstance(json.loads(second), dict)
    except (ValueError, RecursionError):
        return False


def _below(place: Path, unread: list[tuple[Path, str]]) -> Iterator[Path]:
    if not place.is_dir():
        yield place
        return

    def refused(error: OSError) -> None:
        unread.append((Path(error.filename), f"the folder cannot be read: {error.strerror}"))

    for folder, folders, files in os.walk(place, onerror=refused):
        inside = Path(folder)
        if REPORT in files:
            unread.append((inside, "an earlier import wrote this folder"))
            folders.clear()
            continue
        folders[:] = sorted(_entered(inside, folders, unread))
        for name in files:
            path = inside / name
            if path.is_file() or path.is_symlink():
                yield path
        tables = [name for name in folders if name.endswith(".parquet")]
        yield from (inside / name for name in tables)
        folders[:] = [name for name in folders if name not in tables]


def _entered(folder: Path, names: list[str], unread: list[tuple[Path, str]]) -> Iterator[str]:
    for name in names:
        path = folder / name
        if name in _SKIPPED or name.startswith("."):
            continue
        if path.is_symlink():
            unread.append((path, "links to folders are not followed"))
        else:
            yield name
