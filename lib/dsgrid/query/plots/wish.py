"""What a user asked a plot to be; what is left open is chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dsgrid.errors import UsageError, did_you_mean

LINE: Final = "line"
AREA: Final = "area"
HEAT_MAP: Final = "heat_map"
LOAD_DURATION: Final = "load_duration"
BAR: Final = "bar"
KINDS: Final = (LINE, AREA, HEAT_MAP, LOAD_DURATION, BAR)


@dataclass(frozen=True)
class Wish:
    """What a plot shall be; None is for what fits.

    Parameters
    ----------
    kind
        One of `KINDS`.
    x
        The column along the axis.
    by
        The columns whose values have colours, together.
    facet
        The columns whose values have panels, together.
    """

    kind: str | None = None
    x: str | None = None
    by: tuple[str, ...] | None = None
    facet: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if self.kind is not None and self.kind not in KINDS:
            hint = did_you_mean(self.kind, KINDS)
            raise UsageError(f'"{self.kind}" is no kind of plot{hint}')
