"""What differs between two dimensions or two mappings. Ids and versions are names of the contents, not part of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import pairwise
from operator import attrgetter
from typing import Any

from dsgrid.dimensions.changes import Change, compare_keys, same
from dsgrid.dimensions.classes import RECORD_CLASSES
from dsgrid.dimensions.collector import paused_collector
from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.mapping import Association, Mapping
from dsgrid.dimensions.records import Record, Records

NOTHING = "(nothing)"  # where an association leads that drops its record
_DIMENSION_LEVELS = {"name": "major", "type": "major", "class": "major", "description": "patch"}
_MAPPING_LEVELS = {"kind": "major", "tolerance": "major", "description": "patch"}
_ABSENT = object()

# (from, to); the second and later associations of a pair that repeats have their number as well.
Pair = tuple[str, str | None] | tuple[str, str | None, int]


def compare_dimensions(old: Dimension, new: Dimension, where: str = "") -> tuple[Change, ...]:
    """Return what differs between two dimensions.

    Records are compared by id. A record that is added is minor; one that is removed or differs in a column, its name
    included, is major, and so is another order of the records that stay. A column that the records did not have is
    minor, unless the class of the records gives it a meaning.

    Parameters
    ----------
    where
        The key path of the dimension in what holds it, such as ``base.county``.
    """
    if old is new:
        return ()
    return (
        *compare_keys(_dimension_keys(old), _dimension_keys(new), where, _DIMENSION_LEVELS),
        *_compare_records(old.records, new.records, new.record_class, where),
    )


def compare_mappings(
    old: Mapping,
    new: Mapping,
    where: str = "",
    *,
    new_from: Collection[str] | None = None,
    new_to: Collection[str] | None = None,
) -> tuple[Change, ...]:
    """Return what differs between two mappings; the order of their associations says nothing.

    Associations are compared by their pair of ids. An association that is added is minor where one of its ends is a
    record that the old mapping could not know; else it changes what old records mean, and is major, as is every one
    that is removed or has another fraction. A record that was dropped (it led nowhere) and leads somewhere now is
    told by what it leads to, and the other way round.

    Parameters
    ----------
    where
        The key path of the mapping in what holds it, such as ``supplemental.state.mapping``.
    new_from, new_to
        The records that were added on either side. Without them, those that the old mapping does not name.
    """
    if old is new:
        return ()
    with paused_collector():
        return (
            *compare_keys(_mapping_keys(old), _mapping_keys(new), where, _MAPPING_LEVELS),
            *_compare_associations(old.associations, new.associations, where, new_from, new_to),
        )


def shown_pair(from_id: str, to_id: str | None) -> str:
    """Return a pair as changes name it."""
    return f"{from_id} -> {NOTHING if to_id is None else to_id}"


def summary(dimension: Dimension) -> dict[str, Any]:
    """Return what a whole dimension is told by when it is added or removed."""
    return {"type": dimension.type, "class": dimension.record_class, "records": len(dimension.records)}


def _dimension_keys(dimension: Dimension) -> dict[str, str]:
    return {
        "name": dimension.name,
        "type": dimension.type,
        "class": dimension.record_class,
        "description": dimension.description,
    }


def _mapping_keys(mapping: Mapping) -> dict[str, str | float]:
    return {"kind": mapping.kind, "tolerance": float(mapping.tolerance), "description": mapping.description}


# Records -------------------------------------------------------------------------------------------------------------


def _compare_records(old: Records, new: Records, class_: str, where: str) -> Iterator[Change]:
    before, after = old.by_id, new.by_id
    for record in new:
        if record.id not in before:
            yield Change("added", "record", where, record.id, "minor", new=_cells(record))
    for record in old:
        if record.id not in after:
            yield Change("removed", "record", where, record.id, "major", old=_cells(record))

    # Columns are those of the records that stay: what only an added record has is told with it.
    kept = [id_ for id_ in old.ids if id_ in after]
    had, has = _columns(before, kept), _columns(after, kept)
    known = _known_columns(class_)
    for column in (column for column in has if column not in had):
        level = "major" if column in known else "minor"
        yield Change("added", "column", where, column, level, new=_column(after, kept, column))
    for column in (column for column in had if column not in has):
        yield Change("removed", "column", where, column, "major", old=_column(before, kept, column))
    shared = ("name", *(column for column in had if column in has))
    for id_ in kept:
        differing = [column for column in shared if not same(_cell(before[id_], column), _cell(after[id_], column))]
        if differing:
            was, now = (_cells(records[id_], differing) for records in (before, after))
            yield Change("changed", "record", where, id_, "major", was, now)

    order = [id_ for id_ in new.ids if id_ in before]
    moved = [place for place, (was, now) in enumerate(zip(kept, order, strict=True)) if was != now]
    if moved:
        span = slice(moved[0], moved[-1] + 1)
        yield Change("changed", "order", where, "records", "major", kept[span], order[span])


def _columns(records: dict[str, Record], ids: list[str]) -> dict[str, None]:
    return dict.fromkeys(column for id_ in ids for column in records[id_].attributes)


def _column(records: dict[str, Record], ids: list[str], column: str) -> dict[str, Any]:
    return {id_: records[id_].attributes[column] for id_ in ids if column in records[id_].attributes}


def _cell(record: Record, column: str) -> object:
    return record.name if column == "name" else record.attributes.get(column, _ABSENT)


def _cells(record: Record, columns: Collection[str] | None = None) -> dict[str, Any]:
    cells = {"name": record.name, **record.attributes}
    return cells if columns is None else {column: cells[column] for column in columns if column in cells}


def _known_columns(class_: str) -> frozenset[str]:
    record_class = RECORD_CLASSES.get(class_)
    return frozenset((*record_class.required, *record_class.optional) if record_class else ())


# Associations --------------------------------------------------------------------------------------------------------


def _compare_associations(
    old: tuple[Association, ...],
    new: tuple[Association, ...],
    where: str,
    new_from: Collection[str] | None,
    new_to: Collection[str] | None,
) -> Iterator[Change]:
    before, after = _differing(old, new)
    was, now = _fractions(before), _fractions(after)
    added, changed = [], []
    for pair, fraction in now.items():
        former = was.get(pair)
        if former is None:
            added.append(pair)
        elif former != fraction and not same(float(former), float(fraction)):
            changed.append(pair)
    everything_stays = len(was) == len(now) - len(added)
    removed = [] if everything_stays else [pair for pair in was if pair not in now]
    if added:
        fresh_from = _unnamed(after, old, "from_id") if new_from is None else new_from
        fresh_to = _unnamed(after, old, "to_id") if new_to is None else new_to
        lost = {pair[0] for pair in removed if pair[1] is not None}
        for pair in added:
            if pair[1] is not None or pair[0] not in lost:
                minor = pair[0] in fresh_from or (pair[1] is not None and pair[1] in fresh_to)
                level = "minor" if minor else "major"
                yield Change("added", "association", where, shown_pair(*pair[:2]), level, new=now[pair])
    gained = {pair[0] for pair in added if pair[1] is not None}
    for pair in removed:
        if pair[1] is not None or pair[0] not in gained:
            yield Change("removed", "association", where, shown_pair(*pair[:2]), "major", old=was[pair])
    for pair in changed:
        yield Change("changed", "association", where, shown_pair(*pair[:2]), "major", was[pair], now[pair])


def _unnamed(after: Iterable[Association], old: Iterable[Association], end: str) -> set[str]:
    ids = attrgetter(end)
    return set(map(ids, after)) - set(map(ids, old))


def _differing(
    old: tuple[Association, ...], new: tuple[Association, ...]
) -> tuple[list[Association], list[Association]]:
    """Leave out what stands at the same place in both, counted from the start or from the end.

    An update touches few of what may be millions; only those need a table to be found in.
    """
    shorter = min(len(old), len(new))
    start = next((place for place in range(shorter) if not _equal(old[place], new[place])), shorter)
    if len(old) == len(new):
        places = [place for place in range(start, shorter) if not _equal(old[place], new[place])]
        return [old[place] for place in places], [new[place] for place in places]
    rest = shorter - start
    end = next((place for place in range(rest) if not _equal(old[-1 - place], new[-1 - place])), rest)
    return list(old[start : len(old) - end]), list(new[start : len(new) - end])


def _equal(old: Association, new: Association) -> bool:
    return old is new or (old.fraction == new.fraction and old.from_id == new.from_id and old.to_id == new.to_id)


def _fractions(associations: list[Association]) -> dict[Pair, float]:
    found: dict[Pair, float] = {(each.from_id, each.to_id): each.fraction for each in associations}
    if len(found) == len(associations):
        return found
    # A pair that repeats is refused at registration; here every one of them counts all the same.
    ordered = sorted(associations, key=lambda each: (each.from_id, each.to_id or "", each.to_id is None, each.fraction))
    number = 0
    found = {(each.from_id, each.to_id): each.fraction for each in ordered[:1]}
    for last, each in pairwise(ordered):
        number = number + 1 if (last.from_id, last.to_id) == (each.from_id, each.to_id) else 0
        found[(each.from_id, each.to_id, number) if number else (each.from_id, each.to_id)] = each.fraction
    return found
