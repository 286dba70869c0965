"""Queries to the small project that are refused, and what is said of them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from reference.small import rates, small_dataset
from reference.small_plans import HOMES, HOMES_DATA, OF, planned
from reference.stored import Stored

from dsgrid.errors import SpecError
from dsgrid.registry.model import Project

YEARS = ("2020", "2021", "2022")
FLATS = small_dataset(OF, "flats", {("a", "flat", "cool", "2020"): (1, 1, 1, 1)})
SHOPS = small_dataset(OF, "shops", HOMES)
GROWTH = rates(OF, {(county, year): 0.1 for county in "abc" for year in YEARS})
EVERY = (HOMES_DATA, FLATS, SHOPS, GROWTH)
FUTURE = 'expression = "future"\n[source.future]\nkind = "exponential_growth"\ninitial = "homes"\ngrowth = "growth"\n'


def refusal(text: str, stored: Sequence[Stored] = EVERY, of: Project = OF) -> str:
    """Return the one thing that is wrong with a query, without its place in the file."""
    with pytest.raises(SpecError) as caught:
        planned(text, *stored, of=of)
    (problem,) = caught.value.problems
    assert str(problem).startswith("query.toml:")
    return str(problem).partition(": ")[2]
