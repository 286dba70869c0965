"""The columns of values of an export's tables: what they are called, and their units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dsgrid.query.handoff.layout import Layout, at
from dsgrid.query.handoff.model import WIDE
from dsgrid.query.handoff.naming import column_names
from dsgrid.query.handoff.survey import Survey
from dsgrid.query.handoff.units import Conversion
from dsgrid.query.rules.presentation import VALUE


@dataclass(frozen=True)
class Columns:
    """The columns of values: the same ones in each file, but for their units.

    Parameters
    ----------
    units
        The conversion of each series.
    """

    layout: Layout
    found: Survey
    units: Sequence[Conversion]

    @cached_property
    def every(self) -> list[tuple[Any, ...]]:
        """The combinations of records that are columns, in order; of a long table one of nothing."""
        pivoted = self.layout.source.pivoted
        places = {name: place for place, (name, _) in enumerate(self.layout.source.values)}

        def order(key: tuple[Any, ...]) -> tuple[Any, ...]:
            named = zip(self.layout.columns, key, strict=True)
            return tuple(places[one] if name == pivoted else one for name, one in named)

        return sorted(set(self.found.series.tuples(self.layout.columns)), key=order)

    @cached_property
    def of_series(self) -> list[int]:
        """The column of each series."""
        number = {key: place for place, key in enumerate(self.every)}
        return [number[key] for key in self.found.series.tuples(self.layout.columns)]

    @cached_property
    def _units(self) -> list[list[set[str]]]:
        """By file and column the units of its values."""
        found: list[list[set[str]]] = [[set() for _ in self.every] for _ in range(len(self.found.files))]
        for file, column, one in zip(self.found.file_of.tolist(), self.of_series, self.units, strict=True):
            found[file][column].add(one.unit)
        return found

    @cached_property
    def in_rows(self) -> bool:
        """Whether a column ``unit`` says the unit of each row, as columns of some file have several."""
        if self.layout.export.shape != WIDE:
            return "columns" not in self.layout.export.unit_in
        return any(len(own) > 1 for file in self._units for own in file)

    def units_of(self, file: int) -> list[str] | None:
        """Return the unit of each column of a file; None where each row has its own."""
        own = self._units[file]
        if any(len(one) > 1 for one in own):
            return None
        of_file = set[str]().union(*own)
        # A column without a value in this file has the unit of its neighbours, if they have one.
        default = of_file.pop() if len(of_file) == 1 else ""
        return [next(iter(one), default) for one in own]

    def names(self, file: int) -> list[str]:
        """Return the names of the columns of a file.

        Raises
        ------
        SpecError
            If units are to stand in them, and a column has several.
        """
        keys = self.every if self.layout.export.shape == WIDE else [(VALUE,)]
        separator = self.layout.export.separator if self.layout.export.shape == WIDE else "_"
        units: list[str] | None = [""] * len(keys)
        if "columns" in self.layout.export.unit_in:
            units = self.units_of(file)
            if units is None:
                message = "a column has values in several units, so it is not named by one"
                raise at(self.layout.export, "unit_in").error(message)
        return column_names(keys, separator, units or [])
