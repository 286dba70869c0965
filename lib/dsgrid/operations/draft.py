"""Drafts: specs that a generator proposes, with a comment behind every guess and a blank where only the user knows.

A blank (``""``) breaks the schema or the rules of record tables on purpose: `dsgrid validate` names each until it is
filled.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dsgrid.dimensions.dimension import Dimension
from dsgrid.registry.folders import schema_line, schemas_above, write_schemas, write_text
from dsgrid.registry.toml import escaped
from dsgrid.toml_text import Noted, dumps

Document = dict[str, Any]


@dataclass
class Draft:
    """Files of a draft while they are made: specs, tables, and what is left to say about them.

    Parameters
    ----------
    specs
        Documents by file name.
    tables
        Header and rows by path, relative to the folder.
    decisions
        What the user has to fill: the file and key, and the question.
    notes
        What else the user should know.
    """

    specs: dict[str, Document] = field(default_factory=dict)
    tables: dict[str, list[Sequence[str]]] = field(default_factory=dict)
    decisions: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def decide(self, where: str, question: str, value: Any = "") -> Noted:
        """Return a blank with its question, and remember it."""
        self.decisions.append((where, question))
        return Noted(value, f"decide: {question}")

    def records(self, path: str, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
        """Add a table and return its path."""
        cells = [[_cell(row.get(column)) for column in columns] for row in rows]
        self.tables[path] = [list(columns), *cells]
        return path

    def write(self, folder: Path) -> tuple[Path, ...]:
        """Write all files; return the specs, relative to the folder."""
        schemas = schemas_above(folder) or write_schemas(folder)
        for place, rows in self.tables.items():
            stream = io.StringIO()
            csv.writer(stream, lineterminator="\n").writerows(rows)
            write_text(folder / place, stream.getvalue())
        for name, document in self.specs.items():
            path = folder / name
            write_text(path, schema_line(path, document["job"], schemas) + dumps(escaped(document)))
        return tuple(map(Path, self.specs))

    def report(self, specs: Sequence[Path]) -> list[str]:
        """Return the lines about what is left to do."""
        lines = [f"  note: {note}" for note in self.notes]
        if self.decisions:
            lines.append("left to decide:")
            lines += [f"  {where}: {question}" for where, question in self.decisions]
        return [*lines, f"next: dsgrid validate {' '.join(map(str, specs))}"]


def title(id_: str) -> str:
    """Return a name for an id.

    Examples
    --------
    >>> title("com__LargeHotel"), title("natural_gas_heating"), title("06037")
    ('Com LargeHotel', 'Natural Gas Heating', '06037')
    """
    words = re.sub(r"[_\s]+", " ", id_).strip().split(" ")
    return " ".join(word[:1].upper() + word[1:] for word in words) or id_


def same_records(type_: str, ids: Iterable[str], known: Sequence[Dimension]) -> Dimension | None:
    """Return the first dimension of a type with exactly these ids, in whatever order."""
    wanted = set(ids)
    return next((each for each in known if each.type == type_ and set(each.records.ids) == wanted), None)


def more_records(type_: str, ids: Iterable[str], known: Sequence[Dimension]) -> Dimension | None:
    """Return the first dimension of a type that has all of these ids."""
    wanted = set(ids)
    return next((each for each in known if each.type == type_ and wanted <= set(each.records.ids)), None)


def reference(dimension: Dimension) -> str:
    """Return how `use` names a dimension."""
    return f"{dimension.id}@{dimension.version}"


def some(values: Sequence[str], most: int = 4) -> str:
    """Return the first values for a comment."""
    shown = ", ".join(" ".join(value.split()) for value in values[:most])
    return f"{shown}, ..." if len(values) > most else shown


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
