"""Mappings of metrics whose fractions convert units, too, as dsgrid-toolkit lets a dataset say.

Here units are converted by themselves. So that both together do what the fractions did alone, each is divided by the
factor of its conversion: 0.001 from kWh to MWh is 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dsgrid.dimensions.mapping import Association
from dsgrid.dimensions.units import UnitError, affine
from dsgrid.importers.dimensions import name_of, records, rows_of, type_of
from dsgrid.importers.document import Entry
from dsgrid.importers.translation import Remarks

Units = Mapping[str, str]


@dataclass(frozen=True)
class UnitFactors:
    """The units of both sides of a metric mapping.

    Parameters
    ----------
    own, base
        The units of the records of the dataset, and of the project's base dimension.
    place
        Where it is said that units are not converted.
    """

    own: Units
    base: Units
    place: Entry

    def divided(self, rows: list[Association], remarks: Remarks) -> list[Association]:
        """Return the associations with the factors of their conversions taken out of their fractions."""
        found = [self._divided(row, remarks) for row in rows]
        changed = sum(row != old for row, old in zip(found, rows, strict=True))
        if changed:
            message = f"{changed} fractions converted units; what our conversion does is taken out of them"
            remarks.say("changed", self.place, message, "records")
        return found

    def without_mapping(self, remarks: Remarks) -> list[Association]:
        """Return associations of ids with themselves that undo a conversion; none where no unit changes."""
        rows = [Association(id_, id_, 1.0) for id_ in self.own if id_ in self.base]
        found = [self._divided(row, remarks) for row in rows]
        return found if found != rows else []

    def _divided(self, row: Association, remarks: Remarks) -> Association:
        own, base = self.own.get(row.from_id), self.base.get(row.to_id or "")
        if row.to_id is None or own is None or base is None:
            return row  # an id that is not there: registration says so
        try:
            factor, offset = affine(own, base)
        except UnitError:
            factor, offset = 0.0, 0.0
        if offset or not factor:
            remarks.unsupported(
                self.place,
                f'values of "{row.from_id}" in "{own}" that a fraction makes "{base}": give this record of the dataset '
                f'the unit "{base}", and say nothing of enable_unit_conversion',
            )
            return row
        return row if factor == 1 else Association(row.from_id, row.to_id, row.fraction / factor)


def unit_factors(configuration: Entry, project: Entry, base: str, remarks: Remarks) -> UnitFactors | None:
    """Return the units of a dataset and of its project, where its configuration turns their conversion off."""
    if configuration.flag("enable_unit_conversion", default=True):
        return None
    place = configuration["enable_unit_conversion"]
    own = _units(configuration.entries("dimensions"))
    target = _units(project["dimensions"].entries("base_dimensions"), base)
    if own is None or target is None:
        whose = "dataset" if own is None else "project"
        remarks.unsupported(
            place,
            f"mappings that convert units by their fractions, where the metric of the {whose} is registered already",
        )
        return None
    return UnitFactors(own, target, place)


def _units(entries: Iterable[Entry], name: str = "") -> Units | None:
    for entry in entries:
        if type_of(entry) == "metric" and (not name or name_of(entry) == name):
            rows = rows_of(records(entry, Remarks()))
            return {str(row["id"]): str(row.get("unit") or "") for row in rows}
    return None
