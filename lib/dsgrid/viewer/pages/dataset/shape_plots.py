"""The pictures of a load: mean days, a year as hours and days, years as bars; and the numbers beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from dash import html

from dsgrid.viewer.parts.blocks import facts, table
from dsgrid.viewer.parts.figures import COLOURS, graph
from dsgrid.viewer.parts.numbers import count, value

Rows = Sequence[Sequence[Any]]
SEASONS: Final = ("winter", "spring", "summer", "autumn")
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DASHES: Final = ("solid", "dash", "dot", "dashdot")
_HOURS: Final = tuple(range(24))
_TICKS: Final = [0, 6, 12, 18]


def places(columns: Sequence[str], *names: str) -> list[int]:
    """Return where columns of some names are."""
    return [list(columns).index(name) for name in names]


def in_order(groups: Sequence[Any], usual: Sequence[Any]) -> list[Any]:
    """Return groups in their usual order; others behind them, as they come."""
    found = list(dict.fromkeys(groups))
    return [*(each for each in usual if each in found), *(each for each in found if each not in usual)]


def season_days(columns: Sequence[str], rows: Rows, unit: str) -> dict[str, Any]:
    """Return the mean day of each season: a colour for each, a dash for each type of day."""
    season, day, hour, amount = places(columns, "season", "day_type", "hour_of_day", "value")
    seasons = in_order([row[season] for row in rows], SEASONS)
    days = in_order([row[day] for row in rows], ("weekday", "weekend"))
    lines: dict[tuple[Any, Any], dict[int, Any]] = {(row[season], row[day]): {} for row in rows}
    for row in rows:
        lines[row[season], row[day]][int(row[hour])] = row[amount]
    traces = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": f"{one}, {kind}",
            "x": list(_HOURS),
            "y": [lines[one, kind].get(each) for each in _HOURS],
            "line": {
                "color": COLOURS[number % len(COLOURS)],
                "dash": _DASHES[place % len(_DASHES)],
                "width": 2.2 if not place else 1.6,
            },
            "hovertemplate": f"{one}, {kind}, %{{x}}:00<br>%{{y:,.4~g}} {unit}<extra></extra>",
        }
        for number, one in enumerate(seasons)
        for place, kind in enumerate(days)
        if (one, kind) in lines
    ]
    return {"data": traces, "layout": _layout("hour of the day", _per_hour(unit), xaxis=_hour_axis())}


def month_days(columns: Sequence[str], rows: Rows, unit: str, day: str) -> dict[str, Any]:
    """Return the mean days of one type of all months as a heat map of months and hours."""
    month, kind, hour, amount = places(columns, "month_of_year", "day_type", "hour_of_day", "value")
    cells = {(int(row[month]), int(row[hour])): row[amount] for row in rows if row[kind] == day}
    all_of = [row[amount] for row in rows if row[amount] is not None]
    low, high = (min(all_of), max(all_of)) if all_of else (0.0, 1.0)
    trace = {
        "type": "heatmap",
        "x": list(_HOURS),
        "y": list(MONTHS),
        "z": [[cells.get((number, each)) for each in _HOURS] for number in range(1, 13)],
        "zmin": low,
        "zmax": high,
        "colorscale": "Viridis",
        "colorbar": _bar(unit),
        "hovertemplate": f"%{{y}}, {day}, %{{x}}:00<br>%{{z:,.4~g}} {unit}<extra></extra>",
    }
    layout = _layout("hour of the day", "", xaxis=_hour_axis(), yaxis={"autorange": "reversed", "type": "category"})
    return {"data": [trace], "layout": layout}


def year_map(columns: Sequence[str], rows: Rows, unit: str) -> dict[str, Any]:
    """Return all hours as a heat map: a column for each day, a row for each hour.

    Of the hour that clocks repeat in autumn the mean is drawn; that which they leave out in spring stays empty.
    """
    label, amount = places(columns, columns[0], "value")
    cells: dict[tuple[str, int], list[float]] = {}
    for row in rows:
        if row[amount] is not None:
            when = moment_of(row[label])
            cells.setdefault((f"{when:%Y-%m-%d}", when.hour), []).append(row[amount])
    days = sorted({day for day, _ in cells})
    trace = {
        "type": "heatmap",
        "x": days,
        "y": list(_HOURS),
        "z": [[_mean(cells.get((day, hour))) for day in days] for hour in _HOURS],
        "colorscale": "Viridis",
        "colorbar": _bar(unit),
        "hovertemplate": f"%{{x|%a, %d %b %Y}}, %{{y}}:00<br>%{{z:,.4~g}} {unit}<extra></extra>",
    }
    yaxis = {"autorange": "reversed", "tickvals": _TICKS, "ticktext": [f"{each}:00" for each in _TICKS]}
    return {"data": [trace], "layout": _layout("", "hour of the day", yaxis=yaxis, xaxis={"type": "date"})}


def course(columns: Sequence[str], rows: Rows, unit: str) -> dict[str, Any]:
    """Return values of longer steps as a line."""
    label, amount = places(columns, columns[0], "value")
    trace = {
        "type": "scatter",
        "mode": "lines",
        "x": [f"{moment_of(row[label]):%Y-%m-%d %H:%M}" for row in rows],
        "y": [row[amount] for row in rows],
        "line": {"color": COLOURS[0], "width": 1.8},
        "hovertemplate": f"%{{x}}<br>%{{y:,.4~g}} {unit}<extra></extra>",
    }
    return {"data": [trace], "layout": _layout("", unit, xaxis={"type": "date"})}


def period_days(columns: Sequence[str], rows: Rows, unit: str) -> dict[str, Any]:
    """Return typical periods: a heat map of hours and all other parts of them; bars where there are no hours."""
    parts = [name for name in columns if name not in ("value", "unit", "hour_of_day")]
    amount = list(columns).index("value")
    at = places(columns, *parts)
    called = [" ".join(part_name(name, row[place]) for name, place in zip(parts, at, strict=True)) for row in rows]
    if "hour_of_day" not in columns:
        trace: dict[str, Any] = {"type": "bar", "x": called, "y": [row[amount] for row in rows]}
        trace |= {"marker": {"color": COLOURS[0]}, "hovertemplate": f"%{{x}}<br>%{{y:,.4~g}} {unit}<extra></extra>"}
        return {"data": [trace], "layout": _layout("", unit, xaxis={"type": "category"})}
    hour = list(columns).index("hour_of_day")
    cells = {(name, int(row[hour])): row[amount] for name, row in zip(called, rows, strict=True)}
    names = list(dict.fromkeys(called))
    trace = {
        "type": "heatmap",
        "x": list(_HOURS),
        "y": names,
        "z": [[cells.get((name, each)) for each in _HOURS] for name in names],
        "colorscale": "Viridis",
        "colorbar": _bar(unit),
        "hovertemplate": f"%{{y}}, %{{x}}:00<br>%{{z:,.4~g}} {unit}<extra></extra>",
    }
    yaxis = {"autorange": "reversed", "type": "category"}
    height = max(320, min(900, 90 + 9 * len(names)))
    layout = _layout("hour of the day", "", xaxis=_hour_axis(), yaxis=yaxis)
    return {"data": [trace], "layout": {**layout, "height": height}}


def part_name(name: str, part: Any) -> str:
    """Return a part of a typical period as people call it: months and days by their names."""
    if isinstance(part, int) and name == "month_of_year" and 1 <= part <= 12:
        return MONTHS[part - 1]
    if isinstance(part, int) and name == "day_of_week" and 0 <= part <= 6:
        return _DAYS[part]
    return str(part)


def year_bars(columns: Sequence[str], rows: Rows, unit: str) -> dict[str, Any]:
    """Return a bar for each year; where model years and years of time differ, for each pair of them."""
    amount = list(columns).index("value")
    keys = [place for place, name in enumerate(columns) if name not in ("value", "unit")]
    names = [" / ".join(dict.fromkeys(str(row[place]) for place in keys)) for row in rows]
    trace = {
        "type": "bar",
        "x": names,
        "y": [row[amount] for row in rows],
        "marker": {"color": COLOURS[0]},
        "hovertemplate": f"%{{x}}<br>%{{y:,.6~g}} {unit}<extra></extra>",
    }
    return {"data": [trace], "layout": _layout("", unit, xaxis={"type": "category"})}


def load_facts(columns: Sequence[str], rows: Rows, unit: str, *, adds_up: bool) -> Any:
    """Return the numbers of a load: its sum, its mean, its peak and when that is, its least, its load factor."""
    label, amount = places(columns, columns[0], "value")
    known = [row for row in rows if row[amount] is not None]
    if not known:
        return None
    peak, least = max(known, key=lambda row: row[amount]), min(known, key=lambda row: row[amount])
    total = sum(row[amount] for row in known)
    mean = total / len(known)
    shown = facts(
        {
            "In all": f"{value(total)} {unit}" if adds_up else None,
            "Mean": f"{value(mean)} {unit}",
            "Peak": f"{value(peak[amount])} {unit}, {moment_of(peak[label]):%Y-%m-%d %H:%M}",
            "Least": f"{value(least[amount])} {unit}, {moment_of(least[label]):%Y-%m-%d %H:%M}",
            "Load factor": f"{mean / peak[amount]:.3f}" if peak[amount] > 0 else None,
            "Values": count(len(known)),
        }
    )
    return html.Div(shown, className="dataset-numbers")


def days_table(columns: Sequence[str], rows: Rows, unit: str) -> Any:
    """Return the mean days of seasons as numbers."""
    season, day, hour, amount = places(columns, "season", "day_type", "hour_of_day", "value")
    kinds = [
        (one, kind)
        for one in in_order([r[season] for r in rows], SEASONS)
        for kind in in_order([r[day] for r in rows], ("weekday", "weekend"))
    ]
    cells = {(row[season], row[day], int(row[hour])): row[amount] for row in rows}
    names = [f"{one}, {kind}" for one, kind in kinds]
    body = [[f"{each}:00", *(value(cells.get((*kind, each)), 5) for kind in kinds)] for each in _HOURS]
    shown = table(["Hour", *names], body, caption=f"Mean days in {unit or 'no unit'}", numeric=names)
    return html.Details([html.Summary("The numbers"), shown], className="numbers")


def drawn(figure: Mapping[str, Any], *, id: str, title: str, said: str, height: int | None = None) -> Any:
    """Return a picture with its title above and what is to be known of it below."""
    return html.Figure(
        [
            html.H3(title),
            graph(figure, id=id, label=f"{title}. {said}", height=height, image=id),
            html.Figcaption(said),
        ],
        className="dataset-plot",
    )


def moment_of(text: Any) -> datetime:
    """Return a time of a table, as its clock shows it."""
    return datetime.fromisoformat(str(text).replace("Z", "+00:00"))


def _mean(some: Sequence[float] | None) -> float | None:
    return sum(some) / len(some) if some else None


def _per_hour(unit: str) -> str:
    return f"{unit} per hour" if unit else ""


def _hour_axis() -> dict[str, Any]:
    return {"tickvals": [0, 6, 12, 18, 23], "ticktext": ["0:00", "6:00", "12:00", "18:00", "23:00"]}


def _bar(unit: str) -> dict[str, Any]:
    return {"title": {"text": unit, "side": "top"}, "thickness": 12, "outlinewidth": 0, "tickformat": ",.3~s"}


def _layout(x: str, y: str, **axes: Mapping[str, Any]) -> dict[str, Any]:
    both = {"automargin": True, "zeroline": False}
    return {
        "margin": {"l": 10, "r": 10, "t": 28, "b": 10},
        "hovermode": "closest",
        "xaxis": {**both, "title": {"text": x}, "fixedrange": False, **axes.get("xaxis", {})},
        "yaxis": {**both, "title": {"text": y}, "tickformat": ",.3~s", **axes.get("yaxis", {})},
    }
