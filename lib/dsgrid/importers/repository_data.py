"""Where the data of a repository lie: beside its configurations, or in folders that are named."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, Final

from dsgrid.importers.document import Entry
from dsgrid.importers.outcomes import remark
from dsgrid.importers.repository import id_of
from dsgrid.importers.translation import Remark, Target
from dsgrid.spec.fence import may_read

FILES: Final = ("data_file", "lookup_data_file")
ASSOCIATIONS: Final = ("missing_associations", "expected_associations")
_KEYS: Final = {"missing_associations": "missing", "expected_associations": "expected"}
_SUFFIXES: Final = (".parquet", ".csv", ".json")


@dataclass(frozen=True)
class DataPlaces:
    """The folders that a user names for data files, and for tables of missing combinations."""

    data: Path | None = None
    missing: Path | None = None


@dataclass(frozen=True)
class Placed:
    """A dataset's configuration whose paths lead to its files.

    Parameters
    ----------
    document
        The configuration, with absolute paths where a file was found elsewhere.
    folder
        Where relative paths of data files start; None for the configuration's own folder.
    absent
        Files that are nowhere, by their key in the spec, with the paths at which they are expected.
    """

    document: Entry
    folder: Path | None = None
    remarks: tuple[Remark, ...] = ()
    absent: tuple[tuple[str, str], ...] = ()


def place_data(document: Entry, places: DataPlaces) -> Placed:
    """Find the files of a dataset.

    A path in a configuration starts at the configuration's folder, or at the one that is named for all data. In the
    latter data often lie by dataset, or in the last folders of the path: those are looked into, and it is said.
    """
    id_ = id_of(document, "dataset_id")
    layout = document.value.get("data_layout")
    if not isinstance(layout, dict):
        return Placed(document, _legacy_folder(places, id_))
    value = copy.deepcopy(document.value)
    remarks: list[Remark] = []
    absent: list[tuple[str, str]] = []
    for key in FILES:
        table = layout.get(key)
        if not isinstance(table, dict) or not _is_path(table.get("path")):
            continue
        target = ("data", "table" if key == FILES[0] else "lookup")
        found, said = _found(document["data_layout"][key]["path"], places.data, id_, target)
        remarks += said
        if found is not None:
            value["data_layout"][key]["path"] = str(found)
    for key in ASSOCIATIONS:
        paths = layout.get(key)
        if not isinstance(paths, list) or not all(_is_path(path) for path in paths):
            continue
        kept = []
        for entry in document["data_layout"][key]:
            found, said = _found(entry, places.missing or places.data, id_, ("data", _KEYS[key]))
            there = found if found is not None else entry.resolve(places.missing)
            if _exists(there):
                remarks += said
                kept.append(str(there))
            else:
                absent.append((_KEYS[key], str(there)))
                message = "this file is not there: without it every combination is expected to be in the data"
                remarks.append(remark("decide", entry, message, "data", _KEYS[key]))
        value["data_layout"][key] = kept
    return Placed(replace(document, value=value), None, tuple(remarks), tuple(absent))


def absent_tables(spec: dict[str, Any], document: Entry, places: DataPlaces) -> tuple[Remark, ...]:
    """Return a remark on each data file of a translated dataset that does not exist."""
    data = spec.get("data", {})
    layout = document.value.get("data_layout")
    keys = dict(zip(("table", "lookup"), FILES, strict=True))
    remarks = []
    for key, theirs in keys.items():
        path = data.get(key)
        if path is None or _is_table(Path(path)):
            continue
        place = document
        if isinstance(layout, dict) and isinstance(layout.get(theirs), dict):
            place = document["data_layout"][theirs].get("path") or document
        near = None if places.data else _near(document, Path(path).name)
        hint = f"a file of its name is in {near.parent.parent}, which --data could name" if near else "where is it?"
        remarks.append(remark("decide", place, f"this data file is not there: {hint}", "data", key))
    return tuple(remarks)


def _found(entry: Entry, folder: Path | None, id_: str, target: Target) -> tuple[Path | None, tuple[Remark, ...]]:
    """Return a file in the named folder, and a remark where it does not lie as its path says."""
    if folder is None:
        return None, ()
    literal = entry.resolve(folder)
    candidates = list(_candidates(entry.text_value, folder, id_))
    if PurePosixPath(entry.text_value).name != entry.text_value and _exists(literal):
        return literal, ()
    found = next((path for path in candidates if _exists(path)), None)
    if found is None:
        own = entry.resolve()
        return (own if _exists(own) else literal if _exists(literal) else candidates[0]), ()
    if found == literal:
        return found, ()
    return found, (remark("changed", entry, f"it is read from {found}", *target),)


def _candidates(written: str, folder: Path, id_: str) -> Iterator[Path]:
    """Yield the places of a file in a folder of data: by dataset, then by the last folders of its path."""
    parts = [part for part in PurePosixPath(written).parts if part not in ("..", ".", "/")]
    name = PurePosixPath(parts[-1] if parts else written)
    others = [name.with_suffix(suffix).name for suffix in _SUFFIXES if name.suffix and suffix != name.suffix]
    names = [name.name, *others]
    if id_:
        yield from (folder / id_ / each for each in names)
    for start in range(len(parts) - 1):
        yield from (folder.joinpath(*parts[start:-1]) / each for each in names)
    if not id_ or len(parts) > 1:
        yield folder / name


def _legacy_folder(places: DataPlaces, id_: str) -> Path | None:
    """Return the folder of a dataset whose files have fixed names."""
    if places.data is None:
        return None
    own = places.data / id_
    return own if id_ and own.is_dir() else places.data


def _near(document: Entry, name: str) -> Path | None:
    """Return a file that looks like the data of a dataset, in a folder `data` above its configuration."""
    id_ = id_of(document, "dataset_id")
    found = (parent / "data" / id_ / name for parent in list(document.file.parents)[:8]) if id_ else ()
    return next((path for path in found if may_read(path) and _exists(path)), None)


def _is_path(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip()) and "\0" not in value


def _is_table(path: Path) -> bool:
    """Return whether a table may be there: a file, or a folder of Parquet files; no pipe, and no device."""
    return _exists(path) and (path.is_file() or (path.is_dir() and path.suffix == ".parquet"))


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name that is too long, or a folder that must not be read
        return False
