"""The operation behind ``dsgrid head``: the first rows of a dataset as it is stored, or of a result. No engine."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dsgrid.errors import DsgridError, NotFoundError, UsageError, did_you_mean, listing
from dsgrid.operations.chosen_rows import chosen
from dsgrid.operations.location import registry_place
from dsgrid.operations.registry_contents import aim
from dsgrid.operations.reported import Reported
from dsgrid.operations.shown_rows import Rows, text_table
from dsgrid.operations.stored_rows import BATCH, rows_of_dataset, rows_of_result
from dsgrid.query.result import Result, open_result
from dsgrid.registry.publish import MANIFEST, POINTER
from dsgrid.registry.registry import Registry
from dsgrid.registry.versions import parse_reference
from dsgrid.storage.location import Location, location

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

SHOWN: Final = 10


@dataclass(frozen=True, repr=False)
class Head(Reported):
    """The first rows of something.

    Parameters
    ----------
    name
        ``id@version`` of a dataset, or the folder of a result.
    count
        How many rows are wanted.
    """

    name: str
    rows: Rows
    count: int = SHOWN

    @property
    def table(self) -> pa.Table:
        """The rows as an Arrow table."""
        return self.rows.first(self.count)

    def to_pandas(self) -> pd.DataFrame:
        """Return the rows as a pandas DataFrame."""
        return self.table.to_pandas()

    def report(self) -> str:
        """Return the rows as a table."""
        return text_table(self.rows, self.count)


def head(
    reference: str | Path,
    *,
    rows: int = SHOWN,
    columns: Sequence[str] = (),
    where: Sequence[str] = (),
    registry: str | Path | None = None,
    at: str | None = None,
) -> Head:
    """Return the first rows of a dataset version, or of a result; files are read only as far as that needs.

    Parameters
    ----------
    reference
        ``id`` or ``id@version`` of a dataset; or the folder of a result, of one of its runs, or of a further result
        (``results/by_state/peaks``). A
        name that could be both is a dataset with a version behind it, and a folder with ``./`` before it.
    columns
        What to show, in this order.
    where
        Tests such as ``state=CO``, which all have to hold; see `dsgrid.operations.question_grammar.parse_condition`.
    registry
        The registry's folder; without one the environment or the user's configuration names it.
    at
        A version, or a date: the dataset as it was then.

    Raises
    ------
    NotFoundError
        If nothing is called so; for columns that there are not.
    UsageError
        If a dataset and a folder are called so.
    """
    text = str(reference)
    found = _result(text, registry) if at is None or _is_path(text) else None
    if found is None:
        name, all_rows = _of_dataset(text, registry, at)
    else:
        if at is not None:
            raise UsageError(f"{text} is a result, which has no versions (--at)")
        name, all_rows = str(found.folder), rows_of_result(found)
    return Head(name, chosen(all_rows, columns, where), rows)


def head_of_dataset(
    registry: Registry,
    reference: str,
    *,
    rows: int = SHOWN,
    columns: Sequence[str] = (),
    where: Sequence[str] = (),
    batch: int = BATCH,
) -> Head:
    """Return the first rows of a dataset version of an open registry, which is all that a name can mean here.

    The rows are read when they are taken, from files; the registry may be closed by then. See `head`.

    Parameters
    ----------
    batch
        How many stored rows are read at once.
    """
    dataset = registry.dataset(reference)
    name = f"{dataset.id}@{dataset.version}"
    if not any(file.role == "facts" for file in dataset.files):
        raise NotFoundError(f"{name} holds no data")
    return Head(name, chosen(rows_of_dataset(registry, dataset, batch), columns, where), rows)


# Datasets ------------------------------------------------------------------------------------------------------------


def _of_dataset(reference: str, registry: str | Path | None, at: str | None) -> tuple[str, Rows]:
    try:
        place = registry_place(registry=registry)
    except UsageError as error:
        here = location(reference)
        found = _no_result(here, reference) if here.is_dir() else f"there is no folder {reference}"
        raise NotFoundError(f"{found}; a dataset may be called so, but {error.problems[0].message}") from None
    name, moment = aim(reference, at)
    with Registry.open(place.folder, at=moment) as opened:
        try:
            dataset = opened.dataset(name)
        except NotFoundError as error:
            raise _nothing(reference, opened, error) from None
        return f"{dataset.id}@{dataset.version}", rows_of_dataset(opened, dataset)


def _nothing(reference: str, registry: Registry, error: NotFoundError) -> NotFoundError:
    """Return the error for a name that is neither a dataset nor a folder."""
    id_, _ = parse_reference(reference)
    datasets = {row["id"] for row in registry.datasets()}
    if id_ in datasets:
        return error  # it is the version that is not there
    others = {row["id"] for row in registry.projects()}
    if id_ in others:
        return NotFoundError(f'"{id_}" is a project; `dsgrid query {id_}` asks it, `dsgrid head` shows a dataset')
    folder = f", and no folder {reference} with a result" if "@" not in reference else ""
    hint = did_you_mean(id_, sorted(datasets))
    return NotFoundError(f'no dataset "{id_}" in the registry {registry.folder}{folder}{hint}')


# Results -------------------------------------------------------------------------------------------------------------


def _result(text: str, registry: str | Path | None) -> Result | None:
    """Return the result that a text names; None where it may be a dataset."""
    place = location(text)
    is_path = _is_path(text)
    if not is_path and ("@" in text or not place.is_dir()):
        if isinstance(place, Path) and place.is_file():
            raise UsageError(f"{text} is a file; expected a dataset, or the folder of a result")
        return None
    if not (place / MANIFEST).is_file() and not (place / POINTER).is_file():
        if not is_path:
            return None
        if (place.parent / POINTER).is_file() and place.name in (further := open_result(place.parent).results):
            return further[place.name]
        raise NotFoundError(_no_result(place, text))
    if not is_path and _is_dataset(text, registry):
        raise UsageError(
            f'"{text}" is a dataset and a folder with a result; write {text}@VERSION for the one, '
            f"{os.path.join('.', text)} for the other"
        )
    return open_result(place)


def _no_result(place: Location, text: str) -> str:
    """Return what is wrong with a path that is no result."""
    if isinstance(place, Path) and place.is_file():
        return f"{text} is a file; expected a dataset, or the folder of a result"
    if not place.is_dir():
        near = ""
        if isinstance(place, Path) and place.parent.is_dir():
            near = did_you_mean(place.name, sorted(one.name for one in place.parent.iterdir() if one.is_dir()))
        return f"there is no folder {text}{near}"
    inside = []
    if isinstance(place, Path):
        inside = sorted(one.name for one in place.iterdir() if (one / POINTER).is_file() or (one / MANIFEST).is_file())
    hint = f"; there are results in it: {listing(inside)}" if inside else ""
    return f"{text} holds no result: it has neither {POINTER} nor {MANIFEST}{hint}"


def _is_path(text: str) -> bool:
    return "/" in text or os.sep in text or text in (".", "..")


def _is_dataset(text: str, registry: str | Path | None) -> bool:
    try:
        with Registry.open(registry_place(registry=registry).folder) as opened:
            opened.dataset(text)
    except DsgridError:
        return False
    return True
