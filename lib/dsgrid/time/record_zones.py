"""The time zones of geography records."""

from __future__ import annotations

from collections.abc import Mapping

from dsgrid.dimensions.records import Records
from dsgrid.errors import Problem
from dsgrid.time.zones import TimeError, zone


def check_record_zones(
    records: Records, where: str = "", places: Mapping[str, str] | None = None
) -> tuple[Problem, ...]:
    """Return a problem for each distinct `time_zone` of geography records that is no zone.

    Parameters
    ----------
    where
        What the records stand in.
    places
        Where each of them stands, by id; instead of `where`.
    """
    found: dict[str, str] = {}
    for record in records:
        value = record.get("time_zone")
        if value is not None:
            found.setdefault(str(value), record.id)
    problems = []
    for name, id_ in found.items():
        try:
            zone(name)
        except TimeError as error:
            problems.append(Problem(f'id "{id_}": {error.problems[0].message}', (places or {}).get(id_, where)))
    return tuple(problems)
