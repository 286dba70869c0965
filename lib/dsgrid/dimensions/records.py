"""Record tables: the ids of a dimension, their names and their attributes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

Attribute = str | int | float | bool | None


@dataclass(frozen=True)
class Record:
    """One record. `attributes` holds every column but ``id`` and ``name``, in the table's order."""

    id: str
    name: str
    attributes: dict[str, Attribute] = field(default_factory=dict)

    def get(self, column: str) -> Attribute:
        """Return the value of a column, ``id`` and ``name`` included; None when the record has none."""
        if column == "id":
            return self.id
        if column == "name":
            return self.name
        return self.attributes.get(column)


@dataclass(frozen=True)
class Records:
    """An ordered table of records with unique ids."""

    rows: tuple[Record, ...]

    def __iter__(self) -> Iterator[Record]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """The ids in the table's order."""
        return tuple(record.id for record in self.rows)

    @cached_property
    def by_id(self) -> dict[str, Record]:
        """The records keyed by id."""
        return {record.id: record for record in self.rows}

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """``id``, ``name`` and every attribute, in order of first appearance."""
        names = dict.fromkeys(name for record in self.rows for name in record.attributes)
        return ("id", "name", *names)
