"""The page of the demo: a hot week and a cold week, hour by hour, state by state."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs
from plotly.subplots import make_subplots

ZONE = "Etc/GMT+7"  # the project's zone, UTC-07:00 all year
ZONE_NAME = "Mountain Standard Time, UTC−07:00"
LOCAL = {"CA": "America/Los_Angeles", "CO": "America/Denver", "NY": "America/New_York"}
STATES = {"CA": "California", "CO": "Colorado", "NY": "New York"}
WEEK = timedelta(days=7)

# From the bottom of the stack to its top. What the weather moves has a colour, the rest is quiet.
END_USES = {
    "electricity_equipment": ("Equipment", "#a9b4c2"),
    "electricity_lighting": ("Lighting", "#c3ccd6"),
    "electricity_ventilation": ("Ventilation", "#dce2e8"),
    "electricity_heating": ("Heating", "#c8553d"),
    "electricity_cooling": ("Cooling", "#2a7fba"),
}
SCENARIOS = {"high_electrification": ("High electrification", "#c8553d"), "reference": ("Reference", "#5b6b7f")}
INK = "#26323f"
GRID = "#e6eaee"

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
  body {{ margin: 0 auto; padding: 2.5rem 1.5rem 4rem; max-width: 70rem; color: {ink}; background: #fff;
         font: 16px/1.5 Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }}
  h1 {{ margin: 0; font-size: 1.75rem; letter-spacing: -0.015em; }}
  h2 {{ margin: 3rem 0 0; font-size: 1.3rem; letter-spacing: -0.01em; }}
  p {{ margin: 0.3rem 0 0.8rem; max-width: 46rem; color: #55636f; }}
  footer {{ margin-top: 2.5rem; font-size: 0.85rem; color: #7a8792; }}
</style>
<script src="plotly.min.js"></script>
{body}
</html>
"""


def write_page(path: Path, by_end_use: pd.DataFrame, by_fuel: pd.DataFrame) -> None:
    """Write the page, and ``plotly.min.js`` beside it, so that it opens without a network.

    Parameters
    ----------
    by_end_use
        Hourly electricity of the reference scenario: ``state``, ``hourly`` and a column of MWh per end use.
    by_fuel
        Hourly use of both scenarios: ``scenario``, ``state``, ``hourly`` and a column of MWh per fuel.
    """
    by_end_use, by_fuel = _in_zone(by_end_use), _in_zone(by_fuel)
    hot = _extreme_week(by_end_use.groupby("hourly")["electricity_cooling"].sum())
    gas = by_fuel[by_fuel["scenario"] == "reference"].groupby("hourly")["natural_gas"].sum()
    cold = _extreme_week(gas)
    config = {"displayModeBar": False, "responsive": True}
    figures = [
        figure.to_html(full_html=False, include_plotlyjs=False, config=config)
        for figure in (hot_week(_within(by_end_use, hot)), cold_week(_within(by_fuel, cold)))
    ]
    body = f"""<h1>A hot week: {_dates(hot)}</h1>
<p>Electricity use of buildings by end use, reference scenario. Every hour is drawn at its beginning
in {ZONE_NAME}, so the evening moves from east to west: New York peaks first, California last.</p>
{figures[0]}
<h2>A cold week: {_dates(cold)}</h2>
<p>Electricity use in both scenarios. The colder the winter, the more it is lifted by heat pumps in place of
most gas furnaces. Hours in {ZONE_NAME}.</p>
{figures[1]}
<footer>Twelve counties of three states; made-up data of the dsgrid demo, weather of no real year.</footer>"""
    path.parent.mkdir(parents=True, exist_ok=True)
    (path.parent / "plotly.min.js").write_text(get_plotlyjs(), "utf-8")
    path.write_text(PAGE.format(title="dsgrid demo: a hot week", ink=INK, body=body), "utf-8")


def hot_week(table: pd.DataFrame) -> go.Figure:
    """Return one stack of end uses per state, with its peak marked."""
    figure = _panels(table["hourly"].min())
    for row, state in enumerate(STATES, start=1):
        mine = table[table["state"] == state].sort_values("hourly")
        for end_use, (name, colour) in END_USES.items():
            figure.add_scatter(
                x=mine["hourly"],
                y=mine[end_use] / 1000,
                name=name,
                legendgroup=end_use,
                showlegend=row == 1,
                stackgroup="all",
                fillcolor=colour,
                line={"width": 0.5, "color": "white"},
                hovertemplate="%{y:.2f} GWh",
                row=row,
                col=1,
            )
        _mark_peak(figure, row, state, mine.set_index("hourly")[list(END_USES)].sum(axis=1) / 1000)
    figure.update_layout(legend_traceorder="reversed")
    return figure


def cold_week(table: pd.DataFrame) -> go.Figure:
    """Return one line per scenario and state."""
    figure = _panels(table["hourly"].min())
    for row, state in enumerate(STATES, start=1):
        mine = table[table["state"] == state].sort_values("hourly")
        for scenario, (name, colour) in SCENARIOS.items():
            line = mine[mine["scenario"] == scenario]
            figure.add_scatter(
                x=line["hourly"],
                y=line["electricity"] / 1000,
                name=name,
                legendgroup=scenario,
                showlegend=row == 1,
                mode="lines",
                line={"width": 2.2 if scenario == "high_electrification" else 1.6, "color": colour},
                hovertemplate="%{y:.2f} GWh",
                row=row,
                col=1,
            )
        electrified = mine[mine["scenario"] == "high_electrification"]
        _mark_peak(figure, row, state, electrified.set_index("hourly")["electricity"] / 1000)
    return figure


def _panels(start: pd.Timestamp) -> go.Figure:
    """Return three panels over one axis of seven days, each with its own scale from zero."""
    figure = make_subplots(rows=3, cols=1, shared_xaxes=True, vertical_spacing=0.055)
    figure.update_layout(
        height=680,
        margin={"l": 62, "r": 12, "t": 72, "b": 44},
        font={"family": "Inter, system-ui, Helvetica, Arial, sans-serif", "size": 13, "color": INK},
        paper_bgcolor="white",
        plot_bgcolor="white",
        hovermode="x unified",
        legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1.045, "yanchor": "bottom"},
    )
    figure.update_xaxes(
        range=[start, start + WEEK - timedelta(hours=1)], dtick=86_400_000, tickformat="%a<br>%-d %b",
        tickangle=0, ticklabelmode="period", hoverformat="%a %-d %b %H:%M", gridcolor=GRID, zeroline=False,
    )  # fmt: skip
    figure.update_yaxes(rangemode="tozero", gridcolor=GRID, zeroline=False, nticks=5)
    for row, name in enumerate(STATES.values(), start=1):
        axis = "y" if row == 1 else f"y{row}"
        figure.add_annotation(
            text=f"<b>{name}</b>", xref="paper", x=0, xanchor="left", yref=f"{axis} domain", y=1.02, yanchor="bottom",
            showarrow=False, font_size=14,
        )  # fmt: skip
    figure.update_yaxes(title={"text": "GWh per hour", "font_size": 12, "standoff": 8})
    return figure


def _mark_peak(figure: go.Figure, row: int, state: str, total: pd.Series) -> None:
    """Write the highest value of a panel beside it, with the hour on that state's own clocks."""
    peak = total.idxmax()
    late = peak - total.index.min() > timedelta(days=5)
    local = peak.tz_localize(ZONE).tz_convert(LOCAL[state])
    figure.add_scatter(
        x=[peak], y=[total[peak]], mode="markers", marker={"size": 7, "color": INK}, showlegend=False,
        hoverinfo="skip", row=row, col=1,
    )  # fmt: skip
    figure.add_annotation(
        x=peak, y=total[peak], text=f"{total[peak]:.2f} GWh, {local:%a %H:%M} local", yanchor="bottom", yshift=1,
        xanchor="right" if late else "left", xshift=-6 if late else 6, showarrow=False, font_size=12,
        bgcolor="rgba(255,255,255,0.75)", row=row, col=1,
    )  # fmt: skip


def _in_zone(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with its hours on the project's clock, without a zone: Plotly draws what it is given."""
    hours = pd.to_datetime(table["hourly"], utc=True).dt.tz_convert(ZONE).dt.tz_localize(None)
    return table.assign(hourly=hours)


def _extreme_week(total: pd.Series) -> pd.Timestamp:
    """Return the midnight with which the seven days of the largest total begin."""
    daily = total.groupby(total.index.normalize()).sum()
    return daily.rolling(7).sum().idxmax() - WEEK + timedelta(days=1)


def _within(table: pd.DataFrame, start: pd.Timestamp) -> pd.DataFrame:
    return table[(table["hourly"] >= start) & (table["hourly"] < start + WEEK)]


def _dates(start: pd.Timestamp) -> str:
    end = start + timedelta(days=6)
    first = f"{start.day}" if start.month == end.month else f"{start.day} {start:%B}"
    return f"{first} to {end.day} {end:%B %Y}"
