"""The manifest of a published result, which may be damaged, of another version of dsgrid, or of something else."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from dsgrid.errors import DataError, NotFoundError, Problem, RegistryError, listing
from dsgrid.registry.model import DataFile
from dsgrid.registry.publish import FORMAT, MANIFEST, POINTER, current_run, verify_files
from dsgrid.spec.node import shown
from dsgrid.storage.location import Location, storage_errors

# What every manifest of a result says, and of which type it is.
_NEEDED: Final[Mapping[str, tuple[type, ...]]] = {
    "query": (str,),
    "table": (str, type(None)),
    "rows": (int,),
    "columns": (list,),
    "datasets": (list,),
    "sums": (list,),
}
_COLUMN: Final = ("name", "type", "holds")
_AGAIN: Final = "run the query again"
# Files that are read whole in a moment are compared with their checksums, too.
_SMALL: Final = 32 << 20


def run_folder(place: Location) -> Location:
    """Return the folder of a result: the place itself, or the current run in it.

    Raises
    ------
    NotFoundError
        If there is no result, or the current run is not there any more.
    """
    if (place / MANIFEST).is_file():
        return place
    pointer = place / POINTER
    if not pointer.is_file():
        raise NotFoundError(f"there is no result {shown(place)}: it has neither {POINTER} nor {MANIFEST}")
    try:
        run = current_run(place.parent, place.name)
    except RegistryError:
        message = f"the file is damaged: it does not name the current run; open a run by its own folder, or {_AGAIN}"
        raise DataError(Problem(message, shown(pointer))) from None
    if not (run / MANIFEST).is_file():
        what = f"{run.name}, which is no finished run" if run.exists() else f"the run {run.name}, which has gone"
        raise NotFoundError(f"{shown(pointer)} names {what}; open another run by its own folder, or {_AGAIN}")
    return run


def read_result_manifest(folder: Location) -> dict[str, Any]:
    """Return the manifest of a result, whose files are there with the sizes that it says.

    Raises
    ------
    DataError
        If it is damaged, no result's, or from a version of dsgrid that this one does not read; if a file is missing or
        cut short.
    """
    path = folder / MANIFEST
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise NotFoundError(f"there is no result {shown(folder)}: it has no {MANIFEST}") from None
    except (ValueError, UnicodeDecodeError) as error:
        line = str(error).splitlines()[0]
        raise DataError(Problem(f"the file is damaged or cut short ({line}); {_AGAIN}", shown(path))) from None
    message = _wrong(found)
    if message is not None:
        raise DataError(Problem(message, shown(path)))
    _check_files(folder, found)
    manifest: dict[str, Any] = found
    return manifest


def _wrong(found: Any) -> str | None:
    """Return what is wrong with a manifest."""
    if not isinstance(found, dict):
        return f"this is no manifest of a result; {_AGAIN}"
    number = found.get("format")
    if isinstance(number, int) and number > FORMAT:
        return (
            f"this result was written by a newer dsgrid (its format is {number}, this one reads up to {FORMAT}); "
            f"update dsgrid, or {_AGAIN} with this one"
        )
    missing = [name for name in _NEEDED if name not in found]
    if "tables" in found:
        return "this is the manifest of an export, and not of a result; name one of its files"
    if len(missing) == len(_NEEDED) - 1 or "query" in missing:
        return "this is the manifest of something else than a result of a query"
    if missing:
        return f"this result lacks {listing(missing)}: another version of dsgrid wrote it; {_AGAIN} with this one"
    odd = [name for name, types in _NEEDED.items() if not isinstance(found[name], types)]
    if odd:
        return f"{listing(odd)} cannot be what it is there ({found[odd[0]]!r:.60}): the file is damaged; {_AGAIN}"
    columns = found["columns"]
    if any(not isinstance(one, dict) or any(name not in one for name in _COLUMN) for one in columns):
        return f"a column lacks one of {listing(_COLUMN)}: another version of dsgrid wrote it; {_AGAIN} with this one"
    if any(not _is_inside(path) for path in _paths(found)):
        return "it names files that are not in its folder; this is not what dsgrid has written"
    return None


def _paths(found: Mapping[str, Any]) -> Iterator[Any]:
    """Yield what a manifest calls files and folders of its own."""
    if found["table"] is not None:
        yield found["table"]
    for key, name in (("results", ""), ("files", "path"), ("exports", "folder")):
        named = found.get(key) or []
        if not isinstance(named, list):
            yield None
            continue
        for one in named:
            # An entry of "files" without a path is told of by `_check_files`.
            if not (key == "files" and isinstance(one, dict) and name not in one):
                yield one.get(name) if name and isinstance(one, dict) else one


def _is_inside(path: Any) -> bool:
    return isinstance(path, str) and all(part not in ("", ".", "..") for part in path.split("/"))


def _check_files(folder: Location, manifest: Mapping[str, Any]) -> None:
    try:
        files = [DataFile(**one) for one in manifest.get("files", ())]
    except TypeError:
        message = f'the entries of "files" are not those of this version of dsgrid; {_AGAIN} with this one'
        raise DataError(Problem(message, shown(folder / MANIFEST))) from None
    is_small = isinstance(folder, Path) and sum(one.bytes for one in files) <= _SMALL
    problems = verify_files(folder, files, checksums=is_small)
    if problems:
        more = f" (and {len(problems) - 1:,} more files are not as they were)" if len(problems) > 1 else ""
        where = next(shown(folder / one.path) for one in files if str(folder / one.path) == problems[0].where)
        raise DataError(Problem(f"{problems[0].message}{more}; {_AGAIN}", where))


@contextlib.contextmanager
def table_errors(path: Location) -> Iterator[None]:
    """Turn what pyarrow says of a damaged file of a result into a `DataError` that names it."""
    import pyarrow as pa

    try:
        with storage_errors(path):
            yield
    except (pa.ArrowException, OSError) as error:
        # What the file system refuses has a number.
        if isinstance(error, OSError) and error.errno is not None:
            raise
        line = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        raise DataError(Problem(f"the file is damaged or cut short ({line}); {_AGAIN}", shown(path))) from None
