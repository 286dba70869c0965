"""The lists of a registry as text: the columns that are shown where none are named, and the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dsgrid.operations.text_tables import table

# What fits on 80 columns; JSON and CSV have the rest.
SHOWN: Final[Mapping[str, tuple[str, ...]]] = {
    "projects": ("id", "version", "name", "status", "base", "supplemental", "required", "submitted"),
    "datasets": ("id", "version", "kind", "pivot", "rows", "bytes"),
    "submissions": ("dataset_id", "dataset_version", "project_id", "project_version", "status", "reason"),
    "composites": ("id", "version", "project_id", "project_version", "query", "rows", "bytes"),
    "dimensions": ("id", "version", "type", "class", "records"),
    "mappings": ("id", "version", "type", "kind", "associations"),
    "aliases": ("kind", "id", "version", "of_id", "of_version"),
    "registrations": ("key", "registered_at", "submitter", "job", "log_message"),
}
Rows = Sequence[Mapping[str, Any]]


def lists_text(found: Mapping[str, Rows], columns: Sequence[str] = (), width: int | None = None) -> str:
    """Return lists as tables under their names.

    Parameters
    ----------
    found
        Rows by the name of their list, see `dsgrid.operations.registry_contents.list_registry`.
    columns
        What to show; without any what fits on 80 columns.
    width
        How long a line may be; None leaves all whole.
    """
    parts = [f"{name} ({len(rows)})" for name, rows in found.items()]
    for number, (name, rows) in enumerate(found.items()):
        if rows:
            parts[number] += f"\n{table(rows, columns or _shown(name, rows), width)}"
    return "\n\n".join(parts)


def _shown(name: str, rows: Rows) -> tuple[str, ...]:
    """Return the columns to show; some are shown only where a row has them.

    Those are why a submission was invalidated, and how far a project is.
    """
    rare = {"submissions": "reason", "projects": "status"}.get(name)
    return tuple(column for column in SHOWN[name] if column != rare or any(row[column] for row in rows))
