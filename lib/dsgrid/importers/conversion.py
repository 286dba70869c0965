"""A whole repository, translated: each configuration by its translator, and what hangs together named alike."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from dsgrid.errors import DsgridError
from dsgrid.importers.data_columns import unlike_columns
from dsgrid.importers.dataset import dataset
from dsgrid.importers.document import Entry
from dsgrid.importers.outcomes import Outcomes, Part, remark
from dsgrid.importers.project import project
from dsgrid.importers.registered import RegisteredMappings
from dsgrid.importers.registrations import Registrations
from dsgrid.importers.repository import Repository, id_of, listed
from dsgrid.importers.repository_data import DataPlaces, Placed, absent_tables, place_data
from dsgrid.importers.shared import dimensions
from dsgrid.importers.translation import Remark, Translation

QUERIES: Final = "queries"
RESULTS: Final = "results"
# Why a dataset is not registered with the others.
UNLISTED: Final = "no project lists it"
# Bytes of a name, so that there is room for a number and an ending.
_LONGEST: Final = 120


@dataclass(frozen=True)
class Settings:
    """What is the same for all specs of an import.

    Parameters
    ----------
    target
        The folder that is written.
    registry
        The folder of the registry that the specs work on.
    """

    target: Path
    registry: Path
    places: DataPlaces = field(default_factory=DataPlaces)


def safe_name(text: str) -> str:
    """Return a text as the name of a file or folder, on any system."""
    name = re.sub(r"[^\w.-]+", "_", text.strip()).strip("._")
    short = name.encode("utf-8", "ignore")[:_LONGEST].decode("utf-8", "ignore")
    return short or "unnamed"


class Conversion:
    """Translates the parts of one repository, one kind after the other."""

    def __init__(
        self, repository: Repository, settings: Settings, outcomes: Outcomes, registrations: Registrations
    ) -> None:
        self.repository, self.settings, self.outcomes = repository, settings, outcomes
        self.registrations = registrations
        self.derived = _derived(repository)
        self.names = _names(repository)
        self.registered = RegisteredMappings.of(_well_formed(repository), self.names)

    def projects(self, updates: Mapping[str, tuple[Remark, ...]]) -> None:
        """Translate all projects.

        Parameters
        ----------
        updates
            Remarks by project on what files add to it that change it.
        """
        several = len(self.repository.projects) > 1
        for id_, document in self.repository.projects.items():
            made = self.outcomes.attempt(document.file, partial(self._project, document))
            if made is not None:
                folder = f"projects/{safe_name(id_)}" if several else "project"
                self.add(document, folder, made, remarks=updates.get(id_, ()))
            self._unlisted(document)

    def shared_dimensions(self) -> None:
        """Translate files of dimensions that are registered for themselves."""
        for document in self.repository.of_kind("dimensions"):
            folder = safe_name(document.file.parent.name)
            while f"dimensions/{folder}" in {part.folder for part in self.outcomes.parts.values()}:
                folder += "_"
            # The dimensions of a project begin with its id: these are others.
            owner = re.sub(r"\W|^(?=\d)", "_", f"{folder}_shared", flags=re.ASCII)
            made = self.outcomes.attempt(document.file, partial(dimensions, document, owner))
            if made is not None:
                message = f'these dimensions belong to "{owner}" here, which is the first part of their ids'
                said = remark("defaulted", document, message, "owner")
                self.add(document, f"dimensions/{folder}", made, remarks=(said,))

    def datasets(self) -> None:
        """Translate all datasets."""
        for id_, document in self.repository.datasets.items():
            placed = place_data(document, self.settings.places)
            made = self.outcomes.attempt(document.file, partial(self._dataset, document, placed))
            if made is None:
                continue
            data = made.spec.get("data", {})
            for key, path in placed.absent:
                data.setdefault(key, []).append(path)
            checked = self._checked(made.spec, document)
            why = self._waiting(id_, made.spec, placed, checked)
            self.add(document, f"datasets/{safe_name(id_)}", made, waiting=why, remarks=(*placed.remarks, *checked))

    def _checked(self, spec: dict[str, Any], document: Entry) -> tuple[Remark, ...]:
        """Return what is to be said of the data files: that they are not there, or have other columns."""
        absent = absent_tables(spec, document, self.settings.places)
        if not absent:
            return unlike_columns(spec, document)
        made = self.derived.get(id_of(document, "dataset_id"))
        if made is None:
            return absent
        message = f"its data are the result of the query {self.relative(made.file)}: bulk_derived.toml makes them"
        return (remark("changed", document.get("dataset_id") or document, message, "dataset", "id"),)

    def _waiting(self, id_: str, spec: dict[str, Any], placed: Placed, checked: tuple[Remark, ...]) -> str:
        """Return why a dataset cannot be registered as it is; an empty text when it can."""
        if id_ in self.derived and any(each.kind == "changed" for each in checked):
            return "made of the result of a query: see bulk_derived.toml"
        for each in (*checked, *placed.remarks):
            if each.kind == "decide":
                return self.short(each.message).partition(": ")[0]
        is_listed = not self.repository.projects or bool(self.repository.listing(id_))
        if not is_listed and self.repository.datasets[id_].file not in self.registrations.configurations:
            return UNLISTED
        return ""

    def short(self, message: str) -> str:
        """Return a message with paths from the folder of the repository."""
        return message.replace(f"{self.root}{os.sep}", "")

    def _project(self, document: Entry) -> Translation:
        return project(document, self.names, registered=self.registered)

    def _dataset(self, document: Entry, placed: Placed) -> Translation:
        listing = self.repository.listing(id_of(document, "dataset_id"))
        return dataset(placed.document, placed.folder, self.names, listing[0][0] if listing else None)

    def _unlisted(self, document: Entry) -> None:
        """Say which datasets a project lists that nobody describes."""
        for entry in listed(document):
            id_ = id_of(entry, "dataset_id")
            if id_ and id_ not in self.repository.datasets and id_ not in self.derived:
                message = f'the project lists the dataset "{id_}", which has no configuration in this folder'
                self.outcomes.say("decide", entry, message)

    @property
    def root(self) -> Path:
        """The folder of the repository."""
        return self.repository.root

    def relative(self, path: Path) -> str:
        """Return a path as messages name it."""
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else path.name

    def add(
        self,
        source: Entry,
        folder: str,
        made: Translation,
        name: str = "",
        *,
        message: str = "",
        waiting: str = "",
        remarks: tuple[Remark, ...] = (),
    ) -> Part:
        """Add a spec, with the head that all specs of an import have."""
        head: dict[str, Any] = {key: made.spec[key] for key in ("spec_version", "job")}
        head["registry"] = str(self.settings.registry)
        if made.job in MESSAGED:
            head["log_message"] = (
                message or self.registrations.messages.get(source.file) or f"Imported from {self.relative(source.file)}"
            )
        spec = {**head, **{key: value for key, value in made.spec.items() if key not in head}}
        part = Part(source.file, folder, name or made.job, replace(made, spec=spec), waiting, remarks)
        return self.outcomes.add(part)


MESSAGED: Final = frozenset({"register_project", "register_dataset", "submit_dataset", "register_dimensions"})


def _well_formed(repository: Repository) -> Iterator[Entry]:
    """Yield the files of mappings that stand alone; one that is not of that form is told when it is translated."""
    for document in repository.of_kind("mappings"):
        try:
            RegisteredMappings.of([document])
        except DsgridError:
            continue
        yield document


def _names(repository: Repository) -> dict[str, str]:
    """Return the names of the dimensions that a repository gives ids itself."""
    names: dict[str, str] = {}
    for document in repository.of_kind("dimensions", "project", "dataset"):
        for entry in _dimensions(document):
            id_, name = entry.get("dimension_id", "id"), entry.get("name")
            if isinstance(id_, str) and isinstance(name, str):
                names[id_.strip()] = name.strip()
    return names


def _derived(repository: Repository) -> dict[str, Entry]:
    """Return the queries whose results are datasets of a project, by the ids of these; the first of each counts."""
    found: dict[str, Entry] = {}
    for query in repository.of_kind("query"):
        asked = query["project"].value.get("dataset")
        if not isinstance(asked, dict):
            continue
        id_ = id_of(query["project"]["dataset"], "dataset_id")
        sources = asked.get("source_datasets")
        reads = [source for source in sources if isinstance(source, dict)] if isinstance(sources, list) else []
        # A projection has the name of what comes out; a dataset that is read as it is comes from elsewhere.
        own = any(one.get("dataset_id") == id_ and one.get("dataset_type") != "projection" for one in reads)
        if id_ and not own and repository.listing(id_):
            found.setdefault(id_, query)
    return found


def _dimensions(document: Entry) -> Iterator[dict[str, Any]]:
    found = document.value.get("dimensions")
    lists = found.values() if isinstance(found, dict) else [found]
    for entries in lists:
        if isinstance(entries, list):
            yield from (entry for entry in entries if isinstance(entry, dict))
