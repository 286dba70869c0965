"""Parts of the guides in `docs/` that are written from tables in the code, between two marks."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Part:
    """A part of a guide.

    Parameters
    ----------
    module
        The module that writes it, as ``python -m`` takes it.
    source
        The file that says what is in it.
    title
        What it is, after "the".
    text
        What is to be between the marks.
    """

    module: str
    source: str
    title: str
    text: str

    @property
    def begin(self) -> str:
        """The mark before it."""
        return f"<!-- The {self.title}: written by `python -m {self.module}` from {self.source}. -->"

    @property
    def end(self) -> str:
        """The mark after it."""
        return f"<!-- The end of the {self.title}. -->"

    def write(self, guide: Path, arguments: Sequence[str] | None = None) -> int:
        """Write it into its guide, or with ``--check`` say if that is out of date; return the exit code."""
        parser = argparse.ArgumentParser(prog=f"python -m {self.module}", description=f"Write the {self.title}.")
        parser.add_argument("file", nargs="?", type=Path, default=guide, help=f"default: {guide}")
        parser.add_argument("--check", action="store_true", help="write nothing; fail if the file is out of date")
        given = parser.parse_args(arguments)
        text = given.file.read_text(encoding="utf-8")
        before, _, rest = text.partition(self.begin)
        _, _, after = rest.partition(self.end)
        wanted = f"{before}{self.begin}\n\n{self.text}\n\n{self.end}{after}"
        if text == wanted:
            return 0
        if given.check:
            sys.stderr.write(f"{given.file}: not what {self.source} says; run: make docs\n")
            return 1
        given.file.write_text(wanted, encoding="utf-8")
        sys.stdout.write(f"{given.file}: written\n")
        return 0
