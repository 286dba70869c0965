"""The load shape as it is drawn: from the tables of a job to pictures, with their clock and unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from dash import dcc, html

from dsgrid.viewer.asking import path_of
from dsgrid.viewer.pages.dataset import shape_plots as plots
from dsgrid.viewer.pages.dataset.shape_question import COURSE, HOURS, PERIODS
from dsgrid.viewer.parts.figures import COLOURS
from dsgrid.viewer.parts.numbers import count
from dsgrid.viewer.parts.states import empty
from dsgrid.viewer.parts.time_words import zone_words
from dsgrid.viewer.visit import Visit

_PAGE: Final = 10_000
_MOST: Final = 60_000  # hours that are drawn
LABELS: Final = {
    "period_beginning": "An hour is called by its beginning.",
    "period_ending": "An hour is called by its end.",
    "instantaneous": "Values are of the moment.",
}


def drawn(visit: Visit, job: str, kind: str, zone: str, by: str) -> Any:
    """Return the pictures of a job that has succeeded."""
    summary = visit.ask.get(path_of("jobs", job, "result"))
    columns, rows = table_of(visit, job)
    unit = next((one for one in summary.get("units", ()) if one), "")
    if not rows:
        return empty("There are no values here.", "What was chosen has no data; the part Missing says of what.")
    time = summary.get("time", {})
    clock = zone_words({"zone": zone, "clock": "" if zone[:1] in ("+", "-") else time.get("clock", "")}) if zone else ""
    interval = next((str(one["interval"]) for one in summary.get("columns", ()) if one.get("interval")), "")
    said = ", ".join(each for each in (f"Clock: {clock}" if clock else "", f"in {unit}" if unit else "") if each)
    pictures: list[Any]
    if kind == HOURS:
        pictures = _hours(visit, job, columns, rows, unit, said, by)
    elif kind == COURSE:
        pictures = [
            plots.drawn(plots.course(columns, rows, unit), id="dataset-shape-course", title="Course", said=said)
        ]
    elif kind == PERIODS:
        figure = plots.period_days(columns, rows, unit)
        pictures = [plots.drawn(figure, id="dataset-shape-periods", title="Typical periods", said=said or "As stored")]
    else:
        figure = plots.year_bars(columns, rows, unit)
        pictures = [plots.drawn(figure, id="dataset-shape-years", title="Years", said=said or "No unit")]
    known = (
        plots.load_facts(columns, rows, unit, adds_up=bool(summary.get("adds_up"))) if kind in (HOURS, COURSE) else None
    )
    hidden = f" The first {count(len(rows))} of {count(summary['rows'])} values." if summary["rows"] > len(rows) else ""
    note = LABELS.get(interval, "") if kind in (HOURS, COURSE) else ""
    return html.Div(
        [
            known,
            *pictures,
            html.P(
                [
                    f"{note}{hidden} ".lstrip(),
                    dcc.Link("Open the result", href=visit.href("results", job)),
                    ", ",
                    dcc.Link("change the query", href=visit.href("build", job=job)),
                ],
                className="hint",
            ),
        ]
    )


def _hours(
    visit: Visit, job: str, columns: list[str], rows: list[list[Any]], unit: str, said: str, by: str
) -> list[Any]:
    year = plots.drawn(
        plots.year_map(columns, rows, unit),
        id="dataset-shape-year",
        title="Every hour",
        said=f"Hours of the day over days. {said}",
        height=360,
    )
    if by != "month":
        names, days = table_of(visit, job, "by_season")
        mean = plots.drawn(
            plots.season_days(names, days, unit),
            id="dataset-shape-day",
            title="Mean day by season",
            said=f"Solid lines are weekdays, dashed ones weekends. {said}",
            height=380,
        )
        return [_legend(names, days), mean, plots.days_table(names, days, unit), year]
    names, days = table_of(visit, job, "by_month")
    kinds = plots.in_order([row[names.index("day_type")] for row in days], ("weekday", "weekend"))
    maps = [
        plots.drawn(
            plots.month_days(names, days, unit, kind),
            id=f"dataset-shape-month-{number}",
            title=f"Mean {kind} by month",
            said=said,
            height=380,
        )
        for number, kind in enumerate(kinds)
    ]
    return [html.Div(maps, className="dataset-plots"), year]


def _legend(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Any:
    place = list(columns).index("season")
    seasons = plots.in_order([row[place] for row in rows], plots.SEASONS)
    return html.Ul(
        [
            html.Li([html.I(style={"background": COLOURS[number % len(COLOURS)]}), str(season)])
            for number, season in enumerate(seasons)
        ],
        className="dataset-legend",
    )


def table_of(visit: Visit, job: str, name: str = "") -> tuple[list[str], list[list[Any]]]:
    """Return columns and rows of a result of a job, or of a further result; at most as many as are drawn."""
    path = path_of("jobs", job, "result", *(("results", name) if name else ()), "table.json")
    rows: list[list[Any]] = []
    offset: str | None = None
    while True:
        found = visit.ask.get(path, limit=_PAGE, cursor=offset)
        rows += found["rows"]
        offset = cursor_of(found.get("next"))
        if offset is None or len(rows) >= _MOST:
            return list(found["columns"]), rows


def cursor_of(address: str | None) -> str | None:
    """Return the place in a list that the address of its next page has."""
    return next(iter(parse_qs(urlsplit(address).query).get("cursor", ())), None) if address else None
