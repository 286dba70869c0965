"""The table of a result in the order that a client wants: made where it is not there yet, and waited for, not for ever.

Whoever waits takes no thread: what is made is made in one of its own.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from anyio.to_thread import run_sync
from fastapi import FastAPI, Request

from dsgrid.api.access.context import Context
from dsgrid.api.answers.parameters import plain
from dsgrid.api.problems.problems import ApiError, BusyError
from dsgrid.api.results import table_forms
from dsgrid.api.results.held import Held, damaged
from dsgrid.api.results.made_tables import made_tables
from dsgrid.api.results.row_order import order_of, too_large
from dsgrid.api.results.sorted_tables import SortedTable, sorted_tables
from dsgrid.api.results.table_reading import StoredTable
from dsgrid.api.roles import User
from dsgrid.api.routes.result_addresses import held_of
from dsgrid.errors import DataError, Problem, UsageError

# Of the time of an answer: whoever waits for a form that is made is told before that it takes longer.
_PATIENCE: Final = 0.6


@dataclass(frozen=True)
class Ordered:
    """A result, and its table in the order that is wanted.

    Parameters
    ----------
    sort
        The order as it is written; empty for the result's own.
    """

    held: Held
    table: StoredTable
    sort: str = ""

    @property
    def tagged(self) -> tuple[str, ...]:
        """What tells the bytes of this order from those of another one."""
        return ("sort", self.sort) if self.sort else ()


async def ordered(request: Request, here: Context, user: User, sort: str) -> Ordered:
    """Return the table of the result that an address names, once it is there in the order that is wanted.

    Raises
    ------
    ApiError
        400 for an order that there cannot be, 422 for a table that is too large, 503 where it takes longer.
    """
    one = (await run_sync(held_of, request, here, user)).with_table()
    if not sort.strip():
        return Ordered(one, one.table)
    plain(here.settings.limits, sort=sort)
    table, making = await run_sync(_sorting, request.app, one, sort)
    await _made(here, making, "the table is being sorted, which takes longer; ask again")
    return Ordered(one, table, sort)


async def as_one_file(request: Request, here: Context, one: Ordered) -> Path:
    """Return the one Parquet file of a result that the server has made, once it is there."""
    if isinstance(one.table, SortedTable):
        return one.table.path
    path = table_forms.made_path(one.held.folder, one.held.name)
    if not path.is_file():
        said = (
            "one Parquet file is being made of this result, which takes longer; ask again. Its files are there as "
            f"they are: {one.held.address}/files"
        )
        await _made(here, made_tables(request.app).made(one.table, path), said)
    return path


def _sorting(app: FastAPI, one: Held, sort: str) -> tuple[SortedTable, Future[None]]:
    try:
        order = order_of(sort, one.table)
    except DataError as error:
        raise damaged(error) from None
    except UsageError as error:
        problem = Problem(error.problems[0].message, key="sort")
        raise ApiError(400, "bad request", problem.message, problems=[problem]) from None
    if refused := too_large(one.table):
        raise ApiError(422, "invalid", refused)
    return sorted_tables(app).made(one, order)


async def _made(here: Context, making: Future[None], said: str) -> None:
    try:
        async with asyncio.timeout(here.settings.limits.answer_time * _PATIENCE):
            await asyncio.shield(asyncio.wrap_future(making))
    except TimeoutError:
        raise BusyError(said, retry_after=5) from None
    except DataError as error:
        raise damaged(error) from None
