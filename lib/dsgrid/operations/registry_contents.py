"""What a registry holds, as plain documents for tables and JSON: ``dsgrid registry list`` and ``show``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dsgrid.errors import UsageError, did_you_mean
from dsgrid.registry.conditions import chosen, parse_choice, parse_condition, parse_order, require_column
from dsgrid.registry.listing import COLUMNS
from dsgrid.registry.moments import At, parse_at
from dsgrid.registry.registry import Registry
from dsgrid.registry.versions import at_version

Document = dict[str, Any]
LISTS = ("projects", "datasets", "submissions", "dimensions", "mappings", "registrations")
BY_DEFAULT = ("projects", "datasets", "submissions")


def list_registry(
    folder: str | Path,
    lists: Sequence[str] = (),
    *,
    all_versions: bool = False,
    where: Sequence[str] = (),
    sort: str = "",
    columns: Sequence[str] = (),
    at: str | None = None,
) -> dict[str, list[Document]]:
    """Return the rows of the named lists, keyed by name.

    Parameters
    ----------
    folder
        The registry's folder.
    lists
        Some of `LISTS`. Without any: projects, datasets and submissions, or those of all that have the columns that
        are asked for.
    all_versions
        Older versions too.
    where
        Filters such as ``kind = modeled`` or ``rows > 1000``, which all have to hold; see `registry.conditions`.
    sort
        Columns with commas between; a minus before one turns it around.
    columns
        The columns to return; all when empty.
    at
        A date or time: the registry as it was then.

    Raises
    ------
    UsageError
        For a list, column or operator that there is not, with the closest name.
    """
    unknown = [name for name in lists if name not in LISTS]
    if unknown:
        raise UsageError(f'there is no list "{unknown[0]}"{did_you_mean(unknown[0], LISTS)}')
    names = tuple(dict.fromkeys(lists)) or _fitting(where, sort, columns)
    found = {}
    with Registry.open(folder, at=at) as registry:
        for name in names:
            conditions, order = parse_choice(where, sort, columns, COLUMNS[name])
            rows = chosen(_rows(registry, name, all_versions), conditions, order)
            found[name] = [{column: row[column] for column in columns or COLUMNS[name]} for row in rows]
    return found


def show_entry(folder: str | Path, reference: str, *, at: str | None = None) -> Document:
    """Return what there is to say about one project, dataset, dimension or mapping, as scalars and lists of rows.

    Parameters
    ----------
    folder
        The registry's folder.
    reference
        ``id`` or ``id@version``.
    at
        A version, or a date: the registry as it was then.

    Raises
    ------
    NotFoundError
        Nothing in the registry has this id or version.
    """
    reference, moment = aim(reference, at)
    with Registry.open(folder, at=moment) as registry:
        return registry.entry(reference)


def references(folder: str | Path, prefix: str = "") -> list[tuple[str, str]]:
    """Return (reference, kind) for what begins with a text, to complete it; does not wait for other processes."""
    with Registry.open(folder, lock_timeout=0.2) as registry:
        return registry.references(prefix)


def aim(reference: str, at: str | None) -> tuple[str, At | None]:
    """Return what ``--at`` makes of a reference: one with a version, or the moment to look back to."""
    if at is None:
        return reference, None
    meant = parse_at(at)
    return (reference, meant) if meant.version is None else (at_version(reference, meant.version), None)


def _fitting(where: Sequence[str], sort: str, columns: Sequence[str]) -> tuple[str, ...]:
    """Return the lists to show when none is named: a filter on a column means the lists that have it."""
    wanted = [column for column, _ in parse_order(sort)] if sort else []
    wanted += [*columns, *(parse_condition(each).column for each in where)]
    if not wanted:
        return BY_DEFAULT
    known = dict.fromkeys(column for name in LISTS for column in COLUMNS[name])
    for column in wanted:
        require_column(column, tuple(known))
    for among in (BY_DEFAULT, LISTS):
        fitting = tuple(name for name in among if set(wanted) <= set(COLUMNS[name]))
        if fitting:
            return fitting
    raise UsageError(f"no list has all of the columns {', '.join(dict.fromkeys(wanted))}; name the list that is meant")


def _rows(registry: Registry, name: str, all_versions: bool) -> list[Document]:
    if name == "registrations":
        return registry.registrations()
    rows: list[Document] = getattr(registry, name)(all_versions=all_versions)
    return rows
