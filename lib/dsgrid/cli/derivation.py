"""``dsgrid derive``: the specs that make a dataset of a query's result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dsgrid.cli import FILE, debug_option, registry_option


@click.command()
@click.argument("result", metavar="RESULT")
@click.option("--id", "id_", required=True, metavar="ID", help="The dataset's id.")
@click.option("--output", type=FILE, metavar="DIR", help="The folder to write; by default one named by the id.")
@click.option("--project", metavar="ID[@VERSION]", help="The project to submit it to; by default that of the query.")
@click.option("--overwrite", is_flag=True, help="Replace files of the same names in DIR.")
@registry_option
@debug_option
def derive(
    result: str, id_: str, output: Path | None, project: str | None, overwrite: bool, registry: Path | None
) -> None:
    """Write the specs that register a query's result as a dataset, and submit it.

    RESULT is the folder of a query's results, or of one run. The specs are complete: run them in the order that is
    printed.
    """
    from dsgrid.operations.create_derived_dataset import create_derived_dataset

    spec: dict[str, Any] = {"result": result, "id": id_, "output": str(output or Path(id_)), "overwrite": overwrite}
    if project:
        spec["project"] = project
    click.echo(create_derived_dataset(spec, registry=registry).report())
