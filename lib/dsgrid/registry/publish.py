"""Publishing data: write where nobody looks, make it safe, then say that it is there.

A dataset goes to ``data/<dataset_id>/<version>-<random>/``, its manifest is written last, and the registry's
transaction makes it visible. A query's result goes to a run folder of its own, and a small pointer is swapped. A crash
at any point leaves the old state or the new one, plus folders that `find_garbage` finds. Readers follow the registry to
a manifest and the manifest to files; they never list folders.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import secrets
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Final

from dsgrid.errors import DsgridError, NotFoundError, Problem, RegistryError
from dsgrid.registry import disk
from dsgrid.registry.model import DataFile
from dsgrid.storage.failures import is_of_a_store
from dsgrid.storage.location import Location, files_below, relative_name

if TYPE_CHECKING:
    from dsgrid.registry.registry import Registry

MANIFEST: Final = "manifest.json"
POINTER: Final = "current.json"
FORMAT: Final = 1
BLOCK: Final = 1 << 20
FEW: Final = 4  # files of an object store, above which one list of all takes less time than asking for each


@dataclass(frozen=True)
class Manifest:
    """What a published folder holds.

    Parameters
    ----------
    files
        Every file with its size, rows and checksum.
    extra
        Schema, spec hash, engine, tzdata version, sums and whatever else the job had to say.
    """

    files: tuple[DataFile, ...]
    extra: dict[str, Any] = field(default_factory=dict)

    def of_role(self, role: str) -> tuple[DataFile, ...]:
        """Return the files of one role, such as ``facts``."""
        return tuple(file for file in self.files if file.role == role)


def new_folder(registry: Registry, dataset_id: str, version: str) -> Location:
    """Make the folder for a version of a dataset; nobody reads it before the registry says so."""
    folder = registry.data / dataset_id / f"{version}-{secrets.token_hex(4)}"
    disk.make_folder(folder)
    return folder


def discard(folder: Location) -> None:
    """Remove the folder of a job that failed, as far as that is possible: what stays is garbage, and no harm.

    Where the job failed because an object store did not answer, it is not asked again: that may take minutes.
    """
    if not isinstance(folder, Path) and is_of_a_store(sys.exception()):
        return
    with contextlib.suppress(OSError, DsgridError):
        disk.remove_folder(folder)
    if isinstance(folder, Path):
        disk.remove_empty_folder(folder.parent)


def data_file(folder: Location, path: str | PurePath, role: str, rows: int) -> DataFile:
    """Describe a file inside a folder, given its path in or relative to it; reads it once for its checksum."""
    absolute = folder / str(path)
    return DataFile(
        path=relative_name(absolute, folder),
        role=role,
        bytes=absolute.stat().st_size,
        rows=rows,
        sha256=file_sha256(absolute),
    )


def file_sha256(path: Location) -> str:
    """Return the checksum of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def write_manifest(folder: Location, files: Iterable[DataFile], extra: Mapping[str, Any] | None = None) -> str:
    """Make the files of a folder safe on the disk, then write its manifest; return the manifest's checksum."""
    files = tuple(files)
    document = {"format": FORMAT, "files": [asdict(file) for file in files], **(extra or {})}
    data = (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()
    seal(folder, files, data)
    return hashlib.sha256(data).hexdigest()


def seal(folder: Location, files: Iterable[DataFile], manifest: bytes) -> None:
    """Make the files of a folder safe on the disk, then write these bytes as its manifest."""
    if isinstance(folder, Path):
        _sync_files(folder, files)
    disk.write_file(folder / MANIFEST, manifest)
    disk.sync(folder / MANIFEST)
    # The folder was made by us, and so may its parent have been: their names have to last too.
    for each in (folder, folder.parent, folder.parent.parent):
        disk.sync(each)


def _sync_files(folder: Path, files: Iterable[DataFile]) -> None:
    folders = {folder}
    for file in files:
        disk.sync(folder / file.path)
        folders.update(parent for parent in (folder / file.path).parents if folder in parent.parents)
    # Children before parents: a name is safe once the folder above it is.
    for each in sorted(folders, key=lambda path: len(path.parts), reverse=True):
        disk.sync(each)


def read_manifest(folder: Location) -> Manifest:
    """Return the manifest of a published folder."""
    path = folder / MANIFEST
    try:
        document = json.loads(path.read_bytes())
        files = tuple(DataFile(**file) for file in document.pop("files"))
        document.pop("format")
    except FileNotFoundError:
        raise NotFoundError(f"{folder} holds no published data: it has no {MANIFEST}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise RegistryError(f"{path} is damaged or cut short: {error}") from error
    return Manifest(files, document)


def manifest_sha256(folder: Location) -> str:
    """Return the checksum of a folder's manifest, or refuse when there is none."""
    try:
        return file_sha256(folder / MANIFEST)
    except FileNotFoundError:
        raise RegistryError(f"the data in {folder} were not published: there is no {MANIFEST}") from None


def verify_manifest(folder: Location, checksums: bool = True) -> tuple[Problem, ...]:
    """Compare a folder with its manifest: every file is there, has its size and, if asked, its checksum."""
    return verify_files(folder, read_manifest(folder).files, checksums)


def verify_files(folder: Location, files: Sequence[DataFile], checksums: bool = True) -> tuple[Problem, ...]:
    """Compare files in a folder with what was published of them."""
    problems = []
    sizes = _sizes(folder, files)
    for file in files:
        path, size = folder / file.path, sizes[file.path]
        if size is None:
            problems.append(Problem(f"the file is missing{_link(path)}", str(path)))
        elif size != file.bytes:
            problems.append(Problem(f"the file has {size} bytes instead of {file.bytes}", str(path)))
        elif checksums and file_sha256(path) != file.sha256:
            problems.append(Problem("the file's checksum is not that of the manifest", str(path)))
    return tuple(problems)


def _link(path: Location) -> str:
    """Say where a link leads that leads nowhere."""
    if not isinstance(path, Path) or not path.is_symlink():
        return ""
    return f": it is a link to {path.readlink()}, which is not there any more"


def _sizes(folder: Location, files: Sequence[DataFile]) -> dict[str, int | None]:
    """Return the bytes of each file, None of one that is not there."""
    if not isinstance(folder, Path) and len(files) > FEW:
        found = {relative_name(path, folder): size for path, size, _ in files_below(folder)}
        return {file.path: found.get(file.path) for file in files}
    sizes: dict[str, int | None] = {}
    for file in files:
        try:
            sizes[file.path] = (folder / file.path).stat().st_size
        except (FileNotFoundError, NotADirectoryError):
            sizes[file.path] = None
    return sizes


# Results -------------------------------------------------------------------------------------------------------------


def new_run(root: Location, name: str) -> Location:
    """Make the folder of one run of a query, ``<root>/<name>/<utc stamp>-<random>/``."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    run = root / name / f"{stamp}-{secrets.token_hex(4)}"
    disk.make_folder(run)
    return run


def publish_result(run: Location) -> None:
    """Make a run whose manifest is written the current result of its query."""
    manifest_sha256(run)
    put_document(run.parent / POINTER, {"run": run.name})


def put_document(path: Location, document: Mapping[str, Any]) -> None:
    """Put a small document in the place of what was there, in one step, and make it safe on the disk."""
    new = path.parent / f".{path.name}-{secrets.token_hex(4)}"
    try:
        disk.write_file(new, (json.dumps(document) + "\n").encode())
        disk.sync(new)
        disk.swap_file(path, new)
    except BaseException:
        with contextlib.suppress(OSError, DsgridError):
            disk.remove_file(new)
        raise
    disk.sync(path.parent)


def current_run(root: Location, name: str) -> Location:
    """Return the folder of a query's current result."""
    pointer = root / name / POINTER
    try:
        run = json.loads(pointer.read_bytes())["run"]
    except FileNotFoundError:
        raise NotFoundError(f"there is no result {pointer.parent}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise RegistryError(f"{pointer} is damaged: {error}") from error
    if not isinstance(run, str) or run in ("", ".", "..") or "/" in run:
        # Somebody has written it who wants other files to be read.
        raise RegistryError(f"{pointer} is damaged: a run is a folder beside it")
    return pointer.parent / run
