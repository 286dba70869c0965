"""HDF5: the array of a wide table, with an axis of time and one of columns."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dsgrid.errors import UsageError
from dsgrid.registry import disk
from dsgrid.storage.location import Location

if TYPE_CHECKING:
    import pyarrow as pa

VALUES: Final = "values"
UNITS: Final = "units"


def require() -> None:
    """Refuse where h5py is not installed."""
    try:
        import h5py  # noqa: F401
    except ModuleNotFoundError:
        raise UsageError('HDF5 needs the package h5py; install dsgrid with it: pip install "dsgrid[hdf5]"') from None


def write_array(
    path: Location,
    tables: Iterable[pa.Table],
    columns: Sequence[str],
    axis: str,
    units: Mapping[str, str],
    told: Mapping[str, str],
) -> tuple[int, list[str]]:
    """Write the one table of a file; return its rows and its columns.

    Parameters
    ----------
    columns
        The columns of values; the others are labels of rows.
    axis
        What the columns are records of.
    units
        The unit of each column.
    told
        Attributes of the file.
    """
    import h5py

    (table,) = tables
    labels = [name for name in table.column_names if name not in columns]
    memory = io.BytesIO()
    # Made in memory: the library does not tell a disk that is full from other mishaps.
    with h5py.File(memory, "w", libver=("earliest", "v110")) as file:
        for key, text in told.items():
            file.attrs[key] = text
        cells = np.column_stack([table.column(name).to_numpy(zero_copy_only=False) for name in columns])
        values = _dataset(file, VALUES, cells)
        for name in labels:
            _scale(file, name, table.column(name), values)
        _dataset(file, axis, np.array(list(columns), dtype=object)).make_scale(axis)
        values.dims[1].attach_scale(file[axis])
        own = [units.get(name, "") for name in columns]
        if len(set(own)) == 1:
            values.attrs[UNITS] = own[0]
        else:
            _dataset(file, UNITS, np.array(own, dtype=object))
            values.attrs[UNITS] = f"those of the columns, in the array {UNITS}"
    disk.write_file(path, memory.getvalue())
    return table.num_rows, table.column_names


def _scale(file: Any, name: str, column: pa.ChunkedArray, values: Any) -> None:
    import pyarrow as pa

    if pa.types.is_integer(column.type):
        data = column.to_numpy()
    else:
        data = np.array(column.cast(pa.string()).to_pylist(), dtype=object)
    _dataset(file, name, data).make_scale(name)
    values.dims[0].attach_scale(file[name])


def _dataset(file: Any, name: str, data: Any) -> Any:
    import h5py

    more: dict[str, Any] = {"track_times": False}
    if data.dtype == object:
        texts = [text.encode() for text in data]
        data = np.array(texts, dtype=h5py.string_dtype("utf-8", max(1, *map(len, texts))))
    if data.size > 1000:
        more |= {"compression": "gzip", "shuffle": True}
    return file.create_dataset(name, data=data, **more)
