"""What is known of the rows that are to be drawn, before a picture of them is chosen."""

from __future__ import annotations

from dataclasses import dataclass

from dsgrid.query.plots.columns import CLOCK, UNIT, Column


@dataclass(frozen=True)
class Scene:
    """The columns of the rows that are to be drawn.

    Parameters
    ----------
    columns
        Those that say what a value is of, with their values; the one that pivoted columns stand for comes last.
    adds_up
        Whether values may be added up, over all columns that are not kept apart.
    units
        The units of the values, as drawn.
    """

    columns: tuple[Column, ...]
    adds_up: bool = True
    units: tuple[str, ...] = ("",)

    def column(self, name: str) -> Column:
        """Return a column by its name."""
        if name == UNIT and all(one.name != UNIT for one in self.columns):
            return Column(UNIT, UNIT, UNIT, count=len(self.units), values=self.units)
        return next(one for one in self.columns if one.name == name)

    def free(self) -> list[Column]:
        """Return the columns with several values that can be drawn."""
        return [one for one in self.columns if one.count > 1 and one.role != CLOCK]
