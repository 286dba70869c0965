"""What projects and datasets say about themselves for people, as rows: tags, status, where the data come from."""

from __future__ import annotations

from typing import Any

from dsgrid.registry.database import Database
from dsgrid.registry.values import flatten, unflatten

Metadata = dict[str, Any]


def read_metadata(database: Database, kind: str, key: int) -> Metadata:
    """Return the metadata of one version of a project or dataset."""
    return read_tree(database, f"{kind}_metadata", f"{kind}_version", key)


def write_metadata(database: Database, kind: str, key: int, metadata: Metadata) -> None:
    """Keep the metadata of one version of a project or dataset."""
    write_tree(database, f"{kind}_metadata", f"{kind}_version", key, metadata)


def read_tree(database: Database, table: str, owner: str, key: int) -> dict[str, Any]:
    """Return nested values that a table holds a row each, under their key paths.

    Parameters
    ----------
    owner
        The column that says whose they are, by `key`.
    """
    of: dict[str, Any] = {owner: key}
    return unflatten(tuple(row) for row in database.select(table, "path, type, value", **of))


def write_tree(database: Database, table: str, owner: str, key: int, tree: dict[str, Any]) -> None:
    """Keep nested values in a table, a row each."""
    rows = [(key, index, *leaf) for index, leaf in enumerate(flatten(tree))]
    database.insert_many(table, (owner, "position", "path", "type", "value"), rows)
