"""Ranges of bytes: whatever a client asks for, the bytes are those of the file, or all of it, or none with 416."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.policy import HTTP
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from dsgrid.api.answers.file_answers import answer_file
from dsgrid.api.answers.ranges import MOST, RangeError, Span, spans
from dsgrid.api.problems.problems import ApiError

DATA = bytes(range(256)) * 3 + b"end"
TAG = f'"{hashlib.sha256(DATA).hexdigest()}"'
SIZES = st.integers(0, len(DATA) + 300)
Client = Callable[..., Any]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A server of one file."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "data.parquet").write_bytes(DATA)
    files = {"data.parquet": {"bytes": len(DATA), "sha256": TAG.strip('"')}}

    def route(request: Request) -> Response:
        try:
            return answer_file(request, folder, files, "data.parquet")  # type: ignore[arg-type]
        except ApiError as error:
            return Response(error.detail, error.status, error.headers)

    with TestClient(Starlette(routes=[Route("/", route)])) as made:
        yield made


def asked(one: tuple[int | None, int | None]) -> bytes | None:
    """Return the bytes of one range; None where it is no range."""
    first, last = one
    if first is None:
        assert last is not None
        return DATA[-last:] if last else b""
    if last is not None and last < first:
        return None
    return DATA[first:] if last is None else DATA[first : last + 1]


RANGES = st.one_of(
    st.tuples(SIZES, SIZES),
    st.tuples(SIZES, st.none()),
    st.tuples(st.none(), SIZES),
)


def header(ranges: list[tuple[int | None, int | None]], comma: str = ",") -> str:
    texts = [f"{'' if first is None else first}-{'' if last is None else last}" for first, last in ranges]
    return f"bytes={comma.join(texts)}"


@given(st.lists(RANGES, min_size=1, max_size=5), st.sampled_from([",", ", ", " ,\t", ",,"]))
def test_the_bytes_are_those_of_the_file(
    client: TestClient, ranges: list[tuple[int | None, int | None]], comma: str
) -> None:
    answer = client.get("/", headers={"Range": header(ranges, comma)})
    wanted = [asked(one) for one in ranges]
    there = [one for one in wanted if one]
    if None in wanted:
        assert (answer.status_code, answer.content) == (200, DATA)
    elif not there:
        assert answer.status_code == 416
        assert answer.headers["content-range"] == f"bytes */{len(DATA)}"
    elif len(there) > 1 and sum(map(len, there)) > len(DATA):
        assert (answer.status_code, answer.content) == (200, DATA)
    else:
        assert answer.status_code == 206
        assert int(answer.headers["content-length"]) == len(answer.content)
        assert [part for part, _ in parts(answer)] == there
        for part, told in parts(answer):
            first, last, size = map(int, re.findall(r"\d+", told))
            assert size == len(DATA)
            assert DATA[first : last + 1] == part


def parts(answer: Any) -> list[tuple[bytes, str]]:
    """Return the parts of an answer, each with its Content-Range."""
    if not answer.headers["content-type"].startswith("multipart/byteranges"):
        return [(answer.content, answer.headers["content-range"])]
    head = f"Content-Type: {answer.headers['content-type']}\r\n\r\n".encode()
    boundary = re.search("boundary=(.*)", answer.headers["content-type"])
    assert boundary is not None
    # The parser of e-mails changes line ends within a part: what it counts is checked, and the bytes are cut by hand.
    pieces = answer.content.split(b"--" + boundary[1].encode())[1:-1]
    assert len(message_from_bytes(head + answer.content, policy=HTTP).get_payload()) == len(pieces)
    found = []
    for piece in pieces:
        told, _, body = piece.partition(b"\r\n\r\n")
        found.append((body[:-2], told.decode().split("Content-Range: ")[1]))
    return found


@pytest.mark.parametrize(
    "text",
    [
        *("", "bytes", "bytes=", "bytes=a-b", "lines=0-1", "bytes=0", "bytes=-", "bytes=1-0", "bytes=0-1;2-3"),
        *(
            "bytes=--1",
            "bytes=+1-2",
            "bytes=٣-٤",
            "bytes=0x1-0x2",
            "bytes=1 2-3",
            "=0-1",
            "bytes =1-2-3",
            "bytes=1-2,x",
        ),
    ],
)
def test_what_is_no_range_is_passed_over(client: TestClient, text: str) -> None:
    answer = client.get("/", headers={"Range": text.encode()})
    assert (answer.status_code, answer.content) == (200, DATA)


def test_the_unit_may_be_written_in_capitals(client: TestClient) -> None:
    assert client.get("/", headers={"Range": "BYTES=1-2"}).content == DATA[1:3]


def test_numbers_of_any_length_are_numbers() -> None:
    long = "9" * 10_000
    assert spans(f"bytes=0-{long}", 10) == (Span(0, 10),)
    assert spans(f"bytes=-{long}", 10) == (Span(0, 10),)
    assert spans(f"bytes={'0' * 10_000}3-4", 10) == (Span(3, 5),)
    with pytest.raises(RangeError):
        spans(f"bytes={long}-", 10)


def test_too_many_ranges_are_refused() -> None:
    some = ",".join(f"{2 * number}-{2 * number}" for number in range(MOST))
    assert len(spans(f"bytes={some}", 10_000)) == MOST
    with pytest.raises(RangeError, match="expected at most"):
        spans(f"bytes={some},9999-", 10_000)


def test_the_same_bytes_are_not_sent_many_times() -> None:
    assert spans("bytes=0-,0-,0-", 10) == ()


def test_an_empty_file_has_no_ranges() -> None:
    assert spans("bytes=0-0", 0) == ()


def test_head_says_what_get_sends(client: TestClient) -> None:
    head, got = client.head("/", headers={"Range": "bytes=0-0"}), client.get("/")
    assert head.status_code == 200  # ranges are those of GET alone
    assert head.content == b""
    for name in ("content-length", "etag", "accept-ranges", "content-type", "last-modified", "content-disposition"):
        assert head.headers[name] == got.headers[name]


def test_a_range_of_another_file_is_not_sent(client: TestClient) -> None:
    modified = client.get("/").headers["last-modified"]
    for said, is_partial in (
        (TAG, True),
        (f"W/{TAG}", False),
        ('"other"', False),
        (modified, True),
        ("Mon, 01 Jan 2018 00:00:00 GMT", False),
    ):
        answer = client.get("/", headers={"Range": "bytes=0-3", "If-Range": said})
        assert (answer.status_code, answer.content) == ((206, DATA[:4]) if is_partial else (200, DATA))


def test_who_has_the_file_gets_no_bytes(client: TestClient) -> None:
    modified = client.get("/").headers["last-modified"]
    for headers in ({"If-None-Match": TAG}, {"If-None-Match": f'"a", W/{TAG}'}, {"If-Modified-Since": modified}):
        answer = client.get("/", headers=headers)
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == TAG
    both = client.get("/", headers={"If-None-Match": '"other"', "If-Modified-Since": modified})
    assert both.status_code == 200  # the tag counts, and not the date


def test_who_expects_another_file_gets_none(client: TestClient) -> None:
    for headers in (
        {"If-Match": '"other"'},
        {"If-Match": f"W/{TAG}"},
        {"If-Unmodified-Since": "Mon, 01 Jan 2018 00:00:00 GMT"},
    ):
        assert client.get("/", headers=headers).status_code == 412
    assert client.get("/", headers={"If-Match": TAG, "If-Unmodified-Since": "Mon, 01 Jan 2018 00:00:00 GMT"}).is_success
    assert client.get("/", headers={"If-Unmodified-Since": "no date"}).is_success


def test_a_file_that_is_not_whole_is_not_sent(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"half")
    request = Request({"type": "http", "method": "GET", "headers": [], "path": "/"})
    with pytest.raises(ApiError) as raised:
        answer_file(request, tmp_path, {"a": {"bytes": 8, "sha256": "0"}}, "a")
    assert raised.value.status == 502


@pytest.mark.parametrize("path", ["b", "../a", "/etc/passwd", "", ".", "a/../a", "a\x00"])
def test_only_files_of_the_manifest_are_there(tmp_path: Path, path: str) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    for place in (folder / "b", tmp_path / "a"):
        place.write_bytes(b"x")
    request = Request({"type": "http", "method": "GET", "headers": [], "path": "/"})
    # Not even where a manifest names what lies outside of its folder.
    files = {name: {"bytes": 1, "sha256": "0"} for name in ("c", "../a", "/etc/passwd", "a/../a")}
    with pytest.raises(ApiError) as raised:
        answer_file(request, folder, files, path)
    assert raised.value.status == 404
