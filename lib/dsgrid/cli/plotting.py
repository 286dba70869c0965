"""``dsgrid plot``: a picture of a result."""

from __future__ import annotations

from pathlib import Path

import click

from dsgrid.cli import FILE, debug_option

_KINDS = ("line", "area", "heat_map", "load_duration", "bar")


@click.command()
@click.argument("result", metavar="RESULT")
@click.option("--kind", type=click.Choice(_KINDS), help="What to draw; by default what fits the columns.")
@click.option("--x", metavar="COLUMN", help="The column along the axis.")
@click.option("--by", metavar="COLUMN[,COLUMN]", help="The columns whose values have colours.")
@click.option("--facet", metavar="COLUMN[,COLUMN]", help="The columns whose values have panels.")
@click.option(
    "--where",
    multiple=True,
    metavar="COLUMN=VALUE",
    help="Only rows with this value, these (state=CO,NY) or this range (hourly=2018-07-09..2018-07-15). "
    "May be repeated: all have to hold.",
)
@click.option("--unit", metavar="UNIT", help="The unit to draw in.")
@click.option("--title", metavar="TEXT", help="What stands above; by default the query's name.")
@click.option("--result", "name", metavar="NAME", help="One of the further results of the query.")
@click.option(
    "--output",
    type=FILE,
    default=Path(),
    metavar="FILE.html|FOLDER",
    help="Where to write it; by default QUERY.html in the working directory.",
)
@click.option("--assets", is_flag=True, help="Write plotly.min.js (5 MB) beside the page, instead of into it.")
@click.option("--force", is_flag=True, help="Overwrite a file that is no plot of dsgrid's.")
@click.option("--open", "open_", is_flag=True, help="Show it in a browser.")
@debug_option
def plot(
    result: str,
    kind: str | None,
    x: str | None,
    by: str | None,
    facet: str | None,
    where: tuple[str, ...],
    unit: str | None,
    title: str | None,
    name: str | None,
    output: Path,
    assets: bool,
    force: bool,
    open_: bool,
) -> None:
    """Draw a result as an interactive page.

    RESULT is the folder of a query's results, or of one of its runs. The page is one file and needs no network.

    \b
    dsgrid plot build/demo/results/hourly_by_state --where scenario=reference
    dsgrid plot build/demo/results/hourly_by_state --kind heat_map --where state=CO
    dsgrid plot build/demo/results/annual_by_state --x end_use --by state --facet scenario --unit TWh
    """  # noqa: D301
    from dsgrid.operations.plot import plot as draw

    drawn = draw(
        result,
        kind=kind,
        x=x,
        by=by,
        facet=facet,
        where=where,
        unit=unit,
        title=title,
        output=output,
        name=name,
        assets=assets,
        force=force,
    )
    click.echo(drawn.report())
    if open_:
        drawn.open()
