"""Aliases: what things were called in a registry that they were imported from.

``dsgrid registry show 20be0525-3b71-42aa-878e-04b09b230699`` finds the dimension that had this id there, and
``conus_2022@1.4.0`` the version of the project that was called so. Ids and numbers of this registry come first.
"""

from __future__ import annotations

from dsgrid.errors import NotFoundError, UsageError
from dsgrid.registry.database import Database
from dsgrid.registry.versions import parse_reference, parts, resolve_version

KINDS = ("project", "dataset", "dimension", "mapping")


def write_alias(database: Database, kind: str, alias: tuple[str, str], key: int, registration: int) -> None:
    """Let an id and version of another registry mean a version of this one.

    Parameters
    ----------
    kind
        ``project``, ``dataset``, ``dimension`` or ``mapping``.
    alias
        The id and the version there.
    key
        Of the version here.
    """
    id_, version = alias
    database.insert(
        "aliases", kind=kind, id=id_, version=version, registration=registration, **{f"{kind}_version": key}
    )


def find_alias(database: Database, kind: str, id_: str, wanted: str | None = None) -> int | None:
    """Return the key of the version that an alias means, or None when nothing is called so.

    Parameters
    ----------
    wanted
        The version there, or its beginning. Without it the alias means what the id means that it stands for: its newest
        version.

    Raises
    ------
    NotFoundError
        If the id is an alias, but has no such version.
    """
    targets = _targets(database, kind, id_)
    if not targets:
        return None
    if wanted is not None:
        return targets[resolve_version(f"{kind} {id_}", targets, wanted)]
    newest = targets[max(targets, key=parts)]
    versions = {
        str(row["version"]): int(row["key"])
        for row in database.rows(
            f"SELECT v.version, v.key FROM {kind}_versions v WHERE v.{kind} = "
            f"(SELECT {kind} FROM {kind}_versions WHERE key = ?)",
            (newest,),
        )
    }
    return versions[max(versions, key=parts)]


def alias_kind(database: Database, id_: str) -> str | None:
    """Return what an id of another registry belonged to; None for one that is no alias."""
    return next((kind for kind in KINDS if _targets(database, kind, id_)), None)


def own_reference(database: Database, reference: str) -> str:
    """Return the id, or ``id@version``, of this registry that a reference means; one of its own stays as it is."""
    try:
        id_, wanted = parse_reference(reference)
    except UsageError:  # of a query or a submission, whose versions look otherwise
        return reference
    if _is_own(database, id_, wanted):
        return reference
    for kind in KINDS:
        try:
            key = find_alias(database, kind, id_, wanted)
        except NotFoundError:
            return reference  # whoever looks for it says so, with the versions that there are
        if key is not None:
            row = database.row(
                f"SELECT e.id, v.version FROM {kind}_versions v JOIN {kind}s e ON e.key = v.{kind} WHERE v.key = ?",
                (key,),
            )
            assert row is not None
            return str(row["id"]) if wanted is None else f"{row['id']}@{row['version']}"
    return reference


def aliases_of(database: Database, kind: str, key: int) -> list[str]:
    """Return what a version of this registry is called elsewhere: ``id@version`` each, oldest first."""
    rows = database.rows(f"SELECT id, version FROM aliases WHERE kind = ? AND {kind}_version = ?", (kind, key))
    return [f"{row['id']}@{row['version']}" for row in sorted(rows, key=lambda row: (row["id"], parts(row["version"])))]


def alias_numbers(database: Database, kind: str, id_: str) -> frozenset[str]:
    """Return the numbers of an id that mean something already, as they did in another registry."""
    return frozenset(row["version"] for row in database.select("aliases", "version", order="key", kind=kind, id=id_))


def _targets(database: Database, kind: str, id_: str) -> dict[str, int]:
    rows = database.rows(f"SELECT version, {kind}_version AS key FROM aliases WHERE kind = ? AND id = ?", (kind, id_))
    return {row["version"]: int(row["key"]) for row in rows}


def _is_own(database: Database, id_: str, wanted: str | None) -> bool:
    for kind in KINDS:
        rows = database.rows(
            f"SELECT v.version FROM {kind}_versions v JOIN {kind}s e ON e.key = v.{kind} WHERE e.id = ?", (id_,)
        )
        if any(wanted is None or f"{row['version']}.".startswith(f"{wanted}.") for row in rows):
            return True
    return False
