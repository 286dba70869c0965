"""A small registry of another system with random edits: it is imported, or an error says why not."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.foreign_registry import ForeignRegistry
from tests.mutations.registry_imports import import_spoilt

ROUNDS = 24


def _import_spoilt(work: Path, number: int) -> None:
    foreign = ForeignRegistry(work / "old")
    foreign.register("Register project", submitter="anne")
    foreign.project(foreign.dimensions(), [])
    import_spoilt(foreign.folder, work, f"foreign-{number}")


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_spoilt_registry_is_imported_or_says_why_not(tmp_path: Path, number: int) -> None:
    _import_spoilt(tmp_path, number)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(ROUNDS, 20 * ROUNDS))
def test_a_registry_that_was_spoilt_in_many_ways_is_imported_or_says_why_not(tmp_path: Path, number: int) -> None:
    _import_spoilt(tmp_path, number)
