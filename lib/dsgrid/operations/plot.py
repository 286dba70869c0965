"""The operation `plot`: a picture of a result, as an interactive page that needs no network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dsgrid.errors import NotFoundError, did_you_mean
from dsgrid.query.plots.plot import Plot, draw
from dsgrid.query.result import Result, open_result
from dsgrid.storage.location import Location


def plot(
    result: Result | Location | str, *, name: str | None = None, output: str | Path | None = ".", **choice: Any
) -> Plot:
    """Draw a result and write its page; what is not said is chosen to fit its columns.

    Parameters
    ----------
    result
        A result, or the folder of one.
    name
        One of the further results of the query.
    output
        A file whose name ends in ``.html``, or a folder, in which it is called after the query; None writes nothing.
    choice
        ``kind``, ``x``, ``by``, ``facet``, ``where``, ``unit``, ``title``, ``assets``, ``force``: see
        `dsgrid.query.plots.plot.draw`.

    Raises
    ------
    NotFoundError
        If there is no such result, column or value.
    DataError
        If the result is damaged, or there is nothing to be drawn.
    UsageError
        If the picture does not fit the result, or would add up what does not add up.
    """
    return draw(_further(result if isinstance(result, Result) else open_result(result), name), output=output, **choice)


def _further(result: Result, name: str | None) -> Result:
    if name is None or name == result.manifest.get("query"):
        return result
    others = list(result.manifest.get("results", ()))
    if name not in others:
        raise NotFoundError(f'the query has no further result "{name}"{did_you_mean(name, others)}')
    return result.results[name]
