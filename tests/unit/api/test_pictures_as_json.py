"""Pictures, sums and comparisons of results over HTTP: in which form, of what, for whom."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from tests.unit.api.made_results import ended_job, hourly_table, write_result

from dsgrid.api.job import Job
from dsgrid.api.routes import result_pictures
from dsgrid.api.routes.picture_models import PictureOfResult, SumsByColumn

JSON = {"Accept": "application/json"}


def with_further(run: Path) -> None:
    write_result(run, [hourly_table(24)], results=["peaks"], query="/srv/secret/load", adds_up=True)
    write_result(run / "peaks", [hourly_table(2)], query="peaks", adds_up=True)


@pytest.fixture(scope="module")
def anna(shared_app: FastAPI) -> TestClient:
    """An analyst; the dispatcher is not begun, which can be done only once, and many tests share the application."""
    _, token = shared_app.state.context.tokens.make("anna", "analyst", expires_at=None, by="")
    headers = {"Authorization": f"Bearer {token}"}
    return TestClient(shared_app, headers=headers, base_url="http://localhost", raise_server_exceptions=False)


@pytest.fixture(scope="module")
def job(shared_app: FastAPI, anna: TestClient) -> Job:
    return ended_job(shared_app, with_further)


@pytest.fixture(scope="module")
def other(shared_app: FastAPI, anna: TestClient) -> Job:
    return ended_job(shared_app, lambda run: write_result(run, [hourly_table(20)], adds_up=True))


def address(job: Job, rest: str = "") -> str:
    return f"/v1/jobs/{job.id}/result{rest}"


def test_a_picture_is_a_page_unless_json_is_asked_for(anna: TestClient, job: Job) -> None:
    for rest, headers in (("", {}), ("", {"Accept": "text/html,*/*;q=0.8"}), ("?format=html", JSON)):
        answer = anna.get(address(job, f"/plot{rest}"), headers=headers)
        assert answer.headers["content-type"] == "text/html; charset=utf-8", rest
    for rest, headers in (("", JSON), ("?format=json", {})):
        answer = anna.get(address(job, f"/plot{rest}"), headers=headers)
        assert answer.headers["content-type"] == "application/json"
        assert PictureOfResult.model_validate(answer.json()).chosen.rows == 24
    assert anna.get(address(job, "/plot"), headers={"Accept": "text/csv"}).status_code == 406


def test_the_forms_of_a_picture_have_tags_of_their_own(anna: TestClient, job: Job, other: Job) -> None:
    rests = ("?format=html", "?format=json", "?format=json&kind=bar", f"?format=json&with={other.id}")
    rests += (f"?format=json&with={other.id}&difference=true", f"?format=json&with={job.id}")
    tags = [anna.get(address(job, f"/plot{rest}")).headers["etag"] for rest in rests]
    assert len(set(tags)) == len(rests)
    for rest, tag in zip(rests, tags, strict=True):
        assert anna.get(address(job, f"/plot{rest}"), headers={"If-None-Match": tag}).status_code == 304


def test_a_picture_as_json_names_no_folder_of_the_server(anna: TestClient, job: Job) -> None:
    told = anna.get(address(job, "/plot?format=json")).json()
    words = {name: one for name, one in told.items() if name != "figure"}
    assert "/srv" not in repr(words)
    assert anna.get(address(job, "/plot?format=json&title=/srv/secret/x")).json()["title"] == "…"


def test_further_results_have_pictures_and_sums_too(anna: TestClient, job: Job) -> None:
    assert anna.get(address(job, "/results/peaks/plot?format=json")).json()["chosen"]["rows"] == 2
    assert anna.get(address(job, "/results/peaks/sums?by=state")).json()["rows"] == 2


def test_two_results_are_drawn_together(anna: TestClient, job: Job, other: Job) -> None:
    told = anna.get(address(job, f"/plot?format=json&with={other.id}&kind=bar&x=state&by=result")).json()
    assert told["chosen"]["rows"] == 44
    assert {one["name"] for one in told["legend"]} == {"A", "B"}
    # By default the further result of the same name; an empty name is the other's own.
    further = anna.get(address(job, f"/results/peaks/plot?format=json&with={job.id}"))
    assert further.json()["chosen"]["rows"] == 4
    assert (
        anna.get(address(job, f"/results/peaks/plot?format=json&with={job.id}&result=")).json()["chosen"]["rows"] == 26
    )


def test_nobody_draws_the_results_of_others(anna: TestClient, job: Job, shared_app: FastAPI) -> None:
    theirs = ended_job(shared_app, with_further, user="bert")
    for rest in (f"/plot?with={theirs.id}", f"/plot?format=json&with={theirs.id}", f"/diff?with={theirs.id}"):
        assert anna.get(address(job, rest)).status_code == 404
    for rest in ("/plot?format=json", "/sums?by=state"):
        assert anna.get(address(theirs, rest)).status_code == 404


def test_sums_are_told_with_what_else_can_be_chosen(anna: TestClient, job: Job) -> None:
    answer = anna.get(address(job, "/sums?by=state&unit=kWh&where=state=CO,NY"))
    told = SumsByColumn.model_validate(answer.json())
    sums = {one.value: one.sum for one in told.values}
    assert sums["CO"] == pytest.approx(1000 * sum(number + 0.25 for number in range(0, 24, 3)))
    assert sums["NY"] == pytest.approx(1000 * sum(number + 0.25 for number in range(1, 24, 3)))
    (state,) = [column for column in told.columns if column.name == "state"]
    assert [one.value for one in state.values] == ["CA", "CO", "NY"]
    tag = {"If-None-Match": answer.headers["etag"]}
    assert anna.get(address(job, "/sums?by=state&unit=kWh&where=state=CO,NY"), headers=tag).status_code == 304


@pytest.mark.parametrize(
    ("rest", "status"),
    [
        ("/sums", 422),
        ("/sums?by=stat", 404),
        ("/sums?by=state&where=state=XX", 404),
        ("/sums?by=state&unit=kg", 400),
        ("/sums?by=state&unti=kWh", 400),
        ("/plot?format=pdf", 400),
        ("/plot?format=json&difference=true&with=0000", 404),
        ("/diff?with={job}&rows=1001", 422),
    ],
)
def test_what_makes_no_sense_is_told(anna: TestClient, job: Job, rest: str, status: int) -> None:
    answer = anna.get(address(job, rest.format(job=job.id)))
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_as_many_rows_of_a_comparison_are_told_as_are_asked_for(
    anna: TestClient, job: Job, shared_app: FastAPI
) -> None:
    def doubled(run: Path) -> None:
        table = hourly_table(24)
        twice = [2 * one for one in table.column("value").to_pylist()]
        write_result(run, [table.set_column(3, "value", [twice])], adds_up=True)

    second = ended_job(shared_app, doubled)
    for rows in (0, 5, 24):
        assert len(anna.get(address(job, f"/diff?with={second.id}&rows={rows}")).json()["largest"]) == rows


def test_what_takes_minutes_is_neither_drawn_nor_added_up(
    anna: TestClient, job: Job, other: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(result_pictures, "_ROWS_MOST", 21)
    for rest in ("/plot?format=json", "/sums?by=state"):
        answer = anna.get(address(job, rest))
        assert (answer.status_code, "24 rows" in answer.json()["detail"]) == (422, True)
    # The other one counts as well.
    assert anna.get(address(other, f"/plot?with={job.id}")).status_code == 422
