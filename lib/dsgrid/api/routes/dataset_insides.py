"""The inside of a dataset: where it came from, how it is stored, what it passed, what it lacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from dsgrid.api.access.depends import Here, Reader
from dsgrid.api.answers.answers import LOCK_TIMEOUT, Deadline, answer
from dsgrid.api.answers.documents import answer_document
from dsgrid.api.answers.negotiation import MEDIA_TYPES, chosen, content_type, offered
from dsgrid.api.answers.parameters import known_parameters, plain
from dsgrid.api.answers.revision import revision
from dsgrid.api.answers.tables import dumps, write_list
from dsgrid.api.problems.problems import ApiError
from dsgrid.api.problems.redaction import redaction
from dsgrid.api.routes.registry_models import Reference, Rows, Shown, answers
from dsgrid.errors import UsageError
from dsgrid.operations.dataset_checks import checks_of_dataset, verify_dataset
from dsgrid.operations.dataset_gaps import COLUMNS, declared_gaps, gaps_of_dataset
from dsgrid.operations.dataset_storage import storage_of_dataset
from dsgrid.operations.dataset_zeros import zeros_of_dataset
from dsgrid.operations.registry_contents import aim
from dsgrid.registry.registry import Registry

router = APIRouter(tags=["registry"], dependencies=[Depends(known_parameters)])
MISSING_FORMATS: Final = ("json", "csv", "arrow", "text")


class Inside(BaseModel):
    """A part of a dataset; more members depend on it."""

    model_config = ConfigDict(extra="allow")


class Origin(Inside):
    """Where a dataset came from, and where it went."""

    registration: dict[str, Any] = Field(description="Who registered it, when, why, and from which spec and code.")
    inputs: list[dict[str, Any]] = Field(description="The files that it was read from, and the settings.")
    submissions: list[dict[str, Any]] = Field(
        description="The projects that it was submitted to, each with the mappings that bring its records there; "
        "`mapping` is null where its records are the project's own."
    )


class Storage(Inside):
    """How a dataset is stored."""

    layout: dict[str, Any] = Field(description="Which dimension types are columns of which table.")
    tables: list[dict[str, Any]] = Field(
        description="For each role its files, rows, bytes and columns; `row_groups` is null where nobody counted them."
    )
    manifest_sha256: str
    engine: dict[str, Any] | None = Field(description="What wrote it.")
    tzdata: str | None = Field(description="The version of the rules of time zones.")
    summary: dict[str, Any] | None = Field(description="The numbers of what was checked.")


class Checks(Inside):
    """The checks that a dataset passed."""

    job: str = Field(description="What registered it.", examples=["register_dataset"])
    checks: list[dict[str, Any]] = Field(description="In their order; a dataset that fails one is not registered.")
    own: list[dict[str, Any]] = Field(description="Those that the dataset declares itself.")


class Gaps(Inside):
    """The combinations of records that a dataset has no data of."""

    combinations: int = Field(description="How many there might be.")
    missing: int = Field(description="How many of these have no data.")
    declared: int = Field(description="Rows that say so.")
    is_searched: bool = Field(
        description="Whether patterns were looked for; among too many combinations the declared rows are told."
    )
    patterns: list[dict[str, Any]] = Field(
        description="Ids by type: every combination of one of each is missing. `combinations` is null where nobody "
        "counted them."
    )
    more: int = Field(description="How many patterns there are besides.")
    whole: bool = Field(description="Whether the patterns, and those besides, are all that is missing.")


class Verified(Inside):
    """Whether the files of a dataset are what they were."""

    clean: bool
    checksums: bool = Field(description="Whether every byte was read, and not only sizes compared.")
    files: int
    bytes: int
    problems: list[dict[str, Any]]


class Verifying(Shown):
    """How thoroughly files are looked at."""

    checksums: bool = Field(False, description="Read every byte; at most 2 GiB.")


@router.get(
    "/datasets/{reference:path}/origin",
    operation_id="origin_of_datasets",
    summary="Tell where a dataset came from and where it went",
    response_model=Origin,
    responses=answers("json", also=(404,)),
)
def origin(
    reference: Reference, request: Request, here: Here, _user: Reader, choice: Annotated[Shown, Query()]
) -> Response:
    """Its registration, the files that it was read from, and its submissions with their mappings."""

    def made(_deadline: Deadline) -> Any:
        name, moment = aim(reference, choice.at)
        with Registry.open(here.settings.registry, lock_timeout=LOCK_TIMEOUT, at=moment) as opened:
            return opened.origin(name)

    return _document(request, here, reference, choice, made)


@router.get(
    "/datasets/{reference:path}/storage",
    operation_id="storage_of_datasets",
    summary="Tell how a dataset is stored",
    response_model=Storage,
    responses=answers("json", also=(404,)),
)
def storage(
    reference: Reference, request: Request, here: Here, _user: Reader, choice: Annotated[Shown, Query()]
) -> Response:
    """Its tables with their columns and files, and what its manifest says."""

    def made(deadline: Deadline) -> Any:
        return storage_of_dataset(
            here.settings.registry, reference, at=choice.at, lock_timeout=LOCK_TIMEOUT, check=deadline.check
        )

    return _document(request, here, reference, choice, made)


@router.get(
    "/datasets/{reference:path}/checks",
    operation_id="checks_of_datasets",
    summary="Tell what a dataset was checked for",
    response_model=Checks,
    responses=answers("json", also=(404,)),
)
def checks(
    reference: Reference, request: Request, here: Here, _user: Reader, choice: Annotated[Shown, Query()]
) -> Response:
    """The checks at its registration with what they found; the job `check_dataset` makes them again."""

    def made(_deadline: Deadline) -> Any:
        return checks_of_dataset(here.settings.registry, reference, at=choice.at, lock_timeout=LOCK_TIMEOUT)

    return _document(request, here, reference, choice, made)


@router.get(
    "/datasets/{reference:path}/gaps",
    operation_id="gaps_of_datasets",
    summary="Tell in few words what a dataset has no data of",
    response_model=Gaps,
    responses=answers("json", also=(404,)),
)
def gaps(
    reference: Reference, request: Request, here: Here, _user: Reader, choice: Annotated[Shown, Query()]
) -> Response:
    """Of all combinations of its records those without data, as patterns."""

    def made(_deadline: Deadline) -> Any:
        return gaps_of_dataset(here.settings.registry, reference, at=choice.at, lock_timeout=LOCK_TIMEOUT)

    return _document(request, here, reference, choice, made)


@router.get(
    "/datasets/{reference:path}/missing",
    operation_id="missing_of_datasets",
    summary="Read the combinations that a dataset is said to lack",
    response_model=Rows,
    responses=answers(*MISSING_FORMATS, also=(404,)),
)
def missing(
    reference: Reference, request: Request, here: Here, _user: Reader, choice: Annotated[Shown, Query()]
) -> Response:
    """As they were declared, all in one answer: a column for each dimension type, empty where any record is meant."""
    plain(here.settings.limits, reference=reference, at=choice.at)
    form = chosen(request, offered(*MISSING_FORMATS), choice.format)

    def write(file: IO[bytes], _deadline: Deadline) -> None:
        rows = declared_gaps(here.settings.registry, reference, at=choice.at, lock_timeout=LOCK_TIMEOUT)
        write_list(file, form, "missing", COLUMNS, rows, choice.line)

    return answer(request, here, MEDIA_TYPES[form], write)


@router.get(
    "/datasets/{reference:path}/zeros",
    operation_id="zeros_of_datasets",
    summary="Count the zeros of a dataset",
    response_model=Rows,
    responses=answers("json", also=(404,)),
)
def zeros(
    reference: Reference, request: Request, here: Here, _user: Reader, choice: Annotated[Shown, Query()]
) -> Response:
    """How many values of each metric are zero; all facts are read for it, so only of datasets that are not large."""

    def made(deadline: Deadline) -> Any:
        registry = here.settings.registry
        try:
            found = zeros_of_dataset(registry, reference, at=choice.at, lock_timeout=LOCK_TIMEOUT, check=deadline.check)
        except UsageError as error:
            raise ApiError(400, "bad request", str(error)) from None
        items = [{"metric": metric, "zeros": number} for metric, number in found.items()]
        return {"items": items, "total": len(items), "next": None}

    return _document(request, here, reference, choice, made)


@router.get(
    "/datasets/{reference:path}/verify",
    operation_id="verify_datasets",
    summary="Look whether the files of a dataset are what they were",
    response_model=Verified,
    responses=answers("json", also=(404,)),
)
def verify(
    reference: Reference, request: Request, here: Here, _user: Reader, choice: Annotated[Verifying, Query()]
) -> Response:
    """Compare the files with the manifest, and this with the registry; looked at anew each time."""
    plain(here.settings.limits, reference=reference, at=choice.at)
    form = chosen(request, offered("json"), choice.format)
    revision(here.settings.registry)
    with here.gates.reads:
        try:
            found = verify_dataset(
                here.settings.registry,
                reference,
                checksums=choice.checksums,
                at=choice.at,
                lock_timeout=LOCK_TIMEOUT,
            )
        except UsageError as error:
            raise ApiError(400, "bad request", str(error)) from None
    headers = {"Cache-Control": "private, no-store", "Content-Type": content_type(MEDIA_TYPES[form])}
    return Response(f"{dumps(redaction(here.settings).document(found))}\n", headers=headers)


def _document(request: Request, here: Here, reference: str, choice: Shown, made: Callable[[Deadline], Any]) -> Response:
    plain(here.settings.limits, reference=reference, at=choice.at)

    def hidden(deadline: Deadline) -> Any:
        return redaction(here.settings).document(made(deadline))

    return answer_document(request, here, hidden, wanted=choice.format)
