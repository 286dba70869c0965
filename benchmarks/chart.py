"""A bar chart of the figures of a size, as an SVG file: CPU seconds on a logarithmic scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from benchmarks.results import Results, Row

# By plan and engine: what it is called, and its colour (told apart by the colour-blind, too).
SHOWN = {
    ("ours", "sail"): ("dsgrid, embedded", "#0072b2"),
    ("ours", "spark"): ("dsgrid on Spark", "#56b4e9"),
    ("duckdb", "duckdb"): ("DuckDB SQL by hand", "#999999"),
    ("stepwise", "sail"): ("step-wise, embedded", "#d55e00"),
    ("stepwise", "spark"): ("step-wise on Spark", "#e69f00"),
}
_LEFT, _RIGHT, _TOP, _BOTTOM = 230, 70, 64, 40
_WIDTH, _BAR, _GAP = 900, 13, 16


@dataclass(frozen=True)
class _Scale:
    """From seconds to the place on the axis: whole powers of ten at both ends."""

    low: int
    high: int

    def at(self, seconds: float) -> float:
        share = (math.log10(max(seconds, 10.0**self.low)) - self.low) / (self.high - self.low)
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)


def bar_chart(results: Results) -> str:
    """Return the chart: a group of bars for each question, a bar for each plan."""
    groups = {name: _bars(results.rows, name) for name in dict.fromkeys(row.query for row in results.rows)}
    height = _TOP + _BOTTOM + sum(len(bars) * _BAR + _GAP for bars in groups.values())
    scale = _scale([row.cpu_s for bars in groups.values() for row in bars])
    title = f"CPU seconds of a whole process, {results.values:,} values ({results.machine})"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        'font-family="sans-serif" font-size="11">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="12" y="20" font-size="13" font-weight="bold">{escape(title)}</text>',
        *_legend([(row.plan, row.engine) for bars in groups.values() for row in bars]),
        *_axis(scale, height),
    ]
    y = _TOP
    for name, bars in groups.items():
        parts.append(f'<text x="{_LEFT - 10}" y="{y + len(bars) * _BAR / 2 + 4:.0f}" text-anchor="end">{name}</text>')
        for row in bars:
            end = scale.at(row.cpu_s)
            colour = SHOWN[row.plan, row.engine][1]
            parts.append(f'<rect x="{_LEFT}" y="{y}" width="{end - _LEFT:.1f}" height="{_BAR - 2}" fill="{colour}"/>')
            parts.append(f'<text x="{end + 4:.1f}" y="{y + _BAR - 4}">{row.cpu_s:,.3g}</text>')
            y += _BAR
        y += _GAP
    return "\n".join([*parts, "</svg>"]) + "\n"


def _bars(rows: Sequence[Row], query: str) -> list[Row]:
    found = {(row.plan, row.engine): row for row in rows if row.query == query}
    return [found[key] for key in SHOWN if key in found]


def _scale(seconds: Sequence[float]) -> _Scale:
    known = [one for one in seconds if one > 0] or [1.0]
    low = math.ceil(math.log10(min(known))) - 1  # below all of them: each has a bar
    return _Scale(low, max(low + 1, math.ceil(math.log10(max(known)))))


def _legend(keys: Sequence[tuple[str, str]]) -> list[str]:
    parts, x = [], 12
    for name, colour in (shown for key, shown in SHOWN.items() if key in keys):
        parts.append(f'<rect x="{x}" y="32" width="11" height="11" fill="{colour}"/>')
        parts.append(f'<text x="{x + 16}" y="42">{escape(name)}</text>')
        x += 36 + 7 * len(name)
    return parts


def _axis(scale: _Scale, height: int) -> list[str]:
    bottom = height - _BOTTOM + 4
    parts = []
    for power in range(scale.low, scale.high + 1):
        x = scale.at(10.0**power)
        parts.append(f'<line x1="{x:.1f}" y1="{_TOP - 8}" x2="{x:.1f}" y2="{bottom}" stroke="#dddddd"/>')
        parts.append(f'<text x="{x:.1f}" y="{bottom + 14}" text-anchor="middle">{10.0**power:,g} s</text>')
    return parts
