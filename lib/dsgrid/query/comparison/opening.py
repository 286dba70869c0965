"""Places as sides of a comparison: results by their folders, tables by their files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dsgrid.errors import NotFoundError, UsageError, did_you_mean, listing
from dsgrid.query.comparison.choice import Choice
from dsgrid.query.comparison.comparing import compared
from dsgrid.query.comparison.found import Comparison
from dsgrid.query.comparison.result_side import result_side
from dsgrid.query.comparison.side import Side
from dsgrid.query.comparison.table_side import table_side
from dsgrid.query.result import Result, open_result
from dsgrid.registry.publish import MANIFEST, POINTER
from dsgrid.spec.node import shown
from dsgrid.storage.location import Location, location

# What a place holds.
RESULT, TABLE, NOTHING = "result", "table", ""


def kind_of(place: Location) -> str:
    """Return what is at a place: a result, a table, or nothing."""
    if (place / MANIFEST).is_file() or (place / POINTER).is_file() or _result_of(place) is not None:
        return RESULT
    return TABLE if place.exists() else NOTHING


def _result_of(table: Location) -> Location | None:
    """Return the folder of a result whose table a file is: what stands beside it says what it means."""
    folder = table.parent
    return folder if table.stem == "table" and table.exists() and (folder / MANIFEST).is_file() else None


def result_at(place: Location) -> Result:
    """Return the result whose folder, or whose table, is at a place."""
    return open_result(_result_of(place) or place)


def sides_of(
    a: Side | Result | Location,
    b: Side | Result | Location,
    labels: tuple[str, str],
    choice: Choice,
) -> tuple[Side, Side]:
    """Return two things as sides of a comparison; what one says of keys helps where the other is a bare table.

    Parameters
    ----------
    labels
        What they are called.

    Raises
    ------
    UsageError
        If a column that is to be ignored is in neither.
    """
    keys, without = choice.keys, choice.ignore
    first, second = (_told(one, label) for one, label in zip((a, b), labels, strict=True))
    left, right = ([part for key in keys for part in _names(key, place)] for place in (0, -1))
    for one in (a, b):
        if not isinstance(one, (Side, Result)):
            _refuse_many(one)
    if first is None:
        assert not isinstance(a, (Side, Result))
        first = table_side(a, labels[0], left, _known(second), without)
    if second is None:
        assert not isinstance(b, (Side, Result))
        second = table_side(b, labels[1], right, _known(first), without)
    there = dict.fromkeys([*first.order, *second.order])
    for name in without:
        if name not in there:
            raise UsageError(f'neither table has a column "{name}"{did_you_mean(name, there)}')
    return first, second


def compared_results(a: Result, b: Result | str | Location, **choice: Any) -> Comparison:
    """Compare a result with another, or with a table of files; see `Choice` for what there is to choose.

    Raises
    ------
    NotFoundError
        If there is nothing at the place that is named.
    """
    place = b if isinstance(b, Result) else location(b)
    if not isinstance(place, Result) and kind_of(place) == NOTHING:
        raise NotFoundError(f"there is no result and no table {shown(place)}")
    chosen = Choice(**choice)
    labels = (label_of(a), label_of(b))
    first, second = sides_of(a, place, labels, chosen)
    return compared(first, second, chosen)


def label_of(one: Result | str | Location) -> str:
    """Return what something is called in a comparison."""
    if isinstance(one, Result):
        return shown(one.folder)
    return one if isinstance(one, str) and not Path(one).exists() else shown(location(one))


def _told(one: Side | Result | Location, label: str) -> Side | None:
    if isinstance(one, Side):
        return one
    if isinstance(one, Result):
        return result_side(one, label)
    return result_side(result_at(one), label) if kind_of(one) == RESULT else None


def _refuse_many(place: Location) -> None:
    """Refuse a folder whose folders are results: one of them is meant."""
    if not isinstance(place, Path) or not place.is_dir() or kind_of(place) == RESULT:
        return
    inside = sorted(one.name for one in place.iterdir() if (one / POINTER).is_file())
    if inside:
        raise UsageError(f"{shown(place)} is no result; there are results in it: {listing(inside)}")


def _known(side: Side | None) -> tuple[str, ...]:
    return () if side is None else tuple(key.name for key in side.keys if key.only is None)


def _names(key: str, place: int) -> list[str]:
    """Return the name of a key in the first table (0) or in the second (-1), of ``county=geography``."""
    return [key.split("=")[place]]
