"""Files that change a project or a dimension later: here its spec is edited, so they become a part of it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from dsgrid.errors import did_you_mean
from dsgrid.importers.dimensions import name_of
from dsgrid.importers.document import Entry
from dsgrid.importers.translation import Remark, Remarks, gathering

_SUBSETS, _SUPPLEMENTALS = "subset_dimensions", "supplemental_dimensions"
_DATASETS, _REQUIREMENTS = "datasets", "dataset_dimension_requirements"
# Keys of such files, and what they do.
UPDATES: Final = {
    _SUBSETS: "adds subset dimensions",
    _SUPPLEMENTALS: "adds supplemental dimensions",
    _DATASETS: "adds datasets and what they have to cover",
    _REQUIREMENTS: "replaces what datasets have to cover",
}


def updates_of(document: Entry) -> tuple[str, ...]:
    """Return the keys by which a file changes a project; nothing when it is no such file.

    Bulk registration files list datasets, too, and projects have an id.
    """
    if (
        not isinstance(document.value, dict)
        or "project_id" in document.value
        or "dataset_submissions" in document.value
    ):
        return ()
    found = [key for key in UPDATES if isinstance(document.value.get(key), list)]
    if _DATASETS in found and any(_is_bulk(entry) for entry in document[_DATASETS]):
        found.remove(_DATASETS)
    return tuple(found)


def _is_bulk(entry: Entry) -> bool:
    return not isinstance(entry.value, dict) or "config_file" in entry.value or "dimensions" in entry.value


@gathering
def merged(remarks: Remarks, project: Entry, update: Entry) -> tuple[Entry, tuple[Remark, ...]]:
    """Return a project's configuration with what a file adds to it, or replaces in it, and remarks on that.

    What is added keeps its own file and line. What the project has already stays as it is, and is remarked on: many
    keep their configuration up to date besides. Paths of tables start at the folder of the file, or where they are not
    there (dsgrid-toolkit takes them from wherever it is run) at the project's.

    Raises
    ------
    SpecError
        If the file is not of that form.
    """
    remarks.unknown(update, UPDATES)
    value = {**project.value, "dimensions": dict(project["dimensions"].value)}
    grafts = dict(project.grafts)
    for key in updates_of(update):
        place = ("dimensions", key) if key in (_SUBSETS, _SUPPLEMENTALS) else (_DATASETS,)
        owner = value["dimensions"] if len(place) == 2 else value
        items = list(owner.get(place[-1]) or [])
        current = project["dimensions"] if len(place) == 2 else project
        taken = [_key(entry, key) for entry in current.entries(place[-1])]
        for entry in update[key]:
            name = _key(entry, key)
            if key == _REQUIREMENTS:
                _replace(entry, name, taken, items, grafts, remarks)
            elif name in taken:
                remarks.say("decide", entry, f'{project.file.name} has "{name}" already, which counts; is it the same?')
            else:
                grafts[(*place, len(items))] = _with_paths(entry, project.file.parent)
                remarks.say(
                    "changed", entry, f"this is part of the project's spec here ({UPDATES[key]})", *_target(key, name)
                )
                items.append(entry.value)
                taken.append(name)
        owner[place[-1]] = items
    return Entry(value, project.file, project.path, project.source, grafts), tuple(remarks.remarks)


def _key(entry: Entry, key: str) -> str:
    return name_of(entry) if key in (_SUBSETS, _SUPPLEMENTALS) else entry["dataset_id"].text_value


def _target(key: str, name: str) -> tuple[str, str]:
    return ({_SUBSETS: "subset", _SUPPLEMENTALS: "supplemental"}.get(key, "requires"), name)


def _replace(
    entry: Entry,
    name: str,
    taken: list[str],
    items: list[object],
    grafts: dict[tuple[str | int, ...], Entry],
    remarks: Remarks,
) -> None:
    """Put another requirement in the place of the project's own."""
    if name not in taken:
        raise entry["dataset_id"].error(f'the project lists no dataset "{name}"{did_you_mean(name, taken)}')
    position = taken.index(name)
    required = entry["required_dimensions"]
    remarks.say("changed", entry, f'this replaces what "{name}" has to cover', "requires", name)
    items[position] = {**dict(items[position]), "required_dimensions": required.value}  # type: ignore[call-overload]
    grafts[(_DATASETS, position, "required_dimensions")] = required


def _with_paths(entry: Entry, folder: Path) -> Entry:
    """Return an entry whose tables are where they are: beside its file, or in a folder above."""
    if not isinstance(entry.value, dict):
        return entry
    value, grafts = dict(entry.value), dict(entry.grafts)
    file = entry.get("file", "filename")
    if file is not None:
        key = str(file.path[-1])
        value[key] = str(_found(file, folder))
    mapping = entry.get("mapping")
    if mapping is not None:
        value["mapping"] = _with_paths(mapping, folder).value
    return Entry(value, entry.file, entry.path, entry.source, grafts)


def _found(file: Entry, folder: Path) -> Path:
    own = file.file.parent
    candidates = [file.resolve(each) for each in (own, folder, *own.parents)]
    return next((path for path in candidates if path.is_file()), candidates[0])


def time_update(document: Entry) -> tuple[Remark, ...]:
    """Return what is to be said of a file with a new version of a time dimension.

    Which dataset has the dimension, and whether the update was ever made, only the registry of then knows.
    """
    remarks = Remarks()
    said = ", ".join(f"{key} = {value.plain}" for key, value in _spans(document))
    message = (
        f'a new version of the time dimension "{document.text("name")}" ({said}). '
        "Was it registered? If so, say it in [time] of the dataset that uses it"
    )
    remarks.say("decide", document, message)
    return tuple(remarks.remarks)


def _spans(document: Entry) -> list[tuple[str, Entry]]:
    found = [(key, entry) for key in ("timezone", "frequency", "time_interval_type") if (entry := document.get(key))]
    for one in document.entries("ranges"):
        found += [(key, entry) for key in ("start", "end") if (entry := one.get(key))]
    if document.get("ranges_timezone") is not None:
        found.append(("ranges_timezone", document["ranges_timezone"]))
    return found
