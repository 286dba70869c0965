"""The table of an acceptance run: what was asked, how much it differs, and how long it took here and there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.acceptance.commands import Ran
from tests.acceptance.comparing import Compared

_NOTE: Final = """Seconds are those of whole processes. `difference` is the greatest one of a value, relative to what it
should be. `times` says how many times longer the existing system took, when neither had kept an answer; asked again,
both had. The peak is that of Python; with Spark, Java has its own."""


@dataclass(frozen=True)
class Step:
    """A command on the way to the queries.

    Parameters
    ----------
    there
        The seconds that the existing system took for as much; None where it was not measured.
    """

    name: str
    ran: Ran
    there: float | None = None


@dataclass(frozen=True)
class Asked:
    """A query, and how its result compares.

    Parameters
    ----------
    first, again
        The command that asked it, and the one that asked it again; None where it gave no result.
    there, there_again
        The same of the existing system; None where it was not measured.
    """

    name: str
    compared: Compared
    first: Ran | None = None
    again: Ran | None = None
    there: float | None = None
    there_again: float | None = None


@dataclass
class Table:
    """All steps and queries of one project with one engine."""

    project: str
    engine: str
    steps: list[Step] = field(default_factory=list)
    queries: list[Asked] = field(default_factory=list)

    @property
    def wrong(self) -> list[str]:
        """A line for each query whose result is not the one that was kept."""
        return [
            f"{asked.name}: {asked.compared.problem or f'differs by {asked.compared.greatest:.1e}'}"
            for asked in self.queries
            if not asked.compared.is_same
        ]

    def text(self) -> str:
        """Return both tables as Markdown."""
        theirs = "its Spark" if self.engine == "spark" else "its DuckDB"
        steps = _markdown(
            ("step", "s", "CPU s", "peak MiB", f"{theirs}, s", "times"),
            [(step.name, *_took(step.ran), *_there(step.there, step.ran)) for step in self.steps],
        )
        queries = _markdown(
            ("query", "rows", "difference", "s", "CPU s", "peak MiB", "again, s", f"{theirs}, s", "times", "again, s"),
            [_cells(asked) for asked in self.queries],
        )
        return f"# {self.project} with {self.engine}\n\n{_NOTE}\n\n{steps}\n\n{queries}\n"

    def write(self, folder: Path) -> Path:
        """Write the tables to ``PROJECT-ENGINE.md``; return the file."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.project}-{self.engine}.md"
        path.write_text(self.text(), "utf-8")
        return path


def _cells(asked: Asked) -> tuple[str, ...]:
    compared = asked.compared
    return (
        asked.name,
        f"{compared.rows:,}",
        compared.problem.partition("\n")[0] or f"{compared.greatest:.1e}",
        *_took(asked.first),
        _number(asked.again and asked.again.seconds),
        *_there(asked.there, asked.first),
        _number(asked.there_again),
    )


def _took(ran: Ran | None) -> tuple[str, str, str]:
    return ("", "", "") if ran is None else (_number(ran.seconds), _number(ran.cpu), f"{ran.peak:,}")


def _there(seconds: float | None, here: Ran | None) -> tuple[str, str]:
    return _number(seconds), _number(seconds / here.seconds if seconds is not None and here else None)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [list(header), *map(list, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    padded = [
        [
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        for line in lines
    ]
    rule = [("-" * width if column == 0 else "-" * (width - 1) + ":") for column, width in enumerate(widths)]
    return "\n".join(f"| {' | '.join(line)} |" for line in [padded[0], rule, *padded[1:]])
