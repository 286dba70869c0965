"""The rules of the planner, in the order they are applied. Each is a function from plan to plan."""

from __future__ import annotations

from collections.abc import Callable

from dsgrid.query.plan import Plan
from dsgrid.query.rules.attributes import check_attributes
from dsgrid.query.rules.bounds import count_rows, refuse_overlap
from dsgrid.query.rules.columns import choose_columns
from dsgrid.query.rules.contractions import choose_contractions
from dsgrid.query.rules.filters import apply_filters
from dsgrid.query.rules.growth import refuse_growth
from dsgrid.query.rules.means import check_means
from dsgrid.query.rules.outputs import reach_outputs
from dsgrid.query.rules.presentation import check_output
from dsgrid.query.rules.reductions import check_reductions
from dsgrid.query.rules.temperatures import convert_temperatures
from dsgrid.query.rules.time_modes import choose_time_modes
from dsgrid.query.rules.time_words import check_times
from dsgrid.query.rules.times import map_time
from dsgrid.query.rules.totals import expect_totals

Rule = Callable[[Plan], Plan]

# What the query says is resolved by these; their errors are reported together.
RESOLVING: tuple[Rule, ...] = (refuse_growth, choose_columns, apply_filters)

# What it asks for is judged by these; so are theirs.
JUDGING: tuple[Rule, ...] = (check_attributes, check_reductions, check_times, check_output)

RULES: tuple[Rule, ...] = (
    refuse_overlap,
    map_time,
    convert_temperatures,
    reach_outputs,
    check_means,
    choose_time_modes,
    choose_contractions,
    count_rows,
    expect_totals,
)
