"""``dsgrid registry list | show | records``: look into a registry."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dsgrid.cli import FILE, debug_option
from dsgrid.cli.completion import complete_reference
from dsgrid.cli.tables import document, grid, terminal_width
from dsgrid.operations.list_text import SHOWN, lists_text

if TYPE_CHECKING:
    from dsgrid.operations.location import Place

_LONG = 4096  # lines that are written at once
_PLACE = "dsgrid.registry"


def _place(context: click.Context, _parameter: click.Parameter, value: Path | None) -> Path | None:
    """Return the folder of the registry that is meant, and remember who names it."""
    if context.resilient_parsing:
        return value
    from dsgrid.errors import NotFoundError
    from dsgrid.operations.location import registry_place
    from dsgrid.registry.home import DATABASE

    place = registry_place(registry=value)
    if place.whence and not (place.folder / DATABASE).exists():
        raise NotFoundError(f"there is no registry {place}")
    context.meta[_PLACE] = place
    return place.folder


def say_whence() -> None:
    """Say which registry a command that writes has used, and who named it, unless the user did so just now."""
    place: Place = click.get_current_context().meta[_PLACE]
    if place.whence:
        click.echo(f"registry: {place}")


folder_option = click.option(
    "--registry",
    "folder",
    type=FILE,
    callback=_place,
    metavar="FOLDER",
    help="The registry's folder. Without it: DSGRID_REGISTRY, then `dsgrid config`.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Everything, as JSON.")
reference_argument = click.argument("reference", metavar="ID[@VERSION]", shell_complete=complete_reference)
at_option = click.option("--at", metavar="VERSION|DATE", help="That version, or the registry as it was on that day.")
where_option = click.option(
    "--where",
    multiple=True,
    metavar='"COLUMN OP VALUE"',
    help="Only rows that pass; OP is = != < <= > >= ~ (contains) or !~. May be repeated: all have to hold.",
)
tag_option = click.option(
    "--tag",
    "tags",
    multiple=True,
    metavar="WORD",
    help="Only what has this tag. May be repeated: all have to be there.",
)
search_option = click.option(
    "--search",
    default="",
    metavar="TEXT",
    help="Only what has this text in its id, name, description, tags or other metadata.",
)
sort_option = click.option("--sort", default="", metavar="COLUMN[,-COLUMN]", help="The order; - largest first.")
columns_option = click.option("--columns", default="", metavar="COLUMN[,COLUMN]", help="What to show.")
csv_option = click.option("--csv", "as_csv", is_flag=True, help="As CSV.")


@click.command("list")
@click.argument("lists", nargs=-1, type=click.Choice(tuple(SHOWN)), metavar="[LIST]...")
@folder_option
@where_option
@tag_option
@search_option
@sort_option
@columns_option
@click.option("--all-versions", is_flag=True, help="Older versions too.")
@click.option("--at", metavar="DATE", help="The registry as it was on that day.")
@json_option
@csv_option
@debug_option
def list_(
    lists: tuple[str, ...],
    folder: Path,
    where: tuple[str, ...],
    tags: tuple[str, ...],
    search: str,
    sort: str,
    columns: str,
    all_versions: bool,
    at: str | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    """List what there is, filtered and sorted.

    LIST is projects, datasets, submissions, composites, dimensions, mappings, aliases (ids of a registry that was
    imported) or registrations; the first three by default.

    \b
    dsgrid registry list datasets --where "kind = modeled" --where "rows > 1e6" --sort -bytes
    dsgrid registry list datasets --tag commercial --tag reference
    dsgrid registry list --search "heat pump"
    """  # noqa: D301
    from dsgrid.operations.registry_contents import count_tags, list_registry, unknown_tags

    wanted = names_of(columns)
    choice: dict[str, Any] = {"where": where, "tags": tags, "search": search, "sort": sort, "columns": wanted}
    found = list_registry(folder, lists, all_versions=all_versions, at=at, **choice)
    write_lists(found, wanted, as_json=as_json, as_csv=as_csv)
    if tags and not any(found.values()):
        known = count_tags(folder, tuple(found), all_versions=all_versions, at=at)
        for line in unknown_tags(tags, known):
            click.echo(line, err=True)


@click.command()
@reference_argument
@folder_option
@at_option
@json_option
@debug_option
def show(reference: str, folder: Path, at: str | None, as_json: bool) -> None:
    """Show a project, dataset, dimension or mapping.

    What it has, who uses it, its versions and who registered them.
    """
    from dsgrid.operations.registry_contents import show_entry

    found = show_entry(folder, reference, at=at)
    click.echo(_json(found) if as_json else document(found, terminal_width()))


@click.command()
@reference_argument
@folder_option
@at_option
@where_option
@sort_option
@columns_option
@click.option("--limit", type=click.IntRange(min=0), metavar="N", help="At most N rows.")
@json_option
@csv_option
@click.option("--output", type=FILE, metavar="FILE", help="Write a .csv or .parquet file.")
@click.option("--force", is_flag=True, help="Overwrite that file.")
@debug_option
def records(
    reference: str,
    folder: Path,
    at: str | None,
    where: tuple[str, ...],
    sort: str,
    columns: str,
    limit: int | None,
    as_json: bool,
    as_csv: bool,
    output: Path | None,
    force: bool,
) -> None:
    """Show or export the records of a dimension or mapping.

    \b
    dsgrid registry records conus_2022/county --where "state = CO" --sort name
    dsgrid registry records conus_2022/county:state --output county_to_state.csv
    """  # noqa: D301
    from dsgrid.operations.records import export_records, select_records, write_csv, write_json

    choice: dict[str, Any] = {"where": where, "sort": sort, "columns": names_of(columns), "limit": limit, "at": at}
    if output is not None:
        if as_json or as_csv:
            raise click.UsageError("--output takes the format from the name of its file: .csv or .parquet")
        click.echo(export_records(folder, reference, output, force=force, **choice).report())
        return
    with select_records(folder, reference, **choice) as selection:
        if as_json:
            write_json(selection, sys.stdout)
        elif as_csv:
            write_csv(selection, sys.stdout)
        else:
            for line in grid(selection.columns, selection.rows, terminal_width(), ahead=_LONG):
                sys.stdout.write(f"{line}\n")


def names_of(columns: str) -> tuple[str, ...]:
    """Return what stands between commas."""
    return tuple(dict.fromkeys(name for part in columns.split(",") if (name := part.strip())))


def write_lists(
    found: Mapping[str, Sequence[Mapping[str, Any]]], columns: Sequence[str], *, as_json: bool, as_csv: bool
) -> None:
    """Print lists in the form that is wanted."""
    if as_json:
        click.echo(_json(found))
    elif as_csv:
        _write_csv(found, columns)
    else:
        click.echo(lists_text(found, columns, terminal_width()))


def _write_csv(found: Mapping[str, Sequence[Mapping[str, Any]]], columns: Sequence[str]) -> None:
    if len(found) != 1:
        raise click.UsageError(f"CSV has room for one list; name one of: {', '.join(found)}")
    from dsgrid.operations.records import csv_cell
    from dsgrid.registry.listing import COLUMNS

    for name, rows in found.items():
        names = columns or COLUMNS[name]
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([csv_cell(row[column]) for column in names] for row in rows)


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)
