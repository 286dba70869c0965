"""``dsgrid export``: a result in a shape that another model reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dsgrid.cli import debug_option, shown_progress
from dsgrid.spec.schemas.export import EXPORT_RESULT

_KEYS: dict[str, Any] = EXPORT_RESULT["properties"]


def _choice(key: str) -> click.Choice[str]:
    return click.Choice(_KEYS[key]["enum"])


def _names(_context: click.Context, _parameter: click.Parameter, value: str | None) -> list[str] | None:
    """Return what stands between commas."""
    return None if value is None else [part.strip() for part in value.split(",") if part.strip()]


def _units(given: tuple[str, ...]) -> dict[str, Any]:
    """Return the keys that ``MWh`` and ``natural_gas=MMBtu`` stand for."""
    named = dict(one.split("=", 1) for one in given if "=" in one)
    plain = [one for one in given if "=" not in one]
    if len(plain) > 1:
        raise click.UsageError(
            f"--unit {plain[0]} and --unit {plain[1]}: values have one unit; name records: RECORD=UNIT"
        )
    return {"unit": plain[0] if plain else None, "units": named or None}


@click.command("export")
@click.argument("result", metavar="RESULT")
@click.argument("output", metavar="DIR")
@click.option("--shape", type=_choice("shape"), help="Rows of times with a column for each record, or a row per value.")
@click.option("--columns", callback=_names, metavar="NAME[,NAME]", help="The dimensions whose records become columns.")
@click.option(
    "--files", callback=_names, metavar="NAME[,NAME]", help="The dimensions of whose records each has a file."
)
@click.option("--format", type=_choice("format"), help="CSV if nothing is said.")
@click.option("--time", type=_choice("time"), help="How times are written.")
@click.option("--label", type=_choice("label"), help="Which end of its hour a time is.")
@click.option("--zone", metavar="ZONE", help="The clock of times: -05:00, America/New_York.")
@click.option("--calendar", type=_choice("calendar"), help="Years have to be whole, with 8,760 hours.")
@click.option("--leap-day", type=_choice("leap_day"), help="What becomes of a leap year.")
@click.option("--year", metavar="NAME", help="A dimension whose records are the years of times, such as model_year.")
@click.option("--wrap", is_flag=True, help="Hours that the zone puts beyond the years stand at their other end.")
@click.option(
    "--unit", "units", multiple=True, metavar="UNIT|RECORD=UNIT", help="MWh, or natural_gas=MMBtu; repeatable."
)
@click.option("--unit-in", multiple=True, type=click.Choice(("columns", "files")), help="Put units into names.")
@click.option("--decimals", type=click.IntRange(0, 15), metavar="N", help="Round values in CSV.")
@click.option("--missing", type=_choice("missing"), help="What a cell without a value is.")
@click.option("--separator", metavar="TEXT", help="Between ids that are joined to the name of a column.")
@click.option("--name", metavar="NAME", help="The name of the export; that of the query if nothing is said.")
@click.option("--replace", is_flag=True, help="Replace an export that is in DIR.")
@click.option("--toml", is_flag=True, help="Print the spec that does the same, and do not run it.")
@debug_option
def export(result: str, output: str, units: tuple[str, ...], toml: bool, **given: Any) -> None:
    """Write a result in a shape that another model reads.

    RESULT is the folder of a query's results, or of one run. DIR is absent or empty, and appears when all is in it.
    """
    from dsgrid.operations.export_result import export_result, export_toml

    chosen = {key: value for key, value in (given | _units(units)).items() if value not in (None, False, (), [])}
    chosen["result"], chosen["output"] = _place(result), _place(output)
    if toml:
        click.echo(export_toml(chosen), nl=False)
        return
    with shown_progress() as say:
        done = export_result(chosen, progress=say)
    click.echo(done.report())


def _place(text: str) -> str:
    return text if "://" in text else str(Path(text).absolute())
