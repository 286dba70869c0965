"""Which checks the data of a dataset went through, and what each of them found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from dsgrid.errors import DsgridError, Problem


@dataclass(frozen=True)
class Check:
    """One check.

    Parameters
    ----------
    name
        A word or two, the same in tables, reports and names of files.
    says
        What holds when it is passed.
    """

    name: str
    says: str


# In the order in which they are made. A check that fails ends the run at its stage: what comes after is not reached,
# but for the checks of the stored facts, which are all made.
CHECKS: Final = (
    Check("files", "the files can be read and have the same columns"),
    Check("columns", "every column is explained, and every type has its ids"),
    Check("cells", "cells have the types that their columns need, and values are finite"),
    Check("labels", "labels of time can be read as the spec says"),
    Check("keys", "no row lacks an id"),
    Check("time arrays", "every time array has each of its slots once"),
    Check("nulls", "a time array has all of its values, or none"),
    Check("lookup", "facts and lookup have the same ids"),
    Check("ids", "every id is a record of its dimension"),
    Check("repeats", "no combination of records has two time arrays"),
    Check("coverage", "every combination has data, or is declared to have none"),
    Check("bounds", "values are within what the class of their metric allows"),
    Check("values", "the dataset's own [[checks]] hold"),
    Check("submission", "the project accepts the dataset: mappings, units, time, required records"),
)
_NAMES: Final = frozenset(check.name for check in CHECKS)


@dataclass(frozen=True)
class Outcome:
    """What a check found; None when it was not reached."""

    check: Check
    problems: tuple[Problem, ...] | None

    @property
    def state(self) -> str:
        """``passed``, ``failed`` or ``not reached``."""
        return "not reached" if self.problems is None else "failed" if self.problems else "passed"


class Ledger:
    """Takes down what checks find, in any order."""

    def __init__(self) -> None:
        self._found: dict[str, list[Problem]] = {}

    def see(self, name: str, problems: Iterable[Problem] = ()) -> list[Problem]:
        """Take down what a check found, nothing if it was passed; return it."""
        if name not in _NAMES:
            raise ValueError(f"there is no check {name}")
        found = list(problems)
        self._found.setdefault(name, []).extend(found)
        return found

    @contextmanager
    def check(self, name: str) -> Iterator[None]:
        """Take down the problems of the error that the block raises; it goes on."""
        try:
            yield
        except DsgridError as error:
            self.see(name, error.problems)
            raise
        self.see(name)

    def outcomes(self, names: Iterable[str] = _NAMES) -> tuple[Outcome, ...]:
        """Return the outcome of each check of some names, in order."""
        wanted = set(names)
        return tuple(
            Outcome(check, tuple(self._found[check.name]) if check.name in self._found else None)
            for check in CHECKS
            if check.name in wanted
        )
