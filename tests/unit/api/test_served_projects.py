"""The parts of a project over HTTP: dimensions, datasets, requirements, coverage."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from dsgrid.dimensions.changes import Change
from dsgrid.operations.diff import ShownDifference
from dsgrid.registry.difference import Difference

PROJECT = "/v1/projects/two_counties"


@pytest.fixture
def reader(shared_client: Callable[..., TestClient]) -> TestClient:
    return shared_client("reader")


def test_the_parts_of_a_project_are_told_with_its_version(reader: TestClient) -> None:
    for part in ("dimensions", "datasets", "requirements", "coverage"):
        found = reader.get(f"{PROJECT}@1/{part}")
        assert found.status_code == 200, found.text
        assert found.json()["reference"] == "two_counties@1.0.0"
        assert reader.get(f"{PROJECT}/{part}", headers={"If-None-Match": found.headers["etag"]}).status_code == 200
        again = reader.get(f"{PROJECT}@1/{part}", headers={"If-None-Match": found.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_coverage_is_of_the_dimension_that_is_named(reader: TestClient) -> None:
    found = reader.get(f"{PROJECT}/coverage?dimension=sector&limit=1&first=1").json()
    assert [each["id"] for each in found["records"]] == ["res"]
    assert (found["total"], found["first"]) == (2, 1)
    (offices,) = found["datasets"]
    assert (offices["status"], offices["required"], offices["sums"]["required"]) == ("registered", [0], 2)
    assert reader.get(f"{PROJECT}/coverage?gaps=true").json()["records"] == [], "nobody has submitted anything"


def test_requirements_can_be_those_of_one_dataset_with_as_many_records_as_wanted(reader: TestClient) -> None:
    (item,) = reader.get(f"{PROJECT}/requirements?dataset=offices&records=1").json()["items"]
    assert [len(each["records"]) for each in item["types"]] == [1] * 7
    assert reader.get(f"{PROJECT}/requirements?records=0").json()["items"][0]["types"][0]["records"] == []


def test_as_text_the_parts_are_tables(reader: TestClient) -> None:
    assert "offices" in reader.get(f"{PROJECT}/datasets?format=text").text
    assert "by_sector" in reader.get(f"{PROJECT}/dimensions?format=text&width=0").text


@pytest.mark.parametrize(
    ("url", "status", "said"),
    [
        ("/v1/projects/two/dimensions", 404, 'did you mean "two_counties"'),
        ("/v1/projects/offices/datasets", 404, "offices"),
        (f"{PROJECT}/coverage?dimension=stat", 404, 'did you mean "state"'),
        (f"{PROJECT}/coverage?dimension=time", 404, "no dimension of records"),
        (f"{PROJECT}/coverage?limit=100000", 400, "expected 1 to 10000"),
        (f"{PROJECT}/coverage?first=-1", 422, "first"),
        (f"{PROJECT}/coverage?dimensions=state", 400, 'did you mean "dimension"'),
        (f"{PROJECT}/requirements?dataset=homes", 404, "requires nothing"),
        (f"{PROJECT}/requirements?records=100000", 400, "at most 10000"),
        (f"{PROJECT}/datasets?at=2000-01-01", 404, "nothing had been registered"),
        (f"{PROJECT}/diff?old=1.0.0&limit=0", 422, "limit"),
    ],
)
def test_what_is_wrong_with_a_request_for_a_part_is_said(reader: TestClient, url: str, status: int, said: str) -> None:
    answer = reader.get(url)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    assert said in answer.json()["detail"]


def test_of_many_changes_the_first_are_told_and_all_are_counted() -> None:
    added = tuple(Change("added", "record", "base.county", f"c{number}", "minor") for number in range(5))
    found = ShownDifference(Difference("project", "two", "1.0.0", "1.1.0", added)).document(limit=2)
    assert ([each["key"] for each in found["changes"]], found["counts"]["added"]) == (["c0", "c1"], 5)
