"""Column expressions that both engines take in any number of terms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dsgrid.datasets.facts import quoted

if TYPE_CHECKING:
    from pyspark.sql import Column as Expression


def balanced_sum(terms: Sequence[Expression]) -> Expression:
    """Return the sum as a balanced tree: a chain of more than 50 terms breaks the engines' parsers."""
    level = list(terms)
    while len(level) > 1:
        level = [level[i] + level[i + 1] if i + 1 < len(level) else level[i] for i in range(0, len(level), 2)]
    return level[0]


def weighted_sum(terms: Sequence[tuple[str, float]], nullable: bool) -> Expression:
    """Return ``sum of coefficient * column``, where a NULL cell counts as nothing.

    Parameters
    ----------
    terms
        Column names (taken literally, dots included) and their coefficients.
    nullable
        Whether cells may be NULL.
    """
    from pyspark.sql import functions as F

    parts = []
    for name, coefficient in terms:
        cell = F.col(quoted(name)).cast("double")
        if nullable:
            cell = F.coalesce(cell, F.lit(0.0))
        parts.append(cell if coefficient == 1.0 else cell * F.lit(coefficient))
    return balanced_sum(parts)


def case(column: Expression, values: Sequence[tuple[str, float]]) -> Expression:
    """Return the value that belongs to a text; NULL for other texts."""
    from pyspark.sql import functions as F

    (first, value), *others = values
    chosen = F.when(column == first, F.lit(value))
    for text, other in others:
        chosen = chosen.when(column == text, F.lit(other))
    return chosen
