"""A result seen: drawn, and compared with another one."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import JSONResponse, PlainTextResponse

from dsgrid.api.access.context import Context
from dsgrid.api.access.depends import Analyst, Here
from dsgrid.api.answers import etags
from dsgrid.api.answers.file_answers import answer_known
from dsgrid.api.answers.negotiation import JSON, TEXT, chosen, offered
from dsgrid.api.answers.parameters import names, plain
from dsgrid.api.problems.problems import ApiError, responses
from dsgrid.api.problems.redaction import redaction
from dsgrid.api.results.held import Held, held
from dsgrid.api.results.plot_pages import drawn_document, drawn_page
from dsgrid.api.roles import User
from dsgrid.api.routes.picture_models import PictureOfResult, SumsByColumn
from dsgrid.api.routes.result_addresses import KNOWN, Format, Where, add, held_of, kept, modelled
from dsgrid.api.routes.result_models import Comparison
from dsgrid.query.comparison.choice import SHOWN, Choice
from dsgrid.query.comparison.comparing import compared
from dsgrid.query.comparison.opening import sides_of
from dsgrid.query.plots.both import Beside
from dsgrid.query.plots.sums import sums_by
from dsgrid.version import __version__

router = APIRouter()

# What is drawn or compared while a client waits; more is a matter of minutes.
_ROWS_MOST: Final = 50_000_000
_SHOWN_MOST: Final = 1_000

_HTML: Final = "text/html"
_FORMS: Final = {_HTML: "html", JSON: "json"}

_Kind = Literal["line", "area", "heat_map", "load_duration", "bar"]


def get_result_plot(
    request: Request,
    here: Here,
    user: Analyst,
    kind: Annotated[_Kind | None, Query(description="What to draw.")] = None,
    x: Annotated[str | None, Query(description="The column along the axis.")] = None,
    by: Annotated[str | None, Query(description="Columns whose values have colours, by commas.")] = None,
    facet: Annotated[str | None, Query(description="Columns whose values have panels, by commas.")] = None,
    where: Where = None,
    unit: Annotated[str | None, Query(description="The unit to draw in.")] = None,
    title: Annotated[str | None, Query(description="What stands above.", max_length=200)] = None,
    other: Annotated[
        str | None, Query(alias="with", description="The job whose result (B) is drawn together with this one (A).")
    ] = None,
    result: Annotated[
        str | None, Query(description="The further result of the other one; by default that of the same name.")
    ] = None,
    difference: Annotated[bool, Query(description="What B has more than A, instead of both.")] = False,
    format: Format = None,
) -> Response:
    """Draw the table as an interactive page, which loads nothing from anywhere; what is not said is chosen to fit.

    As JSON it is the figure, for a program that has Plotly's script, with its words, its numbers in short, and what
    else could be chosen.
    """
    form = chosen(request, _FORMS, format)
    plain(here.settings.limits, x=x, by=by, facet=facet, where=where, unit=unit, title=title)
    one = held_of(request, here, user).with_table()
    _few_enough(one, "draw")
    asked = {"kind": kind, "x": x, "by": by, "facet": facet, "where": where or (), "unit": unit, "title": title}
    choice: dict[str, Any] = dict(asked)
    digests = [one.digest]
    if other is not None:
        second = _second(here, user, one, other, result)
        _few_enough(second, "draw")
        choice["beside"] = Beside(second.result, difference)
        digests += [second.digest, str(difference)]
    tag = etags.weak(*digests, "plot", form, repr(asked), __version__)
    if (known := answer_known(request, tag)) is not None:
        return known
    with here.downloads.held(user.name):
        if form == "json":
            return Response(
                drawn_document(one.result, choice, redaction(here.settings)), headers=kept(tag), media_type=JSON
            )
        body, policy = drawn_page(one.result, choice)
    headers = {**kept(tag), "Content-Security-Policy": policy}
    return Response(body, headers=headers, media_type="text/html; charset=utf-8")


def get_result_sums(
    request: Request,
    here: Here,
    user: Analyst,
    by: Annotated[str, Query(description="A column with names, such as `state`.")],
    where: Where = None,
    unit: Annotated[str | None, Query(description="The unit of the sums.")] = None,
) -> Response:
    """Add up the values by one column; of what does not add up, such as scenarios, the first is taken unless chosen."""
    plain(here.settings.limits, by=by, where=where, unit=unit)
    one = held_of(request, here, user).with_table()
    _few_enough(one, "add up")
    tag = etags.weak(one.digest, "sums", repr((by, where, unit)), __version__)
    if (known := answer_known(request, tag)) is not None:
        return known
    with here.downloads.held(user.name):
        told = sums_by(one.result, by, where or (), unit)
    return JSONResponse(redaction(here.settings).document(told), headers=kept(tag))


def get_result_diff(
    request: Request,
    here: Here,
    user: Analyst,
    other: Annotated[str, Query(alias="with", description="The job whose result (B) this one (A) is compared with.")],
    result: Annotated[
        str | None, Query(description="The further result of the other one; by default that of the same name.")
    ] = None,
    keys: Annotated[str, Query(description="The columns that tell rows apart, by commas.")] = "",
    ignore: Annotated[str, Query(description="The columns that are not compared, by commas.")] = "",
    rtol: Annotated[
        float,
        Query(description="Values are equal when they differ by this part of the greater one at most.", ge=0, le=1),
    ] = 1e-9,
    atol: Annotated[float, Query(description="Or by how much.", ge=0, allow_inf_nan=False)] = 0.0,
    duplicates: Annotated[
        Literal["refuse", "sum"], Query(description="`refuse` rows with equal keys, or `sum` their values.")
    ] = "refuse",
    rows: Annotated[
        int, Query(description="How many rows and records of each kind are told.", ge=0, le=_SHOWN_MOST)
    ] = SHOWN,
    summary: Annotated[bool, Query(description="Without rows and records.")] = False,
    format: Format = None,
) -> Response:
    """Compare the table with that of another job: columns, keys, values with a tolerance, totals, largest changes."""
    form = chosen(request, offered("json", "text"), format)
    plain(here.settings.limits, keys=keys, ignore=ignore)
    one = held_of(request, here, user).with_table()
    second = _second(here, user, one, other, result)
    for each in (one, second):
        _few_enough(each, "compare")
    choice = Choice(names(keys), names(ignore), rtol, atol, duplicates, shown=rows)
    with here.downloads.held(user.name):
        labels = (_label(one), _label(second))
        found = compared(*sides_of(one.result, second.result, labels, choice), choice)
    hidden = redaction(here.settings)
    if form == "text":
        return PlainTextResponse(f"{hidden.text(found.report(summary))}\n", headers=kept())
    return JSONResponse(hidden.document(found.document(summary)), headers=kept())


def _second(here: Context, user: User, one: Held, other: str, result: str | None) -> Held:
    """Return the result of the other job: the further one that was named, or that of the same name."""
    name = one.name or None if result is None else result or None
    return held(here, user, other, name).with_table()


def _label(one: Held) -> str:
    """Return what a result is called in a comparison."""
    return f"{one.job.id}/{one.name}" if one.name else one.job.id


def _few_enough(one: Held, verb: str) -> None:
    if one.table.rows > _ROWS_MOST:
        raise ApiError(
            422,
            "invalid",
            f"the table has {one.table.rows:,} rows, and the server can {verb} {_ROWS_MOST:,} while you wait; ask a "
            "query that sums more, or do it at home with the files",
        )


add(
    router,
    "/plot",
    get_result_plot,
    "A picture of the table",
    {**modelled(PictureOfResult, _HTML), **KNOWN, **responses(406, 412, 422)},
)
add(
    router,
    "/sums",
    get_result_sums,
    "What the table adds up to by a column",
    {**modelled(SumsByColumn), **KNOWN, **responses(412, 422)},
)
add(
    router, "/diff", get_result_diff, "The table and another one", {**modelled(Comparison, TEXT), **responses(406, 422)}
)
