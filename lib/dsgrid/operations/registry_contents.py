"""What a registry holds, as plain documents for tables and JSON: ``dsgrid registry list`` and ``show``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from dsgrid.errors import UsageError, did_you_mean
from dsgrid.registry.conditions import chosen, parse_choice, parse_condition, parse_order, require_column
from dsgrid.registry.database import LOCK_TIMEOUT
from dsgrid.registry.listing import COLUMNS
from dsgrid.registry.moments import At, parse_at
from dsgrid.registry.registry import Registry
from dsgrid.registry.searching import SEARCHED, TAGGED, folded
from dsgrid.registry.versions import at_version

Document = dict[str, Any]
LISTS = ("projects", "datasets", "submissions", "composites", "dimensions", "mappings", "aliases", "registrations")
BY_DEFAULT = ("projects", "datasets", "submissions")


def list_registry(
    folder: str | Path,
    lists: Sequence[str] = (),
    *,
    all_versions: bool = False,
    where: Sequence[str] = (),
    tags: Sequence[str] = (),
    search: str = "",
    sort: str = "",
    columns: Sequence[str] = (),
    at: str | None = None,
    lock_timeout: float = LOCK_TIMEOUT,
) -> dict[str, list[Document]]:
    """Return the rows of the named lists, keyed by name.

    Parameters
    ----------
    folder
        The registry's folder.
    lists
        Some of `LISTS`. Without any: projects, datasets and submissions, or those of all that have the columns that
        are asked for, and can be searched.
    all_versions
        Older versions too.
    where
        Filters such as ``kind = modeled`` or ``rows > 1000``, which all have to hold; see `registry.conditions`.
    tags
        Only projects and datasets that have all of these tags.
    search
        Only projects, datasets, dimensions and mappings that have this text in their id, name, description, tags or
        other metadata.
    sort
        Columns with commas between; a minus before one turns it around.
    columns
        The columns to return; all when empty.
    at
        A date or time: the registry as it was then.
    lock_timeout
        How many seconds to wait for another process that has locked the registry.

    Raises
    ------
    UsageError
        For a list, column or operator that there is not, with the closest name.
    """
    names = chosen_lists(lists, where=where, tags=tags, search=search, sort=sort, columns=columns)
    found = {}
    with Registry.open(folder, lock_timeout=lock_timeout, at=at) as registry:
        for name in names:
            conditions, order = parse_choice(where, sort, columns, COLUMNS[name])
            rows = _rows(registry, name, all_versions)
            if tags or search:
                rows = registry.search(name, rows, tags, search)
            rows = chosen(rows, conditions, order)
            found[name] = [{column: row[column] for column in columns or COLUMNS[name]} for row in rows]
    return found


def chosen_lists(
    lists: Sequence[str] = (),
    *,
    where: Sequence[str] = (),
    tags: Sequence[str] = (),
    search: str = "",
    sort: str = "",
    columns: Sequence[str] = (),
) -> tuple[str, ...]:
    """Return the names of the lists that `list_registry` returns; nothing is read."""
    unknown = [name for name in lists if name not in LISTS]
    if unknown:
        raise UsageError(f'there is no list "{unknown[0]}"{did_you_mean(unknown[0], LISTS)}')
    among = _searchable(tags, search)
    for name in lists:
        if name not in among:
            done = "have tags" if tags else "can be searched"
            raise UsageError(f"only {' and '.join(_joined(among))} {done}, not {name}")
    return tuple(dict.fromkeys(lists)) or _fitting(where, sort, columns, among)


def show_entry(
    folder: str | Path,
    reference: str,
    *,
    at: str | None = None,
    kind: str | None = None,
    lock_timeout: float = LOCK_TIMEOUT,
) -> Document:
    """Return what there is to say about one project, dataset, dimension or mapping, as scalars and lists of rows.

    Parameters
    ----------
    folder
        The registry's folder.
    reference
        ``id`` or ``id@version``.
    at
        A version, or a date: the registry as it was then.
    kind
        ``project``, ``dataset``, ``dimension`` or ``mapping``, where the id has to be that of one; None takes any.
    lock_timeout
        How many seconds to wait for another process that has locked the registry.

    Raises
    ------
    NotFoundError
        Nothing in the registry has this id or version.
    """
    reference, moment = aim(reference, at)
    with Registry.open(folder, lock_timeout=lock_timeout, at=moment) as registry:
        return registry.entry(reference, kind)


def uses_of(
    folder: str | Path, reference: str, kind: str, *, at: str | None = None, lock_timeout: float = LOCK_TIMEOUT
) -> list[Document]:
    """Return what uses a dimension or a mapping, and as what; `kind` says which of both it is."""
    reference, moment = aim(reference, at)
    with Registry.open(folder, lock_timeout=lock_timeout, at=moment) as registry:
        return registry.uses(reference, kind)


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


def count_tags(
    folder: str | Path,
    lists: Sequence[str] = (),
    *,
    all_versions: bool = False,
    at: str | None = None,
    lock_timeout: float = LOCK_TIMEOUT,
) -> dict[str, int]:
    """Return how many projects and datasets have each tag, the most frequent first.

    Parameters
    ----------
    lists
        Only ``projects``, or only ``datasets``.
    all_versions, at, lock_timeout
        As in `list_registry`.
    """
    counts: Counter[str] = Counter()
    with Registry.open(folder, lock_timeout=lock_timeout, at=at) as registry:
        for name in lists or TAGGED:
            counts += registry.tags(name, _rows(registry, name, all_versions))
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))


def unknown_tags(tags: Sequence[str], known: Iterable[str]) -> list[str]:
    """Return a line for each tag that equals none of those that there are, with the closest one."""
    there = list(known)
    equal = {folded(each) for each in there}
    return [f'no tag "{tag}"{did_you_mean(tag, there)}' for tag in tags if folded(tag) not in equal]


def _searchable(tags: Sequence[str], search: str) -> tuple[str, ...]:
    return TAGGED if tags else tuple(SEARCHED) if search else LISTS


def _joined(names: Sequence[str]) -> tuple[str, str]:
    return ", ".join(names[:-1]), names[-1]


def _fitting(where: Sequence[str], sort: str, columns: Sequence[str], searchable: Sequence[str]) -> tuple[str, ...]:
    """Return the lists to show when none is named: a filter on a column means the lists that have it."""
    wanted = [column for column, _ in parse_order(sort)] if sort else []
    wanted += [*columns, *(parse_condition(each).column for each in where)]
    if not wanted:
        return BY_DEFAULT if searchable == LISTS else tuple(searchable)
    known = dict.fromkeys(column for name in LISTS for column in COLUMNS[name])
    for column in wanted:
        require_column(column, tuple(known))
    for among in (BY_DEFAULT, LISTS):
        fitting = tuple(name for name in among if name in searchable and set(wanted) <= set(COLUMNS[name]))
        if fitting:
            return fitting
    raise UsageError(f"no list has all of the columns {', '.join(dict.fromkeys(wanted))}; name the list that is meant")


def _rows(registry: Registry, name: str, all_versions: bool) -> list[Document]:
    if name == "registrations":
        return registry.registrations()
    if name == "aliases":
        return registry.aliases()
    rows: list[Document] = getattr(registry, name)(all_versions=all_versions)
    return rows
