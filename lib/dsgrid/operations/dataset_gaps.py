"""Which combinations of its records a dataset has no data of, in as few words as possible."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from dsgrid.dimensions.coverage import Combinations, Factor
from dsgrid.dimensions.gaps import Missing
from dsgrid.dimensions.gaps import missing as gaps_in
from dsgrid.dimensions.patterns import Pattern
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.errors import NotFoundError
from dsgrid.operations.registry_contents import aim
from dsgrid.registry.database import LOCK_TIMEOUT
from dsgrid.registry.registry import Registry

Document = dict[str, Any]
COLUMNS: Final = RECORD_TYPES
MOST: Final = 2_000_000  # combinations among which patterns are looked for; more would keep a reader waiting
MERGED: Final = 100_000  # declared rows that are put together where nothing is looked for
SHOWN: Final = 200


def gaps_of_dataset(
    folder: str | Path, reference: str, *, at: str | None = None, lock_timeout: float = LOCK_TIMEOUT
) -> Document:
    """Return what a version of a dataset lacks of all combinations of its records, as patterns.

    Returns
    -------
    dict
        ``combinations`` there might be, ``missing`` of these, and ``declared``, the rows that say so. ``patterns`` are
        ids by type: every combination of one of each is missing; ``more`` how many there are besides, and ``whole``
        whether they explain all that is missing. Where there are too many combinations (``is_searched`` is False)
        nothing is looked for, and the patterns are the declared rows, put together.

    Raises
    ------
    NotFoundError
        If there is no such dataset, or it holds no data of its own.
    """
    from dsgrid.datasets.read import associations

    name, moment = aim(reference, at)
    with Registry.open(folder, lock_timeout=lock_timeout, at=moment) as registry:
        dataset = registry.dataset(name)
        declared = registry.missing(name)
        root = registry.data
    there = [file.rows for file in dataset.files if file.role == "associations"]
    if not there:
        raise NotFoundError(f"dataset {dataset.id}@{dataset.version} holds no data of its own")
    ids = {type_: one.records.ids for type_, one in dataset.dimensions.items()}
    count = math.prod(len(each) for each in ids.values())
    is_searched = count <= MOST
    if sum(there) == count:  # a row for each combination that has data
        found = Missing(0, count)
    elif is_searched:
        all_of = Combinations(tuple(Factor((type_,), tuple((id_,) for id_ in each)) for type_, each in ids.items()))
        found = gaps_in(all_of, associations(root, dataset))
    else:
        found = Missing(count - sum(there), count, _merged(declared), whole=False)
    patterns = [
        {"ids": {type_: list(ids) for type_, ids in each.items()}, "combinations": rows or None}
        for each, rows in found.groups[:SHOWN]
    ]
    return {
        "dataset": dataset.id,
        "version": dataset.version,
        "combinations": count,
        "missing": found.count,
        "declared": len(declared),
        "expected": any(file.role == "expected" for file in dataset.files),
        "is_searched": is_searched,
        "patterns": patterns,
        "more": max(len(found.groups) - SHOWN, 0) + found.more,
        "whole": found.whole,
    }


def _merged(declared: Sequence[Mapping[str, str]]) -> tuple[Pattern, ...]:
    return tuple(Pattern(dict(row), 0) for row in declared) if len(declared) <= MERGED else ()


def declared_gaps(
    folder: str | Path, reference: str, *, at: str | None = None, lock_timeout: float = LOCK_TIMEOUT
) -> list[Document]:
    """Return the combinations that a version of a dataset is said to lack, as they were declared: a key for each type.

    A type that is None stands for all of its records.
    """
    name, moment = aim(reference, at)
    with Registry.open(folder, lock_timeout=lock_timeout, at=moment) as registry:
        return [{type_: row.get(type_) for type_ in COLUMNS} for row in registry.missing(name)]
