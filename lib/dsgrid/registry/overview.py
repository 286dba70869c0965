"""A registry at a glance: how much there is, what was registered last, and its projects in short."""

from __future__ import annotations

from typing import Any, Final

from dsgrid.registry import listing
from dsgrid.registry.database import Database

NAMED: Final = 10  # things that are named of one registration
_KINDS: Final = ("project", "dataset", "submission", "dimension", "mapping")
_TOTALS: Final = {
    "projects": "SELECT count(DISTINCT project) FROM project_versions",
    "datasets": "SELECT count(DISTINCT dataset) FROM dataset_versions",
    "dimensions": "SELECT count(DISTINCT dimension) FROM dimension_versions",
    "mappings": "SELECT count(DISTINCT mapping) FROM mapping_versions",
    "submissions": "SELECT count(*) FROM current_submissions WHERE status = 'accepted'",
    "records": "SELECT coalesce(sum(records), 0) FROM current_dimensions",
    "rows": "SELECT coalesce(sum(rows), 0) FROM current_datasets",
    "bytes": "SELECT coalesce(sum(bytes), 0) FROM current_datasets",
    "registrations": "SELECT count(*) FROM registrations",
}


def read_overview(database: Database, recent: int, projects: int) -> dict[str, Any]:
    """Return totals of the newest versions, the last registrations and the first projects.

    Parameters
    ----------
    recent
        How many registrations, the newest first.
    projects
        How many projects, by their ids; `totals` says how many there are.
    """
    return {
        "totals": {name: database.value(sql) for name, sql in _TOTALS.items()},
        "projects": _projects(database, projects),
        "recent": _recent(database, recent),
    }


def _projects(database: Database, most: int) -> list[dict[str, Any]]:
    rows = listing.rows(database, "projects")[:most]
    for row in rows:
        row["base"] = [
            dict(each)
            for each in database.rows(
                "SELECT b.name, e.type, d.id || '@' || d.version AS dimension, d.records "
                "FROM current_projects p JOIN base_dimensions b ON b.project_version = p.key "
                "JOIN all_dimensions d ON d.key = b.dimension JOIN dimensions e ON e.key = d.dimension "
                "WHERE p.id = ? ORDER BY b.position",
                (row["id"],),
            )
        ]
    return rows


def _recent(database: Database, most: int) -> list[dict[str, Any]]:
    found = database.rows(
        "SELECT key, registered_at, submitter, log_message, job FROM registrations ORDER BY key DESC LIMIT ?", (most,)
    )
    return [{**row, **_registered(database, row["key"])} for row in map(dict, found)]


def _registered(database: Database, registration: int) -> dict[str, Any]:
    """Return what a registration registered, and what it removed: how many of each kind, and the first ones."""
    registered = [
        {"kind": kind, **row}
        for kind in _KINDS
        for row in map(dict, database.rows(_of_registration(kind), (registration,)))
    ]
    removed = [
        dict(row)
        for row in database.rows(
            "SELECT kind, id, version FROM removals WHERE registration = ? ORDER BY position", (registration,)
        )
    ]
    counts = {kind: sum(each["kind"] == kind for each in registered) for kind in _KINDS}
    return {
        "counts": {kind: count for kind, count in counts.items() if count},
        "registered": registered[:NAMED],
        "removed": removed[:NAMED],
        "removed_total": len(removed),
    }


def _of_registration(kind: str) -> str:
    if kind == "submission":
        return (
            "SELECT p.id || '/' || d.id AS id, p.version || '+' || d.version AS version FROM submissions s "
            "JOIN (SELECT v.key, e.id, v.version FROM project_versions v JOIN projects e ON e.key = v.project) p "
            "ON p.key = s.project_version "
            "JOIN (SELECT v.key, e.id, v.version FROM dataset_versions v JOIN datasets e ON e.key = v.dataset) d "
            "ON d.key = s.dataset_version WHERE s.registration = ? ORDER BY s.key"
        )
    return (
        f"SELECT e.id, v.version FROM {kind}_versions v JOIN {kind}s e ON e.key = v.{kind} "
        "WHERE v.registration = ? ORDER BY v.key"
    )
