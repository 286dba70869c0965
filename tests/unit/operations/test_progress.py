"""Progress: stages begin and end whoever tells them, every kind of listener is served, and a failed stage is marked."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from dsgrid.cli import shown_progress
from dsgrid.cli.progress import SHOWN, LiveProgress
from dsgrid.errors import DataError, UsageError
from dsgrid.operations.progress import (
    BEGUN,
    DONE,
    ERROR,
    ESTIMATE,
    FAILED,
    LONG,
    TOLD,
    WARNING,
    Course,
    Event,
    LineProgress,
    Listener,
    Several,
    closed,
    emit,
    stage,
    tell,
    within,
)
from dsgrid.operations.run_log import RunLog, log_file


class Heard(Listener):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def take(self, event: Event) -> None:
        self.events.append(event)


def ended(course: Course) -> list[tuple[str, str | None]]:
    return [(step.name, step.ended.kind if step.ended else None) for step in course.steps]


# Stages --------------------------------------------------------------------------------------------------------------


def test_a_callable_for_texts_is_told_stages_and_remarks_and_no_ends() -> None:
    texts: list[str] = []
    with stage(texts.append, "planning"):
        tell(texts.append, "a remark")
    emit(texts.append, Event(ESTIMATE, "soon", LONG - 1))
    emit(texts.append, Event(ESTIMATE, "not known"))
    emit(texts.append, Event(ESTIMATE, "later", LONG + 1))
    emit(None, Event(TOLD, "to nobody"))
    assert texts == ["planning", "a remark", "later"]


def test_a_listener_is_told_the_end_of_a_stage_and_what_it_made() -> None:
    heard = Heard()
    with stage(heard, "reading", ["homes"]) as made:
        made.rows, made.bytes = 1, 2_500
    begun, done = heard.events
    assert (begun.kind, begun.detail, begun.lasts) == (BEGUN, ("homes",), True)
    assert (done.kind, done.made) == (DONE, "1 row, 2.5 kB")
    assert done.seconds is not None
    assert done.seconds >= 0


@pytest.mark.parametrize(("error", "level"), [(DataError("wrong"), ERROR), (KeyboardInterrupt(), WARNING)])
def test_a_stage_that_an_error_ends_has_failed(error: BaseException, level: str) -> None:
    heard = Heard()
    with pytest.raises(type(error)), stage(heard, "reading"):
        raise error
    assert [(event.kind, event.level) for event in heard.events] == [(BEGUN, "info"), (FAILED, level)]


def test_a_plain_text_ends_the_stage_that_the_one_before_began() -> None:
    course = Course()
    course.take(Event(BEGUN, "first"), 1.0)
    events = course.take(Event(BEGUN, "second"), 3.5)
    assert [(event.kind, event.text, event.seconds) for event in events] == [
        (DONE, "first", 2.5),
        (BEGUN, "second", None),
    ]
    assert course.take(Event(BEGUN, "second"), 4.0) == []
    (last,) = course.close(5.0)
    assert (last.kind, last.text, last.seconds) == (DONE, "second", 1.5)
    assert course.close(6.0) == []


def test_plain_texts_inside_a_stage_lie_in_it_and_end_with_it() -> None:
    course = Course()
    course.take(Event(BEGUN, "reading", lasts=True), 0.0)
    course.take(Event(BEGUN, "part 1"), 1.0)
    course.take(Event(BEGUN, "part 2"), 2.0)
    assert [step.depth for step in course.steps] == [0, 1, 1]
    events = course.take(Event(DONE, "reading", 4.0, rows=7), 4.0)
    assert [(event.text, event.seconds) for event in events] == [("part 2", 2.0), ("reading", 4.0)]
    assert ended(course) == [("reading", DONE), ("part 1", DONE), ("part 2", DONE)]


def test_what_runs_when_an_error_comes_has_failed_and_what_is_over_has_not() -> None:
    course = Course()
    course.take(Event(BEGUN, "over"), 0.0)
    course.take(Event(BEGUN, "reading", lasts=True), 1.0)
    course.take(Event(BEGUN, "part 1"), 2.0)
    course.close(3.0, DataError("wrong"))
    assert ended(course) == [("over", DONE), ("reading", FAILED), ("part 1", FAILED)]


def test_an_end_that_belongs_to_nothing_changes_nothing() -> None:
    course = Course()
    course.take(Event(BEGUN, "reading"), 0.0)
    assert course.take(Event(DONE, "another", 1.0), 1.0) == []
    assert ended(course) == [("reading", None)]


def test_the_spec_of_a_bulk_stands_before_everything_that_it_says() -> None:
    heard, texts = Heard(), []
    for progress in (heard, texts.append):
        inner = within(progress, "homes (1 of 2)")
        inner("reading the values")
        with stage(inner, "publishing"):
            pass
    assert texts == ["homes (1 of 2): reading the values", "homes (1 of 2): publishing"]
    assert [event.text for event in heard.events] == [*texts, texts[-1]]


def test_several_listeners_are_told_the_same() -> None:
    heard, texts = Heard(), []
    several = Several((heard, texts.append))
    with stage(several, "planning"):
        pass
    assert texts == ["planning"]
    assert [event.kind for event in heard.events] == [BEGUN, DONE]


# Lines ---------------------------------------------------------------------------------------------------------------


def lines(*events: Event, estimate: bool = False) -> list[str]:
    stream = io.StringIO()
    progress = LineProgress(estimate, stream)
    for event in events:
        progress.take(event)
    found = stream.getvalue().splitlines()
    assert all(line.startswith("[") and " s] " in line for line in found)
    return [line.partition(" s] ")[2] for line in found]


def test_a_log_of_a_batch_job_has_a_line_for_each_stage_and_one_for_what_was_made() -> None:
    assert lines(
        Event(BEGUN, "planning", lasts=True),
        Event(DONE, "planning", 0.2),
        Event(BEGUN, "reading", detail=("homes: scan 9 rows",), lasts=True),
        Event(DONE, "reading", 12.34, rows=36),
        Event(TOLD, "little room", level=WARNING),
    ) == ["planning", "reading", "  homes: scan 9 rows", "reading: 36 rows in 12.3 s", "warning: little room"]


def test_a_log_of_a_batch_job_names_the_stage_that_failed() -> None:
    begun = Event(BEGUN, "reading", lasts=True)
    for level, how in ((ERROR, "failed"), (WARNING, "stopped")):
        assert lines(begun, Event(FAILED, "reading", 3.0, level=level))[1:] == [f"{how} in: reading, after 3.0 s"]


def test_a_log_of_a_batch_job_names_the_stage_that_an_error_has_ended_also_where_a_text_began_it() -> None:
    stream = io.StringIO()
    with pytest.raises(DataError):
        _read_badly(LineProgress(stream=stream))
    last = stream.getvalue().splitlines()[-1]
    assert last.partition(" s] ")[2] == "failed in: reading the values, after 0.0 s"


def _read_badly(progress: Listener) -> None:
    with closed(progress):
        progress("reading the columns")
        progress("reading the values")
        raise DataError("wrong")


def test_what_is_expected_is_told_where_it_is_long_or_asked_for() -> None:
    short, long_, unknown = (Event(ESTIMATE, "expected", seconds) for seconds in (LONG - 1, LONG + 1, None))
    assert lines(short, unknown) == []
    assert lines(long_) == ["expected"]
    assert lines(short, unknown, estimate=True) == ["expected", "expected"]


# On a terminal -------------------------------------------------------------------------------------------------------


def live(width: int = 80, encoding: str = "utf-8", color: bool = False) -> tuple[LiveProgress, Console]:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="\n")
    console = Console(file=stream, force_terminal=True, width=width, no_color=not color, highlight=False)
    return LiveProgress(console), console


def shown(progress: LiveProgress, width: int = 80) -> list[str]:
    plain = Console(file=io.StringIO(), width=width, no_color=True)
    plain.print(progress.rendered())
    assert isinstance(plain.file, io.StringIO)
    return [line.rstrip() for line in plain.file.getvalue().splitlines()]


def test_stages_that_are_done_have_their_time_and_what_they_made() -> None:
    progress, _ = live()
    with stage(progress, "reading 2 datasets", ["homes: scan 9 rows"]) as made:
        made.rows = 36
        running = shown(progress)
        assert running[0].split()[1:] == ["0.0", "s", "reading", "2", "datasets"]
        assert running[1].strip() == "homes: scan 9 rows"
    progress.close()
    assert shown(progress) == ["✓    0.0 s  reading 2 datasets: 36 rows"]


def test_the_stage_that_failed_is_marked_and_stays_on_the_screen() -> None:
    progress, console = live()
    with pytest.raises(DataError), stage(progress, "planning"):
        raise DataError("wrong")
    progress.close(DataError("wrong"))
    assert shown(progress) == ["✗    0.0 s  planning: failed"]
    assert written(console).rstrip().splitlines()[-1].startswith("✗    0.0 s  planning")


def written(console: Console) -> str:
    """What the terminal got, without what moves its cursor."""
    import re

    console.file.flush()
    raw = console.file.buffer.getvalue().decode(console.file.encoding)  # type: ignore[attr-defined]
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", raw).replace("\r", "\n")


def test_a_narrow_terminal_cuts_lines_and_breaks_none() -> None:
    progress, _ = live(width=30)
    with stage(progress, "reading 2 datasets of which one has a long name", ["residential_2018: scan 1,471,680 rows"]):
        found = shown(progress, width=30)
    progress.close()
    assert len(found) == 2
    assert all(len(line) <= 30 and line.endswith("…") for line in found)
    assert "0.0 s" in found[0]


def test_a_terminal_without_these_letters_gets_others() -> None:
    progress, console = live(encoding="ascii", width=40)
    with stage(progress, "reading", ["residential_2018: scan 1,471,680 rows, contract to 12 rows"]):
        pass
    progress.close(DataError("wrong"))
    assert written(console).isascii()
    assert "+    0.0 s  reading" in written(console)


def test_many_stages_fit_on_a_screen() -> None:
    progress, _ = live()
    for number in range(100):
        progress(f"stage {number}")
    found = shown(progress)
    progress.close()
    assert len(found) == SHOWN + 2  # those, how many there are besides, and the one that runs
    assert found[0].split() == ["87", "more", "before"]
    assert "stage 99" in found[-1]


def test_on_a_low_screen_the_running_stage_is_seen() -> None:
    progress, console = live()
    console.height = 8
    for number in range(20):
        progress(f"stage {number}")
    found = shown(progress)
    progress.close()
    assert len(found) <= 8
    assert "stage 19" in found[-1]


def test_nothing_is_drawn_before_something_is_told() -> None:
    progress, console = live()
    progress.close()
    assert written(console) == ""


def test_no_color_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    stream = io.StringIO()
    progress = LiveProgress(Console(file=stream, force_terminal=True, width=60))
    with stage(progress, "planning"):
        pass
    progress.close(DataError("wrong"))
    assert "\x1b[3" not in stream.getvalue()


def test_a_warning_stays_above_the_stages() -> None:
    progress, console = live(width=200)
    with stage(progress, "reading"):
        tell(progress, "little room on the disk", WARNING)
    progress.close()
    assert "warning: little room on the disk\n" in written(console)


def test_a_remark_stands_among_the_stages_and_goes_with_them() -> None:
    progress, console = live(width=200)
    progress("reading")
    tell(progress, "homes: registered")
    progress("publishing")
    assert [line.split("s  ")[-1].strip() for line in shown(progress)] == ["reading", "homes: registered", "publishing"]
    progress.close()
    assert "homes: registered" not in written(console).rpartition("publishing")[2]


def test_what_is_expected_stands_beside_the_time_of_what_reads() -> None:
    progress, _ = live()
    emit(progress, Event(ESTIMATE, "expected", 90.0))
    with stage(progress, "reading", ["homes"]):
        assert shown(progress)[0].endswith("reading, about 1 min 30 s in all")
    progress.close()


def test_quiet_shows_nothing_and_an_error_still_passes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(DataError), shown_progress(quiet=True) as progress, stage(progress, "planning"):
        raise DataError("wrong")
    assert capsys.readouterr() == ("", "")


# The log -------------------------------------------------------------------------------------------------------------


def entries(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_the_log_has_the_end_of_every_stage_also_of_those_that_a_text_began(tmp_path: Path) -> None:
    log = RunLog(tmp_path / "new" / "log.jsonl", "12345678")
    log.know(job="register_dataset", spec="/a/spec.toml", query=None)
    log("reading the columns")
    log("reading the values")
    tell(log, "strange")
    with stage(log, "writing") as made:
        made.rows, made.bytes = 3, 4
    log.close(DataError("wrong"))
    log.end()
    found = entries(tmp_path / "new" / "log.jsonl")
    assert [(one["event"], one.get("stage", one.get("message"))) for one in found] == [
        ("stage_begun", "reading the columns"),
        ("stage_done", "reading the columns"),
        ("stage_begun", "reading the values"),
        ("message", "strange"),
        ("stage_done", "reading the values"),
        ("stage_begun", "writing"),
        ("stage_done", "writing"),
    ]
    assert all(one["run"] == "12345678" and one["job"] == "register_dataset" and "query" not in one for one in found)
    assert (found[-1]["rows"], found[-1]["bytes"], found[-1]["level"]) == (3, 4, "info")
    assert all("time" in one for one in found)


def test_the_log_marks_the_stage_that_failed(tmp_path: Path) -> None:
    log = RunLog(tmp_path / "log.jsonl", "1")
    log("reading the columns")
    log.close(DataError("wrong"))
    log.end()
    last = entries(tmp_path / "log.jsonl")[-1]
    assert (last["event"], last["level"]) == ("stage_failed", "error")


def test_a_log_is_appended_to(tmp_path: Path) -> None:
    for run in ("1", "2"):
        log = RunLog(tmp_path / "log.jsonl", run)
        log.write("run_begun")
        log.end()
    assert [one["run"] for one in entries(tmp_path / "log.jsonl")] == ["1", "2"]


def test_a_log_that_cannot_be_written_is_refused_before_anything_runs(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"the log .*file/log.jsonl cannot be written: .*/file is no folder"):
        RunLog(tmp_path / "file" / "log.jsonl", "1")
    with pytest.raises(UsageError, match="cannot be written: Is a directory"):
        RunLog(tmp_path, "1")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_a_disk_that_fills_up_later_ends_the_log_and_not_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    log = RunLog(Path("/dev/full"), "1")
    log("reading")
    log("writing")
    log.end()
    said = capsys.readouterr().err
    assert said == "warning: the log /dev/full is incomplete: No space left on device\n"


def test_the_log_that_is_given_wins_over_the_one_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert log_file(None) is None
    monkeypatch.setenv("DSGRID_LOG", "~/log.jsonl")
    assert log_file(None) == Path.home() / "log.jsonl"
    assert log_file("other.jsonl") == Path("other.jsonl")
