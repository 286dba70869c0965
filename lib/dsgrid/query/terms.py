"""Rows of facts on their way through stage 1: what adds up to their code, what multiplies their value."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from dsgrid.query.expressions import balanced_sum

if TYPE_CHECKING:
    from pyspark.sql import Column as Expression
    from pyspark.sql import DataFrame

# Facts may be pivoted by records that are called `code` or `slot`: columns on the way have names that no one takes.
CODE: Final = "#code"
SLOT: Final = "#slot"
VALUE: Final = "value"
# What a value was before time was mapped: sums of it can be foretold where sums of values cannot.
BALANCE: Final = "#balance"


def keys_and_values(columns: Collection[str]) -> tuple[list[str], list[str]]:
    """Return which columns of a coded table tell its rows apart, and which may be added up."""
    return [name for name in (CODE, SLOT) if name in columns], [name for name in (VALUE, BALANCE) if name in columns]


@dataclass(frozen=True)
class Terms:
    """Rows of facts, and what is known of them.

    Parameters
    ----------
    codes
        What adds up to the code of a row.
    weights
        What its value is multiplied with.
    of_time
        What it is multiplied with besides, because of its time.
    balance
        What it is multiplied with instead of that, for the sum that can be foretold; None without one.
    balanced
        The column that is so multiplied.
    keys
        The columns besides the code that rows are told apart by: classes, labels.
    """

    rows: DataFrame
    codes: tuple[Expression, ...]
    weights: tuple[Expression, ...] = ()
    of_time: tuple[Expression, ...] = ()
    balance: tuple[Expression, ...] | None = None
    balanced: str = VALUE
    keys: tuple[str, ...] = ()

    def adding(
        self,
        rows: DataFrame,
        *,
        codes: Sequence[Expression] = (),
        weights: Sequence[Expression] = (),
        keys: Sequence[str] = (),
    ) -> Terms:
        """Return the terms with other rows, and more of everything."""
        return replace(
            self,
            rows=rows,
            codes=(*self.codes, *codes),
            weights=(*self.weights, *weights),
            keys=(*self.keys, *keys),
        )


def class_column(type_: str) -> str:
    """Return the column of a dimension type's code; of its class, where it is expanded later."""
    return f"#{type_}_code"


def total(terms: Sequence[Expression]) -> Expression:
    """Return the sum of codes."""
    from pyspark.sql import functions as F

    return balanced_sum(list(terms)).cast("long") if len(terms) > 1 else terms[0].cast("long") + F.lit(0)


def weighted(value: Expression, weights: Sequence[Expression]) -> Expression:
    """Return a value times its weights."""
    for weight in weights:
        value = value * weight
    return value


def grouped(rows: DataFrame, keys: Sequence[str], values: Sequence[str]) -> DataFrame:
    """Return the sums of some columns by others."""
    from pyspark.sql import functions as F

    return rows.groupBy(*(F.col(f"`{key}`") for key in keys)).agg(
        *(F.sum(F.col(f"`{name}`")).alias(name) for name in values)
    )
