"""What references of an existing registry lead to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dsgrid.errors import DataError
from dsgrid.importers.registry.source import Model

Reference = tuple[str, str]


class Models:
    """Everything that a registry holds, by id and version."""

    def __init__(self, models: Iterable[Model]) -> None:
        self._models: dict[str, dict[str, dict[str, Model]]] = {}
        for model in models:
            self._models.setdefault(model.kind, {}).setdefault(model.id, {})[model.version] = model

    def find(self, kind: str, id_: str, version: str) -> Model | None:
        """Return a model, or None when it was removed."""
        return self._models.get(kind, {}).get(id_, {}).get(version)

    def get(self, kind: str, reference: dict[str, Any]) -> Model:
        """Return what a reference means.

        Raises
        ------
        DataError
            If that was removed from the registry, or cannot be read.
        """
        id_, version = str(reference.get(f"{kind}_id")), str(reference.get("version"))
        found = self.find(kind, id_, version)
        if found is None:
            raise DataError(f"the {kind} {id_}@{version} is not in the registry any more, though this refers to it")
        if found.broken:
            raise DataError(f"{found}: {found.broken}")
        return found

    def versions(self, kind: str, id_: str) -> tuple[str, ...]:
        """Return the versions of an id that are there."""
        return tuple(self._models.get(kind, {}).get(id_, {}))
