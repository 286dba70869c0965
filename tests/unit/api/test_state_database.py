"""The database of a server: who may read it, who waits for whom, and what is kept."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

from dsgrid.api.state.database import DATABASE, State, StateBusyError, StateFullError, now, open_state
from dsgrid.errors import NotFoundError, RegistryError, StorageError

ADD = "INSERT INTO audit (at, user, token, address, method, path, status) VALUES (?, '', '', '', '', '', 1)"


def add(state: State, *more: str | None) -> None:
    with state.atomic() as connection:
        for value in (now(), *more):
            connection.execute(ADD, (value,))


def number(state: State) -> int:
    with state.read() as connection:
        return int(connection.execute("SELECT count(*) FROM audit").fetchone()[0])


@pytest.fixture
def state(tmp_path: Path) -> State:
    return open_state(tmp_path / "a" / "state")


def test_nobody_else_may_read_it(state: State) -> None:
    add(state)
    assert state.folder.stat().st_mode & 0o777 == 0o700
    assert (state.folder / DATABASE).stat().st_mode & 0o777 == 0o600
    assert state.jobs_folder.stat().st_mode & 0o777 == 0o700


def test_what_is_there_stays(state: State) -> None:
    add(state)
    assert number(open_state(state.folder)) == 1
    assert number(open_state(state.folder, create=False)) == 1


def test_a_folder_that_is_none_is_refused_and_left_alone(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no state folder"):
        open_state(tmp_path / "none", create=False)
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(RegistryError, match=r"it holds letter\.txt"):
        open_state(tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["letter.txt"]
    with pytest.raises(StorageError, match="cannot be made"):
        open_state(tmp_path / "letter.txt" / "state")


def test_another_database_is_refused(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / DATABASE)
    other.execute("CREATE TABLE mine (a)")
    other.execute("PRAGMA user_version = 3")
    other.commit()
    other.close()
    with pytest.raises(RegistryError, match="no database of a dsgrid server"):
        open_state(tmp_path)
    (tmp_path / DATABASE).write_bytes(b"no database at all" * 100)
    with pytest.raises(StorageError, match="damaged"):
        open_state(tmp_path)


def test_that_of_a_newer_dsgrid_is_refused(state: State) -> None:
    with state.atomic() as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(RegistryError, match="a newer dsgrid made the state folder"):
        open_state(state.folder)


def test_all_of_a_transaction_is_kept_or_nothing(state: State) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        add(state, None)
    assert number(state) == 0
    add(state)
    assert number(state) == 1


def test_a_read_inside_a_transaction_sees_it_and_transactions_do_not_nest(state: State) -> None:
    with state.atomic() as connection:
        connection.execute(ADD, (now(),))
        assert number(state) == 1
        with pytest.raises(RuntimeError, match="inside another one"), state.atomic():
            pass
    add(state)
    assert number(state) == 2


def test_many_threads_write_and_read_at_once_and_nothing_is_lost(state: State) -> None:
    errors: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(5):
                add(state)
                number(state)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert errors == []
    assert number(state) == 40


def test_who_waits_too_long_for_another_process_is_told_to_try_again(state: State) -> None:
    other = sqlite3.connect(state.folder / DATABASE, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    hasty = State(state.folder, busy_timeout=0.05)
    with pytest.raises(StateBusyError, match="try again"):
        add(hasty)
    with pytest.raises(StateBusyError, match="try again"):
        number(hasty)
    other.execute("ROLLBACK")
    other.close()
    add(hasty)
    assert number(hasty) == 1


def test_who_waits_too_long_for_another_thread_is_told_too(state: State) -> None:
    hasty = State(state.folder, busy_timeout=0.05)
    refused: list[Any] = []

    def work() -> None:
        try:
            add(hasty)
        except StateBusyError as error:
            refused.append(error)

    with hasty.atomic():
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert len(refused) == 1


def test_a_full_disk_keeps_nothing_and_loses_nothing(state: State) -> None:
    add(state)
    with state.atomic() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        # Of this connection, which is the one that is taken again.
        connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StateFullError, match="is full; nothing of this step was kept"):
        add(state, *["x" * 200] * 2_000)
    assert number(state) == 1
    add(state)
    assert number(state) == 2


def test_it_can_be_used_after_it_was_closed_and_keeps_nothing_open(state: State) -> None:
    add(state)
    state.close()
    assert number(state) == 1
    assert state._idle == []
