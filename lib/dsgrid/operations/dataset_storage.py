"""How the data of a dataset lie in their files: tables, columns, and what the manifest says of their making."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from dsgrid.errors import NotFoundError, RegistryError
from dsgrid.operations.registry_contents import aim
from dsgrid.registry.database import LOCK_TIMEOUT
from dsgrid.registry.model import Dataset
from dsgrid.registry.publish import manifest_sha256, read_manifest
from dsgrid.registry.registry import Registry
from dsgrid.storage.location import Location, arrow_input, storage_errors
from dsgrid.time.stored import stored_columns

Document = dict[str, Any]
FOOTERS: Final = 64  # files of a role whose row groups are counted; each is opened for that
_HOLDS: Final = {"id": "lookup id", "scaling_factor": "scaling factor", "value": "value"}


def storage_of_dataset(
    folder: str | Path,
    reference: str,
    *,
    at: str | None = None,
    lock_timeout: float = LOCK_TIMEOUT,
    check: Callable[[], None] = lambda: None,
) -> Document:
    """Return how a version of a dataset is stored; its manifest and the footers of some files are read.

    Parameters
    ----------
    check
        Called before each file; what it raises ends the reading.

    Returns
    -------
    dict
        ``layout``; ``tables``, one for each role of files with its ``columns`` and sizes (``row_groups`` is None where
        there are more files than are opened); and of the manifest its checksum, engine, version of the zones' rules,
        checksums of spec and bundle, and the ``summary`` of what was checked.

    Raises
    ------
    NotFoundError
        If there is no such dataset, or it holds no data of its own.
    """
    name, moment = aim(reference, at)
    with Registry.open(folder, lock_timeout=lock_timeout, at=moment) as registry:
        dataset = registry.dataset(name)
        place = registry.data_folder(dataset)
    if not dataset.folder or not dataset.files:
        raise NotFoundError(f"dataset {dataset.id}@{dataset.version} holds no data of its own")
    manifest = read_manifest(place)
    kept = {key: manifest.extra.get(key) for key in ("engine", "tzdata", "spec_sha256", "bundle_sha256", "summary")}
    schema: Mapping[str, Mapping[str, str]] = manifest.extra.get("schema", {})
    return {
        "dataset": dataset.id,
        "version": dataset.version,
        "layout": asdict(dataset.layout),
        "tables": [_table(place, dataset, role, schema, check) for role in _roles(dataset)],
        "manifest_sha256": manifest_sha256(place),
        **kept,
    }


def _roles(dataset: Dataset) -> Sequence[str]:
    first = ("facts", "lookup")
    return sorted(dict.fromkeys(file.role for file in dataset.files), key=lambda role: (role not in first, role))


def _table(
    folder: Location,
    dataset: Dataset,
    role: str,
    schema: Mapping[str, Mapping[str, str]],
    check: Callable[[], None],
) -> Document:
    files = [file for file in dataset.files if file.role == role]
    groups: int | None = None
    columns = dict(schema.get(role, {}))
    if len(files) <= FOOTERS:
        groups = 0
        for file in files:
            check()
            number, found = _footer(folder / file.path)
            groups += number
            columns = columns or found
    units = _units(dataset) if dataset.layout.pivot == "metric" and role == "facts" else {}
    meant = [{"name": name, "type": type_, **_meaning(dataset, role, name, units)} for name, type_ in columns.items()]
    return {
        "role": role,
        "files": len(files),
        "rows": sum(file.rows for file in files),
        "bytes": sum(file.bytes for file in files),
        "row_groups": groups,
        "columns": meant,
    }


def _footer(path: Location) -> tuple[int, dict[str, str]]:
    """Return how many row groups a file has, and the types of its columns."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with storage_errors(path), pq.ParquetFile(arrow_input(path)) as file:
            return file.num_row_groups, {one.name: str(one.type) for one in file.schema_arrow}
    except (OSError, pa.ArrowInvalid) as error:
        raise RegistryError(
            f"{path.name} cannot be read as Parquet; `dsgrid registry check` says what is wrong"
        ) from error


def _units(dataset: Dataset) -> dict[str, str]:
    return {one.id: str(unit) for one in dataset.dimensions["metric"].records if (unit := one.get("unit"))}


def _meaning(dataset: Dataset, role: str, name: str, units: Mapping[str, str]) -> Document:
    """Return what a column holds, with its dimension, and its unit where it has one for all rows."""
    if name in dataset.dimensions:
        dimension = dataset.dimensions[name]
        return {"holds": f"ids of {name}", "dimension": dimension.name, "unit": None}
    pivot = dataset.layout.pivot
    if role == "facts" and pivot is not None and name in dataset.dimensions[pivot].records.ids:
        return {
            "holds": f"values of {pivot} {name}",
            "dimension": dataset.dimensions[pivot].name,
            "unit": units.get(name),
        }
    if role == "facts" and name in stored_columns(dataset.time):
        return {"holds": "time", "dimension": dataset.time.name, "unit": None}
    said = _STATISTICS.get(name, "") if role == "associations" else _HOLDS.get(name, "")
    return {"holds": said, "dimension": None, "unit": None}


_STATISTICS: Final = {
    "rows": "number of values",
    "sum": "sum of the values",
    "abs_sum": "sum of their sizes",
    "min": "least value",
    "max": "greatest value",
}
