"""Shapes of states and counties, simple enough to be sent to a browser: ``make shapes``.

They come from the cartographic boundary files of the U.S. Census Bureau for 2016 (1:500,000), which are in the public
domain, as the Python package plotly-geo holds them. What is drawn is a fraction of their points; borders that two
shapes share are simplified once, so that there are no gaps between them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

TARGET: Final = Path(__file__).parent / "assets" / "shapes"
_SOURCE: Final = "U.S. Census Bureau, cartographic boundary files 2016, 1:500,000 (public domain); simplified"
# Territories lie outside of the map's projection.
_LEFT_OUT: Final = frozenset({"60", "66", "69", "72", "78"})


@dataclass(frozen=True)
class Level:
    """One file of shapes.

    Parameters
    ----------
    tolerance
        The larger, the fewer points are kept: the square root of the area that may be lost at a point, in degrees.
    digits
        Of the coordinates, after the point.
    smallest
        The area of islands that are kept, in square degrees; the largest part of a shape is kept always.
    """

    file: str
    source: str
    tolerance: float
    digits: int
    smallest: float


LEVELS: Final = (
    Level("states", "cb_2016_us_state_500k", 0.045, 2, 0.004),
    Level("counties", "cb_2016_us_county_500k", 0.07, 2, 0.004),
)


def main() -> None:
    """Write both files."""
    postal = {row["STATEFP"]: row["STUSPS"] for row, _ in _read("cb_2016_us_state_500k")}
    for level in LEVELS:
        features = list(_features(level, postal))
        lines = ",\n".join(json.dumps(each, ensure_ascii=False, separators=(",", ":")) for each in features)
        text = f'{{"type":"FeatureCollection","source":{json.dumps(_SOURCE)},"features":[\n{lines}\n]}}\n'
        path = TARGET / f"{level.file}.json"
        path.write_text(text, encoding="utf-8")


def _features(level: Level, postal: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    import shapely

    rows = sorted(_read(level.source), key=lambda each: str(each[0]["GEOID"]))
    simple = shapely.coverage_simplify([geometry for _, geometry in rows], level.tolerance)
    for (row, whole), geometry in zip(rows, simple, strict=True):
        parts = [ring for part in _parts(geometry, level.smallest) if (ring := _rings(part, level.digits))]
        if not parts:
            # So small that nothing is left of it: a frame around it.
            parts = [_rings(shapely.box(*whole.bounds), level.digits + 1)]
        one = {"type": "Polygon", "coordinates": parts[0]}
        many = {"type": "MultiPolygon", "coordinates": parts}
        state = postal[row["STATEFP"]]
        is_state = level.file == "states"
        yield {
            "type": "Feature",
            "id": state if is_state else row["GEOID"],
            "properties": {"name": _name(row), **({"fips": row["GEOID"]} if is_state else {"state": state})},
            "geometry": one if len(parts) == 1 else many,
        }


def _read(name: str) -> Iterator[tuple[dict[str, Any], Any]]:
    found = find_spec("_plotly_geo")
    if found is None or found.origin is None:
        raise SystemExit("plotly-geo is not installed; `make shapes` installs it")
    # Only this needs them, once in years; the viewer does not.
    import shapefile
    from shapely.geometry import shape

    with shapefile.Reader(str(Path(found.origin).parent / "package_data" / name), encoding="utf-8") as reader:
        for each in reader.iterShapeRecords():
            row = each.record.as_dict()
            if row["STATEFP"] not in _LEFT_OUT:
                yield row, shape(each.shape.__geo_interface__)


def _name(row: Mapping[str, Any]) -> str:
    # Cities that are no part of a county, some of which have the name of the county around them.
    is_city = row["LSAD"] == "25" and not row["NAME"].endswith(("City", "city"))
    return f"{row['NAME']} city" if is_city else str(row["NAME"])


def _parts(geometry: Any, smallest: float) -> Iterable[Any]:
    parts = sorted(getattr(geometry, "geoms", [geometry]), key=lambda part: -part.area)
    return [part for number, part in enumerate(parts) if not part.is_empty and (not number or part.area >= smallest)]


def _rings(part: Any, digits: int) -> list[list[list[float]]]:
    """Return the rings of a polygon, clockwise outside as browsers draw it; none where it is too small for a ring."""
    from shapely.geometry.polygon import orient

    part = orient(part, -1.0)
    outside, *holes = (_rounded(ring.coords, digits) for ring in (part.exterior, *part.interiors))
    return [outside, *(hole for hole in holes if hole)] if outside else []


def _rounded(points: Iterable[Sequence[float]], digits: int) -> list[list[float]]:
    ring: list[list[float]] = []
    for x, y, *_ in points:
        point = [round(x, digits), round(y, digits)]
        if not ring or ring[-1] != point:
            ring.append(point)
    return ring if len(ring) >= 4 else []


if __name__ == "__main__":
    main()
