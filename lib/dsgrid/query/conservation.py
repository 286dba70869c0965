"""Whether a result adds up to what went in: sums foretold from the datasets' stored sums, and sums that are there."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsgrid.datasets.facts import quoted
from dsgrid.errors import ConservationError
from dsgrid.query.plan import Plan
from dsgrid.query.rules.presentation import UNIT
from dsgrid.query.terms import BALANCE

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# Relative to the sum of the absolute terms.
CONSERVATION_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Total:
    """What a result adds up to, in one unit.

    Parameters
    ----------
    expected
        Foretold from the stored sums of the datasets; None where nothing can be foretold, as of values that passed a
        filter.
    carried
        What that is compared with. It is `found`, but where mapping time weights slots differently (an hour of a
        typical week counts as often as it occurs), or takes the greatest of several: there it is what the rows had
        before time was mapped. None where nothing is expected.
    found
        The sum of the table's values.
    absolute
        The sum of the absolute terms of `expected`; None where nothing is.
    """

    unit: str
    expected: float | None
    carried: float | None
    found: float
    absolute: float | None

    @property
    def conserved(self) -> bool:
        """Whether what is expected was carried to the end; true where nothing can be expected."""
        if self.expected is None or self.carried is None or self.absolute is None:
            return True
        return abs(self.expected - self.carried) <= CONSERVATION_TOLERANCE * max(self.absolute, 1e-300)


def compare(plan: Plan, found: Mapping[str, float], carried: Mapping[str, float]) -> tuple[Total, ...]:
    """Return expected and found totals by unit, or raise where they differ.

    Where nothing is foretold there is one for each unit that was found, with nothing expected.

    Raises
    ------
    ConservationError
        If a sum is not what the stored sums of the datasets promise, or is no number.
    """
    totals = _expected(plan, found, carried) if plan.foretold else _unexpected(found)
    for total in totals:
        unit = total.unit or "(no unit)"
        if not math.isfinite(total.found):
            raise ConservationError(
                f"query {plan.query.name}: values in {unit} are no numbers"
                f"{_followed(plan)}; the result was not published"
            )
        if not total.conserved:
            adds = "its rows added up, before time was mapped," if plan.balances else "the result adds up"
            raise ConservationError(
                f"query {plan.query.name}: {adds} to {total.carried!r} {unit}, but the datasets give "
                f"{total.expected!r}; the result was not published"
            )
    return totals


def _unexpected(found: Mapping[str, float]) -> tuple[Total, ...]:
    return tuple(Total(unit, None, None, sum_, None) for unit, sum_ in found.items())


def _expected(plan: Plan, found: Mapping[str, float], carried: Mapping[str, float]) -> tuple[Total, ...]:
    expected: dict[str, list[float]] = {}
    absolute: dict[str, list[float]] = {}
    for source in plan.sources:
        for unit, sum_, size in source.totals:
            expected.setdefault(unit, []).append(sum_)
            absolute.setdefault(unit, []).append(size)
    return tuple(
        Total(unit, math.fsum(parts), carried.get(unit, 0.0), found.get(unit, 0.0), math.fsum(absolute[unit]))
        for unit, parts in expected.items()
    )


def _followed(plan: Plan) -> str:
    shapes = [one.shape.dataset.id for one in plan.sources if one.shape is not None]
    return f": the shape {shapes[0]} adds up to 0 in a year" if shapes else ""


def carried_by(stacked: DataFrame) -> dict[str, float]:
    """Return the balance of each unit of rows that are too many for a table: the engine counts once more."""
    from pyspark.sql import functions as F

    sums = stacked.groupBy(UNIT).agg(F.sum(F.col(quoted(BALANCE))).alias("total")).toArrow().to_pylist()
    return {str(row[UNIT]): row["total"] or 0.0 for row in sums}
