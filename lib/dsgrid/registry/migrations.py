"""The schema of a registry and how old ones become new ones: forward only, one transaction each."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from dsgrid.errors import RegistryError
from dsgrid.registry.database import Database, statements
from dsgrid.registry.home import holds_datasets, lost_database
from dsgrid.version import __version__

APPLICATION_ID: Final = 0x64736772  # "dsgr"; `file registry.db` shows it too


@dataclass(frozen=True)
class Migration:
    """One step to a newer schema.

    Parameters
    ----------
    version
        The ``user_version`` after this step; steps count up by one.
    name
        What it does, for the row that records it.
    file
        The script beside this module.
    """

    version: int
    name: str
    file: str

    @property
    def script(self) -> str:
        """The SQL of this step."""
        return script(self.file)


def script(file: str) -> str:
    """Return the SQL of a file beside this module (read through the loader, so that it works inside a zip too)."""
    data = pkgutil.get_data("dsgrid.registry", file)
    if data is None:
        raise FileNotFoundError(file)
    return data.decode("utf-8")


MIGRATIONS: Final = (
    Migration(1, "first schema", "schema.sql"),
    Migration(2, "updates, inputs, lineage, data elsewhere", "updates.sql"),
    Migration(3, "every kind of time, and rules for it", "times.sql"),
    Migration(4, "metadata of projects", "metadata.sql"),
    Migration(5, "checks that datasets declare, and what their values are like", "checks.sql"),
    Migration(6, "composites of projects", "composites.sql"),
    Migration(7, "aliases from imported registries", "aliases.sql"),
)


def prepare(
    database: Database,
    create: bool = False,
    migrations: Sequence[Migration] = MIGRATIONS,
    filled: Callable[[], None] = lambda: None,
) -> None:
    """Make sure that a database is a registry of the newest schema.

    Parameters
    ----------
    database
        Just opened.
    create
        Fill an empty file; without it an empty file is an error.
    migrations
        All of them, oldest first.
    filled
        With `create`, called at the end of the one transaction that fills the file.

    Raises
    ------
    RegistryError
        The file belongs to something else, or to a newer dsgrid; with `create`, it is a registry already.
    """
    version = _version(database, create)
    newest = migrations[-1].version
    if version > newest:
        raise RegistryError(
            f"the registry {database.path.parent} has schema {version}, made by a newer dsgrid; this one knows {newest}"
        )
    if version == newest:
        return
    if not database.write:
        # Who may only read has to see an old registry, too; whoever writes first brings the file itself up to date.
        database.become_a_copy()
    if create:
        with database.atomic(migrating=True):
            # Asked again under the lock: another process may have come first.
            _version(database, create)
            for migration in migrations:
                _apply(database, migration)
            filled()
        return
    for migration in migrations:
        with database.atomic(migrating=True):
            if migration.version == _version(database, create) + 1:
                _apply(database, migration)


def _version(database: Database, create: bool) -> int:
    folder = database.path.parent
    with database.snapshot():
        application = database.value("PRAGMA application_id")
        version = int(database.value("PRAGMA user_version"))
        if application == APPLICATION_ID:
            if create:
                raise RegistryError(f"{folder} is a registry already")
            if version < 1:
                # Both numbers are written in one transaction, and never this one.
                raise RegistryError(f"{database.path} is damaged: its schema has no version; restore it from a copy")
            return version
        tables = int(database.value("SELECT count(*) FROM sqlite_schema"))
    if tables or application:
        raise RegistryError(
            f"{database.path} is no registry: it is an SQLite database of another program "
            f"(its application_id is {application}, that of a registry {APPLICATION_ID})"
        )
    if not create:
        if holds_datasets(folder):
            raise RegistryError(lost_database(folder))
        raise RegistryError(f"{folder} is no complete registry: its creation was interrupted; create it again")
    return 0


def _apply(database: Database, migration: Migration) -> None:
    for statement in statements(migration.script):
        database.execute(statement)
    database.execute(f"PRAGMA application_id = {APPLICATION_ID:d}")
    database.execute(f"PRAGMA user_version = {migration.version:d}")
    database.insert(
        "schema_migrations",
        version=migration.version,
        name=migration.name,
        applied_at=utc_now(),
        dsgrid_version=__version__,
    )


def utc_now() -> str:
    """Return this moment as text, as the registry keeps it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
