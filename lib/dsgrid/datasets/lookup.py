"""The lookup of a two-table dataset: which records each id of the facts has. Small, so the driver reads it whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsgrid.datasets.files import TableFiles
from dsgrid.datasets.ingest import read_all
from dsgrid.datasets.offenders import LIMIT, counted, show
from dsgrid.datasets.places import Origin, place_of_row
from dsgrid.errors import DataError, Problem

if TYPE_CHECKING:
    import pyarrow as pa

    from dsgrid.datasets.columns import TableColumns


@dataclass(frozen=True)
class Lookup:
    """A lookup as it is stored.

    Parameters
    ----------
    table
        ``id`` (int64), one column per dimension type, ``scaling_factor`` where the files have one; sorted by id.
    absent
        The dimension columns of the rows without an id: combinations that are declared to have no data.
    codes
        Where the ids of the files are text: ``text`` and the ``code`` that stands for it.
    name
        What the user calls the file.
    origin
        The file itself.
    """

    table: pa.Table
    absent: pa.Table
    codes: pa.Table | None
    name: str
    origin: Origin | None = None


def read_lookup(files: TableFiles, columns: TableColumns) -> Lookup:
    """Read and normalise a lookup.

    Raises
    ------
    DataError
        For NULL dimension ids, rows that occur twice, scaling factors that are no finite numbers.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    raw = read_all(files, columns)
    names = {"id": columns.id, **columns.dimensions}
    if columns.scaling_factor is not None:
        names["scaling_factor"] = columns.scaling_factor
    table = pa.table({stored: raw[name].combine_chunks() for stored, name in names.items()})
    types = list(columns.dimensions)

    problems: list[Problem] = []

    def refuse(message: str, rows: pa.Table, place: str = "") -> None:
        if len(rows):
            detail = show(rows.slice(0, LIMIT).to_pylist(), len(rows))
            problems.append(Problem(f"{counted(len(rows), 'row')} {message}", place or files.name, detail=detail))

    def refuse_where(wrong: pa.ChunkedArray, message: str) -> None:
        if pc.any(wrong).as_py():
            first = pc.index(wrong, True).as_py()
            place = place_of_row(files.format, files.paths[0], first) if len(files.paths) == 1 else ""
            refuse(message, table.filter(wrong), place)

    for type_ in types:
        refuse_where(pc.is_null(table[type_]), f"without a {type_}")
    if "scaling_factor" in names:
        factor = pc.fill_null(table["scaling_factor"], 1.0)  # NULL means that the values are as they are
        refuse_where(pc.invert(pc.is_finite(factor)), "with a scaling_factor that is NaN or infinite")
        table = table.set_column(table.schema.get_field_index("scaling_factor"), "scaling_factor", factor)

    absent = table.filter(pc.is_null(table["id"])).select(types)
    rows = np.flatnonzero(pc.is_valid(table["id"]).to_numpy())
    table = table.filter(pc.is_valid(table["id"]))
    times = table.group_by(["id", *types]).aggregate([([], "count_all")]).rename_columns(["id", *types, "times"])
    again = table.select(["id", *types]).to_pandas().duplicated().to_numpy()
    first = place_of_row(files.format, files.paths[0], rows[again][0]) if again.any() and len(files.paths) == 1 else ""
    refuse("given more than once", times.filter(pc.greater(times["times"], 1)), first)
    if not len(table):
        problems.append(Problem("no row has an id", files.name))
    if problems:
        raise DataError(problems)
    table, codes = _coded(table)
    return Lookup(table.sort_by("id"), absent, codes, files.name, Origin(files, columns.dimensions))


def _coded(table: pa.Table) -> tuple[pa.Table, pa.Table | None]:
    """Replace text ids by numbers; those of equal texts are equal, and their order is that of the texts."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_string(table.schema.field("id").type):
        return table, None
    texts = pc.unique(table["id"]).sort()
    ids = pc.index_in(table["id"], texts).cast(pa.int64())
    return table.set_column(0, "id", ids), pa.table({"text": texts, "code": pa.array(range(len(texts)), pa.int64())})
