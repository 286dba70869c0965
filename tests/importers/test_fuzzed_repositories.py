"""Real repositories with random edits: an import never crashes, changes nothing, and says what it could not use.

What fails names its seed: ``pytest tests/importers/test_fuzzed_repositories.py -m slow -k std-17`` repeats it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

import pytest
from tests.mutations import in_tables, in_text, in_tree, in_values
from tests.mutations.edit import edited
from tests.mutations.imports import Imported, assert_sound, assert_told, import_of
from tests.mutations.repositories import data_of, real

CHANGES: Final = (*in_values.CHANGES, *in_text.CHANGES * 2, *in_tables.CHANGES, *in_tree.CHANGES)
# Most have one edit, whose trace is known.
NUMBERS: Final = (1, 1, 1, 2, 3, 5)
ROUNDS: Final = {"std": 60, "efs": 90, "aeo": 50, "full": 10}


@cache
def _unedited(shared: Path, name: str) -> Imported:
    with TemporaryDirectory() as folder:
        tree, work = real(shared, name), Path(folder)
        found = import_of(tree, work, **data_of(shared, name))
        assert_sound(found, tree, work)
        return found


@pytest.mark.slow
@pytest.mark.parametrize("name", ROUNDS)
def test_a_real_repository_is_imported(shared: Path, name: str) -> None:
    found = _unedited(shared, name)
    assert (found.code, found.error) == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize("seed", [f"{name}-{number}" for name, rounds in ROUNDS.items() for number in range(rounds)])
def test_a_repository_with_random_edits_is_imported_and_the_report_tells(
    shared: Path, tmp_path: Path, seed: str
) -> None:
    name = seed.partition("-")[0]
    unedited = _unedited(shared, name)
    random, tree = Random(seed), real(shared, name).copy()
    edits = edited(tree, random, CHANGES, random.choice(NUMBERS))
    print("\n".join(map(str, edits)))  # shown when it fails
    found = import_of(tree, tmp_path, **data_of(shared, name))
    assert_sound(found, tree, tmp_path)
    if len(edits) == 1:
        assert_told(edits[0], found, unedited)
