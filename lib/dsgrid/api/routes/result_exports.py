"""Files that a query wrote for other models."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.responses import JSONResponse

from dsgrid.api.access.depends import Analyst, Here
from dsgrid.api.answers.file_answers import answer_file
from dsgrid.api.answers.negotiation import CSV, PARQUET
from dsgrid.api.problems.redaction import redaction
from dsgrid.api.results.summary import exported
from dsgrid.api.routes.result_addresses import EXPORT, PARTIAL, PATH, RANGE, add, bodies, document, held_of

router = APIRouter()


def get_result_export(request: Request, here: Here, user: Analyst) -> Response:
    """Tell what an export for another model is: its shape, its units, its files."""
    one = held_of(request, here, user)
    name = request.path_params["export"]
    return JSONResponse(redaction(here.settings).document(exported(one.export(name), f"{one.address}/exports", name)))


def get_result_export_file(request: Request, here: Here, user: Analyst) -> Response:
    """Send a file of an export as it is, or some of its bytes."""
    export = held_of(request, here, user).export(request.path_params["export"])
    files = {str(each["path"]): each for each in export.manifest["files"]}
    return answer_file(request, export.folder, files, request.path_params["path"])


add(router, "/exports/{export}", get_result_export, "An export", document("The export."), EXPORT, further=False)
add(
    router,
    "/exports/{export}/files/{path:path}",
    get_result_export_file,
    "A file of an export",
    {**bodies("application/octet-stream", CSV, PARQUET), **PARTIAL},
    EXPORT,
    PATH,
    RANGE,
    further=False,
)
