"""The lists of a registry over HTTP: filters, forms, pages, and conditional requests."""

from __future__ import annotations

import csv
import io
import shutil
import sqlite3
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.dataless import add_dataset
from tests.project_specs import DATASET

from dsgrid.cli import run
from dsgrid.operations.registry_contents import LISTS, list_registry
from dsgrid.registry.listing import COLUMNS


@pytest.fixture
def reader(shared_client):
    return shared_client("reader")


def pages(client, url):
    """Yield all pages of a list."""
    while url is not None:
        answer = client.get(url)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        yield page
        url = page["next"]
        assert (f'<{url}>; rel="next"' == answer.headers.get("link")) if url else "link" not in answer.headers


@pytest.mark.parametrize("name", LISTS)
def test_every_list_holds_what_the_operation_lists(reader, small_registry, name):
    page = reader.get(f"/v1/{name}").json()
    assert page["items"] == list_registry(small_registry, (name,))[name]
    assert (page["total"], page["next"]) == (len(page["items"]), None)


@pytest.mark.parametrize("name", LISTS)
def test_every_list_has_every_form(reader, small_registry, name):
    rows = list_registry(small_registry, (name,))[name]
    found = reader.get(f"/v1/{name}", headers={"Accept": "text/csv"})
    assert found.headers["content-type"] == "text/csv; charset=utf-8"
    assert next(csv.reader(io.StringIO(found.text))) == list(COLUMNS[name])
    assert len(found.text.splitlines()) == len(rows) + 1
    arrow = reader.get(f"/v1/{name}", headers={"Accept": "application/vnd.apache.arrow.stream"})
    assert pa.ipc.open_stream(arrow.content).read_all().to_pylist() == rows
    parquet = reader.get(f"/v1/{name}?format=parquet")
    assert pq.read_table(io.BytesIO(parquet.content)).to_pylist() == rows


def test_text_is_what_the_command_line_prints(reader, small_registry, capsys):
    for name in LISTS:
        run(["registry", "list", name, "--registry", str(small_registry)])
        assert reader.get(f"/v1/{name}?format=text&width=0").text == capsys.readouterr().out


def test_pages_are_the_list_in_pieces(reader, small_registry):
    rows = list_registry(small_registry, ("dimensions",), sort="-id")["dimensions"]
    for size in (1, 3, len(rows) - 1, len(rows), len(rows) + 1):
        found = list(pages(reader, f"/v1/dimensions?sort=-id&limit={size}"))
        assert [row for page in found for row in page["items"]] == rows
        assert {page["total"] for page in found} == {len(rows)}
        assert len(found) == -(-len(rows) // size)


def test_filters_sort_columns_and_search(reader):
    rows = reader.get(
        "/v1/dimensions", params={"where": ["type = geography", "id ~ two_", "records = 2"], "columns": "id"}
    ).json()
    assert rows["items"] == [{"id": "two_counties/county"}, {"id": "two_counties/state"}]
    found = reader.get("/v1/dimensions", params={"search": "STATE", "columns": "name"}).json()
    assert found["items"] == [{"name": "state"}]
    assert reader.get("/v1/datasets?tag=nothing").json()["items"] == []


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("where=colour=red", "there is no column"),
        ("where=id", "no filter"),
        ("where=id==x", 'did you mean "="'),
        ("sort=,", "no order"),
        ("columns=idd", "there is no column"),
        ("at=yesterday", "neither a version nor a date"),
        ("at=1.0", "a whole registry has no version"),
        ("limit=20000", "expected 1 to"),
        ("whre=id=x", 'did you mean "where"'),
        ("sort=id&sort=id", "2 times"),
        ("format=xml", "there is no format"),
        ("cursor=abc", "cursor"),
        ("where=" + "x" * 501, "characters"),
        ("&".join(["where=id!=x"] * 51), "51 times"),
        ("search=%1b[31m", "control character"),
    ],
)
def test_what_is_wrong_with_a_request_is_said(reader, query, said):
    answer = reader.get(f"/v1/datasets?{query}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert said in answer.json()["detail"]


def test_a_date_looks_back(reader):
    assert reader.get("/v1/datasets?at=2100-01-01").json()["total"] == 1
    before = reader.get("/v1/datasets?at=2000-01-01")
    assert (before.status_code, "the first registration came" in before.json()["detail"]) == (404, True)


def test_who_has_the_answer_gets_304_without_it(reader):
    first = reader.get("/v1/datasets")
    assert first.headers["cache-control"] == "private, no-cache"
    again = reader.get("/v1/datasets", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    other = reader.get("/v1/datasets", headers={"If-None-Match": first.headers["etag"], "Accept": "text/csv"})
    assert other.status_code == 200
    assert reader.get("/v1/datasets", headers={"If-None-Match": "*"}).status_code == 304
    assert reader.get("/v1/datasets/none", headers={"If-None-Match": "*"}).status_code == 404


def test_head_has_the_head_and_no_body(reader):
    got, head = reader.get("/v1/datasets"), reader.head("/v1/datasets")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == got.headers["etag"]
    assert head.headers["content-length"] == str(len(got.content))


def test_tags_and_references(reader, small_registry):
    assert reader.get("/v1/tags").json() == {"items": [], "total": 0, "next": None}
    found = reader.get("/v1/references?prefix=two_counties/s").json()["items"]
    assert {"reference": "two_counties/state", "kind": "dimension"} in found
    versions = reader.get("/v1/references?prefix=two_counties@").json()["items"]
    assert versions == [{"reference": "two_counties@1.0.0", "kind": "project"}]


class TestChanges:
    """A registry that changes while somebody reads it."""

    @pytest.fixture
    def small_registry(self, small_registry, tmp_path):
        return shutil.copytree(small_registry, tmp_path / "registry")

    @pytest.fixture
    def reader(self, client_of):
        return client_of("reader")

    def add(self, folder, id_):
        add_dataset(folder, {**DATASET, "dataset": {**DATASET["dataset"], "id": id_}})

    def test_what_was_registered_is_seen_at_once(self, reader, small_registry):
        first = reader.get("/v1/datasets")
        self.add(small_registry, "zz_more")
        again = reader.get("/v1/datasets", headers={"If-None-Match": first.headers["etag"]})
        assert again.status_code == 200
        assert again.json()["total"] == first.json()["total"] + 1

    def test_pages_never_skip_in_silence(self, reader, small_registry):
        self.add(small_registry, "zz_more")
        page = reader.get("/v1/datasets?limit=1").json()
        projects = reader.get("/v1/dimensions?limit=1&where=id~two_counties").json()
        self.add(small_registry, "aa_first")
        gone = reader.get(page["next"])
        assert (gone.status_code, gone.json()["type"]) == (409, "/v1/problems/changed-meanwhile")
        # A list that is still the same goes on.
        assert reader.get(projects["next"]).status_code == 200

    def test_a_locked_registry_is_503_after_a_short_wait(self, reader, small_registry, monkeypatch):
        monkeypatch.setattr("dsgrid.api.routes.lists.LOCK_TIMEOUT", 0.3)
        with sqlite3.connect(small_registry / "registry.db", isolation_level=None) as writer:
            writer.execute("BEGIN EXCLUSIVE")
            began = time.monotonic()
            answer = reader.get("/v1/datasets")
            assert 0.3 <= time.monotonic() - began < 5
            writer.execute("ROLLBACK")
        assert (answer.status_code, "locked" in answer.json()["detail"]) == (503, True)
        assert int(answer.headers["retry-after"]) > 0
        assert str(small_registry) not in answer.text
        assert reader.get("/v1/datasets").status_code == 200

    def test_kept_answers_are_given_while_it_is_locked(self, reader, small_registry):
        first = reader.get("/v1/datasets")
        with sqlite3.connect(small_registry / "registry.db", isolation_level=None) as writer:
            writer.execute("BEGIN EXCLUSIVE")
            assert reader.get("/v1/datasets").json() == first.json()
            writer.execute("ROLLBACK")

    def test_a_registry_that_is_gone_is_503_and_comes_back(self, reader, small_registry):
        reader.get("/v1/datasets")
        small_registry.rename(small_registry.with_name("away"))
        answer = reader.get("/v1/datasets")
        assert (answer.status_code, answer.json()["type"]) == (503, "/v1/problems/registry-unavailable")
        assert str(small_registry) not in answer.text
        small_registry.with_name("away").rename(small_registry)
        assert reader.get("/v1/datasets").status_code == 200

    def test_an_old_schema_is_503_with_what_to_do(self, reader, small_registry):
        with sqlite3.connect(small_registry / "registry.db") as database:
            database.execute("PRAGMA user_version = 2")
        answer = reader.get("/v1/datasets")
        assert (answer.status_code, "old schema 2" in answer.json()["detail"]) == (503, True)
