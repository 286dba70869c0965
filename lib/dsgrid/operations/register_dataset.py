"""The operation `register_dataset`: read, check, store, register."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from dsgrid.bundle import bundle_sha256
from dsgrid.datasets.inputs import checksummed, compare_inputs, find_inputs, reading_settings
from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.engine import Engine, engine_errors
from dsgrid.errors import DsgridError, Problem, RegistryError, SpecError
from dsgrid.operations.definitions import own_dimension, taken_ids
from dsgrid.operations.location import registry_folder
from dsgrid.operations.reuse import registered_dimension, time_of
from dsgrid.operations.running import running
from dsgrid.registry.lineage import Lineage, find_lineage
from dsgrid.registry.model import DataFile, DataInput, Dataset, Layout
from dsgrid.registry.proposal import DatasetVersion, Proposal
from dsgrid.registry.publish import discard, new_folder, write_manifest
from dsgrid.registry.registration import CHANGE_HINT
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import Spec, load_spec
from dsgrid.spec.node import Node
from dsgrid.storage.location import Location, relative_name
from dsgrid.time.dimension import DatetimeTime
from dsgrid.time.zones import tzdata_version


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
    folder = registry_folder(loaded, registry)
    with Registry.open(folder, write=True) as opened:
        draft = draft_dataset(loaded.root, opened)
        with (
            stored_data(loaded, draft, opened, engine, progress) as stored,
            opened.registration(
                loaded.root.string("log_message") or f"Register dataset {draft.id}",
                job="register_dataset",
                spec_sha256=loaded.sha256,
                bundle_sha256=bundle_sha256(),
            ) as registration,
        ):
            registered = registration.add_dataset(stored.dataset, stored.missing, stored.inputs, stored.lineage)
    return RegisteredDataset(registered, folder, stored.summary)


def proposal(spec: Spec, registry: Registry) -> Proposal:
    """Return what applying a spec would change; see `dsgrid.operations.plan`.

    The data have to be read again when the files or the way to read them are others, and when the ids of a dimension
    are: every combination of them has to be there.
    """
    return propose_dataset(spec.root, registry)


def propose_dataset(root: Node, registry: Registry) -> Proposal:
    """Return what registering the dataset of a spec would change."""
    draft = draft_dataset(root, registry, new=False)
    files = find_inputs(root["data"])
    settings = reading_settings(root["data"], _time_in_files(root["time"], draft.time))
    if all(row["id"] != draft.id for row in registry.datasets()):
        return registry.propose_dataset(draft)
    old = registry.dataset(draft.id)
    changes, inputs = compare_inputs(registry.inputs(old.id, old.version), files, settings)
    others = any(old.dimensions[type_].records.ids != draft.dimensions[type_].records.ids for type_ in RECORD_TYPES)
    return registry.propose_dataset(draft, inputs, changes, read_again=others)


@contextmanager
def with_data(
    proposed: Proposal,
    spec: Spec,
    registry: Registry,
    engine: Engine | None = None,
    progress: Callable[[str], None] | None = None,
) -> Iterator[Proposal]:
    """Give a proposal with its dataset's data stored, where they have to be; the block writes it to the registry."""
    waiting = [part for part in proposed.parts if part.kind == "dataset" and part.value.needs_data]
    if not waiting:
        yield proposed
        return
    with stored_data(spec, waiting[0].value.dataset, registry, engine, progress) as stored:
        part = replace(
            waiting[0], value=DatasetVersion(stored.dataset, stored.inputs, tuple(stored.missing), stored.lineage)
        )
        yield replace(proposed, parts=tuple(part if each is waiting[0] else each for each in proposed.parts))


def draft_dataset(root: Node, registry: Registry, new: bool = True) -> Dataset:
    """Return the dataset that a spec defines, but for its data, after every check that needs none.

    Parameters
    ----------
    new
        Refuse one that is registered already.

    Raises
    ------
    DsgridError
        A SpecError or DataError with all problems of its dimensions and its time; a RegistryError when it is
        registered already.
    """
    node = root["dataset"]
    dataset_id = node["id"].value
    if new:
        _refuse_registered(registry, root, dataset_id)
    dimensions, time = load_dimensions(root, registry)
    if new:
        places = [(root["dimension"][type_], dimension) for type_, dimension in dimensions.items()]
        taken = taken_ids(dataset_id, [*places, (root["time"], time)], registry)
        if taken:
            raise RegistryError(taken)
    return Dataset(
        id=dataset_id,
        version=registry.unused_version("dataset", dataset_id),
        kind=node.string("kind") or "unspecified",
        dimensions=dimensions,
        time=time,
        layout=Layout(False, None, ()),
        folder="",
        description=node.string("description"),
        metadata=_metadata(node),
    )


@dataclass(frozen=True)
class Stored:
    """A dataset whose data are safe in the registry's folder, where nobody looks before it is registered."""

    dataset: Dataset
    missing: list[dict[str, str]]
    inputs: tuple[DataInput, ...]
    summary: dict[str, Any]
    lineage: Lineage | None = None


@contextmanager
def stored_data(
    spec: Spec,
    draft: Dataset,
    registry: Registry,
    engine: Engine | None = None,
    progress: Callable[[str], None] | None = None,
) -> Iterator[Stored]:
    """Read, check and store the data of a dataset; what is inside the block registers it.

    Holds no lock while it works. When anything fails, inside the block too, the data are removed.
    """
    say = progress or (lambda _: None)
    where = new_folder(registry, draft.id, draft.version)
    try:
        lineage = _known_lineage(spec.root["data"].file("table"), registry, say)
        with running(engine) as used, engine_errors():
            from dsgrid.datasets.register import prepare

            time = _time_in_files(spec.root["time"], draft.time)
            # Before the data are read: when a file changes meanwhile, what is kept is not that of the new one.
            say("computing checksums of the input")
            settings = reading_settings(spec.root["data"], time)
            inputs = (*checksummed(find_inputs(spec.root["data"]), used.spark), settings)
            prepared = prepare(used.spark, spec.root, draft.dimensions, time, where, say)
        dataset = replace(
            draft,
            layout=prepared.layout,
            folder=relative_name(where, registry.data),
            files=prepared.files,
        )
        missing = _missing(where, prepared.files)
        say("publishing")
        write_manifest(where, prepared.files, _manifest(spec, dataset, where, prepared.summary, used))
        yield Stored(dataset, missing, inputs, prepared.summary, lineage)
    except BaseException:
        discard(where)
        raise


def _known_lineage(table: Location, registry: Registry, say: Callable[[str], None]) -> Lineage | None:
    """Return the query whose published result a table is, if the registry holds all that the query read."""
    found = find_lineage(table)
    if not isinstance(found, Lineage):
        if found:
            say(f"the lineage of these data is not kept: {found}")
        return None
    missing = registry.missing_sources(found)
    if missing:
        sources = ", ".join(map(str, missing))
        say(f"the lineage of these data is not kept: this registry lacks what query {found.query} read: {sources}")
        return None
    return found


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
        time = time_of(root["time"], registry)
    except DsgridError as error:
        problems.extend(error.problems)
    if problems:
        raise kind(problems)
    return {type_: dimensions[type_] for type_ in RECORD_TYPES}, time


def _dimension(type_: str, node: Node, registry: Registry | None) -> Dimension:
    if "use" in node:
        found = registered_dimension(node["use"], type_, registry)
        return replace(found, name=node.string("name") or found.name)
    return own_dimension(node, node.string("name") or type_, type_)


def _time_in_files(node: Node, time: DatetimeTime) -> DatetimeTime:
    """Return the time as this dataset's files write it, which a registered dimension need not know."""
    return replace(time, column=node.string("column", time.column), labels=node.string("labels", time.labels))


def _refuse_registered(registry: Registry, root: Node, dataset_id: str) -> None:
    """Say so before hours of work; the transaction at the end checks again."""
    for row in registry.datasets():
        if row["id"] == dataset_id:
            raise RegistryError(
                root["dataset"]["id"].problem(
                    f"dataset {dataset_id} is registered already ({row['version']}){CHANGE_HINT}"
                )
            )


def _missing(folder: Location, files: Sequence[DataFile]) -> list[dict[str, str]]:
    """Return the combinations that are declared to have no data, as the registry keeps them: ids by type."""
    from dsgrid.datasets import parquet

    rows: list[dict[str, str]] = []
    for file in files:
        if file.role == "missing":
            rows.extend(parquet.read(folder / file.path).to_pylist())
    return [{type_: str(id_) for type_, id_ in row.items() if id_ is not None} for row in rows]


def _schema(folder: Location, files: Sequence[DataFile]) -> dict[str, dict[str, str]]:
    """Return the columns of the files of each role (those that declare combinations aside), with their types."""
    from dsgrid.datasets import parquet

    first = {file.role: folder / file.path for file in reversed(files) if file.role not in ("missing", "expected")}
    return {role: {field.name: str(field.type) for field in parquet.schema(path)} for role, path in first.items()}


def _metadata(node: Node) -> dict[str, Any]:
    return {key: value for key, value in node.value.items() if key not in ("id", "kind", "description")}


def _manifest(
    spec: Spec, dataset: Dataset, folder: Location, summary: dict[str, Any], engine: Engine
) -> dict[str, Any]:
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
