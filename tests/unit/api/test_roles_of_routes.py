"""Every route has a role, or is on the short list of what is open to all; and each role is heeded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute
from starlette.testclient import TestClient

from dsgrid.api.roles import ADMIN, READER, ROLES

# Nothing of the registry, of jobs, or of users is in their answers.
OPEN = {
    "/v1",
    "/v1/health",
    "/v1/ready",
    "/v1/limits",
    "/v1/openapi.json",
    "/v1/problems",
    "/v1/problems/{name}",
}
ADMINS = {"/v1/tokens", "/v1/tokens/{id}", "/v1/audit", "/v1/checks"}


def routes_of(app: FastAPI) -> Iterator[tuple[str, str, Any]]:
    """Yield method, path and route of everything that answers."""
    for path, operations in app.openapi()["paths"].items():
        for method in operations:
            yield method.upper(), path, _route(app, path, method.upper())


def _route(app: FastAPI, path: str, method: str) -> APIRoute:
    def every(routes: Any) -> Iterator[BaseRoute]:
        for route in routes:
            yield route
            inner = getattr(route, "original_router", None) or getattr(route, "app", None)
            yield from every(getattr(inner, "routes", []))

    wanted = (path, path.removeprefix("/v1"))
    for route in every(app.routes):
        if isinstance(route, APIRoute) and method in route.methods and _plain(route.path) in wanted:
            return route
    raise AssertionError(f"no route for {method} {path}")


def _plain(path: str) -> str:
    return re.sub(r":\w+}", "}", path)


def role_of(route: APIRoute) -> str | None:
    """Return the role that the dependencies of a route ask for."""
    waiting, found = [route.dependant], []
    while waiting:
        dependant = waiting.pop()
        waiting += dependant.dependencies
        role = getattr(dependant.call, "role", None)
        if role is not None:
            found.append(role)
    return max(found, key=ROLES.index) if found else None


def test_every_route_has_a_role_or_is_open_to_all(shared_app: FastAPI) -> None:
    found = {(method, path): role_of(route) for method, path, route in routes_of(shared_app)}

    assert len(found) > 30
    assert {path for (_, path), role in found.items() if role is None} <= OPEN
    # What is open answers nobody's questions, and changes nothing.
    assert {method for (method, path), role in found.items() if role is None} == {"GET"}


def test_administration_is_for_admins_alone(shared_app: FastAPI) -> None:
    found = {path: role_of(route) for _, path, route in routes_of(shared_app)}

    assert {path for path in ADMINS if path in found and found[path] != ADMIN} == set()
    assert found["/v1/tokens"] == ADMIN


def test_what_changes_something_is_not_for_readers(shared_app: FastAPI) -> None:
    questions = {"/v1/explain", "/v1/validate", "/v1/plan", "/v1/questions"}

    readers = {path for method, path, route in routes_of(shared_app) if method != "GET" and role_of(route) == READER}

    assert readers <= questions


def test_each_route_lets_in_who_has_its_role_and_nobody_else(
    shared_app: FastAPI, client_of: Callable[..., TestClient]
) -> None:
    clients: dict[str | None, TestClient] = {role: client_of(role) for role in (None, *ROLES)}
    wrong = []

    # The clients ask an application of their own; making its document would take longer than all that they ask.
    for method, path, route in routes_of(shared_app):
        role = role_of(route)
        if "events" in path:  # streams; what they ask for was looked at above
            continue
        address = re.sub(r"{\w+}", "nobody-has-this", path)
        below = ROLES[ROLES.index(role) - 1] if role not in (None, ROLES[0]) else None
        for who in dict.fromkeys((None, below, role)):
            client = clients[who]
            status = client.request(method, address).status_code
            is_in = role is None or (who is not None and ROLES.index(who) >= ROLES.index(role))
            expected = {401} if who is None and not is_in else {403} if not is_in else None
            if (expected is not None and status not in expected) or (expected is None and status in (401, 403)):
                wrong.append((method, path, who, status))
            if status >= 500 and path != "/v1/ready":
                wrong.append((method, path, who, status))

    assert wrong == []
