"""The page of the query builder: what it begins with, what it offers, what it says of plans, and who may do what."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from tests.unit.viewer.conftest import ViewerOf
from tests.unit.viewer.showing import links, piece, pieces, problem, words

from dsgrid.viewer.pages.builder.callbacks import after, planned, ran, recent_jobs
from dsgrid.viewer.pages.builder.controls import Option, chips
from dsgrid.viewer.pages.builder.plan import at_fields, plan
from dsgrid.viewer.pages.builder.stages import stages_of
from dsgrid.viewer.pages.builder.state import fresh, read, restored, stored
from dsgrid.viewer.specs.draft import Draft, Filter, Step

SPEC = 'spec_version = 1\njob = "query"\nname = "asked"\nproject = "two_counties"\ndatasets = ["offices"]\n'
JOB = {"id": "0a1b", "kind": "query", "name": "asked", "state": "queued", "created_at": "2026-11-26T10:00:00Z"}


def controls(shown: Any, kind: str) -> dict[str, Any]:
    """Return the controls of a kind by their places."""
    return {getattr(each, "data-at"): each for each in pieces(shown, kind) if getattr(each, "data-at", None)}


def chosen(shown: Any) -> dict[str, list[Any]]:
    """Return the values of the chips that are pressed, by their places."""
    found: dict[str, list[Any]] = {}
    for each in pieces(shown, "Button"):
        if getattr(each, "aria-pressed", "") == "true":
            found.setdefault(getattr(each, "data-at"), []).append(json.loads(getattr(each, "data-value")))
    return found


def offered(shown: Any, at: str) -> list[Any]:
    return [
        json.loads(getattr(each, "data-value"))
        for each in pieces(shown, "Button")
        if getattr(each, "data-at", "") == at and getattr(each, "data-value", None)
    ]


# What it offers ------------------------------------------------------------------------------------------------------


def test_what_has_an_order_stands_in_it() -> None:
    options = [Option(each) for each in ("state", "fuel", "scenario")]
    shown = chips("result.sort", "Sorted by", options, ("scenario", "state"), is_ordered=True)
    assert offered(shown, "result.sort") == ["scenario", "state", "fuel"]
    assert [words(each) for each in pieces(shown, "Button")] == ["1. scenario", "2. state", "fuel"]
    assert chosen(shown) == {"result.sort": ["scenario", "state"]}


# What it begins with ------------------------------------------------------------------------------------------------


def test_it_begins_with_the_projects_that_there_are(real_viewer_of: ViewerOf) -> None:
    shown = real_viewer_of("analyst").show("/build")
    assert len(pieces(shown, "H1")) == 1
    select = controls(shown, "Select")["project"]
    assert [each.value for each in pieces(select, "Option")] == ["", "two_counties"]


def test_a_project_in_the_address_offers_its_names(real_viewer_of: ViewerOf) -> None:
    shown = real_viewer_of("analyst").show("/build?project=two_counties")
    by = offered(shown, "step[0].by")
    assert {"county", "state", "annual", "hour_of_day"} <= set(by)
    assert "no_such" not in by
    subjects = [each.value for each in pieces(controls(shown, "Select").get("where[0].subject"), "Option")]
    assert subjects == []  # no filter is there until one is added


def test_a_spec_in_the_address_fills_the_form(real_viewer_of: ViewerOf) -> None:
    text = f'{SPEC}[[where]]\ndimension = "county"\nin = ["06037"]\n[[step]]\nby = ["county"]\n[result]\nunit = "GWh"\n'
    shown = real_viewer_of("analyst").show(f"/build?spec={quote(text)}")
    found = chosen(shown)
    assert found["datasets"] == ["offices"]
    assert found["step[0].by"] == ["county"]
    assert found["where[0].values"] == ["06037"]
    # The text stays as it was written.
    assert piece(shown, "build-text").value == text


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", 'x = "', "[[" * 500, 'job = "create_registry"', "at = 2026-01-01"]
)
def test_a_text_that_is_no_query_is_shown_with_the_reason(real_viewer_of: ViewerOf, text: str) -> None:
    shown = real_viewer_of("analyst").show(f"/build?spec={quote(text)}")
    assert "The form cannot show this text" in words(piece(shown, "build-form"))
    assert piece(shown, "build-text").value == text


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/build?project=nothing", 'no project "nothing"'),
        ("/build?dataset=no/such%3Cb%3E", "no/such<b>"),
        ("/build?project=two_counties@7", "no version 7"),
        ("/build?job=00ff", "00ff"),
    ],
)
def test_what_is_not_there_is_said_by_its_name(real_viewer_of: ViewerOf, address: str, said: str) -> None:
    assert said in words(real_viewer_of("analyst").show(address))


def test_the_spec_of_a_job_is_taken_over(viewer_of: ViewerOf) -> None:
    text = 'job = "query"\nname = "again"\nproject = "gone"\ndatasets = ["a"]\n'
    answers = {"/jobs/0a1b/spec": text, "/projects": {"items": [], "next": None}, "/schemas/query": {}}
    shown = viewer_of(answers).show("/build?job=0a1b")
    assert piece(shown, "build-text").value == text
    # The project is gone: that is said, and the rest of the page is there.
    assert "gone" in words(piece(shown, "build-form"))


def test_a_dataset_is_offered_what_it_can_be_brought_to(real_viewer_of: ViewerOf) -> None:
    shown = real_viewer_of("analyst").show("/build?dataset=offices")
    selects = controls(shown, "Select")
    assert getattr(selects["job"], "data-value") == "query_dataset"
    assert {"to.geography", "to.time"} <= set(selects)


# Who may do what ----------------------------------------------------------------------------------------------------


def test_a_reader_may_build_and_is_told_why_not_run(real_viewer_of: ViewerOf) -> None:
    viewer = real_viewer_of("reader")
    shown = viewer.show("/build?project=two_counties")
    assert piece(shown, "build-run").disabled
    assert "takes analyst" in words(shown)
    with viewer.at("/build") as visit:
        told, found = planned(visit, read(SPEC))
        assert "told to who may run it" in words(told)
        assert found == []
        refused, _held = ran(visit, SPEC, {})
        assert "analyst" in words(refused)
        assert recent_jobs(visit) is not None


def test_an_analyst_is_not_told_so(real_viewer_of: ViewerOf) -> None:
    shown = real_viewer_of("analyst").show("/build?project=two_counties")
    assert not piece(shown, "build-run").disabled
    assert "takes analyst" not in words(shown)


# Plans and runs -----------------------------------------------------------------------------------------------------


def test_a_mistake_is_told_with_its_line_and_its_field(real_viewer_of: ViewerOf) -> None:
    with real_viewer_of("analyst").at("/build") as visit:
        told, found = planned(visit, read(SPEC.replace("offices", "offizes")))
    assert [getattr(each, "data-line") for each in pieces(told, "Button")] == ["5"]
    assert [each["at"] for each in found] == ["datasets[0]"]
    assert "offizes" in found[0]["message"]


def test_what_is_not_begun_is_not_asked(viewer_of: ViewerOf) -> None:
    with viewer_of(lambda request: asked(request)).at("/build") as visit:
        for state, wanted in (
            (fresh(), "Choose a project"),
            (fresh("p"), "Choose at least one source"),
            (fresh(job="map_dataset", project="p"), "Choose a dataset"),
            (fresh(job="query_dataset"), "Choose a dataset"),
        ):
            assert wanted in words(planned(visit, state)[0])


def asked(request: httpx.Request) -> httpx.Response:
    assert request.url.path == "/v1/me", request.url
    return httpx.Response(200, json={"name": "ada", "role": "analyst"})


def test_one_spec_is_one_job_until_that_has_ended(viewer_of: ViewerOf) -> None:
    keys: list[str] = []
    state = "queued"

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/me":
            return asked(request)
        if request.url.path == "/v1/queries":
            keys.append(request.headers["Idempotency-Key"])
        return httpx.Response(200, json={**JOB, "state": state})

    with viewer_of(answer).at("/build") as visit:
        _, held = ran(visit, SPEC, {"nonce": 0, "page": "aa"})
        _, held = ran(visit, SPEC, held)
        assert len(set(keys)) == 1
        # Another page of the same user is another wish.
        ran(visit, SPEC, {"nonce": 0, "page": "bb"})
        ran(visit, SPEC.replace("asked", "other"), held)
        assert len(set(keys)) == 3
        state = "succeeded"
        ran(visit, SPEC, held)
        assert len(set(keys)) == 4


def test_a_server_that_fails_is_told_in_the_place_of_the_plan(viewer_of: ViewerOf) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/me":
            return asked(request)
        return problem(503, "busy", "too many plans at once")

    with viewer_of(answer).at("/build") as visit:
        told, found = planned(visit, read(SPEC))
        assert "too many plans at once" in words(told)
        assert found == []
        assert "too many plans at once" in words(ran(visit, SPEC, {})[0])


def test_the_newest_jobs_lead_to_their_results_and_back_to_their_specs(viewer_of: ViewerOf) -> None:
    done = {**JOB, "state": "succeeded", "links": {"result": "/v1/jobs/0a1b/result"}}
    with viewer_of({"/jobs": {"items": [done, {**JOB, "id": "0c"}], "next": None}}).at("/build") as visit:
        shown = recent_jobs(visit)
    assert links(shown)["result"] == "/results/0a1b"
    assert [each.href for each in pieces(shown, "Link") if words(each) == "this spec"] == [
        "/build?job=0a1b",
        "/build?job=0c",
    ]


EXPECTED = {
    "rows_read": 1_000_000,
    "bytes_read": 2_000_000,
    "rows": 26_280,
    "exact": False,
    "bytes": 1_300_000,
    "time": [{"engine": "sail", "seconds": 0.31, "low": 0.2, "high": 0.5, "says": "from 4 past runs here"}],
    "warning": "the result is larger than what is read",
}


def test_a_plan_says_bounds_time_runner_and_warnings() -> None:
    text = words(plan({"expected": EXPECTED, "runner": {"name": "warm", "why": "reads little"}, "report": "all of it"}))
    for said in (
        "at most 26,280 rows",
        "1,000,000 rows",
        "about 0.3 s (0.2 s to 0.5 s)",
        "the warm engine",
        "reads little",
    ):
        assert said in text
    assert "larger than what is read" in text
    assert "all of it" in text


def test_a_plan_of_a_server_without_runners_says_so() -> None:
    assert "none" in words(plan({"runner": {"name": None, "why": "no runner is on"}}))


def test_stages_of_all_kinds_are_told_in_their_order() -> None:
    answer = {
        "contractions": [
            {
                "filters": [{"text": "fuel in electricity", "dimension": "end_use", "keeps": 5, "of": 8}],
                "time_filters": ["hour_of_day in 7"],
                "sources": [
                    {"name": "shops", "dataset": "a@1.0.0", "read": False},
                    {
                        "name": "b",
                        "dataset": "b@1.0.0",
                        "filters": ["county in x"],
                        "scan": {"rows": 1_000, "columns": ["a"], "columns_stored": 3, "bytes_read_about": 5_000},
                        "factors": [{"chain": ["region", "county"]}, {"chain": ["sector"]}],
                        "time": {"said": ["8,760 slots, as they are", "more"]},
                        "contract": {"needed": True, "rows": 500, "exact": False},
                    },
                ],
                "expression": {"text": "shops | b", "linear": True, "checked": [{"found": "none is in both"}]},
            }
        ],
        "results": [
            {
                "name": "x",
                "has_table": True,
                "steps": [
                    {"step": 1, "folded": True, "function": "sum", "by": ["state"]},
                    {"step": None, "folded": False, "unit": "GWh", "rows": 9, "exact": True},
                    {"step": 2, "folded": False, "filter": "value above 5", "rows": 9, "exact": False},
                    {
                        "step": 2,
                        "folded": False,
                        "function": "weighted_mean",
                        "by": ["state"],
                        "rows": 3,
                        "exact": True,
                    },
                ],
                "rows": 3,
                "exact": True,
                "units": ["GWh"],
                "pivot": "model_year",
                "format": "csv",
                "time": "",
            },
            {"name": "peaks", "has_table": False, "report": ["peak load by state"], "rows": 2, "exact": True},
        ],
    }
    assert list(stages_of(answer)) == [
        ("Filter", "fuel in electricity: keeps 5 of 8 end_use"),
        ("Filter", "hour_of_day in 7"),
        ("Skip", "shops, of a@1.0.0: nothing of it reaches the result"),
        ("Filter", "b@1.0.0: county in x"),
        ("Read", "b@1.0.0: 1,000 rows, 1 of 3 columns, about 5.0 kB"),
        ("Map", "region → county"),
        ("Time", "8,760 slots, as they are"),
        ("Sum", "to at most 500 rows"),
        ("Combine", "shops | b; none is in both"),
        ("Step 1", "sum by state, while reading"),
        ("Then", "values to GWh: 9 rows"),
        ("Step 2", "filter value above 5: at most 9 rows"),
        ("Step 2", "weighted mean by state: 3 rows"),
        ("Write", "x: 3 rows in GWh, a column for each model year, csv"),
        ("Report", "peaks: peak load by state"),
        ("Write", "peaks: 2 rows, parquet"),
    ]


def test_problems_of_a_written_spec_are_told_at_the_items_of_the_form() -> None:
    draft = Draft(where=(Filter(), Filter("county", values=("a",))), step=(Step(), Step(by=("x",))))
    found = [{"key": "where[0].in[0]", "message": "a"}, {"key": "", "message": "b"}]
    assert at_fields(found, draft, is_written=True) == [{"at": "where[1].in[0]", "message": "a"}]
    assert at_fields(found, draft, is_written=False) == [{"at": "where[0].in[0]", "message": "a"}]


@pytest.mark.parametrize(
    "data", [None, 5, [], {}, {"document": 5}, {"document": {"where": 3}, "typed": [1], "text": None}]
)
def test_whatever_comes_back_from_a_browser_is_a_state(data: Any) -> None:
    assert restored(stored(restored(data))) == restored(data)


# What a browser keeps -----------------------------------------------------------------------------------------------


def test_what_the_browser_kept_is_taken_up_and_changed_further(real_viewer_of: ViewerOf) -> None:
    kept = stored(read(SPEC + '[[step]]\nby = ["county"]\n[[where]]\ndimension = "county"\nin = []\n'))
    said = {"state": kept, "changes": [{"at": "step[0].by", "toggle": "annual"}]}
    with real_viewer_of("analyst").at("/build") as visit:
        state = after(visit, fresh(), said)
    assert state.draft.step[0].by == ("county", "annual")
    assert state.draft.where == (Filter("county", "in"),)


def test_what_is_written_comes_before_what_the_form_changes(real_viewer_of: ViewerOf) -> None:
    text = SPEC + '[[step]]\nby = ["county"]\n\n[result]\nunit = "GWh"\n'
    with real_viewer_of("analyst").at("/build") as visit:
        said = {"text": text, "changes": [{"at": "step[0].by", "toggle": "annual"}]}
        state = after(visit, fresh("two_counties"), said)
        assert state.draft.step[0].by == ("county", "annual")
        assert state.draft.result.unit == "GWh"
        assert after(visit, fresh(), {"text": text, "changes": []}).text == text


def test_whatever_a_browser_says_that_it_kept_is_a_state(real_viewer_of: ViewerOf) -> None:
    with real_viewer_of("analyst").at("/build") as visit:
        for kept in (None, 3, [], {"document": 3}, {"document": {"step": "x"}, "text": None, "typed": []}):
            assert after(visit, fresh("two_counties"), {"state": kept, "changes": []}).draft.project == ""
