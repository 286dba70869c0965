"""What a dataset can be brought to, over HTTP: exactly what a query of it may name as a target."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from work_served import Served, serving

QUERY: dict[str, Any] = {"spec_version": 1, "job": "query_dataset", "name": "reached", "dataset": "offices"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("reach")) as found:
        yield found


def test_each_dimension_that_is_reached_is_a_target_that_is_taken(served: Served) -> None:
    client = served.client("analyst")
    found = client.get("/v1/datasets/offices/reach").json()
    assert found["reference"] == "offices@1.0.0"
    reached = [each for each in found["items"] if each["type"] != "time"]
    assert reached
    for each in reached:
        answer = client.post("/v1/explain", json={**QUERY, "to": {each["type"]: each["id"]}})
        assert answer.status_code == 200, answer.text


def test_what_no_mapping_leads_to_is_not_there(served: Served) -> None:
    client = served.client("reader")
    reached = {each["id"] for each in client.get("/v1/datasets/offices/reach").json()["items"]}
    all_ = {row["id"] for row in client.get("/v1/dimensions").json()["items"]}
    assert reached < all_


def test_a_dataset_that_is_not_there_is_none(served: Served) -> None:
    answer = served.client("reader").get("/v1/datasets/nothing/reach")
    assert (answer.status_code, answer.json()["title"]) == (404, "not found")
    text = served.client("reader").get("/v1/datasets/offices/reach?format=text")
    assert text.text.startswith("reference")
