"""The tables of a registry: records of dimensions, associations of mappings, and the first rows of datasets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import IO, Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from dsgrid.api.access.depends import Here, Reader
from dsgrid.api.answers import paging
from dsgrid.api.answers.answers import LOCK_TIMEOUT, Deadline, answer
from dsgrid.api.answers.negotiation import MEDIA_TYPES, chosen, offered
from dsgrid.api.answers.parameters import known_parameters, names, plain
from dsgrid.api.answers.tables import in_time, write_page, write_shown, write_table
from dsgrid.api.problems.problems import ApiError
from dsgrid.api.routes.registry_models import ChosenRecords, FirstRows, HeadOf, Records, Reference, answers
from dsgrid.errors import NotFoundError, Problem
from dsgrid.operations.head import head_of_dataset
from dsgrid.operations.records import select_records
from dsgrid.operations.registry_contents import aim
from dsgrid.operations.shown_rows import Rows
from dsgrid.query.patterns import only_cheap_patterns
from dsgrid.registry.registry import Registry

router = APIRouter(tags=["registry"], dependencies=[Depends(known_parameters)])
FORMATS: Final = ("json", "csv", "arrow", "parquet", "text")
ROW_FORMATS: Final = ("json", "csv", "arrow", "text")
# Stored rows that are read at once; a lookup may make many rows of each, for several clients at the same time.
_BATCH: Final = 1_024


class _Counted:
    """Rows that are counted while they are taken."""

    def __init__(self, rows: Iterator[Any]) -> None:
        self._rows = rows
        self._taken = 0

    def __iter__(self) -> Iterator[Any]:
        for row in self._rows:
            self._taken += 1
            yield row

    def all(self) -> int:
        """Take the rest, and return how many there were."""
        self._taken += sum(1 for _ in self._rows)
        return self._taken


def _records(kind: str | None, reference: str, request: Request, here: Here, choice: ChosenRecords) -> Response:
    limits = here.settings.limits
    plain(
        limits,
        reference=reference,
        where=choice.where,
        search=choice.search,
        sort=choice.sort,
        columns=choice.columns,
        at=choice.at,
    )
    size = paging.page_size(choice.limit, limits)
    form = chosen(request, offered(*FORMATS), choice.format)

    def write(file: IO[bytes], deadline: Deadline) -> Mapping[str, str] | None:
        paged = form == "json"
        with select_records(
            here.settings.registry,
            reference,
            where=choice.where,
            search=choice.search,
            sort=choice.sort,
            columns=names(choice.columns),
            limit=None if paged else choice.limit,
            at=choice.at,
            kind=kind,
            lock_timeout=LOCK_TIMEOUT,
        ) as found:
            selection = in_time(found, deadline.checked)
            if not paged:
                write_table(selection, form, file, choice.line)
                return None
            # A version never changes: only another one that has become the newest makes a cursor void.
            listing, of = paging.listing_of(request), selection.reference
            start = 0 if choice.cursor is None else int(paging.decoded(choice.cursor, listing, of))
            start += choice.offset
            rows = _Counted(selection.rows)
            url: str | None = None

            def after(has_more: bool) -> dict[str, Any]:
                nonlocal url
                url = paging.next_url(request, paging.encoded(start + size, listing, of) if has_more else None)
                total: int | None = selection.count
                if choice.where or choice.search:
                    total = rows.all() if choice.count else None
                return {"reference": of, "columns": selection.columns, "total": total, "next": url}

            write_page(replace(selection, rows=islice(rows, start, None)), file, size, after)
            return paging.link(url)

    return answer(request, here, MEDIA_TYPES[form], write)


def _route(folder: str, kind: str | None, whose: str) -> None:
    def records(
        reference: Reference, request: Request, here: Here, _user: Reader, choice: Annotated[ChosenRecords, Query()]
    ) -> Response:
        return _records(kind, reference, request, here, choice)

    router.add_api_route(
        f"/{folder}/{{reference:path}}/records",
        records,
        methods=["GET"],
        operation_id=f"records_of_{folder}",
        summary=f"Read {whose}",
        description="As JSON in pages; in other forms all that are wanted, in one answer.",
        response_model=Records,
        responses=answers(*FORMATS, also=(404, 409)),
    )


_route("dimensions", "dimension", "the records of a dimension")
_route("mappings", "mapping", "the associations of a mapping")
_route("entries", None, "the records of a dimension or mapping")


@router.get(
    "/datasets/{reference:path}/rows",
    operation_id="rows_of_datasets",
    summary="Look at a dataset's first rows",
    response_model=FirstRows,
    responses=answers(*ROW_FORMATS, also=(404,)),
)
def rows(
    reference: Reference, request: Request, here: Here, _user: Reader, choice: Annotated[HeadOf, Query()]
) -> Response:
    """Return the first rows of a dataset as they are stored; a query gives others, and all of them."""
    limits = here.settings.limits
    plain(limits, reference=reference, where=choice.where, columns=choice.columns, at=choice.at)
    if choice.rows > limits.page_most:
        raise ApiError(
            400, "bad request", f"rows is {choice.rows}; expected at most {limits.page_most}: a query gives more"
        )
    form = chosen(request, offered(*ROW_FORMATS), choice.format)

    def write(file: IO[bytes], deadline: Deadline) -> None:
        name, moment = aim(reference, choice.at)
        with only_cheap_patterns():
            with Registry.open(here.settings.registry, lock_timeout=LOCK_TIMEOUT, at=moment) as opened:
                found = _first(opened, name, choice)
            # The files of a version stay as they are: the registry is not kept waiting for them.
            write_shown(_in_time(found, deadline), form, file, choice.rows, choice.line)

    return answer(request, here, MEDIA_TYPES[form], write)


def _first(registry: Registry, reference: str, choice: HeadOf) -> Rows:
    # What is unknown once the dataset and its data are there is the parameter's.
    head_of_dataset(registry, reference)
    try:
        columns = names(choice.columns)
        return head_of_dataset(registry, reference, columns=columns, where=choice.where, batch=_BATCH).rows
    except NotFoundError as error:
        problems = [Problem(each.message, key=each.key.removeprefix("--")) for each in error.problems]
        raise ApiError(400, "bad request", problems[0].message, problems=problems) from None


def _in_time(found: Rows, deadline: Deadline) -> Rows:
    def pieces() -> Iterator[Any]:
        return deadline.checked(found.pieces())

    return replace(found, pieces=pieces)
