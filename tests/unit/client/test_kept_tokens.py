"""Where a token comes from, and who can read the file that keeps it."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from dsgrid.client.address import parse_address
from dsgrid.client.tokens import forget_token, keep_token, token_file, token_for
from dsgrid.errors import NotFoundError, UsageError

LAB = parse_address("https://lab.org")
NEAR = parse_address("http://localhost:8000")


def test_what_is_given_wins_over_the_environment_and_that_over_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    assert token_for(LAB) is None
    keep_token(LAB, "dsg_kept")
    assert (token_for(LAB), token_for(NEAR)) == ("dsg_kept", None)
    monkeypatch.setenv("DSGRID_TOKEN", " dsg_environment\n")
    assert (token_for(LAB), token_for(NEAR)) == ("dsg_environment", "dsg_environment")
    assert token_for(LAB, "dsg_given") == "dsg_given"


def test_nobody_else_can_read_a_kept_token_whatever_the_umask() -> None:
    before = os.umask(0)
    try:
        path = keep_token(LAB, "dsg_kept")
        keep_token(NEAR, "dsg_other")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir() if not one.name.endswith(".lock")] == [path.name]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_file_that_others_can_read_or_write_is_not_used(mode: int) -> None:
    path = keep_token(LAB, "dsg_kept")
    path.chmod(mode)
    for use in (lambda: token_for(LAB), lambda: keep_token(LAB, "dsg_new"), lambda: forget_token(LAB)):
        with pytest.raises(UsageError, match="others than you can read") as caught:
            use()
        assert "dsg_kept" not in str(caught.value)


def test_a_token_that_was_forgotten_is_gone_and_others_stay() -> None:
    keep_token(LAB, "dsg_kept")
    keep_token(NEAR, "dsg_near")
    forget_token(LAB)
    assert (token_for(LAB), token_for(NEAR)) == (None, "dsg_near")
    with pytest.raises(NotFoundError, match=r"has no token for https://lab\.org"):
        forget_token(LAB)


@pytest.mark.parametrize("text", ["", "  ", "dsg_a b", "dsg_a\r\nX-Evil: 1", "dsg_ä", "d" * 600])
def test_what_cannot_be_a_token_is_refused_and_not_shown(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="the token") as caught:
        token_for(LAB, text)
    assert not text.strip() or text not in str(caught.value)
    if text.strip():
        monkeypatch.setenv("DSGRID_TOKEN", text)
        with pytest.raises(UsageError, match="in DSGRID_TOKEN"):
            token_for(LAB)


@pytest.mark.parametrize("text", ["", "[]", '{"https://lab.org": 1}', "{", '{"a": {"b": "c"}}'])
def test_a_damaged_file_is_told_and_never_overwritten(text: str) -> None:
    path = keep_token(LAB, "dsg_kept")
    path.write_text(text)
    for use in (lambda: token_for(LAB), lambda: keep_token(NEAR, "dsg_new")):
        with pytest.raises(UsageError, match="is damaged"):
            use()
    assert path.read_text() == text


def test_tokens_that_are_kept_at_once_are_all_kept() -> None:
    addresses = [parse_address(f"http://localhost:{port}") for port in range(8000, 8012)]
    threads = [threading.Thread(target=keep_token, args=(each, f"dsg_{each.url[-4:]}")) for each in addresses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [token_for(each) for each in addresses] == [f"dsg_{each.url[-4:]}" for each in addresses]


def test_a_folder_that_cannot_be_written_is_told(own_configuration: Path) -> None:
    own_configuration.write_text("a file")
    with pytest.raises(UsageError, match="cannot be kept there"):
        keep_token(LAB, "dsg_kept")
    assert not token_file().exists()
