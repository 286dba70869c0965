"""The operation `check_dataset`: the checks of a registered dataset once more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dsgrid.datasets.ledger import CHECKS, Ledger
from dsgrid.datasets.offending import write_rows
from dsgrid.engine import Engine, engine_errors
from dsgrid.errors import DataError
from dsgrid.operations.check import Checked
from dsgrid.operations.location import registry_folder
from dsgrid.operations.running import running
from dsgrid.operations.submit_dataset import read_named
from dsgrid.registry.model import Dataset
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import Spec, load_spec


def check_dataset(
    spec: str | Path | Mapping[str, Any] | Spec,
    *,
    registry: str | Path | None = None,
    engine: Engine | None = None,
    progress: Callable[[str], None] | None = None,
    variables: Mapping[str, str] | None = None,
) -> Checked:
    """Make the checks of a registered dataset's data again, its own ``[[checks]]`` among them; nothing is changed.

    Raises
    ------
    NotFoundError
        If the registry has no such dataset.
    DataError
        With everything that does not hold; all rows are written to the folder that the spec names.
    """
    loaded = load_spec(spec, "check_dataset", variables)
    ledger = Ledger()
    with Registry.open(registry_folder(loaded, registry)) as opened:
        dataset = named_dataset(loaded, opened)
        if progress is not None:
            progress(f"checking {dataset.id}")
        with running(engine) as used, engine_errors():
            from dsgrid.datasets.recheck import SETTLED, recheck

            names = [one.name for one in CHECKS if one.name not in SETTLED and _is_due(one.name, dataset)]
            try:
                recheck(used.spark, opened.data, dataset, ledger)
            except DataError:
                if "rows" in loaded.root:
                    write_rows(Path(str(loaded.root["rows"].resolve())), ledger.outcomes(names))
                raise
    return Checked(dataset.id, ledger.outcomes(names))


def bytes_to_read(spec: Spec, registry: str | Path | None) -> int:
    """Return how large the facts are that the engine will read; raise what is wrong with the spec now."""
    with Registry.open(registry_folder(spec, registry)) as opened:
        return sum(file.bytes for file in named_dataset(spec, opened).files if file.role == "facts")


def named_dataset(spec: Spec, registry: Registry) -> Dataset:
    """Return the dataset that a spec names."""
    found: Dataset = read_named(spec.root["dataset"], registry.dataset)
    return found


def _is_due(name: str, dataset: Dataset) -> bool:
    due = {"submission": False, "lookup": dataset.layout.two_tables, "values": bool(dataset.checks)}
    return due.get(name, True)
