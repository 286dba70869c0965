"""Mappings that were registered by themselves, and to which projects and datasets refer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from dsgrid.importers.document import Entry
from dsgrid.importers.references import Names

REFERENCE_KEYS: Final = (
    "from_dimension_type", "to_dimension_type", "mapping_id", "mapping_names", "version", "required_for_validation",
)  # fmt: skip


@dataclass(frozen=True)
class RegisteredMappings:
    """Configurations of mappings that stand alone.

    dsgrid-toolkit refers to a mapping by an id that its registry made, or by the names of both dimensions. A file
    has no ids, so that there the names tell them apart.

    Parameters
    ----------
    by_names
        The mappings by the names of the dimensions that they lead from and to.
    by_id
        The mappings by the ids of a registry.
    """

    by_names: Mapping[tuple[str, str], Entry] = field(default_factory=dict)
    by_id: Mapping[str, Entry] = field(default_factory=dict)

    @classmethod
    def of(cls, documents: Iterable[Entry], names: Names | None = None) -> RegisteredMappings:
        """Return the mappings of files whose entries name both their dimensions; the first of a pair counts."""
        found: dict[tuple[str, str], Entry] = {}
        for document in documents:
            for entry in document.entries("mappings"):
                ends = (dimension_name(entry, "from_dimension", names), dimension_name(entry, "to_dimension", names))
                if all(ends):
                    found.setdefault(ends, entry)
        return cls(found)

    def find(self, reference: Entry) -> Entry | None:
        """Return the mapping that a reference means; None where it is not known."""
        identifier, ends = reference.get("mapping_id"), reference.get_object("mapping_names")
        if identifier is not None and identifier.text_value in self.by_id:
            return self.by_id[identifier.text_value]
        return None if ends is None else self.by_names.get((ends.text("from"), ends.text("to")))

    def to(self, name: str) -> tuple[Entry, ...]:
        """Return the mappings that lead to a dimension."""
        return tuple(entry for (_, target), entry in self.by_names.items() if target == name)


def dimension_name(entry: Entry, key: str, names: Names | None = None) -> str:
    """Return the name of the dimension at one end of a mapping; empty where nothing says it."""
    end = entry.get_object(key)
    if end is None:
        return ""
    return end.text("name", "dimension_name") or (names or {}).get(end.text("dimension_id"), "")


def shown(reference: Entry) -> str:
    """Return how a reference names its mapping, for messages."""
    ends = reference.get_object("mapping_names")
    if ends is not None:
        return f'from "{ends.text("from")}" to "{ends.text("to")}"'
    return f'"{reference.text("mapping_id")}"'
