"""Cutting the copy of a database down to some projects and datasets, with everything that they need."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from dsgrid.errors import NotFoundError
from dsgrid.registry.contents import is_unused, remove_unused
from dsgrid.registry.database import Database
from dsgrid.registry.versions import unknown


def prune(database: Database, projects: Collection[str], datasets: Collection[str], place: str) -> None:
    """Remove everything that some projects and datasets do not need; afterwards the file holds no trace of it.

    All versions of what is kept stay. A dataset that was made by a query brings the query's project and datasets.

    Parameters
    ----------
    projects, datasets
        Ids. Without `datasets` all that were ever submitted to the projects are kept.
    place
        The registry that this is a copy of, for messages.

    Raises
    ------
    NotFoundError
        With every id that is not there.
    """
    with database.atomic():
        kept_projects, kept_datasets = _kept(database, projects, datasets, place)
        _delete(database, kept_projects, kept_datasets)
    # The pages of what was deleted are still in the file.
    database.execute("VACUUM")


def _kept(
    database: Database, projects: Collection[str], datasets: Collection[str], place: str
) -> tuple[set[int], set[int]]:
    """Return the keys of the projects and datasets to keep."""
    known = {kind: {row["id"]: row["key"] for row in database.select(kind, "id, key", order="id")} for kind in _KINDS}
    problems = [
        problem
        for kind, wanted in (("projects", projects), ("datasets", datasets))
        for id_ in wanted
        if id_ not in known[kind]
        for problem in unknown(kind[:-1], id_, known[kind], place).problems
    ]
    if problems:
        raise NotFoundError(problems)
    kept_projects = {known["projects"][id_] for id_ in projects}
    kept_datasets = {known["datasets"][id_] for id_ in datasets}
    if not datasets:
        kept_datasets |= {dataset for project, dataset in _pairs(database, _SUBMITTED) if project in kept_projects}
    # A derived dataset needs its query, which needs a project and datasets, which may be derived, too. A submission
    # that stays needs its shape.
    made_with, made_in = list(_pairs(database, _MADE_WITH)), list(_pairs(database, _MADE_IN))
    shaped = [tuple(row) for row in database.rows(_SHAPED)]
    count = -1
    while count != len(kept_datasets):
        count = len(kept_datasets)
        kept_datasets |= {source for dataset, source in made_with if dataset in kept_datasets}
        kept_projects |= {project for dataset, project in made_in if dataset in kept_datasets}
        kept_datasets |= {
            shape for project, dataset, shape in shaped if project in kept_projects and dataset in kept_datasets
        }
    return kept_projects, kept_datasets


_KINDS = ("projects", "datasets")
_SUBMITTED = (
    "SELECT DISTINCT p.project, d.dataset FROM submissions s JOIN project_versions p ON p.key = s.project_version "
    "JOIN dataset_versions d ON d.key = s.dataset_version"
)
_MADE_WITH = (
    "SELECT DISTINCT d.dataset, s.dataset FROM derived_datasets e JOIN dataset_versions d ON d.key = e.dataset_version "
    "JOIN query_datasets u ON u.query = e.query JOIN dataset_versions s ON s.key = u.dataset_version"
)
_SHAPED = (
    "SELECT DISTINCT p.project, d.dataset, s.dataset FROM submission_shapes h "
    "JOIN submissions u ON u.key = h.submission JOIN project_versions p ON p.key = u.project_version "
    "JOIN dataset_versions d ON d.key = u.dataset_version JOIN dataset_versions s ON s.key = h.dataset_version"
)
_MADE_IN = (
    "SELECT DISTINCT d.dataset, p.project FROM derived_datasets e JOIN dataset_versions d ON d.key = e.dataset_version "
    "JOIN queries q ON q.key = e.query JOIN project_versions p ON p.key = q.project_version"
)


def _pairs(database: Database, sql: str) -> Iterable[tuple[int, int]]:
    return ((row[0], row[1]) for row in database.rows(sql))


def _delete(database: Database, projects: set[int], datasets: set[int]) -> None:
    other_projects = _others(database, "projects", projects)
    other_datasets = _others(database, "datasets", datasets)
    # Users first: a row that something else uses can't be deleted.
    for key in other_datasets:
        versions = "(SELECT key FROM dataset_versions WHERE dataset = ?)"
        database.execute(f"DELETE FROM submissions WHERE dataset_version IN {versions}", (key,))
        database.execute(f"DELETE FROM derived_datasets WHERE dataset_version IN {versions}", (key,))
    for key in other_projects:
        versions = "(SELECT key FROM project_versions WHERE project = ?)"
        database.execute(f"DELETE FROM submissions WHERE project_version IN {versions}", (key,))
    database.execute(f"DELETE FROM queries WHERE {is_unused(database, 'queries')}")
    for key in other_datasets:
        database.execute("DELETE FROM dataset_versions WHERE dataset = ?", (key,))
    for key in other_projects:
        database.execute("DELETE FROM project_versions WHERE project = ?", (key,))
    for table in ("mapping_versions", "dimension_versions"):
        database.execute(f"DELETE FROM {table} WHERE {is_unused(database, table)}")
    remove_unused(database)
    _delete_removals(database)
    database.execute(f"DELETE FROM registrations WHERE {is_unused(database, 'registrations')}")


def _others(database: Database, kind: str, kept: set[int]) -> list[int]:
    return [row["key"] for row in database.select(kind, "key", order="key") if row["key"] not in kept]


def _delete_removals(database: Database) -> None:
    """Forget what was removed elsewhere; the numbers of removed versions of what is kept stay taken."""
    owners = {row["id"] for kind in _KINDS for row in database.select(kind, "id", order="id")}
    for registration, position, id_ in database.rows("SELECT registration, position, id FROM removals"):
        if id_.split("/")[0] not in owners:
            database.execute("DELETE FROM removals WHERE registration = ? AND position = ?", (registration, position))
