"""``dsgrid viewer``: the Project Viewer, in a process of its own or as a part of a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from dsgrid.cli import debug_option

if TYPE_CHECKING:
    from dsgrid.api.server.mounting import Mount
    from dsgrid.api.settings import Settings

NEEDED: Final = frozenset({"dash", "dash_ag_grid", "dash_cytoscape", "flask", "httpx", "plotly", "uvicorn"})
LOCAL: Final = "http://127.0.0.1:8000"


@click.command()
@click.option("--url", metavar="URL", help=f"The server; else DSGRID_URL, or {LOCAL}.")
@click.option("--host", metavar="ADDRESS", default="127.0.0.1", help="Where it listens; 127.0.0.1 by default.")
@click.option("--port", type=click.IntRange(0, 65_535), metavar="PORT", default=8050, help="8050; 0 for a free one.")
@click.option("--name", "names", multiple=True, metavar="NAME", help="A name that browsers may call it by, besides.")
@click.option("--public", metavar="URL", help="What users call it, where a proxy on this machine is before it.")
@click.option("--proxy", "proxies", multiple=True, metavar="ADDRESS", help="Of a proxy that is elsewhere.")
@click.option("--open", "opens", is_flag=True, help="Open it in this machine's browser.")
@click.option("--insecure", is_flag=True, help="Use a network that others can read.")
@debug_option
@click.pass_context
def viewer(
    context: click.Context,
    url: str | None,
    host: str,
    port: int,
    names: tuple[str, ...],
    public: str | None,
    proxies: tuple[str, ...],
    opens: bool,
    insecure: bool,
) -> None:
    """Show a server's registry in a browser, until Ctrl-C.

    It prints an address that signs in with your token: DSGRID_TOKEN, or what `dsgrid login` has kept. Where there is
    none, it asks for one. On the server's machine `dsgrid serve --viewer` does both in one.
    """
    try:
        from dsgrid.viewer.serving import leave_threads, serve_viewer
    except ModuleNotFoundError as error:
        _refuse_missing(error)
        raise
    given = context.find_root().params
    serve_viewer(
        url or given.get("url") or LOCAL,
        host=host,
        port=port,
        insecure=insecure or bool(given.get("insecure")),
        names=names,
        public=public,
        proxies=proxies,
        say=click.echo,
        started=_open if opens else lambda _address: None,
    )
    leave_threads()


def viewer_of(settings: Settings) -> Mount:
    """Return the viewer as a part of a server: at ``/viewer/``, and asking it without any network."""
    try:
        from dsgrid.client.address import Address
        from dsgrid.client.transport import Transport
        from dsgrid.viewer.app import make_viewer
        from dsgrid.viewer.bridge import Bridge
    except ModuleNotFoundError as error:
        _refuse_missing(error)
        raise
    from urllib.parse import urlsplit

    from dsgrid.api.server.mounting import INSIDE, Mount, Way

    public = settings.url.rstrip("/") if settings.url is not None else None
    server = public or "this server"
    prefix = f"{urlsplit(public or '').path}{Mount.PATH}/"

    def made(way: Way) -> Bridge:
        address = Address(server, INSIDE)

        def connected(token: str | None) -> Transport:
            # Nothing leaves the process, whatever the server is called outside.
            return Transport(address, token, insecure=True, handler=way, hasty=True)

        # The server's guards know its names, also those of the proxy before it.
        return Bridge(make_viewer(connected, server=server, prefix=prefix, names=None, public=public))

    return Mount(made)


def _open(address: str) -> None:
    import threading
    import webbrowser

    # Some browsers stay until they are closed.
    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()


def _refuse_missing(error: ModuleNotFoundError) -> None:
    """Say in a line what the viewer needs; anything else that is missing is a defect."""
    from dsgrid.errors import UsageError

    if error.name is not None and error.name.partition(".")[0] in NEEDED:
        raise UsageError(f"the viewer needs {error.name}: pip install 'dsgrid[server]'") from None
