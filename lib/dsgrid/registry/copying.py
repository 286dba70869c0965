"""A copy of a registry, or of a part of it, while others write to it.

The database is copied first, at one moment. The data folders that this copy refers to never change; they follow, each
file compared with its checksum. The database gets its name last: an interrupted copy is no registry, and copying again
takes over what is there already.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dsgrid.errors import RegistryError
from dsgrid.registry import disk
from dsgrid.registry.data_check import Published, is_registered, published
from dsgrid.registry.data_root import DATA, data_root, prepare_data_root, write_data_root
from dsgrid.registry.database import Database
from dsgrid.registry.home import DATABASE
from dsgrid.registry.model import DataFile
from dsgrid.registry.pruning import prune
from dsgrid.registry.publish import MANIFEST, file_sha256, read_manifest, seal
from dsgrid.registry.registry import Registry
from dsgrid.storage.location import Location

MARKER: Final = ".copying.json"
UNFINISHED: Final = f".{DATABASE}-"
ATTEMPTS: Final = 5

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Copied:
    """A registry that is a copy of another one.

    Parameters
    ----------
    folder, source
        The copy, and what it is a copy of.
    files, bytes
        How much was copied or linked.
    reused
        How many files an interrupted attempt had copied.
    """

    folder: Path
    source: Path
    files: int = 0
    bytes: int = 0
    reused: int = 0


class _GoneError(Exception):
    """The registry has lost the dataset that is being copied."""


def copy(
    source: Path,
    target: Path,
    *,
    projects: Collection[str] = (),
    datasets: Collection[str] = (),
    link: bool = False,
    data: str = "",
    progress: Progress = lambda _: None,
) -> Copied:
    """Copy a registry, or the chosen projects and datasets with what they need.

    Parameters
    ----------
    source, target
        Folders. The target is absent or empty, or holds an interrupted copy of the same registry.
    link
        Give the files a second name instead of copying them.
    data
        Where the data of the copy go, if not to ``data/`` in its folder; see `Registry.create`.

    Raises
    ------
    NotFoundError
        If there is no such project or dataset.
    RegistryError
        If the target holds something else, a file of the source is damaged, or cannot be linked.
    """
    target = Path(os.path.abspath(target))
    with Registry.open(source) as registry:
        source = registry.folder
    root = data_root(target, data)
    is_complete = _begin(source, target, root)
    done = Copied(target, source)
    for _ in range(ATTEMPTS):
        if is_complete:
            break
        try:
            done = _attempt(done, root, data, projects, datasets, link, progress)
            break
        except _GoneError:
            progress("a dataset was removed meanwhile; starting again from the registry as it is now")
    else:
        raise RegistryError(f"datasets were removed from {source} faster than it could be copied; copy it again later")
    # The copy is complete by now; should the note that it is not come back after a crash, it does no harm.
    disk.remove_file(target / MARKER)
    return done


def _begin(source: Path, target: Path, root: Location) -> bool:
    """Make the target ready; tell whether everything is there already and only the marker is left over."""
    if target.exists() and not target.is_dir():
        raise RegistryError(f"{target} is a file; a registry is a folder")
    if _is_inside(target, source) or _is_inside(source, target):
        raise RegistryError(f"{target} and {source} are inside of each other; a copy goes to a folder of its own")
    document = json.dumps({"copy_of": str(source.resolve()), "data": str(root)}).encode()
    present = {path.name for path in target.iterdir()} if target.exists() else set()
    is_ours = MARKER in present and _is_marked(target, document, present)
    if MARKER not in present and present:
        what = "is a registry already" if DATABASE in present else f"is not empty ({min(present)})"
        raise RegistryError(f"{target} {what}; a copy goes to a folder that is absent or empty")
    if DATABASE in present:
        return True
    if not target.exists():
        disk.make_folder(target)
        disk.sync(target.parent)
    if not is_ours:
        if root != target / DATA:
            prepare_data_root(root)
        disk.write_file(target / MARKER, document)
        disk.sync(target / MARKER)
        disk.sync(target)
    for name in present:
        if name.startswith(UNFINISHED):
            disk.remove_file(target / name)
    return False


def _is_inside(inner: Path, outer: Path) -> bool:
    return inner.resolve() == outer.resolve() or outer.resolve() in inner.resolve().parents


def _is_marked(target: Path, document: bytes, present: Collection[str]) -> bool:
    """Tell whether the marker is that of this copy, or (when nothing else is there) was cut short; refuse any other."""
    found = (target / MARKER).read_bytes()
    if found == document:
        return True
    if set(present) == {MARKER} and document.startswith(found):
        return False
    try:
        other = json.loads(found)
        what = f"an interrupted copy of {other['copy_of']} with its data in {other['data']}"
    except (ValueError, KeyError, TypeError):
        what = f"a damaged {MARKER}"
    raise RegistryError(f"{target} holds {what}; finish that, remove the folder, or choose another one")


def _attempt(
    done: Copied,
    root: Location,
    data: str,
    projects: Collection[str],
    datasets: Collection[str],
    link: bool,
    progress: Progress,
) -> Copied:
    """Copy the registry as it is now."""
    unfinished = done.folder / f"{UNFINISHED}{secrets.token_hex(4)}"
    try:
        progress("copying the database")
        with Registry.open(done.source) as registry:
            registry.database.copy_to(unfinished)
            source = registry.data
        folders = _cut(unfinished, data, projects, datasets, str(done.source))
        _remove_others(root, folders)
        if not isinstance(root, Path) or not root.exists():
            disk.make_folder(root)
        counts = [0, 0, 0]
        for number, one in enumerate(folders, 1):
            progress(f"{'linking' if link else 'copying'} {one.folder} ({number} of {len(folders)})")
            try:
                copy_folder(source / one.folder, root / one.folder, one, link, counts)
            except FileNotFoundError as error:
                _explain(done.source, source, one, error)
        progress("publishing")
        disk.sync(unfinished)
        disk.swap_file(done.folder / DATABASE, unfinished)
    except BaseException:
        disk.remove_file(unfinished)
        raise
    disk.sync(done.folder)
    return Copied(done.folder, done.source, *counts)


def _cut(
    file: Path, data: str, projects: Collection[str], datasets: Collection[str], source: str
) -> tuple[Published, ...]:
    """Leave in the copied database what was asked for; return the data folders that it refers to."""
    database = Database(file, write=True)
    try:
        if projects or datasets:
            prune(database, projects, datasets, source)
        with database.atomic():
            write_data_root(database, data)
        return published(database)
    finally:
        database.close()


def _explain(source: Path, data: Location, one: Published, error: FileNotFoundError) -> None:
    """Say why something of the source is missing: removed by somebody, which is right, or lost."""
    with Registry.open(source) as now:
        if not is_registered(now.database, one.folder):
            raise _GoneError from None
    raise RegistryError(
        f"{error.filename or data / one.folder} is missing; check_registry lists everything that is"
    ) from None


def _remove_others(root: Location, folders: Collection[Published]) -> None:
    """Remove what an earlier attempt has copied and the registry does not refer to any more."""
    wanted = {one.folder for one in folders}
    if not root.exists():
        return
    datasets: list[Location] = list(root.iterdir())
    for dataset in datasets:
        folders_of: list[Location] = list(dataset.iterdir()) if dataset.is_dir() else []
        for folder in folders_of:
            if f"{dataset.name}/{folder.name}" not in wanted:
                disk.remove_folder(folder)


def copy_folder(source: Location, target: Location, one: Published, link: bool, counts: list[int]) -> None:
    """Copy or link the data folder of a dataset, and compare every file with its checksum, or its size.

    Parameters
    ----------
    source, target
        The folder, and its copy, which may be there in part.
    one
        What the database says of it.
    link
        Give the files a second name instead of copying them.
    counts
        To be counted up: files that were copied or linked, their bytes, files that were there already.
    """
    manifest = (source / MANIFEST).read_bytes()
    if {hashlib.sha256(manifest).hexdigest()} != set(one.manifest_sha256.values()):
        raise _damage(source / MANIFEST, "it is not the one that was registered")
    files = read_manifest(source).files
    for folder in dict.fromkeys((target / file.path).parent for file in files):
        _make(folder)
    _make(target)
    for file in files:
        if _is_complete(source / file.path, target / file.path, file, link):
            counts[2] += 1
            continue
        disk.remove_file(target / file.path)
        if link:
            _link(source / file.path, target / file.path, file)
        else:
            _copy(source / file.path, target / file.path, file)
        counts[0] += 1
        counts[1] += file.bytes
    seal(target, files, manifest)


def _make(folder: Location) -> None:
    if isinstance(folder, Path) and not folder.exists():
        disk.make_folder(folder)


def _is_complete(source: Location, target: Location, file: DataFile, link: bool) -> bool:
    if not target.is_file() or target.stat().st_size != file.bytes:
        return False
    if link and isinstance(source, Path) and isinstance(target, Path):
        return target.samefile(source)
    return file_sha256(target) == file.sha256


def _copy(source: Location, target: Location, file: DataFile) -> None:
    if disk.copy_hashed(source, target) != file.sha256:
        disk.remove_file(target)
        raise _damage(source, "its checksum is not that of the manifest")


def _link(source: Location, target: Location, file: DataFile) -> None:
    if source.stat().st_size != file.bytes:
        raise _damage(source, f"it has {source.stat().st_size} bytes instead of {file.bytes}")
    try:
        disk.link_file(source, target)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise RegistryError(
            f'{source} cannot be linked to {target} ({error.strerror}); copy the data instead (data = "copy")'
        ) from error


def _damage(path: Location, what: str) -> RegistryError:
    return RegistryError(f"{path} is damaged: {what}; nothing was published, and check_registry --checksums lists all")
