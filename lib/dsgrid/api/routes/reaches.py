"""What a dataset can be brought to without a project."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from dsgrid.api.access.depends import Here, Reader
from dsgrid.api.answers.answers import LOCK_TIMEOUT, Deadline
from dsgrid.api.answers.documents import JSON_OR_TEXT, answer_document
from dsgrid.api.answers.parameters import known_parameters, plain
from dsgrid.api.routes.registry_models import Reference, Shown, answers
from dsgrid.operations.dataset_reach import reach_of_dataset

router = APIRouter(tags=["registry"], dependencies=[Depends(known_parameters)])


class Reached(BaseModel):
    """A dimension that a dataset can be brought to."""

    type: str = Field(examples=["geography"])
    dimension: str = Field(description="The newest version that mappings lead to.", examples=["census/state@1.0.0"])
    id: str = Field(description="What a query names as a target.", examples=["census/state"])
    name: str = Field(description="What the result calls it.", examples=["state"])


class Reach(BaseModel):
    """What a dataset can be brought to."""

    reference: str = Field(description="The dataset, with its version.", examples=["offices@1.0.0"])
    items: list[Reached] = Field(description="Type by type, the nearest first; of time all that are registered.")


@router.get(
    "/datasets/{reference:path}/reach",
    operation_id="reach_of_datasets",
    summary="List what a dataset can be brought to",
    response_model=Reach,
    responses=answers("text", also=(404,)),
)
def reach(
    reference: Reference, request: Request, here: Here, _user: Reader, choice: Annotated[Shown, Query()]
) -> Response:
    """The targets of a query of a dataset: dimensions that chains of registered mappings lead to."""
    plain(here.settings.limits, reference=reference, at=choice.at)

    def made(_deadline: Deadline) -> Any:
        return reach_of_dataset(here.settings.registry, reference, at=choice.at, lock_timeout=LOCK_TIMEOUT)

    return answer_document(request, here, made, formats=JSON_OR_TEXT, wanted=choice.format, line=choice.line)
