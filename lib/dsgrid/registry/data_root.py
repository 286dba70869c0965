"""Where a registry's data are: ``data/`` in its own folder, or a place that the database names."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from dsgrid.errors import RegistryError
from dsgrid.registry import disk
from dsgrid.registry.database import Database
from dsgrid.spec.node import Node
from dsgrid.storage.location import Location, location

DATA: Final = "data"
SETTING: Final = "data_root"
PROBE: Final = ".dsgrid-probe"


def read_data_root(database: Database) -> Location:
    """Return the place that the folders of datasets are relative to."""
    value = database.value("SELECT value FROM settings WHERE name = ?", (SETTING,))
    return data_root(database.path.parent, value or "")


def data_root(folder: Path, value: str) -> Location:
    """Return the data root of the registry in `folder`; `value` is what its database says, if anything."""
    # Physical, as the system takes it: a registry that is opened through a symlink has its data where it really is.
    return location(value, folder.resolve()).resolve() if value else folder / DATA


def write_data_root(database: Database, value: str) -> None:
    """Say where the data are, in a transaction that is open; an empty text means ``data/``."""
    database.execute("DELETE FROM settings WHERE name = ?", (SETTING,))
    if value:
        database.insert("settings", name=SETTING, value=value)


def named_root(node: Node, folder: Path) -> str:
    """Return what the database of the registry in `folder` keeps of the data root that a spec names.

    A relative path of the spec is kept relative to the registry's folder: then both can be moved together.
    """
    place = node.resolve()
    if not isinstance(place, Path):
        return str(place)
    if Path(node.value).is_absolute():
        return os.path.abspath(place)
    kept = os.path.relpath(place.resolve(), folder.resolve())
    return "" if kept == DATA else kept


def prepare_data_root(root: Location) -> None:
    """Make a new registry's data root; refuse one that holds something, or where nothing can be written.

    Two registries never share a root: each would take the other's folders for garbage.
    """
    try:
        if isinstance(root, Path):
            root.mkdir(parents=True, exist_ok=True)
        else:
            root.require_bucket()
        # The same name each time: what a killed creation has left is no stranger, and goes with the next probe.
        probe = root / PROBE
        first = min((entry.name for entry in root.iterdir() if entry.name != PROBE), default="")
        if first:
            raise RegistryError(
                f"the data root {root} is not empty ({first}); a registry's data are in a place of their own"
            )
        disk.write_file(probe, b"")
        disk.remove_file(probe)
    except OSError as error:
        raise RegistryError(f"nothing can be written to the data root {root}: {error.strerror}") from error
