"""Results from a real server: each form read by the libraries that people have, and connections that break."""

from __future__ import annotations

import io
import json
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.api.server import Server, running_server
from tests.unit.api.made_results import RUN, hourly_table, stored_job, write_result

from dsgrid.api.job import Job
from dsgrid.api.state.database import open_state
from dsgrid.query.result import Result, open_result

QUERY = {
    "spec_version": 1,
    "job": "query",
    "name": "hourly_by_state",
    "project": "three_states_2018",
    "datasets": ["commercial_2018", "residential_2018"],
    "step": [{"function": "sum", "by": ["state", "fuel", "scenario", "hourly"]}],
}
# What a server may take more for a download, and a table that is much larger than that.
MEMORY = 100
LARGE = 200 << 20


def put(server: Server, make: Callable[[Path], object], user: str = "anna") -> tuple[Job, Path]:
    """Give a server a job that has ended, with a result that was made by hand; it may run meanwhile."""
    state = open_state(server.state)
    try:
        job = stored_job(state, make, user=user)
        return job, state.jobs_folder / job.id / str(job.attempt) / RUN
    finally:
        state.close()


def address(job: Job | str, rest: str) -> str:
    return f"/v1/jobs/{job if isinstance(job, str) else job.id}/result{rest}"


@pytest.fixture(scope="module")
def anna(small_server: Server) -> httpx.Client:
    return small_server.client("analyst", "anna")


@pytest.fixture(scope="module")
def asked(small_server: Server, anna: httpx.Client) -> tuple[str, Result]:
    """The id of a query's job, and its result as the disk has it."""
    answer = anna.post("/v1/queries", json=QUERY, headers={"Prefer": "wait=60"})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["state"] == "succeeded", told
    (folder,) = (small_server.state / "jobs" / told["id"]).glob("*/results/*")
    return str(told["id"]), open_result(folder)


def test_every_form_of_an_answer_is_the_answer(anna: httpx.Client, asked: tuple[str, Result]) -> None:
    job, result = asked
    local = result.to_arrow()
    frame = result.to_pandas()
    assert len(frame) > 1_000

    parquet = anna.get(address(job, "/table.parquet"))
    assert pq.read_table(io.BytesIO(parquet.content)).equals(local)
    pd.testing.assert_frame_equal(pd.read_parquet(io.BytesIO(parquet.content)), frame)

    arrow = anna.get(address(job, "/table.arrow"))
    assert pa.ipc.open_stream(arrow.content).read_all().equals(local)

    text = anna.get(address(job, "/table.csv"))
    read = pd.read_csv(io.StringIO(text.text), parse_dates=["hourly"], float_precision="round_trip")
    pd.testing.assert_frame_equal(read.astype({"hourly": frame["hourly"].dtype}), frame)

    rows: list[Any] = []
    following: str | None = address(job, "/table.json?limit=999")
    while following is not None:
        page = anna.get(following).json()
        rows += page["rows"]
        following = page["next"]
    read = pd.DataFrame(rows, columns=page["columns"])
    read["hourly"] = pd.to_datetime(read["hourly"]).astype(frame["hourly"].dtype)
    pd.testing.assert_frame_equal(read, frame)


def test_the_summary_of_an_answer_adds_up(anna: httpx.Client, asked: tuple[str, Result]) -> None:
    job, result = asked
    told = anna.get(address(job, "")).json()
    values = [column["name"] for column in told["columns"] if column["type"] == "value"]
    found = result.to_pandas()[values].to_numpy().sum()
    assert sum(one["sum"] for one in told["sums"]) == pytest.approx(found)
    assert told["datasets"] == ["commercial_2018@1.0.0", "residential_2018@1.0.0"]
    assert anna.get(told["links"]["plot"]).headers["content-type"].startswith("text/html")
    assert json.loads(anna.get(told["links"]["manifest"]).text)["rows"] == result.rows


def test_ranges_of_a_real_server_are_the_bytes_of_the_file(anna: httpx.Client, asked: tuple[str, Result]) -> None:
    job, result = asked
    (name,) = (str(one["path"]) for one in result.manifest["files"])
    data = (result.folder / name).read_bytes()
    where = address(job, f"/files/{name}")
    head = anna.head(where)
    assert int(head.headers["content-length"]) == len(data)
    for wanted, found in (
        ("0-0", data[:1]),
        ("-7", data[-7:]),
        (f"{len(data) - 1}-", data[-1:]),
        ("5-99", data[5:100]),
    ):
        answer = anna.get(where, headers={"Range": f"bytes={wanted}", "If-Range": head.headers["etag"]})
        assert (answer.status_code, answer.content) == (206, found)
    several = anna.get(where, headers={"Range": "bytes=0-3,-4"})
    assert several.headers["content-type"].startswith("multipart/byteranges; boundary=")
    assert several.content.count(b"PAR1") == 2
    assert anna.get(where, headers={"Range": f"bytes={len(data)}-"}).status_code == 416
    assert anna.get(where, headers={"If-None-Match": head.headers["etag"]}).status_code == 304


def large(run: Path, rows: int = LARGE // 40, files: int = 1) -> Path:
    """Write a result whose numbers nothing makes smaller, each file of one row group."""
    numbers = np.random.default_rng(1)
    names = [f"v{number}" for number in range(4)]
    columns = [{"name": "state", "type": "geography", "holds": "string"}]
    columns += [{"name": name, "type": "value", "holds": "float64", "unit": "MWh"} for name in names]
    each = rows // files

    def part() -> pa.Table:
        return pa.table({"state": pa.array(["CO"] * each), **{name: numbers.random(each) for name in names}})

    return write_result(run, [part() for _ in range(files)], columns=columns, row_group=each)


def test_a_stream_that_fails_in_the_middle_breaks_off(small_server: Server, anna: httpx.Client) -> None:
    job, run = put(small_server, lambda run: large(run, 400_000))
    path = run / "table.parquet"
    data = path.read_bytes()
    assert anna.get(address(job, "")).status_code == 200
    # After it was opened and checked, and with the size that it had: only reading tells.
    half = len(data) // 2
    path.write_bytes(data[:half] + b"\xff" * 100_000 + data[half + 100_000 :])
    for form in ("table.csv", "table.arrow"):
        with anna.stream("GET", address(job, f"/{form}")) as answer:
            assert answer.status_code == 200
            with pytest.raises(httpx.RemoteProtocolError):
                sum(map(len, answer.iter_raw()))
    # Of a page nothing is sent before all of it was read.
    assert anna.get(address(job, "/table.json?where=v1>1&where=v2>1")).status_code == 502
    assert anna.get(address(job, "/table.json?columns=state")).status_code == 200
    assert anna.get(address(job, "")).status_code == 200
    assert "broke off" in small_server.said()
    assert "Traceback" not in small_server.said()


def test_a_result_is_sent_although_it_is_removed_meanwhile(small_server: Server, anna: httpx.Client) -> None:
    job, run = put(small_server, lambda run: large(run, 400_000))
    data = (run / "table.parquet").read_bytes()
    with anna.stream("GET", address(job, "/table.parquet")) as answer:
        blocks = answer.iter_raw()
        found = [next(blocks)]
        shutil.rmtree(run.parent.parent)
        found += blocks
    assert b"".join(found) == data
    assert anna.get(address(job, "/table.parquet")).status_code == 410


@pytest.fixture(scope="module")
def narrow_server(demo_registry: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that converts one table at a time, and waits for nobody."""
    limits = {"downloads": 1, "answer_time": 1.0, "idle_time": 4.0}
    with running_server(demo_registry, tmp_path_factory.mktemp("narrow"), limits=limits) as server:
        # The first table takes longer, as libraries are read for it: on a busy machine longer than anybody waits here.
        few, _ = put(server, lambda run: write_result(run, [hourly_table(24)]))
        downloaded(server.client("analyst", "anna"), address(few, "/table.csv"))
        yield server


def test_who_goes_makes_room_for_the_next(narrow_server: Server) -> None:
    job, _ = put(narrow_server, lambda run: large(run, 1_000_000))
    few, _ = put(narrow_server, lambda run: write_result(run, [hourly_table(24)]))
    client = narrow_server.client("analyst", "anna")
    with client.stream("GET", address(job, "/table.csv")) as answer:
        blocks = answer.iter_raw()  # what ends it ends the connection
        assert next(blocks)
        # There is one place, and it is taken; whoever waits is told to come again.
        refused = client.get(address(few, "/table.csv"))
        assert (refused.status_code, "retry-after" in refused.headers) == (503, True)
        assert client.get(address(few, "/table.parquet")).status_code == 200  # nothing is converted for it
    began = time.monotonic()
    while (found := client.get(address(few, "/table.csv"))).status_code != 200:
        assert time.monotonic() - began < 10
    assert found.text.count("\n") == 25
    assert time.monotonic() - began < 1.5


@pytest.mark.slow
def test_who_takes_nothing_loses_the_place(narrow_server: Server) -> None:
    job, _ = put(narrow_server, lambda run: large(run, 1_000_000))
    few, _ = put(narrow_server, lambda run: write_result(run, [hourly_table(24)]))
    client = narrow_server.client("analyst", "anna")
    with client.stream("GET", address(job, "/table.csv")) as answer:
        blocks = answer.iter_raw()
        assert next(blocks)
        time.sleep(6.0)
        assert client.get(address(few, "/table.csv")).status_code == 200
        with pytest.raises(httpx.TransportError):
            for _ in blocks:
                pass


def memory(server: Server) -> int:
    """Return the highest resident memory of a server so far, in MB."""
    assert server.process is not None
    lines = Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
    told = dict(line.split(":", 1) for line in lines if ":" in line)
    return int(told["VmHWM"].split()[0]) // 1_000


def downloaded(client: httpx.Client, where: str) -> int:
    """Download all of an answer, however long it takes to be made, and return how many bytes it has."""
    while True:
        with client.stream("GET", where) as answer:
            if answer.status_code == 200:
                return sum(map(len, answer.iter_raw()))
            assert answer.status_code == 503, answer.read()
        time.sleep(0.2)


def test_a_large_table_takes_little_memory(demo_registry: Path, tmp_path: Path) -> None:
    chosen = "?where=v0<0.02"
    asked = {1: ("table.arrow", f"table.csv{chosen}", f"table.json{chosen}&limit=10000"), 4: ("table.parquet",)}
    with running_server(demo_registry, tmp_path) as server:
        client = server.client("analyst", "anna")
        for files, forms in asked.items():
            few, _ = put(server, lambda run, files=files: large(run, 100, files))  # type: ignore[misc]
            for form in forms:
                # What reading takes at all, libraries included.
                downloaded(client, address(few, f"/{form}"))
        before = memory(server)
        for files, forms in asked.items():
            job, _ = put(server, lambda run, files=files: large(run, files=files))  # type: ignore[misc]
            for form in forms:
                size = downloaded(client, address(job, f"/{form}"))
                assert size > (0.75 * LARGE if form in ("table.arrow", "table.parquet") else 100_000)
                assert memory(server) - before < MEMORY, form
