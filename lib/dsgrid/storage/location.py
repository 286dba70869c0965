"""A place that a spec, a command line or a registry names: a path of this machine, or a URL of an object store."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from dsgrid.errors import UsageError
from dsgrid.storage.failures import storage_errors
from dsgrid.storage.s3 import S3Path
from dsgrid.storage.settings import export_for_sail

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyspark.sql import SparkSession

Location = Path | S3Path

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


def is_url(text: str | Path | S3Path) -> bool:
    """Say whether this is a URL and not a path."""
    return isinstance(text, S3Path) or (isinstance(text, str) and _SCHEME.match(text) is not None)


def location(text: str | Path | S3Path, folder: Path | S3Path | None = None) -> Location:
    """Return the place that a text names.

    Parameters
    ----------
    folder
        What a relative path is relative to; by default the working directory.

    Raises
    ------
    UsageError
        For a URL that is not of S3.
    """
    if isinstance(text, S3Path):
        return text
    if isinstance(text, str) and (scheme := _SCHEME.match(text)):
        if scheme[1].lower() not in ("s3", "s3a", "s3n"):
            raise UsageError(f'"{text}": data are read from and written to paths and s3://, not {scheme[1]}://')
        return S3Path.of(scheme[1].lower() + text[scheme.end(1) :])
    return Path(text) if folder is None else folder / str(text)


def arrow_input(place: Location) -> Any:
    """Return what pyarrow reads: the path as text, or an open object of which only what is needed travels."""
    return place.arrow_input() if isinstance(place, S3Path) else str(place)


def arrow_output(place: Location) -> Any:
    """Return what pyarrow writes to: the path as text, or an open object. Close it by `with`."""
    import pyarrow as pa

    return place.arrow_output() if isinstance(place, S3Path) else pa.OSFile(str(place), "wb")


def entries(folder: Location) -> list[tuple[Location, int | None]]:
    """Return what is directly in a folder, sorted by name, with its bytes; of a folder in it None."""
    if isinstance(folder, S3Path):
        return sorted((path, stat.st_size if stat else None) for path, stat in folder.entries())
    return [(path, None if path.is_dir() else path.stat().st_size) for path in sorted(folder.iterdir())]


def files_below(folder: Location) -> list[tuple[Location, int, float]]:
    """Return every file in a folder and in the folders in it, sorted by name, with its bytes and time of change."""
    if isinstance(folder, S3Path):
        return sorted((path, stat.st_size, stat.st_mtime) for path, stat in folder.files())
    found: list[tuple[Location, int, float]] = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            stat = path.stat()
            found.append((path, stat.st_size, stat.st_mtime))
    return found


def relative_name(place: Location, root: Location) -> str:
    """Return the way from `root` to a place below it, with slashes."""
    if isinstance(place, Path) and isinstance(root, Path):
        return place.relative_to(root).as_posix()
    if isinstance(place, S3Path) and isinstance(root, S3Path):
        return place.relative_to(root).as_posix()
    raise ValueError(f"{place} is not below {root}")


def engine_path(session: SparkSession, place: Location) -> str:
    """Return the name that an engine knows a place by.

    Spark finds objects by ``s3a://`` and takes names as they are; Sail takes either scheme, and a URL's escapes.
    """
    if not isinstance(place, S3Path):
        return str(place)
    if type(session).__module__.startswith("pyspark.sql.connect"):
        export_for_sail()
        return f"s3a://{quote(place.arrow)}"
    return f"s3a://{place.arrow}"


def engine_paths(session: SparkSession, places: Iterable[Location]) -> list[str]:
    """Return the names that an engine knows places by."""
    return [engine_path(session, place) for place in places]


__all__ = [
    "Location",
    "S3Path",
    "arrow_input",
    "arrow_output",
    "engine_path",
    "engine_paths",
    "entries",
    "files_below",
    "is_url",
    "location",
    "relative_name",
    "storage_errors",
]
