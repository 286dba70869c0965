"""The addresses of results: what there is of a query's own result there is of its further results, too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request

from dsgrid.api.access.context import Context
from dsgrid.api.answers.negotiation import JSON
from dsgrid.api.problems.problems import responses
from dsgrid.api.results.held import Held, held
from dsgrid.api.roles import User

OWN: Final = "/jobs/{job}/result"
FURTHER: Final = "/jobs/{job}/result/results/{name}"


def _in_path(name: str, description: str) -> dict[str, Any]:
    schema = {"type": "string"}
    return {"name": name, "in": "path", "required": True, "description": description, "schema": schema}


_JOB: Final = _in_path("job", "The job.")
_NAME: Final = _in_path("name", "A further result of the query.")
PATH: Final = _in_path("path", "A file that the manifest names.")
EXPORT: Final = _in_path("export", "An export of the query.")
RANGE: Final = {
    "name": "Range",
    "in": "header",
    "required": False,
    "description": "Bytes that are wanted, such as `bytes=0-1023`.",
    "schema": {"type": "string"},
}

Format = Annotated[str | None, Query(description="The form, instead of the header `Accept`.", examples=["csv"])]
Columns = Annotated[str, Query(description="Columns that are wanted, in this order, by commas; by default all.")]
Where = Annotated[
    list[str] | None,
    Query(description="Rows that are wanted, such as `state=CO`; given several times, all have to hold."),
]
Sort = Annotated[
    str,
    Query(
        description="`COLUMN[,-COLUMN]`: the order of the rows; - largest first, what is not there last either way. By "
        "default the one in which the query left them.",
        examples=["state,-value"],
    ),
]
Limit = Annotated[int | None, Query(description="Of JSON: rows of a page.")]
Cursor = Annotated[str | None, Query(description="Of JSON: where the page begins, from `next` of another one.")]
Offset = Annotated[
    int,
    Query(
        ge=0,
        le=1 << 53,
        description="Of JSON: rows that are passed over, from the cursor on, or from the beginning.",
        examples=[0],
    ),
]
Shape = Annotated[Literal["arrays", "objects"], Query(description="Of JSON: what a row is.")]

KNOWN: Final[Mapping[int | str, dict[str, Any]]] = {
    304: {"description": "The client has it already (`If-None-Match`)."}
}
PARTIAL: Final[Mapping[int | str, dict[str, Any]]] = {
    206: {"description": "The bytes that were asked for (`Range`)."},
    **KNOWN,
    **responses(412, 416),
}


def bodies(*media_types: str) -> dict[int | str, dict[str, Any]]:
    """Return what a route documents that answers with bytes."""
    schema = {"schema": {"type": "string", "format": "binary"}}
    return {200: {"description": "The bytes.", "content": dict.fromkeys(media_types, schema)}}


def document(description: str) -> dict[int | str, dict[str, Any]]:
    """Return what a route documents that answers with JSON of many forms."""
    return {200: {"description": description, "content": {JSON: {"schema": {"type": "object"}}}}}


def modelled(model: type[Any], *media_types: str) -> dict[int | str, dict[str, Any]]:
    """Return what a route documents that answers with a model, or with texts or bytes of other media types."""
    schema = {"schema": {"type": "string"}}
    return {200: {"model": model, "content": dict.fromkeys(media_types, schema)}}


def add(
    router: APIRouter,
    path: str,
    endpoint: Callable[..., Any],
    summary: str,
    told: Mapping[int | str, dict[str, Any]],
    *parameters: Mapping[str, Any],
    further: bool = True,
) -> None:
    """Add a route of a result, and the same of a further result.

    The answers to HEAD have all but the body, and routes of their own: a stream is not made for them.

    Parameters
    ----------
    parameters
        What the address or the head of a request says besides the arguments of the endpoint.
    further
        Whether further results have it.
    """
    places = ((OWN, "", (_JOB,)), (FURTHER, " of a further result", (_JOB, _NAME)))
    for start, of, own in places[: 1 + further]:
        router.add_api_route(
            start + path,
            endpoint,
            methods=["GET"],
            operation_id=endpoint.__name__ + ("_further" if of else ""),
            summary=summary + of,
            responses={**responses(404, 409, 410, 502), **told},
            response_model=None,
            openapi_extra={"parameters": [dict(one) for one in (*own, *parameters)]},
        )
        router.add_api_route(start + path, endpoint, methods=["HEAD"], include_in_schema=False, response_model=None)


def held_of(request: Request, here: Context, user: User) -> Held:
    """Return the result that an address names."""
    return held(here, user, request.path_params["job"], request.path_params.get("name"))


def kept(tag: str = "") -> dict[str, str]:
    """Return the headers of an answer that its reader may keep, and asks for again each time."""
    headers = {"Cache-Control": "private, no-cache", "Vary": "Accept, Authorization"}
    return {**headers, "ETag": tag} if tag else headers
