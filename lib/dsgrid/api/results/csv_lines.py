"""Rows as CSV, as `dsgrid.operations.shown_rows.write_csv` writes them, made by Arrow: no Python for each cell.

A server sends tables of many million rows, and its other clients wait for whoever holds Python.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pyarrow as pa

# Numbers from the one to the other are written alike by Arrow and by Python, but for the ".0".
_PLAIN: Final = (1e-4, 1e10)


def header(names: Sequence[str]) -> bytes:
    """Return the first line."""
    import pyarrow as pa

    return _lines([_quoted(pa.array([name], pa.string())) for name in names])


def lines(table: pa.Table) -> bytes:
    """Return the rows of a small table as lines."""
    if not table.num_rows:
        return b""
    return _lines([_texts(table.column(name).combine_chunks()) for name in table.column_names])


def _lines(columns: list[pa.Array]) -> bytes:
    import pyarrow as pa
    import pyarrow.compute as pc

    if len(columns) == 1:
        # An empty line would be no row.
        columns = [pc.if_else(pc.equal(columns[0], ""), '""', columns[0])]
    joined = pc.binary_join_element_wise(*columns, ",") if len(columns) > 1 else columns[0]
    ended = pc.binary_join_element_wise(joined, "\n", pa.scalar("", pa.string()))
    return _bytes(ended)


def _bytes(texts: Any) -> bytes:
    """Return all texts of an array, one after the other: this is how Arrow holds them."""
    import numpy as np

    _, offsets, data = texts.buffers()
    ends = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return bytes(memoryview(data)[int(ends[0]) : int(ends[-1])])


def _texts(column: pa.Array) -> pa.Array:
    """Return the texts of a column; what is not there is empty."""
    import pyarrow as pa
    import pyarrow.compute as pc

    type_ = column.type
    if pa.types.is_floating(type_):
        texts = _numbers(column)
    elif pa.types.is_timestamp(type_):
        texts = _times(column)
    elif pa.types.is_integer(type_) or pa.types.is_date(type_):
        texts = column.cast(pa.string())
    elif pa.types.is_boolean(type_):
        texts = pc.if_else(column, "True", "False")
    elif pa.types.is_string(type_) or pa.types.is_large_string(type_) or pa.types.is_dictionary(type_):
        texts = _quoted(column.cast(pa.string()))
    else:
        texts = _quoted(pa.array([None if one is None else str(one) for one in column.to_pylist()], pa.string()))
    return pc.fill_null(texts, "")


def _quoted(texts: pa.Array) -> pa.Array:
    import pyarrow.compute as pc

    special = pc.match_substring_regex(texts, '[",\r\n]')
    if not pc.any(special).as_py():
        return texts
    marked = pc.binary_join_element_wise('"', pc.replace_substring(texts, '"', '""'), '"', "")
    return pc.if_else(special, marked, texts)


def _numbers(column: pa.Array) -> pa.Array:
    """Return numbers as Python writes them: the shortest text that is read back as the same number."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = column.cast(pa.string())
    size = pc.abs(column)
    plain = pc.or_(pc.equal(size, 0), pc.and_(pc.greater_equal(size, _PLAIN[0]), pc.less(size, _PLAIN[1])))
    whole = pc.and_(plain, pc.invert(pc.match_substring(texts, ".")))
    if pc.any(whole).as_py():
        texts = pc.if_else(whole, pc.binary_join_element_wise(texts, "0", "."), texts)
    odd = pc.fill_null(pc.invert(plain), False)
    if not pc.any(odd).as_py():
        return texts
    return pc.replace_with_mask(texts, odd, pa.array(map(repr, column.filter(odd).to_pylist()), pa.string()))


def _times(column: pa.Array) -> pa.Array:
    """Return instants as ``2018-07-01 07:00:00Z``, or with the offset of their zone; readings without either."""
    import pyarrow as pa
    import pyarrow.compute as pc

    zone = column.type.tz
    if zone in (None, "UTC"):
        seconds = pc.floor_temporal(column.cast(pa.timestamp("us")), unit="second").cast(pa.timestamp("s"))
        return pc.strftime(seconds, "%Y-%m-%d %H:%M:%S" + ("" if zone is None else "Z"))
    import numpy as np

    from dsgrid.query.timestamps import texts_in

    encoded = column.cast(pa.timestamp("us", zone)).cast(pa.int64()).dictionary_encode()
    known = pa.array(texts_in(zone, np.asarray(encoded.dictionary)), pa.string())
    return known.take(encoded.indices)
