"""A picture as a page that needs no network: its numbers, its words, and the script that draws them."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from string import Template
from typing import Any, Final

from dsgrid.query.plots.caption import caption, fixed, source
from dsgrid.query.plots.columns import spaced
from dsgrid.query.plots.encoding import encoded
from dsgrid.query.plots.figure import figure
from dsgrid.query.plots.page_script import SCRIPT
from dsgrid.query.plots.page_style import STYLE
from dsgrid.query.plots.palette import colour, dash
from dsgrid.query.plots.prepared import Prepared
from dsgrid.query.plots.series import Series
from dsgrid.query.plots.traces import group
from dsgrid.query.plots.wish import LINE, LOAD_DURATION
from dsgrid.query.plots.zooms import zooms

# By this a page that dsgrid has drawn is known again, and may be drawn anew.
GENERATOR: Final = '<meta name="generator" content="dsgrid plot">'
LIBRARY: Final = "plotly.min.js"

_PAGE: Final = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
$generator
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>$title</title>
<style>$style</style>
$library
</head>
<body>
<main>
<h1>$title</h1>
<p class="source">$source</p>
$fixed$legend$zoom<div id="plot"></div>
<p class="caption">$caption</p>
</main>
<script type="application/json" id="figure">$figure</script>
<script>$script</script>
</body>
</html>
""")


def page(prepared: Prepared, manifest: Mapping[str, Any], title: str, library: str | None) -> str:
    """Return the page.

    Parameters
    ----------
    library
        The text of plotly.min.js; None where it stands beside the page.
    """
    drawn = figure(prepared, manifest, title)
    only = fixed(prepared)
    return _PAGE.substitute(
        generator=GENERATOR,
        title=html.escape(title),
        style=STYLE,
        library=f'<script src="{LIBRARY}"></script>' if library is None else f"<script>{_closed(library)}</script>",
        source=html.escape(source(manifest)),
        fixed=f'<p class="fixed">{html.escape(only)}</p>\n' if only else "",
        legend=_legend(prepared) if drawn["layout"]["showlegend"] else "",
        zoom=_zoom(prepared),
        caption=html.escape(caption(prepared, manifest)),
        figure=_json(drawn),
        script=SCRIPT,
    )


def _legend(prepared: Prepared) -> str:
    """Return a button for each colour; pressed, it hides what has it."""
    seen: dict[str, Series] = {}
    for panel in prepared.sheet.panels:
        for one in panel.series:
            seen.setdefault(group(one), one)
    # As series are ordered in panels: an empty one in the first may come later in another.
    found = sorted(seen.items(), key=lambda item: (item[1].number < 0, item[1].number))
    buttons = "".join(
        f'<button type="button" aria-pressed="true" data-group="{html.escape(key)}">'
        f'<i style="background:{_mark(prepared, one)}"></i>{html.escape(one.name)}</button>'
        for key, one in found
    )
    name = ", ".join(map(spaced, prepared.picture.by))
    # Numbers say themselves what they are of.
    is_said = all(one.name.startswith(name) or one.number < 0 for _, one in found)
    label = "" if is_said else f"<span>{html.escape(name)}</span>"
    return f'<div class="legend">{label}{buttons}</div>\n'


def _mark(prepared: Prepared, one: Series) -> str:
    """Return how a colour is shown in the legend: as a line is drawn."""
    own = colour(one.number)
    if prepared.picture.kind not in (LINE, LOAD_DURATION) or dash(one.number) == "solid":
        return own
    return f"repeating-linear-gradient(90deg,{own} 0 4px,transparent 4px 6px)"


def _zoom(prepared: Prepared) -> str:
    """Return buttons that show the days around the peak, for a time that is too long for its hours to be seen."""
    found = zooms(prepared)
    if not found:
        return ""
    buttons = "".join(
        f'<button type="button" data-from="{one.first}" data-to="{one.last}">{one.name}</button>' for one in found
    )
    return f'<p class="zoom">zoom{buttons}<button type="button">all</button></p>\n'


def _json(value: Any) -> str:
    """Return a figure as JSON that may stand in a page; numbers as the bytes that they are."""
    # Within a script nothing but its end tag means anything; < is a letter of texts only.
    return json.dumps(value, default=encoded, ensure_ascii=True, allow_nan=False).replace("<", "\\u003c")


def _closed(script: str) -> str:
    """Return a script that does not end the element that it stands in."""
    return script.replace("</script", "<\\/script").replace("<!--", "<\\!--")
