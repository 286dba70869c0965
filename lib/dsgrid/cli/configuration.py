"""``dsgrid config``: the registry that is used where nothing else names one."""

from __future__ import annotations

import json

import click
from click.shell_completion import CompletionItem

from dsgrid.cli import debug_option


def _complete_key(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from dsgrid.operations.configuration import KEYS

    return [CompletionItem(key, help=meaning) for key, meaning in KEYS.items() if key.startswith(incomplete)]


key_argument = click.argument("key", metavar="KEY", shell_complete=_complete_key)


@click.group("config", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@debug_option
@click.pass_context
def config(context: click.Context, as_json: bool) -> None:
    """Show the user's configuration; set and unset change it. Its one key is `registry`, the default registry."""
    if context.invoked_subcommand is not None:
        return
    from dsgrid.operations.configuration import read_configuration

    found = read_configuration()
    if as_json:
        click.echo(json.dumps({"path": str(found.path), "values": dict(found.values)}, indent=2, ensure_ascii=False))
    else:
        click.echo(found.report())


@config.command("set")
@key_argument
@click.argument("value", type=click.Path(), metavar="FOLDER")
@debug_option
def set_(key: str, value: str) -> None:
    """Set a key: `dsgrid config set registry FOLDER`."""
    from dsgrid.operations.configuration import set_key

    click.echo(set_key(key, value).report())


@config.command()
@key_argument
@debug_option
def unset(key: str) -> None:
    """Remove a key from the configuration."""
    from dsgrid.operations.configuration import unset_key

    click.echo(unset_key(key).report())


@config.command("path")
@debug_option
def path_() -> None:
    """Print where the configuration is, or would be."""
    from dsgrid.operations.configuration import configuration_file

    click.echo(configuration_file())
