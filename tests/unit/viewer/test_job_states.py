"""How jobs stand, as components from what the API tells: without a server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.unit.viewer.showing import pieces, words

from dsgrid.viewer.parts.durations import between, duration
from dsgrid.viewer.parts.job_actions import CANCEL, REMOVE, RETRY, actions, possible
from dsgrid.viewer.parts.job_stages import DONE, FAILED, RUNNING, expected_seconds, stages_of, warnings_of
from dsgrid.viewer.parts.job_state import progress, state_tag

HOSTILE = '<img src=x onerror="alert(1)">'


def job(state: str, **more: Any) -> dict[str, Any]:
    began = None if state == "queued" else "2026-11-26T22:00:00.000Z"
    return {
        "id": "5f1c0a9be37d4c26",
        "kind": "query",
        "name": "by_state",
        "state": state,
        "reason": "",
        "user": "ada",
        "runner": "warm",
        "why": "",
        "created_at": "2026-11-26T22:00:00.000Z",
        "started_at": began,
        "ended_at": "2026-11-26T22:00:04.000Z" if state in ("succeeded", "failed", "cancelled") else None,
        "attempt": 0 if state == "queued" else 1,
        "position": None,
        "cancelled_by": None,
        "expected": {},
        "outcome": None,
        "results_removed_at": None,
        "links": {},
        **more,
    }


def stage(name: str, event: str, **more: Any) -> dict[str, Any]:
    return {"id": "1.1", "event": "stage", "data": {"event": f"stage_{event}", "stage": name, **more}}


def test_each_end_ends_the_newest_beginning_of_its_name() -> None:
    events = [
        stage("planning", "begun"),
        stage("planning", "done", seconds=0.5),
        stage("reading", "begun", detail=["homes: 5 rows"]),
        stage("planning", "begun"),
        stage("planning", "done", seconds=2.0),
        stage("reading", "failed", seconds=3.0),
        stage("writing", "begun"),
    ]
    told = [(one.name, one.state, one.seconds) for one in stages_of(events)]
    assert told == [
        ("planning", DONE, 0.5),
        ("reading", FAILED, 3.0),
        ("planning", DONE, 2.0),
        ("writing", RUNNING, None),
    ]
    assert stages_of(events)[1].detail == ("homes: 5 rows",)


def test_an_end_without_a_beginning_is_a_stage_too_and_what_is_no_stage_is_none() -> None:
    events = [stage("planning", "done", rows=3), {"event": "message", "data": {"message": "m"}}, {"event": "stage"}]
    assert [(one.name, one.state, one.rows) for one in stages_of(events)] == [("planning", DONE, 3)]


def test_a_stage_that_had_not_ended_when_the_job_did_is_said_to_be_broken_off() -> None:
    events = [stage("reading", "begun")]
    signs = {
        state: pieces(progress(job(state), events), "Li")[0].children[0].title for state in ("running", "cancelled")
    }
    assert signs == {"running": "running", "cancelled": "broken off"}


def test_the_newest_estimate_counts_before_what_was_foretold() -> None:
    foretold = job("running", expected={"time": [{"engine": "sail", "seconds": None}, {"engine": "x", "seconds": 9.0}]})
    assert expected_seconds(foretold) == 9.0
    assert expected_seconds(foretold, [{"event": "estimate", "data": {"seconds": 4.0}}]) == 4.0
    assert expected_seconds(job("running")) is None


@pytest.mark.parametrize(
    ("gone", "whole", "says"),
    [(2.0, 10.0, "about 8.0 s left"), (9.8, 10.0, "nearly done"), (15.0, 10.0, "longer than")],
)
def test_a_running_job_shows_how_far_it_is_by_what_was_expected(gone: float, whole: float, says: str) -> None:
    began = (datetime.now(UTC) - timedelta(seconds=gone)).isoformat()
    shown = progress(job("running", started_at=began), [{"event": "estimate", "data": {"seconds": whole}}])
    bar = pieces(shown, "Progress")[0]
    assert abs(float(bar.value) - min(gone / whole, 0.95)) < 0.03
    assert says in words(shown)


def test_nothing_is_said_of_the_end_of_a_job_of_which_nobody_knows_it() -> None:
    bar = pieces(progress(job("running")), "Progress")[0]
    assert getattr(bar, "value", None) is None
    # Nor of one that takes several times as long as it was expected to.
    events = [{"event": "estimate", "data": {"seconds": 1.0}}]
    assert getattr(pieces(progress(job("running"), events), "Progress")[0], "value", None) is None


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"state": "queued", "position": 1}, "waiting next for warm"),
        ({"state": "queued", "position": 1_201}, "waiting 1,200 before it for warm"),
        ({"state": "queued"}, "waiting handed in 2026-11-26 22:00 UTC"),
        ({"state": "running", "cancelled_by": "ada"}, "being cancelled for"),
        ({"state": "succeeded"}, "succeeded in 4.0 s"),
        ({"state": "failed", "reason": "lost: the machine"}, "lost in 4.0 s"),
        ({"state": "cancelled", "started_at": None}, "cancelled before it began"),
    ],
)
def test_a_job_says_in_a_line_how_it_stands(given: dict[str, Any], says: str) -> None:
    assert says in words(progress(job(**given)))


def test_what_is_foretold_stands_there_only_until_the_end() -> None:
    told = {"rows": 52_560, "exact": False, "bytes": 1_078_928, "warning": "long", "time": []}
    assert "Expected: at most 52,560 rows; about 1.1 MB long" in words(progress(job("queued", expected=told)))
    assert "Expected" not in words(progress(job("succeeded", expected=told)))


def test_all_problems_of_a_failed_job_can_be_read_with_their_key_and_place() -> None:
    problems = [
        {"message": f"wrong {number}", "key": "step[0].by", "where": "spec.toml:3:1", "detail": "row 5"}
        for number in range(15)
    ]
    failed = job("failed", reason="wrong 0", outcome={"code": 2, "report": "", "problems": problems, "seconds": 1.0})
    shown = progress(failed)
    text = words(shown)
    assert all(f"wrong {number} key step[0].by where spec.toml:3:1 row 5" in text for number in range(15))
    # Its reason is the first problem, and is not said twice.
    assert text.count("wrong 0 ") == 1
    assert "3 more problems" in text


def test_a_report_names_no_file_of_the_server() -> None:
    report = "by_state: 48 rows\njobs/5f1c0a9be37d4c26/1/results/table.parquet\n"
    shown = progress(job("succeeded", outcome={"code": 0, "report": report, "problems": [], "seconds": 1.0}))
    assert [piece.children for piece in pieces(shown, "Pre")] == ["by_state: 48 rows"]


def test_who_looks_for_a_removed_result_is_told_how_to_make_it_again() -> None:
    shown = words(progress(job("succeeded", results_removed_at="2026-12-10T00:00:00Z")))
    assert "removed at 2026-12-10 00:00 UTC" in shown
    assert "Try the job again" in shown


def test_warnings_are_said_once() -> None:
    warning = {"event": "message", "data": {"level": "warning", "message": "3 rows are missing"}}
    note = {"event": "message", "data": {"level": "info", "message": "reads"}}
    assert warnings_of([warning, note, warning]) == ("3 rows are missing",)


def test_what_jobs_say_is_text_and_never_markup() -> None:
    events = [stage(HOSTILE, "begun", detail=[HOSTILE])]
    problems = [{"message": HOSTILE, "key": HOSTILE, "where": HOSTILE, "detail": HOSTILE}]
    outcome = {"code": 1, "report": HOSTILE, "problems": problems, "seconds": None}
    for state in ("failed", "succeeded", "running"):
        shown = progress(job(state, reason=HOSTILE, outcome=outcome), events)
        assert HOSTILE in words(shown)
        assert {type(piece).__module__.partition(".")[0] for piece in pieces(shown)} == {"dash"}
        assert not pieces(shown, "Markdown", "DangerouslySetInnerHTML", "Iframe", "Img")


@pytest.mark.parametrize(
    ("given", "acts"),
    [
        ({"state": "queued"}, (CANCEL,)),
        ({"state": "running"}, (CANCEL,)),
        ({"state": "running", "cancelled_by": "ada"}, ()),
        ({"state": "failed", "links": {"retry": "/v1/jobs/x/retry"}}, (RETRY, REMOVE)),
        ({"state": "succeeded"}, (REMOVE,)),
    ],
)
def test_only_what_may_be_done_to_a_job_has_a_button(given: dict[str, Any], acts: tuple[str, ...]) -> None:
    assert possible(job(**given)) == acts
    buttons = pieces(actions(job(**given), "list", only=(CANCEL, RETRY)), "Button")
    assert [each.id["act"] for each in buttons] == [act for act in acts if act != REMOVE]


def test_states_are_told_in_words_besides_colours() -> None:
    assert [words(state_tag(job(state))) for state in ("queued", "running", "succeeded", "failed", "cancelled")] == [
        "waiting",
        "running",
        "succeeded",
        "failed",
        "cancelled",
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (0.032, "0.03 s"),
        (0.43, "0.4 s"),
        (9.96, "10 s"),
        (59.6, "1 min 00 s"),
        (185, "3 min 05 s"),
        (3_599.7, "1 h 00 min"),
        (7_380, "2 h 03 min"),
        (200_000, "2 days 7 h"),
        (-3, "0.00 s"),
    ],
)
def test_durations_have_units_that_fit(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


def test_times_between_are_never_negative_and_none_where_they_are_not_known() -> None:
    assert between("2026-01-01T00:00:00Z", "2026-01-01T00:00:02.500Z") == 2.5
    assert between("2999-01-01T00:00:00Z", None) == 0.0
    assert between(None, "2026-01-01T00:00:00Z") is None
    assert between("yesterday", None) is None
