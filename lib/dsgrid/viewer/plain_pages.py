"""Pages outside of the application: signing in, and what is said where a page of it cannot stand."""

from __future__ import annotations

from typing import Final

import flask
from flask import Response
from markupsafe import Markup

from dsgrid.viewer.kept_files import mark_of

_PAGE: Final = Markup("""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<title>{title} · dsgrid</title><script src="{prefix}assets/theme.js{theme}"></script>
<link rel="icon" href="{prefix}assets/icon.svg{icon}" type="image/svg+xml">
<link rel="stylesheet" href="{prefix}assets/viewer.css{style}"></head>
<body><main class="sign-in">{content}</main></body></html>
""")
_FORM: Final = Markup("""<p class="kind">dsgrid</p><h1>Sign in</h1>
<p>To <strong class="server">{server}</strong>, with your token.</p>{problem}
<form method="post" action="{prefix}sign-in">
<input type="hidden" name="next" value="{after}">
<input type="text" name="user" value="dsgrid" autocomplete="username" readonly hidden>
<label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus
 spellcheck="false" placeholder="dsg_…"{described}>
<button class="button main" type="submit">Sign in</button></form>
<p class="hint">Whoever runs the server makes one: <code>dsgrid tokens create NAME --role analyst</code>.
The token stays with the viewer; your browser keeps a cookie, for 12 hours at most.</p>
""")
_PROBLEM: Final = Markup('<p class="problem" role="alert" id="problem">{why}</p>')
_TOLD: Final = Markup("""<p class="kind">dsgrid</p><h1>{title}</h1>
<p class="problem">{why}</p><p><a href="{prefix}">To the registry</a></p>
""")


def sign_in_page(prefix: str, server: str, *, after: str = "", why: str = "", status: int = 200) -> Response:
    """Return the page with the form.

    Parameters
    ----------
    after
        The page to go to afterwards.
    why
        Why it did not work before.
    """
    content = _FORM.format(
        server=server,
        prefix=prefix,
        after=after,
        problem=_PROBLEM.format(why=why) if why else "",
        described=Markup(' aria-describedby="problem" aria-invalid="true"') if why else "",
    )
    return _page(prefix, "Sign in", content, status)


def told_page(prefix: str, title: str, why: str, status: int) -> Response:
    """Return a page that says why something is not there."""
    return _page(prefix, title, _TOLD.format(title=title, why=why, prefix=prefix), status)


def _page(prefix: str, title: str, content: Markup, status: int) -> Response:
    marks = {"theme": mark_of("theme.js"), "icon": mark_of("icon.svg"), "style": mark_of("viewer.css")}
    page = _PAGE.format(title=title, prefix=prefix, content=content, **marks)
    return flask.make_response(str(page), status, {"Content-Type": "text/html; charset=utf-8"})
