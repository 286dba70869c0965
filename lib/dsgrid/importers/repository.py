"""A repository of dsgrid-toolkit: which configuration stands for which project and dataset."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dsgrid.importers.discovery import Files, Found
from dsgrid.importers.document import Entry
from dsgrid.importers.outcomes import Outcomes
from dsgrid.importers.recognition import WRITTEN_BY_ITSELF, Kind

_USUAL: Final = {"project": "project", "dataset": "dataset", "mappings": "dimension_mappings"}


@dataclass(frozen=True)
class Repository:
    """The files of a repository, with the configuration that counts of each project and dataset.

    Parameters
    ----------
    root
        The folder that was named.
    projects, datasets
        Configurations by id, in the order of their files.
    """

    root: Path
    files: Files
    projects: dict[str, Entry]
    datasets: dict[str, Entry]

    def of_kind(self, *kinds: Kind) -> list[Entry]:
        """Return the configurations of some kinds."""
        return [found.entry for found in self.files.found if found.kind in kinds and found.entry is not None]

    def listing(self, dataset_id: str) -> list[tuple[Entry, Entry]]:
        """Return the projects that list a dataset, each with its entry."""
        return [
            (project, entry)
            for project in self.projects.values()
            for entry in listed(project)
            if id_of(entry, "dataset_id") == dataset_id
        ]

    def beside(self, configuration: Entry) -> Entry | None:
        """Return the mapping file beside a dataset's configuration: the usual name, or else the only one there."""
        files = [entry for entry in self.of_kind("mappings") if entry.file.parent == configuration.file.parent]
        usual = [entry for entry in files if entry.file.stem == _USUAL["mappings"]]
        return next(iter(usual), files[0] if len(files) == 1 else None)


def read_repository(root: Path, files: Files, outcomes: Outcomes, registered: Iterable[Path] = ()) -> Repository:
    """Choose the configurations that count, and say of every other one why it does not.

    Of several with one id the one counts that a registration file names; else the one with the usual name
    (``project.json5``, ``dataset.json5``); else the one that is least deep in the folders; else the first by its path.
    """
    named = frozenset(registered)
    return Repository(
        root,
        files,
        _chosen("project", "project_id", files, named, outcomes),
        _chosen("dataset", "dataset_id", files, named, outcomes),
    )


def listed(project: Entry) -> list[Entry]:
    """Return a project's entries for datasets, as far as they are such."""
    datasets = project.value.get("datasets") if isinstance(project.value, dict) else None
    if not isinstance(datasets, list):
        return []
    entries = [project["datasets"][number] for number in range(len(datasets))]
    return [entry for entry in entries if isinstance(entry.value, dict)]


def id_of(entry: Entry, key: str) -> str:
    """Return an id as text; an empty one where there is none."""
    value = entry.value.get(key) if isinstance(entry.value, dict) else None
    return value.strip() if isinstance(value, str) else ""


def _chosen(kind: Kind, key: str, files: Files, named: frozenset[Path], outcomes: Outcomes) -> dict[str, Entry]:
    by_id: dict[str, list[Entry]] = defaultdict(list)
    for found in files.found:
        if found.kind == kind and found.entry is not None:
            by_id[id_of(found.entry, key)].append(found.entry)
    chosen: dict[str, Entry] = {}
    for id_, entries in by_id.items():
        if not id_:  # the translator says what is wrong with it
            chosen.update({str(entry.file): entry for entry in entries})
            continue
        first, *others = sorted(entries, key=lambda entry: _rank(entry, kind, named))
        chosen[id_] = first
        for other in others:
            _leave(kind, key, first, other, named, outcomes)
    return chosen


def _rank(entry: Entry, kind: Kind, named: frozenset[Path]) -> tuple[bool, bool, int, str]:
    return entry.file not in named, entry.file.stem != _USUAL[kind], len(entry.file.parts), str(entry.file)


def _leave(kind: Kind, key: str, first: Entry, other: Entry, named: frozenset[Path], outcomes: Outcomes) -> None:
    if json.dumps(first.value, sort_keys=True) == json.dumps(other.value, sort_keys=True):
        outcomes.settle(other.file, "left out", f"says the same as {first.file}")
        return
    rules: Sequence[str] = (
        "a registration file names it",
        f"it is called {_USUAL[kind]}",
        "it lies less deep",
        "it comes first",
    )
    ranks = zip(_rank(first, kind, named), _rank(other, kind, named), rules, strict=True)
    reason = next(rule for mine, theirs, rule in ranks if mine != theirs)
    message = f'there are two configurations of the {kind} "{id_of(first, key)}"; {first.file} is taken, since {reason}'
    outcomes.say("decide", other.get(key) or other, message)
    outcomes.settle(other.file, "left out", f"another configuration of the same {kind} is taken: {first.file}")


def unreadable(files: Files, outcomes: Outcomes) -> None:
    """Say what could not be read, and what nobody knows."""
    for found in files.found:
        if found.problem is not None:
            outcomes.refuse(found.path, found.problem)
        elif found.kind == "unknown" and found.entry is not None:
            _leave_unknown(found, outcomes)
        elif found.entry is not None:
            _tell_twins(found.entry, outcomes)


def _tell_twins(document: Entry, outcomes: Outcomes) -> None:
    """Say which keys are written twice; of their values the last one counts, as it does for readers of JSON."""
    for path in document.source.twins() if document.source is not None else ():
        place = Entry(None, document.file, path, document.source)
        outcomes.say("decide", place, f'the key "{path[-1]}" is written more than once here; the last one counts')


def _leave_unknown(found: Found, outcomes: Outcomes) -> None:
    assert found.entry is not None
    own = next((what for key, what in WRITTEN_BY_ITSELF.items() if key in found.entry.value), None)
    keys = ", ".join(list(found.entry.value)[:4])
    why = f"{own}: nothing is made of it" if own else f"no command reads a file with the keys {keys or '(none)'}"
    outcomes.settle(found.path, "left out", why)
    if not own:
        outcomes.say("dropped", found.entry, why)
