"""A picture of a result: chosen, drawn, written as a page, shown in a notebook."""

from __future__ import annotations

import html
import os
import webbrowser
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dsgrid.errors import StorageError, UsageError
from dsgrid.query.plots.both import Beside, prepare_both
from dsgrid.query.plots.document import document
from dsgrid.query.plots.figure import figure
from dsgrid.query.plots.page import GENERATOR, LIBRARY, page
from dsgrid.query.plots.picture import Picture
from dsgrid.query.plots.prepared import Prepared, prepare
from dsgrid.query.plots.wish import HEAT_MAP, Wish
from dsgrid.registry.disk import write_file

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from dsgrid.query.result import Result

_SUFFIXES: Final = (".html", ".htm")
_PEEK: Final = 1000  # bytes of a page in which it says what has made it
_AROUND: Final = 230  # pixels of a page that are not its picture


@dataclass(frozen=True, repr=False)
class Plot:
    """A picture of a result.

    Parameters
    ----------
    title
        What stands above it.
    path
        The page, where it was written.
    """

    title: str
    path: Path | None
    _prepared: Prepared
    _manifest: Mapping[str, Any]

    @property
    def picture(self) -> Picture:
        """What was chosen to be drawn."""
        return self._prepared.picture

    @cached_property
    def figure(self) -> go.Figure:
        """The picture as a figure of Plotly, to be changed or shown by other means."""
        import plotly.graph_objects as go

        return go.Figure(figure(self._prepared, self._manifest, self.title))

    def html(self, *, library: bool = True) -> str:
        """Return the page; without the library it needs ``plotly.min.js`` beside it."""
        return page(self._prepared, self._manifest, self.title, _library() if library else None)

    def document(self) -> dict[str, Any]:
        """Return it as a document of JSON: the figure, its words, and what could be chosen instead."""
        return document(self._prepared, self._manifest, self.title)

    def save(self, output: str | Path, *, assets: bool = False, force: bool = False) -> Plot:
        """Write the page, and return the plot with its path.

        Parameters
        ----------
        output
            A file whose name ends in ``.html``, or a folder, in which it is called after the query.
        assets
            Whether ``plotly.min.js`` is written beside it, once for all pages of a folder, instead of into it.
        force
            Whether a file is overwritten that is no plot of dsgrid's. Plots are drawn anew without asking.

        Raises
        ------
        UsageError
            If the name is none of an HTML file, or is that of a file that dsgrid has not drawn.
        StorageError
            If it cannot be written.
        """
        path = _place(Path(output), str(self._manifest.get("query", "plot")))
        if not force:
            _check_place(path)
        text = self.html(library=not assets)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if assets:
                write_file(path.parent / LIBRARY, _library().encode())
            write_file(path, text.encode())
        except OSError as error:
            raise StorageError(f"{path} cannot be written: {error.strerror or error}") from error
        return Plot(self.title, path, self._prepared, self._manifest)

    def open(self) -> None:
        """Show the page in a browser.

        Raises
        ------
        UsageError
            If it was not written, or if there is no browser.
        """
        if self.path is None:
            raise UsageError("the plot is not written; give it an output, or save it")
        if not webbrowser.open(self.path.absolute().as_uri()):
            raise UsageError(f"no browser was found here; open {self.path} in one")

    def report(self) -> str:
        """Return what to tell the user."""
        picture = self.picture
        parts = [picture.kind.replace("_", " ")]
        if picture.kind == HEAT_MAP:
            parts[0] += f" of {picture.y or 'hours of days'} along {picture.x}"
        elif picture.x:
            parts[0] += f" along {picture.x}"
        if picture.by:
            parts.append(f"by {', '.join(picture.by)}")
        if picture.facet:
            parts.append(f"a panel for each {', '.join(picture.facet)}")
        if picture.summed:
            parts.append(f"summed over {', '.join(picture.summed)}")
        lines = [f"{self.title}: {'; '.join(parts)}", *(f"note: {one}" for one in self._prepared.sheet.notes)]
        return "\n".join([*lines, *([str(self.path)] if self.path is not None else [])])

    def __repr__(self) -> str:
        return f"Plot({self.report()})"

    def _repr_html_(self) -> str:
        """Return the page in a frame of its own, so that it disturbs nothing else in a notebook."""
        height = figure(self._prepared, self._manifest, self.title)["layout"]["height"] + _AROUND
        inner = html.escape(self.html(), quote=True)
        return f'<iframe srcdoc="{inner}" style="width:100%;height:{height}px;border:0"></iframe>'


def draw(
    result: Result,
    *,
    kind: str | None = None,
    x: str | None = None,
    by: str | Sequence[str] | None = None,
    facet: str | Sequence[str] | None = None,
    where: Mapping[str, Any] | Sequence[str] = (),
    unit: str | None = None,
    title: str | None = None,
    beside: Beside | None = None,
    output: str | Path | None = None,
    assets: bool = False,
    force: bool = False,
) -> Plot:
    """Draw a result; what is not said is chosen to fit its columns.

    Parameters
    ----------
    kind
        ``line``, ``area``, ``heat_map``, ``load_duration`` or ``bar``.
    x
        The column along the axis.
    by, facet
        The column, or columns, whose values have colours, and those whose values have panels; an empty text for none.
    where
        What is drawn: ``{"state": "CO", "hourly": "2018-07-09..2018-07-15"}``, or texts such as ``state=CO,NY``.
    unit
        The unit to draw in.
    title
        What stands above; by default the query's name.
    beside
        Another result that is drawn together with this one.
    output
        A file whose name ends in ``.html``, or a folder; without it nothing is written.
    assets, force
        See `Plot.save`.

    Raises
    ------
    NotFoundError
        If the result's table, a column or a value does not exist.
    UsageError
        If the picture does not fit the result, or would add up what does not add up.
    DataError
        If there is nothing to be drawn.
    """
    wish = Wish(kind, x, _names(by), _names(facet))
    if find_spec("plotly") is None:
        raise UsageError("plots need Plotly, which is not installed: pip install 'dsgrid[plot]'")
    if beside is None:
        prepared, manifest = prepare(result, wish, where, unit), result.manifest
    else:
        prepared, manifest = prepare_both(result, beside, wish, where, unit)
    drawn = Plot(title or str(manifest.get("query", "result")), None, prepared, manifest)
    return drawn if output is None else drawn.save(output, assets=assets, force=force)


def _names(given: str | Sequence[str] | None) -> tuple[str, ...] | None:
    if given is None:
        return None
    parts = given.split(",") if isinstance(given, str) else given
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


def _library() -> str:
    """Return the script that draws."""
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs())


def _place(output: Path, query: str) -> Path:
    if output.is_dir():
        return output / f"{query}.html"
    if output.suffix.lower() not in _SUFFIXES:
        raise UsageError(f"{output}: a plot is an HTML file, so its name ends in .html; or name a folder that is there")
    return output


def _check_place(path: Path) -> None:
    """Refuse to overwrite what dsgrid has not drawn."""
    if not os.path.lexists(path):
        return
    if not path.is_file():
        raise UsageError(f"{path} is there, and is no file")
    with path.open("rb") as file:
        if GENERATOR.encode() not in file.read(_PEEK):
            raise UsageError(f"{path} is there, and is no plot of dsgrid's; --force overwrites it")
