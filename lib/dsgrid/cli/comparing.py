"""``dsgrid diff``: two tables against each other."""

from __future__ import annotations

import json
from pathlib import Path

import click

from dsgrid.cli import debug_option, registry_option
from dsgrid.cli.completion import complete_head
from dsgrid.cli.tables import terminal_width

SHOWN = 10


@click.command()
@click.argument("a", metavar="A", shell_complete=complete_head)
@click.argument("b", metavar="B", shell_complete=complete_head)
@click.option(
    "--keys",
    multiple=True,
    metavar="COLUMN[,COLUMN]",
    help="The columns that tell rows apart; county=geography where A and B have two names for one.",
)
@click.option("--ignore", multiple=True, metavar="COLUMN[,COLUMN]", help="Columns that are not compared.")
@click.option("--rtol", type=float, default=1e-9, show_default=True, help="What may differ, relative to the greater.")
@click.option("--atol", type=float, default=0.0, show_default=True, help="What may differ, absolute, in the unit of A.")
@click.option(
    "--duplicates",
    type=click.Choice(["refuse", "sum"]),
    default="refuse",
    show_default=True,
    help="What is done with rows that have the same keys.",
)
@click.option("--zone", metavar="ZONE", help="Whose clock it is, where one table has readings and the other instants.")
@click.option("--rows", "shown", type=click.IntRange(min=0), default=SHOWN, show_default=True, help="How many to show.")
@click.option("--summary", is_flag=True, help="Only the numbers, no rows and no records.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@registry_option
@debug_option
def diff(
    a: str,
    b: str,
    keys: tuple[str, ...],
    ignore: tuple[str, ...],
    rtol: float,
    atol: float,
    duplicates: str,
    zone: str | None,
    shown: int,
    summary: bool,
    as_json: bool,
    registry: Path | None,
) -> int:
    """Compare two results, two versions of a dataset, or two tables.

    A and B are folders of results, ID@VERSION of datasets, or Parquet, CSV or Arrow files.

    Ends with 0 when they are equal within the tolerance and with 10 when they differ; errors have their own exit codes.

    \b
    dsgrid diff results/annual_by_state old/annual_by_state
    dsgrid diff residential_2018@1.0.0 residential_2018@1.1.0
    dsgrid diff mine.csv theirs.parquet --keys state,year --rtol 1e-6
    """  # noqa: D301
    from dsgrid.operations.compare_tables import DIFFERENT_CODE, compare

    found = compare(
        a,
        b,
        registry=registry,
        keys=_names(keys),
        ignore=_names(ignore),
        rtol=rtol,
        atol=atol,
        duplicates=duplicates,
        zone=zone,
        shown=shown,
    )
    if as_json:
        click.echo(json.dumps(found.document(summary), indent=2, ensure_ascii=False, allow_nan=False))
    else:
        click.echo(found.report(summary, terminal_width()))
    return 0 if found.is_equal else DIFFERENT_CODE


def _names(texts: tuple[str, ...]) -> list[str]:
    return [name.strip() for text in texts for name in text.split(",") if name.strip()]
