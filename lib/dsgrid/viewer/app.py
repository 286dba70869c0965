"""The viewer's application: its pages, its guards, and who is signed in."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Final

from dash import Dash
from flask import Flask

from dsgrid.client.transport import Transport
from dsgrid.viewer import callbacks, downloads, guards, kept_files, problems, routing, sign_in
from dsgrid.viewer.pages import PAGES
from dsgrid.viewer.parts import grid
from dsgrid.viewer.sessions import Sessions
from dsgrid.viewer.shell import shell

_INDEX: Final = """<!doctype html>
<html lang="en">
<head>
{{%metas%}}
<meta name="color-scheme" content="light dark">
<title>{{%title%}}</title>
<link rel="icon" href="{prefix}assets/icon.svg{icon}" type="image/svg+xml">
<script src="{prefix}assets/theme.js{theme}"></script>
{{%css%}}
<link rel="stylesheet" href="{prefix}assets/all.css{css}">
</head>
<body>
{{%app_entry%}}
<div>{{%config%}}<script src="{prefix}assets/all.js{js}"></script>{{%scripts%}}{{%renderer%}}</div>
</body>
</html>
"""


def make_viewer(
    connected: Callable[[str | None], Transport],
    *,
    server: str,
    prefix: str = "/",
    key: str | None = None,
    own_token: str | None = None,
    names: frozenset[str] | None = frozenset(),
    public: str | None = None,
) -> Flask:
    """Return the viewer, as a WSGI application.

    Parameters
    ----------
    connected
        From a token to the way to the server.
    server
        What users call the server.
    prefix
        Where the viewer is, with a slash at both ends.
    key, own_token
        Whoever comes with this key in the address is signed in with this token: who started the viewer.
    names
        Names that it may be asked by, besides those of this machine; None where somebody before it looks at them.
    public
        The URL that users have for it, where that is another than the one that requests come to.
    """
    flask = Flask("dsgrid.viewer", static_folder=None)
    sessions = Sessions(connected)
    # First, so that nothing else sees what they refuse.
    guards.install(
        flask, sessions, prefix=prefix, names=names, server=server, scripts=lambda: app.csp_hashes(), public=public
    )
    kept_files.install(flask)
    sign_in.install(flask, sessions, prefix=prefix, server=server, key=key, own_token=own_token, public=public)
    app = Dash(
        "dsgrid.viewer",
        server=flask,
        requests_pathname_prefix=prefix,
        routes_pathname_prefix="/",
        assets_folder=str(kept_files.ASSETS),
        # They come in two files, and not in dozens.
        assets_ignore=".*",
        index_string=_INDEX.format(
            prefix=prefix,
            icon=kept_files.mark_of("icon.svg"),
            theme=kept_files.mark_of("theme.js"),
            css=kept_files.mark_of("all.css"),
            js=kept_files.mark_of("all.js"),
        ),
        title="dsgrid",
        update_title="",
        suppress_callback_exceptions=True,
        meta_tags=[{"name": "viewport", "content": "width=device-width, initial-scale=1"}],
        on_error=problems.told,
        add_log_handler=False,
    )
    callbacks.install(flask, app)
    flask.secret_key = secrets.token_bytes(32)
    app.layout = lambda: shell(server, prefix)
    routing.install(app)
    grid.register(app)
    for page in PAGES:
        if page.register is not None:
            page.register(app)
    downloads.install(flask)
    problems.install(flask)
    return flask
