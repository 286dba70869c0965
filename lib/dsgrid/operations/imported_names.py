"""What the ids of another registry mean in the one that it is imported into."""

from __future__ import annotations

from dataclasses import replace

from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.mapping import Mapping
from dsgrid.importers.registry.source import Model
from dsgrid.registry.registration import Registration
from dsgrid.registry.registry import Registry
from dsgrid.registry.time_documents import without_names
from dsgrid.time.dimension import TimeDimension

Reference = tuple[str, str]


class Names:
    """Keeps which id and version here each id and version there became; those of one registration until it is done.

    Parameters
    ----------
    registry
        The new registry.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._known: dict[tuple[str, Reference], Reference] = {}
        self._waiting: dict[tuple[str, Reference], Reference] = {}

    def find(self, model: Model) -> Reference | None:
        """Return what a model is here, or None."""
        key = (model.kind, model.reference)
        return self._known.get(key) or self._waiting.get(key)

    def learn(self, model: Model, id_: str, version: str) -> None:
        """Say what a model is here; the first word counts."""
        if id_ and self.find(model) is None:
            self._waiting[model.kind, model.reference] = (id_, version)

    def forget(self) -> None:
        """Forget what was learnt since the last registration, which failed."""
        self._waiting.clear()

    def write(self, registration: Registration) -> None:
        """Register as aliases what was learnt, but for what is called the same in both registries."""
        for (kind, alias), version in self._waiting.items():
            if alias != version:
                registration.add_alias(kind, alias, version)

    def keep(self) -> None:
        """Say that what was learnt is registered."""
        self._known |= self._waiting
        self._waiting.clear()

    # What was registered before --------------------------------------------------------------------------------------

    def dimension(self, model: Model, built: Dimension) -> Dimension:
        """Return a dimension as it is registered for another owner, when that is the same; else as it is built."""
        known = self._known.get((model.kind, model.reference))
        if known is None:
            return built
        found = self._registry.dimension(*known)
        bare = replace(found, id="", version="", name=built.name)
        return replace(found, name=built.name) if bare == built else built

    def time(self, model: Model, built: TimeDimension) -> TimeDimension:
        """Return a time dimension as it is registered for another owner, when that is the same."""
        known = self._known.get((model.kind, model.reference))
        if known is None:
            return built
        found = self._registry.time(*known)
        same = without_names(found) == without_names(built) and (found.name, found.columns) == (
            built.name,
            built.columns,
        )
        return found if same and found.description == built.description else built

    def mapping(self, model: Model, built: Mapping) -> Mapping:
        """Return a mapping as it is registered for another owner, when that is the same."""
        known = self._known.get((model.kind, model.reference))
        if known is None:
            return built
        found = self._registry.mapping(*known)
        return found if replace(found, id="", version="") == replace(built, id="", version="") else built
