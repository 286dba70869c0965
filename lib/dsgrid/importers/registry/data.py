"""The data folder of an existing registry: where it is, and which files a version of a dataset has."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dsgrid.errors import NotFoundError, RegistryError
from dsgrid.importers.registry.source import OldRegistry
from dsgrid.spec.fence import may_read

_STORES: Final = ("", "filesystem")
# The names of a table, the newest first.
_TABLE: Final = ("table.parquet", "load_data.parquet")
_LOOKUP: Final = ("lookup_table.parquet", "load_data_lookup.parquet")
_MISSING: Final = "missing_associations"


@dataclass(frozen=True)
class DataFiles:
    """The files of one version of a dataset; each may be a folder, as Spark writes them."""

    table: Path
    lookup: Path | None
    missing: tuple[Path, ...]


def data_folder(old: OldRegistry, given: Path | None = None) -> tuple[Path | None, str]:
    """Return the folder with a folder for each dataset, and what is to be known of it.

    The database says where it was. When nothing is there any more, a folder of that name beside the database is taken:
    the two are moved together.

    Parameters
    ----------
    given
        Where the user says that it is: the folder that the database calls its data path.

    Raises
    ------
    NotFoundError
        If the user named a folder that is none.
    RegistryError
        If the data are not kept in files.
    """
    store = old.values.get("data_store_type", "")
    if store not in _STORES:
        raise RegistryError(
            f"{old.database}: the data are kept in a {store} store, which cannot be read; let dsgrid-toolkit write "
            "them to a registry with the data store filesystem, and import that"
        )
    said = old.values.get("data_path", "")
    if given is not None:
        if not given.is_dir():
            raise NotFoundError(f"there is no folder {given}")
        return _inner(given), ""
    home = old.database.parent
    if said and may_read(home / said) and (home / said).is_dir():
        return _inner(home / said), ""
    moved = [home / Path(said).name] if said else []
    for place in (*moved, home):
        if may_read(place) and _holds_data(place):
            return _inner(place), f"the data path {said or '(none)'} is not there; the data are read from {place}"
    return None, f"the data path {said or '(none)'} is not there, nor a folder of its name beside the database"


def _holds_data(place: Path) -> bool:
    return place.is_dir() and any(place.glob("data/*/*/*"))


def _inner(place: Path) -> Path:
    """Return the folder with the datasets, which is `data` in the data path, or that itself."""
    inner = place / "data"
    return inner if inner.is_dir() else place


def data_files(folder: Path, dataset: str, version: str) -> DataFiles:
    """Return the files of a version of a dataset.

    Raises
    ------
    NotFoundError
        If it has none.
    """
    place = folder / dataset / version
    if not place.is_dir():
        raise NotFoundError(f"there are no data of dataset {dataset}@{version}: no folder {place}")
    table = _first(place, _TABLE)
    if table is None:
        raise NotFoundError(f"there are no data of dataset {dataset}@{version}: no {_TABLE[0]} in {place}")
    missing = place / _MISSING
    found = sorted(missing.glob("*.parquet")) if missing.is_dir() else []
    return DataFiles(table, _first(place, _LOOKUP), tuple(found))


def _first(place: Path, names: tuple[str, ...]) -> Path | None:
    return next((place / name for name in names if (place / name).exists()), None)
