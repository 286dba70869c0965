"""Sparse matrices of time, and pieces that lie over each other."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dsgrid.time.overlap import Entries, compose, covered, means, members, merged, outside, snapped, totals, union
from dsgrid.time.pieces import Pieces

SIZE = 6
entries = st.lists(
    st.tuples(st.integers(0, SIZE - 1), st.integers(0, SIZE - 1), st.sampled_from([0.25, 0.5, 1.0, 2.0])), max_size=12
)


def matrix(found: Entries) -> np.ndarray:
    dense = np.zeros((SIZE, SIZE))
    np.add.at(dense, (found.source, found.target), found.weight)
    return dense


def made(rows: list[tuple[int, int, float]]) -> Entries:
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    return merged(np.array(columns[0], np.int64), np.array(columns[1], np.int64), np.array(columns[2], np.float64))


@given(entries)
def test_entries_that_meet_are_added_up_and_in_order(rows):
    found = made(rows)
    dense = np.zeros((SIZE, SIZE))
    for source, target, weight in rows:
        dense[source, target] += weight
    assert np.array_equal(matrix(found), dense)
    pairs = list(zip(found.source.tolist(), found.target.tolist(), strict=True))
    assert pairs == sorted(set(pairs))
    assert found.same_as(made(rows[::-1]))


@given(entries, entries)
def test_one_matrix_after_another_is_their_product(first, second):
    one, two = made(first), made(second)
    assert np.allclose(matrix(compose(one, two)), matrix(one) @ matrix(two))


def test_weights_are_whole_where_only_rounding_keeps_them_from_it():
    third = np.full(3, 1 / 3)
    found = snapped(Entries(np.arange(3), np.arange(3), np.array([third.sum() - 1e-16, 1 / 3, 0.0])))
    assert found.weight.tolist() == [1.0, 1 / 3, 0.0]


def pieces(*rows: tuple[int, int, int]) -> Pieces:
    begin, end, slot = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    return Pieces.of(begin, end, slot)


COARSE = pieces((0, 10, 0), (10, 20, 1))
FINE = pieces((0, 5, 0), (5, 15, 1), (15, 20, 2))


def test_totals_are_split_by_time_and_means_weighed_by_it():
    assert matrix(totals(COARSE, FINE))[:2, :3].tolist() == [[0.5, 0.5, 0], [0, 0.5, 0.5]]
    assert matrix(means(COARSE, FINE))[:2, :3].tolist() == [[1, 0.5, 0], [0, 0.5, 1]]
    assert matrix(members(COARSE, FINE))[:2, :3].tolist() == [[1, 1, 0], [0, 1, 1]]


def test_what_is_covered_is_a_part_of_each_slot():
    assert covered(pieces((0, 4, 0), (8, 12, 1)), COARSE).tolist() == [0.6, 0.2]
    assert covered(pieces((0, 4, 0), (2, 10, 1)), COARSE).tolist() == [1.0, 0.0]
    instants = pieces((0, 0, 0), (4, 4, 1), (20, 20, 2))
    assert covered(instants, pieces((2, 2, 0), (4, 4, 1), (10, 10, 2))).tolist() == [0, 1, 0]
    assert covered(instants, pieces((2, 2, 0), (4, 4, 1), (10, 10, 2)), longest=4).tolist() == [1, 1, 0]


def test_what_lies_outside_is_told_piece_by_piece():
    assert outside(pieces((0, 5, 0), (5, 21, 1), (30, 40, 2)), COARSE).tolist() == [False, True, True]
    assert outside(pieces((0, 0, 0), (20, 20, 1)), COARSE).tolist() == [False, True]


def test_pieces_that_touch_are_one_stretch():
    found = union(pieces((10, 20, 1), (0, 10, 0), (15, 18, 2), (30, 40, 3)))
    assert list(zip(found.begin.tolist(), found.end.tolist(), strict=True)) == [(0, 20), (30, 40)]
