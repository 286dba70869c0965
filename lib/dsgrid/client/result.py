"""The result of a query on a server: read over the network, or fetched to this machine."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dsgrid.client.address import in_path
from dsgrid.client.arriving import Body, arrow_errors
from dsgrid.client.download import RemoteFile, fetch, files_of, tag_file
from dsgrid.client.transport import ARROW, Transport
from dsgrid.errors import NotFoundError, ServerError, StorageError, UsageError
from dsgrid.operations.reusing import REUSED
from dsgrid.operations.shown_rows import FILES, check_file, write_file
from dsgrid.query.literals import arrow_frame
from dsgrid.query.result import Result, open_result
from dsgrid.registry import disk
from dsgrid.registry.publish import MANIFEST

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

    from dsgrid.client.job import RemoteJob
    from dsgrid.query.comparison.found import Comparison
    from dsgrid.query.handoff.exported import Exported
    from dsgrid.query.plots.plot import Plot
    from dsgrid.storage.location import Location

_TRIES: Final = 3


@dataclass(frozen=True, repr=False)
class RemoteResult(Result):
    """The result of a query on a server. It has what `dsgrid.query.result.Result` has; rows come over the network.

    `folder` is what the server calls it; `download` brings it to this machine.
    """

    _way: Transport | None = field(default=None, compare=False)
    _path: str = field(default="", compare=False)
    job: RemoteJob | None = field(default=None, compare=False)

    @property
    def path(self) -> Location:
        """Raise: the table is on the server. `download` fetches it."""
        if not self.has_table:
            super().path  # noqa: B018  # says why there is none
        raise UsageError(f"the table is on {self._to.address}; download(...) fetches it to this machine")

    @property
    def files(self) -> list[Location]:
        """Raise: they are on the server. `download` fetches them."""
        return [] if not self.has_table else [self.path]

    @property
    def url(self) -> str:
        """The URL of the table as Parquet, for programs that read over HTTP with the token."""
        return self._to.url_of(f"{self._path}/table.parquet")

    @cached_property
    def results(self) -> Mapping[str, RemoteResult]:
        """The further results of the same query, by their names."""
        found = {}
        for name in self.manifest.get("results", ()):
            path = f"{self._path}/results/{in_path(name, 'the name of a result')}"
            manifest = self._to.get(f"{path}/manifest").json()
            found[name] = RemoteResult(self.folder / name, manifest, None, "", self._to, path, self.job)
        return found

    @property
    def exports(self) -> Mapping[str, Exported]:
        """The files of the same run for other models; they are fetched to this machine first."""
        return self.local().exports if self.manifest.get("exports") else {}

    @property
    def table(self) -> DataFrame:
        """The table as a DataFrame of this process's own engine; it goes through this process's memory."""
        from dsgrid.engine import kept_session

        engine = kept_session()
        engine.activate()
        return arrow_frame(engine.spark, self.to_arrow())

    def to_arrow(self) -> pa.Table:
        """Return the whole table as an Arrow table."""
        import pyarrow as pa

        for attempt in range(1, _TRIES + 1):
            try:
                return self._in_zone(pa.concat_tables(self.pieces(0)))
            except ServerError:
                if attempt == _TRIES:
                    raise
        raise AssertionError("a table is read a few times")

    def pieces(self, rows: int) -> Iterator[pa.Table]:
        """Yield the table piece by piece, as it comes; how many rows a piece has, the server says."""
        import pyarrow as pa

        if not self.has_table:
            super().path  # noqa: B018  # says why there is none
        count = 0
        with self._stream(f"{self._path}/table", ARROW) as body, arrow_errors(self._to):
            reader = pa.ipc.open_stream(body)
            yield reader.schema.remove_metadata().empty_table()
            for batch in reader:
                count += batch.num_rows
                yield pa.Table.from_batches([batch]).replace_schema_metadata(None)
        # An end that comes too soon looks like any other.
        if count != self.rows:
            raise ServerError(f"{self._to.address}: the table was cut after {count:,} of {self.rows:,} rows")

    def download(self, target: str | Path, *, form: str = "", force: bool = False) -> Path:
        """Fetch the result to this machine, and return where it is.

        Parameters
        ----------
        target
            A file for the table, whose name says the format (``.parquet``, ``.csv``, ``.json``, ``.arrow``) where
            `form` does not. Or else a folder, which appears when all is in it: the result with its manifest, as
            `dsgrid.open_result` opens it, its further results and exports.
        form
            The format of a file.
        force
            Replace what is there.

        Raises
        ------
        UsageError
            If there is no room for it.
        StorageError
            If the disk refuses, or what comes is not what the manifest promises.
        """
        path = Path(target)
        if form or path.suffix.lower() in FILES:
            return self._download_file(path, form, force)
        return self._download_folder(path, force)

    def local(self) -> Result:
        """Return the same result in a folder of this machine, which lasts as long as this process."""
        return self._local

    @cached_property
    def _local(self) -> Result:
        # Kept by the object: its folder goes when nobody needs it any more.
        object.__setattr__(self, "_folder_here", tempfile.TemporaryDirectory(prefix="dsgrid-"))
        place = Path(self._folder_here.name) / str(self.manifest["query"])  # type: ignore[attr-defined]
        return open_result(self._download_folder(place, False))

    def plot(self, **choice: Any) -> Plot:
        """Return a picture of the table, drawn on this machine; see `dsgrid.query.plots.plot.draw`."""
        return self.local().plot(**choice)

    def diff(self, other: Result | str | Location, **choice: Any) -> Comparison:
        """Return what differs between this table (A) and another result or table (B); both are brought here first."""
        there = other.local() if isinstance(other, RemoteResult) else other
        return self.local().diff(there, **choice)

    def report(self) -> str:
        """Return what to tell the user, of further results too."""
        told = [f"  {line}" for line in self.manifest.get("report", {}).get("headline", ())]
        sums = ", ".join(self._sums())
        in_all = f", in all {sums}" if sums else ""
        rows = f"{self.manifest['query']}: {self.rows:,} row{'s' if self.rows != 1 else ''}{in_all}"
        own = [rows, *told, str(self.folder / str(self.manifest["table"]))] if self.has_table else []
        reused = [self.reused] if self.reused else []
        return "\n".join([*own, *(one.report() for one in self.results.values()), *reused])

    def __repr__(self) -> str:
        where = f"{self._to.address} {self.folder}"
        if not self.has_table:
            return f"RemoteResult({self.manifest['query']!r}, results: {', '.join(self.results)})\n{where}"
        columns = ", ".join(column["name"] for column in self.manifest["columns"])
        return f"RemoteResult({self.manifest['query']!r}, {self.rows:,} rows, columns: {columns})\n{where}"

    @property
    def _to(self) -> Transport:
        assert self._way is not None
        return self._way

    # Fetching

    def _download_file(self, path: Path, form: str, force: bool) -> Path:
        from dsgrid.operations.stored_rows import rows_of_result

        form = check_file(path, form, force=force)
        if not self.has_table:
            super().path  # noqa: B018  # says why there is none
        if form != "parquet":
            write_file(rows_of_result(self), path, form, force=force)
            return path
        # Called after what it is half of, so that the next try goes on with it.
        half = path.with_name(f".{path.name}.{self._key}")
        fetch(self._to, RemoteFile(f"{self._path}/table.parquet", path.name), half)
        _check_rows(half, self.rows, self._to)
        disk.swap_file(path, half)
        tag_file(half).unlink(missing_ok=True)
        return path

    def _download_folder(self, folder: Path, force: bool) -> Path:
        replaces = _has_room(folder, force)
        half = folder.absolute().with_name(f".{folder.absolute().name}.{self._key}")
        try:
            half.mkdir(parents=True, exist_ok=True)
            self._fetch_into(half)
            if replaces:
                before = half.with_name(f"{half.name}.old")
                disk.swap_file(before, folder)
                disk.swap_file(folder, half)
                shutil.rmtree(before)
            else:
                if folder.is_dir():
                    folder.rmdir()  # it is empty
                disk.swap_file(folder, half)
        except OSError as error:
            raise StorageError(f"{error.filename or folder}: {error.strerror}") from None
        return folder

    def _fetch_into(self, folder: Path) -> None:
        for file in files_of(self._to.get(f"{self._path}/files").json(), f"{self._path}/files"):
            target = folder / file.name
            fetch(self._to, file, target)
            tag_file(target).unlink(missing_ok=True)
        for name, further in self.results.items():
            (folder / name).mkdir(exist_ok=True)
            further._fetch_into(folder / name)
        # Last, as whoever publishes a result does.
        disk.write_file(folder / MANIFEST, json.dumps(self.manifest, indent=2, ensure_ascii=False).encode())

    @property
    def _key(self) -> str:
        return f"{self._path.strip('/').replace('/', '-')}.half"

    @contextlib.contextmanager
    def _stream(self, path: str, accept: str) -> Iterator[io.BufferedReader]:
        with self._to.stream("GET", path, headers={"Accept": accept}) as response:
            yield io.BufferedReader(Body(response, self._to), 1 << 18)


def open_remote_result(job: RemoteJob, way: Transport) -> RemoteResult:
    """Return the result of a job that has succeeded.

    Raises
    ------
    NotFoundError
        If it has none, or it was removed.
    """
    path = f"/jobs/{in_path(job.id, 'the id of a job')}/result"
    manifest = way.get(f"{path}/manifest").json()
    if not isinstance(manifest, dict) or not {"query", "table", "rows", "columns"} <= set(manifest):
        raise NotFoundError(f"{job.name} of {way.address} has no result that this dsgrid can read")
    reused = next((line for line in reversed(job.report().splitlines()) if line.startswith(REUSED)), "")
    return RemoteResult(Path("jobs") / job.id / "result", manifest, None, reused, way, path, job)


def _check_rows(path: Path, rows: int, way: Transport) -> None:
    """Refuse a Parquet file, and remove it, that is not whole."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        found = pq.read_metadata(path).num_rows
    except (pa.ArrowException, OSError):
        found = -1
    if found != rows:
        path.unlink(missing_ok=True)
        tag_file(path).unlink(missing_ok=True)
        told = f"has {found:,} of {rows:,} rows" if found >= 0 else "is damaged"
        raise StorageError(f"the table that {way.address} sent {told}")


def _has_room(folder: Path, force: bool) -> bool:
    """Refuse a folder that has something else in it; tell whether it has a result that is to be replaced."""
    if not folder.exists():
        if not folder.absolute().parent.is_dir():
            raise UsageError(f"there is no folder {folder.absolute().parent}")
        return False
    if not folder.is_dir():
        raise UsageError(f"{folder} is a file; expected a folder that is absent or empty")
    if not os.listdir(folder):
        return False
    if not (folder / MANIFEST).is_file():
        raise UsageError(f"{folder} holds something that is no result; name another folder")
    if not force:
        raise UsageError(f"{folder} holds a result already; force=True (--force) replaces it")
    return True
