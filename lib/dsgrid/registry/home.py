"""The folder that a registry lives in."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from dsgrid.errors import NotFoundError, RegistryError
from dsgrid.registry.data_root import DATA, data_root, prepare_data_root

DATABASE: Final = "registry.db"
OURS: Final = (DATABASE, f"{DATABASE}-journal", DATA)
LOCK_PROBE: Final = ".lock-probe-"  # a file that a killed process may leave beside the database


def make_home(folder: Path, data: str = "") -> Path:
    """Make the folder of a new registry and the place of its data, unless they are there; return its absolute path.

    Raises
    ------
    RegistryError
        If it holds something else, or cannot be made.
    """
    folder = folder.absolute()
    if folder.exists() and not folder.is_dir():
        raise RegistryError(f"{folder} is a file; a registry is a folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        names = sorted(path.name for path in folder.iterdir())
        foreign = [name for name in names if name not in OURS and not name.startswith(LOCK_PROBE)]
        if foreign and not (folder / DATABASE).exists():
            raise RegistryError(f"{folder} is not empty ({foreign[0]}); a registry is made in a folder of its own")
        if not data:
            (folder / DATA).mkdir(exist_ok=True)
            _refuse_data_of_others(folder)
    except OSError as error:
        raise RegistryError(f"no registry can be created in {folder}: {error.strerror}") from error
    if data:
        prepare_data_root(data_root(folder, data))
    return folder


def _refuse_data_of_others(folder: Path) -> None:
    """Refuse data that were there before the database: for a new one they would be garbage, and be removed."""
    database = folder / DATABASE
    if database.exists() and database.stat().st_size:
        return  # whether that is a registry, others say
    first = min((entry.name for entry in (folder / DATA).iterdir()), default="")
    if first:
        whose = f"; {lost_database(folder)}" if holds_datasets(folder) else ""
        raise RegistryError(
            f"{folder / DATA} is not empty ({first}); a registry's data are in a place of their own{whose}"
        )


def holds_datasets(folder: Path) -> bool:
    """Tell whether a registry has kept datasets in this folder, whatever has become of its database."""
    return any((folder / DATA).glob("*/*/manifest.json"))


def lost_database(folder: Path) -> str:
    """Say what to do about a registry that has its data still, and nothing in its database."""
    state = "empty" if (folder / DATABASE).exists() else "missing"
    return f"{folder / DATABASE} is {state}, though there are datasets in {DATA}/: restore it from a copy"


def find_home(folder: Path) -> Path:
    """Return the absolute path of a registry's folder, for itself or for the database in it.

    Raises
    ------
    NotFoundError
        If there is no registry.
    RegistryError
        If it is a file.
    """
    folder = database_folder(folder.absolute())
    if not (folder / DATABASE).is_file():
        if folder.is_file():
            raise RegistryError(f"{folder} is a file; a registry is a folder")
        if holds_datasets(folder):
            raise NotFoundError(lost_database(folder))
        what = f"{folder} is no registry" if folder.is_dir() else f"there is no registry {folder}"
        raise NotFoundError(f"{what}; `dsgrid registry create FOLDER` makes one")
    return folder


def database_folder(path: Path) -> Path:
    """Return the folder of a path that may be a registry's database instead."""
    return path.parent if path.name == DATABASE and path.is_file() else path
