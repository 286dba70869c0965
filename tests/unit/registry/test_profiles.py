"""What a dataset says of its values, and what they are like, is kept and goes with its version."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from registry_values import checks, example_dataset, register
from tests.rounds import rounds

from dsgrid.datasets.associations import COLUMNS, profile
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.registry.comparison import compare_datasets
from dsgrid.registry.registry import Registry


@rounds(10)
@given(said=st.lists(checks, max_size=4))
def test_checks_are_kept_as_they_are_said(tmp_path_factory: pytest.TempPathFactory, said: list[dict[str, Any]]) -> None:
    with Registry.create(tmp_path_factory.mktemp("registry")) as registry:
        register(registry, replace(example_dataset(), checks=tuple(said)))
        assert registry.dataset("comstock").checks == tuple(said)


def test_the_profile_is_kept_and_shown(tmp_path: Path) -> None:
    with Registry.create(tmp_path / "registry") as registry:
        register(registry, example_dataset())
        assert registry.dataset("comstock").profile == example_dataset().profile
        shown = registry.entry("comstock")
        assert shown["profile"][0] == {
            "metric": "one",
            "unit": "MWh",
            "combinations": 4,
            "of": 2**6,
            "values": 8760,
            "min": -0.5,
            "mean": 480 / 8760,
            "max": 12.25,
            "sum": 480.0,
        }
        assert shown["checks"][0] == {"kind": "range", "says": 'min = 0, where = {"metric": ["one"]}'}


def test_another_check_is_another_version_and_another_profile_is_none() -> None:
    old = example_dataset()
    assert compare_datasets(old, replace(old, profile=())) == ()
    changes = compare_datasets(old, replace(old, checks=(*old.checks[:1], {"kind": "row_count", "min": 1})))
    assert [(change.action, change.what, change.key, change.level) for change in changes] == [
        ("changed", "check", "checks[1]", "patch")
    ]


def test_a_profile_has_every_value_of_each_metric() -> None:
    rows = [
        {**dict.fromkeys(RECORD_TYPES, "x"), "metric": metric, "rows": 24, "sum": sum_, "abs_sum": abs(sum_)}
        | {"min": low, "max": high}
        for metric, sum_, low, high in [("b", 5.0, 0.0, 1.0), ("a", -2.0, -3.0, 1.5), ("b", 7.0, -1.0, 0.5)]
    ]
    a, b = profile(pd.DataFrame(rows)[list(COLUMNS)])
    assert (a.metric, a.combinations, a.values, a.minimum, a.maximum, a.total) == ("a", 1, 24, -3.0, 1.5, -2.0)
    assert (b.metric, b.combinations, b.values, b.minimum, b.maximum, b.total) == ("b", 2, 48, -1.0, 1.0, 12.0)
    assert b.mean == 0.25
