"""How two tables are compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from dsgrid.errors import UsageError, did_you_mean
from dsgrid.query.comparison.shards import PART
from dsgrid.time.zones import zone as known_zone

REFUSE, SUM = "refuse", "sum"
DUPLICATES: Final = (REFUSE, SUM)
SHOWN: Final = 10


@dataclass(frozen=True)
class Choice:
    """How two tables are compared.

    Parameters
    ----------
    keys
        The columns that tell rows apart, ``county=geography`` where the tables have two names for one; none: as the
        tables say.
    ignore
        Columns that are not compared.
    rtol, atol
        Values are equal when their difference is at most `rtol` times the greater one, or `atol`.
    duplicates
        ``refuse`` rows with equal keys, or ``sum`` their values.
    zone
        The zone of readings of a clock that are compared with instants.
    shown
        How many rows and records of each kind are told.
    part
        How many rows are compared at once.

    Raises
    ------
    UsageError
        For a tolerance below 0, and for words that do not exist.
    """

    keys: Sequence[str] = ()
    ignore: Sequence[str] = ()
    rtol: float = 1e-9
    atol: float = 0.0
    duplicates: str = REFUSE
    zone: str | None = None
    shown: int = SHOWN
    part: int = PART

    def __post_init__(self) -> None:
        for name in ("keys", "ignore"):
            if isinstance(getattr(self, name), str):
                raise UsageError(f"{name} is a list of names of columns, not the text {getattr(self, name)!r}")
        for name in ("rtol", "atol"):
            _check_number(name, getattr(self, name))
        if self.duplicates not in DUPLICATES:
            hint = did_you_mean(str(self.duplicates), DUPLICATES)
            raise UsageError(f'duplicates is "refuse" or "sum", not "{self.duplicates}"{hint}')
        if self.shown < 0:
            raise UsageError(f"the number of rows to show is 0 or more, not {self.shown}")
        if self.zone is not None:
            known_zone(self.zone)

    @property
    def add_up(self) -> bool:
        """Whether rows with equal keys are added up."""
        return self.duplicates == SUM


def _check_number(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < float("inf"):
        raise UsageError(f"{name} is a number of 0 or more, not {value!r}")
