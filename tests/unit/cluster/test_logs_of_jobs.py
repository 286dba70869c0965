"""What jobs write is shown whole, by its end, or as it comes, until they are over."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from submitted import Slurm, account, row, submitted

from dsgrid.cluster import job_logs, slurm
from dsgrid.cluster.job_logs import show_logs
from dsgrid.errors import NotFoundError, UsageError


@pytest.fixture
def run(queued: Slurm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The run folder of job 12, which is over, with its output and logs."""
    for name in ("_LOOK_SECONDS", "_ASK_SECONDS", "_SETTLE_SECONDS"):
        monkeypatch.setattr(job_logs, name, 0.02)
    submitted("12", run=str(tmp_path / "run"), output=str(tmp_path / "%j.out"))
    folder = account(tmp_path / "run")
    (tmp_path / "12.out").write_text("".join(f"line {n}\n" for n in range(1, 101)))
    (folder / "log").mkdir()
    for name in ("master", "worker-n1", "worker-n2"):
        (folder / f"log/{name}.log").write_text("".join(f"{name} {n}\n" for n in range(1, 101)))
    queued.queue(row("12", "COMPLETED"))
    return folder


def shown(ids: Sequence[str] = ("12",), **options: Any) -> tuple[str, list[str]]:
    texts: list[str] = []
    said: list[str] = []
    show_logs(ids, texts.append, said.append, **options)
    return "".join(texts), said


def test_slurm_is_asked_once_where_the_output_is_and_not_while_a_job_waits(
    queued: Slurm, run: Path, tmp_path: Path
) -> None:
    submitted("13", output=str(tmp_path / "other.out"))
    waits, runs, over = (row("13", state) for state in ("PENDING", "RUNNING", "COMPLETED"))
    waits = waits.replace("0:10", "0:00")
    queued.answers = [waits] * 4 + [runs] * 4 + [over]
    with pytest.raises(NotFoundError, match="job 13 has no output"):
        shown(("13",), follow=True)
    assert queued.of("scontrol") == [("scontrol", "show", "job", "13", "--oneliner")]
    assert len(queued.of("squeue")) > 8


def test_the_output_is_shown_whole_and_the_other_logs_are_named(run: Path) -> None:
    text, said = shown()
    assert text.splitlines() == [f"line {n}" for n in range(1, 101)]
    assert said == [f"more logs with --which: master (1), worker (2); they are in {run}/log"]


@pytest.mark.parametrize("tail", [0, 1, 7, 99, 100, 101, 10_000])
@pytest.mark.parametrize("end", ["\n", ""])
def test_the_last_lines_are_the_last_lines(run: Path, tmp_path: Path, tail: int, end: str) -> None:
    (tmp_path / "12.out").write_text("\n".join(f"line {n}" for n in range(1, 101)) + end)
    text, _ = shown(tail=tail)
    assert text.splitlines() == [f"line {n}" for n in range(1, 101)][100 - min(tail, 100) :]


@pytest.mark.parametrize("block", [1, 3, 64])
def test_the_last_lines_are_found_wherever_blocks_end(
    run: Path, tmp_path: Path, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_logs, "_BLOCK", block)
    (tmp_path / "12.out").write_text("\n\nä\n\nlast ü\n")
    for tail, text in ((1, "last ü\n"), (2, "\nlast ü\n"), (3, "ä\n\nlast ü\n"), (9, "\n\nä\n\nlast ü\n")):
        assert shown(tail=tail)[0] == text


def test_several_logs_have_their_names_above_them_and_their_ends(run: Path) -> None:
    text, _ = shown(which="worker")
    lines = text.splitlines()
    assert lines[0] == f"==> {run}/log/worker-n1.log <=="
    assert lines[1:51] == [f"worker-n1 {n}" for n in range(51, 101)]
    assert lines[51:53] == ["", f"==> {run}/log/worker-n2.log <=="]
    assert len(lines) == 103
    assert shown(which="all", tail=1)[0].count("==> ") == 4


def test_the_logs_of_an_earlier_try_are_there_as_well(run: Path) -> None:
    again = account(run.with_name("run.r1"))
    (again / "log").mkdir()
    (again / "log/master.log").write_text("second\n")
    assert "second" in shown(which="master")[0]


def test_what_is_no_text_is_shown_as_far_as_it_is_one(run: Path, tmp_path: Path) -> None:
    (tmp_path / "12.out").write_bytes(b"a\xff\xfeb\n\xe2\x82")
    assert shown()[0].startswith("a��b\n")


@pytest.mark.parametrize(
    ("state", "values", "which", "message"),
    [
        ("PENDING", {"reason": "Priority", "elapsed": "0:00"}, "output", "it is waiting (other jobs go before it)"),
        ("COMPLETED", {}, "output", r"job 12 has no output \(looked for .*/12.out\)"),
        ("COMPLETED", {}, "executor", "job 12 has no log of its executor in .*/log; only a job of several nodes"),
    ],
)
def test_what_was_not_written_is_said(
    run: Path, queued: Slurm, tmp_path: Path, state: str, values: dict[str, str], which: str, message: str
) -> None:
    (tmp_path / "12.out").unlink()
    queued.queue(row("12", state, **values))
    with pytest.raises(NotFoundError, match=message.replace("(other", r"\(other").replace("it)", r"it\)")):
        shown(which=which)


def test_a_log_that_is_none_gets_the_closest(run: Path) -> None:
    with pytest.raises(UsageError, match=r'there is no log "workers"; did you mean "worker"\?'):
        shown(which="workers")


# As it comes ---------------------------------------------------------------------------------------------------------


def during(action: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=action)
    thread.start()
    return thread


def test_what_comes_is_shown_until_the_job_is_over(run: Path, queued: Slurm, tmp_path: Path) -> None:
    queued.queue(row("12", "RUNNING"))

    def act() -> None:
        for n in range(3):
            time.sleep(0.05)
            with (tmp_path / "12.out").open("a") as file:
                file.write(f"more {n}\n")
        queued.queue(row("12", "FAILED", exit=7 << 8))
        with (tmp_path / "12.out").open("a") as file:
            file.write("last")

    thread = during(act)
    text, said = shown(follow=True, tail=1)
    thread.join()
    assert text == "line 100\nmore 0\nmore 1\nmore 2\nlast"
    assert said == ["job 12: done"], "its own account says so"


def test_a_job_that_waits_is_waited_for_and_its_reason_told(run: Path, queued: Slurm, tmp_path: Path) -> None:
    (tmp_path / "12.out").rename(tmp_path / "later")
    queued.queue(row("12", "PENDING", reason="Priority"))

    def act() -> None:
        time.sleep(0.1)
        (tmp_path / "later").rename(tmp_path / "12.out")
        queued.queue(row("12", "COMPLETED"))

    thread = during(act)
    text, said = shown(follow=True)
    thread.join()
    assert text.endswith("line 100\n")
    assert said == ["job 12: waiting: other jobs go before it", "job 12: done"]


def test_an_output_that_begins_anew_is_shown_anew(run: Path, queued: Slurm, tmp_path: Path) -> None:
    queued.queue(row("12", "RUNNING"))

    def act() -> None:
        time.sleep(0.1)
        (tmp_path / "12.out").write_text("again\n")
        time.sleep(0.1)
        queued.queue(row("12", "COMPLETED"))

    thread = during(act)
    text, _ = shown(follow=True)
    thread.join()
    assert text.endswith("line 100\nagain\n")


def test_a_slurm_that_does_not_answer_for_a_while_ends_nothing(run: Path, queued: Slurm, tmp_path: Path) -> None:
    queued.answers = [row("12", "RUNNING"), "down", "down", row("12", "RUNNING"), row("12", "COMPLETED")]
    assert shown(follow=True)[0].endswith("line 100\n")
    assert len(queued.of("squeue")) == 5


def test_without_slurm_following_ends_with_what_is_there(
    run: Path, queued: Slurm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slurm, "is_here", lambda: False)
    account(run, over=False)
    text, said = shown(follow=True)
    assert text.endswith("line 100\n")
    assert "whether more comes is not known here, so this is all" in said
