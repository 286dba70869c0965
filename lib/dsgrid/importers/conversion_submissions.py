"""What brings the datasets of a repository into its projects."""

from __future__ import annotations

from pathlib import Path

from dsgrid.errors import listing
from dsgrid.importers.bulk_file import BulkSubmission
from dsgrid.importers.conversion import Conversion, safe_name
from dsgrid.importers.document import Entry
from dsgrid.importers.outcomes import Part
from dsgrid.importers.repository import id_of
from dsgrid.importers.submission import submission
from dsgrid.importers.unmapped import unmapped


def submissions(conversion: Conversion, wanted: dict[tuple[str, str], BulkSubmission]) -> None:
    """Translate the submission of every dataset to every project that lists it.

    Parameters
    ----------
    wanted
        What registration files say, by the ids of dataset and project.
    """
    repository, outcomes = conversion.repository, conversion.outcomes
    specs = {part.translation.spec.get("dataset", {}).get("id"): part for part in _datasets(conversion)}
    for id_, document in repository.datasets.items():
        listing = repository.listing(id_)
        if not listing and repository.projects:
            place = document.get("dataset_id") or document
            outcomes.say("decide", place, f"{_nobody(tuple(repository.projects))} this dataset: it is not submitted")
        if id_ not in specs:
            continue
        for project, _ in listing:
            said = wanted.get((id_, id_of(project, "project_id")))
            _submission(conversion, project, document, said, len(listing) > 1)


def _nobody(projects: tuple[str, ...]) -> str:
    if len(projects) == 1:
        return f'the project "{projects[0]}" does not list'
    return f"none of the projects ({listing(projects)}) lists"


def _datasets(conversion: Conversion) -> list[Part]:
    return [part for part in conversion.outcomes.parts.values() if part.translation.job == "register_dataset"]


def _submission(
    conversion: Conversion, project: Entry, document: Entry, wanted: BulkSubmission | None, several: bool
) -> None:
    outcomes = conversion.outcomes
    id_, project_id = id_of(document, "dataset_id"), id_of(project, "project_id")
    named = None if wanted is None else wanted.mapping_file or wanted.references_file
    mappings = conversion.repository.beside(document) if wanted is None else _file(conversion, named)
    if named is not None and mappings is None:
        assert wanted is not None
        outcomes.refuse(wanted.entry.file, wanted.entry.problem(f"the mapping file {named} is not there, or is none"))
        return
    reverse = () if wanted is None else wanted.reverse
    file = document.file if mappings is None else mappings.file
    second = None if wanted is None or not wanted.mapping_file else _file(conversion, wanted.references_file)
    known = conversion.registered
    made = outcomes.attempt(
        file,
        lambda: submission(project, id_, mappings, document, reverse, references=second, registered=known),
    )
    if made is None:
        return
    name = f"submit_dataset_{safe_name(project_id)}" if several else "submit_dataset"
    source = document if mappings is None else mappings
    message = "" if wanted is None else wanted.log_message
    told = unmapped(project, document, made.spec.get("mapping", {}))
    conversion.add(source, f"datasets/{safe_name(id_)}", made, name, message=message, remarks=told)


def _file(conversion: Conversion, path: Path | None) -> Entry | None:
    files = conversion.repository.of_kind("mappings", "mapping references")
    return next((entry for entry in files if entry.file == path), None)
