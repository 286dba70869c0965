"""Files that say what is registered and submitted, in bulk: what they name, with paths that are resolved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.errors import DsgridError, did_you_mean
from dsgrid.importers.document import Entry
from dsgrid.importers.translation import Remark, Remarks, gathering

_KNOWN: Final = ("projects", "datasets", "dataset_submissions")
_KNOWN_PROJECT: Final = ("project_id", "config_file", "log_message")
_KNOWN_DATASET: Final = ("dataset_id", "config_file", "replace_dimension_names_with_ids", "log_message")
_KNOWN_SUBMISSION: Final = (
    "dataset_id", "project_id", "dimension_mapping_file", "dimension_mapping_references_file",
    "replace_dimension_mapping_names_with_ids", "autogen_reverse_supplemental_mappings", "log_message",
)  # fmt: skip
T = TypeVar("T")

# How far above a bulk file the folder may be from which its paths start.
_LEVELS: Final = 5


@dataclass(frozen=True)
class BulkConfiguration:
    """A configuration to be registered, with the message for the history."""

    config_file: Path
    log_message: str
    entry: Entry = field(compare=False, repr=False)


@dataclass(frozen=True)
class BulkProject(BulkConfiguration):
    """A project to be registered."""

    project_id: str


@dataclass(frozen=True)
class BulkDataset(BulkConfiguration):
    """A dataset to be registered."""

    dataset_id: str


@dataclass(frozen=True)
class BulkSubmission:
    """A dataset to be submitted to a project.

    Parameters
    ----------
    mapping_file, references_file
        The file with its mappings, and the one that refers to registered mappings; None where there is none.
    reverse
        Types whose mapping is the reverse of how a supplemental dimension is made.
    """

    dataset_id: str
    project_id: str
    mapping_file: Path | None
    references_file: Path | None
    reverse: tuple[str, ...]
    log_message: str
    entry: Entry = field(compare=False, repr=False)


@dataclass(frozen=True)
class BulkFile:
    """What a bulk registration file asks for, in its order."""

    projects: tuple[BulkProject, ...] = ()
    datasets: tuple[BulkDataset, ...] = ()
    submissions: tuple[BulkSubmission, ...] = ()
    remarks: tuple[Remark, ...] = ()


@gathering
def bulk_file(remarks: Remarks, document: Entry, repository_folder: Path | None = None) -> BulkFile:
    """Read a bulk registration file.

    Parameters
    ----------
    repository_folder
        Where its paths start. dsgrid-toolkit takes them from an option, or from wherever it is run; without it
        they start at the folder of the file or, where something is not there, at one above.

    Raises
    ------
    SpecError
        If the file is not of that form; of several entries the good ones are not taken alone.
    """
    remarks.unknown(document, _KNOWN)
    reader = _Reader(document.file, repository_folder, remarks)
    found = BulkFile(
        tuple(reader.each(document, "projects", reader.project)),
        tuple(reader.each(document, "datasets", reader.dataset)),
        tuple(reader.each(document, "dataset_submissions", reader.submission)),
    )
    remarks.finish("bulk", {})
    return BulkFile(found.projects, found.datasets, found.submissions, tuple(remarks.remarks))


@dataclass(frozen=True)
class _Reader:
    file: Path
    folder: Path | None
    remarks: Remarks

    def each(self, document: Entry, key: str, read: Callable[[Entry], T]) -> list[T]:
        found = []
        for entry in document.entries(key):
            try:
                found.append(read(entry))
            except DsgridError as error:
                self.remarks.problems.extend(error.problems)
        return found

    def project(self, entry: Entry) -> BulkProject:
        self.remarks.unknown(entry, _KNOWN_PROJECT)
        file = self.path(entry["config_file"])
        return BulkProject(file, entry.text("log_message"), entry, entry["project_id"].text_value)

    def dataset(self, entry: Entry) -> BulkDataset:
        self.remarks.unknown(entry, _KNOWN_DATASET)
        # Dimensions are referred to by their names here anyway.
        entry.flag("replace_dimension_names_with_ids")
        file = self.path(entry["config_file"])
        return BulkDataset(file, entry.text("log_message"), entry, entry["dataset_id"].text_value)

    def submission(self, entry: Entry) -> BulkSubmission:
        self.remarks.unknown(entry, _KNOWN_SUBMISSION)
        entry.flag("replace_dimension_mapping_names_with_ids")
        reverse = entry.texts("autogen_reverse_supplemental_mappings")
        for type_ in reverse:
            if type_ not in RECORD_TYPES:
                place = entry["autogen_reverse_supplemental_mappings"]
                self.remarks.wrong(place, f'there is no dimension type "{type_}"{did_you_mean(type_, RECORD_TYPES)}')
        mappings, references = entry.get("dimension_mapping_file"), entry.get("dimension_mapping_references_file")
        return BulkSubmission(
            entry["dataset_id"].text_value,
            entry["project_id"].text_value,
            None if mappings is None else self.path(mappings),
            None if references is None else self.path(references),
            tuple(dict.fromkeys(reverse)),
            entry.text("log_message"),
            entry,
        )

    def path(self, entry: Entry) -> Path:
        above = [self.file.parent, *self.file.parent.parents][:_LEVELS]
        candidates = [entry.resolve(folder) for folder in ((self.folder,) if self.folder else above)]
        found = next((path for path in candidates if _is_file(path)), None)
        if found is None:
            self.remarks.say("decide", entry, f"there is no file {candidates[0]}")
        elif found != candidates[0]:
            self.remarks.say("changed", entry, f"the path starts at a folder above the file: {found}")
        return found or candidates[0]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False
