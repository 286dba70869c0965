"""Processes that die at the n-th thing they do to the disk or to the database, for every n.

The death is simulated in this process: once it has come nothing reaches the disk or the database any more, as if the
process had gone, so that code that tidies up after an error changes nothing either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FunctionType
from typing import Any, TypeVar

import pytest

from dsgrid.registry import disk
from dsgrid.registry.database import Database

T = TypeVar("T")
WRITES = ("insert", "insert_many", "execute")
# What only looks is no step: dying there is the same as dying at the step before.
LOOKS = frozenset({"exists", "is_file", "is_folder", "size", "read_file", "listing", "is_empty"})


class KilledError(BaseException):
    """Stands for a SIGKILL: nothing catches it."""


class Steps:
    """Counts what is done to the disk and to the database, and dies before the n-th."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.names: list[str] = []
        self._last: int | None = None
        self._dead = False
        for name, function in list(vars(disk).items()):
            if isinstance(function, FunctionType) and function.__module__ == disk.__name__ and name not in LOOKS:
                monkeypatch.setattr(disk, name, self._counted(name, function))
        for name in WRITES:
            monkeypatch.setattr(Database, name, self._counted(name, getattr(Database, name)))
        monkeypatch.setattr(Database, "atomic", self._atomic(Database.atomic))

    @contextmanager
    def dying_before(self, step: int | None) -> Iterator[None]:
        """Count from 0 and die before this step; None never dies."""
        self.names, self._last, self._dead = [], step, False
        try:
            yield
        finally:
            self._last, self._dead = None, False

    def telling(self) -> list[int]:
        """Return the steps that stand for all: of alike ones in a row (statements of a transaction, say) the first."""
        alike = ["statement" if name in WRITES else name for name in self.names]
        return [step for step, name in enumerate(alike) if step == 0 or name != alike[step - 1]]

    def _step(self, name: str) -> None:
        if self._dead or len(self.names) == self._last:
            self._dead = True
            raise KilledError(name)
        self.names.append(name)

    def _counted(self, name: str, function: Callable[..., T]) -> Callable[..., T]:
        def counted(*arguments: Any, **named: Any) -> T:
            self._step(name)
            return function(*arguments, **named)

        return counted

    def _atomic(self, atomic: Callable[..., Any]) -> Callable[..., Any]:
        @contextmanager
        def counted(database: Database, *arguments: Any, **named: Any) -> Iterator[None]:
            with atomic(database, *arguments, **named):
                yield
                self._step("commit")
            self._step("after the commit")

        return counted


def at_every_step(
    steps: Steps, arrange: Callable[[], T], act: Callable[[T], Any], check: Callable[[T, str], None], stride: int = 1
) -> int:
    """Arrange, die in `act` before the first step, check; then before the second, and so on; return how many there are.

    Parameters
    ----------
    arrange
        Makes a fresh state that `act` changes.
    check
        Is given the state and the name of the step that was not done.
    stride
        Die only before every so many steps.
    """
    number = 0
    while True:
        state = arrange()
        died = False
        with steps.dying_before(number):
            try:
                act(state)
            except KilledError:
                died = True
            done = list(steps.names)
        if not died:
            return len(done)
        check(state, f"step {number}, after {done[-1] if done else 'nothing'}")
        number += stride
