"""Plans, carried out by an engine, give what a naive reference computes at full resolution."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Verbosity, given, settings
from hypothesis import strategies as st
from reference.answer import RefusedError
from reference.compare import assert_same
from reference.refused import RefusedByValuesError
from strategies.cases import Case, carry_out, whole_cases
from strategies.forcing import WAYS, rules

from dsgrid.errors import DsgridError, SpecError

if TYPE_CHECKING:
    from dsgrid.engine import Engine

# Spark takes a second for what Sail does in a twentieth.
FEW = {"sail": 100, "spark": 25}
MANY = {"sail": 1500, "spark": 300}
SETTINGS = settings(deadline=None, suppress_health_check=list(HealthCheck), verbosity=Verbosity.normal)


def _check(engine: Engine, folder: Path, profile: settings) -> None:
    @profile
    @given(whole_cases(), st.sampled_from(WAYS))
    def agree(case: Case, way: str) -> None:
        try:
            expected = case.answer
        except RefusedByValuesError:
            # Only who reads the values can tell.
            with pytest.raises(DsgridError):
                carry_out(case, case.plan(rules(way)), engine.spark, folder)
            return
        except RefusedError:
            with pytest.raises(SpecError):
                case.plan()
            return
        plan = case.plan(rules(way))
        found = carry_out(case, plan, engine.spark, folder)
        assert_same(found, expected)
        if plan.query.output.pivot is None:
            assert found.num_rows == plan.rows if plan.exact else found.num_rows <= plan.rows

    agree()


def test_a_plan_gives_what_the_reference_gives(engine: Engine, tmp_path: Path) -> None:
    _check(engine, tmp_path, settings(SETTINGS, max_examples=FEW[engine.name], derandomize=True, database=None))


@pytest.mark.slow
def test_many_plans_give_what_the_reference_gives(engine: Engine, tmp_path: Path) -> None:
    _check(engine, tmp_path, settings(SETTINGS, max_examples=MANY[engine.name]))
