"""The data folders that nothing refers to, as `check_registry` finds them."""

from __future__ import annotations

from dsgrid.registry.findings import ORPHAN
from dsgrid.registry.garbage import find_garbage
from dsgrid.registry.registry import Registry
from dsgrid.storage.location import Location


def orphans(registry: Registry, older_than: float = 0.0) -> tuple[Location, ...]:
    """Return the folders that have not changed in the last so many seconds."""
    found = find_garbage(registry.database, registry.data)
    return tuple(each.path for each in found if each.finding.kind == ORPHAN and each.age >= older_than)
