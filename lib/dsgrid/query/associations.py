"""The stored association table of a dataset, coded: what the planner knows about facts without reading them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.storage.location import Location, arrow_input, storage_errors

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

# Beyond this many expanded combinations the planner states an upper bound instead of counting.
COUNTING_LIMIT = 20_000_000
# Combined codes are signed 64-bit integers.
LARGEST_CODE = 2**62


@dataclass(frozen=True)
class AssociationTable:
    """The distinct non-time combinations of a dataset.

    Parameters
    ----------
    codes
        By dimension type: for each combination the position of its record in the dimension, integers, shape (n,).
    sums, absolute_sums
        For each combination the sum of its values (and of their absolute values) over all time slots, shape (n,).
    rows
        For each combination the number of its values, shape (n,).
    """

    codes: Mapping[str, npt.NDArray[np.signedinteger[Any]]]
    sums: npt.NDArray[np.float64]
    absolute_sums: npt.NDArray[np.float64]
    rows: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.sums)

    def distinct(self, types: Sequence[str]) -> AssociationTable:
        """Return the distinct combinations of some types, with sums over the others."""
        import numpy as np

        combined, radix = np.zeros(len(self), dtype=np.int64), 1
        for type_ in types:
            size = int(self.codes[type_].max(initial=0)) + 1
            if radix * size > LARGEST_CODE:
                used, combined = np.unique(combined, return_inverse=True)
                radix = len(used)
            combined, radix = combined * size + self.codes[type_], radix * size
        _, first, groups = np.unique(combined, return_index=True, return_inverse=True)
        count = len(first)
        return AssociationTable(
            codes={type_: self.codes[type_][first] for type_ in types},
            sums=np.bincount(groups, weights=self.sums, minlength=count).astype(np.float64),
            absolute_sums=np.bincount(groups, weights=self.absolute_sums, minlength=count).astype(np.float64),
            rows=np.bincount(groups, weights=self.rows, minlength=count).astype(np.int64),
        )

    @classmethod
    def read(cls, file: Location, records: Mapping[str, Sequence[str]]) -> AssociationTable:
        """Read ``associations.parquet``; `records` gives the ids of each dimension in order."""
        import numpy as np
        import pyarrow.parquet as pq

        # Not read_table: it imports pandas, which takes longer than the reading. Dictionaries: a dataset of counties,
        # building types and end uses has millions of combinations, but few ids.
        with storage_errors(file), pq.ParquetFile(arrow_input(file), read_dictionary=list(RECORD_TYPES)) as parquet:
            table = parquet.read(columns=[*RECORD_TYPES, "sum", "abs_sum", "rows"])
        codes = {}
        for type_ in RECORD_TYPES:
            number = {id_: index for index, id_ in enumerate(records[type_])}
            small = np.int16 if len(number) < 2**15 else np.int64
            positions = [
                np.array([number[id_] for id_ in chunk.dictionary.to_pylist()], dtype=small)[_numbers(chunk.indices)]
                for chunk in table.column(type_).chunks
            ]
            codes[type_] = np.concatenate(positions or [np.zeros(0, small)])
        return cls(
            codes=codes,
            sums=_numbers(table.column("sum").combine_chunks()),
            absolute_sums=_numbers(table.column("abs_sum").combine_chunks()),
            rows=_numbers(table.column("rows").combine_chunks()),
        )


def _numbers(array: pa.Array) -> npt.NDArray[Any]:
    """Return an Arrow array without NULL as a NumPy array. Arrow's own `to_numpy` imports pandas."""
    import numpy as np

    return np.from_dlpack(array)


@dataclass(frozen=True)
class Fan:
    """For each record of one dimension what it goes to: rows ``start[i]:start[i] + count[i]`` of the other arrays."""

    start: npt.NDArray[np.int64]
    count: npt.NDArray[np.int64]
    codes: npt.NDArray[np.int64]
    coefficients: npt.NDArray[np.float64]

    def spread(self, records: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Walk the targets of many records.

        Returns
        -------
        repeated, picked
            For each (record, target): the position in `records`, and the row of `codes` and `coefficients`.
        """
        import numpy as np

        count = self.count[records]
        repeated = np.repeat(np.arange(len(records)), count)
        within = np.arange(len(repeated)) - np.repeat(np.cumsum(count) - count, count)
        return repeated, self.start[records][repeated] + within


def fan(records: Sequence[Hashable], table: Sequence[tuple[Hashable, int, float]]) -> Fan:
    """Return the fan of rows ``(record, code, coefficient)``; records may be ids, or numbers that stand for them."""
    import numpy as np

    position = {record: index for index, record in enumerate(records)}
    owner = np.array([position[record] for record, _, _ in table], dtype=np.int64)
    codes = np.array([code for _, code, _ in table], dtype=np.int64)
    coefficients = np.array([coefficient for _, _, coefficient in table], dtype=np.float64)
    order = np.argsort(owner, kind="stable")
    count = np.bincount(owner, minlength=len(records)).astype(np.int64)
    start = np.concatenate(([0], np.cumsum(count)[:-1])).astype(np.int64) if len(records) else count
    return Fan(start=start, count=count, codes=codes[order], coefficients=coefficients[order])


@dataclass(frozen=True)
class Reach:
    """The coded combinations that a set of fans reaches.

    Parameters
    ----------
    entries
        How many (association, target) pairs there are, before equal targets are merged.
    combinations
        The distinct targets, sorted; None when there were too many to count, then `entries` is the bound.
    """

    entries: int
    combinations: npt.NDArray[np.int64] | None

    @property
    def size(self) -> int:
        """How many combinations there are; at most, where they were too many to count."""
        return self.entries if self.combinations is None else len(self.combinations)


def reach(associations: AssociationTable, fans: Mapping[str, tuple[Fan, int]]) -> Reach:
    """Return what the associations reach.

    Parameters
    ----------
    fans
        By dimension type the fan of its records and the stride of its codes in the combined code. Associations with
        a record that has no code disappear.
    """
    import numpy as np

    codes = associations.codes
    multiplicity = _multiplicity(codes, fans)
    entries = len(associations) if multiplicity is None else int(multiplicity.sum())
    if entries > COUNTING_LIMIT:
        codes = _without_repeats(associations, fans).codes
        multiplicity = _multiplicity(codes, fans)
        if multiplicity is not None and int(multiplicity.sum()) > COUNTING_LIMIT:
            return Reach(entries, None)
    kept = np.arange(len(next(iter(codes.values())))) if multiplicity is None else np.flatnonzero(multiplicity)
    combined = np.zeros(len(kept), dtype=np.int64)
    for type_, (one, stride) in fans.items():
        position = codes[type_][kept]
        if (one.count[position] == 1).all():
            combined += (one.codes * stride)[one.start[position]]
            continue
        repeated, picked = one.spread(position)
        combined = combined[repeated] + (one.codes * stride)[picked]
        kept = kept[repeated]
    return Reach(entries, _distinct(combined))


def _multiplicity(
    codes: Mapping[str, npt.NDArray[Any]], fans: Mapping[str, tuple[Fan, int]]
) -> npt.NDArray[np.int64] | None:
    """Return how many targets each combination of records has; None where each has one."""
    multiplicity = None
    # Types in which every record has one target need no walk: in most queries all but one or two of them.
    for type_, (one, _) in fans.items():
        if (one.count != 1).any():
            count = one.count[codes[type_]]
            multiplicity = count if multiplicity is None else multiplicity * count
    return multiplicity


def _without_repeats(associations: AssociationTable, fans: Mapping[str, tuple[Fan, int]]) -> AssociationTable:
    """Return one combination for all that reach the same: of half a million by county those by state, say."""
    return replace(
        associations, codes={type_: _alike(one)[associations.codes[type_]] for type_, (one, _) in fans.items()}
    ).distinct(list(fans))


def _alike(one: Fan) -> npt.NDArray[np.int64]:
    """Return for each record the first whose only target is the same; itself where it has several, or none."""
    import numpy as np

    first = np.arange(len(one.count))
    single = np.flatnonzero(one.count == 1)
    _, earliest, target = np.unique(one.codes[one.start[single]], return_index=True, return_inverse=True)
    first[single] = single[earliest][target]
    return first


def _distinct(codes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the distinct codes, sorted; codes without wide gaps are marked, which is faster than sorting them."""
    import numpy as np

    if len(codes) and int(codes.max()) < 4 * len(codes):
        seen = np.zeros(int(codes.max()) + 1, dtype=bool)
        seen[codes] = True
        return np.flatnonzero(seen)
    return np.unique(codes)
