"""What uses a dimension or a mapping, and as what: its place in a project, a dataset, a mapping."""

from __future__ import annotations

from typing import Any, Final

from dsgrid.registry.database import Database

# What uses it, as what (`role`), under which name, and beside what (`of`).
COLUMNS: Final = ("kind", "id", "version", "role", "name", "of")
_USES: Final = {
    "dimension": (
        "SELECT 'project' AS kind, p.id, p.version, 'base' AS role, b.name AS name, '' AS of, 0 AS place "
        "FROM base_dimensions b JOIN all_projects p ON p.key = b.project_version WHERE b.dimension = ?1",
        "SELECT 'project', p.id, p.version, 'supplemental', s.name, s.base, 0 "
        "FROM supplemental_dimensions s JOIN all_projects p ON p.key = s.project_version WHERE s.dimension = ?1",
        "SELECT 'project', p.id, p.version, 'time', '', '', 0 "
        "FROM project_versions v JOIN all_projects p ON p.key = v.key WHERE v.time = ?1",
        "SELECT 'dataset', d.id, d.version, 'dimension', x.name, '', 1 "
        "FROM dataset_dimensions x JOIN all_datasets d ON d.key = x.dataset_version WHERE x.dimension = ?1",
        "SELECT 'dataset', d.id, d.version, 'time', '', '', 1 "
        "FROM dataset_versions v JOIN all_datasets d ON d.key = v.key WHERE v.time = ?1",
        "SELECT 'mapping', m.id, m.version, 'from', '', m.to_id || '@' || m.to_version, 2 "
        "FROM mapping_versions v JOIN all_mappings m ON m.key = v.key WHERE v.from_dimension = ?1",
        "SELECT 'mapping', m.id, m.version, 'to', '', m.from_id || '@' || m.from_version, 3 "
        "FROM mapping_versions v JOIN all_mappings m ON m.key = v.key WHERE v.to_dimension = ?1",
    ),
    "mapping": (
        "SELECT 'project' AS kind, p.id, p.version, 'supplemental' AS role, s.name AS name, s.base AS of, 0 AS place "
        "FROM supplemental_dimensions s JOIN all_projects p ON p.key = s.project_version WHERE s.mapping = ?1",
        "SELECT 'dataset', l.dataset_id, l.dataset_version, 'submission', m.base, "
        "l.project_id || '@' || l.project_version, 1 "
        "FROM submission_mappings m JOIN all_submissions l ON l.key = m.submission WHERE m.mapping = ?1",
    ),
}


def read_uses(database: Database, kind: str, key: int) -> list[dict[str, Any]]:
    """Return what uses one version of a dimension or mapping, with `COLUMNS`.

    Roles are ``base``, ``supplemental``, ``time``, ``dimension`` (of a dataset), ``from`` and ``to`` (of a mapping),
    and ``submission``: of a dataset to the project that `of` names.
    """
    rows = database.rows(f"{' UNION ALL '.join(_USES[kind])} ORDER BY 7, 2, 5, 3", (key,))
    return [{column: row[column] for column in COLUMNS} for row in rows]
