"""One thing of a registry over HTTP: what it is, its records, its history, its differences, what needs it."""

from __future__ import annotations

import io
import json
import shutil

import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient
from tests.project_specs import PROJECT

from dsgrid.api.limits import Limits
from dsgrid.api.server.app import make_app
from dsgrid.api.settings import Settings
from dsgrid.cli import run
from dsgrid.operations.apply import apply
from dsgrid.operations.records import select_records
from dsgrid.operations.registry_contents import show_entry

KINDS = {
    "projects": "two_counties",
    "datasets": "offices",
    "dimensions": "two_counties/county",
    "mappings": "two_counties/county:state",
}


@pytest.fixture(scope="module")
def folder(small_registry, tmp_path_factory):
    """A registry with two versions of its project."""
    copy = shutil.copytree(small_registry, tmp_path_factory.mktemp("two") / "registry")
    spec = {"job": "register_project", **PROJECT, "project": {**PROJECT["project"], "description": "Changed"}}
    apply(spec, registry=copy, allow="major")
    return copy


@pytest.fixture(scope="module")
def clients(folder, tmp_path_factory):
    """Clients of an application over it, by role."""
    state = tmp_path_factory.mktemp("state") / "state"
    limits = Limits(requests=1_000_000, burst=1_000_000)
    app = make_app(Settings(folder, state, hosts=frozenset({"testserver"}), limits=limits), {})
    made = {}
    for role in ("reader", "admin"):
        _, text = app.state.context.tokens.make(role, role, expires_at=None, by="")
        headers = {"Authorization": f"Bearer {text}"}
        made[role] = TestClient(app, headers=headers, raise_server_exceptions=False)
    return {**made, "nobody": TestClient(app, raise_server_exceptions=False)}


@pytest.fixture
def reader(clients):
    return clients["reader"]


def printed(capsys, *arguments) -> str:
    capsys.readouterr()
    run(["registry", *arguments])
    return capsys.readouterr().out


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_shown_as_the_operation_shows_it(reader, folder, kind):
    expected = json.loads(json.dumps(show_entry(folder, KINDS[kind]), default=str))
    assert reader.get(f"/v1/{kind}/{KINDS[kind]}").json() == expected
    assert reader.get(f"/v1/entries/{KINDS[kind]}").json() == expected
    assert reader.get(f"/v1/{kind}/{KINDS[kind]}@1.0.0").json()["version"] == "1.0.0"


@pytest.mark.parametrize("kind", KINDS)
def test_text_is_what_the_command_line_prints(reader, folder, capsys, kind):
    name, place = KINDS[kind], ("--registry", str(folder))
    texts = {
        "": ("show", name),
        "/history": ("history", name),
        "/graph": ("graph", name),
        "/diff?old=1.0.0": ("diff", name, "1.0.0"),
    }
    for end, arguments in texts.items():
        url = f"/v1/entries/{name}{end}"
        found = reader.get(f"{url}{'&' if '?' in url else '?'}format=text&width=0").text
        assert found == printed(capsys, *arguments, *place), url


def test_a_thing_of_another_kind_is_not_found(reader):
    for kind in KINDS:
        for other, name in KINDS.items():
            if other != kind:
                for end in ("", "/history", "/graph", "/diff?old=1"):
                    assert reader.get(f"/v1/{kind}/{name}{end}").status_code == 404, (kind, name, end)


def test_the_closest_name_is_told(reader):
    assert 'did you mean "offices"' in reader.get("/v1/datasets/office").json()["detail"]


def test_differences_and_graphs_have_all_forms(reader):
    found = reader.get("/v1/projects/two_counties/diff?old=1.0.0").json()
    assert (found["old"], found["new"], found["counts"]["changed"]) == ("1.0.0", "1.0.1", 1)
    assert "changes" not in reader.get("/v1/projects/two_counties/diff?old=1.0.0&summary=true").json()
    assert reader.get("/v1/projects/two_counties/graph", headers={"Accept": "text/vnd.mermaid"}).text.startswith("flow")
    assert reader.get("/v1/projects/two_counties/graph?format=dot").text.startswith("digraph")
    graph = reader.get("/v1/projects/two_counties/graph?depth=1&up=false").json()
    assert graph["root"]["version"] == "1.0.1"
    assert [other["version"] for other in graph["others"]] == ["1.0.0"]
    assert reader.get("/v1/projects/two_counties/graph?at=1.0.0").json()["root"]["version"] == "1.0.0"


@pytest.mark.parametrize(
    ("url", "status", "said"),
    [
        ("/v1/projects/two_counties/diff", 422, "old"),
        ("/v1/projects/two_counties/diff?old=9", 404, "no version 9"),
        ("/v1/projects/two_counties/diff?old=x", 400, "no reference"),
        ("/v1/projects/two_counties@1/diff?old=1", 400, "names a version already"),
        ("/v1/projects/two_counties/graph?up=false&down=false", 400, "neither up nor down"),
        ("/v1/projects/two_counties/graph?depth=0", 422, "depth"),
        ("/v1/projects/two_counties@x", 400, "no reference"),
        ("/v1/projects/two_counties@1.0.0?at=2.0", 400, "two versions"),
        ("/v1/projects/two_counties?at=2000-01-01", 404, "nothing had been registered"),
        ("/v1/entries/two_counties/records", 400, "has no records"),
        ("/v1/dimensions/two_counties/time/records", 400, "time dimension"),
        ("/v1/dimensions/two_counties/county/records?where=colour=red", 400, "no column"),
        ("/v1/datasets/offices/rows", 404, "holds no data"),
        ("/v1/datasets/offices/rows?rows=100000", 400, "at most 10000"),
        ("/v1/schemas/qury", 404, 'did you mean "query"'),
    ],
)
def test_what_is_wrong_is_said(reader, url, status, said):
    answer = reader.get(url)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    assert said in answer.json()["detail"]


def test_records_are_those_of_the_operation_in_every_form(reader, folder):
    for kind in ("dimensions", "mappings"):
        name = KINDS[kind]
        with select_records(folder, name) as found:
            rows = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
        page = reader.get(f"/v1/{kind}/{name}/records").json()
        assert page["items"] == rows
        assert (page["columns"], page["total"]) == (list(rows[0]), len(rows))
        table = reader.get(f"/v1/{kind}/{name}/records", headers={"Accept": "application/vnd.apache.parquet"})
        assert pq.read_table(io.BytesIO(table.content)).to_pylist() == rows


def test_records_as_text_and_csv_are_what_the_command_line_prints(reader, folder, capsys):
    name, place = "two_counties/county", ("--registry", str(folder))
    url = f"/v1/dimensions/{name}/records?sort=-id&where=state!=NY"
    choice = ("--sort", "-id", "--where", "state!=NY")
    assert reader.get(f"{url}&format=text&width=0").text == printed(capsys, "records", name, *choice, *place)
    assert reader.get(f"{url}&format=csv").text == printed(capsys, "records", name, *choice, "--csv", *place)


def test_pages_of_records_are_the_records_in_pieces(reader, folder):
    with select_records(folder, "two_counties/county", sort="-id") as found:
        rows = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
    url, taken = "/v1/dimensions/two_counties/county/records?sort=-id&limit=1", []
    while url is not None:
        page = reader.get(url).json()
        taken += page["items"]
        url = page["next"]
    assert taken == rows


def test_an_id_that_ends_like_an_address_is_named_with_its_version(reader):
    # Only the reading of addresses: there is no such dimension.
    assert "two_counties/records" in reader.get("/v1/dimensions/two_counties/records@1").json()["detail"]


def test_profiles_of_a_dataset(reader):
    assert reader.get("/v1/datasets/offices/profiles").json() == {"items": [], "total": 0, "next": None}
    assert reader.get("/v1/datasets/offices/profiles?format=csv").text.startswith("metric,unit,combinations")


def test_schemas_are_those_of_the_files(reader):
    listed = reader.get("/v1/schemas").json()
    assert {"query", "register_dataset", "site"} <= {one["job"] for one in listed["items"]}
    for one in listed["items"]:
        answer = reader.get(one["url"])
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/schema+json")
        assert answer.json()["title"]
    again = reader.get("/v1/schemas/query", headers={"If-None-Match": reader.get("/v1/schemas/query").headers["etag"]})
    assert again.status_code == 304


def test_upkeep_is_for_admins(clients, reader, folder):
    for url in ("/v1/checks", "/v1/cache"):
        assert reader.get(url).status_code == 403
    admin = clients["admin"]
    found = admin.get("/v1/checks").json()
    assert (found["folder"], found["counts"]["datasets"]) == ("registry", 1)
    assert str(folder) not in admin.get("/v1/checks?format=text").text
    assert "folder" not in admin.get("/v1/cache").json()


def test_without_a_token_nothing_is_read(clients):
    nobody = clients["nobody"]
    for url in ("/v1/datasets", "/v1/datasets/offices", "/v1/dimensions/two_counties/county/records", "/v1/tags"):
        assert nobody.get(url).status_code == 401
