import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsgrid.dimensions.mapping import Association, Mapping
from dsgrid.dimensions.matrix import (
    TOLERANCE,
    Matrix,
    column_sums,
    compose,
    from_mapping,
    identity,
    quotient,
    restrict_sources,
    restrict_targets,
    row_sums,
    scaled,
)

A, B, C, D = "abcd", "mnop", "stuv", "wxyz"
# Nothing so small that a product of three loses digits below the smallest normal number.
small_or_more = st.floats(1e-90, 1e6)
coefficients = st.one_of(
    st.sampled_from([0.0, 1.0, -1.0, 0.1, 1 / 3]), small_or_more, small_or_more.map(lambda value: -value)
)


def matrices(sources: str, targets: str, values=coefficients) -> st.SearchStrategy[Matrix]:
    rows = st.dictionaries(st.sampled_from(targets), values, min_size=1).map(lambda row: tuple(row.items()))
    return st.dictionaries(st.sampled_from(sources), rows).map(Matrix)


def dense(matrix: Matrix, sources: str, targets: str) -> np.ndarray:
    array = np.zeros((len(sources), len(targets)))
    for source, target, coefficient in matrix:
        array[sources.index(source), targets.index(target)] = coefficient
    return array


def associations(matrix: Matrix) -> set[tuple[str, object]]:
    return {(source, target) for source, target, _ in matrix}


@given(matrices(A, B), matrices(B, C))
def test_composition_is_the_dense_product(first, second):
    expected = dense(first, A, B) @ dense(second, B, C)
    bound = np.abs(dense(first, A, B)) @ np.abs(dense(second, B, C))
    assert np.all(np.abs(dense(compose(first, second), A, C) - expected) <= 1e-12 * bound)


@given(matrices(A, B), matrices(B, C), matrices(C, D))
def test_composition_is_associative_in_values_and_in_associations(first, second, third):
    left, right = compose(compose(first, second), third), compose(first, compose(second, third))
    assert associations(left) == associations(right)
    bound = np.abs(dense(first, A, B)) @ np.abs(dense(second, B, C)) @ np.abs(dense(third, C, D))
    assert np.all(np.abs(dense(left, A, D) - dense(right, A, D)) <= 1e-12 * bound)


@given(matrices(A, B))
def test_identity_is_neutral(matrix):
    assert compose(identity(A), matrix) == matrix
    assert compose(matrix, identity(B)) == matrix


@given(matrices(A, B), matrices(B, C))
def test_an_association_with_coefficient_0_is_never_dropped(first, second):
    reachable = {(a, c) for a, b, _ in first for b2, c, _ in second if b == b2}
    assert associations(compose(first, second)) == reachable


@given(matrices(A, B), matrices(B, C), st.sets(st.sampled_from(A)), st.sets(st.sampled_from(C)))
def test_restricting_commutes_with_composition(first, second, sources, targets):
    whole = compose(first, second)
    assert restrict_targets(whole, targets) == compose(first, restrict_targets(second, targets))
    assert restrict_sources(whole, sources) == compose(restrict_sources(first, sources), second)


@given(matrices(A, B))
def test_sums_of_rows_and_columns_are_those_of_the_dense_matrix(matrix):
    array = dense(matrix, A, B)
    for source, total in row_sums(matrix).items():
        assert total == pytest.approx(array[A.index(source)].sum(), rel=1e-9, abs=1e-6)
    for target, total in column_sums(matrix).items():
        assert total == pytest.approx(array[:, B.index(target)].sum(), rel=1e-9, abs=1e-6)


def test_scaling_multiplies_each_row_by_its_own_factor():
    matrix = Matrix({"a": (("m", 2.0), ("n", 0.0)), "b": (("m", 1.0),)})
    assert scaled(matrix, {"a": 0.5, "b": 3.0}) == Matrix({"a": (("m", 1.0), ("n", 0.0)), "b": (("m", 3.0),)})


def test_a_mapping_without_a_target_drops_the_association():
    mapping = Mapping("one_to_one", (Association("a", "m"), Association("b", None)))
    assert from_mapping(mapping) == Matrix({"a": (("m", 1.0),)})


def test_a_repeated_pair_is_refused_not_summed():
    mapping = Mapping("duplication", (Association("a", "m"), Association("a", "m")))
    with pytest.raises(ValueError, match="'a' -> 'm' occurs twice"):
        from_mapping(mapping)


# -- quotient


def proportional(draw_rows: list[dict[str, float]], factors: list[float]) -> Matrix:
    return Matrix(
        {
            f"{number}": tuple((key, factor * value) for key, value in draw_rows[number % len(draw_rows)].items())
            for number, factor in enumerate(factors)
        }
    )


rows_ = st.lists(st.dictionaries(st.sampled_from(C), coefficients, min_size=1), min_size=1, max_size=3)
factors_ = st.lists(st.floats(0.001, 1000), min_size=1, max_size=12)


@given(rows_, factors_)
def test_class_coefficient_times_expansion_reproduces_every_row(rows, factors):
    matrix = proportional(rows, factors)
    found = quotient(matrix)
    assert set(found.classes) == set(matrix.sources)
    for source, row in matrix.entries.items():
        index, coefficient = found.classes[source]
        expanded = dict(found.expansion[index])
        assert set(expanded) == {target for target, _ in row}
        for target, value in row:
            assert abs(coefficient * expanded[target] - value) <= TOLERANCE * abs(value)


@given(rows_, factors_)
def test_proportional_rows_share_a_class(rows, factors):
    assert len(quotient(proportional(rows, factors)).expansion) <= len(rows)


@given(matrices(A, C))
def test_rows_with_different_targets_never_share_a_class(matrix):
    found = quotient(matrix)
    by_class: dict[int, set[frozenset[object]]] = {}
    for source, row in matrix.entries.items():
        by_class.setdefault(found.classes[source][0], set()).add(frozenset(target for target, _ in row))
    assert all(len(targets) == 1 for targets in by_class.values())


def test_a_pure_aggregation_has_an_expansion_of_ones():
    found = quotient(Matrix({"a": (("s", 2.0),), "b": (("s", 0.5),), "c": (("t", 1.0),)}))
    assert found.classes == {"a": (0, 2.0), "b": (0, 0.5), "c": (1, 1.0)}
    assert found.expansion == ((("s", 1.0),), (("t", 1.0),))


def test_rows_of_zeros_are_a_class_of_their_own_that_expands_to_zeros():
    zeros = (("s", 0.0), ("t", 0.0))
    found = quotient(Matrix({"a": (("s", 1.0), ("t", 2.0)), "b": zeros, "c": zeros, "d": (("s", 0.0),)}))
    assert found.classes == {"a": (0, 1.0), "b": (1, 1.0), "c": (1, 1.0), "d": (2, 1.0)}
    assert found.expansion[1:] == (zeros, (("s", 0.0),))


def test_a_zero_in_one_row_only_keeps_rows_apart():
    found = quotient(Matrix({"a": (("s", 1.0), ("t", 0.0)), "b": (("s", 1.0), ("t", 1e-300))}))
    assert found.classes["a"][0] != found.classes["b"][0]


def test_rows_that_differ_by_more_than_rounding_stay_apart():
    found = quotient(Matrix({"a": (("s", 0.3), ("t", 0.7)), "b": (("s", 0.3), ("t", 0.7 * (1 + 1e-14)))}))
    assert len(found.expansion) == 2


def test_the_order_of_targets_inside_a_row_does_not_matter():
    found = quotient(Matrix({"a": (("s", 1.0), ("t", 2.0)), "b": (("t", 4.0), ("s", 2.0))}))
    assert found.classes == {"a": (0, 1.0), "b": (0, 2.0)}


def test_own_multipliers_on_common_shares_give_one_class_per_region():
    counties = [f"{number:05d}" for number in range(3108)]
    shares = {county: 0.1 + (number * 0.6180339887) % 1 for number, county in enumerate(counties)}
    to_region = Matrix({c: ((f"r{n % 49}", shares[c]),) for n, c in enumerate(counties)})
    split = Matrix({f"r{n}": tuple((f"{n}-{k}", (k + 1) / (7 + n)) for k in range(5)) for n in range(49)})
    composed = compose(to_region, split)
    assert len(quotient(composed).expansion) == 49


def test_a_county_mapping_composes_in_well_under_a_second():
    first = Matrix({f"{n:05d}": tuple((f"z{(n + k) % 500}", 0.1) for k in range(10)) for n in range(3108)})
    second = Matrix({f"z{n}": ((f"s{n % 50}", 1.5),) for n in range(500)})
    begin = time.process_time()
    quotient(compose(first, second))
    assert time.process_time() - begin < 0.5  # 0.05 s when nothing else runs
