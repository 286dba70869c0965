"""Whatever a query asks: its plan can be told, as lines and as a document, and both say what the plan says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from explaining import as_source
from hypothesis import assume, given
from strategies.cases import Case, whole_cases
from tests.rounds import rounds

from dsgrid.errors import SpecError
from dsgrid.query.explain import document, explain
from dsgrid.query.plan import Plan
from dsgrid.query.planner import plan_results
from dsgrid.query.source import Source
from dsgrid.query.stage_rows import stage_rows


def _sources(case: Case) -> Iterator[Source]:
    for member in case.query.members:
        source = as_source(case.stored[member.dataset])
        yield source if member.growth is None else replace(source, growth=as_source(case.stored[member.growth]))


def _rows(plan: Plan) -> list[int]:
    """Return the rows of what follows the contraction."""
    return [rows for rows, _ in plan.stage_rows[1:]]


@rounds(10)
@given(whole_cases())
def test_every_plan_is_told_with_the_rows_of_each_of_its_stages(case: Case) -> None:
    try:
        plans = plan_results(case.query, case.project, tuple(_sources(case)))
    except SpecError:
        assume(False)
        raise
    told, text = document(plans), explain(plans)
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert all(line == line.rstrip() for line in text.splitlines())
    assert len(told["contractions"]) == (1 if plans.shared is not None else len(plans.every))
    for plan, result in zip(plans.every, told["results"], strict=True):
        assert result["rows"] == plan.rows
        assert f"{plan.rows:,} rows before pivoting" in text
        assert [step["rows"] for step in result["steps"] if not step["folded"]] == _rows(plan)
        assert bool(result["why_not_foretold"]) is not plan.foretold
        stages = [one["rows"] for one in stage_rows(plan)]
        assert stages[len(stages) - len(plan.stages) :] == _rows(plan)
