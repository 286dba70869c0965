"""What is behind a dataset over HTTP: origin, storage, checks, gaps, zeros, and the state of its files."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.filled_dataset import add_pivoted, add_stacked
from tests.project_specs import SUBMISSION

from dsgrid.api.limits import Limits
from dsgrid.api.server.app import make_app
from dsgrid.api.settings import Settings
from dsgrid.errors import UsageError
from dsgrid.operations.create_registry import create_registry
from dsgrid.operations.dataset_checks import verify_dataset
from dsgrid.operations.dataset_gaps import gaps_of_dataset
from dsgrid.operations.dataset_zeros import zeros_of_dataset
from dsgrid.operations.submit_dataset import submit_dataset
from dsgrid.registry.data_check import check_data
from dsgrid.registry.registry import Registry


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry of two datasets with data; nothing in it is changed."""
    made = tmp_path_factory.mktemp("insides") / "registry"
    create_registry({"registry": str(made)})
    add_pivoted(made, groups=3)
    add_stacked(made)
    return made


@pytest.fixture(scope="module")
def reader(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    return reader_of(folder, tmp_path_factory.mktemp("state"))


def reader_of(folder: Path, state: Path) -> TestClient:
    limits = Limits(requests=1_000_000, burst=1_000_000)
    app = make_app(Settings(folder, state / "state", hosts=frozenset({"testserver"}), limits=limits), {})
    _, text = app.state.context.tokens.make("reader", "reader", expires_at=None, by="")
    return TestClient(app, headers={"Authorization": f"Bearer {text}"}, raise_server_exceptions=False)


def asked(reader: TestClient, path: str) -> Any:
    answer = reader.get(f"/v1/datasets/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_origin_says_who_registered_it_and_what_is_not_submitted_is_nowhere(reader: TestClient) -> None:
    found = asked(reader, "pivoted/origin")
    assert (found["registration"]["submitter"], found["registration"]["log_message"]) == ("ada", "why")
    assert found["registration"]["job"] == "register_dataset"
    assert (found["inputs"], found["submissions"]) == ([], [])


def test_the_origin_has_the_mappings_of_each_submission(tmp_path: Path, small_registry: Path) -> None:
    folder = shutil.copytree(small_registry, tmp_path / "registry")
    submit_dataset(SUBMISSION, registry=folder)
    found = asked(reader_of(folder, tmp_path), "offices/origin")["submissions"]
    assert [(one["project_id"], one["status"], one["is_current"]) for one in found] == [
        ("two_counties", "accepted", True)
    ]
    by_type = {one["type"]: one for one in found[0]["mappings"]}
    assert (by_type["geography"]["base"], by_type["geography"]["associations"]) == ("county", 2)
    assert by_type["geography"]["mapping"].endswith("@1.0.0")
    assert (by_type["sector"]["base"], by_type["sector"]["mapping"]) == ("sector", None)


def test_the_storage_names_tables_columns_and_row_groups(reader: TestClient) -> None:
    found = asked(reader, "pivoted/storage")
    assert (found["layout"]["two_tables"], found["layout"]["pivot"]) == (True, "metric")
    tables = {one["role"]: one for one in found["tables"]}
    assert [*tables][:2] == ["facts", "lookup"]
    assert (tables["facts"]["rows"], tables["facts"]["row_groups"]) == (12, 3)
    columns = {one["name"]: one for one in tables["facts"]["columns"]}
    assert columns["gas"] == {
        "name": "gas",
        "type": "double",
        "holds": "values of metric gas",
        "dimension": "own_end_use",
        "unit": "therm",
    }
    assert columns["timestamp"]["holds"] == "time"
    lookup = {one["name"]: one["holds"] for one in tables["lookup"]["columns"]}
    assert (lookup["geography"], lookup["scaling_factor"]) == ("ids of geography", "scaling factor")
    assert found["engine"] == {"name": "none", "version": "0"}


def test_gaps_are_told_as_patterns(reader: TestClient) -> None:
    found = asked(reader, "pivoted/gaps")
    assert (found["combinations"], found["missing"], found["declared"]) == (8, 4, 1)
    patterns = {tuple((type_, tuple(ids)) for type_, ids in one["ids"].items()) for one in found["patterns"]}
    assert patterns == {
        (("geography", ("g2",)), ("metric", ("gas",))),
        (("subsector", ("shop",)), ("metric", ("gas",))),
        (("geography", ("g2",)), ("subsector", ("shop",))),
    }
    assert (found["is_searched"], found["whole"], found["more"]) == (True, True, 0)


def test_what_is_complete_has_no_gaps(reader: TestClient) -> None:
    found = asked(reader, "stacked/gaps")
    assert (found["combinations"], found["missing"], found["patterns"]) == (8, 0, [])


def test_too_many_combinations_are_counted_and_not_searched(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dsgrid.operations.dataset_gaps.MOST", 7)
    found = gaps_of_dataset(folder, "pivoted")
    assert (found["combinations"], found["missing"], found["is_searched"], found["whole"]) == (8, 4, False, False)
    # What was declared is told instead.
    assert found["patterns"] == [{"ids": {"geography": ["g2"], "subsector": ["shop"]}, "combinations": None}]


def test_declared_gaps_are_rows_in_all_forms(reader: TestClient) -> None:
    (row,) = asked(reader, "pivoted/missing")["items"]
    assert {type_: id_ for type_, id_ in row.items() if id_ is not None} == {"geography": "g2", "subsector": "shop"}
    text = reader.get("/v1/datasets/pivoted/missing?format=csv").text
    assert text.splitlines()[1] == "g2,,shop,,,,"
    assert asked(reader, "stacked/missing")["items"] == []


def test_checks_are_those_that_the_layout_needs(reader: TestClient) -> None:
    pivoted, stacked = (asked(reader, f"{id_}/checks") for id_ in ("pivoted", "stacked"))
    names = [one["check"] for one in pivoted["checks"]]
    assert "lookup" in names
    assert "lookup" not in [one["check"] for one in stacked["checks"]]
    assert "submission" not in names
    found = {one["check"]: one["found"] for one in pivoted["checks"]}
    assert (found["repeats"], found["ids"], found["cells"]) == ("4 combinations", "10 records", "")
    assert pivoted["own"] == [{"kind": "range", "says": "min = 0"}]


def test_zeros_are_those_of_the_values_with_their_factors(reader: TestClient) -> None:
    # Two of lookup id 1, and all four of the county whose factor is zero.
    assert asked(reader, "pivoted/zeros")["items"] == [{"metric": "cooling", "zeros": 6}]
    # One in each of the four time arrays.
    assert asked(reader, "stacked/zeros")["items"] == [{"metric": "cooling", "zeros": 4}]


def test_zeros_of_large_datasets_are_not_counted(folder: Path) -> None:
    with pytest.raises(UsageError, match="24 stored values"):
        zeros_of_dataset(folder, "pivoted", most=23)


def test_files_that_are_as_published_are_clean(reader: TestClient) -> None:
    found = asked(reader, "pivoted/verify?checksums=true")
    assert (found["clean"], found["files"], found["checksums"]) == (True, 4, True)


@pytest.mark.parametrize(
    ("spoil", "said", "sees_size"),
    [
        (lambda path: path.unlink(), "missing", True),
        (lambda path: path.write_bytes(path.read_bytes() + b"x"), "bytes instead of", True),
        (lambda path: path.write_bytes(path.read_bytes()[::-1]), "checksum", False),
    ],
)
def test_spoilt_files_are_found_each_time_anew(
    folder: Path, tmp_path: Path, spoil: Any, said: str, sees_size: bool
) -> None:
    copy = shutil.copytree(folder, tmp_path / "registry")
    client = reader_of(copy, tmp_path)
    assert asked(client, "stacked/verify?checksums=true")["clean"]
    spoil(next((copy / "data" / "stacked").glob("*/facts.parquet")))
    found = asked(client, "stacked/verify?checksums=true")
    assert not found["clean"]
    assert said in found["problems"][0]["message"]
    assert str(tmp_path) not in found["problems"][0]["where"]
    assert asked(client, "stacked/verify")["clean"] is not sees_size
    # Others are as they were, and a check of the whole registry finds the same.
    assert asked(client, "pivoted/verify?checksums=true")["clean"]
    with Registry.open(copy) as registry:
        everything = [one.message for one in check_data(registry.database, registry.data, True, lambda _: None)]
    assert everything == [one["message"] for one in found["problems"]]


def test_more_bytes_than_anybody_waits_for_are_not_read(folder: Path) -> None:
    with pytest.raises(UsageError, match="check_registry"):
        verify_dataset(folder, "stacked", checksums=True, most=10)
    assert verify_dataset(folder, "stacked", most=10)["clean"]


@pytest.mark.parametrize("part", ["storage", "gaps", "zeros", "verify"])
def test_a_dataset_without_data_has_no_inside(shared_client: Callable[[str], TestClient], part: str) -> None:
    answer = shared_client("reader").get(f"/v1/datasets/offices/{part}")
    assert (answer.status_code, "holds no data of its own" in answer.json()["detail"]) == (404, True)


def test_what_a_dataset_without_data_has_is_told(shared_client: Callable[[str], TestClient]) -> None:
    client = shared_client("reader")
    assert client.get("/v1/datasets/offices/checks").json()["checks"] == []
    assert client.get("/v1/datasets/offices/missing").json()["items"] == []
    assert client.get("/v1/datasets/offices/origin").json()["registration"]["log_message"] == "without data"


@pytest.mark.parametrize("part", ["origin", "storage", "checks", "gaps", "missing", "zeros", "verify"])
def test_what_is_not_there_is_not_found_and_nobody_gets_in(shared_client: Callable[..., TestClient], part: str) -> None:
    answer = shared_client("reader").get(f"/v1/datasets/office/{part}")
    assert answer.status_code == 404
    assert 'did you mean "offices"' in answer.json()["detail"]
    assert shared_client().get(f"/v1/datasets/offices/{part}").status_code == 401
