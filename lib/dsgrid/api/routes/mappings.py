"""What mappings amount to: sums for the records of either side, and the matrix of their fractions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from dsgrid.api.access.depends import Here, Reader
from dsgrid.api.answers import paging
from dsgrid.api.answers.answers import LOCK_TIMEOUT, Deadline, answer
from dsgrid.api.answers.documents import answer_document
from dsgrid.api.answers.negotiation import MEDIA_TYPES, chosen, offered
from dsgrid.api.answers.parameters import known_parameters, names, plain
from dsgrid.api.answers.tables import selection_of, write_page, write_table
from dsgrid.api.routes.registry_models import ChosenRecords, Page, Reference, answers
from dsgrid.operations.mapping_sums import SideSums, mapping_matrix, mapping_summary, mapping_sums
from dsgrid.registry.association_sums import Window

router = APIRouter(tags=["registry"], dependencies=[Depends(known_parameters)])
FORMATS: Final = ("json", "csv", "arrow", "parquet", "text")
_MOST: Final = 300  # rows and columns of a matrix


class ChosenSums(ChosenRecords):
    """Whose sums are wanted."""

    side: Literal["from", "to"] = Field("from", description="Of the records that it maps from, or of those it maps to.")


class Looked(BaseModel):
    """When a registry is looked at."""

    at: str | None = Field(
        None, description="A version. A date or time, such as `2026-11-23`: the registry as it was then."
    )


class Seen(Looked):
    """Which part of a matrix is wanted."""

    top: int = Field(0, ge=0, description="The first row: the place of a record of `from` in its dimension.")
    left: int = Field(0, ge=0, description="The first column: the place of a record of `to`.")
    height: int | None = Field(None, ge=1, description="How many rows; all that follow if nothing is said.")
    width: int | None = Field(None, ge=1, description="How many columns.")
    most: int = Field(
        100, ge=1, le=_MOST, description="Rows and columns of the answer: of more, neighbours are taken together."
    )


class SumsOfRecords(Page):
    """What each record of one side has of a mapping."""

    reference: str = Field(examples=["conus_2022/county:state@1.0.0"])
    columns: list[str]
    items: list[dict[str, Any]] = Field(
        description="`associations`, the `sum` of their fractions, the record of the other side with the largest "
        "`fraction` (`main`), and how much of the sum has no target (`dropped`)."
    )


class Promises(BaseModel):
    """What the kind of a mapping promises."""

    sums_to_one: Literal["from", "to"] | None = Field(description="For whose records the fractions sum to 1.")
    from_repeats: bool
    to_repeats: bool
    all_ones: bool
    tolerance: float


class Side(BaseModel):
    """The records of one side in numbers."""

    dimension: str
    version: str
    records: int
    used: int = Field(description="Records that have associations.")
    unused: int
    dropped: int = Field(description="Of those used, the ones that have no target.")
    repeated: int = Field(description="Of those used, the ones that have several associations.")
    sum_least: float | None
    sum_most: float | None
    sums_off: int = Field(description="Of those used, the ones whose fractions do not sum to 1.")


class Summary(BaseModel):
    """What a mapping amounts to."""

    reference: str
    kind: str
    use: str
    promises: Promises
    associations: int
    without_target: int
    fractions: dict[str, float | None]
    from_: Side = Field(alias="from")
    to: Side


class Label(BaseModel):
    """A row or column: a record, or several neighbours."""

    id: str
    name: str
    last: str = Field(description="The last of the neighbours.")
    records: int


class Axis(BaseModel):
    """The rows, or the columns, of a part of a matrix."""

    total: int
    start: int
    end: int
    step: int = Field(description="How many neighbours are taken together.")
    labels: list[Label]


class Matrix(BaseModel):
    """A part of a mapping as a matrix."""

    reference: str
    rows: Axis
    columns: Axis
    cells: list[tuple[int, int, int, float]] = Field(
        description="Row and column, counted from the start of the part (-1: without a target), associations, and the "
        "sum of their fractions; only cells that hold something."
    )


@router.get(
    "/mappings/{reference:path}/sums",
    operation_id="sums_of_mappings",
    summary="Read the sums of a mapping's fractions",
    response_model=SumsOfRecords,
    responses=answers(*FORMATS, also=(404, 409)),
)
def sums(
    reference: Reference, request: Request, here: Here, _user: Reader, choice: Annotated[ChosenSums, Query()]
) -> Response:
    """For each record of one side, also for those that have none; as JSON in pages, in other forms all at once."""
    limits = here.settings.limits
    plain(limits, reference=reference, where=choice.where, search=choice.search, sort=choice.sort, at=choice.at)
    plain(limits, columns=choice.columns)
    size = paging.page_size(choice.limit, limits)
    form = chosen(request, offered(*FORMATS), choice.format)

    def write(file: IO[bytes], _deadline: Deadline) -> Mapping[str, str] | None:
        found = mapping_sums(
            here.settings.registry,
            reference,
            choice.side,
            where=choice.where,
            search=choice.search,
            sort=choice.sort,
            columns=names(choice.columns),
            at=choice.at,
            lock_timeout=LOCK_TIMEOUT,
        )
        if form != "json":
            rows = found.rows[: choice.limit]
            write_table(selection_of(found.reference, found.columns, rows), form, file, choice.line)
            return None
        return _page(request, found, choice, size, file)

    return answer(request, here, MEDIA_TYPES[form], write)


def _page(request: Request, found: SideSums, choice: ChosenSums, size: int, file: IO[bytes]) -> Mapping[str, str]:
    listing = paging.listing_of(request)
    start = 0 if choice.cursor is None else int(paging.decoded(choice.cursor, listing, found.reference))
    start += choice.offset
    end = start + size
    url = paging.next_url(request, paging.encoded(end, listing, found.reference) if end < len(found.rows) else None)
    after = {"reference": found.reference, "columns": found.columns, "total": len(found.rows), "next": url}
    write_page(selection_of(found.reference, found.columns, found.rows[start:end]), file, size, lambda _more: after)
    return paging.link(url)


@router.get(
    "/mappings/{reference:path}/summary",
    operation_id="summary_of_mappings",
    summary="Read what a mapping amounts to",
    response_model=Summary,
    responses=answers(also=(404,)),
)
def summary(
    reference: Reference, request: Request, here: Here, _user: Reader, choice: Annotated[Looked, Query()]
) -> Response:
    """Tell what its kind promises, and on either side how many records have how much of it."""
    plain(here.settings.limits, reference=reference, at=choice.at)

    def made(_deadline: Deadline) -> Any:
        return mapping_summary(here.settings.registry, reference, at=choice.at, lock_timeout=LOCK_TIMEOUT)

    return answer_document(request, here, made)


@router.get(
    "/mappings/{reference:path}/matrix",
    operation_id="matrix_of_mappings",
    summary="Read a part of a mapping as a matrix",
    response_model=Matrix,
    responses=answers(also=(404,)),
)
def matrix(
    reference: Reference, request: Request, here: Here, _user: Reader, choice: Annotated[Seen, Query()]
) -> Response:
    """Give the fractions from records (rows) to records (columns); of a large part, neighbours are summed."""
    plain(here.settings.limits, reference=reference, at=choice.at)
    window = Window(choice.top, choice.left, choice.height, choice.width, choice.most)

    def made(_deadline: Deadline) -> Any:
        return mapping_matrix(here.settings.registry, reference, window, at=choice.at, lock_timeout=LOCK_TIMEOUT)

    return answer_document(request, here, made)
