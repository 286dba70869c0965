"""What the columns of a dataset's files mean, worked out before any row is read.

The spec declares little: a column whose name is a dimension type, the time column, `value`, `id`, or (in pivoted
data) the id of a record explains itself. Whatever is left over must be declared or ignored, so that a misspelt
column is never dropped without a word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.types import RECORD_TYPES, TIME
from dsgrid.errors import Problem, SpecError, closest, did_you_mean, listing
from dsgrid.registry.model import Layout
from dsgrid.time.dimension import AnnualTime, TimeDimension
from dsgrid.time.stored import stored_columns

if TYPE_CHECKING:
    from dsgrid.spec.node import Node


@dataclass(frozen=True)
class TableColumns:
    """What each column of one table means, by the name it has in the files.

    Parameters
    ----------
    dimensions
        Dimension type -> column.
    values
        Name of the stored column (``value``, or the record id in pivoted data) -> column.
    id, scaling_factor
        The columns with these meanings, where the table has them.
    times
        The columns of time, by what they hold (`DatetimeTime.columns`); one may be that of a dimension, too.
    declared
        Types that the spec declares, by column.
    """

    dimensions: dict[str, str]
    values: dict[str, str] = field(default_factory=dict)
    id: str | None = None
    times: dict[str, str] = field(default_factory=dict)
    scaling_factor: str | None = None
    declared: dict[str, str] = field(default_factory=dict)

    @property
    def used(self) -> tuple[str, ...]:
        """The columns that are read, in the order they are stored in."""
        single = (self.scaling_factor,) if self.scaling_factor is not None else ()
        first = (self.id,) if self.id is not None else ()
        names = (*first, *self.dimensions.values(), *self.times.values(), *single, *self.values.values())
        return tuple(dict.fromkeys(names))


@dataclass(frozen=True)
class Columns:
    """What the files of a dataset hold."""

    facts: TableColumns
    lookup: TableColumns | None
    pivot: str | None
    trivial: tuple[str, ...]

    @property
    def fact_types(self) -> tuple[str, ...]:
        """The dimension types that are columns of the facts."""
        return tuple(self.facts.dimensions)

    @property
    def keys(self) -> tuple[str, ...]:
        """The stored columns that tell one time array from another (in pivoted data: one row of arrays)."""
        return (("id",) if self.lookup is not None else ()) + self.fact_types

    def layout(self, *, null_cells: bool) -> Layout:
        """Return the layout that the stored facts have."""
        return Layout(
            two_tables=self.lookup is not None,
            pivot=self.pivot,
            fact_types=self.fact_types,
            lookup_types=tuple(self.lookup.dimensions) if self.lookup is not None else (),
            trivial=self.trivial,
            scaling_factor=self.lookup is not None and self.lookup.scaling_factor is not None,
            null_cells=null_cells,
        )


def describe(
    root: Node,
    dimensions: Mapping[str, Dimension],
    time: TimeDimension,
    facts: Sequence[str],
    lookup: Sequence[str] | None = None,
) -> Columns:
    """Work out the meaning of every column.

    Parameters
    ----------
    root
        The ``register_dataset`` spec.
    dimensions
        The dataset's dimension of each type.
    facts, lookup
        The column names of the files; `lookup` is None in a dataset of one table.

    Raises
    ------
    SpecError
        With every problem: a column that is neither known, declared nor ignored, a declared or needed column that
        the files lack, a type with several records and no column.
    """
    data = root["data"]
    problems: list[Problem] = []
    pivot = data.scalar("pivot")
    record_ids = dimensions[pivot].records.ids if pivot in dimensions else ()
    ignored = _ignored(data, [*facts, *(lookup or ())], problems)
    id_name = data.scalar("id", "id")

    known: dict[str, str] = {column: f"{TIME}.{meaning}" for meaning, column in time.columns}
    if pivot is None:
        known[data.scalar("value", "value")] = "value"
    else:
        known.update(dict.fromkeys(record_ids, "value"))
    if lookup is not None:
        known[id_name] = "id"
    fact_sorter = _Sorter(data, "columns", "table", known, ignored, problems)
    fact_table = fact_sorter.sort(facts, pivot)

    lookup_table, lookup_sorter = None, None
    if lookup is not None:
        known = {id_name: "id", data.scalar("scaling_factor", "scaling_factor"): "scaling_factor"}
        lookup_sorter = _Sorter(data, "lookup_columns", "lookup", known, ignored, problems)
        lookup_table = lookup_sorter.sort(lookup, pivot)

    _check_needed(data, time, pivot, record_ids, (fact_table, fact_sorter), (lookup_table, lookup_sorter), problems)
    fact_sorter.refuse_unknown()
    if lookup_sorter is not None:
        lookup_sorter.refuse_unknown()
    placed = {*fact_table.dimensions, *(lookup_table.dimensions if lookup_table else ()), *((pivot,) if pivot else ())}
    trivial = tuple(type_ for type_ in RECORD_TYPES if type_ not in placed)
    for type_ in trivial:
        records = len(dimensions[type_].records)
        if records != 1:
            at = root["dimension"][type_] if "dimension" in root and type_ in root["dimension"] else data
            message = f'dimension "{type_}" has {records} records but no column{did_you_mean(type_, facts)}'
            problems.append(at.problem(message, "write [data.columns.<name>] with its dimension"))
    columns = Columns(fact_table, lookup_table, pivot, trivial)
    problems += _alike(data, [*columns.keys, *stored_columns(time), *fact_table.values])
    if problems:
        raise SpecError(problems)
    return columns


def _alike(data: Node, names: Sequence[str]) -> list[Problem]:
    """Refuse stored columns that the engines would take for one, as case means nothing to them."""
    first: dict[str, str] = {}
    problems = []
    for name in names:
        if name.casefold() in first:
            message = f'a column "{first[name.casefold()]}" and a column "{name}" cannot be told apart by the engines'
            problems.append(data["table"].problem(f"{message}; rename the record"))
        first.setdefault(name.casefold(), name)
    return problems


def _ignored(data: Node, present: Sequence[str], problems: list[Problem]) -> frozenset[str]:
    node = data.get("ignore")
    if node is None:
        return frozenset()
    for item in node:
        if item.value not in present:
            problems.append(item.problem(f'no column "{item.value}" to ignore{did_you_mean(item.value, present)}'))
    return frozenset(item.value for item in node)


class _Sorter:
    """Sorts the columns of one table by what they mean; collects problems on the way."""

    def __init__(
        self,
        data: Node,
        section: str,
        file_key: str,
        known: dict[str, str],
        ignored: frozenset[str],
        problems: list[Problem],
    ) -> None:
        self.data, self.section, self.file_key = data, section, file_key
        self.known, self.ignored, self.problems = known, ignored, problems
        self.names: Sequence[str] = ()
        self.unknown: list[str] = []

    def sort(self, names: Sequence[str], pivot: str | None) -> TableColumns:
        self.names = names
        declared = self._declared(names)
        meanings = {name: self._meaning(name, declared) for name in names if name not in self.ignored}
        if len(self.unknown) == len(meanings) > 1:
            # Everything else would follow from this.
            message = f"no column of {self._file} has a name that says what it is: {listing(self.unknown)}"
            raise self.data[self.file_key].error(
                f"{message}; are these names of columns?", "a column is declared by [data.columns.<name>]"
            )
        dimensions: dict[str, str] = {}
        single: dict[str, str] = {}
        values: dict[str, str] = {}
        times: dict[str, str] = {}
        for name, meaning in meanings.items():
            of_time = self.known.get(name, "")
            if meaning is None:
                continue
            if of_time.startswith(f"{TIME}."):
                times[of_time.removeprefix(f"{TIME}.")] = name
            if meaning in RECORD_TYPES:
                self._place(dimensions, meaning, name)
                if meaning == pivot:
                    self._problem(f'"{name}" is a column of dimension "{pivot}", whose records are columns by `pivot`')
            elif meaning == "value":
                values[name if pivot else "value"] = name
            elif meaning != of_time or not of_time.startswith(f"{TIME}."):
                self._place(single, meaning, name)
        return TableColumns(
            dimensions={type_: dimensions[type_] for type_ in RECORD_TYPES if type_ in dimensions},
            values=values,
            times=times,
            declared={name: type_ for name, (_, type_) in declared.items() if type_},
            **single,
        )

    def _declared(self, names: Sequence[str]) -> dict[str, tuple[str | None, str | None]]:
        """Column -> (dimension type, column type) as the spec says."""
        node = self.data.get(self.section)
        found: dict[str, tuple[str | None, str | None]] = {}
        for name, column in node.items() if node is not None else ():
            if name not in names:
                self.problems.append(column.problem(f'no column "{name}" in {self._file}{did_you_mean(name, names)}'))
                meant = closest(name, names)
                if meant is None or meant in (node or ()):
                    continue
                name = meant
            dimension = column.scalar("dimension")
            if dimension is not None and dimension not in RECORD_TYPES:
                hint = did_you_mean(dimension, RECORD_TYPES)
                self.problems.append(column["dimension"].problem(f'no dimension type "{dimension}"{hint}'))
                dimension = None
            found[name] = (dimension, column.scalar("type"))
        return found

    def _meaning(self, name: str, declared: dict[str, tuple[str | None, str | None]]) -> str | None:
        dimension, _ = declared.get(name, (None, None))
        if dimension is not None:
            return dimension
        known = self.known.get(name)
        # A column of years may be that of a dimension, too: it is both.
        if name in RECORD_TYPES and (known is None or known.startswith(f"{TIME}.")):
            return name
        if known is not None:
            return known
        self.unknown.append(name)
        return None

    def need(self, column: str, says: str) -> None:
        """Refuse the table because it lacks a column; one that nothing explains may be that, under another name.

        Parameters
        ----------
        says
            How the spec says that it has another name, up to the name.
        """
        meant = closest(column, self.unknown) or (self.unknown[0] if len(self.unknown) == 1 else None)
        hint = did_you_mean(column, self.names)
        if meant is not None:
            self.unknown.remove(meant)
            hint = f'; did you mean "{meant}"? Then write {says} = "{meant}"'
        self._problem(f'no column "{column}" in {self._file}{hint}')

    def need_records(self, absent: Sequence[str], records: int, type_: str) -> None:
        """Refuse the table because records have no column, though they should."""
        meant = [near for id_ in absent if (near := closest(id_, self.unknown)) is not None]
        self.unknown = [name for name in self.unknown if name not in meant]
        hint = f"; did you mean {listing(meant)}?" if meant else ""
        self._problem(f'no column for {len(absent)} of {records} records of "{type_}": {listing(absent)}{hint}')

    def refuse_unknown(self) -> None:
        """Refuse the columns that nothing explains."""
        for name in self.unknown:
            near = closest(name, [*self.known, *RECORD_TYPES])
            hint = f'; did you mean "{near}"?' if near else ""
            message = f'column "{name}" of {self._file} is neither declared nor ignored{hint}'
            self._problem(message, "write [data.columns.<name>] or `ignore`")

    def _place(self, places: dict[str, str], meaning: str, name: str) -> None:
        if meaning in places:
            self._problem(f'columns "{places[meaning]}" and "{name}" of {self._file} both hold "{meaning}"')
        places[meaning] = name

    @property
    def _file(self) -> str:
        return str(self.data.scalar(self.file_key))

    def _problem(self, message: str, detail: str = "") -> None:
        self.problems.append(self.data[self.file_key].problem(message, detail))


def _check_needed(
    data: Node,
    time: TimeDimension,
    pivot: str | None,
    record_ids: Sequence[str],
    facts: tuple[TableColumns, _Sorter],
    lookup: tuple[TableColumns | None, _Sorter | None],
    problems: list[Problem],
) -> None:
    table, of_facts = facts
    lookup_table, of_lookup = lookup
    for meaning, column in time.columns:
        # Years that are those of records need no column of their own.
        if meaning not in table.times and not (isinstance(time, AnnualTime) and time.year_of):
            of_facts.need(column, "[time] column" if meaning == "label" else f"[time] columns.{meaning}")
    if pivot is None and not table.values:
        of_facts.need(data.scalar("value", "value"), "[data] value")
    absent = [id_ for id_ in record_ids if id_ not in table.values]
    if absent and pivot is not None:
        of_facts.need_records(absent, len(record_ids), pivot)
    if lookup_table is not None and of_lookup is not None:
        if table.id is None:
            of_facts.need(data.scalar("id", "id"), "[data] id")
        if lookup_table.id is None:
            of_lookup.need(data.scalar("id", "id"), "[data] id")
        for type_ in lookup_table.dimensions:
            if type_ in table.dimensions:
                problems.append(data["lookup"].problem(f'"{type_}" is a column of both the table and the lookup'))
