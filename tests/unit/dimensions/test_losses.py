"""What a mapping takes away and counts twice is what its fractions say."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st
from tests.rounds import rounds
from tests.strategies.kinds import mappings_of_kinds

from dsgrid.dimensions.kinds import KINDS
from dsgrid.dimensions.losses import losses, share
from dsgrid.dimensions.mapping import Association, Mapping

A, B = "abcd", "mnopq"
CONSERVING = tuple(name for name, kind in KINDS.items() if kind.sums_to_one == "from")


def mapping(*rows: tuple) -> Mapping:
    return Mapping("many_to_many_explicit_multipliers", tuple(Association(*row) for row in rows))


def test_each_fate_is_told_apart() -> None:
    rows = [("a", "m", 0.5), ("a", "n", 0.5), ("b", None), ("c", "m", 0.4), ("c", None, 0.6), ("d", "m", 0.3)]
    found = losses(mapping(*rows, ("e", "m"), ("e", "n")), "abcdef")
    assert (found.records, found.unnamed) == (6, ("f",))
    assert found.dropped == {"b": 1.0, "c": 0.6}
    assert found.less == {"d": 0.3}
    assert found.more == {"e": 2.0}


def test_nothing_is_lost_within_the_tolerance() -> None:
    assert not losses(mapping(("a", "m", 0.5 + 4e-7), ("a", "n", 0.5)), "a")
    assert losses(mapping(("a", "m", 0.5 + 4e-6), ("a", "n", 0.5)), "a").more


@given(mappings_of_kinds(A, B, CONSERVING))
def test_kinds_that_keep_totals_lose_only_what_they_do_not_name_or_drop(one: Mapping) -> None:
    found = losses(one, A)
    assert not found.less
    assert not found.more
    assert set(found.unnamed) == set(A) - {row.from_id for row in one.associations}


@rounds(30)
@given(mappings_of_kinds(A, B), st.lists(st.floats(0, 1e6), min_size=4, max_size=4))
def test_what_arrives_is_the_total_less_what_is_lost_and_with_what_is_added(one: Mapping, drawn: list[float]) -> None:
    values = dict(zip(A, drawn, strict=True))
    found = losses(one, A)
    total = math.fsum(values.values())
    arriving = math.fsum(values[row.from_id] * row.fraction for row in one.associations if row.to_id is not None)
    gone = {
        **dict.fromkeys(found.unnamed, 1.0),
        **(found.dropped or {}),
        **{id_: 1 - part for id_, part in (found.less or {}).items()},
        **{id_: 1 - part for id_, part in (found.more or {}).items()},
    }
    lost = share(gone, values)
    if lost is None:
        assert total == 0
    else:
        assert abs(total * (1 - lost) - arriving) <= 1e-5 * (1 + total)


def test_a_share_of_nothing_is_none() -> None:
    assert share({"a": 1.0}, {"a": 0.0}) is None
    assert share({"a": 1.0, "z": 1.0}, {"a": 1.0, "b": 3.0}) == 0.25
