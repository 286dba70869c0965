"""The rules of the planner, in the order they are applied. Each is a function from plan to plan.

The examples in their docstrings are queries to a small project, with what the rule makes of them. It has counties a and
b in state x and c in state y, where region north has a and half of b, and south the rest; the end uses cool (kWh) and
heat (MWh); and four hours, from 22:00 on 2018-06-30. Its dataset ``homes`` has houses in all counties, and flats in a,
cooled in 2020: ``datasets = ["homes"]`` is meant where an example says nothing else.
"""

from __future__ import annotations

from collections.abc import Callable

from dsgrid.query.plan import Plan
from dsgrid.query.rules.adjustments import adjust
from dsgrid.query.rules.agreement import check_keys, check_slots
from dsgrid.query.rules.attributes import check_attributes
from dsgrid.query.rules.bounds import count_rows
from dsgrid.query.rules.columns import choose_columns, divide
from dsgrid.query.rules.combine import combine
from dsgrid.query.rules.contractions import choose_contractions
from dsgrid.query.rules.double_counting import check_double_counting
from dsgrid.query.rules.filters import apply_filters
from dsgrid.query.rules.folding import fold_moves
from dsgrid.query.rules.following import follow_moves
from dsgrid.query.rules.gathering import gather_on_driver
from dsgrid.query.rules.growth import refuse_growth
from dsgrid.query.rules.means import check_means
from dsgrid.query.rules.measures import combine_units
from dsgrid.query.rules.outputs import reach_outputs
from dsgrid.query.rules.part import take_part
from dsgrid.query.rules.presentation import check_output
from dsgrid.query.rules.products import factor_products
from dsgrid.query.rules.projection import project
from dsgrid.query.rules.reductions import check_reductions
from dsgrid.query.rules.slots import carry_slots
from dsgrid.query.rules.temperatures import convert_temperatures
from dsgrid.query.rules.time_modes import choose_time_modes
from dsgrid.query.rules.time_words import check_times
from dsgrid.query.rules.times import map_time
from dsgrid.query.rules.totals import cover_growth, expect_totals

Rule = Callable[[Plan], Plan]

# What the query says is resolved by these; their errors are reported together.
RESOLVING: tuple[Rule, ...] = (combine, refuse_growth, project, adjust, divide, choose_columns, apply_filters)

# What it asks for is judged by these; so are theirs.
JUDGING: tuple[Rule, ...] = (check_attributes, check_reductions, check_double_counting, check_times, check_output)

RULES: tuple[Rule, ...] = (
    check_keys,
    factor_products,
    map_time,
    check_slots,
    convert_temperatures,
    reach_outputs,
    combine_units,
    check_means,
    cover_growth,
    fold_moves,
    take_part,
    carry_slots,
    choose_time_modes,
    choose_contractions,
    count_rows,
    follow_moves,
    gather_on_driver,
    check_output,
    expect_totals,
)

# What is about one result, and not about a contraction that several share.
ALONE: tuple[Rule, ...] = (fold_moves, carry_slots, follow_moves, gather_on_driver, check_output, expect_totals)
