"""CSV files of results, read piece by piece: ids such as 06037 stay text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsgrid.storage.location import arrow_input

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow as pa

    from dsgrid.storage.location import Location


def pieces(path: Location, types: Mapping[str, pa.DataType], names: Sequence[str]) -> Iterator[pa.Table]:
    """Yield the named columns of a file, with the types that they have in Parquet."""
    import pyarrow as pa
    import pyarrow.csv

    convert = pyarrow.csv.ConvertOptions(column_types=types, include_columns=names)
    with pyarrow.csv.open_csv(arrow_input(path), convert_options=convert) as reader:
        for batch in reader:
            yield pa.Table.from_batches([batch])
