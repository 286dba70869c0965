"""The registry at a glance, and a search over all that it holds."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from dsgrid.api.access.depends import Here, Reader
from dsgrid.api.answers.answers import LOCK_TIMEOUT, Deadline
from dsgrid.api.answers.documents import answer_document
from dsgrid.api.answers.parameters import known_parameters, plain
from dsgrid.api.routes.registry_models import AT, answers
from dsgrid.operations.glance import overview, search_registry

router = APIRouter(tags=["registry"], dependencies=[Depends(known_parameters)])


class Glance(BaseModel):
    """How much of it is wanted."""

    recent: int = Field(10, ge=0, le=100, description="Registrations, the newest first.")
    projects: int = Field(24, ge=0, le=1_000, description="Projects, by their ids.")
    at: str | None = Field(None, description=AT, examples=["2100-01-01"])


class Sought(BaseModel):
    """What is looked for."""

    text: str = Field(
        min_length=1, description="Words; all have to be there. Case and accents do not matter.", examples=["county"]
    )
    limit: int = Field(20, ge=1, le=100, description="Of each kind.")
    at: str | None = Field(None, description=AT, examples=["2100-01-01"])


class Registered(BaseModel):
    """A registration, and what it registered and removed: how many of each kind, and the first of them."""

    model_config = ConfigDict(extra="allow")

    key: int
    registered_at: str
    submitter: str
    log_message: str
    job: str = Field(examples=["register_project"])
    counts: dict[str, int]
    registered: list[dict[str, Any]]
    removed: list[dict[str, Any]]


class Overview(BaseModel):
    """A registry at a glance."""

    totals: dict[str, int] = Field(description="Of the newest versions.", examples=[{"projects": 1, "datasets": 3}])
    projects: list[dict[str, Any]] = Field(description="As in their list, with their base dimensions.")
    recent: list[Registered]


class Found(BaseModel):
    """What was found of one kind, the closest first."""

    kind: str = Field(examples=["dimensions"])
    total: int | None = Field(description="Null for very many records, which nobody counts.")
    more: bool = Field(description="Whether `items` are not all.")
    items: list[dict[str, Any]] = Field(
        description="Things with id, version and description; `also` is the metadata with the words, if nothing else "
        "has them. Records with the first `dimensions` of those that they are `in`."
    )


class Findings(BaseModel):
    """What was found, by kind; kinds without anything are left out."""

    text: str
    groups: list[Found]


@router.get(
    "/overview",
    operation_id="overview",
    summary="See the registry at a glance",
    response_model=Overview,
    responses=answers(also=(404,)),
)
def show_overview(request: Request, here: Here, _user: Reader, choice: Annotated[Glance, Query()]) -> Response:
    """How much there is of everything, projects in short, and what was registered last."""
    plain(here.settings.limits, at=choice.at)

    def made(_deadline: Deadline) -> Any:
        folder = here.settings.registry
        return overview(folder, recent=choice.recent, projects=choice.projects, at=choice.at, lock_timeout=LOCK_TIMEOUT)

    return answer_document(request, here, made)


@router.get(
    "/search",
    operation_id="search",
    summary="Search everything",
    response_model=Findings,
    responses=answers(also=(404,)),
)
def search(request: Request, here: Here, _user: Reader, choice: Annotated[Sought, Query()]) -> Response:
    """What has all words in its id, name, description, tags or other metadata; records by their ids and names."""
    plain(here.settings.limits, text=choice.text, at=choice.at)

    def made(_deadline: Deadline) -> Any:
        folder = here.settings.registry
        found = search_registry(folder, choice.text, limit=choice.limit, at=choice.at, lock_timeout=LOCK_TIMEOUT)
        return {"text": choice.text, "groups": [each.document() for each in found]}

    return answer_document(request, here, made)
