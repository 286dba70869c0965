"""A published query result: its table in three forms, its manifest, and how it looks in a notebook."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dsgrid.datasets import parquet
from dsgrid.query.literals import arrow_frame, arrow_type
from dsgrid.query.notebook import heading, table
from dsgrid.query.quantity import quantity
from dsgrid.registry.publish import MANIFEST, current_run
from dsgrid.storage.location import Location, arrow_input, engine_path, files_below, location, storage_errors

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from pyspark.sql import DataFrame

    from dsgrid.engine import Engine

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
    """

    folder: Location
    manifest: Mapping[str, Any]
    _engine: Engine | None = field(default=None, repr=False, compare=False)

    @property
    def path(self) -> Location:
        """The table: a Parquet or CSV file, or for a large result a folder of files."""
        return self.folder / str(self.manifest["table"])

    @property
    def files(self) -> list[Location]:
        """The files of the table: one, or for a large result those in its folder."""
        if self.path.is_file():
            return [self.path]
        return [path for path, _, _ in files_below(self.path) if path.suffix == self.path.suffix]

    @property
    def rows(self) -> int:
        """The number of rows of the table."""
        return int(self.manifest["rows"])

    @property
    def table(self) -> DataFrame:
        """The table as a DataFrame of the engine that made it (or of this process's own)."""
        from dsgrid.engine import session

        engine = self._engine or session()
        engine.activate()
        if self.path.suffix == ".parquet":
            return engine.spark.read.parquet(engine_path(engine.spark, self.path))
        return arrow_frame(engine.spark, self.to_arrow())

    def to_arrow(self) -> pa.Table:
        """Return the whole table as an Arrow table."""
        import pyarrow as pa
        import pyarrow.csv

        if self.path.suffix == ".parquet":
            return self._in_zone(pa.concat_tables([parquet.read(path) for path in self.files]))
        # Ids such as 06037 stay text, and every column has the type that it has in Parquet.
        types = {column["name"]: arrow_type(column["holds"]) for column in self.manifest["columns"]}
        convert = pyarrow.csv.ConvertOptions(column_types=types)
        return self._in_zone(pa.concat_tables([_read_csv(path, convert) for path in self.files]))

    def _in_zone(self, table: pa.Table) -> pa.Table:
        """Return the table with its instants shown in the zone that was asked for: files of engines do not say it."""
        for column in self.manifest["columns"]:
            if column.get("holds") == "timestamp" and column.get("time_zone"):
                index = table.column_names.index(column["name"])
                shown = table.column(index).cast(arrow_type("timestamp", column["time_zone"]))
                table = table.set_column(index, table.field(index).with_type(shown.type), shown)
        return table

    def head(self, rows: int = _SHOWN_ROWS) -> pa.Table:
        """Return the first rows without reading a large table whole."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        if self.path.suffix != ".parquet":
            return self.to_arrow().slice(0, rows)
        first = self.files[0]
        with storage_errors(first), pq.ParquetFile(arrow_input(first)) as file:
            batches = list(itertools.islice(file.iter_batches(batch_size=rows), 1))
            return self._in_zone(pa.Table.from_batches(batches, schema=file.schema_arrow))

    def to_pandas(self) -> pd.DataFrame:
        """Return the whole table as a pandas DataFrame; timestamps are UTC, or in the zone that was asked for."""
        return self.to_arrow().to_pandas()

    def report(self) -> str:
        """Return what to tell the user."""
        sums = ", ".join(quantity(one["found"], one["unit"]) for one in self.manifest["sums"])
        # Of power, of means and the like a sum is a check of the computation, and no answer.
        in_all = f", in all {sums}" if self.manifest.get("adds_up", True) else ""
        return f"{self.manifest['query']}: {self.rows:,} row{'s' if self.rows != 1 else ''}{in_all}\n{self.path}"

    def __repr__(self) -> str:
        columns = ", ".join(column["name"] for column in self.manifest["columns"])
        return f"Result({self.manifest['query']!r}, {self.rows:,} rows, columns: {columns})\n{self.path}"

    def _repr_html_(self) -> str:
        head = self.head(_SHOWN_ROWS)
        sums = "; ".join(quantity(one["found"], one["unit"]) for one in self.manifest["sums"])
        datasets = ", ".join(f"{one['id']}@{one['version']}" for one in self.manifest["datasets"])
        more = f", the first {_SHOWN_ROWS} here" if self.rows > _SHOWN_ROWS else ""
        told = f"{sums} in " if self.manifest.get("adds_up", True) else ""
        below = f"{datasets} in {self.manifest['project']}: {told}{self.rows:,} rows{more}{self._told()}"
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
    """Return a result: of a run's folder, or the current one of ``<path>/<query name>``; on S3 too, by its URL."""
    place = location(folder)
    if not (place / MANIFEST).is_file():
        place = current_run(place.parent, place.name)
    return Result(place, json.loads((place / MANIFEST).read_text(encoding="utf-8")))


def _read_csv(path: Location, convert: Any) -> pa.Table:
    import pyarrow.csv

    with storage_errors(path):
        return pyarrow.csv.read_csv(arrow_input(path), convert_options=convert)
