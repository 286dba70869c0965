"""What becomes of a project's datasets when it gets a new version: those that still fit go along, the rest are told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from dsgrid.registry.acceptance import refusals
from dsgrid.registry.composites import expecting, is_composite
from dsgrid.registry.database import Database, Row
from dsgrid.registry.datasets import read_dataset
from dsgrid.registry.model import Dataset, Project, Submission
from dsgrid.registry.proposal import Carried, Invalidated, Part
from dsgrid.registry.submissions import ACCEPTED, read_submission, shape_key
from dsgrid.registry.successors import Successors
from dsgrid.registry.versions import parts


@dataclass(frozen=True)
class Carriage:
    """The submissions of a project's version before, sorted.

    Parameters
    ----------
    parts
        The submissions to write, with their mappings before them.
    """

    parts: tuple[Part, ...]
    carried: tuple[Carried, ...]
    invalidated: tuple[Invalidated, ...]


def carry(database: Database, old: int, project: Project, leave_out: int | None = None) -> Carriage:
    """Check every submission of a project's version again, against the new version.

    What the old version had invalidated is tried as well: it may fit again. Several versions of one dataset go along
    only if the newest of them does.

    Parameters
    ----------
    old
        The key of the old version.
    project
        The new version, with the ids and versions of all its dimensions.
    leave_out
        The key of a submission that is made anew.
    """
    successors = Successors(database)
    submissions: list[Part] = []
    carried: list[Carried] = []
    invalidated: list[Invalidated] = []
    rows = [row for row in _candidates(database, old) if row["key"] != leave_out]
    read = {
        row["key"]: (read_submission(database, row["key"]), read_dataset(database, row["dataset_key"])) for row in rows
    }
    composites = {row["key"] for row in rows if is_composite(database, row["dataset_key"])}
    reasons = {
        key: refusals(
            # No project says that it expects its composites.
            expecting(project, dataset.id) if key in composites else project,
            dataset,
            submission,
            read_shape(database, submission),
        )
        for key, (submission, dataset) in read.items()
    }
    for row in rows:
        submission, dataset = read[row["key"]]
        why = reasons[row["key"]] or _replaced(row, rows, reasons)
        if why:
            invalidated.append(_lost(row, row["project_version"], row["key"], why))
            continue
        carried.append(Carried(dataset.id, dataset.version))
        moved = with_mappings(successors, project, dataset, replace(submission, project_version=project.version))
        submissions.append(submission_part(moved, f"{submission.project_version}+{dataset.version}"))
    invalidated += _lost_for_good(database, old)
    return Carriage((*successors.parts, *submissions), tuple(carried), tuple(invalidated))


def read_shape(database: Database, submission: Submission) -> Dataset | None:
    """Return the dataset whose course annual values follow, where a submission names one."""
    return read_dataset(database, shape_key(database, submission.time)) if submission.time.shape else None


def _replaced(row: Row, rows: Sequence[Row], reasons: Mapping[int, tuple[str, ...]]) -> tuple[str, ...]:
    """Say why a submission that fits is lost all the same: with the newest version of its dataset, which does not.

    A query that names no version reads the newest one, and would go back to older data without a word.
    """
    newest = max((one for one in rows if one["dataset_id"] == row["dataset_id"]), key=_dataset_version)
    if not reasons[newest["key"]]:
        return ()
    return (f"{row['dataset_id']} {newest['dataset_version']}, which queries read instead of it, does not fit",)


def _dataset_version(row: Row) -> tuple[int, int, int]:
    return parts(row["dataset_version"])


def submission_part(submission: Submission, old: str = "") -> Part:
    """Return the part that a submission is in a proposal; `old` is what it continues."""
    return Part(
        "submission",
        f"{submission.project_id}/{submission.dataset_id}",
        old,
        f"{submission.project_version}+{submission.dataset_version}",
        value=submission,
    )


def with_mappings(successors: Successors, project: Project, dataset: Dataset, submission: Submission) -> Submission:
    """Return a submission whose mappings have the ids and versions that they have or are to get.

    A registered mapping stays what it is while it maps these two dimensions; with others at its ends it is a new
    version, of this submission.
    """
    mappings = {}
    for type_, target in submission.mappings.items():
        mapping = target.mapping
        if mapping is not None:
            source = dataset.dimensions[type_]
            base = next(dimension for dimension in project.base if dimension.name == target.base)
            mapping = successors.mapping(
                mapping,
                f"{project.id}/{dataset.id}/{source.name}:{base.name}",
                ((source.id, source.version), (base.id, base.version)),
            )
        mappings[type_] = replace(target, mapping=mapping)
    return replace(submission, mappings=mappings)


def write_invalidations(database: Database, project_version: int, invalidated: tuple[Invalidated, ...]) -> None:
    """Keep which submissions a project's new version could not take along, and why."""
    database.insert_many(
        "invalidations",
        ("project_version", "dataset_version", "submission", "submitted_to", "reason"),
        [
            (project_version, one.dataset, one.submission, one.submitted_to, "; ".join(one.reasons))
            for one in invalidated
        ],
    )


def _candidates(database: Database, old: int) -> Iterator[Row]:
    yield from database.select("all_submissions", "*", order="key", project_key=old, status=ACCEPTED)
    yield from database.rows(
        "SELECT s.* FROM invalidations i JOIN all_submissions s ON s.key = i.submission WHERE i.project_version = ? "
        "AND NOT EXISTS (SELECT 1 FROM all_submissions t WHERE t.project_key = i.project_version "
        "AND t.dataset_id = s.dataset_id) ORDER BY s.key",
        (old,),
    )


def _lost(row: Row, submitted_to: str, submission: int | None, reasons: tuple[str, ...]) -> Invalidated:
    return Invalidated(row["dataset_id"], row["dataset_version"], submitted_to, submission, row["dataset_key"], reasons)


def _lost_for_good(database: Database, old: int) -> list[Invalidated]:
    """Return what the old version had lost and nobody can try again: the submissions have been removed."""
    rows = database.rows(
        "SELECT d.id AS dataset_id, d.version AS dataset_version, d.key AS dataset_key, i.submitted_to, i.reason "
        "FROM invalidations i JOIN all_datasets d ON d.key = i.dataset_version "
        "WHERE i.project_version = ? AND i.submission IS NULL AND NOT EXISTS (SELECT 1 FROM all_submissions t "
        "WHERE t.project_key = i.project_version AND t.dataset_id = d.id) ORDER BY d.id, d.key",
        (old,),
    )
    return [_lost(row, row["submitted_to"], None, (row["reason"],)) for row in rows]
