"""A published query result: its table in three forms, its manifest, and how it looks in a notebook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from dsgrid.datasets import parquet
from dsgrid.errors import NotFoundError, listing
from dsgrid.query import arrow_files
from dsgrid.query.literals import arrow_frame, arrow_type
from dsgrid.query.notebook import heading, table
from dsgrid.query.partitions import table_files
from dsgrid.query.quantity import quantity
from dsgrid.query.result_manifest import read_result_manifest, run_folder, table_errors
from dsgrid.storage.location import Location, arrow_input, engine_paths, location, storage_errors

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from pyspark.sql import DataFrame

    from dsgrid.engine import Engine
    from dsgrid.query.comparison.found import Comparison
    from dsgrid.query.handoff.exported import Exported
    from dsgrid.query.plots.plot import Plot

_SHOWN_ROWS = 10


@dataclass(frozen=True)
class Result:
    """The result of a query on disk.

    Parameters
    ----------
    folder
        The run's folder: the table, ``manifest.json`` and the spec as run.
    manifest
        Units, dimensions, versions, spec hash, sums in and out.
    reused
        That the answer was there already, and since when; empty where it was computed.
    """

    folder: Location
    manifest: Mapping[str, Any]
    _engine: Engine | None = field(default=None, repr=False, compare=False)
    reused: str = field(default="", compare=False)

    @property
    def has_table(self) -> bool:
        """Whether there is a table, and not only further results."""
        return self.manifest["table"] is not None

    @property
    def path(self) -> Location:
        """The table: a Parquet, CSV or Arrow file, or for a large or partitioned result a folder of files.

        Raises
        ------
        NotFoundError
            Where the query has no table of its own (``table = false``).
        """
        if not self.has_table:
            raise NotFoundError(
                f"query {self.manifest['query']} has no table of its own, as [result] says table = false; it has the "
                f"results {listing(self.manifest.get('results', ()))}, each in a folder of its name in {self.folder}"
            )
        return self.folder / str(self.manifest["table"])

    @property
    def files(self) -> list[Location]:
        """The files of the table: a single one, or of a large or partitioned result those in its folder.

        A query that has further results alone has none.
        """
        if not self.has_table:
            return []
        if self.path.is_file():
            return [self.path]
        return table_files(self.path, self.path.suffix)

    @property
    def rows(self) -> int:
        """The number of rows of the table."""
        return int(self.manifest["rows"])

    @cached_property
    def results(self) -> Mapping[str, Result]:
        """The further results of the same query, by their names; each has a folder in this one."""
        names = self.manifest.get("results", ())
        folders = {name: self.folder / name for name in names}
        return {name: Result(one, read_result_manifest(one), self._engine) for name, one in folders.items()}

    @cached_property
    def exports(self) -> Mapping[str, Exported]:
        """The files of the same run for other models, by the names of the exports; each has a folder in this one."""
        written = self.manifest.get("exports", ())
        if not written:
            return {}
        from dsgrid.query.handoff.exported import open_export

        return {one["name"]: open_export(self.folder / one["folder"]) for one in written}

    @property
    def table(self) -> DataFrame:
        """The table as a DataFrame of the engine that made it (or of this process's own).

        Parquet is read by the engine; CSV and Arrow go through this process's memory.
        """
        from dsgrid.engine import kept_session

        suffix = self.path.suffix
        engine = self._engine or kept_session()
        engine.activate()
        if suffix == ".parquet":
            # By the files: engines take the folders of partitions for columns.
            return engine.spark.read.parquet(*engine_paths(engine.spark, self.files))
        return arrow_frame(engine.spark, self.to_arrow())

    def to_arrow(self) -> pa.Table:
        """Return the whole table as an Arrow table."""
        import pyarrow as pa

        files = self.files or [self.path]
        return self._in_zone(pa.concat_tables([self._read(path) for path in files]))

    def _read(self, path: Location) -> pa.Table:
        with table_errors(path):
            if path.suffix == ".parquet":
                return parquet.read(path)
            if path.suffix == ".arrow":
                return arrow_files.read(path)
            # Ids such as 06037 stay text, and every column has the type that it has in Parquet.
            return _read_csv(path, {column["name"]: arrow_type(column["holds"]) for column in self.manifest["columns"]})

    def _in_zone(self, table: pa.Table) -> pa.Table:
        """Return the table with its instants shown in the zone that was asked for: files of engines do not say it."""
        for column in self.manifest["columns"]:
            if column.get("holds") == "timestamp" and column.get("time_zone"):
                index = table.column_names.index(column["name"])
                shown = table.column(index).cast(arrow_type("timestamp", column["time_zone"]))
                table = table.set_column(index, table.field(index).with_type(shown.type), shown)
        return table

    def head(self, rows: int = _SHOWN_ROWS) -> pa.Table:
        """Return the first rows without reading a large table whole (of CSV, more than its first files)."""
        import pyarrow as pa

        pieces: list[pa.Table] = []
        for piece in self.pieces(rows):
            pieces.append(piece)
            if sum(one.num_rows for one in pieces) >= rows:
                break
        return self._in_zone(pa.concat_tables(pieces)).slice(0, rows)

    def pieces(self, rows: int) -> Iterator[pa.Table]:
        """Yield the table piece by piece, a piece of Parquet with so many rows; a file without rows is one."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        for path in self.files or [self.path]:
            if path.suffix == ".parquet":
                with table_errors(path), pq.ParquetFile(arrow_input(path)) as file:
                    yield file.schema_arrow.empty_table()
                    for batch in file.iter_batches(batch_size=rows):
                        yield pa.Table.from_batches([batch], schema=file.schema_arrow)
            elif path.suffix == ".arrow":
                with table_errors(path):
                    yield from arrow_files.pieces(path)
            else:
                yield self._read(path)

    def to_pandas(self) -> pd.DataFrame:
        """Return the whole table as a pandas DataFrame; timestamps are UTC, or in the zone that was asked for."""
        return self.to_arrow().to_pandas()

    def plot(self, **choice: Any) -> Plot:
        """Return a picture of the table that fits its columns; for choices see `dsgrid.query.plots.plot.draw`."""
        from dsgrid.query.plots.plot import draw

        return draw(self, **choice)

    def diff(self, other: Result | str | Location, **choice: Any) -> Comparison:
        """Return what differs between this table (A) and another result or table (B).

        See `dsgrid.compare` for what to choose; that compares datasets, too.
        """
        from dsgrid.query.comparison.opening import compared_results

        return compared_results(self, other, **choice)

    def report(self) -> str:
        """Return what to tell the user, of further results too."""
        sums = ", ".join(self._sums())
        in_all = f", in all {sums}" if sums else ""
        rows = f"{self.manifest['query']}: {self.rows:,} row{'s' if self.rows != 1 else ''}{in_all}"
        told = [f"  {line}" for line in self.manifest.get("report", {}).get("headline", ())]
        own = [rows, *told, str(self.path)] if self.has_table else []
        reused = [self.reused] if self.reused else []
        parts: list[Result | Exported] = [*self.results.values(), *self.exports.values()]
        return "\n".join([*own, *(part.report() for part in parts), *reused])

    def _sums(self) -> list[str]:
        """Return what the table adds up to; of power, of means and the like that is a check, and no answer."""
        if not self.manifest.get("adds_up", True):
            return []
        return [quantity(one["found"], one["unit"]) for one in self.manifest["sums"] if one["found"] is not None]

    def __repr__(self) -> str:
        if not self.has_table:
            return f"Result({self.manifest['query']!r}, results: {', '.join(self.results)})\n{self.folder}"
        columns = ", ".join(column["name"] for column in self.manifest["columns"])
        return f"Result({self.manifest['query']!r}, {self.rows:,} rows, columns: {columns})\n{self.path}"

    def _repr_html_(self) -> str:
        if not self.has_table:
            return "".join(result._repr_html_() for result in self.results.values())
        head = self.head(_SHOWN_ROWS)
        sums = "; ".join(self._sums())
        datasets = ", ".join(f"{one['id']}@{one['version']}" for one in self.manifest["datasets"])
        more = f", the first {_SHOWN_ROWS} here" if self.rows > _SHOWN_ROWS else ""
        told = f"{sums} in " if sums else ""
        project = f" in {self.manifest['project']}" if self.manifest["project"] is not None else ""
        below = f"{datasets}{project}: {told}{self.rows:,} rows{more}{self._told()}"
        title = heading(str(self.manifest["query"]), below)
        # Years and other numbers of time are labels, not quantities.
        labels = [column["name"] for column in self.manifest["columns"] if column["type"] == "time"]
        rows = [row | {name: str(row[name]) for name in labels} for row in head.to_pylist()]
        return title + table(rows, head.column_names)

    def _told(self) -> str:
        """Return how timestamps are to be read."""
        written = str(self.manifest.get("time", {}).get("written_as", "nothing"))
        return "" if written in ("labels", "nothing") else f"; timestamps are {written}"


def open_result(folder: str | Location) -> Result:
    """Return a result: of a run's folder, or the current one of ``<path>/<query name>``; on S3 too, by its URL.

    A further result of a run is opened by its own folder, ``<run>/<name>``, or found in `Result.results`.

    Raises
    ------
    NotFoundError
        If there is no result.
    DataError
        If it is damaged, or from another version of dsgrid that this one cannot read.
    """
    run = run_folder(location(folder))
    return Result(run, read_result_manifest(run))


def _read_csv(path: Location, types: Mapping[str, pa.DataType]) -> pa.Table:
    import pyarrow.csv

    convert = pyarrow.csv.ConvertOptions(column_types=types)
    with storage_errors(path):
        return pyarrow.csv.read_csv(arrow_input(path), convert_options=convert)
