"""Published results in the cache: whole folders of runs.

A run is kept as links to its files where the filesystem has them, which costs nothing, and given back as copies. So a
result shares its files with an entry of the cache at most, and never with another result: who edits a file in place
changes that result alone, and the entry, which is compared with its manifest, counts as none from then on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from dsgrid.errors import DsgridError, UsageError
from dsgrid.query.cache.entries import RESULTS, Cache
from dsgrid.registry import disk
from dsgrid.registry.publish import MANIFEST, current_run, read_manifest, verify_files
from dsgrid.storage.location import Location, files_below, relative_name

RUN: Final = "run"
KEY: Final = "cache_key"


def current_with_key(folder: Location, name: str, key: str) -> Location | None:
    """Return the current run of a query, where it is the answer with a key and all of its files are what they were.

    In an object store their sizes are compared, and not their contents, which would have to travel here.
    """
    try:
        run = current_run(folder, name)
        manifest = read_manifest(run)
        if manifest.extra.get(KEY) != key or verify_files(run, manifest.files, isinstance(run, Path)):
            return None
        for other in manifest.extra.get("results", ()):
            further = read_manifest(run / str(other))
            if verify_files(run / str(other), further.files, isinstance(run, Path)):
                return None
    except (OSError, DsgridError):
        return None
    return run


def keep_run(cache: Cache, key: str, run: Location, about: Mapping[str, Any]) -> bool:
    """Keep all files of a published run; say whether that was done. Runs on object stores are not kept."""
    if not isinstance(run, Path) or sum(size for _, size, _ in files_below(run)) > cache.largest:
        return False
    return cache.keep(RESULTS, key, lambda folder: _link_all(run, folder / RUN), about)


def kept_run(cache: Cache, key: str, target: Location, extra: Mapping[str, Any]) -> dict[str, Any] | None:
    """Put the files of a kept run into an empty folder; return its manifest, which is still to be written there.

    Parameters
    ----------
    extra
        What the manifest of the new run says in the place of what the old one did.
    """
    with cache.found(RESULTS, key) as found:
        if found is None:
            return None
        folder, _ = found
        try:
            document: dict[str, Any] = json.loads((folder / RUN / MANIFEST).read_bytes())
            _copy_all(folder / RUN, target, without=MANIFEST)
        except (OSError, ValueError):
            # Somebody empties the cache: what is in the folder by now is removed with it.
            return None
    return {**document, **extra}


def _link_all(source: Location, target: Location) -> None:
    for path, place in _placed(source, target):
        try:
            disk.link_file(path, place)
        except (OSError, UsageError):
            # Another filesystem, one without links, or an object store.
            disk.copy_file(path, place)


def _copy_all(source: Location, target: Location, without: str) -> None:
    folders = set()
    for path, place in _placed(source, target, without):
        disk.copy_file(path, place)
        disk.sync(place)
        folders.add(place.parent)
    for folder in folders:
        disk.sync(folder)


def _placed(source: Location, target: Location, without: str = "") -> Iterator[tuple[Location, Location]]:
    for path, _, _ in files_below(source):
        name = relative_name(path, source)
        if name != without:
            place = target / name
            place.parent.mkdir(parents=True, exist_ok=True)
            yield path, place
