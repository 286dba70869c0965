"""``dsgrid generate``: specs that are ready to be edited, from data files and from registered datasets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dsgrid.cli import FILE, debug_option, registry_option

output_option = click.option("--output", type=FILE, required=True, metavar="DIR", help="The folder to write.")
overwrite_option = click.option("--overwrite", is_flag=True, help="Replace files of the same names in DIR.")
# Text, not a path: a URL such as s3://bucket/key has two slashes.
PLACE = click.Path()
no_reuse_option = click.option(
    "--no-reuse", is_flag=True, help="Write records also where a registered dimension has the same."
)


@click.command("dataset")
@click.argument("path", type=PLACE)
@output_option
@click.option("--id", "id_", metavar="ID", help="The dataset's id; by default the name of DIR.")
@click.option("--lookup", type=PLACE, metavar="FILE", help="The lookup, when PATH is only the table.")
@click.option("--project", metavar="ID[@VERSION]", help="Use its dimensions, and write the submission to it.")
@click.option("--column", "columns", multiple=True, metavar="NAME=TYPE", help="The dimension type of a column.")
@click.option("--zone", help="The zone of the labels, such as -05:00.")
@click.option("--interval", help="period_beginning, period_ending or instantaneous.")
@click.option("--measurement", help="total, mean, min, max or measured.")
@click.option("--class", "class_", help="The class of the metrics, such as energy_end_use.")
@click.option("--unit", help="The unit of all metrics.")
@no_reuse_option
@overwrite_option
@registry_option
@debug_option
def dataset(
    path: str,
    output: Path,
    id_: str | None,
    lookup: str | None,
    project: str | None,
    columns: tuple[str, ...],
    zone: str | None,
    interval: str | None,
    measurement: str | None,
    class_: str | None,
    unit: str | None,
    no_reuse: bool,
    overwrite: bool,
    registry: Path | None,
) -> None:
    """Look at data files, and write the spec that registers them.

    PATH is the table, or a folder with load_data.* and perhaps load_data_lookup.*. What only you can know stays blank
    in the spec, and `dsgrid validate` names it.
    """
    from dsgrid.operations.generate_dataset import generate_dataset
    from dsgrid.operations.request import pairs

    spec = {
        "table": path,
        "output": str(output),
        "id": id_,
        "lookup": lookup,
        "project": project,
        "columns": pairs(columns),
        "time": _given(zone=zone, interval=interval, measurement=measurement),
        "metric": _given(**{"class": class_, "unit": unit}),
        "overwrite": overwrite,
    }
    click.echo(generate_dataset({**_given(**spec), "reuse": not no_reuse}, registry=registry).report())


@click.command("project")
@click.argument("id_", metavar="ID")
@output_option
@click.option("--datasets", default="", metavar="ID,ID", help="Registered datasets; the project's time is the first's.")
@click.option("--records", multiple=True, metavar="TYPE=FILE", help="Records of a base dimension.")
@no_reuse_option
@overwrite_option
@registry_option
@debug_option
def project(
    id_: str,
    output: Path,
    datasets: str,
    records: tuple[str, ...],
    no_reuse: bool,
    overwrite: bool,
    registry: Path | None,
) -> None:
    """Write the specs of a project for registered datasets.

    One registers the project, and one for each dataset submits it.
    """
    from dsgrid.operations.generate_project import generate_project
    from dsgrid.operations.request import pairs

    spec = {
        "output": str(output),
        "datasets": [each.strip() for each in datasets.split(",") if each.strip()],
        "records": pairs(records),
        "overwrite": overwrite,
    }
    given = {"id": id_, **_given(**spec), "reuse": not no_reuse}
    click.echo(generate_project(given, registry=registry).report())


def _given(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value}
