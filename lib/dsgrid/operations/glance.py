"""A registry at a glance, and what is found in it by a few words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dsgrid.registry.database import LOCK_TIMEOUT
from dsgrid.registry.hits import Hits
from dsgrid.registry.registry import Registry


def overview(
    folder: str | Path,
    *,
    recent: int = 10,
    projects: int = 24,
    at: str | None = None,
    lock_timeout: float = LOCK_TIMEOUT,
) -> dict[str, Any]:
    """Return how much there is of everything, what was registered last, and projects with their base dimensions.

    Parameters
    ----------
    folder
        The registry's folder.
    recent, projects
        How many registrations, the newest first, and how many projects.
    at
        A date or time: the registry as it was then.
    lock_timeout
        How many seconds to wait for another process that has locked the registry.
    """
    with Registry.open(folder, lock_timeout=lock_timeout, at=at) as registry:
        return registry.overview(recent, projects)


def search_registry(
    folder: str | Path, text: str, *, limit: int = 20, at: str | None = None, lock_timeout: float = LOCK_TIMEOUT
) -> list[Hits]:
    """Return the newest versions of things, and the records, that have all words of a text; case does not matter.

    Parameters
    ----------
    folder
        The registry's folder.
    text
        Words; things have them in their ids, names, descriptions, tags or other metadata, records in id or name.
    limit
        How many of each kind at most.
    at
        A date or time: the registry as it was then.
    lock_timeout
        How many seconds to wait for another process that has locked the registry.
    """
    with Registry.open(folder, lock_timeout=lock_timeout, at=at) as registry:
        return registry.hits(text, limit)
