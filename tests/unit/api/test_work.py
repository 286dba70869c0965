"""Work that is handed in: what is taken, what is refused before it is queued, and what is said about it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.project_specs import DATASET, PROJECT, changed
from work_served import Served, serving

from dsgrid.api.job import Attempt, Outcome
from dsgrid.api.jobs.attempt_folder import write_request
from dsgrid.toml_text import dumps

TOML = {"Content-Type": "application/toml"}
QUERY: dict[str, Any] = {
    "spec_version": 1,
    "job": "query_dataset",
    "name": "all_offices",
    "dataset": "offices",
    "step": [{"by": ["own_county"]}],
}
NEW: dict[str, Any] = {
    "spec_version": 1,
    "job": "register_dimensions",
    "log_message": "Counties for all",
    "owner": "shared",
    "dimension": {
        "places": {"type": "geography", "class": "county", "records": [{"id": "06037", "name": "A", "state": "CA"}]}
    },
}
PLACES = "dimension/places/records"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("work")) as found:
        yield found


def problems(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found: list[dict[str, str]] = answer.json()["problems"]
    return found


def test_a_query_becomes_a_job(served: Served) -> None:
    answer = served.client("analyst", "anna").post("/v1/queries", json=QUERY)
    assert answer.status_code == 202, answer.text
    job = answer.json()
    assert answer.headers["location"] == f"/v1/jobs/{job['id']}" == job["links"]["self"]
    assert (job["kind"], job["name"], job["user"]) == ("query_dataset", "all_offices", "anna")
    assert (job["runner"], job["expected"]["rows"], job["notes"]) == ("warm", 2, [])
    assert "at most" in job["why"]


def test_toml_and_json_ask_the_same(served: Served) -> None:
    client = served.client("analyst")
    by_json = client.post("/v1/explain", json=QUERY)
    by_toml = client.post("/v1/explain", content=dumps(QUERY), headers=TOML)
    assert by_json.status_code == 200, by_json.text
    assert by_json.json() == by_toml.json()
    assert by_json.json()["dataset"] == "offices@1.0.0"
    text = client.post("/v1/explain", json=QUERY, headers={"Accept": "text/plain"})
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    assert text.text == by_json.json()["report"] + "\n"


def test_a_plan_says_what_would_carry_the_query_out(served: Served) -> None:
    client = served.client("analyst")
    told = client.post("/v1/explain", json=QUERY).json()["runner"]
    job = client.post("/v1/queries", json=QUERY).json()
    assert told == {"name": job["runner"], "why": job["why"]}


def test_everything_wrong_with_a_query_is_told_at_once_with_its_place(served: Served) -> None:
    spec = json.dumps({**QUERY, "dataset": "ofices"}, indent=1)
    (one,) = problems(
        served.client("analyst").post("/v1/queries", content=spec, headers={"Content-Type": "application/json"})
    )
    assert (one["key"], one["where"]) == ("dataset", "spec.json:5:13")
    assert 'did you mean "offices"' in one["message"]
    several = served.client("analyst").post("/v1/queries", content="job = 'query'\nnam = 3\n", headers=TOML)
    assert {"spec.toml:1:1", "spec.toml:2:1"} <= {each["where"] for each in problems(several)}
    assert several.json()["error"] == "SpecError"


def test_nothing_that_is_wrong_is_queued(served: Served) -> None:
    before = served.count()
    served.client("analyst").post("/v1/queries", json={**QUERY, "dataset": "nothing"})
    served.client("contributor").post("/v1/jobs", json=changed(NEW, PLACES, "inputs/nothing.csv"))
    assert served.count() == before


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/jso"])
def test_other_media_types_are_refused(served: Served, content_type: str) -> None:
    for path in ("queries", "jobs", "explain", "validate", "plan"):
        answer = served.client("admin").post(f"/v1/{path}", content=b"{}", headers={"Content-Type": content_type})
        assert answer.status_code == 415, answer.text
        assert answer.headers["accept-post"] == "application/json, application/toml"


def test_another_charset_is_refused_and_utf_8_is_taken(served: Served) -> None:
    client = served.client("analyst")
    wrong = client.post("/v1/explain", content=b"{}", headers={"Content-Type": "application/json; charset=utf-16"})
    assert wrong.status_code == 415
    right = {"Content-Type": 'Application/TOML; charset="UTF-8"'}
    assert client.post("/v1/explain", content=dumps(QUERY), headers=right).status_code == 200


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("queries", "reader"),
        ("explain", "reader"),
        ("validate", "reader"),
        ("questions", "reader"),
        ("plan", "analyst"),
    ],
)
def test_a_role_that_does_not_suffice_is_told(served: Served, path: str, role: str) -> None:
    assert served.client(role).post(f"/v1/{path}", json=QUERY).status_code == 403
    assert served.nobody().post(f"/v1/{path}", json=QUERY).status_code == 401


def test_an_analyst_does_not_register(served: Served) -> None:
    for path in ("jobs", "validate"):
        answer = served.client("analyst", "anna").post(f"/v1/{path}", json=NEW)
        assert answer.status_code == 403
        assert (
            answer.json()["detail"]
            == "a register_dimensions job needs the role contributor: it registers; anna has analyst"
        )
    assert served.client("contributor").post("/v1/jobs", json=NEW).status_code == 202


def test_a_contributor_does_not_remove(served: Served) -> None:
    spec = {"spec_version": 1, "job": "remove", "ids": ["offices"], "cascade": True, "log_message": "Gone"}
    assert served.client("contributor").post("/v1/jobs", json=spec).status_code == 403
    assert served.client("admin").post("/v1/jobs", json=spec).status_code == 202


def test_queries_takes_no_other_kinds(served: Served) -> None:
    (one,) = problems(served.client("admin").post("/v1/queries", json=NEW))
    assert one["message"] == 'found "register_dimensions", expected one of "map_dataset", "query", "query_dataset"'
    assert one["where"] == "spec.json:1:25"


def test_a_spec_that_works_at_home_works_here(served: Served) -> None:
    spec = {**QUERY, "registry": "/home/anna/registry", "result": {"path": "../results", "format": "csv"}}
    answer = served.client("analyst").post("/v1/queries", json=spec)
    assert answer.status_code == 202, answer.text
    assert answer.json()["notes"] == [
        "registry: the server's registry is meant, whatever the spec says",
        "result.path: the result is kept in the job's own folder",
    ]


def test_the_order_of_an_attempt_has_the_fence_of_the_server(served: Served) -> None:
    job = served.client("analyst").post("/v1/queries", json={**QUERY, "registry": "/etc"}).json()["id"]
    found = served.app.state.context.dispatcher.get(job)
    attempt = Attempt(replace(found, attempt=1), 1, served.settings.state / "jobs" / job / "1")
    write_request(attempt, served.settings)
    order = json.loads((attempt.folder / "request.json").read_text())
    assert order["registry"] == str(served.settings.registry)
    assert order["fence"]["results"] == str(attempt.folder / "results")
    assert [root["name"] for root in order["fence"]["roots"]] == ["inputs", "scratch"]


def test_files_are_named_by_roots(served: Served, tmp_path: Path) -> None:
    client = served.client("contributor")
    (served.inputs / "places.csv").write_text("id,name,state\n06037,A,CA\n")
    (tmp_path / "outside.csv").write_text("id,name,state\n06037,A,CA\n")
    assert client.post("/v1/jobs", json=changed(NEW, PLACES, "inputs/places.csv")).status_code == 202
    for path in (str(tmp_path / "outside.csv"), "../outside.csv", "outside.csv", "inputs/../outside.csv"):
        (one,) = problems(client.post("/v1/jobs", json=changed(NEW, PLACES, path)))
        assert (one["key"], one["where"][:10]) == ("dimension.places.records", "spec.json:")
        assert str(tmp_path) not in json.dumps(one).replace(path, "")


def test_a_file_that_is_not_there_is_told_by_its_root(served: Served) -> None:
    (served.inputs / "places.csv").write_text("id\n")
    (one,) = problems(served.client("contributor").post("/v1/jobs", json=changed(NEW, PLACES, "inputs/place.csv")))
    assert one["message"] == 'no file "place.csv" in inputs; did you mean "places.csv"?'


def test_a_spec_is_checked_without_being_taken(served: Served) -> None:
    client, before = served.client("contributor"), served.count()
    right = client.post("/v1/validate", json=QUERY)
    assert right.json() == {
        "valid": True, "error": "", "job": "query_dataset", "problems": [], "remarks": [], "notes": []
    }  # fmt: skip
    wrong = client.post("/v1/validate", json={**QUERY, "dataset": "ofices"})
    assert (wrong.status_code, wrong.json()["valid"], wrong.json()["error"]) == (200, False, "NotFoundError")
    assert wrong.json()["problems"][0]["key"] == "dataset"
    no_spec = client.post("/v1/validate", content=b"{", headers={"Content-Type": "application/json"}).json()
    assert no_spec["problems"][0]["where"] == "spec.json:1:2"
    assert served.count() == before


def test_variables_are_filled(served: Served) -> None:
    client = served.client("analyst")
    spec = {**QUERY, "dataset": "${which}"}
    job = client.post("/v1/queries?set=which=offices", json=spec).json()
    assert job["options"]["variables"] == {"which": "offices"}
    assert "no value for ${which}" in problems(client.post("/v1/queries", json=spec))[0]["message"]
    for given in ("which", "=offices", "which=a&set=which=b", "which=a%0Ab", "which=" + "a" * 600):
        assert problems(client.post(f"/v1/queries?set={given}", json=spec))


@pytest.mark.parametrize(
    "query",
    ["at=-1", "at=--conf=x", "at=2026-13-01", "parts=0", "parts=x", "runner=slurm", "runner=wram", "allow=huge"],
)
def test_options_that_mean_nothing_are_refused(served: Served, query: str) -> None:
    answer = served.client("admin").post(f"/v1/jobs?{query}", json=QUERY)
    assert answer.status_code == 422, answer.text


def test_an_option_that_there_is_not_is_refused(served: Served) -> None:
    answer = served.client("analyst").post("/v1/queries?cahce=false", json=QUERY)
    assert answer.status_code == 400
    assert 'did you mean "cache"' in answer.json()["detail"]


def test_only_a_query_looks_back(served: Served) -> None:
    assert problems(served.client("contributor").post("/v1/jobs?at=1", json=NEW))[0]["key"] == "at"


def test_a_runner_may_be_asked_for(served: Served) -> None:
    job = served.client("analyst").post("/v1/queries?runner=embedded", json=QUERY).json()
    assert (job["runner"], job["why"]) == ("embedded", "it was asked for")


def test_who_waits_gets_the_job_when_it_has_ended(served: Served) -> None:
    client = served.client("analyst", "who_waits")
    late = client.post("/v1/queries", json=QUERY, headers={"Prefer": "wait=0"})
    assert (late.status_code, late.headers["preference-applied"]) == (202, "wait=0")
    served.runners["warm"].outcome = Outcome("succeeded", report="done", result="results/all_offices/1")
    answer = client.post("/v1/queries", json=QUERY, headers={"Prefer": "respond-async, wait=20"})
    assert (answer.status_code, answer.json()["state"]) == (200, "succeeded")
    assert answer.headers["preference-applied"] == "wait=20"
    assert answer.headers["location"] == f"/v1/jobs/{answer.json()['id']}"


def test_the_same_request_under_one_key_is_one_job(served: Served) -> None:
    client = served.client("contributor")
    key = {"Idempotency-Key": "4c7f"}
    first = client.post("/v1/queries", json=QUERY, headers=key)
    again = client.post("/v1/queries", json=QUERY, headers=key)
    assert first.json()["id"] == again.json()["id"]
    other = client.post("/v1/queries", json={**QUERY, "name": "other"}, headers=key)
    assert first.json()["id"] in problems_detail(other)
    assert client.post("/v1/queries", json=QUERY, headers={"Idempotency-Key": "a b"}).status_code == 422
    theirs = served.client("analyst").post("/v1/queries", json=QUERY, headers=key)
    assert theirs.json()["id"] != first.json()["id"]


def test_a_request_that_is_repeated_after_its_job_has_registered_is_not_refused(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, key = served.client("contributor"), {"Idempotency-Key": "register-1"}
    first = client.post("/v1/jobs", json=NEW, headers=key)

    def refuse(*_given: Any, **_named: Any) -> None:
        raise AssertionError("it is registered already")

    monkeypatch.setattr("dsgrid.api.work.intake.validate", refuse)
    assert client.post("/v1/jobs", json=NEW, headers=key).json()["id"] == first.json()["id"]


def problems_detail(answer: Any) -> str:
    assert answer.status_code == 422
    return str(answer.json()["detail"])


def test_a_plan_says_what_applying_would_do(served: Served) -> None:
    client = served.client("contributor")
    spec = {"spec_version": 1, "job": "register_project", "log_message": "Again", **PROJECT}
    same = client.post("/v1/plan", json=spec)
    assert same.status_code == 200, same.text
    assert (same.json()["registry"], same.json()["needed"]) == ("registry", None)
    assert same.json()["report"] == "nothing to do: registry holds all of it already"
    larger = changed(spec, "project/name", "Two counties and more")
    assert "would be done" in client.post("/v1/plan?format=text", json=larger).text
    level = client.post("/v1/plan", json=larger).json()["needed"]
    assert client.post("/v1/jobs?apply=true", json=larger).status_code == 409
    assert client.post(f"/v1/jobs?apply=true&allow={level}", json=larger).status_code == 202
    assert "cannot be planned" in problems(client.post("/v1/plan", json=QUERY))[0]["message"]


def test_to_apply_is_for_contributors_and_for_registrations(served: Served) -> None:
    assert problems(served.client("contributor").post("/v1/jobs?apply=true", json=QUERY))[0]["key"] == "apply"
    assert served.client("analyst").post("/v1/jobs?apply=true", json=QUERY).status_code == 403
    assert problems(served.client("contributor").post("/v1/jobs?allow=major", json=NEW))[0]["key"] == "allow"


def test_a_registered_thing_is_not_registered_again(served: Served) -> None:
    spec = {"spec_version": 1, "job": "register_project", "log_message": "Again", **PROJECT}
    answer = served.client("contributor").post("/v1/jobs", json=spec)
    assert answer.status_code in (202, 409), answer.text


def test_the_journal_of_work_names_the_job(served: Served) -> None:
    job = served.client("analyst", "anna").post("/v1/queries", json=QUERY).json()["id"]
    rows = served.app.state.context.audit.list()
    found = [
        row for row in rows if getattr(row, "subject", None) == job or (isinstance(row, dict) and row["subject"] == job)
    ]
    assert len(found) == 1


@pytest.mark.parametrize(
    ("body", "media_type", "word"),
    [
        (b'{"job": "query", "job": "query"}', "application/json", "twice"),
        (b'{"job": NaN}', "application/json", "no number"),
        (b'{"x": ' + b"9" * 5_000 + b"}", "application/json", "too many digits"),
        (b"[" * 100_000, "application/json", "nested too deeply"),
        (b'{"a":' * 60 + b"1" + b"}" * 60, "application/json", "nested too deeply"),
        (b"[1, 2]", "application/json", "expected an object"),
        (b'"query"', "application/json", "expected an object"),
        (b"", "application/json", "no valid JSON"),
        (b"\xff{}", "application/json", "not UTF-8"),
        (b'{"job": "query", "name": "\\ud800"}', "application/json", "no text has"),
        (b'{"job": "query", "name": "a\\u0000b"}', "application/json", "no text has"),
        (b'{"job": "query", "x": [' + b"1," * 60_000 + b"1]}", "application/json", "50,000 values"),
        (b"x = " + b"[" * 100_000, "application/toml", "nested too deeply"),
        (b".".join([b"a"] * 5_000) + b" = 1", "application/toml", "nested too deeply"),
        (b"job = 'query'\njob = 'query'", "application/toml", "twice"),
        (b"job = ", "application/toml", "expected a value"),
        (b"", "application/toml", "empty"),
        (b'job = "query"\nname = "\\u0000"', "application/toml", "no text has"),
    ],
)
def test_a_text_that_is_no_spec_is_told_as_such(served: Served, body: bytes, media_type: str, word: str) -> None:
    answer = served.client("analyst").post("/v1/queries", content=body, headers={"Content-Type": media_type})
    assert word in problems_detail(answer)


def test_thousands_of_mistakes_are_a_short_answer(served: Served) -> None:
    spec = {**QUERY, **{f"key_{number}": 1 for number in range(5_000)}}
    answer = served.client("analyst").post("/v1/queries", json=spec)
    assert len(problems(answer)) == 101
    assert problems(answer)[-1]["message"] == "and 4,900 more problems"
    assert len(answer.content) < 50_000


def test_a_pattern_that_would_hold_everybody_up_is_refused(served: Served) -> None:
    spec = {**QUERY, "where": [{"dimension": "own_county", "matches": "(g+)+x"}]}
    for path in ("queries", "explain", "validate"):
        answer = served.client("analyst").post(f"/v1/{path}", json=spec)
        assert "repeats what repeats itself" in answer.text


def test_an_expression_that_is_nested_without_end_is_no_defect(served: Served) -> None:
    spec = {"spec_version": 1, "job": "query", "name": "deep", "project": "two_counties"}
    answer = served.client("analyst").post(
        "/v1/queries", json={**spec, "expression": "(" * 20_000 + "a" + ")" * 20_000}
    )
    assert answer.status_code == 422


def test_a_dump_that_names_files_of_the_server_is_refused(served: Served) -> None:
    client = served.client("contributor")
    spec = {"spec_version": 1, "job": "dump", "output": "dumped", "ids": ["offices"]}
    assert 'say data = "copy"' in problems(client.post("/v1/jobs", json=spec))[0]["message"]
    assert client.post("/v1/jobs", json={**spec, "data": "copy"}).status_code == 202
    assert client.post("/v1/jobs", json={**spec, "ids": ["two_counties"]}).status_code == 202


def test_a_new_registry_is_made_in_a_root_that_is_written_to(served: Served) -> None:
    client = served.client("admin")
    spec = {"spec_version": 1, "job": "create_registry"}
    assert problems(client.post("/v1/jobs", json=spec))[0]["key"] == "registry"
    assert problems(client.post("/v1/jobs", json={**spec, "registry": "inputs/new"}))[0]["key"] == "registry"
    assert problems(client.post("/v1/jobs", json={**spec, "registry": "/tmp/new"}))[0]["key"] == "registry"
    assert client.post("/v1/jobs", json={**spec, "registry": "new"}).status_code == 202


def test_a_dataset_is_named_by_what_it_is(served: Served) -> None:
    (served.inputs / "shops.parquet").write_bytes(b"PAR1")
    spec = {
        "spec_version": 1,
        "job": "register_dataset",
        "log_message": "More",
        **changed(DATASET, "dataset/id", "shops"),
    }
    answer = served.client("contributor").post("/v1/jobs", json=changed(spec, "data/table", "inputs/shops.parquet"))
    assert answer.status_code == 202, answer.text
    assert answer.json()["name"] == "shops"
