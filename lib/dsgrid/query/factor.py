"""One dimension type of a source: the matrix that its records go through, and what the two stages make of it."""

from __future__ import annotations

from collections.abc import Mapping as TypeMapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, cast

from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.mapping import Mapping
from dsgrid.dimensions.matrix import Matrix, from_mapping

Key = tuple[str, ...]
# What an id becomes: other ids, and its fraction in each.
Share = tuple[tuple[str, float], ...]
# The type of the column, and the axis, that tells percentiles apart.
PERCENTILE: Final = "percentile"


def as_target(target: object) -> tuple[Key, int]:
    """Return a matrix target that is known to be an output key and the number of a place."""
    assert isinstance(target, tuple)
    key, couple = target
    return key, couple


@dataclass(frozen=True)
class Column:
    """A column of the result that names records or time.

    Parameters
    ----------
    level
        ``base``, ``supplemental`` or ``time``.
    dimension
        The dimension whose ids the column holds; None for time.
    mapping
        From the base dimension `of` to `dimension`, for a supplemental.
    word
        What of the time the column holds: a key of `dsgrid.spec.schemas.words.TIME_WORDS`, ``slot``, ``time_zone`` or
        ``utc_offset``.
    """

    name: str
    type: str
    level: str
    dimension: Dimension | None = None
    mapping: Mapping | None = None
    of: str = ""
    word: str = ""

    @cached_property
    def shares(self) -> TypeMapping[str, Share] | None:
        """What each record of `of` becomes; None where it stays what it is."""
        return None if self.mapping is None else cast("dict[str, Share]", from_mapping(self.mapping).entries)

    @property
    def is_assigned(self) -> bool:
        """Whether its records are means of those of `of`: the weights of an assignment sum to 1 for each of them."""
        return self.mapping is not None and self.mapping.kind.endswith("_assignment")


@dataclass(frozen=True)
class Contraction:
    """What one factor becomes in the two stages.

    Parameters
    ----------
    mode
        ``idle``: all records do the same with coefficient 1, the factor needs no join. ``direct``: stage 1 goes to the
        output keys. ``expand``: stage 1 goes to classes, stage 2 from the classes to the output keys.
    table
        Rows ``(record, number, coefficient)`` of stage 1: the number of a target (`Axis.number`), or of a class.
    expansion
        Rows ``(class, number of a target, coefficient)`` of stage 2.
    codes
        How many numbers there may be.
    """

    mode: str
    table: tuple[tuple[str, int, float], ...]
    expansion: tuple[tuple[int, int, float], ...] = ()
    codes: int = 1

    @property
    def weighted(self) -> bool:
        """Whether any coefficient of stage 1 differs from 1."""
        return any(coefficient != 1.0 for _, _, coefficient in self.table)


@dataclass(frozen=True)
class Factor:
    """One dimension type of one source.

    Parameters
    ----------
    to_base
        Dataset record -> base record, with the fractions of the submission's mapping.
    units
        Dataset record -> its unit; base record -> its unit (metric only, else empty).
    to_output
        Dataset record -> (output key, number of a place): the key is a tuple of ids, one per column of this type; the
        coefficients are fractions times unit factors.
    adjusted
        Factors of single base records, by adjustments that are about this type alone.
    left_out
        What does not count in the result, with the reason: dataset records without a base record, and base records
        that no record of a supplemental dimension holds.
    """

    type: str
    records: tuple[str, ...]
    base: Dimension
    to_base: Matrix
    chain: tuple[str, ...]
    to_output: Matrix | None = None
    left_out: tuple[tuple[str, str], ...] = ()
    contraction: Contraction | None = None
    adjusted: TypeMapping[str, float] = field(default_factory=dict)

    @property
    def base_ids(self) -> tuple[str, ...]:
        """The base records that are reached, in order of first appearance."""
        return tuple(str(base_id) for base_id in self.to_base.targets)
