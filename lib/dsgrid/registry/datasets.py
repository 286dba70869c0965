"""Datasets as rows: dimensions, layout, files, metadata, missing associations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as TypingMapping
from dataclasses import replace

from dsgrid.dimensions.types import RECORD_TYPES, TIME
from dsgrid.registry.database import Database
from dsgrid.registry.dimensions import read_dimension, read_time, unique_names, write_dimension, write_time
from dsgrid.registry.metadata import read_metadata, write_metadata
from dsgrid.registry.model import DataFile, DataInput, Dataset, Layout
from dsgrid.registry.profiles import read_checks, read_profile, write_checks, write_profile
from dsgrid.registry.versions import parts
from dsgrid.time.stored import stored_columns


def read_dataset(database: Database, key: int) -> Dataset:
    """Return the dataset of one version's key."""
    row = database.row(
        "SELECT v.*, d.id FROM dataset_versions v JOIN datasets d ON d.key = v.dataset WHERE v.key = ?", (key,)
    )
    assert row is not None
    columns: dict[str, list[str]] = {}
    for place, type_ in database.select("dataset_columns", "place, type", dataset_version=key):
        columns.setdefault(place, []).append(type_)
    return Dataset(
        id=row["id"],
        version=row["version"],
        kind=row["kind"],
        dimensions={
            each["type"]: read_dimension(database, each["dimension"], each["name"])
            for each in database.select("dataset_dimensions", "*", dataset_version=key)
        },
        time=read_time(database, row["time"]),
        layout=Layout(
            two_tables=bool(row["two_tables"]),
            pivot=row["pivot"],
            fact_types=tuple(columns.get("facts", ())),
            lookup_types=tuple(columns.get("lookup", ())),
            trivial=tuple(columns.get("trivial", ())),
            scaling_factor=bool(row["scaling_factor"]),
            null_cells=bool(row["null_cells"]),
        ),
        folder=row["folder"],
        files=tuple(
            DataFile(*each)
            for each in database.select("dataset_files", "path, role, bytes, rows, sha256", dataset_version=key)
        ),
        description=row["description"],
        metadata=read_metadata(database, "dataset", key),
        checks=read_checks(database, key),
        profile=read_profile(database, key),
    )


def write_dataset(database: Database, dataset: Dataset, manifest_sha256: str, registration: int) -> Dataset:
    """Register one version of a dataset; return it with the ids of its dimensions."""
    unique_names(
        dataset.id,
        (
            *((dimension.name, dimension.id) for dimension in dataset.dimensions.values()),
            (dataset.time.name or TIME, dataset.time.id),
        ),
    )
    keys, dimensions = {}, {}
    for type_, dimension in dataset.dimensions.items():
        keys[type_], dimensions[type_] = write_dimension(database, dimension, dataset.id, registration)
    time_key, time = write_time(database, dataset.time, dataset.id, registration)
    entity = database.value("SELECT key FROM datasets WHERE id = ?", (dataset.id,))
    major, minor, patch = parts(dataset.version)
    layout = dataset.layout
    version = database.insert(
        "dataset_versions",
        dataset=entity or database.insert("datasets", id=dataset.id),
        major=major,
        minor=minor,
        patch=patch,
        kind=dataset.kind,
        description=dataset.description,
        time=time_key,
        two_tables=int(layout.two_tables),
        pivot=layout.pivot,
        scaling_factor=int(layout.scaling_factor),
        null_cells=int(layout.null_cells),
        time_column=next(iter(stored_columns(dataset.time)), ""),
        folder=dataset.folder,
        manifest_sha256=manifest_sha256,
        registration=registration,
    )
    database.insert_many(
        "dataset_dimensions",
        ("dataset_version", "position", "type", "name", "dimension"),
        [(version, index, type_, dimensions[type_].name, key) for index, (type_, key) in enumerate(keys.items())],
    )
    places = {"facts": layout.fact_types, "lookup": layout.lookup_types, "trivial": layout.trivial}
    database.insert_many(
        "dataset_columns",
        ("dataset_version", "place", "position", "type"),
        [(version, place, index, type_) for place, types in places.items() for index, type_ in enumerate(types)],
    )
    database.insert_many(
        "dataset_files",
        ("dataset_version", "position", "path", "role", "bytes", "rows", "sha256"),
        [
            (version, index, file.path, file.role, file.bytes, file.rows, file.sha256)
            for index, file in enumerate(dataset.files)
        ],
    )
    write_metadata(database, "dataset", version, dataset.metadata)
    write_checks(database, version, dataset.checks)
    write_profile(database, version, dataset.profile)
    return replace(dataset, dimensions=dimensions, time=time)


def write_missing(database: Database, dataset: int, missing: Iterable[TypingMapping[str, str]]) -> None:
    """Keep the combinations that a dataset version is known to lack; a type that a row leaves out means all records."""
    database.insert_many(
        "missing_associations",
        ("dataset_version", "position", *RECORD_TYPES),
        ((dataset, index, *(row.get(type_) for type_ in RECORD_TYPES)) for index, row in enumerate(missing)),
    )


def read_missing(database: Database, dataset: int) -> Iterator[dict[str, str]]:
    """Yield the combinations that a dataset version is known to lack, as they were given."""
    for row in database.stream(
        f"SELECT {', '.join(RECORD_TYPES)} FROM missing_associations WHERE dataset_version = ? ORDER BY position",
        (dataset,),
    ):
        yield {type_: id_ for type_, id_ in zip(RECORD_TYPES, row, strict=True) if id_ is not None}


def write_inputs(database: Database, dataset: int, inputs: Iterable[DataInput]) -> None:
    """Keep what a dataset version was read from."""
    database.insert_many(
        "dataset_inputs",
        ("dataset_version", "position", "role", "path", "bytes", "sha256"),
        [(dataset, index, each.role, each.path, each.bytes, each.sha256) for index, each in enumerate(inputs)],
    )


def read_inputs(database: Database, dataset: int) -> tuple[DataInput, ...]:
    """Return what a dataset version was read from; nothing for one that was registered before that was kept."""
    rows = database.select("dataset_inputs", "role, path, bytes, sha256", dataset_version=dataset)
    return tuple(DataInput(*row) for row in rows)
