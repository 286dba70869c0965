"""For who looks after a registry: is it whole, and what is kept of answers."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from dsgrid.api.access.depends import Admin, Here
from dsgrid.api.answers.answers import LOCK_TIMEOUT
from dsgrid.api.answers.negotiation import MEDIA_TYPES, chosen, content_type, offered
from dsgrid.api.answers.parameters import known_parameters
from dsgrid.api.answers.revision import revision
from dsgrid.api.answers.tables import dumps
from dsgrid.api.problems.redaction import redaction
from dsgrid.api.routes.registry_models import Form, answers
from dsgrid.operations.cache import list_cache
from dsgrid.operations.check_registry import examine

router = APIRouter(tags=["registry"], dependencies=[Depends(known_parameters)])
FORMATS: Final = ("json", "text")


class Found(BaseModel):
    """What a check of the registry found."""

    model_config = ConfigDict(extra="allow")

    clean: bool = Field(description="Whether nothing is wrong.")
    folder: str = Field(description="The registry, by the name that it has here.", examples=["registry"])
    problems: list[dict[str, Any]] = Field(description="What is wrong, each with what to do about it.")
    counts: dict[str, int] = Field(description="What was looked at.")


class Kept(BaseModel):
    """The answers that the server's user keeps, so that the same query is not computed again."""

    limit: int | None = Field(description="Bytes that they may take; null where nothing is kept.")
    bytes: int
    entries: list[dict[str, Any]] = Field(description="The last used first.")


@router.get(
    "/checks",
    operation_id="check_registry",
    summary="Check that the registry is whole",
    response_model=Found,
    responses=answers("text"),
)
def check(request: Request, here: Here, _user: Admin, choice: Annotated[Form, Query()]) -> Response:
    """Its database, its files, and whether both agree. Nothing is repaired, and no checksums are computed: that is the
    job `check_registry`.
    """
    form = chosen(request, offered(*FORMATS), choice.format)
    revision(here.settings.registry)
    with here.gates.reads:
        found = examine(here.settings.registry, lock_timeout=LOCK_TIMEOUT)
    hidden = redaction(here.settings)
    if form == "text":
        lines = [found.report(), *(str(each.problem) for each in found.problems)]
        return _sent(hidden.text("\n".join(line for line in lines if line)), form)
    return _sent(dumps(hidden.document(found.document())), form)


@router.get(
    "/cache",
    operation_id="list_cache",
    summary="List the answers that are kept",
    response_model=Kept,
    responses=answers("text"),
)
def cache(request: Request, here: Here, _user: Admin, choice: Annotated[Form, Query()]) -> Response:
    """Of all queries that the server's user ran, here or elsewhere; the last used first."""
    form = chosen(request, offered(*FORMATS), choice.format)
    with here.gates.reads:
        found = list_cache()
        hidden = redaction(here.settings)
        if form == "text":
            return _sent(hidden.text(found.report()), form)
        document = {name: value for name, value in found.document().items() if name != "folder"}
        return _sent(dumps(hidden.document(document)), form)


def _sent(text: str, form: str) -> Response:
    headers = {"Cache-Control": "private, no-store", "Vary": "Accept"}
    return Response(f"{text}\n", headers={**headers, "Content-Type": content_type(MEDIA_TYPES[form])})
