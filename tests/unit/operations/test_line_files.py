"""Files of JSON lines that are read again and again: always what is in them now."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from dsgrid.operations.line_files import LineFiles, read_lines

WRITES = st.lists(
    st.tuples(st.sampled_from(["append", "anew", "remove", "replace"]), st.binary(max_size=30)), max_size=8
)


@given(WRITES, st.lists(st.sampled_from([b'{"a": 1}\n', b'{"b": "x"}\n', b'{"a": 1', b"[]\n", b"}\n"]), max_size=8))
def test_what_is_read_again_is_what_is_read_anew(tmp_path_factory, writes, pieces):
    path = tmp_path_factory.mktemp("lines") / "lines.jsonl"
    kept = LineFiles()
    for number, (how, noise) in enumerate(writes):
        data = pieces[number % len(pieces)] if pieces else noise
        if how == "append":
            with path.open("ab") as file:
                file.write(data)
        elif how == "anew":
            path.write_bytes(data * 3)
        elif how == "replace":
            other = path.with_name("other")
            other.write_bytes(noise + b"\n" + data)
            other.replace(path)
        else:
            path.unlink(missing_ok=True)
        found = kept.read([path])
        # A file that was written anew in its place, and begins as it did, has only grown.
        assert found == list(read_lines([path]))


def test_a_line_that_is_only_half_there_is_read_when_it_is_whole(tmp_path: Path):
    path, kept = tmp_path / "lines.jsonl", LineFiles()
    line = json.dumps({"a": 1}).encode()
    path.write_bytes(line[:4])
    assert kept.read([path]) == []
    path.write_bytes(line + b"\n" + line)
    assert kept.read([path]) == [{"a": 1}, {"a": 1}]
