"""The patterns that explain what is missing, against every pattern there is in small cubes."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator

import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.rounds import rounds

from dsgrid.dimensions import patterns
from dsgrid.dimensions.coverage import Combinations, required
from dsgrid.dimensions.gaps import ANY, Missing, missing

TYPES = ("geography", "sector", "subsector", "metric")
IDS = {type_: tuple(f"{type_[0]}{number}" for number in range(3)) for type_ in TYPES}

Row = tuple[str, ...]
Ids = dict[str, str]


def matches(row: Row, ids: Ids) -> bool:
    return all(row[TYPES.index(type_)] == id_ for type_, id_ in ids.items())


def table(rows: Collection[Row]) -> pd.DataFrame:
    return pd.DataFrame(sorted(rows), columns=list(TYPES), dtype=object)


def rows_of(combinations: Combinations) -> set[Row]:
    every = map(combinations.combination, range(len(combinations)))
    return {tuple(row[type_] for type_ in TYPES) for row in every}


def every_pattern(demanded: set[Row]) -> Iterator[Ids]:
    """Patterns that something required matches, the short ones first."""
    for length in range(1, len(TYPES) + 1):
        for types in itertools.combinations(TYPES, length):
            for ids in sorted({tuple(row[TYPES.index(type_)] for type_ in types) for row in demanded}):
                yield dict(zip(types, ids, strict=True))


def primes(demanded: set[Row], lacking: set[Row]) -> list[Ids]:
    """Patterns that are wholly missing, and no shorter part of which is."""
    found: list[Ids] = []
    for ids in every_pattern(demanded):
        if all(row in lacking for row in demanded if matches(row, ids)) and not any(
            one.items() < ids.items() for one in found
        ):
            found.append(ids)
    return found


@st.composite
def a_pattern(draw: st.DrawFn, everything: dict[str, Row]) -> Ids:
    types = draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=4, unique=True))
    return {type_: draw(st.sampled_from(everything[type_])) for type_ in types}


@st.composite
def cubes(draw: st.DrawFn) -> tuple[Combinations, set[Row], set[Row], list[Ids]]:
    """Required combinations, those present, those required that are not excused, and the excuses."""
    everything = {type_: ids[: draw(st.integers(1, 3))] for type_, ids in IDS.items()}
    together = draw(
        st.lists(
            st.fixed_dictionaries(
                {type_: st.lists(st.sampled_from(everything[type_]), min_size=1, unique=True) for type_ in TYPES[:2]}
            ),
            max_size=2,
        )
    )
    combinations = required(everything, None, together)
    rows = rows_of(combinations)
    excuses = draw(st.lists(a_pattern(everything), max_size=2))
    holes = draw(st.lists(a_pattern(everything), max_size=4))
    present = {row for row in rows if not any(matches(row, hole) for hole in holes)}
    demanded = {row for row in rows if not any(matches(row, excuse) for excuse in excuses)}
    return combinations, present, demanded, excuses


@rounds(20)
@given(cubes(), st.sampled_from([1, 7, 1 << 20]))
def test_the_patterns_are_exact_and_none_can_be_shortened_or_spared(cube, block):
    combinations, present, demanded, excuses = cube
    lacking = demanded - present
    assume(lacking and lacking != demanded)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(patterns, "BLOCK", block)
        found = missing(combinations, table(present), [pd.DataFrame([ids], dtype=object) for ids in excuses])
    covered = [{row for row in demanded if matches(row, one.ids)} for one in found.patterns]
    assert found.whole
    assert set().union(*covered) == lacking
    assert [len(rows) for rows in covered] == [one.rows for one in found.patterns]
    shortest = primes(demanded, lacking)
    assert all(one.ids in shortest for one in found.patterns)
    for place in range(len(covered)):
        assert set().union(*covered[:place], *covered[place + 1 :]) != lacking


def gaps(lost: Collection[Ids]) -> Missing:
    combinations = required(IDS)
    rows = {row for row in rows_of(combinations) if not any(matches(row, ids) for ids in lost)}
    return missing(combinations, table(rows))


def test_what_two_others_cover_together_is_spared():
    found = gaps(
        [
            {"geography": "g0", "sector": "s0"},
            {"geography": "g0", "sector": "s1"},
            {"sector": "s2", "metric": "m0"},
        ]
    )
    # {geography=g0, metric=m0} is wholly missing as well, and says nothing new.
    assert {tuple(one.ids.values()) for one in found.patterns} == {("g0", "s0"), ("g0", "s1"), ("s2", "m0")}


def test_patterns_that_are_a_product_are_told_in_one_phrase():
    found = gaps(
        [{"geography": place, "metric": metric} for place in ("g0", "g2") for metric in ("m0", "m1")]
        + [{"subsector": "s1"}]
    )
    assert found.summary() == (
        "51 combinations are missing: geography in (g0, g2) & metric in (m0, m1) (36); subsector=s1 (27)"
    )
    assert found.page() == "  geography in (g0, g2) & metric in (m0, m1) (36)\n  subsector=s1 (27)"


def test_the_table_of_patterns_excuses_what_is_missing():
    lost = [{"geography": "g1", "metric": "m0"}, {"subsector": "s1"}, {"geography": "g0", "sector": "s2"}]
    combinations, found = required(IDS), gaps(lost)
    types, rows = found.table()
    excuses = [
        pd.DataFrame([{type_: id_ for type_, id_ in zip(types, row, strict=True) if id_ != ANY}], dtype=object)
        for row in rows
    ]
    present = {row for row in rows_of(combinations) if not any(matches(row, ids) for ids in lost)}
    assert len(rows) == 3
    assert not missing(combinations, table(present), excuses)


def test_more_patterns_than_are_kept_are_counted(monkeypatch):
    monkeypatch.setattr(patterns, "KEPT", 2)
    found = gaps([dict(zip(TYPES, (f"g{n}", f"s{n}", f"s{n}", f"m{n}"), strict=True)) for n in range(3)])
    assert (found.count, len(found.patterns), found.more) == (3, 2, 1)
    assert found.summary().endswith("; and 1 more")
