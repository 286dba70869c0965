"""Records, mappings and subsets as files beside a spec, or inline where a CSV file would not read back the same."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from dsgrid.dimensions.dimension import Dimension, Subset
from dsgrid.dimensions.load import load_mapping, load_records, load_subset
from dsgrid.dimensions.mapping import Association, Mapping
from dsgrid.dimensions.records import Records
from dsgrid.errors import DsgridError
from dsgrid.registry import disk
from dsgrid.registry.folders import write_text
from dsgrid.spec.node import Node, Source
from dsgrid.toml_text import Inline

DEFAULT_TOLERANCE = Mapping("", ()).tolerance
# More records than this do not stand in a spec; what a CSV file would change goes to a Parquet file.
MOST_INLINE = 12
# Filesystems take names of 255 bytes, of which an ending and a number need some.
LONGEST_NAME = 200


class SpecTables:
    """The tables of one dumped spec.

    Parameters
    ----------
    folder
        The spec's folder; files go to ``dimensions/``, ``mappings/`` and ``subsets/`` in it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._taken: set[str] = set()

    def records(self, dimension: Dimension) -> str | list[Inline]:
        """Write the records of a dimension; return the value of ``records``."""
        columns = dimension.records.columns
        rows = [[record.get(column) for column in columns] for record in dimension.records]
        path = self._write(f"dimensions/{dimension.name}.csv", columns, rows)

        def read(node: Node) -> bool:
            found = load_records(node, dimension.record_class, dimension.type)
            return found == dimension.records and _types(found) == _types(dimension.records)

        if self._reads_back(path, read):
            return path
        if len(rows) > MOST_INLINE:
            path = self._write_parquet(f"dimensions/{dimension.name}.parquet", columns, rows)
            if path and self._reads_back(path, read):
                return path
        # The first record names all columns, those without a value of its own too.
        first = Inline({column: "" if value is None else value for column, value in zip(columns, rows[0], strict=True)})
        others = [
            Inline({column: value for column, value in zip(columns, row, strict=True) if value is not None})
            for row in rows[1:]
        ]
        return [first, *others]

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

        same = self._reads_back(path, read)
        return Inline(
            {
                **({"to": to} if to else {}),
                "kind": mapping.kind,
                "records": path if same else [_association(each) for each in mapping.associations],
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
        path = self._free(path)
        cells = [[_cell(value) for value in row] for row in rows]
        # csv.writer takes a carriage return for text, csv.reader for the end of a row.
        returns = any(isinstance(cell, str) and "\r" in cell for row in cells for cell in row)
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL if returns else csv.QUOTE_MINIMAL)
        writer.writerow(columns)
        writer.writerows(cells)
        write_text(self._folder / path, stream.getvalue())
        return path

    def _write_parquet(self, path: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
        """Write a table whose cells are more than text; return nothing where a column has cells of several types."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            table = pa.table({name: [row[index] for row in rows] for index, name in enumerate(columns)})
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
            return ""
        path = self._free(path)
        stream = io.BytesIO()
        pq.write_table(table, stream)
        disk.write_file(self._folder / path, stream.getvalue())
        return path

    def _free(self, path: str) -> str:
        """Return the path, or one like it when another table has that name already, be it in other letters' case."""
        stem, dot, ending = path.rpartition(".")
        folder, slash, name = stem.rpartition("/")
        stem = f"{folder}{slash}{name[:LONGEST_NAME]}"
        found, number = f"{stem}{dot}{ending}", 1
        while found.casefold() in self._taken:
            number += 1
            found = f"{stem}_{number}{dot}{ending}"
        self._taken.add(found.casefold())
        return found

    def _reads_back(self, path: str, read: Callable[[Node], bool]) -> bool:
        try:
            same = read(Node(path, ("records",), Source(None, "", self._folder)))
        except DsgridError:
            same = False
        if not same:
            disk.remove_file(self._folder / path)
            self._taken.discard(path.casefold())
        return same


def _types(records: Records) -> list[type]:
    """Return the types of all cells: 1 and 1.0 are equal, and not the same."""
    return [type(record.get(column)) for record in records for column in records.columns]


def _association(each: Association) -> Inline:
    return Inline({"from": each.from_id, **({"to": each.to_id} if each.to_id else {}), "fraction": each.fraction})


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
