"""Commands that answer without a spec: ``dsgrid query`` and ``dsgrid head``."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dsgrid.cli import FILE, at_option, debug_option, engine_options, how_options, registry_option, shown_progress
from dsgrid.cli.completion import complete_by, complete_datasets, complete_head, complete_project, complete_where
from dsgrid.cli.tables import terminal_width

if TYPE_CHECKING:
    from dsgrid.operations.question import Aggregation, Question
    from dsgrid.operations.shown_rows import Rows

_FUNCTIONS = ("sum", "mean", "weighted_mean", "min", "max", "count", "stddev", "percentile")
_FORMS = ("table", "csv", "json", "parquet", "arrow")


where_option = click.option(
    "--where",
    multiple=True,
    metavar="CONDITION",
    shell_complete=complete_where,
    help="Such as state=CO,CA or county.climate!=cold or hour_of_day=7..9 or value>5 or end_use~^electricity. "
    "May be repeated: all have to hold.",
)
rows_option = click.option(
    "-n", "--rows", "count", type=click.IntRange(min=0), metavar="N", help="How many rows to show."
)
output_option = click.option(
    "--output", type=FILE, metavar="FILE", help="Write the rows to a file: .csv, .json, .parquet or .arrow."
)
force_option = click.option("--force", is_flag=True, help="Overwrite that file.")
form_option = click.option(
    "--format", "form", type=click.Choice(_FORMS), help="A table on a terminal, else CSV, if nothing is said."
)


def _names(_context: click.Context, _parameter: click.Parameter, value: str) -> tuple[str, ...]:
    """Return what stands between commas."""
    return tuple(dict.fromkeys(part.strip() for part in value.split(",") if part.strip()))


def _numbers(_context: click.Context, _parameter: click.Parameter, value: str) -> tuple[float, ...]:
    try:
        numbers = [float(part) for part in value.split(",") if part.strip()]
    except ValueError:
        raise click.BadParameter(f'"{value}" are no numbers with commas between') from None
    return tuple(int(one) if one.is_integer() else one for one in numbers)


@click.command()
@click.argument("project", metavar="PROJECT", shell_complete=complete_project)
@click.option(
    "--datasets",
    default="",
    callback=_names,
    metavar="ID[,ID]",
    shell_complete=complete_datasets,
    help="What is asked; without it all that was submitted.",
)
@click.option("--expression", default="", metavar="FORMULA", help='Instead: a formula, such as "homes | shops * 1.05".')
@click.option(
    "--overlap", type=click.Choice(("error", "sum")), help="sum adds values that two datasets have of the same."
)
@click.option("--fill", type=click.Choice(("0",)), help="What one side of the formula lacks counts as 0.")
@click.option(
    "--by",
    default="",
    callback=_names,
    metavar="NAME[,NAME]",
    shell_complete=complete_by,
    help="What the answer keeps: dimensions, attributes (county.climate), words for time (annual, hour_of_day). "
    "Without it there is one total.",
)
@where_option
@click.option(
    "--function",
    type=click.Choice(_FUNCTIONS),
    default="sum",
    help="What becomes of the values; those but sum are of what each slot of time adds up to.",
)
@click.option("--each", is_flag=True, help="Take the function of each single value instead.")
@click.option(
    "--over",
    default="",
    callback=_names,
    metavar="TYPE[,TYPE]",
    help="Put scenario, model_year or weather_year together.",
)
@click.option("--weights", default="", callback=_names, metavar="NAME", help="Of weighted_mean: county.population.")
@click.option("--percentiles", default="", callback=_numbers, metavar="N[,N]", help="Of percentile: 5,50,95.")
@click.option("--unit", default="", metavar="UNIT", help="Such as TWh.")
@click.option("--zone", default="", metavar="ZONE", help="The zone that time is told in; geography for local clocks.")
@click.option(
    "--pivot",
    default="",
    metavar="NAME",
    shell_complete=complete_by,
    help="The dimension whose records become columns.",
)
@click.option("--names", is_flag=True, help="The names of records instead of their ids.")
@click.option("--sort", default="", callback=_names, metavar="NAME[,NAME]", help="The order of the rows.")
@form_option
@rows_option
@output_option
@force_option
@click.option("--keep", default="", metavar="NAME", help="Keep the result under this name in results/.")
@click.option("--toml", is_flag=True, help="Print the spec that asks the same, and do not run it.")
@click.option("--explain", is_flag=True, help="Print the plan, and do not run it.")
@click.option("--plot", is_flag=True, help="Draw the answer, too, and print where.")
@engine_options
@how_options
@registry_option
@at_option
@debug_option
def query(
    project: str,
    datasets: tuple[str, ...],
    expression: str,
    overlap: str | None,
    fill: str | None,
    by: tuple[str, ...],
    where: tuple[str, ...],
    function: str,
    each: bool,
    over: tuple[str, ...],
    weights: tuple[str, ...],
    percentiles: tuple[float, ...],
    unit: str,
    zone: str,
    pivot: str,
    names: bool,
    sort: tuple[str, ...],
    form: str | None,
    count: int | None,
    output: Path | None,
    force: bool,
    keep: str,
    toml: bool,
    explain: bool,
    plot: bool,
    engine: str | None,
    master: str | None,
    memory: str | None,
    conf: tuple[str, ...],
    no_cache: bool,
    no_resume: bool,
    parts: int | None,
    registry: Path | None,
    at: str | None,
) -> None:
    """Ask a project a quick question, without a spec.

    \b
    dsgrid query three_states_2018 --by state,annual --unit TWh
    dsgrid query three_states_2018 --by hour_of_day --where state=CO --where season=summer
    dsgrid query three_states_2018 --by state,monthly --function max --unit MWh
    dsgrid query three_states_2018 --by state,annual --toml > by_state.toml
    """  # noqa: D301
    from dsgrid.operations.question import Aggregation
    from dsgrid.operations.quick_question import explain_question, quick_question, speak
    from dsgrid.operations.request import pairs
    from dsgrid.operations.task import How

    asked = asked_of(
        project,
        datasets=datasets,
        expression=expression,
        overlap=overlap,
        fill=fill,
        where=where,
        step=Aggregation(function, by, over, weights, percentiles, each),
        unit=unit,
        zone=zone,
        pivot=pivot,
        names=names,
        sort=sort,
        form=form if toml else None,
        at=at,
    )
    if toml or explain:
        spoken = speak(asked, registry, keep)
        plan = explain_question(spoken)  # what cannot be asked is no spec either
        click.echo(spoken.toml() if toml else plan.report(), nl=explain)
        return
    check_form(form, output, force=force)
    with shown_progress() if sys.stderr.isatty() else nullcontext() as progress:
        found = quick_question(
            asked,
            registry=registry,
            keep=keep,
            engine=engine,
            master=master,
            memory=memory,
            conf=pairs(conf),
            progress=progress,
            how=How(not no_cache, not no_resume, parts),
        )
    for note in found.notes:
        click.echo(note, err=True)
    show_rows(found.rows, form, output, count, default=20, force=force)
    if keep:
        click.echo(found.result.path, err=True)
    if plot:
        from dsgrid.operations.plot import plot as draw

        click.echo(f"{draw(found.result).path}", err=True)


def asked_of(
    project: str,
    *,
    datasets: tuple[str, ...],
    expression: str,
    overlap: str | None,
    fill: str | None,
    where: tuple[str, ...],
    step: Aggregation,
    unit: str,
    zone: str,
    pivot: str,
    names: bool,
    sort: tuple[str, ...],
    form: str | None,
    at: str | None,
) -> Question:
    """Return the question that the options of `query` ask; `form` is the format of its table."""
    from dsgrid.operations.question import Question
    from dsgrid.operations.question_grammar import parse_condition

    tests = [parse_condition(text) for text in where]
    asked = Question(
        project,
        datasets,
        expression,
        unit=unit,
        zone=zone,
        pivot=pivot,
        names=names,
        sort=sort,
        format=form if form in ("csv", "arrow") else "parquet",
        at=at or "",
        overlap=overlap or "",
        fill=fill is not None,
    )
    # Values are those of the answer; all else is what goes into it.
    asked = asked.where(*(one for one in tests if not one.is_of_values)).then(step)
    return asked.where(*(one for one in tests if one.is_of_values))


@click.command()
@click.argument("name", metavar="DATASET|RESULT", shell_complete=complete_head)
@rows_option
@click.option("--columns", default="", callback=_names, metavar="NAME[,NAME]", help="What to show.")
@where_option
@form_option
@output_option
@force_option
@registry_option
@at_option
@debug_option
def head(
    name: str,
    count: int | None,
    columns: tuple[str, ...],
    where: tuple[str, ...],
    form: str | None,
    output: Path | None,
    force: bool,
    registry: Path | None,
    at: str | None,
) -> None:
    """Show the first rows of a dataset, or of a result.

    A dataset is named by ID[@VERSION] and shown as it is stored; a result by its folder, such as results/by_state.

    \b
    dsgrid head commercial_2018 -n 5 --where subsector=small_office
    dsgrid head results/annual_by_state --columns state,value
    """  # noqa: D301
    from dsgrid.operations.head import SHOWN
    from dsgrid.operations.head import head as first_rows

    check_form(form, output, force=force)
    count = SHOWN if count is None else count
    found = first_rows(name, rows=count, columns=columns, where=where, registry=registry, at=at)
    show_rows(found.rows, form, output, count, default=SHOWN, force=force)


def check_form(form: str | None, output: Path | None, *, force: bool) -> None:
    """Refuse before anything runs what could not be shown after it."""
    if output is not None:
        from dsgrid.operations.shown_rows import check_file

        if form == "table":
            raise click.UsageError("--output takes .csv, .json, .parquet or .arrow; a table is for a terminal")
        check_file(output, form or "", force=force)
    elif form in ("parquet", "arrow"):
        raise click.UsageError(f"--format {form} is for files; say --output FILE.{form}")


def show_rows(
    rows: Rows, form: str | None, output: Path | None, count: int | None, *, default: int, force: bool
) -> None:
    """Print rows in the form that is wanted: a table on a terminal, CSV for another program; or write a file."""
    from dsgrid.operations.shown_rows import text_table, write_csv, write_file, write_json

    if output is not None:
        written = write_file(rows, output, form or "", count, force=force)
        click.echo(f"wrote {written:,} row{'s' if written != 1 else ''} to {output}", err=True)
        return
    wanted = form or ("table" if sys.stdout.isatty() else "csv")
    if wanted == "csv":
        write_csv(rows, sys.stdout, count)
    elif wanted == "json":
        write_json(rows, sys.stdout, count)
    else:
        click.echo(text_table(rows, default if count is None else count, terminal_width()))
