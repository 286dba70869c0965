"""The first rows of a server's dataset."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from dsgrid.client.address import in_path
from dsgrid.client.transport import ARROW, Transport
from dsgrid.errors import DsgridError, NotFoundError, Problem, ServerError, UsageError
from dsgrid.operations.head import SHOWN, Head
from dsgrid.operations.shown_rows import Rows
from dsgrid.operations.stored_rows import LABELS

if TYPE_CHECKING:
    import pyarrow as pa


def remote_head(
    way: Transport,
    reference: str,
    *,
    rows: int = SHOWN,
    columns: Sequence[str] = (),
    where: Sequence[str] = (),
    at: str | None = None,
) -> Head:
    """Return the first rows of a dataset version; see `dsgrid.operations.head.head`."""
    import pyarrow as pa

    path = f"/datasets/{in_path(reference)}/rows"
    params = [("where", each) for each in where]
    named = (("columns", ",".join(columns)), ("at", at or ""))
    params += [(name, value) for name, value in named if value]
    # The rows come as Arrow, which knows their types; what is said of them stands beside none of them.
    try:
        told = way.get(path, [*params, ("rows", "0")]).json()
    except UsageError as error:
        raise _of_options(error) from None
    body = way.get(path, [*params, ("rows", str(rows))], accept=ARROW).body
    try:
        table = pa.ipc.open_stream(io.BytesIO(body)).read_all().replace_schema_metadata(None)
    except pa.ArrowException:
        raise ServerError(f"{way.address} sends rows that are no Arrow stream") from None

    def pieces() -> Iterator[pa.Table]:
        yield table

    shown = Rows(
        table.schema,
        pieces,
        LABELS,
        (),
        tuple(told.get("remarks", ())),
        told.get("total"),
    )
    return Head(reference, shown, rows)


def _of_options(error: UsageError) -> DsgridError:
    """Return an error of parameters as the command line of this machine tells it."""
    problems = [
        Problem(one.message, key=f"--{one.key}" if one.key.startswith(("where", "columns")) else one.key)
        for one in error.problems
    ]
    missing = all(one.message.startswith("no column ") for one in problems)
    return NotFoundError(problems) if missing else UsageError(problems)
