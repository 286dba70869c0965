"""Dots on maps: where shapes are too small to be seen."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dsgrid.viewer.parts.map_colours import LINE
from dsgrid.viewer.parts.shapes import Shapes, bounds_of

_TINY: Final = 0.6  # degrees: a few pixels on a map of the country


def dots_of(shapes: Shapes, traces: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return dots where shapes are too small to be seen on a map of the whole country, such as New York's counties."""
    found = []
    for trace in traces:
        span = min(trace["z"]), max(trace["z"])
        for record, place, z, text in zip(
            trace["customdata"], trace["locations"], trace["z"], trace["text"], strict=True
        ):
            west, south, east, north = bounds_of(shapes.level, [place])
            if max(east - west, north - south) < _TINY:
                found.append(((west + east) / 2, (south + north) / 2, record, text, _colour(trace, z, *span)))
    if not found:
        return []
    lon, lat, records, texts_, colours = (list(each) for each in zip(*found, strict=True))
    return [
        {
            "type": "scattergeo",
            "lon": lon,
            "lat": lat,
            "mode": "markers",
            "marker": {"color": colours, "size": 8, "line": {"color": LINE, "width": 1}},
            "text": texts_,
            "hovertemplate": "%{text}<extra></extra>",
            "customdata": records,
        }
    ]


def _colour(trace: Mapping[str, Any], z: float, low: float, high: float) -> str:
    """Return the colour that a number has on the scale of a trace."""
    stops = trace["colorscale"]
    part = (z - low) / (high - low) if high > low else 0.0
    for (begin, one), (end, other) in itertools.pairwise(stops):
        if part <= end and one != other:
            share = (part - begin) / (end - begin)
            mixed = (
                round(int(one[at : at + 2], 16) * (1 - share) + int(other[at : at + 2], 16) * share) for at in (1, 3, 5)
            )
            return "#" + "".join(f"{each:02x}" for each in mixed)
    return str(stops[-1][1])
