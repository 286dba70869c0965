"""What projects and datasets say about themselves for people, as rows: tags, status, where the data come from."""

from __future__ import annotations

from typing import Any

from dsgrid.registry.database import Database
from dsgrid.registry.values import flatten, unflatten

Metadata = dict[str, Any]


def read_metadata(database: Database, kind: str, key: int) -> Metadata:
    """Return the metadata of one version of a project or dataset."""
    version: dict[str, Any] = {f"{kind}_version": key}
    rows = database.select(f"{kind}_metadata", "path, type, value", **version)
    return unflatten(tuple(row) for row in rows)


def write_metadata(database: Database, kind: str, key: int, metadata: Metadata) -> None:
    """Keep the metadata of one version of a project or dataset."""
    database.insert_many(
        f"{kind}_metadata",
        (f"{kind}_version", "position", "path", "type", "value"),
        [(key, index, *leaf) for index, leaf in enumerate(flatten(metadata))],
    )
