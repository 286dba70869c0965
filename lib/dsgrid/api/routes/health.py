"""The server itself: what it is, whether it lives, whether it can work, and what it takes at most."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, create_model

from dsgrid.api.access.depends import Here
from dsgrid.api.limits import Limits
from dsgrid.api.problems.problems import responses
from dsgrid.api.routes.readiness import Readiness, reasons
from dsgrid.spec.schemas.server import LIMITS
from dsgrid.version import __version__

router = APIRouter(tags=["server"])

_LINKS: dict[str, Any] = {
    "openapi": "/v1/openapi.json",
    "health": "/v1/health",
    "ready": "/v1/ready",
    "limits": "/v1/limits",
    "me": "/v1/me",
    "projects": "/v1/projects",
    "datasets": "/v1/datasets",
    "dimensions": "/v1/dimensions",
    "mappings": "/v1/mappings",
    "schemas": "/v1/schemas",
    "queries": "/v1/queries",
    "jobs": "/v1/jobs",
}
_NOT_READY: dict[str, Any] = {"status": "not ready", "reasons": ["the registry is locked by another process"]}


class About(BaseModel):
    """What answers, and where to go on."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "dsgrid", "version": __version__, "api": "v1", "links": _LINKS}]}
    )

    name: Literal["dsgrid"] = Field(description="What answers.")
    version: str = Field(description="The version of dsgrid that the server runs.")
    api: Literal["v1"] = Field(description="The version of this interface, the first part of every address.")
    links: dict[str, str] = Field(description="Where to go on, by what is there.")


class Health(BaseModel):
    """The server answers."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "alive"}]})

    status: Literal["alive"] = Field(description="Always `alive`: who is not does not answer.")


class Ready(BaseModel):
    """Whether the server can do what it is for."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "ready", "reasons": []}, _NOT_READY]})

    status: Literal["ready", "not ready"] = Field(description="Whether it can.")
    reasons: list[str] = Field(description="What is in the way, in words; empty where nothing is.")


_FIELDS: dict[str, Any] = {
    name: (type(value), Field(description=LIMITS[name]["description"])) for name, value in asdict(Limits()).items()
}
LimitsTable: type[BaseModel] = create_model(
    "Limits",
    __doc__="What the server takes at most.",
    __config__=ConfigDict(json_schema_extra={"examples": [asdict(Limits())]}),
    **_FIELDS,
)


@router.get("", operation_id="about", summary="What answers, and where to go on", responses=responses())
async def about() -> About:
    """Tell which program answers, and the addresses to begin with. Needs no token."""
    return About(name="dsgrid", version=__version__, api="v1", links=_LINKS)


@router.get("/health", operation_id="health", summary="Whether the server lives", responses=responses())
async def health() -> Health:
    """Answer, and look at nothing: this is for who starts the server anew when it does not. Needs no token."""
    return Health(status="alive")


@router.get(
    "/ready",
    operation_id="ready",
    summary="Whether the server can work",
    responses={
        **responses(),
        503: {
            "description": "It cannot; the reasons say why.",
            "model": Ready,
            "content": {"application/json": {"example": _NOT_READY}},
        },
    },
)
def ready(here: Here, request: Request, response: Response) -> Ready:
    """Try whether the registry opens, the server's folder can be written, and its runners live. Needs no token.

    An answer holds for a second.
    """
    known: Readiness | None = getattr(request.app.state, "readiness", None)
    if known is None:
        known = request.app.state.readiness = Readiness(lambda: reasons(here))
    found = known.reasons()
    if not found:
        return Ready(status="ready", reasons=[])
    response.status_code = 503
    response.headers["Retry-After"] = "5"
    return Ready(status="not ready", reasons=list(found))


@router.get(
    "/limits",
    operation_id="limits",
    summary="What the server takes at most",
    response_model=LimitsTable,
    responses=responses(),
)
async def limits(here: Here) -> dict[str, Any]:
    """Return the table of limits; sizes are bytes, times are seconds, if nothing else is said. Needs no token."""
    return asdict(here.settings.limits)
