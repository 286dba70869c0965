"""Are the data that the registry refers to there and whole?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from dsgrid.errors import DsgridError, Problem, RegistryError
from dsgrid.registry.database import Database
from dsgrid.registry.findings import DAMAGED, DIFFERENT, MISSING, Finding
from dsgrid.registry.model import DataFile, Dataset
from dsgrid.registry.publish import MANIFEST, manifest_sha256, read_manifest, verify_files, verify_manifest
from dsgrid.storage.location import Location

RESTORE: Final = "restore it from a copy of the registry, or remove the dataset and register it again"


@dataclass(frozen=True)
class Published:
    """What the database says of one data folder.

    Parameters
    ----------
    folder
        Relative to the data root.
    manifest_sha256
        Of the manifest, by each version that shares the folder.
    files
        The files, by each version that shares the folder.
    """

    folder: str
    manifest_sha256: dict[str, str]
    files: dict[str, tuple[DataFile, ...]]


def published(database: Database, folder: str = "") -> tuple[Published, ...]:
    """Return every data folder that some version of a dataset refers to, or only the one of this name."""
    found: dict[str, Published] = {}
    for row in database.rows(
        "SELECT v.key, d.id || '@' || v.version AS name, v.folder, v.manifest_sha256 FROM dataset_versions v "
        "JOIN datasets d ON d.key = v.dataset WHERE v.folder <> '' AND ? IN ('', v.folder) ORDER BY v.folder, v.key",
        (folder,),
    ):
        one = found.setdefault(row["folder"], Published(row["folder"], {}, {}))
        one.manifest_sha256[row["name"]] = row["manifest_sha256"]
        one.files[row["name"]] = tuple(
            DataFile(*file)
            for file in database.select("dataset_files", "path, role, bytes, rows, sha256", dataset_version=row["key"])
        )
    return tuple(found.values())


def is_registered(database: Database, folder: str) -> bool:
    """Say whether some version of a dataset refers to a data folder now."""
    return database.row("SELECT 1 FROM dataset_versions WHERE folder = ?", (folder,)) is not None


def stored_files(root: Location, dataset: Dataset, *roles: str) -> list[Location]:
    """Return the files of a dataset that have a role; refuse when one is not there or has not its size.

    An engine that is given a name that does not exist any more may read the others, and say nothing.

    Parameters
    ----------
    root
        The registry's data root.

    Raises
    ------
    RegistryError
        Naming the files.
    """
    folder = root / dataset.folder
    files = [file for file in dataset.files if file.role in roles]
    problems = verify_files(folder, files, checksums=False)
    if problems:
        whose = f"dataset {dataset.id}@{dataset.version}"
        more = f", and {len(problems) - 1} more are not as they were" if len(problems) > 1 else ""
        raise RegistryError(Problem(f"{problems[0].message} ({whose}{more}); {RESTORE}", problems[0].where))
    return [folder / file.path for file in files]


def check_data(
    database: Database, data: Location, checksums: bool, progress: Callable[[str], None]
) -> Iterator[Finding]:
    """Yield what is wrong with the folders of the datasets.

    Parameters
    ----------
    data
        The data root.
    checksums
        Read every file whole; else only their sizes are looked at.
    """
    with database.snapshot():
        folders = published(database)
    for number, one in enumerate(folders, 1):
        progress(f"looking at {one.folder} ({number} of {len(folders)})")
        findings = list(_check_folder(data / one.folder, one, checksums))
        # Somebody may have removed the dataset meanwhile; then its folder is nobody's loss.
        if findings and is_registered(database, one.folder):
            yield from findings


def check_folder(database: Database, data: Location, name: str, checksums: bool) -> list[Finding]:
    """Return what is wrong with one folder of data, which some version of a dataset refers to.

    Parameters
    ----------
    data, checksums
        See `check_data`.
    name
        Relative to the data root.
    """
    with database.snapshot():
        folders = published(database, name)
    return [each for one in folders for each in _check_folder(data / one.folder, one, checksums)]


def _check_folder(folder: Location, one: Published, checksums: bool) -> Iterator[Finding]:
    names = ", ".join(one.manifest_sha256)
    if not folder.is_dir():
        yield Finding(MISSING, str(folder), f"the data of dataset {names} are missing", RESTORE)
        return
    if not (folder / MANIFEST).is_file():
        yield Finding(MISSING, str(folder / MANIFEST), f"the manifest of dataset {names} is missing", RESTORE)
        return
    sha256 = manifest_sha256(folder)
    for name, expected in one.manifest_sha256.items():
        if sha256 != expected:
            message = f"the manifest is not the one that dataset {name} was registered with"
            yield Finding(DAMAGED, str(folder / MANIFEST), message, RESTORE)
    try:
        manifest = read_manifest(folder)
        problems = verify_manifest(folder, checksums)
    except DsgridError as error:
        yield from (Finding(DAMAGED, each.where or str(folder), each.message, RESTORE) for each in error.problems)
        return
    for problem in problems:
        kind = MISSING if "missing" in problem.message else DAMAGED
        yield Finding(kind, problem.where, problem.message, RESTORE)
    for name, files in one.files.items():
        if sorted(files, key=_path) != sorted(manifest.files, key=_path):
            message = f"the files of dataset {name} in the database are not those of its manifest"
            yield Finding(DIFFERENT, str(folder / MANIFEST), message, RESTORE)


def _path(file: DataFile) -> str:
    return file.path
