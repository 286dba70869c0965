"""What a registry holds, as plain rows for tables and JSON. The columns are part of the interface."""

from __future__ import annotations

from typing import Any, Final

from dsgrid.registry.database import Database

SAID: Final = ("classification", "tags")
REGISTERED: Final = ("registered_at", "submitter", "description")
COLUMNS: Final = {
    "projects": (
        "id",
        "version",
        "name",
        "base",
        "supplemental",
        "required",
        "submitted",
        "status",
        *SAID,
        *REGISTERED,
    ),
    "datasets": (
        *("id", "version", "kind", "two_tables", "pivot", "rows", "bytes", "folder", "projects"),
        *SAID,
        *REGISTERED,
    ),
    "composites": ("id", "version", "project_id", "project_version", "query", "run", "rows", "bytes", *REGISTERED),
    "dimensions": ("id", "version", "type", "name", "class", "records", *REGISTERED),
    "mappings": (
        *("id", "version", "type", "kind", "from_id", "from_version", "to_id", "to_version", "associations"),
        *REGISTERED,
    ),
    "submissions": (
        *("project_id", "project_version", "dataset_id", "dataset_version", "wrap_time", "time_rules"),
        *("status", "reason", "registered_at", "submitter"),
    ),
    "aliases": ("kind", "id", "version", "of_id", "of_version", "registered_at", "submitter"),
    "registrations": (
        *("key", "registered_at", "submitter", "log_message"),
        *("job", "spec_sha256", "dsgrid_version", "bundle_sha256"),
    ),
}
TRUTH: Final = frozenset({"two_tables", "wrap_time"})
# The other rules of time that a submission gives, as its spec does.
_TIME_RULES: Final = (
    "coalesce((SELECT group_concat(rule || ' = ' || value, ', ') FROM ("
    "SELECT rule, value FROM submission_rules r WHERE r.submission = listed.key "
    "UNION ALL SELECT 'shape', d.id || '@' || v.version FROM submission_shapes h "
    "JOIN dataset_versions v ON v.key = h.dataset_version JOIN datasets d ON d.key = v.dataset "
    "WHERE h.submission = listed.key ORDER BY rule)), '') AS time_rules"
)
# The projects whose newest version has this version of a dataset.
_PROJECTS: Final = (
    "coalesce((SELECT group_concat(id, ', ') FROM (SELECT p.id FROM submissions s "
    "JOIN project_versions v ON v.key = s.project_version JOIN projects p ON p.key = v.project "
    "WHERE s.dataset_version = listed.key AND NOT EXISTS (SELECT 1 FROM project_versions w "
    "WHERE w.project = v.project AND (w.major, w.minor, w.patch) > (v.major, v.minor, v.patch)) "
    "AND (SELECT status FROM submission_statuses t WHERE t.submission = s.key ORDER BY t.key DESC LIMIT 1) "
    "= 'accepted' ORDER BY p.id)), '') AS projects"
)


def _value(kind: str, key: str) -> str:
    """Return what reads a single value of the metadata."""
    return (
        f"coalesce((SELECT value FROM {kind}_metadata m WHERE m.{kind}_version = listed.key AND m.path = '{key}'), '') "
        f"AS {key}"
    )


def _tags(kind: str) -> str:
    return (
        f"coalesce((SELECT group_concat(value, ', ') FROM (SELECT value FROM {kind}_metadata m "
        f"WHERE m.{kind}_version = listed.key AND m.path GLOB 'tags[[]*' ORDER BY m.position)), '') AS tags"
    )


# What reads the columns that are none of the view.
_READ: Final = {
    "projects": {
        "status": _value("project", "status"),
        "classification": _value("project", "classification"),
        "tags": _tags("project"),
    },
    "datasets": {
        "projects": _PROJECTS,
        "classification": _value("dataset", "classification"),
        "tags": _tags("dataset"),
    },
    "submissions": {"time_rules": _TIME_RULES},
}


def rows(database: Database, what: str, all_versions: bool = False) -> list[dict[str, Any]]:
    """Return one dict per row of `what`, a key of `COLUMNS`, with exactly those columns.

    Parameters
    ----------
    all_versions
        Older versions too. Of submissions: those to older versions of their projects.
    """
    columns = COLUMNS[what]
    whole = {"registrations": "registrations", "aliases": "all_aliases"}  # lists of which everything is current
    source = whole.get(what) or f"{'all' if all_versions else 'current'}_{what}"
    order = {
        "submissions": "project_id, dataset_id, key, project_key",
        "registrations": "key",
        "aliases": "kind, id, key",
    }.get(what, "id, major, minor, patch")
    if source == "all_submissions":
        source = "known_submissions"
    read = ", ".join(_READ.get(what, {}).get(column, column) for column in columns)
    found = database.rows(f"SELECT {read} FROM {source} listed ORDER BY {order}")
    return [{column: bool(row[column]) if column in TRUTH else row[column] for column in columns} for row in found]
