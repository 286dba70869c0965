"""The operation `register_dataset`: read, check, store, register."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from dsgrid.bundle import bundle_sha256
from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.load import load_dimension
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.engine import Engine, engine_errors
from dsgrid.errors import DataError, DsgridError, Problem, RegistryError, SpecError
from dsgrid.operations.location import registry_folder
from dsgrid.operations.reuse import registered_dimension
from dsgrid.operations.running import running
from dsgrid.registry.model import DataFile, Dataset
from dsgrid.registry.publish import new_folder, write_manifest
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import Spec, load_spec
from dsgrid.spec.node import Node
from dsgrid.time.load import check_record_zones, load_time
from dsgrid.time.zones import tzdata_version

FIRST_VERSION = "1.0.0"


@dataclass(frozen=True)
class RegisteredDataset:
    """A dataset that is registered now."""

    dataset: Dataset
    folder: Path
    summary: dict[str, Any]

    def report(self) -> str:
        """Return what to tell the user."""
        one, found = self.dataset, self.summary
        return (
            f"registered dataset {one.id}@{one.version} in {self.folder}: {found['rows']:,} rows, "
            f"{found['combinations']:,} combinations x {found['slots']:,} time slots, {found['bytes'] / 1e6:,.1f} MB"
        )


def register_dataset(
    spec: str | Path | Mapping[str, Any] | Spec,
    *,
    registry: str | Path | None = None,
    engine: Engine | None = None,
    progress: Callable[[str], None] | None = None,
    variables: Mapping[str, str] | None = None,
) -> RegisteredDataset:
    """Check a dataset's files, store them in the registry's form, and register the dataset.

    The registry's lock is held only for the last, short transaction. When anything fails the registry is as before.

    Raises
    ------
    SpecError, DataError
        With everything that is wrong with the spec, its tables or the data.
    RegistryError
        If the dataset is registered already.
    """
    loaded = load_spec(spec, "register_dataset", variables)
    say = progress or (lambda _: None)
    folder = registry_folder(loaded, registry)
    with Registry.open(folder, write=True) as opened:
        dataset_id = loaded.root["dataset"]["id"].value
        _refuse_registered(opened, loaded.root, dataset_id)
        dimensions, time = load_dimensions(loaded.root, opened)
        where = new_folder(opened, dataset_id, FIRST_VERSION)
        try:
            with running(engine) as used, engine_errors():
                from dsgrid.datasets.register import prepare

                prepared = prepare(used.spark, loaded.root, dimensions, time, where, say)
            dataset = Dataset(
                id=dataset_id,
                version=FIRST_VERSION,
                kind=loaded.root["dataset"].string("kind") or "unspecified",
                dimensions=dimensions,
                time=time,
                layout=prepared.layout,
                folder=where.relative_to(opened.data).as_posix(),
                files=prepared.files,
                description=loaded.root["dataset"].string("description"),
                metadata=_metadata(loaded.root["dataset"]),
            )
            missing = _missing(where, prepared.files)
            say("publishing")
            write_manifest(where, prepared.files, _manifest(loaded, dataset, where, prepared.summary, used))
            with opened.registration(
                loaded.root.string("log_message") or f"Register dataset {dataset_id}",
                job="register_dataset",
                spec_sha256=loaded.sha256,
                bundle_sha256=bundle_sha256(),
            ) as registration:
                registered = registration.add_dataset(dataset, missing)
        except BaseException:
            shutil.rmtree(where, ignore_errors=True)
            _remove_if_empty(where.parent)
            raise
    return RegisteredDataset(registered, folder, prepared.summary)


def load_dimensions(root: Node, registry: Registry | None) -> tuple[dict[str, Dimension], Any]:
    """Return the dataset's dimension of every type, and its time; all problems are raised at once."""
    problems: list[Problem] = []
    kind: type[DsgridError] = SpecError
    dimensions: dict[str, Dimension] = {}
    time = None
    missing = [type_ for type_ in RECORD_TYPES if type_ not in root["dimension"]]
    if missing:
        problems.append(root["dimension"].problem(f"a dataset has every dimension type; missing: {', '.join(missing)}"))
    for type_, node in root["dimension"].items():
        try:
            dimensions[type_] = _dimension(type_, node, registry)
        except DsgridError as error:
            problems.extend(error.problems)
            kind = type(error)
    try:
        time = load_time(root["time"], root["time"].string("name") or "time")
    except DsgridError as error:
        problems.extend(error.problems)
    if problems:
        raise kind(problems)
    return {type_: dimensions[type_] for type_ in RECORD_TYPES}, time


def _dimension(type_: str, node: Node, registry: Registry | None) -> Dimension:
    if "use" in node:
        found = registered_dimension(node["use"], type_, registry)
        return replace(found, name=node.string("name") or found.name)
    dimension = load_dimension(node, node.string("name") or type_, type_)
    if type_ == "geography":
        zones = check_record_zones(dimension.records, node["records"].where)
        if zones:
            raise DataError(zones)
    return dimension


def _refuse_registered(registry: Registry, root: Node, dataset_id: str) -> None:
    """Say so before hours of work; the transaction at the end checks again."""
    for row in registry.datasets():
        if row["id"] == dataset_id:
            raise RegistryError(
                root["dataset"]["id"].problem(f"dataset {dataset_id} is registered already ({row['version']})")
            )


def _missing(folder: Path, files: Sequence[DataFile]) -> list[dict[str, str]]:
    """Return the combinations that are declared to have no data, as the registry keeps them: ids by type."""
    import pyarrow.parquet as pq

    rows: list[dict[str, str]] = []
    for file in files:
        if file.role == "missing":
            rows.extend(pq.ParquetFile(folder / file.path).read().to_pylist())
    return [{type_: str(id_) for type_, id_ in row.items() if id_ is not None} for row in rows]


def _schema(folder: Path, files: Sequence[DataFile]) -> dict[str, dict[str, str]]:
    """Return the columns of the files of each role (those that declare combinations aside), with their types."""
    import pyarrow.parquet as pq

    first = {file.role: folder / file.path for file in reversed(files) if file.role not in ("missing", "expected")}
    return {role: {field.name: str(field.type) for field in pq.read_schema(path)} for role, path in first.items()}


def _metadata(node: Node) -> dict[str, Any]:
    return {key: value for key, value in node.value.items() if key not in ("id", "kind", "description")}


def _manifest(spec: Spec, dataset: Dataset, folder: Path, summary: dict[str, Any], engine: Engine) -> dict[str, Any]:
    return {
        "dataset": dataset.id,
        "version": dataset.version,
        "layout": asdict(dataset.layout),
        "schema": _schema(folder, dataset.files),
        "spec_sha256": spec.sha256,
        "engine": {"name": engine.name, "version": engine.version},
        "bundle_sha256": bundle_sha256(),
        "tzdata": tzdata_version(),
        "summary": summary,
    }


def _remove_if_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        return
