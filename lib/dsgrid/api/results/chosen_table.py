"""A table with the columns and the tests that somebody chose, in the words of ``dsgrid head``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from dsgrid.api.results.table_reading import StoredTable
from dsgrid.errors import NotFoundError, Problem, SpecError, UsageError, did_you_mean
from dsgrid.operations.chosen_rows import chosen
from dsgrid.operations.question_grammar import parse_condition
from dsgrid.operations.shown_rows import Rows
from dsgrid.query.patterns import only_cheap_patterns

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class ChosenTable:
    """Some columns of a table, and of its rows those that pass tests.

    Parameters
    ----------
    columns
        What is shown, in this order; all where there are none.
    where
        Tests such as ``state=CO``, which all have to hold.

    Raises
    ------
    NotFoundError, SpecError, UsageError
        For columns that there are not, and for tests that make no sense.
    """

    table: StoredTable
    columns: tuple[str, ...] = ()
    where: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = self.table.schema.names
        unknown = [name for name in self.columns if name not in names]
        if unknown:
            raise NotFoundError(
                [Problem(f'no column "{one}"{did_you_mean(one, names)}', key="columns") for one in unknown]
            )
        for text in self.where:
            try:
                with only_cheap_patterns():
                    chosen(Rows(self.table.schema, lambda: iter(())), (), [text])
            except (NotFoundError, SpecError, UsageError) as error:
                problems = [Problem(one.message, key=f'where "{text}"', detail=one.detail) for one in error.problems]
                raise type(error)(problems) from None

    @property
    def is_whole(self) -> bool:
        """Whether nothing was chosen."""
        return not self.columns and not self.where

    @cached_property
    def schema(self) -> pa.Schema:
        """What is shown."""
        import pyarrow as pa

        if not self.columns:
            return self.table.schema
        return pa.schema([self.table.schema.field(name) for name in dict.fromkeys(self.columns)])

    def pieces(self, start: int = 0) -> Iterator[pa.Table]:
        """Yield the rows, piece by piece."""
        for _, piece in self.counted(start):
            yield piece

    def counted(self, start: int = 0) -> Iterator[tuple[int, pa.Table]]:
        """Yield the rows from one on, piece by piece, each with how many rows of the table it is made of."""
        import pyarrow as pa

        read = list(dict.fromkeys([*self.schema.names, *map(_column, self.where)]))
        lengths: list[int] = []

        def pieces() -> Iterator[pa.Table]:
            for piece in self.table.pieces(start, read):
                lengths.append(piece.num_rows)
                yield piece

        schema = pa.schema([self.table.schema.field(name) for name in read])
        for piece in chosen(Rows(schema, pieces), self.schema.names, self.where).pieces():
            yield lengths.pop(), piece.cast(self.schema)


def _column(test: str) -> str:
    condition = parse_condition(test)
    return f"{condition.name}.{condition.attribute}" if condition.attribute else condition.name
