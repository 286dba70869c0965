"""A mistake: one change to the good files, and the messages that it gets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq
from tests.mistakes.good import Files, parquet

Change = Callable[[Files], Files]
# How messages begin that are about the hours of one array of the homes, or of all.
_SLOTS = "not have exactly the slots of 2018-07-10 00:00 to 2018-07-10 23:00 -07:00 (period_beginning, 24 steps of 1h)"
ONE = f"homes.csv: 1 of 4 time arrays does {_SLOTS}; 06037, heating: "
ALL = f"homes.csv: 4 of 4 time arrays do {_SLOTS}; 06037, heating: "


@dataclass(frozen=True)
class Mistake:
    """One kind of mistake.

    Parameters
    ----------
    name
        What somebody did.
    spec
        The file that is run: projects and mappings are registered, datasets are checked.
    change
        What is done to the good files.
    expected
        The first line of each message, with the names of files instead of their paths.
    """

    name: str
    spec: str
    change: Change
    expected: tuple[str, ...]

    @property
    def needs_engine(self) -> bool:
        """Whether data belong to what is run."""
        return self.spec not in ("project.toml", "mappings.toml")


def project(name: str, change: Change, *expected: str) -> Mistake:
    return Mistake(name, "project.toml", change, expected)


def mappings(name: str, change: Change, *expected: str) -> Mistake:
    return Mistake(name, "mappings.toml", change, expected)


def homes(name: str, change: Change, *expected: str) -> Mistake:
    return Mistake(name, "homes.toml", change, expected)


def offices(name: str, change: Change, *expected: str) -> Mistake:
    return Mistake(name, "offices.toml", change, expected)


def people(name: str, change: Change, *expected: str) -> Mistake:
    return Mistake(name, "people.toml", change, expected)


def clocks(name: str, change: Change, *expected: str) -> Mistake:
    return Mistake(name, "clocks.toml", change, expected)


def put(file: str, old: str, new: str) -> Change:
    """Put a text in the place of one that occurs once."""

    def change(files: Files) -> Files:
        text = files[file].decode()
        assert text.count(old) == 1, f"{file} has {text.count(old)} times {old!r}"
        return {**files, file: text.replace(old, new).encode()}

    return change


def everywhere(file: str, old: str, new: str) -> Change:
    """Put a text in the place of every occurrence of another."""

    def change(files: Files) -> Files:
        text = files[file].decode()
        assert old in text
        return {**files, file: text.replace(old, new).encode()}

    return change


def added(file: str, text: str) -> Change:
    """Add a text to the end of a file, or a new file."""
    return lambda files: {**files, file: files.get(file, b"") + text.encode()}


def without(file: str, *lines: int) -> Change:
    """Leave out lines, counted from 1."""

    def change(files: Files) -> Files:
        kept = [line for number, line in enumerate(files[file].splitlines(True), 1) if number not in lines]
        return {**files, file: b"".join(kept)}

    return change


def edited(file: str, edit: Callable[[bytes], bytes]) -> Change:
    """Change the bytes of a file."""
    return lambda files: {**files, file: edit(files[file])}


def moved(file: str, to: str) -> Change:
    """Give a file another name."""
    return lambda files: {(to if name == file else name): content for name, content in files.items()}


def without_rows(file: str, start: str) -> Change:
    """Leave out the lines that begin with a text."""

    def change(files: Files) -> Files:
        kept = [line for line in files[file].splitlines(True) if not line.startswith(start.encode())]
        return {**files, file: b"".join(kept)}

    return change


def with_column(file: str, name: str, cell: str, *, first: bool = False) -> Change:
    """Add a column with the same cell in each row."""

    def change(files: Files) -> Files:
        header, *rows = files[file].decode().splitlines()
        lines = [(name, header), *((cell, row) for row in rows)]
        joined = [f"{one},{rest}" if first else f"{rest},{one}" for one, rest in lines]
        return {**files, file: "".join(f"{line}\n" for line in joined).encode()}

    return change


def is_now(file: str, text: str) -> Change:
    """Give a file other contents."""
    return lambda files: {**files, file: text.encode()}


def table(file: str, edit: Callable[[pa.Table], pa.Table]) -> Change:
    """Change a Parquet file."""
    return lambda files: {**files, file: parquet(edit(pq.read_table(pa.BufferReader(files[file]))))}


def all_facts(edit: Callable[[pa.Table], pa.Table]) -> Change:
    """Change the facts of the offices."""
    return both(*(table(f"offices/part-{number}.parquet", edit) for number in (0, 1)))


def column(file: str, name: str, edit: Callable[[list[object]], object]) -> Change:
    """Change a column of a Parquet file."""

    def change(found: pa.Table) -> pa.Table:
        place = found.schema.get_field_index(name)
        return found.set_column(place, name, pa.array(edit(found[name].to_pylist())))

    return table(file, change)


def both(*changes: Change) -> Change:
    """Make several changes that are one mistake."""

    def change(files: Files) -> Files:
        for each in changes:
            files = each(files)
        return files

    return change
