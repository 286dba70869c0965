"""A registry of a server has the verbs of one of this machine, with the same parameters."""

from __future__ import annotations

import inspect

import pytest

from dsgrid.client.project import RemoteDimension, RemoteProject, RemoteQuestion
from dsgrid.client.registry import RemoteRegistry
from dsgrid.client.result import RemoteResult
from dsgrid.operations.open_project import OpenDimension, OpenProject
from dsgrid.operations.open_registry import OpenRegistry
from dsgrid.operations.project_question import ProjectQuestion
from dsgrid.query.result import Result

# What a server's registry has besides, and why.
MORE = {
    "address": "where it is, as `folder` is of one here",
    "jobs": "work that is not waited for",
    "user": "who the server takes one for",
    "close": "a connection ends",
    "question": "a question as a value, for the command line",
    "record_rows": "records that come while they are taken, for the command line",
}
RESULT_MORE = {"download": "to this machine", "local": "the same, here", "url": "for others", "job": "its job"}
DIMENSION_MORE = {"reference": "in the registry", "count": "of its records, which are not here"}
# The values behind those here, which are not brought along.
LESS = {"dimension", "value", "folder"}
PROJECT_MORE = {"id": "", "version": "", "name": "", "description": ""}


def _public(class_: type) -> dict[str, object]:
    fields = dict.fromkeys(getattr(class_, "__dataclass_fields__", ()))
    return {name: value for name, value in {**fields, **dict(inspect.getmembers(class_))}.items() if name[0] != "_"}


def _parameters(function: object) -> list[tuple[str, object, object]]:
    assert callable(function)
    return [(one.name, one.kind, one.default) for one in inspect.signature(function).parameters.values()]


@pytest.mark.parametrize(
    ("here", "there", "more"),
    [
        (OpenRegistry, RemoteRegistry, MORE),
        (OpenProject, RemoteProject, PROJECT_MORE),
        (OpenDimension, RemoteDimension, DIMENSION_MORE),
        (ProjectQuestion, RemoteQuestion, {}),
        (Result, RemoteResult, RESULT_MORE),
    ],
)
def test_what_there_is_here_is_there_too(here: type, there: type, more: dict[str, str]) -> None:
    local, remote = _public(here), _public(there)
    assert set(remote) - set(local) == set(more)
    assert set(local) - set(remote) <= LESS
    for name, value in local.items():
        if name in LESS:
            continue
        if inspect.isfunction(value):
            assert _parameters(remote[name]) == _parameters(value), name
        else:
            assert not inspect.isfunction(remote[name]), name
