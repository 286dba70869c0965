"""``dsgrid registry graph``: what something is made of, and what needs it."""

from __future__ import annotations

import json
from pathlib import Path

import click

from dsgrid.cli import debug_option
from dsgrid.cli.registry import folder_option, json_option, reference_argument
from dsgrid.cli.tables import terminal_width

_FORMATS = ("text", "mermaid", "dot", "json")


@click.command()
@reference_argument
@folder_option
@click.option("--up", is_flag=True, help="Only what needs it.")
@click.option("--down", is_flag=True, help="Only what it is made of.")
@click.option("--depth", type=click.IntRange(min=1), metavar="N", help="Follow at most N links.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(_FORMATS),
    default="text",
    show_default=True,
    help="How to write the graph.",
)
@json_option
@debug_option
def graph(reference: str, folder: Path, up: bool, down: bool, depth: int | None, format_: str, as_json: bool) -> None:
    """Show what something is made of, and what needs it.

    All can be asked for: projects, datasets, dimensions, mappings, submissions, queries.

    Both ways unless one is named. `--format mermaid` and `dot` are for drawing.
    """
    from dsgrid.operations.graph import dependency_graph

    found = dependency_graph(folder, reference, up=up or not down, down=down or not up, depth=depth)
    if as_json or format_ == "json":
        click.echo(json.dumps(found.document(), indent=2, ensure_ascii=False))
    elif format_ == "text":
        click.echo(found.text(terminal_width()))
    else:
        click.echo(found.mermaid() if format_ == "mermaid" else found.dot())
