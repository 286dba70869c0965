"""People who know all addresses and callbacks by heart: what they send is no defect, and shows nothing of others."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from tests.unit.viewer.conftest import ViewerOf
from tests.unit.viewer.showing import Viewer

from dsgrid.api.job import NewJob
from dsgrid.api.problems.problems import ApiError

ADA, NAME = "ada-who-has-a-secret", "the-secret-of-hers"
WRONG: tuple[Any, ...] = (
    *(None, 0, -1.5, True, "", "x", "../..", "javascript:alert(1)", "<img src=x onerror=alert(1)>", "\x00"),
    *([], {}, [None], [[]], ["x", 1], {"a": {"b": [1]}}, 10**30, "é" * 2_000),
    {"props": {"children": "x"}, "type": "Div", "namespace": "dash_html_components"},
    *({"job": "../tokens", "page": "x"}, {"reference": "../../v1/tokens", "id": "..", "spec": 1, "act": "remove"}),
)


def callbacks(viewer: Viewer) -> list[Any]:
    """Return all callbacks that a server answers."""
    found = viewer.client.get("/_dash-dependencies").get_json()
    return [each for each in found if not each.get("clientside_function")]


def question(callback: Any, value: Any) -> dict[str, Any]:
    """Return what a page would ask, with a value at all places."""
    output = callback["output"]
    names = output.strip(".").split("...") if output.startswith("..") else [output]
    outputs = [dict(zip(("id", "property"), _parts(each), strict=True)) for each in names]
    return {
        "output": output,
        "outputs": outputs if output.startswith("..") else outputs[0],
        "inputs": [_given(each, value) for each in callback["inputs"]],
        "state": [_given(each, value) for each in callback["state"]],
        "changedPropIds": [f"{each['id']}.{each['property']}" for each in callback["inputs"][:1]],
    }


def _parts(text: str) -> tuple[Any, str]:
    id, _, name = text.rpartition(".")
    return _id(id), name.partition("@")[0]


def _id(text: str) -> Any:
    if not text.startswith("{"):
        return text
    return {key: "x" if isinstance(value, list) else value for key, value in json.loads(text).items()}


def _given(defined: Any, value: Any) -> Any:
    one = {"id": _id(defined["id"]), "property": defined["property"], "value": value}
    return [one] if '["ALL"]' in defined["id"] else one


@pytest.mark.parametrize("value", WRONG, ids=lambda value: repr(value)[:20].encode("ascii", "replace").decode())
def test_wrong_values_bring_no_callback_to_fall_nor_tell_of_the_program(shared: Viewer, value: Any) -> None:
    found = callbacks(shared)
    assert len(found) > 20
    for each in found:
        answer = shared.client.post("/_dash-update-component", json=question(each, value))
        assert answer.status_code in (200, 204, 400), each["output"]
        for word in ("Traceback", 'File "', "site-packages", "Error:", "object has no attribute"):
            assert word not in answer.text, each["output"]


@pytest.fixture(scope="module")
def job(real_server: TestClient, shared_app: FastAPI) -> Iterator[str]:
    """The job of somebody else, which runs."""
    dispatcher = shared_app.state.context.dispatcher
    given = {"kind": "query", "name": NAME, "spec": f'name = "{NAME}"', "media_type": "application/toml"}
    made = dispatcher.submit(NewJob(user=ADA, role="analyst", runner="warm", **given))
    yield made.id
    with contextlib.suppress(ApiError):
        dispatcher.cancel(made.id, ADA)


def told(viewer: Viewer, job: str) -> Iterator[str]:
    """Yield what a viewer answers to all that names a job."""
    for path in ("spec", "log", "files/x", "result/table.csv", "result/manifest"):
        yield viewer.client.get(f"/download/jobs/{job}/{path}").text
    for page in (f"/job/{job}", f"/results/{job}", f"/compare?a={job}&b={job}", f"/build?job={job}", "/jobs"):
        yield str(viewer.show(page))
    about = {"job": job, "id": job, "page": "list", "act": "cancel", "key": "k", "to": "", "n": 1, "state": "running"}
    for each in callbacks(viewer):
        for value in (job, about, [about]):
            asked = json.loads(json.dumps(question(each, value)).replace('"job": "x"', f'"job": "{job}"'))
            yield viewer.client.post("/_dash-update-component", json=asked).text


@pytest.mark.parametrize("role", ["analyst", "contributor", "reader"])
def test_nothing_of_somebody_elses_job_is_told(real_viewer_of: ViewerOf, job: str, role: str) -> None:
    other = real_viewer_of(role, name=f"mallory-{role}")
    for text in told(other, job):
        assert NAME not in text
        assert ADA not in text
    own = real_viewer_of("analyst", name=ADA)
    assert any(NAME in text for text in told(own, job)), "to her it is told"


def test_nobody_changes_somebody_elses_job(real_viewer_of: ViewerOf, job: str) -> None:
    own = real_viewer_of("analyst", name=ADA)

    def cancelled_by() -> Any:
        with own.at() as visit:
            return visit.ask.get(f"/jobs/{job}")["cancelled_by"]

    list(told(real_viewer_of("analyst", name="mallory"), job))
    assert cancelled_by() is None
    list(told(own, job))
    assert cancelled_by() == ADA, "the same of hers"
