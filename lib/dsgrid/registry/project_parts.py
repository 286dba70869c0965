"""What a project is made of, in rows: its dimensions with their mappings and subsets, its datasets and their state."""

from __future__ import annotations

from typing import Any, Final

from dsgrid.registry.database import Database
from dsgrid.registry.entries import read_datasets
from dsgrid.registry.registry import Registry
from dsgrid.registry.resolve import find_version

Document = dict[str, Any]
# Of selectors, records that are told without being asked for.
SAMPLE: Final = 8

ACCEPTED: Final = "accepted"
INVALIDATED: Final = "invalidated"
REGISTERED: Final = "registered"
UNREGISTERED: Final = "unregistered"
COMPOSITE: Final = "composite"
STATES: Final = (ACCEPTED, INVALIDATED, REGISTERED, UNREGISTERED, COMPOSITE)


def read_project_dimensions(registry: Registry, reference: str) -> Document:
    """Return the dimensions of a project: where each is registered, and through which mapping it is reached."""
    database = registry.database
    with database.snapshot():
        key = find_version(database, "project", reference)
        return {
            "reference": named_reference(database, key),
            "time": _time(database, key),
            "base": _base(database, key),
            "supplemental": _supplemental(database, key),
            "subsets": _subsets(database, key),
        }


def read_project_datasets(registry: Registry, reference: str) -> Document:
    """Return the datasets that a project requires or has, each with its state and its size."""
    database = registry.database
    with database.snapshot():
        key = find_version(database, "project", reference)
        return {"reference": named_reference(database, key), "items": dataset_rows(database, key)}


def named_reference(database: Database, key: int) -> str:
    """Return ``id@version`` of a version of a project."""
    row = database.rows("SELECT id, version FROM all_projects WHERE key = ?", (key,))[0]
    return f"{row['id']}@{row['version']}"


# Dimensions ----------------------------------------------------------------------------------------------------------


def _time(database: Database, key: int) -> Document:
    return _rows(
        database,
        "SELECT d.name, d.id || '@' || d.version AS dimension, d.description "
        "FROM project_versions v JOIN all_dimensions d ON d.key = v.time WHERE v.key = ?",
        key,
    )[0]


def _base(database: Database, key: int) -> list[Document]:
    return _rows(
        database,
        "SELECT b.name, d.type, d.class, d.records, d.id || '@' || d.version AS dimension, d.description "
        "FROM base_dimensions b JOIN all_dimensions d ON d.key = b.dimension "
        "WHERE b.project_version = ? ORDER BY b.position",
        key,
    )


def _supplemental(database: Database, key: int) -> list[Document]:
    return _rows(
        database,
        "SELECT s.name, s.base AS of, d.type, d.class, d.records, d.id || '@' || d.version AS dimension, "
        "m.id || '@' || m.version AS mapping, m.kind, m.associations, d.description "
        "FROM supplemental_dimensions s JOIN all_dimensions d ON d.key = s.dimension "
        "JOIN all_mappings m ON m.key = s.mapping WHERE s.project_version = ? ORDER BY s.position",
        key,
    )


def _subsets(database: Database, key: int) -> list[Document]:
    subsets = _rows(
        database,
        "SELECT name, base AS of, description FROM subsets WHERE project_version = ? ORDER BY position",
        key,
    )
    selectors = _rows(
        database,
        "SELECT s.subset, s.name, s.description, (SELECT count(*) FROM selector_records r WHERE "
        "r.project_version = s.project_version AND r.subset = s.subset AND r.selector = s.name) AS records "
        "FROM selectors s WHERE s.project_version = ? ORDER BY s.position",
        key,
    )
    first: dict[tuple[str, str], list[str]] = {}
    for row in database.rows(
        "SELECT subset, selector, record_id FROM selector_records WHERE project_version = ? AND position < ? "
        "ORDER BY position",
        (key, SAMPLE),
    ):
        first.setdefault((row["subset"], row["selector"]), []).append(row["record_id"])
    found: dict[str, list[Document]] = {subset["name"]: [] for subset in subsets}
    for selector in selectors:
        subset = selector.pop("subset")
        found[subset].append({**selector, "first": first.get((subset, selector["name"]), [])})
    return [{**subset, "selectors": found[subset["name"]]} for subset in subsets]


# Datasets ------------------------------------------------------------------------------------------------------------


def dataset_rows(database: Database, key: int) -> list[Document]:
    """Return a row for each dataset that a version of a project requires or has, in the order of its spec."""
    newest = {
        row["id"]: row["version"]
        for row in database.rows(
            "SELECT id, version FROM current_datasets WHERE id IN "
            "(SELECT dataset_id FROM requirements WHERE project_version = ?)",
            (key,),
        )
    }
    required = {row["dataset_id"] for row in database.select("requirements", "dataset_id", project_version=key)}
    told = {
        (row["dataset_id"], row["dataset_version"], row["status"]): row
        for row in database.rows(
            "SELECT dataset_id, dataset_version, status, registered_at, submitter FROM known_submissions "
            "WHERE project_key = ? ORDER BY key",
            (key,),
        )
    }
    lost: dict[str, list[str]] = {}
    for id_, version, status in told:
        if status == INVALIDATED:
            lost.setdefault(id_, []).append(version)
    found = []
    for row in read_datasets(database, key):
        id_, status = row["dataset"], row["status"]
        if status == ACCEPTED:
            version = row["submitted"]
        elif status == INVALIDATED:
            version = lost[id_].pop(0)
        else:
            version = newest.get(id_, "")
            status = REGISTERED if version else UNREGISTERED
        submitted = told.get((id_, version, status))
        found.append(
            {
                "dataset": id_,
                "version": version,
                "status": status,
                "required": id_ in required,
                "reason": row["reason"],
                "submitted_at": submitted["registered_at"] if submitted and status == ACCEPTED else None,
                "submitter": submitted["submitter"] if submitted and status == ACCEPTED else None,
                **_details(database, id_, version),
            }
        )
    return [*found, *_composites(database, key, {row["dataset"] for row in found})]


def _composites(database: Database, key: int, known: set[str]) -> list[Document]:
    """Return the composites that were registered in this version of the project, or in another one of its id."""
    rows = database.rows(
        "SELECT c.id, c.version, c.registered_at, c.submitter FROM current_composites c "
        "JOIN project_versions v ON v.key = ? JOIN projects p ON p.key = v.project WHERE c.project_id = p.id "
        "ORDER BY c.id",
        (key,),
    )
    return [
        {
            "dataset": row["id"],
            "version": row["version"],
            "status": COMPOSITE,
            "required": False,
            "reason": "",
            "submitted_at": row["registered_at"],
            "submitter": row["submitter"],
            **_details(database, row["id"], row["version"]),
        }
        for row in rows
        if row["id"] not in known
    ]


def _details(database: Database, id_: str, version: str) -> Document:
    row = database.row("SELECT * FROM all_datasets WHERE id = ? AND version = ?", (id_, version)) if version else None
    if row is None:
        nothing = ("kind", "metric_class", "rows", "bytes", "missing", "registered_at", "description")
        return dict.fromkeys(nothing)
    return {
        "kind": row["kind"],
        "metric_class": database.value(
            "SELECT d.class FROM dataset_dimensions x JOIN all_dimensions d ON d.key = x.dimension "
            "WHERE x.dataset_version = ? AND x.type = 'metric'",
            (row["key"],),
        ),
        "rows": row["rows"],
        "bytes": row["bytes"],
        "missing": database.value("SELECT count(*) FROM missing_associations WHERE dataset_version = ?", (row["key"],)),
        "registered_at": row["registered_at"],
        "description": row["description"],
    }


def _rows(database: Database, sql: str, *parameters: Any) -> list[Document]:
    return [dict(row) for row in database.rows(sql, parameters)]
