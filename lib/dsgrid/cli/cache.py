"""``dsgrid cache``: answers that were given before."""

from __future__ import annotations

import json

import click

from dsgrid.cli import debug_option


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="Everything, as JSON.")
@debug_option
def list_(as_json: bool) -> None:
    """List what is kept, the last used first."""
    from dsgrid.operations.cache import list_cache

    found = list_cache()
    click.echo(json.dumps(found.document(), indent=2, ensure_ascii=False) if as_json else found.report())


@click.command()
@click.option("--to", metavar="SIZE", help="What may be left, such as 2g, instead of the limit (DSGRID_CACHE_LIMIT).")
@click.option("--older-than", type=float, metavar="DAYS", help="Remove what was not used for so long.")
@click.option("--all", "everything", is_flag=True, help="Remove everything, also the parts of unfinished queries.")
@debug_option
def prune(to: str | None, older_than: float | None, everything: bool) -> None:
    """Remove what was not used for the longest time, down to a size."""
    from dsgrid.operations.cache import prune_cache

    click.echo(prune_cache(to=to, older_than=older_than, everything=everything).report())
