"""One version of a project, dataset, dimension or mapping as a plain document: counts, not contents.

A project may have millions of associations, so none of these values are read from rows that are not shown.
"""

from __future__ import annotations

import json
import math
from typing import Any, Final

from dsgrid.dimensions.types import TIME
from dsgrid.registry.aliases import aliases_of
from dsgrid.registry.database import Database
from dsgrid.registry.dimensions import read_time
from dsgrid.registry.metadata import read_metadata
from dsgrid.registry.profiles import read_checks, read_profile
from dsgrid.registry.record_tables import SAMPLE, record_table
from dsgrid.time.dimension import TimeDimension

Document = dict[str, Any]
_DIMENSION: Final = "d.type, d.class, d.records, d.id || '@' || d.version AS dimension"


def read_entry(database: Database, kind: str, key: int) -> Document:
    """Return everything about one version that fits on a page.

    Parameters
    ----------
    kind
        ``project``, ``dataset``, ``dimension`` or ``mapping``.
    key
        Of its version.
    """
    read = {"project": _project, "dataset": _dataset, "dimension": _dimension, "mapping": _mapping}[kind]
    return {
        **_head(database, kind, key),
        **read(database, key),
        "used_by": _used_by(database, kind, key),
        "versions": _versions(database, kind, key),
        **({"aliases": [{"called": each} for each in aliases]} if (aliases := aliases_of(database, kind, key)) else {}),
    }


def _head(database: Database, kind: str, key: int) -> Document:
    row = database.rows(
        f"SELECT a.*, r.log_message FROM all_{kind}s a JOIN {kind}_versions v ON v.key = a.key "
        "JOIN registrations r ON r.key = v.registration WHERE a.key = ?",
        (key,),
    )[0]
    named = {"name": row["name"]} if kind in ("project", "dimension") else {}
    return {
        kind: row["id"],
        "version": row["version"],
        **named,
        "description": row["description"],
        "registered_at": row["registered_at"],
        "submitter": row["submitter"],
        "log_message": row["log_message"],
    }


def _project(database: Database, key: int) -> Document:
    time = database.value("SELECT time FROM project_versions WHERE key = ?", (key,))
    return {
        "time": _time(read_time(database, time)),
        "base": _rows(
            database,
            f"SELECT b.name, {_DIMENSION} FROM base_dimensions b JOIN all_dimensions d ON d.key = b.dimension "
            "WHERE b.project_version = ? ORDER BY b.position",
            key,
        ),
        "supplemental": _rows(
            database,
            "SELECT s.name, s.base AS of, d.class, d.records, m.kind AS mapping, "
            "(SELECT a.associations FROM association_tables a WHERE a.key = m.association_table) AS associations "
            "FROM supplemental_dimensions s JOIN all_dimensions d ON d.key = s.dimension "
            "JOIN mapping_versions m ON m.key = s.mapping WHERE s.project_version = ? ORDER BY s.position",
            key,
        ),
        "subsets": _rows(
            database,
            "SELECT s.name, s.base AS of, (SELECT group_concat(name, ', ') FROM (SELECT name FROM selectors t WHERE "
            "t.project_version = s.project_version AND t.subset = s.name ORDER BY t.position)) AS selectors "
            "FROM subsets s WHERE s.project_version = ? ORDER BY s.position",
            key,
        ),
        "datasets": read_datasets(database, key),
        "metadata": read_metadata(database, "project", key),
    }


def read_datasets(database: Database, key: int) -> list[Document]:
    """Return the datasets that a project version requires or has; without a submission the last two are empty."""
    submitted = _rows(
        database,
        "SELECT dataset_id, dataset_version, status, reason FROM known_submissions WHERE project_key = ? ORDER BY key",
        key,
    )
    required = _rows(database, "SELECT dataset_id FROM requirements WHERE project_version = ? ORDER BY position", key)
    accepted = {row["dataset_id"] for row in submitted if row["status"] == "accepted"}
    rows: dict[str, list[Document]] = {row["dataset_id"]: [] for row in required}
    for row in submitted:
        # What was invalidated and then submitted again is in order.
        if row["status"] == "accepted" or row["dataset_id"] not in accepted:
            rows.setdefault(row["dataset_id"], []).append(row)
    none = {"dataset_version": "", "status": "not submitted", "reason": ""}
    return [
        {
            "dataset": id_,
            "submitted": each["dataset_version"] if each["status"] == "accepted" else "",
            "status": each["status"],
            "reason": each["reason"],
        }
        for id_, found in rows.items()
        for each in found or [none]
    ]


def _dataset(database: Database, key: int) -> Document:
    row = database.rows("SELECT * FROM dataset_versions WHERE key = ?", (key,))[0]
    trivial = database.select("dataset_columns", "type", dataset_version=key, place="trivial")
    return {
        "kind": row["kind"],
        "tables": "facts and lookup" if row["two_tables"] else "facts",
        "pivot": row["pivot"],
        "trivial": ", ".join(each["type"] for each in trivial),
        "time": _time(read_time(database, row["time"])),
        "missing": database.value("SELECT count(*) FROM missing_associations WHERE dataset_version = ?", (key,)),
        "folder": row["folder"],
        "dimensions": _rows(
            database,
            f"SELECT x.name, {_DIMENSION} FROM dataset_dimensions x JOIN all_dimensions d ON d.key = x.dimension "
            "WHERE x.dataset_version = ? ORDER BY x.position",
            key,
        ),
        "files": _rows(
            database,
            "SELECT path, role, bytes, rows, sha256 FROM dataset_files WHERE dataset_version = ? ORDER BY position",
            key,
        ),
        "metadata": read_metadata(database, "dataset", key),
        "checks": [_said(check) for check in read_checks(database, key)],
        "profile": _profile(database, key),
        **_made(database, key),
    }


def _made(database: Database, key: int) -> Document:
    """Return the query that made a dataset, and the project whose composite it is; nothing of other datasets."""
    queries = database.rows(
        "SELECT q.name || '@' || q.run AS query FROM derived_datasets e JOIN queries q ON q.key = e.query "
        "WHERE e.dataset_version = ?",
        (key,),
    )
    projects = database.rows(
        "SELECT project_id || '@' || project_version AS composite_of FROM all_composites WHERE key = ?", (key,)
    )
    return {name: row[name] for row in (*queries, *projects) for name in row.keys()}  # noqa: SIM118 - a Row has keys


def _profile(database: Database, key: int) -> list[Document]:
    """Return what the values of each metric are like, its unit, and how many combinations there might be."""
    counts = database.rows(
        "SELECT d.records, x.type FROM dataset_dimensions x JOIN all_dimensions d ON d.key = x.dimension "
        "WHERE x.dataset_version = ?",
        (key,),
    )
    of = math.prod(row["records"] for row in counts if row["type"] != "metric")
    units = dict(
        tuple(row)
        for row in database.rows(
            "SELECT r.id, a.value FROM dataset_dimensions x JOIN dimension_versions d ON d.key = x.dimension "
            "JOIN record_columns c ON c.record_table = d.record_table AND c.name = 'unit' "
            "JOIN record_attributes a ON a.record_table = c.record_table AND a.column = c.position "
            "JOIN records r ON r.record_table = a.record_table AND r.position = a.record "
            "WHERE x.dataset_version = ? AND x.type = 'metric'",
            (key,),
        )
    )
    return [
        {
            "metric": one.metric,
            "unit": str(units.get(one.metric) or ""),
            "combinations": one.combinations,
            "of": of,
            "values": one.values,
            "min": one.minimum,
            "mean": one.mean,
            "max": one.maximum,
            "sum": one.total,
        }
        for one in read_profile(database, key)
    ]


def _said(check: Document) -> Document:
    """Return a check with all but its kind in one text, as a row of a table."""
    rest = {name: value for name, value in check.items() if name != "kind"}
    return {"kind": check["kind"], "says": ", ".join(f"{name} = {json.dumps(value)}" for name, value in rest.items())}


def _dimension(database: Database, key: int) -> Document:
    row = database.rows("SELECT type, class, records FROM all_dimensions WHERE key = ?", (key,))[0]
    if row["type"] == TIME:
        return {"type": TIME, "time": _time(read_time(database, key))}
    return {**dict(row), **_sample(database, "dimension", key)}


def _mapping(database: Database, key: int) -> Document:
    row = database.rows("SELECT * FROM all_mappings WHERE key = ?", (key,))[0]
    return {
        "type": row["type"],
        "kind": row["kind"],
        "from": f"{row['from_id']}@{row['from_version']}",
        "to": f"{row['to_id']}@{row['to_version']}",
        "tolerance": row["tolerance"],
        "associations": row["associations"],
        **_sample(database, "mapping", key),
    }


def _sample(database: Database, kind: str, key: int) -> Document:
    table = record_table(database, kind, key)
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows(limit=SAMPLE)]
    return {"first_records" if table.count > SAMPLE else "all_records": rows}


def _used_by(database: Database, kind: str, key: int) -> list[Document]:
    return _rows(
        database,
        "SELECT parent_kind AS kind, parent_id AS id, parent_version AS version FROM dependencies "
        # Its submissions stand with the datasets of a project.
        "WHERE child_kind = ? AND child_key = ? AND NOT (child_kind = 'project' AND parent_kind = 'submission') "
        "ORDER BY 1, 2, 3",
        kind,
        key,
    )


def _versions(database: Database, kind: str, key: int) -> list[Document]:
    return _rows(
        database,
        f"SELECT v.version, r.registered_at, r.submitter, r.log_message FROM {kind}_versions v "
        f"JOIN registrations r ON r.key = v.registration "
        f"WHERE v.{kind} = (SELECT {kind} FROM {kind}_versions WHERE key = ?) "
        "ORDER BY v.major DESC, v.minor DESC, v.patch DESC",
        key,
    )


def _time(time: TimeDimension) -> Document:
    # Only here: listings are quicker without the writing of specs.
    from dsgrid.registry.time_documents import time_table

    return {"name": time.name, **{key: value for key, value in time_table(time).items() if key != "description"}}


def _rows(database: Database, sql: str, *parameters: Any) -> list[Document]:
    return [dict(row) for row in database.rows(sql, parameters)]
