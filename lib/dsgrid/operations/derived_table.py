"""The table of a result in a form that a dataset can be read from, where its own is none: names, Arrow, partitions.

The copy lies in a folder with the name of the run, beside a manifest that says what the run's own says. So the dataset
that is made of it has the same lineage.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from dsgrid.errors import DataError
from dsgrid.operations.derived_dimensions import Part
from dsgrid.operations.derived_form import Form
from dsgrid.registry.publish import MANIFEST, data_file, manifest_sha256, verify_manifest, write_manifest

if TYPE_CHECKING:
    import pyarrow as pa

TABLE = "table.parquet"
_ROWS = 1 << 20


def is_readable(form: Form) -> bool:
    """Say whether the files of a result can be read as those of a dataset."""
    path = form.result.path
    return (
        not form.names
        and path.suffix in (".parquet", ".csv")
        and all(file == path or file.parent == path for file in form.result.files)
    )


def refuse_changed(form: Form) -> None:
    """Refuse a result that is not as the query left it: nobody knows what its values are.

    Raises
    ------
    DataError
        With every file that is missing or has other contents than the manifest says.
    """
    problems = verify_manifest(form.result.folder)
    if problems:
        raise DataError(problems)


def copy_table(form: Form, parts: Mapping[str, Part], folder: Path) -> Path:
    """Write the table into a folder as one Parquet file with ids, and its manifest; return the file."""
    import pyarrow.parquet as pq

    folder.mkdir(parents=True)
    path = folder / TABLE
    writer, rows = None, 0
    try:
        for piece in form.result.pieces(_ROWS):
            table = _with_ids(form, parts, piece)
            writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
            writer.write_table(table)
            rows += table.num_rows
    finally:
        if writer is not None:
            writer.close()
    own = {key: value for key, value in form.result.manifest.items() if key not in ("files", "format", "results")}
    copied = {
        "table": TABLE,
        "copy_of": {"run": form.result.folder.name, MANIFEST: manifest_sha256(form.result.folder)},
    }
    write_manifest(folder, [data_file(folder, TABLE, "table", rows)], {**own, **copied})
    return path


def _with_ids(form: Form, parts: Mapping[str, Part], piece: pa.Table) -> pa.Table:
    if not form.names:
        return piece
    for part in parts.values():
        if part.ids is None:
            continue
        if part.column is None:
            piece = piece.rename_columns([part.ids.get(name, name) for name in piece.column_names])
        else:
            piece = piece.set_column(
                piece.column_names.index(part.column), part.column, _mapped(piece.column(part.column), part.ids)
            )
    return piece


def _mapped(column: pa.ChunkedArray, ids: Mapping[str, str]) -> pa.ChunkedArray:
    import pyarrow as pa
    import pyarrow.compute as pc

    names = pa.array(list(ids), pa.string())
    return pc.take(pa.array(list(ids.values()), pa.string()), pc.index_in(column.cast(pa.string()), names))
