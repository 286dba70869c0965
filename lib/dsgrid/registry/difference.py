"""What differs between two registered versions of one thing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from dsgrid.dimensions.changes import Change, highest, inside
from dsgrid.dimensions.comparison import compare_dimensions, compare_mappings
from dsgrid.dimensions.types import TIME
from dsgrid.errors import UsageError
from dsgrid.registry.comparison import compare_datasets, compare_projects, compare_submissions
from dsgrid.registry.database import Database, Row
from dsgrid.registry.datasets import read_dataset
from dsgrid.registry.dimensions import read_dimension, read_time
from dsgrid.registry.history import submission_contents
from dsgrid.registry.mappings import read_ends, read_mapping
from dsgrid.registry.projects import read_project
from dsgrid.registry.resolve import find_kind, find_version
from dsgrid.registry.submissions import read_submission
from dsgrid.registry.successors import compare_ends, reference_level
from dsgrid.registry.versions import parse_reference, parts
from dsgrid.time.comparison import compare_times


@dataclass(frozen=True)
class Difference:
    """The changes from one version of a project, dataset, dimension or mapping to another."""

    kind: str
    id: str
    old: str
    new: str
    changes: tuple[Change, ...]

    @property
    def level(self) -> str | None:
        """The highest level of the changes; None when the two hold the same."""
        return highest(self.changes)


def read_difference(
    database: Database, id_: str, old: str, new: str | None = None, kind: str | None = None
) -> Difference:
    """Return the changes between two versions of an id.

    Two versions of a project are compared with all their parts, and with the datasets that are submitted to them.

    Parameters
    ----------
    old, new
        Versions or their beginnings; without `new` the newest version is meant.
    kind
        What the id belongs to; None finds it out.

    Raises
    ------
    NotFoundError
        If there is no such id or version.
    """
    plain, inside_ = parse_reference(id_)
    if inside_ is not None:
        raise UsageError(f'"{id_}" names a version already; write the id and then both versions: {plain} {inside_} ...')
    for version in (each for each in (old, new) if each is not None):
        parse_reference(f"{id_}@{version}")
    kind = kind or find_kind(database, id_)
    keys = (find_version(database, kind, id_, old), find_version(database, kind, id_, new))
    names = [database.value(f"SELECT version FROM {kind}_versions WHERE key = ?", (key,)) for key in keys]
    compared = {"project": _projects, "dataset": _datasets, "dimension": _dimensions, "mapping": _mappings}
    changes = tuple(compared[kind](database, *keys)) if keys[0] != keys[1] else ()
    return Difference(kind, id_, names[0], names[1], changes)


def _projects(database: Database, old: int, new: int) -> Iterator[Change]:
    same = _same_associations(database, old, new)
    yield from compare_projects(read_project(database, old, without=same), read_project(database, new, without=same))
    before, after = _submitted(database, old), _submitted(database, new)
    for id_, row in after.items():
        if id_ not in before:
            yield Change("added", "submission", "datasets", id_, "minor", new={"version": row["dataset_version"]})
    for id_, row in before.items():
        if id_ not in after:
            yield Change("removed", "submission", "datasets", id_, "major", old=_gone(database, row, new))
        else:
            yield from _submissions(database, row, after[id_], inside("datasets", id_))


def _same_associations(database: Database, old: int, new: int) -> list[str]:
    """Return the supplemental dimensions of both projects that share one table of associations: it need not be read."""
    rows = database.rows(
        "SELECT s.name FROM supplemental_dimensions s JOIN mapping_versions v ON v.key = s.mapping "
        "WHERE s.project_version IN (?, ?) GROUP BY s.name "
        "HAVING count(*) = 2 AND min(v.association_table) = max(v.association_table)",
        (old, new),
    )
    return [row["name"] for row in rows]


def _submitted(database: Database, project: int) -> dict[str, Row]:
    """Return the submission of each dataset to a version of a project that queries read: that of its newest version."""
    rows = database.select("all_submissions", "*", order="dataset_id", project_key=project)
    return {row["dataset_id"]: row for row in sorted(rows, key=lambda row: parts(row["dataset_version"]))}


def _gone(database: Database, submission: Row, project: int) -> dict[str, str]:
    reason = database.value(
        "SELECT reason FROM invalidations WHERE project_version = ? AND dataset_version = ?",
        (project, submission["dataset_key"]),
    )
    return {"version": submission["dataset_version"], **({"does not fit": reason} if reason else {})}


def _submissions(database: Database, old: Row, new: Row, where: str) -> Iterator[Change]:
    versions = old["dataset_version"], new["dataset_version"]
    if versions[0] != versions[1]:
        level = reference_level((old["dataset_id"], versions[0]), (new["dataset_id"], versions[1]))
        yield Change("changed", "key", where, "version", level, *versions)
    if submission_contents(database, old["key"]) != submission_contents(database, new["key"]):
        for change in compare_submissions(read_submission(database, old["key"]), read_submission(database, new["key"])):
            yield replace(change, where=inside(where, change.where))


def _datasets(database: Database, old: int, new: int) -> tuple[Change, ...]:
    return compare_datasets(read_dataset(database, old), read_dataset(database, new))


def _dimensions(database: Database, old: int, new: int) -> tuple[Change, ...]:
    type_ = database.value("SELECT type FROM all_dimensions WHERE key = ?", (old,))
    if type_ == TIME:
        return compare_times(read_time(database, old), read_time(database, new))
    return compare_dimensions(read_dimension(database, old), read_dimension(database, new))


def _mappings(database: Database, old: int, new: int) -> Iterator[Change]:
    ends = read_ends(database, old), read_ends(database, new)
    yield from compare_ends(*ends)
    fresh = []
    for was, now in zip(*ends, strict=True):
        ids = [read_dimension(database, find_version(database, "dimension", *end)).records.by_id for end in (was, now)]
        fresh.append(ids[1].keys() - ids[0].keys())
    new_from, new_to = fresh
    yield from compare_mappings(
        read_mapping(database, old), read_mapping(database, new), new_from=new_from, new_to=new_to
    )
