"""The lookup of a two-table dataset, contracted on the driver to one small factor keyed by id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsgrid.datasets import parquet
from dsgrid.query.associations import fan
from dsgrid.query.plan import Plan
from dsgrid.query.source import Source
from dsgrid.query.terms import class_column
from dsgrid.registry.data_check import stored_files
from dsgrid.storage.location import Location

if TYPE_CHECKING:
    import pyarrow as pa

LOOKUP_CODE, LOOKUP_WEIGHT = "#lookup_code", "#lookup_weight"
# Of extremes: what a value is multiplied with before the extreme is taken, as a negative factor turns them round.
LOOKUP_SIGN = "#lookup_sign"


@dataclass(frozen=True)
class ContractedLookup:
    """``id -> code, class columns, weight``, summed per distinct key.

    Parameters
    ----------
    classes
        The names of the class columns, one per expanding dimension type.
    weighted
        Whether any weight differs from 1.
    ids
        The ids that are left, where some were pruned; None when all are.
    """

    table: pa.Table
    classes: tuple[str, ...]
    weighted: bool
    ids: list[int] | None


def contracted_lookup(plan: Plan, source: Source, root: Location) -> ContractedLookup:
    """Read the lookup and multiply its rows with the factors of its dimension types.

    An id with several lookup rows, or a record with several targets, gives several rows here; those with equal keys
    are summed, so that the facts are joined with as few as possible.
    """
    import numpy as np
    import pyarrow as pa

    dataset = source.dataset
    stored = pa.concat_tables([parquet.read(file) for file in stored_files(root, dataset, "lookup")])
    ids = stored.column("id").to_numpy()
    weight = (
        stored.column("scaling_factor").to_numpy().astype(np.float64)
        if dataset.layout.scaling_factor
        else np.ones(len(ids))
    )
    assert source.time is not None
    negative = weight < 0
    signed = source.time.function != "sum" and bool(negative.any())
    weight = np.abs(weight) if signed else weight
    rows = np.arange(len(ids))
    code = np.zeros(len(ids), dtype=np.int64)
    classes: dict[str, np.ndarray] = {}
    for type_ in dataset.layout.lookup_types:
        factor = source.factor(type_)
        contraction = factor.contraction
        assert contraction is not None
        if contraction.mode == "idle":
            continue
        expands = contraction.mode == "expand"
        table = [
            (record, number if expands else plan.place_value(source, type_, number), coefficient)
            for record, number, coefficient in contraction.table
        ]
        one = fan(factor.records, table)
        repeated, picked = one.spread(_positions(stored.column(type_), factor.records)[rows])
        rows, code, weight = rows[repeated], code[repeated], weight[repeated] * one.coefficients[picked]
        classes = {name: column[repeated] for name, column in classes.items()}
        if expands:
            classes[class_column(type_)] = one.codes[picked]
        else:
            code = code + one.codes[picked]
    signs = {LOOKUP_SIGN: np.where(negative, -1, 1)[rows]} if signed else {}
    columns = {"id": ids[rows], LOOKUP_CODE: code, **classes, **signs}
    return _summed(ids, columns, tuple(classes), weight)


def _positions(column: pa.ChunkedArray, records: tuple[str, ...]):  # type: ignore[no-untyped-def]
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    found = pc.index_in(column.combine_chunks().cast(pa.string()), value_set=pa.array(records, pa.string()))
    return found.to_numpy(zero_copy_only=False).astype(np.int64)


def _summed(ids, columns, classes, weight) -> ContractedLookup:  # type: ignore[no-untyped-def]
    import numpy as np
    import pyarrow as pa

    # Sorted by hand: np.unique of rows compares bytes, which takes many times as long.
    order = np.lexsort(tuple(reversed(columns.values())))
    columns = {name: column[order].astype(np.int64) for name, column in columns.items()}
    new = np.ones(len(order), dtype=bool)
    new[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns.values()])
    first = np.flatnonzero(new)
    sums = np.bincount(np.cumsum(new) - 1, weights=weight[order], minlength=len(first))
    distinct = {name: column[first] for name, column in columns.items()}
    table = pa.table({**distinct, LOOKUP_WEIGHT: pa.array(sums, pa.float64())})
    left = np.unique(distinct["id"])
    return ContractedLookup(
        table=table,
        classes=classes,
        weighted=bool((sums != 1.0).any()),
        ids=None if len(left) == len(np.unique(ids)) else [int(one) for one in left],
    )
