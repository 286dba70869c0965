"""The OpenAPI document: what FastAPI makes of the routes, with what it cannot know."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from dsgrid.api.problems import documents as problem_documents
from dsgrid.api.work import spec_bodies

DESCRIPTION: Final = """\
A registry of energy-demand datasets, and queries to it.

**Reads** answer at once: lists, entries, records, versions, plans. **Work** is a job: `POST` answers 202 with a job
resource, whose state, log, events and result have addresses of their own; the header `Prefer: wait=10` waits so many
seconds for its end. Errors are problem details (RFC 9457).

A token is sent as `Authorization: Bearer dsg_...`. Roles: a *reader* looks into the registry, an *analyst* asks
queries, a *contributor* registers and submits, an *admin* does the rest.
"""

TAGS: Final = (
    ("server", "The server itself."),
    ("registry", "What the registry holds."),
    ("work", "Queries and other jobs are handed in here, or checked and planned without running."),
    ("jobs", "How jobs stand."),
    ("results", "What queries answered."),
    ("administration", "Tokens, and the audit log."),
)


def install(app: FastAPI) -> None:
    """Let an application make its document here; it is made once."""

    def made() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = made  # type: ignore[method-assign]


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=DESCRIPTION,
        routes=app.routes,
        tags=[{"name": name, "description": description} for name, description in TAGS],
    )
    schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
    schemes["token"] = {"type": "http", "scheme": "bearer", "description": "A token of this server, `dsg_...`."}
    # Nothing at all, where who has no token may read.
    document["security"] = [{"token": []}, {}]
    problem_documents.complete(document)
    document["components"].setdefault("schemas", {}).update(spec_bodies.components())
    return document
