"""What the associations of a mapping amount to, and whether that is what its kind promises."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dsgrid.dimensions.kinds import KINDS
from dsgrid.operations.registry_contents import aim
from dsgrid.registry.association_sums import COLUMNS, Window
from dsgrid.registry.conditions import chosen, parse_choice
from dsgrid.registry.database import LOCK_TIMEOUT
from dsgrid.registry.registry import Registry
from dsgrid.registry.searching import folded

Document = dict[str, Any]
_SIDES: Final = ("from", "to")


@dataclass(frozen=True)
class SideSums:
    """The records of one side of a mapping, each with what it has of it.

    Parameters
    ----------
    reference
        ``id@version`` of the mapping.
    count
        Records of the whole side; `rows` may be some of them.
    """

    reference: str
    columns: tuple[str, ...]
    rows: list[Document]
    count: int


def mapping_sums(
    folder: str | Path,
    reference: str,
    side: str,
    *,
    where: Sequence[str] = (),
    search: str = "",
    sort: str = "",
    columns: Sequence[str] = (),
    at: str | None = None,
    lock_timeout: float = LOCK_TIMEOUT,
) -> SideSums:
    """Return what each record of one side of a mapping has of it.

    Parameters
    ----------
    side
        ``from`` or ``to``.
    where, search, sort, columns
        As for `dsgrid.operations.records.select_records`.

    Raises
    ------
    NotFoundError
        If there is no such mapping.
    UsageError
        For a column or operator that there is not.
    """
    conditions, order = parse_choice(where, sort, columns, COLUMNS)
    name, moment = aim(reference, at)
    with Registry.open(folder, lock_timeout=lock_timeout, at=moment) as registry:
        found = registry.mapping_sums(name, (side,))
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in found.sides[side]]
    part = folded(search)
    kept = [
        row for row in rows if not part or any(part in folded(str(cell)) for cell in row.values() if cell is not None)
    ]
    shown = tuple(dict.fromkeys(columns)) or COLUMNS
    kept = [{column: row[column] for column in shown} for row in chosen(kept, conditions, order)]
    return SideSums(f"{found.mapping['id']}@{found.mapping['version']}", shown, kept, len(rows))


def mapping_summary(
    folder: str | Path, reference: str, *, at: str | None = None, lock_timeout: float = LOCK_TIMEOUT
) -> Document:
    """Return what a mapping's kind promises, and what is so: on either side which records have how much of it."""
    name, moment = aim(reference, at)
    with Registry.open(folder, lock_timeout=lock_timeout, at=moment) as registry:
        found = registry.mapping_sums(name, _SIDES)
    mapping, kind = found.mapping, KINDS[found.mapping["kind"]]
    return {
        "reference": f"{mapping['id']}@{mapping['version']}",
        "kind": kind.name,
        "use": kind.use,
        "promises": {
            "sums_to_one": kind.sums_to_one,
            "from_repeats": kind.from_repeats,
            "to_repeats": kind.to_repeats,
            "all_ones": kind.all_ones,
            "tolerance": mapping["tolerance"],
        },
        "associations": mapping["associations"],
        "without_target": found.without_target,
        "fractions": found.fractions,
        **{
            side: {
                "dimension": mapping[f"{side}_id"],
                "version": mapping[f"{side}_version"],
                **_side(found.sides[side], mapping["tolerance"]),
            }
            for side in _SIDES
        },
    }


def mapping_matrix(
    folder: str | Path,
    reference: str,
    window: Window,
    *,
    at: str | None = None,
    lock_timeout: float = LOCK_TIMEOUT,
) -> Document:
    """Return a part of a mapping as a matrix, neighbours taken together where it has too many rows or columns."""
    name, moment = aim(reference, at)
    with Registry.open(folder, lock_timeout=lock_timeout, at=moment) as registry:
        return registry.mapping_matrix(name, window)


def _side(rows: Sequence[Sequence[Any]], tolerance: float) -> Document:
    """Return the records of a side in numbers."""
    number, total, dropped = (COLUMNS.index(name) for name in ("associations", "sum", "dropped"))
    used = [row for row in rows if row[number]]
    sums = [row[total] for row in used]
    # What has associations, but all of them without a target, is left out on purpose.
    gone = [row for row in used if row[dropped] and math.isclose(row[dropped], row[total], abs_tol=tolerance)]
    return {
        "records": len(rows),
        "used": len(used),
        "unused": len(rows) - len(used),
        "dropped": len(gone),
        "repeated": sum(row[number] > 1 for row in used),
        "sum_least": min(sums, default=None),
        "sum_most": max(sums, default=None),
        "sums_off": sum(not abs(each - 1) <= tolerance for each in sums),
    }
