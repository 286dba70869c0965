"""In which places the time of a dataset is mapped to a project's: which zones and years its records bring along."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dsgrid.dimensions.dimension import Dimension
from dsgrid.errors import Problem, listing
from dsgrid.registry.model import Dataset, Project, TypeMapping
from dsgrid.time.dimension import GEOGRAPHY, PROJECT_GEOGRAPHY, TimeDimension, is_local, zone_of
from dsgrid.time.places import Place

Pairs = Iterable[tuple[str, str]]
Zones = tuple[str, str]


@dataclass(frozen=True)
class Situations:
    """The places that a dataset's time is in, and what of its records decides which.

    Parameters
    ----------
    places
        For each combination of what geographies and years bring along: ``places[g * len(years) + y]``.
    zones
        The different pairs of zones (of the dataset's labels, of the project's), one per number ``g``.
    years
        The different base records of `year_type`, one per number ``y``; a single empty one when years don't matter.
    year_type
        ``weather_year`` or ``model_year``; empty when years don't matter.
    """

    places: tuple[Place, ...]
    zones: tuple[Zones, ...]
    years: tuple[str, ...]
    year_type: str
    zone_numbers: Mapping[tuple[str, str], int]

    def year_number(self, base: str) -> int:
        """Return the number of a base record of `year_type`."""
        return self.years.index(base) if base in self.years else 0


def situations(
    project: Project,
    dataset: Dataset,
    mappings: Mapping[str, TypeMapping],
    pairs: Mapping[str, Pairs],
    *,
    local_output: bool = False,
) -> Situations:
    """Return the places of a dataset in a project.

    Parameters
    ----------
    pairs
        For ``geography``, ``weather_year`` and ``model_year`` the associations (record, base record) that count.
    local_output
        Whether a query tells time in the zone of each of the project's geographies, which tells more places apart.

    Raises
    ------
    TimeError
        If a zone is needed that records do not have.
    """
    own, target = dataset.time, project.time
    base = base_of(project, mappings, "geography")
    numbers: dict[tuple[str, str], int] = {}
    zones: dict[Zones, int] = {}
    needs = (_level(own), GEOGRAPHY if is_local(target) or local_output else "")
    if any(needs):
        found = list(pairs["geography"])
        _refuse_missing(dataset, project, base, needs, found)
        for record, base_id in found:
            pair = tuple(
                {
                    GEOGRAPHY: _zone(dataset.dimensions["geography"], record),
                    PROJECT_GEOGRAPHY: _zone(base, base_id),
                    "": "",
                }[need]
                for need in (needs[0], PROJECT_GEOGRAPHY if needs[1] else "")
            )
            numbers[record, base_id] = zones.setdefault((pair[0], pair[1]), len(zones))
    year_type = target.year_of or own.year_of
    years: dict[str, set[str]] = {}
    if year_type:
        for record, base_id in pairs[year_type]:
            years.setdefault(base_id if target.year_of else "", set()).add(record)
    places = tuple(
        Place(zone, target_zone, frozenset(records) if own.year_of == year_type != "" else frozenset(), base_id)
        for zone, target_zone in zones or {("", ""): 0}
        for base_id, records in (years or {"": set()}).items()
    )
    return Situations(places, tuple(zones) or (("", ""),), tuple(years) or ("",), year_type, numbers)


def base_of(project: Project, mappings: Mapping[str, TypeMapping], type_: str) -> Dimension:
    """Return the base dimension that a dataset maps a type to."""
    return next(base for base in project.base if base.name == mappings[type_].base)


def all_pairs(dataset: Dataset, mappings: Mapping[str, TypeMapping]) -> dict[str, list[tuple[str, str]]]:
    """Return every association of the types that time goes by."""
    found = {}
    for type_ in ("geography", "weather_year", "model_year"):
        mapping = mappings[type_].mapping
        if mapping is None:
            found[type_] = [(id_, id_) for id_ in dataset.dimensions[type_].records.ids]
        else:
            found[type_] = [(one.from_id, one.to_id) for one in mapping.associations if one.to_id is not None]
    return found


def zone_level(time: TimeDimension) -> str:
    """Return whose records the zones of a dataset's labels come from: ``dataset``, ``project``, or empty."""
    return {GEOGRAPHY: "dataset", PROJECT_GEOGRAPHY: "project"}.get(_level(time), "")


def _level(time: TimeDimension) -> str:
    return zone_of(time) if is_local(time) else ""


def _zone(dimension: Dimension, id_: str) -> str:
    record = dimension.records.by_id.get(id_)
    value = None if record is None else record.get("time_zone")
    return str(value) if value else ""


def _refuse_missing(
    dataset: Dataset, project: Project, base: Dimension, needs: tuple[str, str], pairs: list[tuple[str, str]]
) -> None:
    from dsgrid.time.zones import TimeError  # numpy, which listings do without

    own = dataset.dimensions["geography"]
    problems = []
    if needs[0] == GEOGRAPHY:
        problems += _missing(own, dict.fromkeys(record for record, _ in pairs), f"dataset {dataset.id}")
    if needs[0] == PROJECT_GEOGRAPHY or needs[1]:
        problems += _missing(base, dict.fromkeys(base_id for _, base_id in pairs), f"project {project.id}")
    if problems:
        raise TimeError(problems)


def _missing(dimension: Dimension, ids: Iterable[str], owner: str) -> list[Problem]:
    lacking = [id_ for id_ in ids if not _zone(dimension, id_)]
    if not lacking:
        return []
    count = f"{len(lacking):,} record{'s' if len(lacking) > 1 else ''}"
    return [
        Problem(
            f'time is told in the zone of each "{dimension.name}" of {owner}, but {count} of it '
            f"{'have' if len(lacking) > 1 else 'has'} no time_zone: {listing(lacking)}"
        )
    ]
