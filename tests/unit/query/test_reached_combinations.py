"""What associations reach is counted exactly also where there are too many pairs of a record and a target to walk."""

from __future__ import annotations

import numpy as np
import pytest

from dsgrid.query import associations as counting
from dsgrid.query.associations import AssociationTable, Fan, fan, reach

COUNTIES, END_USES, YEARS = 60, 5, 3


def _associations(generator: np.random.Generator) -> AssociationTable:
    size = 400
    codes = {
        "geography": generator.integers(0, COUNTIES, size),
        "metric": generator.integers(0, END_USES, size).astype(np.int16),
        "model_year": generator.integers(0, YEARS, size),
    }
    ones = np.ones(size)
    return AssociationTable(codes, ones, ones, ones.astype(np.int64))


def _fans(generator: np.random.Generator) -> dict[str, tuple[Fan, int]]:
    """Return states of counties, some of which have none; one fuel for each end use, and some years for each year."""
    counties = [(county, int(generator.integers(0, 4)), 1.0) for county in range(COUNTIES) if county % 7]
    end_uses = [(end_use, end_use % 2, 1.0) for end_use in range(END_USES)]
    years = [(year, year * 2 + more, 0.5) for year in range(YEARS) for more in range(3)]
    return {
        "geography": (fan(range(COUNTIES), counties), 20),
        "metric": (fan(range(END_USES), end_uses), 10),
        "model_year": (fan(range(YEARS), years), 1),
    }


@pytest.mark.parametrize("seed", range(20))
def test_combinations_that_reach_the_same_are_counted_once_where_all_are_too_many(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    table, fans = _associations(generator), _fans(generator)
    wanted = reach(table, fans)
    monkeypatch.setattr(counting, "COUNTING_LIMIT", 200)
    found = reach(table, fans)
    assert found.combinations is not None
    np.testing.assert_array_equal(found.combinations, wanted.combinations)
    assert found.entries == wanted.entries > 200


def test_what_is_too_much_even_so_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(0)
    table, fans = _associations(generator), _fans(generator)
    entries = reach(table, fans).entries
    monkeypatch.setattr(counting, "COUNTING_LIMIT", 10)
    found = reach(table, fans)
    assert (found.combinations, found.size) == (None, entries)


def test_associations_of_which_none_is_left_reach_nothing() -> None:
    table = AssociationTable({"metric": np.zeros(3, np.int64)}, np.ones(3), np.ones(3), np.ones(3, np.int64))
    assert reach(table, {"metric": (fan(range(1), []), 1)}).size == 0
