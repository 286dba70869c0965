"""What the command line can read the API can read: each command is answered by a route, or by none for a reason."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click

from dsgrid.cli import commands

# What each command is over HTTP. Those that read the registry, what is planned, jobs, and results.
ROUTES = {
    "registry list": (
        *("GET /v1/projects", "GET /v1/datasets", "GET /v1/submissions", "GET /v1/composites", "GET /v1/dimensions"),
        *("GET /v1/mappings", "GET /v1/aliases", "GET /v1/registrations", "GET /v1/tags"),
    ),
    "registry show": ("GET /v1/entries/{reference}", "GET /v1/projects/{reference}", "GET /v1/datasets/{reference}"),
    "registry records": ("GET /v1/dimensions/{reference}/records", "GET /v1/mappings/{reference}/records"),
    "registry history": ("GET /v1/entries/{reference}/history",),
    "registry diff": ("GET /v1/entries/{reference}/diff",),
    "registry graph": ("GET /v1/entries/{reference}/graph",),
    "registry check": ("GET /v1/checks",),
    "head": ("GET /v1/datasets/{reference}/rows", "GET /v1/jobs/{job}/result/table"),
    "diff": ("GET /v1/datasets/{reference}/compare", "GET /v1/jobs/{job}/result/diff"),
    "explain": ("POST /v1/explain",),
    "validate": ("POST /v1/validate",),
    "plan": ("POST /v1/plan",),
    "query": ("POST /v1/questions",),
    "run": ("POST /v1/queries", "POST /v1/jobs"),
    "apply": ("POST /v1/jobs",),
    "plot": ("GET /v1/jobs/{job}/result/plot",),
    "cache list": ("GET /v1/cache",),
    "runs": ("GET /v1/jobs",),
    "runs show": ("GET /v1/jobs/{job}",),
    "jobs": ("GET /v1/jobs",),
    "jobs list": ("GET /v1/jobs",),
    "jobs history": ("GET /v1/jobs",),
    "jobs wait": ("GET /v1/jobs/{job}", "GET /v1/jobs/{job}/events"),
    "jobs show": ("GET /v1/jobs/{job}",),
    "jobs cancel": ("POST /v1/jobs/{job}/cancel",),
    "jobs logs": ("GET /v1/jobs/{job}/log",),
    "tokens create": ("POST /v1/tokens",),
    "tokens list": ("GET /v1/tokens",),
    "tokens revoke": ("DELETE /v1/tokens/{id}",),
}
A_JOB = "a job: POST /v1/jobs with the spec that says the same"
OF_THE_MACHINE = "about the machine that the command runs on"
# Commands that have no route of their own.
NONE = {
    "bundle": OF_THE_MACHINE,
    "config path": OF_THE_MACHINE,
    "config set": OF_THE_MACHINE,
    "config unset": OF_THE_MACHINE,
    "config": OF_THE_MACHINE,
    "doctor": OF_THE_MACHINE,
    "jobs connect": "a server of Spark for one user, inside of a Slurm job",
    "login": OF_THE_MACHINE,
    "logout": OF_THE_MACHINE,
    "init": OF_THE_MACHINE,
    "serve": "it is the server",
    "viewer": "it asks the server for all that its pages show",
    "submit": "the server submits what is large: POST /v1/queries with runner=slurm",
    "cache prune": "of the server's user; the cache keeps to its limit by itself",
    "check": A_JOB,
    "derive": A_JOB,
    "export": A_JOB,
    "generate dataset": A_JOB,
    "generate project": A_JOB,
    "import project": A_JOB,
    "import registry": A_JOB,
    "registry copy": A_JOB,
    "registry create": "a server has the registry that it was started for",
    "registry dump": A_JOB,
    "registry remove": A_JOB,
}


def leaves(group: click.Group, path: str = "") -> Iterator[str]:
    """Yield the names of all commands that do something."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        full = f"{path} {name}".strip()
        if isinstance(command, click.Group):
            if command.invoke_without_command:
                yield full
            yield from leaves(command, full)
        else:
            yield full


def test_every_command_is_answered_or_has_a_reason():
    found = set(leaves(commands))
    assert found - ROUTES.keys() - NONE.keys() == set()
    assert (ROUTES.keys() | NONE.keys()) - found == set()
    assert not ROUTES.keys() & NONE.keys()


def test_the_routes_of_every_command_are_there(shared_app):
    paths = shared_app.openapi()["paths"]
    there = {_plain(f"{method.upper()} {path}") for path, methods in paths.items() for method in methods}
    missing = {command: [route for route in routes if _plain(route) not in there] for command, routes in ROUTES.items()}
    assert {command: routes for command, routes in missing.items() if routes} == {}


def _plain(route: str) -> str:
    """Return a route whose parameters have no names."""
    return re.sub(r"\{[^}]*\}", "{}", route)


def test_every_route_of_the_registry_says_what_it_answers(shared_app):
    found = 0
    for path, methods in shared_app.openapi()["paths"].items():
        for method, operation in methods.items():
            if operation.get("tags") == ["registry"]:
                found += 1
                assert {"200", "401", "403", "503"} <= operation["responses"].keys(), f"{method} {path}"
                assert operation["summary"], path
                assert operation["operationId"], path
    assert found >= 30
