"""Files come whole or not at all, whatever happens on the way."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dsgrid.client.download import RemoteFile, fetch, files_of, tag_file
from dsgrid.client.job import RemoteJob
from dsgrid.client.result import RemoteResult, open_remote_result
from dsgrid.client.transport import Transport
from dsgrid.errors import ServerError, StorageError, UsageError
from dsgrid.query.result import open_result

Way = Callable[..., Transport]
DATA = bytes(range(256)) * 40
SUM = hashlib.sha256(DATA).hexdigest()
FILE = RemoteFile("/files/a.bin", "a.bin", len(DATA), SUM)


class Cut(httpx.SyncByteStream):
    """A body that breaks off."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def __iter__(self) -> Iterator[bytes]:
        yield self.data
        raise httpx.ReadError("cut")


class Files:
    """A server with one file, which sends so many bytes of each answer before the connection breaks."""

    def __init__(self, *lengths: int, data: bytes = DATA, tag: str = f'"{SUM}"') -> None:
        self.lengths = list(lengths)
        self.data = data
        self.tag = tag
        self.ranges: list[str | None] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        wanted = request.headers.get("Range")
        self.ranges.append(wanted)
        start = 0
        if wanted is not None and request.headers["If-Range"] == self.tag:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if start >= len(self.data):
                return httpx.Response(416, headers={"Content-Range": f"bytes */{len(self.data)}"})
        rest = self.data[start:]
        headers = {"ETag": self.tag}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(self.data) - 1}/{len(self.data)}"
        length = self.lengths.pop(0) if self.lengths else len(rest)
        stream: Any = httpx.ByteStream(rest) if length >= len(rest) else Cut(rest[:length])
        return httpx.Response(206 if start else 200, headers=headers, stream=stream)


def test_a_file_that_was_cut_goes_on_where_it_stopped(way: Way, tmp_path: Path) -> None:
    server = Files(1_000, 0, 2_500)
    fetch(way(server), FILE, tmp_path / "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == DATA
    assert server.ranges == [None, "bytes=1000-", "bytes=1000-", "bytes=3500-"]


def test_what_another_process_has_begun_is_gone_on_with(way: Way, tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    target.write_bytes(DATA[:700])
    server = Files()
    fetch(way(server), FILE, target)
    assert (target.read_bytes(), server.ranges) == (DATA, ["bytes=700-"])


def test_a_file_that_has_become_another_one_begins_again(way: Way, tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    target.write_bytes(b"x" * 700)
    tag_file(target).write_text('"an older one"')
    unknown = RemoteFile("/files/a.bin", "a.bin")
    fetch(way(Files()), unknown, target)
    assert target.read_bytes() == DATA


def test_what_has_the_wrong_contents_is_fetched_again_and_then_refused(way: Way, tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    target.write_bytes(b"x" * 700)  # half of something else, of which nobody knows what
    server = Files()
    fetch(way(server), FILE, target)
    assert (target.read_bytes(), len(server.ranges)) == (DATA, 2)
    target.unlink()
    with pytest.raises(StorageError, match="its checksum is another one"):
        fetch(way(Files(data=DATA[::-1])), FILE, target)
    assert not target.exists()


def test_a_connection_that_always_breaks_is_an_error_and_what_came_stays(way: Way, tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    with pytest.raises(ServerError):
        fetch(way(Files(500, *[0] * 50)), FILE, target)
    assert target.read_bytes() == DATA[:500]


def test_a_part_that_nobody_asked_for_is_refused(way: Way, tmp_path: Path) -> None:
    def odd(request: httpx.Request) -> httpx.Response:
        return httpx.Response(206, headers={"Content-Range": "bytes 5-9/10"}, content=b"56789")

    with pytest.raises(ServerError, match="another part"):
        fetch(way(odd), RemoteFile("/files/a", "a"), tmp_path / "a")


@pytest.mark.parametrize("name", ["/etc/passwd", "../up", "a/../../b", "", "a//b", "a\\..\\b", "a/\0"])
def test_no_name_of_a_server_leads_out_of_the_folder(name: str) -> None:
    with pytest.raises(ServerError, match="a file that is none"):
        files_of([{"path": name, "bytes": 1, "sha256": "x"}], "/files")


# Results -------------------------------------------------------------------------------------------------------------

TABLE = pa.table({"state": ["CA", "CO", "NY"], "value": [1.0, 2.0, 3.0]})


class Results:
    """A server with the result of one query."""

    def __init__(self, rows: int | None = None) -> None:
        sink = pa.BufferOutputStream()
        pq.write_table(TABLE, sink)
        self.parquet = sink.getvalue().to_pybytes()
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, TABLE.schema) as writer:
            writer.write_table(TABLE.slice(0, rows), max_chunksize=1)
        self.stream = sink.getvalue().to_pybytes()
        self.file = {
            "path": "table.parquet",
            "bytes": len(self.parquet),
            "rows": 3,
            "sha256": hashlib.sha256(self.parquet).hexdigest(),
            "role": "result",
        }
        column = {"type": "x", "holds": "string"}
        self.manifest = {
            "format": 1,
            "query": "q",
            "project": "p@1.0.0",
            "table": "table.parquet",
            "rows": 3,
            "columns": [{"name": "state", **column}, {"name": "value", **column, "holds": "double"}],
            "datasets": [],
            "sums": [{"found": 6.0, "unit": "MWh"}],
            "results": [],
            "files": [self.file],
        }
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/v1/jobs/5f/result/")
        self.asked.append(path)
        if path == "manifest":
            return httpx.Response(200, json=self.manifest)
        if path == "files":
            return httpx.Response(200, json={"items": [self.file], "total": 1})
        if path == "table":
            return httpx.Response(200, content=self.stream)
        return httpx.Response(200, content=self.parquet, headers={"ETag": '"x"'})

    def result(self, way: Way) -> RemoteResult:
        job = {"id": "5f", "kind": "query", "state": "succeeded", "outcome": {"code": 0, "report": ""}}
        made = way(self)
        return open_remote_result(RemoteJob(job, made), made)


def test_rows_come_over_the_network_and_the_first_ones_without_the_others(way: Way) -> None:
    result = Results().result(way)
    assert result.to_arrow().equals(TABLE)
    assert result.to_pandas()["value"].sum() == 6.0
    assert result.head(2).equals(TABLE.slice(0, 2))
    assert result.report() == "q: 3 rows, in all 6 MWh\njobs/5f/result/table.parquet"


def test_an_answer_that_was_there_already_says_so(way: Way) -> None:
    said = "answered from the cache: nothing that it depends on has changed since 2026-07-01 09:30 UTC"
    report = f"q: 3 rows\njobs/5f/2/results/q/20260701T093000Z-00c0ffee/table.parquet\n{said}\n"
    made = way(Results())
    job = RemoteJob({"id": "5f", "kind": "query", "state": "succeeded", "outcome": {"code": 0, "report": report}}, made)
    assert job.report() == f"q: 3 rows\njobs/5f/result/table.parquet\n{said}"
    result = open_remote_result(job, made)
    assert (result.reused, result.report().splitlines()[-1]) == (said, said)


def test_a_table_that_ends_too_soon_is_no_table(way: Way) -> None:
    with pytest.raises(ServerError, match="cut after 2 of 3 rows"):
        Results(rows=2).result(way).to_arrow()


def test_a_result_that_was_fetched_is_a_result(way: Way, tmp_path: Path) -> None:
    folder = Results().result(way).download(tmp_path / "got")
    assert open_result(folder).to_arrow().equals(TABLE)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["got"]
    assert sorted(one.name for one in folder.iterdir()) == ["manifest.json", "table.parquet"]


def test_a_folder_appears_when_all_is_in_it(way: Way, tmp_path: Path) -> None:
    server = Results()
    result = server.result(way)
    server.parquet = b"damaged"
    with pytest.raises(StorageError):
        result.download(tmp_path / "got")
    assert not (tmp_path / "got").exists()


def test_what_is_there_is_replaced_only_where_that_is_said(way: Way, tmp_path: Path) -> None:
    result = Results().result(way)
    other = tmp_path / "other"
    other.mkdir()
    (other / "mine.txt").write_text("mine")
    for force in (False, True):
        with pytest.raises(UsageError, match="holds something that is no result"):
            result.download(other, force=force)
    result.download(tmp_path / "got")
    with pytest.raises(UsageError, match="holds a result already"):
        result.download(tmp_path / "got")
    (tmp_path / "got/manifest.json").write_text(json.dumps({}))
    result.download(tmp_path / "got", force=True)
    assert open_result(tmp_path / "got").rows == 3
    with pytest.raises(UsageError, match="there is no folder"):
        result.download(tmp_path / "none/got")


@pytest.mark.parametrize("name", ["t.parquet", "t.csv", "t.json", "t.arrow"])
def test_a_table_comes_in_the_form_that_its_file_says(way: Way, tmp_path: Path, name: str) -> None:
    path = Results().result(way).download(tmp_path / name)
    if name.endswith("parquet"):
        assert pq.read_table(path).equals(TABLE)
    elif name.endswith("csv"):
        assert path.read_text() == "state,value\nCA,1.0\nCO,2.0\nNY,3.0\n"
    elif name.endswith("json"):
        assert json.loads(path.read_text()) == TABLE.to_pylist()
    else:
        assert pa.ipc.open_file(path).read_all().equals(TABLE)
    assert [one.name for one in tmp_path.iterdir()] == [name]
    with pytest.raises(UsageError, match="is there already"):
        Results().result(way).download(path)


def test_a_parquet_file_that_is_none_is_not_left(way: Way, tmp_path: Path) -> None:
    server = Results()
    result = server.result(way)
    server.parquet = server.parquet[:-10]
    with pytest.raises(StorageError, match="is damaged"):
        result.download(tmp_path / "t.parquet")
    assert list(tmp_path.iterdir()) == []
