"""``dsgrid tokens``: who may ask a server, made, listed and revoked beside it, while it runs or not."""

from __future__ import annotations

import contextlib
import getpass
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dsgrid.cli import FILE, debug_option
from dsgrid.cli.registry import json_option
from dsgrid.cli.tables import table, terminal_width

if TYPE_CHECKING:
    from dsgrid.api.state.tokens import Tokens

state_option = click.option(
    "--state", type=FILE, metavar="FOLDER", help="The server's own folder; ~/.local/share/dsgrid/server by default."
)


@click.group()
def tokens() -> None:
    """Make, list or revoke the tokens of a server.

    A running server heeds a new token at once, and a revoked one no longer after a second or two.
    """


@tokens.command()
@click.argument("name")
@click.option(
    "--role",
    required=True,
    type=click.Choice(["reader", "analyst", "contributor", "admin"]),
    help="A reader looks into the registry, an analyst asks queries, a contributor registers, an admin does the rest.",
)
@click.option(
    "--expires", metavar="TIME", default="90d", show_default=True, help="Such as 30d, 12h, 2027-01-31, or never."
)
@click.option("--output", type=FILE, metavar="FILE", help="Write the token to a new file that only you can read.")
@state_option
@debug_option
def create(name: str, role: str, expires: str, output: Path | None, state: Path | None) -> None:
    """Make a token for NAME, and print it.

    The token alone goes to the output, to be piped. It is shown this once: the server keeps only what it takes to know
    it again. Several tokens may have one name, and so the same jobs.
    """
    from dsgrid.api.state.tokens import lifetime

    until = lifetime(expires)
    folder = _folder(state)
    is_new = not folder.exists()
    kept = _tokens(state, create=True)
    with _writer(output) as write:
        info, text = kept.make(name, role, expires_at=until, by=f"cli:{_myself()}")
        write(text)
    ends = f"until {info.expires_at}" if info.expires_at else "for ever"
    where = f", in {output}" if output else ""
    click.echo(f"made token {info.id} for {info.name}: {info.role}, {ends}{where}", err=True)
    if is_new:
        # Who forgot --state would wonder why the server does not know the token.
        click.echo(f"it is for a server that begins with --state {folder}; no server has had this folder yet", err=True)


@tokens.command("list")
@click.option("--all", "everything", is_flag=True, help="Those that have expired or were revoked, too.")
@state_option
@json_option
@debug_option
def list_(everything: bool, state: Path | None, as_json: bool) -> None:
    """List tokens, the newest first."""
    from dataclasses import asdict

    found = _tokens(state).list()
    shown = [each for each in found if everything or each.state() == "active"]
    rows = [{**asdict(each), "state": each.state()} for each in shown]
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    if rows:
        columns = ("id", "name", "role", "state", "created_at", "created_by", "expires_at", "used_at")
        click.echo(table(rows, columns, terminal_width()))
    hidden = len(found) - len(shown)
    more = f"; {hidden} more have expired or were revoked (--all)" if hidden else ""
    click.echo(f"{len(rows)} token{'' if len(rows) == 1 else 's'}{more}")


@tokens.command()
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@state_option
@debug_option
def revoke(ids: tuple[str, ...], state: Path | None) -> None:
    """End tokens for good; those that use them hear 401 from then on."""
    kept = _tokens(state)
    # All are looked up before the first is revoked: a slip changes nothing.
    for each in ids:
        kept.get(each)
    for each in ids:
        info = kept.revoke(each)
        click.echo(f"revoked token {info.id} of {info.name} ({info.role})")


def _tokens(state: Path | None, *, create: bool = False) -> Tokens:
    from dsgrid.api.state.database import open_state
    from dsgrid.api.state.private_folder import require_private
    from dsgrid.api.state.tokens import Tokens

    folder = _folder(state)
    require_private(folder)
    return Tokens(open_state(folder, create=create))


def _folder(state: Path | None) -> Path:
    if state is None:
        from dsgrid.api.server.configuration import default_state

        state = default_state()
    return state.expanduser().absolute()


@contextlib.contextmanager
def _writer(output: Path | None) -> Iterator[Callable[[str], Any]]:
    """Give what writes a token; a file is made before there is a token, so that none is lost."""
    if output is None:
        yield click.echo
        return
    try:
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        from dsgrid.errors import UsageError

        raise UsageError(f"{output} is there already; a token is written to a new file only") from None
    with open(descriptor, "w", encoding="utf-8") as file:
        try:
            yield lambda text: file.write(f"{text}\n")
        except BaseException:
            output.unlink(missing_ok=True)
            raise


def _myself() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return str(os.getuid())
