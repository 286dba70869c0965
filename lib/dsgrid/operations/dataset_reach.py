"""The dimensions that a query may bring a dataset to: what registered mappings lead to from its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dsgrid.dimensions.types import TIME
from dsgrid.operations.registry_contents import aim
from dsgrid.operations.targets import reached
from dsgrid.registry.database import LOCK_TIMEOUT
from dsgrid.registry.registry import Registry
from dsgrid.registry.versions import parts

Document = dict[str, Any]


def reach_of_dataset(
    folder: str | Path, reference: str, *, at: str | None = None, lock_timeout: float = LOCK_TIMEOUT
) -> Document:
    """Return the dimensions of each type that a dataset can be brought to, the nearest first.

    Of several versions of a dimension it is the newest one, which is that a query takes. Time is brought to any time
    that rules lead to, so all registered ones are there.

    Raises
    ------
    NotFoundError
        If there is no such dataset.
    """
    name, moment = aim(reference, at)
    with Registry.open(folder, lock_timeout=lock_timeout, at=moment) as registry:
        dataset = registry.dataset(name)
        rows: list[Document] = []
        for type_, own in dataset.dimensions.items():
            newest: dict[str, tuple[str, str]] = {}
            for (id_, version), called in reached(registry.reach(type_, dataset), (own.id, own.version)).items():
                if id_ not in newest or parts(version) > parts(newest[id_][0]):
                    newest[id_] = (version, called)
            rows += [_row(type_, id_, version, called) for id_, (version, called) in newest.items()]
        times = (row for row in registry.dimensions() if row["type"] == TIME)
        rows += [_row(TIME, row["id"], row["version"], row["name"]) for row in times]
        return {"reference": f"{dataset.id}@{dataset.version}", "items": rows}


def _row(type_: str, id_: str, version: str, called: str) -> Document:
    return {"type": type_, "dimension": f"{id_}@{version}", "id": id_, "name": called}
