"""Who goes on with an older version of what gets a new one."""

from __future__ import annotations

from collections.abc import Iterable

from dsgrid.registry.database import Database
from dsgrid.registry.proposal import Keeping, Part
from dsgrid.registry.versions import parts


def keeping(database: Database, changed: Iterable[Part], without: tuple[str, str]) -> tuple[Keeping, ...]:
    """Return the projects, datasets and submissions whose newest versions go on with older versions of some parts.

    Parameters
    ----------
    changed
        The parts.
    without
        Kind and id of what gets a new version itself.
    """
    found: dict[Keeping, None] = {}
    for part in (part for part in changed if part.old and part.kind in ("dimension", "mapping")):
        rows = database.rows(
            "SELECT d.parent_kind, d.parent_id, d.parent_version, d.child_version FROM dependencies d "
            "JOIN (SELECT 'project' AS kind, id, version FROM current_projects "
            "UNION ALL SELECT 'dataset', id, version FROM current_datasets) c "
            "ON (c.kind, c.id, c.version) = (d.parent_kind, d.parent_id, d.parent_version) "
            "WHERE d.child_kind = ? AND d.child_id = ? ORDER BY d.parent_kind, d.parent_id",
            (part.kind, part.id),
        )
        for kind, id_, version, child in rows:
            if (kind, id_) != without:
                found[Keeping(kind, id_, version, part.kind, part.id, child)] = None
    for part in (part for part in changed if part.old and part.kind == "dataset"):
        rows = database.rows(
            "SELECT s.project_id, s.project_version, s.dataset_version FROM all_submissions s "
            "JOIN current_projects p ON p.key = s.project_key WHERE s.dataset_id = ? ORDER BY s.project_id",
            (part.id,),
        )
        # Of several versions of a dataset queries read the newest.
        rows.sort(key=lambda row: parts(row["dataset_version"]))
        submitted_to = {project: (version, submitted) for project, version, submitted in rows}
        for project, (version, submitted) in sorted(submitted_to.items()):
            found[Keeping("project", project, version, "dataset", part.id, submitted)] = None
        for submission, version, shape in database.rows(
            "SELECT s.project_id || '/' || s.dataset_id, s.project_version || '+' || s.dataset_version, d.version "
            "FROM submission_shapes h JOIN all_submissions s ON s.key = h.submission "
            "JOIN current_projects p ON p.key = s.project_key JOIN all_datasets d ON d.key = h.dataset_version "
            "WHERE d.id = ? ORDER BY 1, s.key",
            (part.id,),
        ):
            found[Keeping("submission", submission, version, "dataset", part.id, shape)] = None
    return tuple(found)
