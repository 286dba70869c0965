"""The pages of jobs over made-up answers of a server."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from tests.unit.viewer.conftest import ViewerOf
from tests.unit.viewer.showing import Viewer, links, piece, pieces, problem, words
from tests.unit.viewer.test_job_states import job

from dsgrid.viewer.pages import jobs as jobs_page
from dsgrid.viewer.parts.job_follower import events_of

SCHEMAS = {"items": [{"job": "query"}, {"job": "server"}, {"job": "dump"}], "total": 3, "next": None}
SPEC = 'spec_version = 1\njob = "query"\n'


def listed(*jobs: dict[str, Any], following: str | None = None) -> dict[str, Any]:
    return {"/jobs": {"items": list(jobs), "next": following}, "/schemas": SCHEMAS}


def one(document: dict[str, Any], **more: Any) -> dict[str, Any]:
    path = f"/jobs/{document['id']}"
    told = {"job": document, "events": [], "after": "1.0", "more": False}
    return {f"{path}/events": told, path: document, f"{path}/spec": SPEC, f"{path}/log": "says", **more}


def called(viewer: Viewer, id_: dict[str, str], outputs: dict[str, str], values: dict[str, Any]) -> dict[str, Any]:
    """Call a callback of one job's components as a browser does, and return what it answers.

    Parameters
    ----------
    id_
        Of the components, without their type.
    outputs
        From the types of components to their properties.
    values
        From types (the first is the input) to what is in them, as ``TYPE.PROPERTY``.
    """
    any_ = dict.fromkeys(id_, ("MATCH",))
    wanted = [f"{named(any_, kind)}.{name}" for kind, name in outputs.items()]
    found = [{"id": {**id_, "type": kind}, "property": name} for kind, name in outputs.items()]
    given = []
    for place, value in values.items():
        kind, _, name = place.partition(".")
        given.append({"id": {**id_, "type": kind}, "property": name, "value": value})
    body = {
        "output": f"..{'...'.join(wanted)}.." if len(wanted) > 1 else wanted[0],
        "outputs": found if len(found) > 1 else found[0],
        "inputs": given[:1],
        "state": given[1:],
        "changedPropIds": [f"{named(id_, next(iter(values)).partition('.')[0])}.data"],
    }
    answer = viewer.client.post("/_dash-update-component", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.get_json())


def named(id_: str | dict[str, Any], kind: str) -> str:
    id_ = {"job": id_} if isinstance(id_, str) else id_
    return json.dumps({**id_, "type": kind}, sort_keys=True, separators=(",", ":"))


def looked(viewer: Viewer, job: str, about: dict[str, Any], n: int, seen: Any = ("", "")) -> dict[str, Any]:
    """Have a followed job looked at."""
    outputs = {
        "job-now": "children",
        "job-work": "children",
        "job-ways": "children",
        "job-seen": "data",
        "job-trouble": "children",
        "job-said": "children",
        "job-ended": "data",
        "job-beat": "disabled",
        "job-heard": "data",
    }
    id_ = {"job": job, "type": "job-follow"}
    values = {"job-tick.data": {"n": n}, "job-follow.data": about, "job-follow.id": id_, "job-seen.data": seen}
    return called(viewer, {"job": job}, outputs, values)


def test_filters_and_pages_are_the_servers(viewer_of: ViewerOf) -> None:
    asked: list[dict[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/me":
            return httpx.Response(200, json={"name": "ada", "role": "analyst"})
        if request.url.path == "/v1/schemas":
            return httpx.Response(200, json=SCHEMAS)
        asked.append(dict(request.url.params))
        return httpx.Response(
            200, json={"items": [job("failed")], "next": "/v1/jobs?limit=25&cursor=b%2Fc&state=failed"}
        )

    shown = viewer_of(answer).show("/jobs?state=failed&kind=query&cursor=a")
    assert asked == [{"limit": "25", "state": "failed", "kind": "query", "cursor": "a"}]
    ways = links(shown)
    assert ways["Older"] == "/jobs?state=failed&kind=query&cursor=b%2Fc"
    assert ways["Newest"] == "/jobs?state=failed&kind=query"
    # Another state begins with its newest jobs.
    assert ways["cancelled"] == "/jobs?state=cancelled&kind=query"


def test_jobs_are_looked_at_again_only_while_something_may_change(viewer_of: ViewerOf) -> None:
    for states, is_still in [(("succeeded", "failed"), True), (("succeeded", "queued"), False), ((), True)]:
        jobs = [job(state, id=f"{number:016x}") for number, state in enumerate(states)]
        shown = viewer_of(listed(*jobs)).show("/jobs")
        assert piece(shown, "jobs-beat").disabled is is_still


def test_a_list_without_jobs_says_what_makes_one(viewer_of: ViewerOf) -> None:
    shown = viewer_of(listed()).show("/jobs")
    assert links(shown)["ask one"] == "/build"
    assert links(viewer_of(listed()).show("/jobs?state=failed"))["Show all jobs"] == "/jobs"


def test_only_an_admin_sees_whose_jobs_they_are_and_may_choose(viewer_of: ViewerOf) -> None:
    answers = listed(job("succeeded", user="bert"))
    assert links(viewer_of(answers, role="admin").show("/jobs?state=succeeded"))["bert"] == (
        "/jobs?state=succeeded&user=bert"
    )
    assert "bert" not in links(viewer_of(answers).show("/jobs"))


def test_files_that_have_a_schema_and_are_no_jobs_are_no_kinds(viewer_of: ViewerOf) -> None:
    options = [each.value for each in pieces(viewer_of(listed()).show("/jobs"), "Option")]
    assert options == ["", "query", "dump"]


def test_a_job_page_leads_to_the_result_the_builder_and_the_downloads(viewer_of: ViewerOf) -> None:
    done = job("succeeded", links={"result": "/v1/jobs/x/result"}, outcome={"code": 0, "report": "", "problems": []})
    shown = viewer_of(one(done)).show(f"/job/{done['id']}")
    ways = links(shown)
    assert ways["Look at the result"] == f"/results/{done['id']}"
    assert ways["Change the question"] == f"/build?job={done['id']}"
    assert ways["Download the spec"] == f"/download/jobs/{done['id']}/spec"
    assert ways["Download the log"] == f"/download/jobs/{done['id']}/log"
    assert piece(shown, "job-spec-text").children == SPEC.strip()
    assert [words(each) for each in pieces(shown, "H1")] == ["by_state"]
    assert "Details" not in ways


def test_jobs_that_are_no_questions_do_not_lead_to_the_builder(viewer_of: ViewerOf) -> None:
    done = job("succeeded", kind="dump", name="")
    shown = viewer_of(one(done)).show(f"/job/{done['id']}")
    assert "Change the question" not in links(shown)
    assert [words(each) for each in pieces(shown, "H1")] == ["dump"]


def test_files_of_a_job_are_offered_by_their_names(viewer_of: ViewerOf) -> None:
    done = job("succeeded", kind="dump", links={"files": "/v1/jobs/x/files"})
    path = f"/jobs/{done['id']}"
    files = {"items": [{"path": "files/a b#1.csv", "bytes": 1_834, "url": ""}]}
    shown = viewer_of(one(done, **{f"{path}/files": files})).show(f"/job/{done['id']}")
    assert links(shown)["files/a b#1.csv"] == f"/download{path}/files/files/a%20b%231.csv"
    assert "1.8 kB" in words(shown)


def test_the_colours_of_a_log_are_left_out(viewer_of: ViewerOf) -> None:
    done = job("failed")
    log = {f"/jobs/{done['id']}/log": "\x1b[31mred\x1b[0m <b>\n"}
    assert piece(viewer_of(one(done, **log)).show(f"/job/{done['id']}"), "job-log-text").children == "red <b>\n"


def test_a_job_that_is_not_there_is_said_so_in_the_words_of_the_server(viewer_of: ViewerOf) -> None:
    told = problem(404, "not found", "there is no job abcd of yours")
    assert "there is no job abcd of yours" in words(viewer_of({"/jobs/abcd/events": told}).show("/job/abcd"))


@pytest.mark.parametrize("address", ["/job", "/job/../secrets", "/job/a%2F..%2Fb"])
def test_what_is_no_id_of_a_job_is_no_defect(viewer_of: ViewerOf, address: str) -> None:
    assert "defect" not in words(viewer_of({}).show(address))


def test_all_events_are_read_piece_by_piece(viewer_of: ViewerOf) -> None:
    document = job("running")

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/me":
            return httpx.Response(200, json={"name": "ada", "role": "analyst"})
        place = int(request.url.params.get("after", "0"))
        assert request.url.params["stream"] == "false"
        told = {"job": document, "events": [{"id": str(place)}], "after": str(place + 1), "more": place < 3}
        return httpx.Response(200, json=told)

    with viewer_of(answer).at("/") as visit:
        found, events = events_of(visit.ask, document["id"])
    assert found == document
    assert [each["id"] for each in events] == ["0", "1", "2", "3"]


def test_a_job_that_has_ended_is_not_looked_at_again_and_goes_on_where_it_should(viewer_of: ViewerOf) -> None:
    done = job("succeeded")
    answer = looked(viewer_of(one(done)), done["id"], {"onward": "/results/x"}, 3)
    told = {kind: answer["response"][named(done["id"], kind)] for kind in ("job-beat", "job-ended", "job-heard")}
    assert told["job-beat"] == {"disabled": True}
    assert told["job-ended"]["data"]["state"] == "succeeded"
    assert told["job-heard"] == {"data": 3}
    assert answer["sideUpdate"]["address"] == {"href": "/results/x"}


def test_what_has_not_changed_is_not_drawn_again_as_it_would_lose_the_focus(viewer_of: ViewerOf) -> None:
    document = job("running")
    id_ = document["id"]
    event = {"id": "1.1", "event": "stage", "data": {"event": "stage_begun", "stage": "reading"}}
    told = {"job": document, "events": [event], "after": "1.1", "more": False}
    viewer = viewer_of({f"/jobs/{id_}/events": told})
    first = looked(viewer, id_, {"actions": True}, 1)["response"]
    assert {named(id_, kind) for kind in ("job-now", "job-work", "job-ways")} <= set(first)
    seen = first[named(id_, "job-seen")]["data"]
    again = looked(viewer, id_, {"actions": True}, 2, seen)["response"]
    assert named(id_, "job-now") in again
    assert not {named(id_, kind) for kind in ("job-work", "job-ways")} & set(again)
    # A new stage is shown, and leaves the buttons alone.
    told["events"] = [event, {**event, "data": {"event": "stage_done", "stage": "reading"}}]
    last = looked(viewer, id_, {"actions": True}, 3, seen)["response"]
    assert named(id_, "job-work") in last
    assert named(id_, "job-ways") not in last


def test_a_job_that_failed_does_not_go_on(viewer_of: ViewerOf) -> None:
    failed = job("failed", reason="no")
    assert not looked(viewer_of(one(failed)), failed["id"], {"onward": "/results/x"}, 1).get("sideUpdate")


@pytest.mark.parametrize(
    ("told", "is_over", "heard"),
    [(problem(500, "defect", "broken"), False, None), (problem(404, "not found", "gone"), True, 2)],
)
def test_a_server_that_does_not_answer_is_asked_again_and_a_job_that_is_gone_is_not(
    viewer_of: ViewerOf, told: httpx.Response, is_over: bool, heard: int | None
) -> None:
    id_ = job("running")["id"]
    answer = looked(viewer_of({f"/jobs/{id_}/events": told}), id_, {}, 2)["response"]
    assert answer[named(id_, "job-beat")]["disabled"] is is_over
    assert answer[named(id_, "job-heard")]["data"] == heard
    assert answer[named(id_, "job-trouble")]["children"]
    assert named(id_, "job-now") not in answer  # what was seen last stays


@pytest.mark.parametrize(("act", "method"), [("cancel", "POST"), ("retry", "POST"), ("remove", "DELETE")])
def test_what_was_confirmed_is_done_once_with_the_users_token(viewer_of: ViewerOf, act: str, method: str) -> None:
    done: list[tuple[str, str, str | None, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/me":
            return httpx.Response(200, json={"name": "ada", "role": "analyst"})
        token = request.headers["Authorization"]
        done.append((request.method, request.url.path, request.headers.get("Idempotency-Key"), token))
        return httpx.Response(204) if request.method == "DELETE" else httpx.Response(202, json=job("queued", id="ffff"))

    id_ = {"job": "abcd", "at": "page"}
    wish = {"act": act, "job": "abcd", "key": "k-1"}
    values = {
        "job-wish.data": wish,
        "job-about.data": {"name": "x", "to": "/jobs"},
        "job-about.id": id_,
    }
    found = called(viewer_of(answer), id_, {"job-acted": "data"}, values)
    path = "/v1/jobs/abcd" if act == "remove" else f"/v1/jobs/abcd/{act}"
    assert done == [(method, path, "k-1" if act == "retry" else None, "Bearer dsg_secret")]
    gone_to = (found.get("sideUpdate") or {}).get("address", {}).get("href")
    assert gone_to == {"cancel": None, "retry": "/job/ffff", "remove": "/jobs"}[act]


def test_a_reader_is_told_why_there_are_no_jobs_for_him(real_viewer_of: ViewerOf) -> None:
    shown = words(real_viewer_of("reader").show("/jobs"))
    assert "analyst" in shown
    assert "defect" not in shown


def test_a_page_of_jobs_works_with_a_whole_server(real_viewer_of: ViewerOf) -> None:
    shown = real_viewer_of("analyst", name="who-has-no-jobs").show("/jobs")
    assert links(shown)["ask one"] == "/build"
    assert "register_project" in [each.value for each in pieces(shown, "Option")]


def test_no_two_components_of_a_page_have_the_same_id(viewer_of: ViewerOf) -> None:
    for state in ("queued", "running", "failed", "succeeded"):
        document = job(state, links={"retry": "/v1/jobs/x/retry"})
        viewer = viewer_of({**one(document), **listed(document, job(state, id="ffff"))})
        for address in ("/jobs", f"/job/{document['id']}"):
            ids = [json.dumps(each.id) for each in pieces(viewer.show(address)) if getattr(each, "id", None)]
            assert len(ids) == len(set(ids)), address


def test_the_list_is_not_wider_than_the_table_says(viewer_of: ViewerOf) -> None:
    with viewer_of(listed()).at("/jobs") as visit:
        shown = jobs_page.listing(visit, {"items": [job("succeeded")], "next": None})
    heads, cells = len(pieces(shown, "Th")), len(pieces(shown, "Td"))
    assert heads == cells


@pytest.mark.parametrize("address", ["/job/{}", "/results/{}", "/results/{}/peaks", "/compare/{}/{}", "/build?job={}"])
def test_a_job_that_is_not_there_leads_to_those_that_are(real_viewer_of: ViewerOf, address: str) -> None:
    shown = real_viewer_of("analyst").show(address.format("0a1b2c3d4e5f6071", "1a1b2c3d4e5f6071"))
    assert "there is no job 0a1b2c3d4e5f6071" in words(shown)
    assert "Try again" not in words(shown)
    assert {"Your jobs", "Ask anew"} <= set(links(shown))
    assert len(pieces(shown, "H1")) == 1
