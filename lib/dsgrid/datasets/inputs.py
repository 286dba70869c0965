"""What a dataset is read from: its files with their checksums, and the keys of the spec that say how to read them.

By these a later spec of the same dataset tells whether its data are other ones. Files are compared by what they hold:
other names, or another folder, make no other data, unless the names of folders hold a column.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from dsgrid.datasets.files import find
from dsgrid.datasets.parallel import in_threads, over_files
from dsgrid.dimensions.changes import Change
from dsgrid.registry.model import DataFile, DataInput
from dsgrid.registry.publish import file_sha256
from dsgrid.spec.schemas.dataset import REGISTER_DATASET
from dsgrid.storage.location import Location
from dsgrid.time.dimension import DatetimeTime, Span

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from dsgrid.spec.node import Node
    from dsgrid.time.dimension import TimeDimension

SETTINGS = "settings"
_SHOWN = 12  # of a checksum
_FILES = ("table", "lookup", "missing", "expected")
# What is done with rows that break a check says nothing of how files are read.
_ELSEWHERE = ("broken_rows",)
_DEFAULTS = {
    key: schema["default"]
    for key, schema in REGISTER_DATASET["properties"]["data"]["properties"].items()
    if "default" in schema
}
# Checksums of this process's files by place, size and times: planning and then registering reads each file once.
_known: dict[tuple[Any, ...], str] = {}


@dataclass(frozen=True)
class InputFile:
    """A file to read, still without its checksum."""

    role: str
    name: str
    place: Location
    bytes: int


def find_inputs(data: Node) -> tuple[InputFile, ...]:
    """Return the files that a ``[data]`` table names, in the order of roles and names."""
    found = []
    for role, node in ((role, data.get(role)) for role in _FILES):
        if node is None:
            continue
        places = [item.file() for item in node] if isinstance(node.value, list) else [node.file()]
        found += [
            InputFile(role, files.label(path), path, path.stat().st_size)
            for files in map(find, places)
            for path in files.paths
        ]
    return tuple(found)


def reading_settings(data: Node, time: TimeDimension) -> DataInput:
    """Return the checksum of what says how the files are read: keys of ``[data]``, and the time in the files."""
    said = {key: value for key, value in data.value.items() if key not in (*_FILES, *_ELSEWHERE)}
    keys = {key: value for key, value in said.items() if _DEFAULTS.get(key) != value}
    text = json.dumps([keys, time.kind, _told(time)], sort_keys=True)
    return DataInput(SETTINGS, "", len(text.encode()), hashlib.sha256(text.encode()).hexdigest())


def _told(time: TimeDimension) -> str:
    """Return a text that differs where a time is read differently, and that later versions of dsgrid write alike."""
    plain = replace(time, name="", description="", id="", version="")
    if isinstance(plain, DatetimeTime):
        spans, columns = (Span(plain.start, plain.end),), (("label", dict(plain.columns).get("label", "")),)
        period = (plain.step, plain.zone, plain.interval, plain.measurement)
        if plain == DatetimeTime("", spans, *period, columns=columns, labels=plain.labels):
            # As it was when there was nothing else: what was read then is not read again.
            names = ("step", "zone", "interval", "measurement")
            said = ", ".join(f"{name}={value!r}" for name, value in zip(names, period, strict=True))
            return (
                f"DatetimeTime(name='', start={plain.start!r}, end={plain.end!r}, {said}, description='', "
                f"column={columns[0][1]!r}, labels={plain.labels!r}, id='', version='')"
            )
    return ", ".join(
        f"{each.name}={getattr(plain, each.name)!r}"
        for each in fields(plain)
        if getattr(plain, each.name) != each.default
    )


def checksummed(files: Sequence[InputFile], session: SparkSession | None = None) -> tuple[DataInput, ...]:
    """Return the files with their checksums; each is read once in a process, on the executors where they can."""
    marks = [_mark(file) for file in files]
    waiting = {mark: file.place for mark, file in zip(marks, files, strict=True) if mark not in _known}
    if waiting:
        places = list(waiting.values())
        found = in_threads(file_digest, places) if session is None else over_files(session, file_digest, places)
        _known.update(zip(waiting, (each["sha256"] for each in found), strict=True))
    return tuple(
        DataInput(file.role, file.name, file.bytes, _known[mark]) for mark, file in zip(marks, files, strict=True)
    )


def file_digest(place: Location) -> dict[str, Any]:
    """Return the checksum of a file, in a form that travels between machines."""
    return {"sha256": file_sha256(place)}


def are_published(files: Sequence[InputFile], published: Sequence[DataFile]) -> bool:
    """Say whether the files hold what a registry stored of a dataset: a dump names them, or has copies of them."""
    roles = {"facts": "table", "lookup": "lookup", "missing": "missing", "expected": "expected"}
    stored = sorted((roles[each.role], each.bytes, each.sha256) for each in published if each.role in roles)
    if not stored or sorted((each.role, each.bytes) for each in files) != [each[:2] for each in stored]:
        return False
    return sorted((each.role, each.bytes, each.sha256) for each in checksummed(files)) == stored


def compare_inputs(
    old: Sequence[DataInput], files: Sequence[InputFile], settings: DataInput
) -> tuple[tuple[Change, ...], tuple[DataInput, ...]]:
    """Return what of the inputs differs from those of a registered version, and the inputs as far as they were read.

    Sizes are compared first: no file is read when one of them says enough.

    Parameters
    ----------
    old
        Of the registered version; empty when they were not kept.
    """
    if not old:
        change = Change("changed", "input files", "data", "", "major", "not kept", _shown(files))
        return (change,), ()
    kept = [each for each in old if each.role != SETTINGS]
    same_sizes = sorted((each.role, each.bytes) for each in kept) == sorted((each.role, each.bytes) for each in files)
    inputs = (*checksummed(files), settings) if same_sizes else ()
    changes: list[Change] = []
    read: Sequence[DataInput | InputFile] = inputs[:-1] if same_sizes else files
    if not same_sizes or _contents(kept) != _contents(inputs[:-1]):
        changes += list(_file_changes(_by_name(kept), _by_name(read)))
        if not changes:  # two of one name
            changes.append(Change("changed", "input files", "data", "", "major", _names(kept), _shown(files)))
    if settings.sha256 not in {each.sha256 for each in old if each.role == SETTINGS}:
        was = "".join(each.sha256 for each in old if each.role == SETTINGS)
        keys = "keys of [data] and [time]"
        changes.append(Change("changed", "reading", "data", keys, "major", was[:_SHOWN], settings.sha256[:_SHOWN]))
    return tuple(changes), inputs


def _contents(inputs: Sequence[DataInput]) -> list[tuple[str, str, str]]:
    return sorted((each.role, each.path.rpartition("/")[0], each.sha256) for each in inputs)


def _names(inputs: Sequence[DataInput]) -> list[str]:
    return [each.path for each in inputs]


def _file_changes(
    old: dict[tuple[str, str], tuple[int, str]], new: dict[tuple[str, str], tuple[int, str]]
) -> Iterable[Change]:
    for key in dict.fromkeys((*old, *new)):
        was, now = old.get(key), new.get(key)
        if was is None or now is None or was[0] != now[0] or (was[1] and now[1] and was[1] != now[1]):
            action = "added" if was is None else "removed" if now is None else "changed"
            yield Change(action, "input file", f"data.{key[0]}", key[1], "major", _said(was), _said(now))


def _by_name(inputs: Sequence[DataInput | InputFile]) -> dict[tuple[str, str], tuple[int, str]]:
    found = {}
    for each in inputs:
        name, sha256 = (each.path, each.sha256) if isinstance(each, DataInput) else (each.name, "")
        found[(each.role, name)] = (each.bytes, sha256)
    return found


def _said(file: tuple[int, str] | None) -> dict[str, Any] | None:
    if file is None:
        return None
    return {"bytes": file[0], **({"sha256": file[1][:_SHOWN]} if file[1] else {})}


def _shown(files: Sequence[InputFile]) -> list[str]:
    return [file.name for file in files]


def _mark(file: InputFile) -> tuple[Any, ...]:
    found = file.place.stat()
    return (
        str(file.place),
        *(getattr(found, name, None) for name in ("st_size", "st_mtime_ns", "st_ctime_ns", "st_ino")),
    )
