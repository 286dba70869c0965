"""``dsgrid registry remove``: take things out of a registry."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dsgrid.cli import debug_option
from dsgrid.cli.completion import complete_reference
from dsgrid.cli.registry import folder_option, say_whence

if TYPE_CHECKING:
    from dsgrid.registry.removal import Removal


@click.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID[@VERSION]...", shell_complete=complete_reference)
@folder_option
@click.option("--cascade", is_flag=True, help="What needs them goes, too; shows the list and asks.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--log-message", metavar="TEXT", help="Why, for the registry's history.")
@debug_option
def remove(ids: tuple[str, ...], folder: Path, cascade: bool, yes: bool, log_message: str | None) -> None:
    """Remove versions: ID all of them, ID@VERSION one.

    What something else needs is refused.

    A project takes along its submissions and the dimensions and mappings that only it uses.
    """
    from dsgrid.operations.remove import remove as remove_from_registry

    spec: dict[str, Any] = {"ids": list(dict.fromkeys(ids)), "cascade": cascade}
    if log_message:
        spec["log_message"] = log_message
    agree = _asking(folder) if cascade and not yes else None
    click.echo(remove_from_registry(spec, registry=folder, agree=agree).report())
    say_whence()


def _asking(folder: Path) -> Callable[[Removal], None]:
    """Return what shows a removal and asks; without a terminal nobody can answer."""
    from dsgrid.errors import Problem, RegistryError
    from dsgrid.operations.remove import listed

    def ask(removal: Removal) -> None:
        lines = listed(removal)
        if not sys.stdin.isatty():
            message = (
                f"{len(lines)} things would be removed from {folder}; nothing was, as there is no terminal to ask at"
            )
            raise RegistryError(Problem(f"{message} (--yes removes them)", detail="\n".join(lines)))
        click.echo("\n".join([f"this would be removed from {folder}:", *lines]))
        say_whence()
        if not click.confirm("Remove all of it?"):
            raise RegistryError("nothing was removed")

    return ask
