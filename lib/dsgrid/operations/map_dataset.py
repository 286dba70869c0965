"""The operation `map_dataset`: a dataset in the terms of its project, as a table or as a dataset of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsgrid.engine import Engine
from dsgrid.errors import RegistryError
from dsgrid.operations.location import registry_folder
from dsgrid.operations.query import answer
from dsgrid.operations.reported import Reported
from dsgrid.operations.task import How
from dsgrid.query.result import Result
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import Spec, load_spec
from dsgrid.spec.node import Node, shown

if TYPE_CHECKING:
    from dsgrid.operations.register_dataset import RegisteredDataset


@dataclass(frozen=True, repr=False)
class MappedDataset(Reported):
    """A dataset in the terms of a project.

    Parameters
    ----------
    result
        The table.
    registered
        The dataset that it was registered as; None where that was not asked for.
    specs
        The folder with the specs of that dataset; None where it was not kept.
    """

    result: Result
    registered: RegisteredDataset | None = None
    specs: Path | None = None

    def report(self) -> str:
        """Return what to tell the user."""
        parts = [self.result.report()]
        if self.registered is not None:
            parts.append(self.registered.report())
        if self.specs is not None:
            parts.append(f"specs of it: {shown(self.specs)}")
        return "\n".join(parts)


def map_dataset(
    spec: str | Path | Mapping[str, Any] | Spec,
    *,
    registry: str | Path | Registry | None = None,
    engine: Engine | None = None,
    progress: Callable[[str], None] | None = None,
    variables: Mapping[str, str] | None = None,
    at: str | None = None,
    how: How | None = None,
) -> MappedDataset:
    """Bring a submitted dataset to its project's base dimensions, units and time, and publish that as a result.

    With ``[register]`` the table is registered as a dataset, too, which is linked to what it was made of.

    Parameters
    ----------
    at
        A version of the project, or a date: the registry as it was then. Wins over ``at`` in the spec.
    how
        Whether the cache is used, and parts that an earlier run has finished.

    Raises
    ------
    SpecError, NotFoundError
        If the dataset is not submitted to the project, or a filter names what is not there.
    RegistryError
        If the dataset to register is registered already.
    ConservationError
        If the table does not add up to what went in.
    """
    loaded = load_spec(spec, "map_dataset", variables)
    folder = registry.folder if isinstance(registry, Registry) else registry_folder(loaded, registry)
    node = loaded.root.get("register")
    if node is not None:
        with Registry.open(folder) as opened:
            refuse_registered(loaded.root, opened)
    result = answer(loaded, registry=folder, engine=engine, progress=progress, at=at, how=how)
    if node is None:
        return MappedDataset(result)
    # Imported here: who wants a table registers nothing.
    from dsgrid.operations.create_derived_dataset import derive
    from dsgrid.operations.register_dataset import register_dataset

    with _specs_folder(result, node["id"].value) as output:
        derived = derive(
            result.folder,
            id=node["id"].value,
            output=output,
            registry=folder,
            description=node.string("description"),
            overwrite=True,
            progress=progress,
        )
        registered = register_dataset(
            _with_message(derived.dataset_spec, node), registry=folder, engine=engine, progress=progress
        )
    return MappedDataset(result, registered, output if output.is_dir() else None)


def refuse_registered(root: Node, registry: Registry) -> None:
    """Refuse to register a dataset again.

    Raises
    ------
    RegistryError
        If the registry has the dataset that ``[register]`` names.
    """
    node = root.get("register")
    if node is not None and any(row["id"] == node["id"].value for row in registry.datasets()):
        raise RegistryError(node["id"].problem(f"dataset {node['id'].value} is registered already; choose another id"))


@contextmanager
def _specs_folder(result: Result, id_: str) -> Iterator[Path]:
    """Yield the folder for the specs of a dataset: beside the runs of the query, unless an object store has these."""
    runs = result.folder.parent
    if isinstance(runs, Path):
        yield runs / f"{id_}_specs"
        return
    with tempfile.TemporaryDirectory(prefix="dsgrid-") as folder:
        yield Path(folder) / id_


def _with_message(path: Path, node: Node) -> Spec:
    """Return the spec of the dataset, with the message that the history gets."""
    loaded = load_spec(path, "register_dataset")
    message = node.string("log_message")
    if not message:
        return loaded
    root = Node({**loaded.root.value, "log_message": message}, (), loaded.root.source)
    return Spec(loaded.job, root, loaded.text, loaded.sha256, loaded.path, loaded.variables)
