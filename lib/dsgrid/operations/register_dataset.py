"""The operation `register_dataset`: read, check, store, register."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dsgrid.datasets.expected import zones_of
from dsgrid.datasets.inputs import InputFile, are_published, compare_inputs, find_inputs, reading_settings
from dsgrid.datasets.offenders import counted
from dsgrid.datasets.own_checks import read_checks
from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.engine import Engine
from dsgrid.errors import DsgridError, Problem, RegistryError, SpecError
from dsgrid.operations.definitions import metadata_of, own_dimension, taken_ids
from dsgrid.operations.location import registry_folder
from dsgrid.operations.registering import registering
from dsgrid.operations.reported import Reported
from dsgrid.operations.reuse import registered_dimension, time_of
from dsgrid.operations.storing import stored_data
from dsgrid.registry.dump import precision_of
from dsgrid.registry.model import Dataset, Layout
from dsgrid.registry.proposal import DatasetVersion, Proposal
from dsgrid.registry.registration import CHANGE_HINT
from dsgrid.registry.registry import Registry
from dsgrid.registry.time_documents import without_names
from dsgrid.spec.load import Spec, load_spec
from dsgrid.spec.node import Node
from dsgrid.time.agreement import year_disagreements
from dsgrid.time.dimension import TimeDimension
from dsgrid.time.files import in_files, like_files_of


@dataclass(frozen=True, repr=False)
class RegisteredDataset(Reported):
    """A dataset that is registered now."""

    dataset: Dataset
    folder: Path
    summary: dict[str, Any]

    def report(self) -> str:
        """Return what to tell the user."""
        one, found = self.dataset, self.summary
        return (
            f"registered dataset {one.id}@{one.version} in {self.folder}: {counted(found['rows'], 'row')}, "
            f"{counted(found['combinations'], 'combination')} x {counted(found['slots'], 'time slot')}, "
            f"{found['bytes'] / 1e6:,.1f} MB"
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
            registering(opened, loaded, f"Register dataset {draft.id}") as registration,
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
    settings = reading_settings(root["data"], in_files(root["time"], draft.time))
    if all(row["id"] != draft.id for row in registry.datasets()):
        return registry.proposals.dataset(draft)
    old = registry.dataset(draft.id)
    others = any(old.dimensions[type_].records.ids != draft.dimensions[type_].records.ids for type_ in RECORD_TYPES)
    # How the first files wrote their labels a dump does not say, and it is no matter.
    time = like_files_of(old.time, draft.time)
    if not others and _same_slots(time, old.time) and _reads_what_is_stored(root["data"], files, old, registry):
        return registry.proposals.dataset(replace(draft, time=time))
    changes, inputs = compare_inputs(registry.inputs(old.id, old.version), files, settings)
    return registry.proposals.dataset(draft, inputs, changes, read_again=others)


# Keys of ``[data]`` that do not say how the files are read.
_NO_READING = ("table", "lookup", "missing", "expected", "broken_rows")


def _reads_what_is_stored(data: Node, files: Sequence[InputFile], old: Dataset, registry: Registry) -> bool:
    """Say whether a spec names what the registry holds of a dataset already, to be read as the registry does."""
    read = {key: data.string(key) for key in data.value if key not in _NO_READING}
    precision = precision_of(registry.data_folder(old))
    stored = {**({"pivot": old.layout.pivot} if old.layout.pivot else {}), "precision": precision or "float64"}
    return {"precision": "float64", **read} == stored and are_published(files, old.files)


def _same_slots(first: TimeDimension, second: TimeDimension) -> bool:
    return without_names(first) == without_names(second)


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
        checks=tuple(node_.value for node_ in root["checks"]) if "checks" in root else (),
        metadata=metadata_of(node),
    )


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
    assert time is not None
    _refuse_disagreements(root, time, dimensions)
    read_checks(root, dimensions)  # what is wrong with them needs no data
    return {type_: dimensions[type_] for type_ in RECORD_TYPES}, time


def _refuse_disagreements(root: Node, time: TimeDimension, dimensions: dict[str, Dimension]) -> None:
    """Refuse records whose years are not those of the labels, or that lack the zone that labels are told in."""
    problems = [root["time"].problem(message) for message in year_disagreements(time, dimensions)]
    kind: type[DsgridError] = SpecError
    try:
        zones_of(time, dimensions)
    except DsgridError as error:
        problems += [root["dimension"]["geography"].problem(each.message) for each in error.problems]
        kind = type(error)
    if problems:
        raise kind(problems)


def _dimension(type_: str, node: Node, registry: Registry | None) -> Dimension:
    if "use" in node:
        found = registered_dimension(node["use"], type_, registry)
        return replace(found, name=node.string("name") or found.name)
    return own_dimension(node, node.string("name") or type_, type_)


def _refuse_registered(registry: Registry, root: Node, dataset_id: str) -> None:
    """Say so before hours of work; the transaction at the end checks again."""
    for row in registry.datasets():
        if row["id"] == dataset_id:
            raise RegistryError(
                root["dataset"]["id"].problem(
                    f"dataset {dataset_id} is registered already ({row['version']}){CHANGE_HINT}"
                )
            )
