"""``dsgrid serve``: the HTTP API."""

from __future__ import annotations

from pathlib import Path

import click

from dsgrid.cli import FILE, debug_option


@click.command()
@click.option("--config", "file", type=FILE, metavar="FILE", help="The server's file; docs/server.md has its keys.")
@click.option(
    "--registry",
    type=FILE,
    metavar="FOLDER",
    help="The registry; wins over the file, DSGRID_REGISTRY and `dsgrid config`.",
)
@click.option("--state", type=FILE, metavar="FOLDER", help="The server's own folder: database, jobs, results.")
@click.option("--host", metavar="ADDRESS", help="Where it listens; 127.0.0.1 by default.")
@click.option("--port", type=click.IntRange(0, 65_535), metavar="PORT", help="8000 by default; 0 for a free one.")
@click.option("--socket", type=FILE, metavar="PATH", help="A unix socket instead, for this user only.")
@click.option("--anonymous", is_flag=True, default=None, help="Let people without a token read the registry.")
@click.option("--viewer", is_flag=True, default=None, help="Show the registry to browsers, too, at /viewer/.")
@debug_option
def serve(
    file: Path | None,
    registry: Path | None,
    state: Path | None,
    host: str | None,
    port: int | None,
    socket: Path | None,
    anonymous: bool | None,
    viewer: bool | None,
) -> None:
    """Serve a registry over HTTP until Ctrl-C.

    It listens on this machine only, and lets nobody in without a token (`dsgrid tokens create`), unless its file says
    something else. Options win over the file. Jobs that run go on when it ends; the next one takes them over.
    """
    try:
        from dsgrid.api.server.serving import serve as serve_settings
    except ModuleNotFoundError as error:
        if error.name not in ("fastapi", "h11", "pydantic", "starlette", "uvicorn"):
            raise
        from dsgrid.errors import UsageError

        raise UsageError(f"a server needs {error.name}: pip install 'dsgrid[server]'") from None
    from dsgrid.api.server.configuration import load_settings

    settings = load_settings(
        file, registry=registry, state=state, host=host, port=port, socket=socket, anonymous=anonymous, viewer=viewer
    )
    mount = None
    if settings.viewer:
        from dsgrid.cli.viewing import viewer_of

        mount = viewer_of(settings)
    serve_settings(settings, say=click.echo, mount=mount)
