"""What differs between two versions of something in a registry: ``dsgrid registry diff``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dsgrid.dimensions.changes import Change
from dsgrid.operations.change_lines import change_lines, totals
from dsgrid.operations.reported import Reported
from dsgrid.registry.database import LOCK_TIMEOUT
from dsgrid.registry.difference import Difference
from dsgrid.registry.registry import Registry


@dataclass(frozen=True, repr=False)
class ShownDifference(Reported):
    """The changes from one version to another."""

    difference: Difference

    @property
    def changes(self) -> tuple[Change, ...]:
        """The changes."""
        return self.difference.changes

    @property
    def is_same(self) -> bool:
        """Whether the two versions hold the same."""
        return not self.changes

    @property
    def level(self) -> str | None:
        """What such an update is: ``patch``, ``minor`` or ``major``; None when nothing differs."""
        return self.difference.level

    def report(self, summary: bool = False) -> str:
        """Return it for people to read: for each part how many changes, and unless `summary` each of them."""
        found = self.difference
        if self.is_same:
            return f"{found.kind} {found.id}: {found.old} and {found.new} hold the same"
        counts = ", ".join(f"{number:,} {action}" for action, number in totals(found.changes).items() if number)
        heading = f"{found.kind} {found.id} {found.old} -> {found.new} ({found.level}): {counts}"
        return "\n".join([heading, "", *change_lines(found.changes, found.kind, summary=summary)])

    def document(self, summary: bool = False, limit: int | None = None) -> dict[str, Any]:
        """Return it as a document for JSON; with a `limit` only the first changes."""
        found = self.difference
        document = {
            "kind": found.kind,
            "id": found.id,
            "old": found.old,
            "new": found.new,
            "level": found.level,
            "counts": totals(found.changes),
        }
        return document if summary else {**document, "changes": [asdict(change) for change in found.changes[:limit]]}

    def __str__(self) -> str:
        return self.report()


def diff(
    folder: str | Path,
    id_: str,
    old: str,
    new: str | None = None,
    *,
    kind: str | None = None,
    lock_timeout: float = LOCK_TIMEOUT,
) -> ShownDifference:
    """Return what differs between two versions of a project, dataset, dimension or mapping, in all parts.

    Parameters
    ----------
    folder
        The registry's folder.
    id_
        Its id.
    old, new
        Versions or their beginnings, such as ``1``; without `new` the newest version is meant.
    kind
        ``project``, ``dataset``, ``dimension`` or ``mapping``, where the id has to be that of one; None takes any.
    lock_timeout
        How many seconds to wait for another process that has locked the registry.

    Raises
    ------
    NotFoundError
        If there is no such id or version.
    """
    with Registry.open(folder, lock_timeout=lock_timeout) as registry:
        return ShownDifference(registry.difference(id_, old, new, kind))
