"""The check of a whole registry, and the removal of what is garbage."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from dsgrid.registry import contents
from dsgrid.registry.data_check import check_data
from dsgrid.registry.database import Database
from dsgrid.registry.database_check import check_database, check_file, find_unused
from dsgrid.registry.findings import DATABASE, UNUSED, Checked, Finding
from dsgrid.registry.garbage import Garbage, find_garbage, find_strangers
from dsgrid.registry.registry import Registry

DAY: Final = 24 * 3600.0


def check(
    registry: Registry,
    *,
    fix: bool = False,
    checksums: bool = False,
    older_than: float = DAY,
    progress: Callable[[str], None] = lambda _: None,
) -> Checked:
    """Check the database, the data, and that both agree; with `fix` remove what nothing refers to.

    Parameters
    ----------
    registry
        Open for writing with `fix`; else for reading, which is enough.
    checksums
        Read every file of every dataset whole.
    older_than
        Seconds; younger folders and files that nothing refers to may belong to a job that runs, and are left alone.
    """
    lasting = _lasting(registry, checksums, progress)
    if any(each.kind == DATABASE for each in lasting):
        # What it says of the data cannot be relied on.
        return Checked(str(registry.folder), tuple(lasting))
    garbage, young = _garbage(registry, older_than)
    fixed: tuple[Finding, ...] = ()
    if fix:
        before = garbage
        _remove(registry, before, progress)
        # Looked for anew: what is reported as fixed is gone.
        garbage, young = _garbage(registry, older_than)
        fixed = tuple(each for each in before if each not in garbage)
    return Checked(
        folder=str(registry.folder),
        problems=(*lasting, *garbage),
        fixed=fixed,
        left_alone=tuple(young),
        counts=_counts(registry.database),
    )


def _lasting(registry: Registry, checksums: bool, progress: Callable[[str], None]) -> list[Finding]:
    """Return what cannot be cured by removing something."""
    database = registry.database
    progress("checking the database")
    found = list(check_file(database))
    if found:
        return found
    with database.snapshot():
        found = list(check_database(database))
    if any(each.kind == DATABASE for each in found):
        return found
    return [
        *found,
        *find_strangers(registry.data),
        *check_data(database, registry.data, checksums, progress),
    ]


def _garbage(registry: Registry, older_than: float) -> tuple[dict[Finding, Garbage | None], list[Finding]]:
    """Return what may be removed, and what is too young; contents that nothing uses are never too young."""
    found = find_garbage(registry.database, registry.data)
    old: dict[Finding, Garbage | None] = {each.finding: each for each in found if each.age >= older_than}
    young = [each.finding for each in found if each.age < older_than]
    with registry.database.snapshot():
        old |= dict.fromkeys(find_unused(registry.database))
    return old, young


def _remove(registry: Registry, garbage: dict[Finding, Garbage | None], progress: Callable[[str], None]) -> None:
    for finding, each in garbage.items():
        if each is not None:
            progress(f"removing {finding.where}")
            each.remove(registry.database)
    if any(finding.kind == UNUSED for finding in garbage):
        with registry.database.atomic():
            contents.remove_unused(registry.database)


def _counts(database: Database) -> dict[str, int]:
    row = database.row(
        "SELECT (SELECT count(*) FROM dataset_versions) AS datasets, "
        "(SELECT count(*) FROM dataset_files) AS files, (SELECT coalesce(sum(bytes), 0) FROM dataset_files) AS bytes, "
        "(SELECT coalesce(sum(records), 0) FROM record_tables) AS records, "
        "(SELECT coalesce(sum(associations), 0) FROM association_tables) AS associations"
    )
    return {} if row is None else dict(row)
