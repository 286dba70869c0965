"""``dsgrid import project``: specs of a repository of dsgrid-toolkit."""

from __future__ import annotations

from pathlib import Path

import click

from dsgrid.cli import FILE, debug_option, registry_option, shown_progress


@click.command()
@click.argument("source", type=FILE, metavar="PATH")
@click.option("--to", "target", type=FILE, metavar="FOLDER", help="Where to write; by default <PATH>_dsgrid here.")
@click.option("--data", type=FILE, metavar="FOLDER", help="Where the data files are, if not where PATH says.")
@click.option("--missing", type=FILE, metavar="FOLDER", help="Where the tables of missing combinations are.")
@click.option("--queries", type=FILE, multiple=True, metavar="PATH", help="More queries: a file, or a folder of them.")
@click.option("--overwrite", is_flag=True, help="Replace an earlier import, but for what was changed in it.")
@click.option("--strict", is_flag=True, help="Exit with 2 when something is refused or needs a decision.")
@registry_option
@debug_option
@click.pass_context
def project(
    context: click.Context,
    source: Path,
    target: Path | None,
    data: Path | None,
    missing: Path | None,
    queries: tuple[Path, ...],
    overwrite: bool,
    strict: bool,
    registry: Path | None,
) -> int:
    """Translate a repository of dsgrid-toolkit, or one project.json5, into specs.

    Nothing is registered, and PATH is not changed. The report in the folder says what is different, and what somebody
    has to decide.
    """
    from dsgrid.operations.import_project import default_target, import_project

    spec = {"source": source, "target": target or default_target(source), "overwrite": overwrite, "strict": strict}
    given = {"data": data, "missing": missing, "queries": list(queries)}
    with shown_progress() as say:
        done = import_project(
            spec | {key: value for key, value in given.items() if value},
            registry=registry,
            progress=say,
            debug=context.obj.debug,
        )
    click.echo(done.report())
    return done.code
