"""The audit log: written before and after, found again, and kept for a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsgrid.api.state import audit as module
from dsgrid.api.state.audit import Audit, Entry
from dsgrid.api.state.database import open_state


@pytest.fixture
def audit(tmp_path: Path) -> Audit:
    return Audit(open_state(tmp_path / "state"))


def entry(user: str = "ada", method: str = "POST", status: int = 0, subject: str = "") -> Entry:
    return Entry(user, "3f9a1c20", "127.0.0.1", method, "/v1/queries", status, subject=subject)


def test_a_request_stands_there_unanswered_until_it_is_answered(audit: Audit) -> None:
    number = audit.write(entry())
    assert [(each.number, each.status) for each in audit.list()] == [(number, 0)]

    audit.answered(number, 202, what="handed in", subject="job-1")

    (found,) = audit.list()
    assert (found.status, found.what, found.subject) == (202, "handed in", "job-1")


def test_entries_are_found_by_each_of_their_sides_the_newest_first(audit: Audit) -> None:
    audit.write(entry("ada", "POST", 202, "a"))
    audit.write(entry("bob", "DELETE", 403, "b"))
    audit.write(entry("ada", "DELETE", 200, "c"))

    def subjects(**wanted: object) -> list[str]:
        return [each.subject for each in audit.list(**wanted)]  # type: ignore[arg-type]

    assert subjects() == ["c", "b", "a"]
    assert subjects(user="ada") == ["c", "a"]
    assert subjects(method="DELETE", user="bob") == ["b"]
    assert subjects(status=403) == ["b"]
    assert subjects(subject="a") == ["a"]
    assert subjects(token="nobody") == []
    assert subjects(limit=1) == ["c"]
    assert subjects(before=audit.list()[0].number) == ["b", "a"]
    assert subjects(user="' OR 1=1 --") == []


def test_times_bound_what_is_listed(audit: Audit, monkeypatch: pytest.MonkeyPatch) -> None:
    for hour in (9, 10, 11):
        monkeypatch.setattr(module, "now", lambda hour=hour: f"2026-11-26T{hour:02}:00:00.000Z")
        audit.write(entry(subject=str(hour)))

    found = audit.list(since="2026-11-26T10:00:00.000Z", until="2026-11-26T11:00:00.000Z")

    assert [each.subject for each in found] == ["10"]


def test_long_texts_are_cut_so_that_nobody_fills_the_disk_with_one_request(audit: Audit) -> None:
    number = audit.write(Entry("ada", "", "127.0.0.1", "M" * 9_000, "/" + "x" * 9_000))
    audit.answered(number, 200, what="w" * 9_000, subject="s" * 9_000)

    (found,) = audit.list()
    assert max(len(found.method), len(found.path), len(found.what), len(found.subject)) == 500
