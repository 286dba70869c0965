"""Plans give what was worked out by hand where something goes wrong easily, and refuse what means nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from reference.compare import assert_same
from reference.refused_traps import REFUSED
from reference.traps import TRAPS, Trap
from strategies.cases import Case, carry_out
from tests.engines import few_on_spark

from dsgrid.errors import DsgridError

if TYPE_CHECKING:
    from dsgrid.engine import Engine


def _case(trap: Trap) -> Case:
    return Case(trap.project, trap.datasets, trap.spec, trap.growth)


@few_on_spark(4)
@pytest.mark.parametrize("name", TRAPS)
def test_a_plan_gives_what_was_worked_out_by_hand(name: str, engine: Engine, tmp_path: Path) -> None:
    trap = TRAPS[name]()
    case = _case(trap)
    found = carry_out(case, case.plan(), engine.spark, tmp_path)
    assert_same(found, case.answer)
    assert trap.rows is not None
    columns = {column: found.column(column).to_pylist() for column in trap.by}
    if "percentile" in columns:
        columns["percentile"] = [float(one) for one in columns["percentile"]]
    keys = zip(*columns.values(), strict=True)
    rows = dict(zip(keys, found.column("value").to_pylist(), strict=True))
    assert rows == {key: None if value is None else pytest.approx(value) for key, value in trap.rows.items()}


@pytest.mark.parametrize("name", REFUSED)
def test_a_plan_refuses_what_means_nothing(name: str, engine: Engine, tmp_path: Path) -> None:
    case = _case(REFUSED[name]())
    with pytest.raises(DsgridError):
        carry_out(case, case.plan(), engine.spark, tmp_path)
