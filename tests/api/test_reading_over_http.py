"""What datasets and mappings hold, over HTTP, from a real server: in every form, for fast and slow clients."""

from __future__ import annotations

import io
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from urllib.parse import urlsplit

import pyarrow as pa
import pytest
from tests.api.server import running_server

from dsgrid.operations.head import head

ROWS = "/v1/datasets/commercial_2018/rows"


@pytest.fixture(scope="module")
def reader(small_server):
    return small_server.client("reader")


def printed(*arguments: str) -> str:
    command = [sys.executable, "-m", "dsgrid", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_rows_are_those_that_the_command_line_shows(reader, demo_registry):
    choice = ("commercial_2018", "--registry", str(demo_registry), "-n", "5", "--where", "subsector=small_office")
    query = f"{ROWS}?rows=5&where=subsector=small_office&width=0"
    assert reader.get(f"{query}&format=csv").text == printed("head", *choice, "--format", "csv")
    assert reader.get(f"{query}&format=text").text == printed("head", *choice, "--format", "table")


def test_rows_have_every_form(reader, demo_registry):
    expected = head("commercial_2018", rows=7, registry=demo_registry).table
    arrow = pa.ipc.open_stream(reader.get(f"{ROWS}?rows=7&format=arrow").content).read_all()
    assert arrow.equals(expected)
    page = reader.get(f"{ROWS}?rows=7").json()
    assert [row["geography"] for row in page["items"]] == expected["geography"].to_pylist()
    assert any("kWh" in remark for remark in page["remarks"])
    assert reader.get(f"{ROWS}?rows=0").json()["items"] == []
    chosen = reader.get(f"{ROWS}?rows=1&columns=subsector,geography&where=geography!=06019").json()["items"]
    assert list(chosen[0]) == ["subsector", "geography"]
    assert chosen[0]["geography"] != "06019"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("where=colour=red", "no column"),
        ("columns=colour", "no column"),
        ("where=nonsense", "no condition"),
        ("where=subsector~^(a%2B)%2B$", "not allowed in a server"),
        ("where=subsector~^[", "no regular expression"),
        ("rows=-1", "rows"),
        ("rows=1000000", "a query gives more"),
    ],
)
def test_what_is_wrong_with_a_choice_of_rows_is_said(reader, query, said):
    answer = reader.get(f"{ROWS}?{query}")
    assert answer.status_code in (400, 422)
    assert said in answer.json()["detail"]
    assert "--where" not in answer.text


def test_two_datasets_are_compared(reader):
    same = reader.get("/v1/datasets/growth_to_2040/compare?with=growth_to_2040@1").json()
    assert same["verdict"] == "equal"
    other = reader.get("/v1/datasets/growth_to_2040/compare?with=growth_to_2040&format=text").text
    assert other.rstrip().endswith("equal")
    assert reader.get("/v1/datasets/growth_to_2040/compare?with=growth").status_code == 404


def test_profiles_tell_what_values_are_like(reader):
    found = reader.get("/v1/datasets/commercial_2018/profiles").json()["items"]
    assert {"metric", "unit", "min", "mean", "max", "sum"} <= found[0].keys()
    table = pa.ipc.open_stream(reader.get("/v1/datasets/commercial_2018/profiles?format=arrow").content).read_all()
    assert table.to_pylist() == found


@pytest.fixture
def large_mapping(own_registry):
    """A registry in which one mapping has many associations; its id."""
    id_ = "three_states_2018/building_type:all_subsectors"
    with closing(sqlite3.connect(own_registry / "registry.db")) as database, database:
        (key,) = database.execute(
            "SELECT association_table FROM mapping_versions v JOIN mappings m ON m.key = v.mapping WHERE m.id = ?",
            (id_,),
        ).fetchone()
        rows = ((key, 1_000 + number, f"from_{number}", "all_subsectors", 1.0) for number in range(250_000))
        database.executemany("INSERT INTO associations VALUES (?, ?, ?, ?, ?)", rows)
    return id_


@pytest.mark.slow
def test_a_slow_reader_keeps_nobody_from_writing(own_registry, large_mapping, tmp_path):
    with running_server(own_registry, tmp_path / "server") as server:
        place = urlsplit(server.url)
        address = f"/v1/mappings/{large_mapping}/records?format=csv"
        head_ = (
            f"GET {address} HTTP/1.1\r\nHost: {place.netloc}\r\nAuthorization: Bearer {server.token('reader')}\r\n\r\n"
        )
        with socket.create_connection((place.hostname, place.port)) as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            slow.sendall(head_.encode())
            assert slow.recv(15) == b"HTTP/1.1 200 OK"
            # It takes no more for now; what writes needs the whole registry for itself.
            with closing(sqlite3.connect(own_registry / "registry.db", timeout=0, isolation_level=None)) as writer:
                writer.execute("BEGIN EXCLUSIVE")
                writer.execute("ROLLBACK")
            with slow.makefile("rb") as rest:
                content = io.BytesIO(rest.read(20 << 10))
            assert b"from,to,fraction" in content.getvalue()
        names = {path.name for path in server.state.iterdir()}
        assert not [name for name in names if name.startswith("tmp")]
        # All of it for who takes it, in every form.
        reader = server.client("reader")
        assert reader.get(address).text.count("\n") > 250_000
        arrow = reader.get(address.replace("csv", "arrow")).content
        assert pa.ipc.open_stream(arrow).read_all().num_rows > 250_000
        page = reader.get(f"/v1/mappings/{large_mapping}/records?limit=3").json()
        assert len(page["items"]) == 3
        assert page["next"] is not None
