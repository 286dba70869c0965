"""Records of a server's dimensions and mappings: as rows, or into a file of this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any

import httpx

from dsgrid.client.address import in_path
from dsgrid.client.lists import pages, rows_of
from dsgrid.client.transport import Params, Transport
from dsgrid.errors import StorageError, UsageError
from dsgrid.operations.records import ExportedRecords
from dsgrid.registry import disk
from dsgrid.registry.conditions import Cell

_FORMS = {".csv": "csv", ".parquet": "parquet"}


def records(way: Transport, reference: str, *, limit: int | None = None, **choice: Any) -> list[dict[str, Any]]:
    """Return chosen records; see `dsgrid.operations.records.select_records`."""
    return rows_of(way, records_path(reference), record_params(**choice), limit)


def record_rows(
    way: Transport, reference: str, *, limit: int | None = None, **choice: Any
) -> tuple[tuple[str, ...], Iterator[tuple[Cell, ...]]]:
    """Return the columns of chosen records, and the rows, which come page by page while they are taken."""
    found = pages(way, records_path(reference), record_params(**choice))
    first = next(found)
    columns = tuple(str(name) for name in first["columns"])

    def rows() -> Iterator[tuple[Cell, ...]]:
        for page in chain((first,), found):
            for row in page["items"]:
                yield tuple(row[name] for name in columns)

    return columns, islice(rows(), limit)


def records_path(reference: str) -> str:
    """Return the path of the records of a dimension or mapping."""
    return f"/entries/{in_path(reference)}/records"


def record_params(
    *, where: Sequence[str] = (), sort: str = "", columns: Sequence[str] = (), at: str | None = None
) -> Params:
    """Return a choice of records as parameters of a request."""
    params = [("where", each) for each in where]
    named = (("sort", sort), ("columns", ",".join(columns)), ("at", at or ""))
    return [*params, *((name, value) for name, value in named if value)]


def export_records(
    way: Transport, reference: str, path: str | Path, *, force: bool = False, limit: int | None = None, **choice: Any
) -> ExportedRecords:
    """Write chosen records to a CSV or Parquet file; see `dsgrid.operations.records.export_records`."""
    path = Path(path)
    form = _FORMS.get(path.suffix.lower())
    if form is None:
        raise UsageError(f'"{path}" says no format; expected a name that ends with .csv or .parquet')
    if path.is_dir():
        raise UsageError(f"{path} is a folder; expected the name of a file")
    if path.exists() and not force:
        raise UsageError(f"{path} is there already; --force overwrites it")
    if not path.parent.is_dir():
        raise UsageError(f"there is no folder {path.parent}")
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        params = [*record_params(**choice), *([("limit", str(limit))] if limit is not None else []), ("format", form)]
        with sent_records(way, reference, params) as response, new.open("wb") as file:
            for chunk in response.iter_bytes():
                file.write(chunk)
        count = _rows_of_file(new, form)
        disk.swap_file(path, new)
    except httpx.HTTPError as error:
        new.unlink(missing_ok=True)
        raise way.broken(error) from None
    except OSError as error:
        new.unlink(missing_ok=True)
        raise StorageError(f"{path}: {error.strerror}") from None
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    return ExportedRecords(reference, path, count)


@contextmanager
def sent_records(way: Transport, reference: str, params: Params) -> Iterator[httpx.Response]:
    """Yield the answer with all chosen records, which is read while it comes."""
    with way.stream("GET", records_path(reference), params=params, headers={"Accept": "*/*"}) as response:
        yield response


def _rows_of_file(path: Path, form: str) -> int:
    if form == "parquet":
        import pyarrow.parquet as pq

        return int(pq.read_metadata(path).num_rows)
    import csv

    with path.open(encoding="utf-8", newline="") as file:
        return max(0, sum(1 for _ in csv.reader(file)) - 1)
