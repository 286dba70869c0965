"""What a project is made of, what it requires, and what its datasets cover of that, as documents."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from dsgrid.operations.registry_contents import aim
from dsgrid.registry.database import LOCK_TIMEOUT
from dsgrid.registry.project_cover import ProjectCover, read_project_cover
from dsgrid.registry.project_needs import read_project_requirements
from dsgrid.registry.project_parts import read_project_datasets, read_project_dimensions
from dsgrid.registry.registry import Registry

Document = dict[str, Any]


def project_dimensions(
    folder: str | Path, reference: str, *, at: str | None = None, lock_timeout: float = LOCK_TIMEOUT
) -> Document:
    """Return the dimensions of a project, each with where it is registered, its mapping and its selectors.

    Parameters
    ----------
    folder
        The registry's folder.
    reference
        ``id`` or ``id@version`` of a project.
    at
        A version, or a date: the registry as it was then.
    lock_timeout
        How many seconds to wait for another process that has locked the registry.

    Raises
    ------
    NotFoundError
        If there is no such project or version.
    """
    name, moment = aim(reference, at)
    with Registry.open(folder, lock_timeout=lock_timeout, at=moment) as registry:
        return read_project_dimensions(registry, name)


def project_datasets(
    folder: str | Path, reference: str, *, at: str | None = None, lock_timeout: float = LOCK_TIMEOUT
) -> Document:
    """Return the datasets that a project requires or has: their state in it, version, size and declared gaps.

    Parameters
    ----------
    folder, reference, at, lock_timeout
        As in `project_dimensions`.
    """
    name, moment = aim(reference, at)
    with Registry.open(folder, lock_timeout=lock_timeout, at=moment) as registry:
        return read_project_datasets(registry, name)


def project_requirements(
    folder: str | Path,
    reference: str,
    *,
    dataset: str | None = None,
    records: int = 10,
    at: str | None = None,
    lock_timeout: float = LOCK_TIMEOUT,
) -> Document:
    """Return what a project requires of each dataset, type by type.

    Parameters
    ----------
    folder, reference, at, lock_timeout
        As in `project_dimensions`.
    dataset
        Only of this one.
    records
        How many records of each type are told.

    Raises
    ------
    NotFoundError
        If there is no such project, or nothing is required of the dataset.
    """
    name, moment = aim(reference, at)
    with Registry.open(folder, lock_timeout=lock_timeout, at=moment) as registry:
        return read_project_requirements(registry, name, dataset=dataset, records=records)


def project_coverage(
    folder: str | Path,
    reference: str,
    dimension: str | None = None,
    *,
    at: str | None = None,
    lock_timeout: float = LOCK_TIMEOUT,
    check: Callable[[], None] = lambda: None,
) -> ProjectCover:
    """Return which records of a dimension each dataset of a project covers, and how much of what is required.

    Parameters
    ----------
    folder, reference, at, lock_timeout
        As in `project_dimensions`.
    dimension
        The name of a base or supplemental dimension in the project; the first base dimension if nothing is said.
    check
        Called now and then; ends the work by raising.

    Raises
    ------
    NotFoundError
        If there is no such project, or it has no such dimension.
    """
    name, moment = aim(reference, at)
    with Registry.open(folder, lock_timeout=lock_timeout, at=moment) as registry:
        return read_project_cover(registry, name, dimension, check)
