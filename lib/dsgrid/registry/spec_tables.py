"""Records, mappings and subsets as files beside a spec, or inline where a CSV file would not read back the same."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from dsgrid.dimensions.dimension import Dimension, Subset
from dsgrid.dimensions.load import load_mapping, load_records, load_subset
from dsgrid.dimensions.mapping import Mapping
from dsgrid.errors import DsgridError
from dsgrid.registry.toml import Inline
from dsgrid.spec.node import Node, Source

DEFAULT_TOLERANCE = Mapping("", ()).tolerance


class SpecTables:
    """The tables of one dumped spec.

    Parameters
    ----------
    folder
        The spec's folder; files go to ``dimensions/``, ``mappings/`` and ``subsets/`` in it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def records(self, dimension: Dimension) -> str | list[Inline]:
        """Write the records of a dimension; return the value of ``records``."""
        columns = dimension.records.columns
        path = self._write(
            f"dimensions/{dimension.name}.csv",
            columns,
            ([record.get(column) for column in columns] for record in dimension.records),
        )

        def read(node: Node) -> bool:
            return load_records(node, dimension.record_class, dimension.type) == dimension.records

        if self._reads_back(path, read):
            return path
        # A column without any value is a column nevertheless: the first record names it.
        values = {column: any(record.get(column) is not None for record in dimension.records) for column in columns}
        empty = {column: "" for column, filled in values.items() if not filled}
        inline = [
            {column: value for column in columns if (value := record.get(column)) is not None}
            for record in dimension.records
        ]
        inline[0].update(empty)
        return [Inline(each) for each in inline]

    def mapping(self, mapping: Mapping, name: str, to: str = "") -> Inline:
        """Write a mapping under a file name; return the table ``mapping``, with the key `to` where one is needed."""
        fractions = any(each.fraction != 1 for each in mapping.associations)
        columns = ("from", "to", "fraction") if fractions else ("from", "to")
        path = self._write(
            f"mappings/{name}.csv",
            columns,
            ([each.from_id, each.to_id, each.fraction][: len(columns)] for each in mapping.associations),
        )

        def read(node: Node) -> bool:
            source = {"kind": mapping.kind, "records": path}
            return load_mapping(Node(source, (), node.source)).associations == mapping.associations

        inline = [
            Inline({"from": each.from_id, **({"to": each.to_id} if each.to_id else {}), "fraction": each.fraction})
            for each in mapping.associations
        ]
        return Inline(
            {
                **({"to": to} if to else {}),
                "kind": mapping.kind,
                "records": path if self._reads_back(path, read) else inline,
                **({"description": mapping.description} if mapping.description else {}),
                **({"tolerance": mapping.tolerance} if mapping.tolerance != DEFAULT_TOLERANCE else {}),
            }
        )

    def selectors(self, subset: Subset, base: Dimension) -> str | dict[str, list[str]]:
        """Write the members of a subset's selectors; return the value of ``selectors``."""
        members = {selector.name: set(selector.ids) for selector in subset.selectors}
        chosen = [id_ for id_ in base.records.ids if any(id_ in ids for ids in members.values())]
        path = self._write(
            f"subsets/{subset.name}.csv",
            ("id", *members),
            ([id_, *("x" if id_ in ids else "" for ids in members.values())] for id_ in chosen),
        )
        expected = {selector.name: selector.ids for selector in subset.selectors}

        def read(node: Node) -> bool:
            found = load_subset(Node({"selectors": path}, (), node.source), subset.name, base)
            return {selector.name: selector.ids for selector in found.selectors} == expected

        # The file has one order of rows; a selector that lists its ids in another one is written out.
        return path if self._reads_back(path, read) else {name: list(ids) for name, ids in expected.items()}

    def _write(self, path: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
        file = self._folder / path
        file.parent.mkdir(exist_ok=True)
        cells = [[_cell(value) for value in row] for row in rows]
        # csv.writer takes a carriage return for text, csv.reader for the end of a row.
        returns = any(isinstance(cell, str) and "\r" in cell for row in cells for cell in row)
        with file.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL if returns else csv.QUOTE_MINIMAL)
            writer.writerow(columns)
            writer.writerows(cells)
        return path

    def _reads_back(self, path: str, read: Callable[[Node], bool]) -> bool:
        try:
            same = read(Node(path, ("records",), Source(None, "", self._folder)))
        except DsgridError:
            same = False
        if not same:
            (self._folder / path).unlink()
        return same


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
