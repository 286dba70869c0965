"""The pages of problem types, so that the URI of each leads somewhere."""

from __future__ import annotations

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from dsgrid.api.problems.problems import ApiError, responses
from dsgrid.api.problems.types import BY_NAME, TYPES, ProblemType
from dsgrid.errors import did_you_mean

router = APIRouter(tags=["server"])


class ProblemTypeDocument(BaseModel):
    """One kind of problem."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "/v1/problems/not-found",
                    "title": "not found",
                    "status": 404,
                    "advice": "Look at the names that the detail offers, or at the listing.",
                }
            ]
        }
    )

    type: str = Field(description="Its URI, relative to the server: the `type` of problem details.")
    title: str = Field(description="What it is, in short.")
    status: int = Field(description="The status code that it has.")
    advice: str = Field(description="What to do about it.")


class ProblemTypes(BaseModel):
    """All kinds of problems."""

    items: list[ProblemTypeDocument] = Field(description="In the order of their status codes.")


@router.get(
    "/problems", operation_id="list_problem_types", summary="All kinds of problems", response_model=ProblemTypes
)
async def list_problem_types() -> ProblemTypes:
    """List the kinds of problems that the server answers with, and what to do about each. No token is needed."""
    return ProblemTypes(items=[_document(each) for each in TYPES])


@router.get(
    "/problems/{name}",
    operation_id="get_problem_type",
    summary="One kind of problem",
    responses=responses(404),
    response_model=ProblemTypeDocument,
)
async def get_problem_type(
    name: str = Path(description="The end of the `type` of problem details.", examples=["not-found"]),
) -> ProblemTypeDocument:
    """Say what a kind of problem is, and what to do about it. No token is needed."""
    found = BY_NAME.get(name)
    if found is None:
        raise ApiError(404, "not found", f'there is no kind of problem "{name[:80]}"{did_you_mean(name[:80], BY_NAME)}')
    return _document(found)


def _document(kind: ProblemType) -> ProblemTypeDocument:
    return ProblemTypeDocument(type=kind.uri, title=kind.title, status=kind.status, advice=kind.advice)
