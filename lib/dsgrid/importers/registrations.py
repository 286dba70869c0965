"""What registration files of a repository say, together: which configurations count, and how datasets are submitted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from dsgrid.errors import DsgridError
from dsgrid.importers.bulk_file import BulkFile, BulkSubmission, bulk_file
from dsgrid.importers.document import Entry
from dsgrid.importers.outcomes import Outcomes


@dataclass(frozen=True)
class Registrations:
    """The registration files of a repository.

    Parameters
    ----------
    configurations
        The configurations that they name.
    messages
        Log messages by configuration.
    submissions
        By the ids of dataset and project; where several files name a submission, the first one counts.
    """

    configurations: frozenset[Path] = frozenset()
    messages: dict[Path, str] = field(default_factory=dict)
    submissions: dict[tuple[str, str], BulkSubmission] = field(default_factory=dict)
    files: tuple[tuple[Entry, BulkFile], ...] = ()


def registrations(documents: Iterable[Entry], outcomes: Outcomes) -> Registrations:
    """Read all registration files."""
    files: list[tuple[Entry, BulkFile]] = []
    messages: dict[Path, str] = {}
    submissions: dict[tuple[str, str], BulkSubmission] = {}
    for document in documents:
        found = _read(document, outcomes)
        if found is None:
            continue
        files.append((document, found))
        outcomes.remarks.extend(found.remarks)
        messages |= {one.config_file: one.log_message for one in (*found.projects, *found.datasets) if one.log_message}
        for submission in found.submissions:
            key = (submission.dataset_id, submission.project_id)
            if key in submissions and not _same(submission, submissions[key]):
                first = submissions[key].entry.where
                outcomes.say("decide", submission.entry, f"this dataset is submitted in another way already: {first}")
            submissions.setdefault(key, submission)
    configurations = [one.config_file for _, file in files for one in (*file.projects, *file.datasets)]
    return Registrations(frozenset(configurations), messages, submissions, tuple(files))


def settle_registrations(registrations: Registrations, outcomes: Outcomes) -> None:
    """Say that these files are taken into account, or what they ask for that could not be made."""
    made = {
        (spec.get("project"), spec.get("dataset"))
        for part in outcomes.parts.values()
        if part.translation.job == "submit_dataset"
        for spec in (part.translation.spec,)
    }
    for document, file in registrations.files:
        outcomes.settle(document.file, "used", "bulk.toml")
        for submission in file.submissions:
            if (submission.project_id, submission.dataset_id) not in made:
                message = (
                    f'"{submission.dataset_id}" is not submitted to "{submission.project_id}": see what is said of it'
                )
                outcomes.say("decide", submission.entry, message)


def _same(left: BulkSubmission, right: BulkSubmission) -> bool:
    return (left.mapping_file, left.references_file, left.reverse) == (
        right.mapping_file,
        right.references_file,
        right.reverse,
    )


def _read(document: Entry, outcomes: Outcomes) -> BulkFile | None:
    try:
        return bulk_file(document)
    except DsgridError as error:
        for problem in error.problems:
            outcomes.refuse(document.file, problem)
    return None
