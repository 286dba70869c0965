"""Folders that are written as a whole: they appear under their name when everything is in them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dsgrid.errors import RegistryError, UsageError
from dsgrid.registry import disk
from dsgrid.registry.unfinished import unfinished_folder
from dsgrid.spec.assets import asset, asset_names

SCHEMAS = "schemas"


@contextmanager
def whole_folder(folder: Path, what: str) -> Iterator[Path]:
    """Yield an empty folder that gets the name `folder` at the end of the block, and is gone when the block fails.

    A process that is killed leaves the unfinished folder under a hidden name beside it; the next attempt removes it.

    Parameters
    ----------
    what
        What is written, for messages: ``a dump``.

    Raises
    ------
    RegistryError
        The folder holds something already, or another process is writing it.
    """
    require_empty(folder, what)
    # Absolute, and with a name of its own even where it was given as "." or "..".
    folder = Path(os.path.abspath(folder))
    if folder == Path.cwd():
        raise UsageError(f"{what} takes the place of its folder, which cannot be the working directory; name another")
    with unfinished_folder(folder) as unfinished:
        # Who wrote it until now may have been faster.
        require_empty(folder, what)
        yield unfinished
        for path in sorted(unfinished.rglob("*")):
            disk.sync(path)
        disk.swap_file(folder, unfinished)
        disk.sync(folder.parent)


@contextmanager
def generated_folder(folder: Path, overwrite: bool) -> Iterator[Path]:
    """Yield an empty folder whose files get into `folder` at the end of the block, all or none.

    Parameters
    ----------
    overwrite
        Replace files of the same names in a folder that holds something; other files stay.
    """
    if not overwrite or not folder.is_dir() or not any(folder.iterdir()):
        with whole_folder(folder, "what is generated") as unfinished:
            yield unfinished
        return
    with unfinished_folder(folder) as unfinished:
        yield unfinished
        for path in sorted(path for path in unfinished.rglob("*") if path.is_file()):
            target = folder / path.relative_to(unfinished)
            if not target.parent.exists():
                disk.make_folder(target.parent)
            disk.swap_file(target, path)
        disk.remove_folder(unfinished)


def require_empty(folder: Path, what: str) -> None:
    """Refuse a folder that holds something, or is none."""
    if folder.exists() and not folder.is_dir():
        raise RegistryError(f"{folder} is a file; {what} goes to a folder of its own")
    first = min((path.name for path in folder.iterdir()), default="") if folder.exists() else ""
    if first:
        raise RegistryError(f"{folder} is not empty ({first}); {what} goes to a folder of its own")


def write_text(path: Path, text: str) -> None:
    """Write a file, with the folders above it."""
    if not path.parent.exists():
        disk.make_folder(path.parent)
    disk.write_file(path, text.encode())


def schema_line(spec: Path, job: str, schemas: Path) -> str:
    """Return the first line of a spec: where editors find the schema of its job."""
    return f"#:schema {Path(os.path.relpath(schemas, spec.parent)).as_posix()}/{job}.schema.json\n"


def schemas_above(folder: Path) -> Path | None:
    """Return the schemas of the checkout, or of the project folder, that a folder is in; None outside of any."""
    for parent in Path(os.path.abspath(folder)).parents:
        if (parent / SCHEMAS / "register_project.schema.json").is_file():
            return parent / SCHEMAS
    return None


def write_schemas(folder: Path) -> Path:
    """Write the schemas of all jobs into ``schemas/`` of a folder; return that."""
    for name in asset_names(SCHEMAS):
        if name.endswith(".schema.json"):
            write_text(folder / SCHEMAS / name, asset(f"{SCHEMAS}/{name}"))
    return folder / SCHEMAS
