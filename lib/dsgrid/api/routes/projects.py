"""The parts of a project: its dimensions, its datasets, what it requires of them, and what they cover of that."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from dsgrid.api.access.depends import Here, Reader
from dsgrid.api.answers.answers import LOCK_TIMEOUT, Deadline
from dsgrid.api.answers.documents import JSON_OR_TEXT, answer_document
from dsgrid.api.answers.paging import page_size
from dsgrid.api.answers.parameters import known_parameters, plain
from dsgrid.api.problems.problems import ApiError
from dsgrid.api.routes.project_models import (
    CoverOf,
    ProjectCoverage,
    ProjectDatasets,
    ProjectDimensions,
    ProjectRequirements,
    Required,
)
from dsgrid.api.routes.registry_models import Reference, Shown, answers
from dsgrid.operations.project_parts import (
    project_coverage,
    project_datasets,
    project_dimensions,
    project_requirements,
)

router = APIRouter(tags=["registry"], dependencies=[Depends(known_parameters)])


@router.get(
    "/projects/{reference:path}/dimensions",
    operation_id="dimensions_of_projects",
    summary="List the dimensions of a project",
    response_model=ProjectDimensions,
    responses=answers("text", also=(404,)),
)
def dimensions(
    reference: Reference, request: Request, here: Here, _user: Reader, choice: Annotated[Shown, Query()]
) -> Response:
    """Base and supplemental ones with where they are registered, and subsets with their selectors."""
    plain(here.settings.limits, reference=reference, at=choice.at)

    def made(_deadline: Deadline) -> Any:
        return project_dimensions(here.settings.registry, reference, at=choice.at, lock_timeout=LOCK_TIMEOUT)

    return answer_document(request, here, made, formats=JSON_OR_TEXT, wanted=choice.format, line=choice.line)


@router.get(
    "/projects/{reference:path}/datasets",
    operation_id="datasets_of_projects",
    summary="List the datasets of a project",
    response_model=ProjectDatasets,
    responses=answers("text", also=(404,)),
)
def datasets(
    reference: Reference, request: Request, here: Here, _user: Reader, choice: Annotated[Shown, Query()]
) -> Response:
    """Those that it requires or has, with their state in it and their size."""
    plain(here.settings.limits, reference=reference, at=choice.at)

    def made(_deadline: Deadline) -> Any:
        return project_datasets(here.settings.registry, reference, at=choice.at, lock_timeout=LOCK_TIMEOUT)

    return answer_document(request, here, made, formats=JSON_OR_TEXT, wanted=choice.format, line=choice.line)


@router.get(
    "/projects/{reference:path}/requirements",
    operation_id="requirements_of_projects",
    summary="Read what a project requires of its datasets",
    response_model=ProjectRequirements,
    responses=answers(also=(404,)),
)
def requirements(
    reference: Reference, request: Request, here: Here, _user: Reader, choice: Annotated[Required, Query()]
) -> Response:
    """Of each dataset and each type how many records, and the first of them."""
    limits = here.settings.limits
    plain(limits, reference=reference, at=choice.at, dataset=choice.dataset)
    if choice.records > limits.page_most:
        raise ApiError(400, "bad request", f"records is {choice.records}; expected at most {limits.page_most}")

    def made(_deadline: Deadline) -> Any:
        return project_requirements(
            here.settings.registry,
            reference,
            dataset=choice.dataset,
            records=choice.records,
            at=choice.at,
            lock_timeout=LOCK_TIMEOUT,
        )

    return answer_document(request, here, made, wanted=choice.format)


@router.get(
    "/projects/{reference:path}/coverage",
    operation_id="coverage_of_projects",
    summary="Read which records the datasets of a project cover",
    response_model=ProjectCoverage,
    responses=answers(also=(404,)),
)
def coverage(
    reference: Reference, request: Request, here: Here, _user: Reader, choice: Annotated[CoverOf, Query()]
) -> Response:
    """Of each record of a dimension how many combinations are required of each dataset, and how many it has.

    Gaps that a dataset declares are taken off. Composites are told, too, and nothing is required of them. Of a
    supplemental dimension the numbers are those of the base records that are parts of a record.
    """
    limits = here.settings.limits
    plain(limits, reference=reference, at=choice.at, dimension=choice.dimension)
    size = page_size(choice.limit, limits)

    def made(deadline: Deadline) -> Any:
        found = project_coverage(
            here.settings.registry,
            reference,
            choice.dimension,
            at=choice.at,
            lock_timeout=LOCK_TIMEOUT,
            check=deadline.check,
        )
        return found.document(choice.first, size, choice.gaps)

    return answer_document(request, here, made, wanted=choice.format)
