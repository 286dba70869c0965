"""The text below a picture: what it is of, how it is told, and what was left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from dsgrid.query.plots.columns import CLOCK, INSTANT, UNIT, VALUE, shown_value, spaced
from dsgrid.query.plots.figure_axes import shares_scale
from dsgrid.query.plots.labels import time_title
from dsgrid.query.plots.prepared import Prepared
from dsgrid.query.plots.wish import AREA, BAR, HEAT_MAP, LINE, LOAD_DURATION
from dsgrid.version import __version__

_KINDS: Final = {
    LINE: "Lines",
    AREA: "Stacked areas",
    HEAT_MAP: "Heat map",
    LOAD_DURATION: "Load duration curves",
    BAR: "Bars",
}


def source(manifest: Mapping[str, Any]) -> str:
    """Return the project and the datasets that a result is of."""
    datasets = [f"{one['id']}@{one['version']}" for one in manifest.get("datasets", ())]
    found = [str(manifest["project"])] if manifest.get("project") else []
    return ": ".join([*found, *([", ".join(dict.fromkeys(datasets))] if datasets else [])])


def fixed(prepared: Prepared) -> str:
    """Return the columns that have one value in all of the picture."""
    shown = []
    for one in prepared.scene.columns:
        if one.count == 1 and one.values and one.role not in (CLOCK, INSTANT) and one.name != prepared.picture.x:
            name = "year" if one.name == "annual" else spaced(one.name)
            shown.append(f"{name} {shown_value(one, one.values[0])}")
    return " · ".join(shown)


def caption(prepared: Prepared, manifest: Mapping[str, Any]) -> str:
    """Return the text below the picture."""
    return " ".join(sentence[0].upper() + sentence[1:] + "." for sentence in _sentences(prepared, manifest))


def _sentences(prepared: Prepared, manifest: Mapping[str, Any]) -> Iterator[str]:
    picture, sheet = prepared.picture, prepared.sheet
    parts = [_KINDS[picture.kind]]
    if picture.kind == BAR and picture.stacked and picture.by:
        parts = ["Stacked bars"]
    if picture.by:
        parts[0] += f" by {_series(picture.by)}"
    if picture.facet:
        parts.append(f"a panel for each {_series(picture.facet)}")
    if picture.summed:
        parts.append(f"summed over {_series(picture.summed)}")
    yield ", ".join(parts)
    units = list(dict.fromkeys(panel.unit for panel in sheet.panels if panel.unit))
    if units:
        yield f"values are in {_joined(units)}"
    if prepared.conditions:
        yield f"only {' and '.join(f'{spaced(one.column)} {_condition(one)}' for one in prepared.conditions)}"
    sorted_ = picture.kind == LOAD_DURATION
    if picture.x and (x := prepared.scene.column(picture.x)).role == INSTANT and not sorted_:
        note = f", {prepared.clock.note}" if prepared.clock.note else ""
        if told := time_title(prepared, x):
            yield f"times are {told}{note}"
    if len(sheet.panels) > 1 and picture.kind != HEAT_MAP and not shares_scale(prepared):
        yield "each panel has a scale of its own"
    yield from sheet.notes
    yield _origin(prepared, manifest)


def _condition(one: Any) -> str:
    return str(one).removeprefix(f"{one.column} ").replace("..", " to ")


def _series(names: Any) -> str:
    return _joined([UNIT if name == UNIT else spaced(name) for name in names])


def _joined(shown: Sequence[str]) -> str:
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _origin(prepared: Prepared, manifest: Mapping[str, Any]) -> str:
    finished = str(manifest.get("finished", "")).replace("T", " ")[:16]
    when = f", answered {finished} UTC" if finished else ""
    rows = int(manifest.get("rows", prepared.rows))
    what = f"{prepared.rows:,} rows" if prepared.rows == rows else f"{prepared.rows:,} of {rows:,} rows"
    what = f"{VALUE} of one row" if rows == 1 else what
    return f"{what} of {manifest.get('query', 'a query')}{when}; drawn by dsgrid {__version__}"
