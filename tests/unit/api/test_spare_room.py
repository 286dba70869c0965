"""A full disk can be tidied up: some room is kept for what makes room."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from guarded import guarded

from dsgrid.api.dispatch.dispatcher import Dispatcher
from dsgrid.api.dispatch.retention import Retention
from dsgrid.api.job import CANCELLED, SUCCEEDED, NewJob, Outcome
from dsgrid.api.jobs.queue import JobStore
from dsgrid.api.limits import Limits
from dsgrid.api.settings import Settings
from dsgrid.api.state.database import State, StateFullError, open_state
from dsgrid.api.state.spare_room import SIZE, SPARE, keep_spare_room, with_spare_room

NEW = NewJob("anna", "analyst", "query", "q", "{}", "application/json", "warm")


@pytest.fixture
def state(tmp_path: Path) -> State:
    found = open_state(tmp_path / "state")
    keep_spare_room(found.folder)
    assert room(found.folder) == SIZE
    return found


def room(folder: Path) -> int:
    return (folder / SPARE).stat().st_size


def on_a_full_disk(folder: Path, work: Callable[..., Any]) -> Callable[..., Any]:
    """Return work that needs the room that is kept."""

    def done(*given: Any) -> Any:
        if room(folder):
            raise StateFullError("the disk is full")
        return work(*given)

    return done


def test_the_room_is_used_once_and_kept_again(state: State) -> None:
    assert with_spare_room(state, on_a_full_disk(state.folder, lambda: "done")) == "done"
    keep_spare_room(state.folder)
    assert room(state.folder) == SIZE


def test_what_is_full_with_the_room_too_is_told(state: State) -> None:
    def full() -> None:
        raise StateFullError("the disk is full")

    with pytest.raises(StateFullError):
        with_spare_room(state, full)
    (state.folder / SPARE).unlink()
    with pytest.raises(StateFullError):
        with_spare_room(state, full)


def test_jobs_are_cancelled_and_removed_on_a_full_disk(state: State, tmp_path: Path) -> None:
    dispatcher = Dispatcher(state, Settings(tmp_path / "registry", state.folder), {})
    store = dispatcher.store
    job, _ = store.add(NEW)
    for name in ("cancel_queued", "wish_cancelled", "remove"):
        setattr(store, name, on_a_full_disk(state.folder, getattr(store, name)))
    assert dispatcher.cancel(job.id, "anna").state == CANCELLED
    keep_spare_room(state.folder)
    dispatcher.remove(job.id)
    assert dispatcher.get(job.id) is None
    assert room(state.folder) == SIZE


def test_results_that_are_kept_no_longer_go_from_a_full_disk(state: State) -> None:
    store = JobStore(state, Limits())
    store.add(NEW)
    job = store.claim("warm", 1)
    assert job is not None
    results = state.jobs_folder / job.id / "1" / "results"
    results.mkdir(parents=True)
    (results / "table.parquet").write_bytes(b"x" * 10_000)
    store.finish(job.id, 1, Outcome(SUCCEEDED, result="results"))
    store.results_removed = on_a_full_disk(state.folder, store.results_removed)  # type: ignore[method-assign]
    assert Retention(state, store, Limits(results=0)).run().results == 1
    assert not results.exists()
    assert room(state.folder) == SIZE


@pytest.mark.parametrize(
    ("method", "path", "is_taken"),
    [("DELETE", "/v1/work", True), ("POST", "/v1/work/cancel", True), ("POST", "/v1/work", False)],
)
def test_the_audit_log_has_room_for_what_makes_room_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str, path: str, is_taken: bool
) -> None:
    here = guarded(tmp_path)
    headers, folder = here.as_("analyst"), here.app.state.context.state.folder
    keep_spare_room(folder)
    monkeypatch.setattr(here.audit, "write", on_a_full_disk(folder, here.audit.write))
    assert (here.ask(method, path, headers).status != 507) == is_taken
    assert room(folder) == (0 if is_taken else SIZE)
