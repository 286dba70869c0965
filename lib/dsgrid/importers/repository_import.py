"""A repository from its files to specs that are not yet written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

from dsgrid.importers.conversion import Conversion, Settings
from dsgrid.importers.conversion_extracts import extracts
from dsgrid.importers.conversion_queries import Derivation, dataset_queries, derivations, queries
from dsgrid.importers.conversion_submissions import submissions
from dsgrid.importers.discovery import Files, discover
from dsgrid.importers.document import Entry
from dsgrid.importers.left_out import settle_others
from dsgrid.importers.outcomes import Outcomes
from dsgrid.importers.plans import plan
from dsgrid.importers.recognition import Kind
from dsgrid.importers.registrations import registrations, settle_registrations
from dsgrid.importers.repository import Repository, read_repository, unreadable
from dsgrid.importers.settings_file import settings_file
from dsgrid.importers.translation import Remark
from dsgrid.importers.updates import merged, time_update

_UPDATES: Final[tuple[Kind, ...]] = (
    *("subset dimensions", "supplemental dimensions"),
    *("requirements", "changed requirements"),
)

# Files of which nothing is made, what there is to say of them, and why.
_TOLD: Final[tuple[tuple[Kind, Callable[[Entry], tuple[Remark, ...]], str], ...]] = (
    ("mapping plan", plan, "queries are planned here"),
    ("time update", time_update, "a later version of a dimension: see what needs a decision"),
    ("settings", settings_file, "settings of a user: see `dsgrid config`"),
)


@dataclass(frozen=True)
class Imported:
    """The specs of a repository, and all that is to be said of its files."""

    repository: Repository
    outcomes: Outcomes
    derivations: tuple[Derivation, ...]


def import_repository(
    source: Path, settings: Settings, query_places: Sequence[Path] = (), *, debug: bool = False
) -> Imported:
    """Translate everything that is in a repository.

    Parameters
    ----------
    source
        The folder of the repository or of its project; or the file of one project, whose folder is meant then, without
        other projects in it.
    query_places
        More files of queries, or folders of them.
    debug
        Print where a translator fails that should not.

    Raises
    ------
    UsageError
        If there are so many files that this is no repository.
    """
    outcomes = Outcomes(debug)
    root = source if source.is_dir() else source.parent
    files = discover((root, *query_places))
    if source != root:
        files = _one_project(files, source, outcomes)
    unreadable(files, outcomes)
    registered = registrations(
        [found.entry for found in files.found if found.kind == "registration" and found.entry], outcomes
    )
    repository = read_repository(root, files, outcomes, registered.configurations)
    repository, updates = _updated(repository, outcomes)
    _tell(repository, outcomes)
    conversion = Conversion(repository, settings, outcomes, registered)
    conversion.shared_dimensions()
    conversion.projects(updates)
    conversion.datasets()
    submissions(conversion, registered.submissions)
    queries(conversion)
    dataset_queries(conversion)
    extracts(conversion)
    derived = derivations(conversion)
    settle_registrations(registered, outcomes)
    settle_others(conversion)
    return Imported(repository, outcomes, derived)


def _one_project(files: Files, source: Path, outcomes: Outcomes) -> Files:
    """Leave out all projects but the one that is named."""
    kept = []
    for found in files.found:
        if found.kind == "project" and found.path != source:
            outcomes.settle(found.path, "left out", f"{source.name} is named as the project")
            kept.append(replace(found, kind="records"))
        else:
            kept.append(found)
    return replace(files, found=tuple(kept))


def _updated(repository: Repository, outcomes: Outcomes) -> tuple[Repository, dict[str, tuple[Remark, ...]]]:
    """Return the repository with the files that change a project merged into it, and remarks on that by project."""
    projects = dict(repository.projects)
    remarks: dict[str, tuple[Remark, ...]] = {}
    for document in repository.of_kind(*_UPDATES):
        if len(projects) != 1:
            why = "it changes a project, and which one it does not say"
            outcomes.refuse(document.file, document.problem(why))
            continue
        ((id_, project),) = projects.items()
        found = outcomes.attempt(document.file, partial(merged, project, document))
        if found is not None:
            projects[id_] = found[0]
            remarks[id_] = (*remarks.get(id_, ()), *found[1])
            outcomes.settle(document.file, "used", str(project.file))
    return replace(repository, projects=projects), remarks


def _tell(repository: Repository, outcomes: Outcomes) -> None:
    """Say what files mean of which nothing is made."""
    for kind, tell, why in _TOLD:
        for document in repository.of_kind(kind):
            said = outcomes.attempt(document.file, partial(tell, document))
            if said is not None:
                outcomes.remarks.extend(said)
                outcomes.settle(document.file, "left out", why)
