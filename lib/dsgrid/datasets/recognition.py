"""Which columns of unknown tables are dimensions, times and values: by their names, and by ids that are known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from dsgrid.datasets.inspection import INTEGER, NOTHING, NUMBER, TEXT, Column, Contents
from dsgrid.datasets.time_columns import ANNUAL, NONE, TimeColumns, time_columns
from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.types import RECORD_TYPES

TABLE, LOOKUP = "columns", "lookup_columns"

# Words in the names of columns, the best first.
WORDS: Final = {
    "geography": (
        *("geography", "county", "counties", "fips", "geoid", "gisjoin", "tract", "puma", "zip", "zipcode"),
        *("state", "province", "region", "division", "census_division", "census_region", "country", "location", "area"),
    ),
    "sector": ("sector", "sectors"),
    "subsector": (
        *("subsector", "subsectors", "building_type", "bldg_type", "buildingtype", "building", "bldg", "home", "homes"),
        *("dwelling", "vehicle_type", "vehicle", "industry", "naics", "household"),
    ),
    "metric": ("metric", "metrics", "end_use", "enduse", "end_uses", "enduses", "variable", "measure", "fuel"),
    "scenario": ("scenario", "scenarios", "case"),
    "weather_year": ("weather_year", "weatheryear", "wx_year", "amy"),
    "model_year": ("model_year", "modelyear", "projection_year", "year", "years"),
}
VALUES: Final = ("value", "values", "val", "load", "energy", "amount")
SCALING: Final = ("scaling_factor", "scale_factor", "scaling", "scale", "weight")
YEARS: Final = ("model_year", "weather_year")
# What pandas calls an index that has no name, in Parquet files and in CSV files that it has read and written again.
_INDEX: Final = re.compile(r"__index_level_\d+__|Unnamed: \d+")


@dataclass(frozen=True)
class Found:
    """A column that holds the records of a dimension type.

    Parameters
    ----------
    place
        ``columns`` (of the table) or ``lookup_columns``.
    because
        Why, for people.
    """

    column: Column
    place: str
    because: str

    @property
    def ids(self) -> tuple[str, ...]:
        """The record ids; none where there are too many."""
        return self.column.values or ()


@dataclass(frozen=True)
class Recognised:
    """What the columns of a dataset's files are.

    Parameters
    ----------
    dimensions
        By type, in the order of types.
    pivot
        The type whose records are columns, and these columns; None and nothing in stacked data.
    value
        The column of values in stacked data.
    time
        The columns that say the time.
    id, scaling_factor
        The columns with these meanings.
    superfluous
        Columns that say nothing more, by name, and why: to be ignored.
    unknown
        Columns that nothing is known of, each with its place.
    """

    dimensions: dict[str, Found]
    pivot: str | None = None
    pivoted: tuple[str, ...] = ()
    value: str | None = None
    time: TimeColumns = field(default_factory=TimeColumns)
    id: str | None = None
    scaling_factor: str | None = None
    superfluous: dict[str, str] = field(default_factory=dict)
    unknown: tuple[tuple[str, str], ...] = ()


def recognise(
    table: Contents,
    lookup: Contents | None = None,
    known: Sequence[Dimension] = (),
    declared: Mapping[str, str] | None = None,
) -> Recognised:
    """Say what the columns are.

    Parameters
    ----------
    known
        Dimensions whose ids tell what a column is, the most likely first.
    declared
        Dimension types of columns that the user knows.
    """
    return _Recogniser(table, lookup, known, declared or {}).run()


def words_of(name: str) -> str:
    """Return a column's name in small letters with underscores: ``in.CountyFips`` is ``in_county_fips``."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", apart.lower()).strip("_")


class _Recogniser:
    """Takes one column after the other away, until none is left."""

    def __init__(
        self, table: Contents, lookup: Contents | None, known: Sequence[Dimension], declared: Mapping[str, str]
    ) -> None:
        self.known, self.declared, self.has_lookup = known, declared, lookup is not None
        self.left = {TABLE: dict(table.columns), LOOKUP: dict(lookup.columns) if lookup else {}}
        self.dimensions: dict[str, Found] = {}
        self.superfluous: dict[str, str] = {}

    def run(self) -> Recognised:
        id_ = self._id() if self.has_lookup else None
        scaling = self._named(LOOKUP, SCALING, (NUMBER, INTEGER))
        for name in [name for name, column in self._columns(TABLE) if column.kind == NOTHING]:
            self._ignore(TABLE, name, "it is empty")
        for place in (TABLE, LOOKUP):
            for name in [name for name, _ in self._columns(place) if _INDEX.fullmatch(name)]:
                if name not in self.declared:
                    self._ignore(place, name, "it numbers the rows")
        time = self._time()
        self._by_declaration()
        pivoted_type, pivoted = self._by_known_columns()
        self._by_name()
        self._by_ids()
        time = self._years(time)
        value = None
        if pivoted_type is None:
            value, pivoted = self._values()
            pivoted_type = "metric" if pivoted else None
        self._constant()
        dimensions: dict[str, Found] = {
            type_: self.dimensions[type_] for type_ in RECORD_TYPES if type_ in self.dimensions
        }
        unclear = [(name, TABLE) for name in time.unclear]
        unknown = (*unclear, *((name, place) for place in self.left for name in self.left[place]))
        return Recognised(dimensions, pivoted_type, pivoted, value, time, id_, scaling, self.superfluous, unknown)

    def _columns(self, place: str) -> list[tuple[str, Column]]:
        return list(self.left[place].items())

    def _take(self, place: str, name: str) -> Column:
        return self.left[place].pop(name)

    def _ignore(self, place: str, name: str, because: str) -> None:
        self._take(place, name)
        self.superfluous[name] = because

    def _named(self, place: str, words: Sequence[str], kinds: tuple[str, ...]) -> str | None:
        """Take the column with the first of these names."""
        names = {words_of(name): name for name, column in self._columns(place) if column.kind in kinds}
        found = next((names[word] for word in words if word in names), None)
        if found is not None:
            self._take(place, found)
        return found

    def _id(self) -> str | None:
        both = [name for name in self.left[TABLE] if name in self.left[LOOKUP]]
        named = [name for name in both if words_of(name) == "id"]
        named += [name for name in both if words_of(name).endswith("_id")]
        found = next(iter([*named, *(name for name in both if name not in RECORD_TYPES)]), None)
        if found is not None:
            self._take(TABLE, found)
            self._take(LOOKUP, found)
        return found

    def _time(self) -> TimeColumns:
        """Take the columns that say the time."""
        free = {name: column for name, column in self._columns(TABLE) if name not in self.declared}
        found = time_columns(free, words_of)
        for meaning, column in found.columns.items():
            self._take(TABLE, column.name)
            if meaning == "year" and column.name in YEARS:
                self.dimensions[column.name] = Found(column, TABLE, "by its name")
        for name in found.unclear:
            self._take(TABLE, name)
        for name, because in found.superfluous.items():
            self._ignore(TABLE, name, because)
        return found

    def _years(self, time: TimeColumns) -> TimeColumns:
        """Let years be those of records, and the other way round: without other times, data of years are annual."""
        if time.kind == ANNUAL and not set(YEARS) & set(self.dimensions):
            self.dimensions["model_year"] = Found(time.columns["year"], TABLE, "the years of the data")
        if time.kind == NONE and any(self._has_years(type_) for type_ in YEARS):
            return replace(time, kind=ANNUAL)
        return time

    def _has_years(self, type_: str) -> bool:
        ids = self.dimensions[type_].ids if type_ in self.dimensions else ()
        return bool(ids) and all(re.fullmatch(r"\d{4}", id_) for id_ in ids)

    def _by_declaration(self) -> None:
        for name, type_ in self.declared.items():
            for place in (TABLE, LOOKUP):
                if name in self.left[place]:
                    self.dimensions[type_] = Found(self._take(place, name), place, "as you say")

    def _by_known_columns(self) -> tuple[str | None, tuple[str, ...]]:
        """Find a registered dimension whose records are the columns of values."""
        numeric = [name for name, column in self._columns(TABLE) if column.kind in (NUMBER, INTEGER)]
        for dimension in self.known:
            ids = set(dimension.records.ids)
            chosen = tuple(name for name in numeric if name in ids)
            if len(chosen) > 1 and len(chosen) == len([n for n in numeric if self.left[TABLE][n].kind == NUMBER]):
                for name in chosen:
                    self._take(TABLE, name)
                return dimension.type, chosen
        return None, ()

    def _by_name(self) -> None:
        """Give each type the column whose name fits best; a second one that fits is a coarser one, or unknown."""
        for type_, words in WORDS.items():
            fitting = []
            for place in (TABLE, LOOKUP):
                for name, column in self._columns(place):
                    rank = 0 if name == type_ else _rank(words_of(name), words) + 1
                    if column.kind in (TEXT, INTEGER) and column.values is not None and rank <= len(words) * 2:
                        fitting.append((rank, -len(column.values), place, name))
            for _, _, place, name in sorted(fitting):
                if type_ not in self.dimensions:
                    self.dimensions[type_] = Found(self._take(place, name), place, "by its name")
                elif words_of(name) in words and type_ not in YEARS:
                    self._ignore(place, name, f'"{self.dimensions[type_].column.name}" says more about {type_}')

    def _by_ids(self) -> None:
        """Recognise a column by its values, all of which are ids of a known dimension."""
        for place in (TABLE, LOOKUP):
            for name, column in self._columns(place):
                if column.kind not in (TEXT, INTEGER) or not column.values:
                    continue
                for dimension in self.known:
                    if dimension.type not in self.dimensions and set(column.values) <= set(dimension.records.ids):
                        because = f"its values are ids of {dimension.id or dimension.name}"
                        self.dimensions[dimension.type] = Found(self._take(place, name), place, because)
                        break

    def _values(self) -> tuple[str | None, tuple[str, ...]]:
        """Take the value column of stacked data, or the columns of pivoted data."""
        numbers = [name for name, column in self._columns(TABLE) if column.kind in (NUMBER, INTEGER)]
        floats = [name for name in numbers if self.left[TABLE][name].kind == NUMBER]
        named = [name for word in VALUES for name in numbers if words_of(name) == word]
        # Whole numbers beside a column of values are no values: nothing is known of them.
        stacked = "metric" in self.dimensions or (named and set(floats) <= set(named))
        if stacked:
            found = next(iter([*named, *floats, *numbers]), None)
            if found is not None:
                self._take(TABLE, found)
            return found, ()
        for name in numbers:
            self._take(TABLE, name)
        return None, tuple(numbers)

    def _constant(self) -> None:
        for place in (TABLE, LOOKUP):
            for name, column in self._columns(place):
                if column.values is not None and len(column.values) == 1:
                    self._ignore(place, name, f'it holds nothing but "{column.values[0]}"')


def _rank(name: str, words: Iterable[str]) -> int:
    """Return how well a name fits: the place of the word that it is, after all of these that of a word in it."""
    ordered = list(words)
    if name in ordered:
        return ordered.index(name)
    inside = [number for number, word in enumerate(ordered) if f"_{word}_" in f"_{name}_"]
    return len(ordered) + inside[0] if inside else 2 * len(ordered) + 1
