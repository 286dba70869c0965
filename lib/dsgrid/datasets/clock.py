"""From the columns of time in a user's files to those of stored facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dsgrid.datasets.cell_types import YEARS
from dsgrid.datasets.cells import check_cells, day_numbers, texts_of_part
from dsgrid.datasets.readings import PARTS, behind_utc, instants_of, readings_of_parts
from dsgrid.errors import DataError, Problem, SpecError
from dsgrid.time.dimension import AnnualTime, DatetimeTime, IndexTime, RepresentativeTime, TimeDimension
from dsgrid.time.grid import count, moment, wall_clock_table
from dsgrid.time.stored import FOLD, INDEX, INSTANTS, TIMESTAMP, YEAR, has_fold, label_form

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import Column, DataFrame, SparkSession

    from dsgrid.datasets.columns import TableColumns
    from dsgrid.datasets.ingest import Source
    from dsgrid.spec.node import Node

# Labels that are read one by one on the driver; 5 minutes of 20 years are half of them.
MOST_LABELS = 4_000_000
ROWS = "#rows"


def check_labels(time: TimeDimension, source: Source, table: TableColumns, at: Node) -> None:
    """Refuse labels that the spec does not explain, or contradicts.

    Raises
    ------
    SpecError
        If the spec does not say how naive labels are meant, or says something that the files are not.
    """
    message = ""
    if isinstance(time, DatetimeTime):
        message = (_about_readings if label_form(time) != INSTANTS else _about_instants)(time, source, table)
    elif isinstance(time, AnnualTime):
        message = _about_years(time, source, table)
    if message:
        raise SpecError(at.problem(message))


def _about_years(time: AnnualTime, source: Source, table: TableColumns) -> str:
    column = table.times.get("year", "")
    type_ = next((type_ for type_ in YEARS if column and table.dimensions.get(type_) == column), "")
    if time.year_of or not type_ or len(time.years) == 1:
        return ""
    return (
        f'"{column}" of {source.name} holds the {type_}, and the years; years that are those of records have '
        f'year_of = "{type_}"'
    )


def _about_readings(time: DatetimeTime, source: Source, table: TableColumns) -> str:
    instants = time.labels == "instants" or ("label" in table.times and not source.naive)
    if instants:
        column = table.times.get("label") or table.times["year"]
        return (
            f'labels are what a clock shows, but "{column}" of {source.name} holds instants; write the readings '
            'without an offset, or declare the time in one zone, such as zone = "UTC"'
        )
    if "offset" in table.times:
        return (
            f'labels are what a clock shows, but with "{table.times["offset"]}" of {source.name} they are instants; '
            'where clocks show a label twice, columns = { fold = "..." } says which is meant'
        )
    if "fold" in table.times and not has_fold(time):
        return f'a {time.clock} clock shows nothing twice, so that "{table.times["fold"]}" says nothing; leave it out'
    return ""


def _about_instants(time: DatetimeTime, source: Source, table: TableColumns) -> str:
    if "label" in table.times:
        what = f'"{table.times["label"]}" of {source.name}'
        if not source.naive:
            if time.labels == "wall_clock":
                return f'labels are "wall_clock", but {what} holds instants (with an offset); leave `labels` out'
            idle = next((f'"{table.times[name]}"' for name in ("fold", "offset") if name in table.times), "")
            return f"{what} holds instants (with an offset), to which {idle} adds nothing; leave it out" if idle else ""
        if not time.labels and "offset" not in table.times:
            return (
                f'{what} has no offset; write labels = "wall_clock" (clock times in {time.zone}) or '
                'labels = "instants" (UTC)'
            )
    if time.labels == "instants":
        if "offset" in table.times:
            return 'labels = "instants" are UTC, which a column of offsets contradicts; leave one of them out'
        return ""
    if not {"fold", "offset"} & set(table.times):
        twice = wall_clock_table(time).ambiguous
        if len(twice):
            shown = ", ".join(f"{moment(int(reading)):%Y-%m-%d %H:%M}" for reading in twice[:5])
            return (
                f"wall-clock label {shown} occurs twice in {time.zone}; write the labels of {source.name} with an "
                'offset, or name a column that tells the two apart: columns = { fold = "..." } (1 is the second) or '
                'columns = { offset = "..." }'
            )
    return ""


class Clock:
    """Makes the stored columns of time.

    Parameters
    ----------
    raw
        The user's table.
    table
        What its columns mean.
    """

    def __init__(
        self, session: SparkSession, raw: DataFrame, source: Source, table: TableColumns, time: TimeDimension
    ) -> None:
        self.session, self.raw, self.source, self.columns, self.time = session, raw, source, table.times, time

    def normalised(self) -> tuple[DataFrame, list[Column]]:
        """Return the table, perhaps joined with a small one, and the expressions of the stored columns.

        Raises
        ------
        DataError
            For cells that stand for nothing that could be stored.
        """
        time = self.time
        if isinstance(time, DatetimeTime):
            return self._datetime(time)
        if isinstance(time, IndexTime):
            return self.raw, [self._column("index").cast("long").alias(INDEX)]
        if isinstance(time, AnnualTime):
            if time.year_of:
                return self.raw, []
            self._check({"year": self._column("year")})
            return self.raw, [self._column("year").cast("int").alias(YEAR)]
        if isinstance(time, RepresentativeTime):
            self._check({part: self._column(part) for part in time.by})
            return self.raw, [self._part(time, part).alias(part) for part in time.by]
        return self.raw, []

    def _column(self, meaning: str) -> Column:
        from pyspark.sql import functions as F

        name = self.columns[meaning].replace("`", "``")
        return F.col(f"`{name}`")

    # Datetimes

    def _datetime(self, time: DatetimeTime) -> tuple[DataFrame, list[Column]]:
        if "label" not in self.columns:
            names = [name for name in (*PARTS, "offset") if name in self.columns]
            return self._read_once(time, {name: self._column(name) for name in names})
        # The session's zone is UTC, so a naive label keeps its digits.
        label = self._column("label").cast("timestamp")
        if label_form(time) != INSTANTS:
            return self.raw, self._with_fold(time, label.cast("timestamp_ntz").alias(TIMESTAMP))
        if not self.source.naive or time.labels == "instants":
            return self.raw, [label.alias(TIMESTAMP)]
        offset = {"offset": self._column("offset")} if "offset" in self.columns else {}
        return self._read_once(time, {"label": label, **offset})

    def _with_fold(self, time: DatetimeTime, reading: Column) -> list[Column]:
        from pyspark.sql import functions as F

        if not has_fold(time):
            return [reading]
        if "fold" not in self.columns:
            return [reading, F.lit(0).cast("int").alias(FOLD)]
        self._check({"fold": self._column("fold").cast("long")})
        return [reading, self._column("fold").cast("int").alias(FOLD)]

    def _read_once(self, time: DatetimeTime, cells: Mapping[str, Column]) -> tuple[DataFrame, list[Column]]:
        """Read each label that occurs once, in Python, and join what it stands for."""
        import numpy as np
        import pyarrow as pa
        from pyspark.sql import functions as F

        by_fold = label_form(time) == INSTANTS and "fold" in self.columns and time.labels != "instants"
        cells = {**cells, **({"fold": self._column("fold").cast("long")} if by_fold else {})}
        found = self._distinct(cells)
        if len(found) > MOST_LABELS:
            message = f"there are more than {MOST_LABELS:,} labels, where the time dimension has {count(time):,}"
            raise DataError(Problem(message, self.source.name))
        if by_fold:
            check_cells(time, self.columns, found.select(["fold", ROWS]), self.source.name)
        rows = found[ROWS].to_pylist()
        if "label" in cells:
            readings = np.asarray(found["label"].cast(pa.int64()).fill_null(0), np.int64)
        else:
            parts = {name: found[name].to_pylist() for name in PARTS if name in cells}
            readings = readings_of_parts(parts, rows, self.source.name)
        micros = readings
        if "offset" in cells:
            micros = readings - behind_utc(found["offset"].to_pylist(), rows, self.source.name)
        elif label_form(time) == INSTANTS and time.labels != "instants":
            folds = np.asarray(found["fold"], np.int64) if by_fold else None
            micros = instants_of(time, readings, folds, rows, self.source.name)
        # As instants of UTC, which both engines join alike, and a label that is NULL with nothing.
        small = found.drop_columns(ROWS).append_column("#at", pa.array(micros).cast(pa.timestamp("us", "UTC")))
        small = small.rename_columns([f"#{name}" if name != "#at" else name for name in small.column_names])
        left = self.raw.select("*", *(column.alias(f"{name}?") for name, column in cells.items()))
        match = [F.col(f"`{name}?`") == F.col(f"`#{name}`") for name in cells]
        joined = left.join(F.broadcast(self.session.createDataFrame(small)), match, "left")
        if label_form(time) == INSTANTS:
            return joined, [F.col("`#at`").alias(TIMESTAMP)]
        return joined, self._with_fold(time, F.col("`#at`").cast("timestamp_ntz").alias(TIMESTAMP))

    # Parts of typical periods

    def _part(self, time: RepresentativeTime, part: str) -> Column:
        """Return a part as it is stored: numbers as they are, names as numbers, true and false as day types."""
        from pyspark.sql import functions as F

        cell = self._column(part)
        if part in ("season", "day_type"):
            return _chosen(F.lower(cell.cast("string")), texts_of_part(time.calendar, part))
        if part == "day_of_week" and self.source.types[self.columns[part]] == "string":
            return _chosen(F.lower(cell), day_numbers()).cast("int")
        return cell.cast("int")

    # What occurs

    def _check(self, columns: Mapping[str, Column]) -> None:
        check_cells(self.time, self.columns, self._distinct(columns), self.source.name)

    def _distinct(self, columns: Mapping[str, Column]) -> pa.Table:
        """Return the combinations that occur, and in how many rows; one more than `MOST_LABELS` at most."""
        from pyspark.sql import functions as F

        cells = self.raw.select(*(column.alias(name) for name, column in columns.items()))
        found = cells.groupBy(*columns).agg(F.count(F.lit(1)).alias(ROWS)).limit(MOST_LABELS + 1).toArrow()
        # In order: an engine's groups come in any, and the first of what is wrong is shown.
        return found.sort_by([(name, "ascending") for name in columns])


def _chosen(cell: Column, words: Mapping[str, Any]) -> Column:
    from pyspark.sql import functions as F

    (first, value), *others = words.items()
    chosen = F.when(cell == first, F.lit(value))
    for word, other in others:
        chosen = chosen.when(cell == word, F.lit(other))
    return chosen
