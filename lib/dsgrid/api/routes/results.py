"""What queries answered: what it is, its manifest, and its files as they are."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, Response
from starlette.responses import JSONResponse, PlainTextResponse

from dsgrid.api.access.depends import Analyst, Here
from dsgrid.api.answers import etags
from dsgrid.api.answers.file_answers import answer_file, answer_known
from dsgrid.api.answers.negotiation import CSV, PARQUET, TEXT, chosen, offered
from dsgrid.api.answers.parameters import known_parameters
from dsgrid.api.problems.problems import responses
from dsgrid.api.problems.redaction import redaction
from dsgrid.api.results.summary import files_of, summary
from dsgrid.api.routes import result_exports, result_pictures, result_tables
from dsgrid.api.routes.result_addresses import (
    KNOWN,
    PARTIAL,
    PATH,
    RANGE,
    Format,
    add,
    bodies,
    document,
    held_of,
    kept,
    modelled,
)
from dsgrid.api.routes.result_models import FilesOfResult, ResultSummary
from dsgrid.version import __version__

router = APIRouter(tags=["results"], dependencies=[Depends(known_parameters)])


def get_result(request: Request, here: Here, user: Analyst, format: Format = None) -> Response:
    """Tell what a result is: columns, units, sums, and where its table and its files are."""
    form = chosen(request, offered("json", "text"), format)
    one = held_of(request, here, user)
    tag = etags.weak(one.digest, form, __version__)
    if (known := answer_known(request, tag)) is not None:
        return known
    told = redaction(here.settings).document(summary(one))
    if form == "text":
        return PlainTextResponse(f"{told['report']}\n", headers=kept(tag))
    return JSONResponse(told, headers=kept(tag))


def get_result_manifest(request: Request, here: Here, user: Analyst) -> Response:
    """Give the manifest: what was asked, versions of all that was read, sums in and out, what it took."""
    one = held_of(request, here, user)
    tag = etags.weak(one.digest, "manifest", __version__)
    if (known := answer_known(request, tag)) is not None:
        return known
    return JSONResponse(redaction(here.settings).document(dict(one.result.manifest)), headers=kept(tag))


def get_result_files(request: Request, here: Here, user: Analyst) -> Response:
    """List the files of the table, as the query wrote them."""
    one = held_of(request, here, user)
    items = files_of(one.files, f"{one.address}/files")
    return JSONResponse({"items": items, "total": len(items)}, headers=kept(etags.weak(one.digest, "files")))


def get_result_file(request: Request, here: Here, user: Analyst) -> Response:
    """Send a file of the table as it is, or some of its bytes."""
    one = held_of(request, here, user)
    return answer_file(request, one.result.folder, one.files, request.path_params["path"])


add(router, "", get_result, "The result", {**modelled(ResultSummary, TEXT), **KNOWN, **responses(406, 412)})
add(router, "/manifest", get_result_manifest, "The manifest", {**document("The manifest."), **KNOWN, **responses(412)})
router.include_router(result_tables.router)
add(router, "/files", get_result_files, "The files of the table", {200: {"model": FilesOfResult}})
add(
    router,
    "/files/{path:path}",
    get_result_file,
    "A file of the table",
    {**bodies("application/octet-stream", PARQUET, CSV), **PARTIAL},
    PATH,
    RANGE,
)
router.include_router(result_pictures.router)
router.include_router(result_exports.router)
