"""What mappings amount to, over HTTP: promises, sums, matrices; and what uses dimensions and mappings."""

from __future__ import annotations

import csv
import io

import pytest
from starlette.testclient import TestClient

from dsgrid.api.limits import Limits
from dsgrid.api.server.app import make_app
from dsgrid.api.settings import Settings
from dsgrid.operations.create_registry import create_registry
from dsgrid.operations.register_dimensions import register_dimensions
from dsgrid.operations.register_mappings import register_mappings

COUNTIES = [{"id": f"c{number}", "name": f"County {number}"} for number in range(10)]
STATES = [{"id": f"s{number}", "name": f"State {number}"} for number in range(4)]
ASSOCIATIONS = [
    *({"from": f"c{number}", "to": f"s{number % 2}"} for number in range(6)),
    {"from": "c6", "to": "s2", "fraction": 0.25},
    {"from": "c6", "to": "s0", "fraction": 0.75},
    {"from": "c7", "to": ""},
]


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """A client of a server whose registry has a mapping with splits, records without association, and a null target."""
    folder = tmp_path_factory.mktemp("mapped") / "registry"
    create_registry({"registry": str(folder)})
    dimensions = {
        "county": {"type": "geography", "records": COUNTIES},
        "state": {"type": "geography", "records": STATES},
    }
    head = {"spec_version": 1, "log_message": "For tests", "owner": "lab"}
    register_dimensions({**head, "job": "register_dimensions", "dimension": dimensions}, registry=folder)
    mapping = {"from": "lab/county", "to": "lab/state", "kind": "many_to_many_aggregation", "records": ASSOCIATIONS}
    register_mappings({**head, "job": "register_mappings", "mapping": {"up": mapping}}, registry=folder)
    limits = Limits(requests=1_000_000, burst=1_000_000)
    state = tmp_path_factory.mktemp("state") / "state"
    app = make_app(Settings(folder, state, hosts=frozenset({"testserver"}), limits=limits), {})
    _, text = app.state.context.tokens.make("reader", "reader", expires_at=None, by="")
    return TestClient(app, headers={"Authorization": f"Bearer {text}"}, raise_server_exceptions=False)


def get(client, path, **params):
    answer = client.get(f"/v1{path}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_summary_tells_what_is_promised_and_what_is_so(client):
    found = get(client, "/mappings/lab/up/summary")
    assert found["promises"]["sums_to_one"] == "from"
    assert found["associations"] == 9
    assert found["without_target"] == 1
    assert found["fractions"] == {"least": 0.25, "most": 1.0, "ones": 7}
    assert found["from"]["dimension"] == "lab/county"
    assert {name: found["from"][name] for name in ("records", "used", "unused", "dropped", "repeated")} == {
        "records": 10,
        "used": 8,
        "unused": 2,
        "dropped": 1,
        "repeated": 1,
    }
    assert found["from"]["sums_off"] == 0
    assert (found["to"]["used"], found["to"]["unused"], found["to"]["sum_most"]) == (3, 1, 3.75)


def test_sums_are_told_for_every_record_of_a_side_also_for_those_without_any(client):
    rows = {row["id"]: row for row in get(client, "/mappings/lab/up/sums", side="from")["items"]}
    assert list(rows) == [each["id"] for each in COUNTIES]
    expected = {
        "id": "c6",
        "name": "County 6",
        "associations": 2,
        "sum": 1.0,
        "main": "s0",
        "fraction": 0.75,
        "dropped": 0.0,
    }
    assert rows["c6"] == expected
    assert (rows["c7"]["main"], rows["c7"]["dropped"]) == (None, 1.0)
    assert (rows["c9"]["associations"], rows["c9"]["sum"], rows["c9"]["main"]) == (0, None, None)
    to = {row["id"]: row["sum"] for row in get(client, "/mappings/lab/up/sums", side="to")["items"]}
    assert to == {"s0": 3.75, "s1": 3.0, "s2": 0.25, "s3": None}


def test_sums_are_filtered_searched_sorted_and_paged_as_records_are(client):
    path = "/mappings/lab/up/sums"
    assert [row["id"] for row in get(client, path, where="associations = 0")["items"]] == ["c8", "c9"]
    assert [row["id"] for row in get(client, path, search="county 3")["items"]] == ["c3"]
    assert [row["id"] for row in get(client, path, side="to", sort="-sum", columns="id")["items"]][:2] == ["s0", "s1"]
    first = get(client, path, limit=4)
    assert first["total"] == 10
    second = client.get(first["next"]).json()
    assert [row["id"] for row in second["items"]] == ["c4", "c5", "c6", "c7"]
    assert [row["id"] for row in get(client, path, limit=2, offset=8)["items"]] == ["c8", "c9"]
    text = client.get(f"/v1{path}", params={"format": "csv", "columns": "id,sum"}).text
    assert next(iter(csv.DictReader(io.StringIO(text)))) == {"id": "c0", "sum": "1.0"}


def test_a_small_matrix_holds_each_fraction_in_its_cell(client):
    found = get(client, "/mappings/lab/up/matrix")
    assert [label["id"] for label in found["rows"]["labels"]] == [each["id"] for each in COUNTIES]
    assert [label["id"] for label in found["columns"]["labels"]] == ["s0", "s1", "s2", "s3"]
    cells = {(y, x): (number, total) for y, x, number, total in found["cells"]}
    assert cells[6, 0] == (1, 0.75)
    assert cells[6, 2] == (1, 0.25)
    assert cells[7, -1] == (1, 1.0)
    assert len(cells) == 9


@pytest.mark.parametrize("most", [1, 2, 3, 4, 7, 100])
def test_neighbours_are_taken_together_and_nothing_is_lost(client, most):
    found = get(client, "/mappings/lab/up/matrix", most=most)
    assert len(found["rows"]["labels"]) <= most
    assert len(found["columns"]["labels"]) <= most
    assert sum(label["records"] for label in found["rows"]["labels"]) == 10
    assert sum(cell[2] for cell in found["cells"]) == 9
    assert sum(cell[3] for cell in found["cells"]) == pytest.approx(8.0)
    assert found["rows"]["labels"][0]["id"] == "c0"
    assert found["rows"]["labels"][-1]["last"] == "c9"


def test_a_part_of_a_matrix_holds_what_lies_in_it(client):
    found = get(client, "/mappings/lab/up/matrix", top=6, height=2, left=2, width=9)
    assert [label["id"] for label in found["rows"]["labels"]] == ["c6", "c7"]
    assert [label["id"] for label in found["columns"]["labels"]] == ["s2", "s3"]
    # What has no target belongs to no column, and is told with all of them.
    assert [tuple(cell) for cell in found["cells"]] == [(0, 0, 1, 0.25), (1, -1, 1, 1.0)]
    beyond = get(client, "/mappings/lab/up/matrix", top=1_000, left=1_000)
    assert (beyond["rows"]["labels"], beyond["cells"]) == ([], [])


def test_what_uses_a_dimension_is_told_with_its_role(client):
    items = get(client, "/dimensions/lab/county/uses")["items"]
    assert [(each["kind"], each["id"], each["role"], each["of"]) for each in items] == [
        ("mapping", "lab/up", "from", "lab/state@1.0.0")
    ]
    assert get(client, "/mappings/lab/up/uses") == {"items": [], "total": 0, "next": None}


def test_projects_and_datasets_are_told_with_the_names_they_give(shared_client):
    reader = shared_client("reader")
    roles = {
        (each["kind"], each["role"], each["name"], each["of"])
        for name in ("county", "state")
        for each in get(reader, f"/dimensions/two_counties/{name}/uses")["items"]
    }
    assert ("project", "base", "county", "") in roles
    assert ("project", "supplemental", "state", "county") in roles
    found = get(reader, "/mappings/two_counties/county:state/uses")["items"]
    assert [(each["kind"], each["role"], each["name"]) for each in found] == [("project", "supplemental", "state")]


@pytest.mark.parametrize("path", ["summary", "sums", "matrix", "uses"])
def test_a_mapping_that_there_is_not_is_not_found(client, path):
    assert client.get(f"/v1/mappings/lab/down/{path}").status_code == 404


@pytest.mark.parametrize(
    "query", ["side=left", "where=size>3", "sort=size", "offset=-1", "limit=0", "columns=size", "of=x"]
)
def test_what_sums_cannot_be_asked_for_is_refused(client, query):
    assert client.get(f"/v1/mappings/lab/up/sums?{query}").status_code in (400, 422)


@pytest.mark.parametrize("query", ["top=-1", "height=0", "most=0", "most=301", "width=x"])
def test_a_part_that_makes_no_sense_is_refused(client, query):
    assert client.get(f"/v1/mappings/lab/up/matrix?{query}").status_code == 422
