"""Composites: results of queries that a project has, under a name and a version, as sources of other queries.

A composite is a version of a dataset that has its project's records, with its submission and a row that says so. The
project need not expect it, and nobody submits it; else it is what a dataset is: it is listed, copied, checked and
removed like one, and the query that made it and all that the query read cannot be removed before it.
"""

from __future__ import annotations

from dataclasses import replace

from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.registry.database import Database
from dsgrid.registry.model import Coverage, Project, Requirement


def write_composite(database: Database, dataset: int, project: int, registration: int) -> None:
    """Keep that a version of a dataset is a composite of a version of a project."""
    database.insert("composites", dataset_version=dataset, project_version=project, registration=registration)


def is_composite(database: Database, dataset: int) -> bool:
    """Say whether a version of a dataset, given by its key, is a composite."""
    return database.value("SELECT 1 FROM composites WHERE dataset_version = ?", (dataset,)) is not None


def composite_of(database: Database, id_: str) -> str | None:
    """Return the project whose composite an id is; None where it is not that of a composite."""
    project = database.value("SELECT project_id FROM all_composites WHERE id = ?", (id_,))
    return None if project is None else str(project)


def expecting(project: Project, dataset: str) -> Project:
    """Return a project that expects a dataset, and requires no record of it where it has not said so itself."""
    if any(each.dataset_id == dataset for each in project.requirements):
        return project
    nothing = Coverage(dict.fromkeys(RECORD_TYPES, ()))
    return replace(project, requirements=(*project.requirements, Requirement(dataset, nothing)))
