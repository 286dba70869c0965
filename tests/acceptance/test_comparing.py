"""What an acceptance run compares with: a difference is found, and the times are those that were written down."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from tests.acceptance.comparing import compare
from tests.acceptance.peer import Peer

WANTED = pd.DataFrame({"geography": ["a", "b", "c"], "model_year": [2020, 2020, 2020], "value": [1.0, 2.0, 0.0]})
NAMES = {"geography": "county"}


def found(**columns: list[object]) -> pd.DataFrame:
    own = {"county": ["c", "a", "b"], "model_year": ["2020"] * 3, "value": [0.0, 1.0, 2.0], "unit": ["MWh"] * 3}
    return pd.DataFrame({**own, **columns})


def test_the_same_rows_in_another_order_with_units_are_the_same() -> None:
    compared = compare(found(), WANTED, NAMES, ("value",))
    assert (compared.is_same, compared.greatest, compared.rows) == (True, 0.0, 3)


@pytest.mark.parametrize(
    ("columns", "greatest"),
    [({"value": [0.0, 1.0, 2.00001]}, 5e-6), ({"value": [1e-9, 1.0, 2.0]}, float("inf"))],
)
def test_a_value_that_differs_is_found(columns: dict[str, list[object]], greatest: float) -> None:
    compared = compare(found(**columns), WANTED, NAMES, ("value",))
    assert not compared.is_same
    assert compared.greatest == pytest.approx(greatest, rel=1e-6)


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        (found(county=["c", "a", "d"]), "1 rows that should not be, 1 that are absent"),
        (found().head(2), "0 rows that should not be, 1 that are absent"),
        (found(county=["a", "a", "b"]), "rows with the same key"),
        (found(value=[0.0, 1.0, None]), "values are absent in other places"),
        (found(more=["x", "y", "z"]), "columns"),
    ],
)
def test_rows_that_cannot_be_compared_are_told(table: pd.DataFrame, problem: str) -> None:
    compared = compare(table, WANTED, NAMES, ("value",))
    assert not compared.is_same
    assert compared.problem.startswith(problem)


def test_times_are_those_of_the_same_operation_on_the_same_kind_of_engine(shared: Path) -> None:
    std = Peer(shared, "std")
    name = "annual_electricity_by_state"
    assert [std.seconds(name, "sail"), std.seconds(name, "sail", warm=True), std.seconds(name, "spark")] == [
        8.6,
        1.7,
        71.3,
    ]
    assert std.seconds("derive_comstock_conus_2022_projected", "sail") == 6.9
    assert std.seconds("map_tempo_conus_2022", "sail") == 3.1
    # A query that is called as if it were a mapping.
    assert std.seconds("map_annual_time_eia861", "sail") == 2.1
    assert std.seconds("map_tempo_conus_2022", "spark") is None
    assert std.steps(["create-registry", "register-project"], "sail") == pytest.approx(3.8)
    assert std.steps(["create-registry", "register/unknown"], "sail") is None
