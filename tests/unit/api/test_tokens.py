"""Tokens: made once, known again, ended for good; and nothing in the database is one."""

from __future__ import annotations

import hmac
import sqlite3
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dsgrid.api.state import tokens as module
from dsgrid.api.state.database import State, open_state
from dsgrid.api.state.tokens import Tokens, lifetime
from dsgrid.errors import NotFoundError, UsageError


@pytest.fixture
def state(tmp_path: Path) -> State:
    return open_state(tmp_path / "state")


@pytest.fixture
def tokens(state: State) -> Tokens:
    return Tokens(state)


def test_a_token_is_known_again_and_says_whose_it_is(tokens: Tokens) -> None:
    info, text = tokens.make("ada", "analyst", expires_at=None, by="grace")

    user = tokens.user(text)

    assert user is not None
    assert (user.name, user.role, user.token) == ("ada", "analyst", info.id)
    assert text.startswith(f"dsg_{info.id}_")
    assert len(text) == 4 + 8 + 1 + 43


def test_no_two_tokens_are_the_same_and_nothing_of_one_is_in_the_database(tokens: Tokens, state: State) -> None:
    texts = [tokens.make("ada", "reader", expires_at=None, by="")[1] for _ in range(20)]

    assert len(set(texts)) == 20
    stored = (state.folder / "server.db").read_bytes()
    for text in texts:
        assert text[13:].encode() not in stored


def test_a_token_with_one_other_character_is_none(tokens: Tokens) -> None:
    _, text = tokens.make("ada", "admin", expires_at=None, by="")

    for at in (0, 4, 12, 13, 30):
        other = text[:at] + ("b" if text[at] != "b" else "c") + text[at + 1 :]
        assert tokens.user(other) is None
    for other in (text[:-1], text + "A", f" {text}", text + "\n", text.upper(), "", "dsg_", "é" * 56, "\ud800" * 56):
        assert tokens.user(other) is None


def test_the_secret_is_compared_in_constant_time_also_for_an_unknown_id(
    tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[int, int]] = []
    compare = hmac.compare_digest

    def counting(left: bytes, right: bytes) -> bool:
        compared.append((len(left), len(right)))
        return compare(left, right)

    monkeypatch.setattr(module.hmac, "compare_digest", counting)
    info, _ = tokens.make("ada", "admin", expires_at=None, by="")

    assert tokens.user(f"dsg_{info.id}_{'A' * 43}") is None
    assert tokens.user(f"dsg_00000000_{'A' * 43}") is None
    assert compared == [(32, 32), (32, 32)]


def test_an_expired_token_is_none_also_while_it_is_remembered(tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    soon = datetime.now(UTC) + timedelta(hours=1)
    info, text = tokens.make("ada", "reader", expires_at=soon, by="")
    assert tokens.user(text) is not None

    monkeypatch.setattr(module, "now", lambda: module.moment(soon))

    assert tokens.user(text) is None
    assert tokens.get(info.id).state() == "expired"


def test_a_revoked_token_is_none_at_once_here_and_in_another_process_when_it_looks_again(
    tokens: Tokens, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    info, text = tokens.make("ada", "reader", expires_at=None, by="")
    other = Tokens(open_state(state.folder))
    assert tokens.user(text) is not None
    assert other.user(text) is not None

    tokens.revoke(info.id)

    assert tokens.user(text) is None
    later = module.time.monotonic() + module.FRESH
    monkeypatch.setattr(module.time, "monotonic", lambda: later)
    assert module.FRESH <= 2
    assert other.user(text) is None
    # Once more changes nothing, and cannot bring it back.
    assert tokens.revoke(info.id).revoked_at == tokens.get(info.id).revoked_at


def test_wrong_tokens_take_no_memory(tokens: Tokens) -> None:
    info, _ = tokens.make("ada", "reader", expires_at=None, by="")

    for number in range(50):
        tokens.user(f"dsg_{info.id}_{number:043d}")

    assert tokens._known == {}


def test_use_is_noted_once_in_a_minute(tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    info, _ = tokens.make("ada", "reader", expires_at=None, by="")
    times = iter(["2026-11-26T10:00:00.000Z", "2026-11-26T10:00:30.000Z"])
    monkeypatch.setattr(module, "now", lambda: next(times))

    tokens.note_use(info.id)
    tokens.note_use(info.id)

    assert tokens.get(info.id).used_at == "2026-11-26T10:00:00.000Z"


def test_use_that_cannot_be_noted_is_no_error(tokens: Tokens, state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    info, text = tokens.make("ada", "reader", expires_at=None, by="")

    def refused() -> None:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(state, "atomic", refused)
    tokens.note_use(info.id)

    assert tokens.user(text) is not None


@pytest.mark.parametrize(
    "name", ["", " ", "a b", "-a", "a\nb", "é", "x" * 65, "anonymous", "Anonymous", "a/b", "cli:root"]
)
def test_names_are_closed(tokens: Tokens, name: str) -> None:
    with pytest.raises(UsageError) as error:
        tokens.make(name, "reader", expires_at=None, by="")
    assert "\n" not in str(error.value)


def test_roles_are_those_that_there_are(tokens: Tokens) -> None:
    with pytest.raises(UsageError, match='did you mean "analyst"'):
        tokens.make("ada", "analist", expires_at=None, by="")


def test_unknown_ids_cannot_be_revoked(tokens: Tokens) -> None:
    for id_ in ("00000000", "", "' OR 1=1 --", "x" * 500):
        with pytest.raises(NotFoundError):
            tokens.revoke(id_)


@pytest.mark.parametrize(
    ("text", "days"),
    [("30d", 30), ("12h", 0.5), (" 1D ", 1), ("never", None), ("2999-01-31", ...), ("2999-01-31T10:00:00+02:00", ...)],
)
def test_lifetimes(text: str, days: float | None) -> None:
    until = lifetime(text)

    if days is None:
        assert until is None
    else:
        assert until is not None
        assert until.tzinfo is not None
        if days is not ...:
            assert abs(until - datetime.now(UTC) - timedelta(days=days)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    "text", ["", "0d", "-1d", "30", "30m", "999999d", "soon", "2026-13-01", "٣d", "9999-12-31T23:00:00-05:00"]
)
def test_what_is_no_lifetime_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="expected such as 30d"):
        lifetime(text)


def test_the_past_is_no_lifetime(tokens: Tokens) -> None:
    with pytest.raises(UsageError, match="past"):
        tokens.make("ada", "reader", expires_at=lifetime("2020-01-01"), by="")


def test_threads_may_ask_and_revoke_at_the_same_time(tokens: Tokens) -> None:
    made = [tokens.make("ada", "reader", expires_at=None, by="") for _ in range(4)]
    failed: list[BaseException] = []

    def work(text: str) -> None:
        try:
            for _ in range(30):
                tokens.user(text)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(text,)) for _, text in made]
    for thread in threads:
        thread.start()
    for info, _ in made:
        tokens.revoke(info.id)
    for thread in threads:
        thread.join()

    assert failed == []
    assert [tokens.user(text) for _, text in made] == [None] * 4
