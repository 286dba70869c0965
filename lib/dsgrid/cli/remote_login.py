"""``dsgrid login | logout``: the token for a server, kept in a file that only the user can read."""

from __future__ import annotations

import sys

import click

from dsgrid.cli import debug_option


@click.command()
@click.argument("url")
@debug_option
@click.pass_context
def login(context: click.Context, url: str) -> None:
    """Keep the token for a server.

    It is asked for, or read from the standard input; it never stands in a command line.

    \b
    dsgrid login https://dsgrid.lab.org
    dsgrid login http://localhost:8000 < token.txt
    """  # noqa: D301
    import getpass

    from dsgrid.client.address import parse_address
    from dsgrid.client.connecting import connect
    from dsgrid.client.tokens import keep_token

    address = parse_address(url)
    token = getpass.getpass(f"token for {address}: ") if sys.stdin.isatty() else sys.stdin.readline(4_096)
    # Whether it is right is told now, and not by the first command that needs it.
    with connect(address.url, token, insecure=context.find_root().params["insecure"]) as registry:
        user = registry.user
    path = keep_token(address, token)
    click.echo(f"{user.get('name')} ({user.get('role')}) at {address}; the token is kept in {path}")


@click.command()
@click.argument("url")
@debug_option
def logout(url: str) -> None:
    """Forget the token for a server; whoever runs the server can revoke it as well."""
    from dsgrid.client.address import parse_address
    from dsgrid.client.tokens import forget_token

    address = parse_address(url)
    click.echo(f"the token for {address} is gone from {forget_token(address)}")
