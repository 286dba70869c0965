"""Compare two tables, for ``dsgrid diff``: results, versions of datasets, tables of files."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from dsgrid.errors import DsgridError, NotFoundError, UsageError, did_you_mean
from dsgrid.operations.location import registry_folder
from dsgrid.query.comparison.choice import REFUSE, SHOWN, Choice
from dsgrid.query.comparison.comparing import compared
from dsgrid.query.comparison.dataset_side import dataset_side
from dsgrid.query.comparison.found import Comparison
from dsgrid.query.comparison.opening import NOTHING, kind_of, label_of, sides_of
from dsgrid.query.comparison.pairing import Pairing
from dsgrid.query.comparison.reading import FORMATS
from dsgrid.query.comparison.rows import Translation
from dsgrid.query.comparison.side import Side
from dsgrid.query.result import Result
from dsgrid.registry.registry import Registry
from dsgrid.spec.node import shown as shown_path
from dsgrid.storage.location import Location, is_url, location
from dsgrid.storage.s3 import S3Path

# The exit code of a comparison that found a difference: no error has it.
DIFFERENT_CODE: Final = 10

Comparable = str | Path | S3Path | Result


def compare(
    a: Comparable,
    b: Comparable,
    *,
    registry: str | Path | Registry | None = None,
    keys: Sequence[str] = (),
    ignore: Sequence[str] = (),
    rtol: float = 1e-9,
    atol: float = 0.0,
    duplicates: str = REFUSE,
    zone: str | None = None,
    shown: int = SHOWN,
    progress: Callable[[str], None] | None = None,
) -> Comparison:
    """Compare two tables: schema, keys, values with a tolerance, totals, largest changes.

    Each may be a result (its folder, that of one run, or a `Result`), a version of a dataset (``id@version``), or a
    table (a Parquet, CSV or Arrow file, or a folder of such files).

    Parameters
    ----------
    registry
        Where datasets are, and the records whose names a result shows.
    keys
        The columns that tell rows apart, ``county=geography`` where the tables have two names for one. Without any:
        as manifests say; of bare tables see `dsgrid.query.comparison.table_side`.
    ignore
        Columns that are not compared.
    rtol, atol
        Values are equal when their difference is at most `rtol` times the greater one, or `atol`.
    duplicates
        ``refuse`` rows with equal keys, or ``sum`` their values.
    zone
        The zone of readings of a clock that are compared with instants.
    shown
        How many rows and records of each kind are told.

    Raises
    ------
    NotFoundError
        If one of them does not exist.
    DataError
        If they cannot be compared.
    """
    choice = Choice(keys, ignore, rtol, atol, duplicates, zone, shown)
    with ExitStack() as stack:
        known = _Known(registry, stack)
        things = [one if isinstance(one, Result) else known.find(one) for one in (a, b)]
        first, second = sides_of(things[0], things[1], (label_of(a), label_of(b)), choice)
        return compared(first, second, choice, known.translations, progress)


class _Known:
    """What a registry knows, if there is one: datasets, and the records of dimensions."""

    def __init__(self, registry: str | Path | Registry | None, stack: ExitStack) -> None:
        self._asked = registry
        self._stack = stack
        self._opened: Registry | None = None

    def find(self, named: str | Path | S3Path) -> Side | Location:
        """Return a dataset as a side of a comparison, or the place of a result or table.

        As for ``dsgrid head``: a name with a version is that of a dataset, one with a slash that of a place.
        """
        place, text = location(named), str(named)
        is_place = is_url(named) or "/" in text or os.sep in text
        if is_place or ("@" not in text and kind_of(place) != NOTHING):
            if kind_of(place) == NOTHING:
                raise NotFoundError(f"there is no file or folder {shown_path(place)}{_beside(place)}")
            if not is_place and self._is_dataset(text):
                raise UsageError(
                    f'"{text}" is a dataset and a place; write {text}@VERSION for one, ./{text} for the other'
                )
            return place
        try:
            opened = self._registry()
        except UsageError:
            raise NotFoundError(
                f'there is no file or folder "{text}"; if it is a dataset, name its registry with --registry'
            ) from None
        if place.suffix in FORMATS:
            raise NotFoundError(f"there is no file {text}{_beside(place)}")
        kind = opened.kind(text)
        if kind != "dataset":
            of = text.partition("@")[0]
            raise UsageError(f'"{text}" is a {kind}; `dsgrid registry diff {of} OLD NEW` compares its versions')
        dataset = opened.dataset(text)
        return dataset_side(dataset, opened.data)

    def _is_dataset(self, name: str) -> bool:
        try:
            return self._registry().kind(name) == "dataset"
        except DsgridError:
            return False

    def _registry(self) -> Registry:
        if self._opened is None:
            if isinstance(self._asked, Registry):
                self._opened = self._asked
            else:
                self._opened = self._stack.enter_context(Registry.open(registry_folder(registry=self._asked)))
        return self._opened

    def translations(self, pairing: Pairing) -> Mapping[str, Translation]:
        """Return by key what turns names of records into ids: of those whose dimension is known."""
        found = {}
        for pair in pairing.pairs:
            ids = dict.fromkeys(key.dimension for key in (pair.a, pair.b) if key is not None and key.dimension)
            if ids:
                found[pair.name] = self._translation(tuple(ids))
        return found

    def _translation(self, dimensions: Iterable[str]) -> Translation:
        def translated(seen: Sequence[Any]) -> Mapping[Any, Any]:
            for dimension in dimensions:
                names = self._names(dimension)
                values = [value for value in seen if value is not None]
                if values and all(value in names for value in values) and any(names[one] != one for one in values):
                    return names
            return {}

        return translated

    def _names(self, dimension: str) -> dict[str, str]:
        """Return the id of each record by its name: of names that only one record has."""
        try:
            records = self._registry().dimension(dimension).records
        except DsgridError:
            # Results are compared without a registry as well; that which was named has to be there.
            if self._asked is not None and self._opened is None:
                raise
            return {}
        names: dict[str, str | None] = {}
        for record in records:
            names[record.name] = None if record.name in names else record.id
        return {name: id_ for name, id_ in names.items() if id_ is not None}


def _beside(place: Location) -> str:
    """Return a hint at what is there, where only the name is not."""
    with contextlib.suppress(OSError, DsgridError):
        return did_you_mean(place.name, _entries(place.parent))
    return ""


def _entries(folder: Location) -> Iterator[str]:
    if isinstance(folder, Path):
        yield from (path.name for path in folder.iterdir() if not path.name.startswith("."))
