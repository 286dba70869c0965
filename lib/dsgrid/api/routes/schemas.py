"""The JSON Schemas of specs, which editors and clients use: those of the code that runs here."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from dsgrid.api.access.depends import Here, Reader
from dsgrid.api.answers import etags
from dsgrid.api.answers.parameters import known_parameters, plain
from dsgrid.api.problems.problems import ApiError, responses
from dsgrid.errors import did_you_mean
from dsgrid.spec.assets import asset, asset_names
from dsgrid.version import __version__

router = APIRouter(tags=["registry"], dependencies=[Depends(known_parameters)])
MEDIA_TYPE: Final = "application/schema+json"
_ENDING: Final = ".schema.json"
_FOLDER: Final = "schemas"


class Schema(BaseModel):
    """A schema that there is."""

    job: str = Field(description="The job of the specs that it is for; or what else it describes.", examples=["query"])
    title: str = Field(description="What it says of itself.")
    url: str = Field(description="Where it is, relative to the server.", examples=["/v1/schemas/query"])


class Schemas(BaseModel):
    """All schemas."""

    items: list[Schema]
    total: int
    next: str | None = Field(None, description="Always null: they are all here.")


@lru_cache(1)
def _known() -> dict[str, tuple[str, str]]:
    """Return the text and the title of each schema, by its job."""
    found = {}
    for name in asset_names(_FOLDER):
        if name.endswith(_ENDING):
            text = asset(f"{_FOLDER}/{name}")
            document: dict[str, Any] = json.loads(text)
            found[name.removesuffix(_ENDING)] = (text, str(document.get("title", "")))
    return found


@router.get("/schemas", operation_id="list_schemas", summary="List the schemas of specs", responses=responses())
def list_schemas(request: Request, _here: Here, _user: Reader) -> Schemas:
    """Every job has one; so have the files of a Slurm site and of a server."""
    items = [
        Schema(job=job, title=title, url=f"{request.url.path}/{job}") for job, (_, title) in sorted(_known().items())
    ]
    return Schemas(items=items, total=len(items), next=None)


@router.get(
    "/schemas/{job}",
    operation_id="show_schema",
    summary="Read the schema of a job's specs",
    response_class=Response,
    responses={
        200: {"description": "A JSON Schema.", "content": {MEDIA_TYPE: {"schema": {"type": "object"}}}},
        304: {"description": "The client has it already (`If-None-Match`)."},
        **responses(404),
    },
)
def show_schema(
    job: Annotated[str, Path(description="The job.", examples=["query"])], request: Request, here: Here, _user: Reader
) -> Response:
    """As the files in `schemas/` have it."""
    plain(here.settings.limits, job=job)
    if job not in _known():
        raise ApiError(404, "not found", f'there is no schema "{job}"{did_you_mean(job, _known(), 40)}')
    text, _ = _known()[job]
    headers = {"ETag": etags.strong(__version__, text), "Cache-Control": "private, no-cache"}
    if etags.is_known(request.headers, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(text, media_type=MEDIA_TYPE, headers=headers)
