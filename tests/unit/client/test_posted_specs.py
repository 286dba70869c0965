"""Specs as they are sent."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest

from dsgrid.client.posting import JSON, TOML, posted
from dsgrid.errors import NotFoundError, SpecError, UsageError
from dsgrid.spec.load import load_spec

TEXT = '#:schema ../query.json\nspec_version = 1\njob = "query"\nname = "größe" # kept\n'


def test_a_file_is_sent_as_it_is_and_keeps_its_name(tmp_path: Path) -> None:
    path = tmp_path / "q.toml"
    path.write_text(TEXT, "utf-8")
    for spec in (path, str(path)):
        sent = posted(spec, "query")
        assert (sent.body, sent.media_type, sent.name, sent.job) == (TEXT.encode(), TOML, str(path), "query")


def test_a_text_of_several_lines_is_a_spec_itself() -> None:
    assert posted(TEXT).body == TEXT.encode()


def test_a_mapping_is_sent_as_json_with_what_it_may_leave_out() -> None:
    sent = posted({"name": "q", "path": Path("a/b"), "day": datetime.date(2018, 7, 1), "by": ("x",)}, "query")
    assert sent.media_type == JSON
    assert json.loads(sent.body) == {
        "spec_version": 1,
        "job": "query",
        "name": "q",
        "path": "a/b",
        "day": "2018-07-01",
        "by": ["x"],
    }


def test_a_spec_that_was_loaded_is_sent_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "remove.toml"
    text = 'spec_version = 1\njob = "remove"\nids = ["a"]\nlog_message = "gone"\n'
    path.write_text(text)
    assert posted(load_spec(path)).body == text.encode()
    mapping = {"ids": ["a"], "log_message": "gone"}
    assert json.loads(posted(load_spec(mapping, "remove")).body)["job"] == "remove"


def test_a_spec_for_another_job_is_refused_before_it_is_sent(tmp_path: Path) -> None:
    path = tmp_path / "q.toml"
    path.write_text(TEXT, "utf-8")
    with pytest.raises(SpecError, match=r'q\.toml: job: found a spec for "query", expected one for "remove"'):
        posted(path, "remove")
    with pytest.raises(SpecError, match="expected one for"):
        posted({"job": "query"}, "remove")


def test_what_cannot_be_sent_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"none\.toml"):
        posted(tmp_path / "none.toml")
    with pytest.raises(UsageError, match="NaN"):
        posted({"value": float("nan")}, "query")


def test_what_is_wrong_inside_is_left_to_the_server() -> None:
    # It says where, as for a file here.
    assert posted("job = \nx", "query").job == ""
