"""The table of a result in the form that a client wants."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response

from dsgrid.api.access.context import Context
from dsgrid.api.access.depends import Analyst, Here
from dsgrid.api.answers import etags, paging
from dsgrid.api.answers.file_answers import answer_file, answer_known, checked, disposition
from dsgrid.api.answers.negotiation import ARROW, CSV, JSON, PARQUET, chosen, content_type, offered
from dsgrid.api.answers.parameters import names, plain
from dsgrid.api.answers.sending import StreamAnswer
from dsgrid.api.problems.problems import ApiError, responses
from dsgrid.api.results import table_forms
from dsgrid.api.results.chosen_table import ChosenTable
from dsgrid.api.results.held import Held, damaged
from dsgrid.api.results.table_pages import Place, cells, page
from dsgrid.api.results.table_reading import StoredTable
from dsgrid.api.roles import User
from dsgrid.api.routes.result_addresses import (
    KNOWN,
    PARTIAL,
    RANGE,
    Columns,
    Cursor,
    Format,
    Limit,
    Offset,
    Shape,
    Sort,
    Where,
    add,
    bodies,
    kept,
    modelled,
)
from dsgrid.api.routes.result_models import TablePage
from dsgrid.api.routes.result_orders import Ordered, as_one_file, ordered
from dsgrid.errors import DataError, SpecError
from dsgrid.version import __version__

router = APIRouter()


async def get_result_table(
    request: Request,
    here: Here,
    user: Analyst,
    format: Format = None,
    columns: Columns = "",
    where: Where = None,
    sort: Sort = "",
    limit: Limit = None,
    cursor: Cursor = None,
    offset: Offset = 0,
    shape: Shape = "arrays",
) -> Response:
    """Give the table in the form that the client accepts: JSON page by page, or whole as CSV, Arrow or Parquet."""
    form = chosen(request, offered("json", "csv", "arrow", "parquet"), format)
    if form == "json":
        return await get_result_table_json(request, here, user, columns, where, sort, limit, cursor, offset, shape)
    if form == "parquet":
        if columns or where:
            raise ApiError(
                400,
                "bad request",
                "Parquet is sent as it is, from which clients read what they want by ranges; choose columns and rows "
                "with the formats json, csv and arrow",
            )
        return await get_result_table_parquet(request, here, user, sort)
    return await _streamed(request, here, user, form, columns, where, sort)


async def get_result_table_parquet(request: Request, here: Here, user: Analyst, sort: Sort = "") -> Response:
    """Send the table as one Parquet file, or some of its bytes; readers such as DuckDB ask for what they need."""
    one = await ordered(request, here, user, sort)
    if one.table.is_one_parquet and not one.sort:
        (file,) = one.held.files
        name = f"{_name(one.held)}.parquet"
        return await run_sync(answer_file, request, one.held.result.folder, one.held.files, file, name)
    return await run_sync(_made, request, one, await as_one_file(request, here, one))


async def get_result_table_arrow(
    request: Request, here: Here, user: Analyst, columns: Columns = "", where: Where = None, sort: Sort = ""
) -> Response:
    """Stream the table as Arrow IPC, made while it is sent."""
    return await _streamed(request, here, user, "arrow", columns, where, sort)


async def get_result_table_csv(
    request: Request, here: Here, user: Analyst, columns: Columns = "", where: Where = None, sort: Sort = ""
) -> Response:
    """Stream the table as CSV, made while it is sent; times are `2018-07-01 07:00:00Z`, or have an offset."""
    return await _streamed(request, here, user, "csv", columns, where, sort)


async def get_result_table_json(
    request: Request,
    here: Here,
    user: Analyst,
    columns: Columns = "",
    where: Where = None,
    sort: Sort = "",
    limit: Limit = None,
    cursor: Cursor = None,
    offset: Offset = 0,
    shape: Shape = "arrays",
) -> Response:
    """Give a page of the table; `next` is the address of the one after it."""
    size = paging.page_size(limit, here.settings.limits)
    one = await ordered(request, here, user, sort)
    return await run_sync(_json, request, here, one, columns, where, size, cursor, offset, shape)


async def _streamed(
    request: Request, here: Context, user: User, form: str, columns: str, where: list[str] | None, sort: str
) -> Response:
    one = await ordered(request, here, user, sort)
    return await run_sync(_stream, request, here, user, one, form, columns, where)


def _made(request: Request, one: Ordered, path: Path) -> Response:
    with checked(path) as file:
        told = file.told
        # A file that was made anew may have other bytes.
        tag = etags.strong(one.held.digest, "parquet", *one.tagged, str(told.st_size), str(told.st_mtime_ns))
        return file.answer(request, tag, PARQUET, f"{_name(one.held)}.parquet")


def _stream(
    request: Request, here: Context, user: User, one: Ordered, form: str, columns: str, where: list[str] | None
) -> Response:
    table = _chosen(one.table, here, columns, where)
    tag = etags.strong(one.held.digest, form, *one.tagged, "columns", *table.columns, "where", *table.where)
    if (known := answer_known(request, tag)) is not None:
        return known
    media_type = {"arrow": ARROW, "csv": CSV}[form]
    make = {"arrow": table_forms.arrow_stream, "csv": table_forms.csv}[form]
    source = one.table if table.is_whole else table
    return StreamAnswer(
        lambda: make(source),
        {**kept(tag), "Content-Disposition": disposition(f"{_name(one.held)}.{form}")},
        content_type(media_type),
        slot=lambda: here.downloads.place(user.name),
        idle=here.settings.limits.idle_time,
    )


def _json(
    request: Request,
    here: Context,
    one: Ordered,
    columns: str,
    where: list[str] | None,
    size: int,
    cursor: str | None,
    offset: int,
    shape: str,
) -> Response:
    table = _chosen(one.table, here, columns, where)
    listing, of = paging.listing_of(request), one.held.digest
    place = Place() if cursor is None else _place(paging.decoded(cursor, listing, of))
    place = place.after(offset, tested=bool(table.where))
    tag = etags.strong(of, "json", listing, str(size), cursor or "", str(offset), __version__)
    if (known := answer_known(request, tag)) is not None:
        return known
    try:
        with here.gates.reads:
            found = page(table, place, size, here.settings.limits.answer_time / 2)
            rows: list[Any] = cells(found.rows)
    except DataError as error:
        raise damaged(error) from None
    following = found.following
    if shape == "objects":
        rows = [dict(zip(table.schema.names, row, strict=True)) for row in rows]
    after = None if following is None else paging.encoded([following.row, following.passed], listing, of)
    url = paging.next_url(request, after)
    document = {
        "columns": table.schema.names,
        "rows": rows,
        "total": None if table.where else one.table.rows,
        "next": url,
    }
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    # A page that ran out of time may be another one the next time.
    headers = kept(tag) if found.is_full or following is None else {"Cache-Control": "no-store"}
    return Response(body, headers={**headers, **paging.link(url)}, media_type=JSON)


def _place(position: Any) -> Place:
    match position:
        case [int(row), int(passed)] if row >= 0 and passed >= 0:
            return Place(row, passed)
    raise ApiError(400, "bad request", "this cursor is none of this table")


def _chosen(table: StoredTable, here: Context, columns: str, where: list[str] | None) -> ChosenTable:
    plain(here.settings.limits, where=where)
    # Of a wide table all columns but one may be named: how long an address is has a limit of its own.
    wanted = names(columns)
    try:
        return ChosenTable(table, wanted, tuple(where or ()))
    except SpecError as error:
        # Tests are written as in specs, and here they are parameters.
        raise ApiError(400, "bad request", str(error.problems[0]), problems=error.problems) from None


def _name(one: Held) -> str:
    return one.name or str(one.result.manifest["query"])


add(
    router,
    "/table",
    get_result_table,
    "The table",
    {**modelled(TablePage, CSV, ARROW, PARQUET), **PARTIAL, **responses(406, 422, 507)},
    RANGE,
)
add(
    router,
    "/table.parquet",
    get_result_table_parquet,
    "The table as Parquet",
    {**bodies(PARQUET), **PARTIAL, **responses(507)},
    RANGE,
)
_MADE = {**KNOWN, **responses(412, 422, 507)}
add(router, "/table.arrow", get_result_table_arrow, "The table as an Arrow stream", {**bodies(ARROW), **_MADE})
add(router, "/table.csv", get_result_table_csv, "The table as CSV", {**bodies(CSV), **_MADE})
add(router, "/table.json", get_result_table_json, "A page of the table", {**modelled(TablePage), **_MADE})
