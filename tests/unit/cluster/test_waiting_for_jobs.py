"""Waiting ends when the jobs do, with their exit code, and says what changes; what never comes is not waited for."""

from __future__ import annotations

from pathlib import Path

import pytest
from submitted import Slurm, account, row, submitted

from dsgrid.cluster import cancelling, slurm, waiting
from dsgrid.cluster.cancelling import cancel_jobs
from dsgrid.cluster.jobs import list_jobs
from dsgrid.cluster.waiting import NOT_YET, seconds_in, wait_for
from dsgrid.errors import ClusterError, NotFoundError, UsageError


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "_QUICK", 0.01)
    monkeypatch.setattr(cancelling, "_LOOK_SECONDS", 0.01)
    monkeypatch.setattr(cancelling, "GENTLE_SECONDS", 0.2)
    monkeypatch.setattr(cancelling, "_PLAIN_SECONDS", 0.2)


def test_what_changes_is_told_once_and_the_code_is_the_jobs(queued: Slurm) -> None:
    submitted("12")
    queued.answers = [
        row("12", "PENDING", reason="Priority"),
        row("12", "PENDING", reason="Priority"),
        row("12", "PENDING", reason="Resources"),
        row("12", "RUNNING"),
        row("12", "RUNNING", elapsed="0:20"),
        row("12", "FAILED", exit=7 << 8),
    ]
    said: list[str] = []
    waited = wait_for(["12"], said.append)
    assert said == [
        "job 12: waiting: other jobs go before it",
        "job 12: waiting: next, as soon as enough nodes are free",
        "job 12: running",
    ]
    assert waited.code == 7
    assert waited.report() == "job 12: failed: exit code 7: an engine failed"


def test_a_job_that_is_over_is_not_waited_for(queued: Slurm, tmp_path: Path) -> None:
    submitted("12", run=str(tmp_path / "run"))
    account(tmp_path / "run", exit_code=4, reason="the spec failed")
    waited = wait_for(["latest"], pytest.fail)
    assert waited.code == 4
    assert "exit code 4: data break a rule" in waited.report(), "the job's own summary"


def test_of_several_jobs_the_first_that_did_not_end_well_gives_the_code(queued: Slurm) -> None:
    for id_ in ("1", "2", "3"):
        submitted(id_)
    done, failed = row("1", "COMPLETED"), row("2", "FAILED", exit=3 << 8)
    queued.answers = [
        "\n".join((done, row("2"), row("3"))),
        "\n".join((done, failed, row("3"))),
        "\n".join((done, failed, row("3", "CANCELLED", elapsed="0:00"))),
    ]
    said: list[str] = []
    assert wait_for(["3", "1", "2"], said.append).code == 143
    assert said[-2:] == [
        "job 2: failed: exit code 3: something that was named does not exist",
        "job 3: cancelled: before it began",
    ]


def test_all_tasks_of_an_array_are_waited_for(queued: Slurm) -> None:
    submitted("5", kind="array")
    queued.answers = [
        "\n".join((row("5_0", "COMPLETED"), row("5_1"))),
        "\n".join((row("5_0", "COMPLETED"), row("5_1", "COMPLETED"))),
    ]
    waited = wait_for(["5"], lambda _: None)
    assert (waited.code, [job.id for job in waited.jobs]) == (0, ["5_0", "5_1"])


def test_a_job_that_goes_back_into_the_queue_is_waited_for(queued: Slurm) -> None:
    submitted("12")
    queued.answers = [row("12"), row("12", "PENDING", restarts=1), row("12", restarts=1), row("12", "COMPLETED")]
    assert wait_for(["12"], lambda _: None).code == 0


def test_when_the_time_is_over_the_code_is_one_of_its_own(queued: Slurm) -> None:
    submitted("12")
    queued.queue(row("12", "RUNNING"))
    said: list[str] = []
    assert wait_for(["12"], said.append, timeout="0.05s").code == NOT_YET == 75
    assert said[-1] == "not over after 0 s: 12"


def test_a_slurm_that_does_not_answer_is_asked_again(queued: Slurm) -> None:
    submitted("12")
    queued.answers = [row("12"), "down", "down", row("12"), row("12", "COMPLETED")]
    said: list[str] = []
    assert wait_for(["12"], said.append).code == 0
    assert [line.partition(";")[0] for line in said] == [
        "job 12: running",
        "squeue did not answer in 30 s",
        "Slurm answers again",
    ]


def test_a_job_that_never_begins_is_not_waited_for(queued: Slurm) -> None:
    submitted("12")
    queued.queue(row("12", "PENDING", reason="DependencyNeverSatisfied"))
    with pytest.raises(ClusterError, match="job 12 will never start: the job that it waits for did not end well; "):
        wait_for(["12"], lambda _: None)


def test_others_are_waited_for_before_that_is_said(queued: Slurm) -> None:
    submitted("12")
    submitted("13")
    never = row("12", "PENDING", reason="DependencyNeverSatisfied")
    queued.answers = [f"{never}\n{row('13')}", f"{never}\n{row('13', 'COMPLETED')}"]
    with pytest.raises(ClusterError, match="job 12 will never start"):
        wait_for(["12", "13"], lambda _: None)
    assert len(queued.of("squeue")) == 2


def test_what_is_not_known_here_is_not_waited_for(queued: Slurm, monkeypatch: pytest.MonkeyPatch) -> None:
    submitted("12", cluster="there")
    submitted("13")
    queued.queue(row("13"))
    with pytest.raises(ClusterError, match="job 12 is on cluster there; wait for it there"):
        wait_for(["12"], lambda _: None)
    with pytest.raises(NotFoundError, match=r'no job "98"(.|\n)*no job "99"'):
        wait_for(["98", "13", "99"], lambda _: None)
    monkeypatch.setattr(slurm, "is_here", lambda: False)
    with pytest.raises(ClusterError, match="job 13 is not over, as far as is known here; Slurm is not on this machine"):
        wait_for(["13"], lambda _: None)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("1.5 min", 90), ("2h", 7_200), ("1d", 86_400), ("1:30:00", 5_400), ("0:05", 5), ("1-0", 86_400)],
)
def test_a_time_may_be_written_in_either_way(text: str, seconds: float) -> None:
    assert seconds_in(text) == seconds


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("30", 'timeout "30" has no unit; write 30s, 30min or 30h'),
        ("soon", 'timeout "soon" is no time; expected one such as 90s, 15min, 2h or 1:30:00'),
        ("-5s", "no time"),
        ("", "no time"),
    ],
)
def test_what_is_no_time_is_said(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        seconds_in(text)


def test_tasks_of_an_array_that_stand_alike_are_told_in_one_line(queued: Slurm) -> None:
    for task in range(4):
        submitted(f"12_{task}")
    waits = [row(f"12_{task}", "PENDING", reason="Priority", elapsed="0:00") for task in range(4)]
    queued.answers = [
        "\n".join(waits),
        "\n".join([row("12_0"), *waits[1:]]),
        "\n".join(row(f"12_{n}", "COMPLETED") for n in range(4)),
    ]
    said: list[str] = []
    assert wait_for(["12"], said.append).code == 0
    assert said == ["job 12_[0-3]: waiting: other jobs go before it", "job 12_0: running", "job 12_[0-3]: done"]


# Cancelling ----------------------------------------------------------------------------------------------------------


def scancels(queued: Slurm) -> list[str]:
    return [" ".join(command[1:]) for command in queued.of("scancel")]


def test_what_waits_is_cancelled_at_once(queued: Slurm) -> None:
    submitted("12")
    queued.answers = [row("12", "PENDING"), row("12", "CANCELLED", elapsed="0:00")]
    assert cancel_jobs(["12"], pytest.fail).report() == "job 12: cancelled (before it began)"
    assert scancels(queued) == ["12"]


def test_tasks_that_wait_are_cancelled_before_others_make_room_and_are_known_as_cancelled_ever_after(
    queued: Slurm, tmp_path: Path
) -> None:
    submitted("12_0", run=str(tmp_path / "run"))
    account(tmp_path / "run", over=False)
    submitted("12_1")
    runs, waits = row("12_0"), row("12_1", "PENDING", elapsed="0:00")
    # Slurm forgets a task that has not begun as soon as it is cancelled.
    queued.answers = [f"{runs}\n{waits}", row("12_0", "CANCELLED")]
    said: list[str] = []
    assert cancel_jobs(["12"], said.append).report() == "job 12_0: cancelled\njob 12_1: cancelled (before it began)"
    assert scancels(queued) == ["12_1", "--batch --signal=INT 12_0"]
    assert {job.id: job.state for job in list_jobs().jobs} == {"12_0": "cancelled", "12_1": "cancelled"}


def test_what_we_lead_is_asked_to_end_in_order_first(queued: Slurm, tmp_path: Path) -> None:
    submitted("12", run=str(tmp_path / "run"))
    account(tmp_path / "run", over=False)
    queued.answers = [row("12"), row("12"), row("12", "CANCELLED")]
    said: list[str] = []
    assert cancel_jobs(["12"], said.append).report() == "job 12: cancelled"
    assert scancels(queued) == ["--batch --signal=INT 12"]
    assert said == ["job 12: asked to stop and tear down in order; waiting up to 0 s"]


def test_what_does_not_end_in_order_is_ended_by_slurm(queued: Slurm, tmp_path: Path) -> None:
    submitted("12", run=str(tmp_path / "run"))
    account(tmp_path / "run", over=False)
    queued.queue(row("12"))
    said: list[str] = []
    report = cancel_jobs(["12"], said.append).report()
    assert report == "job 12: still running: Slurm was told to cancel it, and is at it"
    assert scancels(queued) == ["--batch --signal=INT 12", "12"]
    assert said[-1] == "job 12: has not ended, so Slurm ends it"


@pytest.mark.parametrize("why", ["it has not begun", "it is over", "an earlier try wrote it"])
def test_a_shell_that_leads_nothing_yet_is_not_sent_what_it_would_only_die_of(
    queued: Slurm, tmp_path: Path, why: str
) -> None:
    submitted("12", run=str(tmp_path / "run"))
    if why != "it has not begun":
        account(tmp_path / "run", over=why == "it is over")
    restarts = 1 if why == "an earlier try wrote it" else 0
    queued.answers = [row("12", restarts=restarts), row("12", "CANCELLED", restarts=restarts)]
    cancel_jobs(["12"], pytest.fail)
    assert scancels(queued) == ["12"]


def test_what_is_over_is_left_alone(queued: Slurm) -> None:
    submitted("12")
    queued.queue(row("12", "COMPLETED"))
    assert cancel_jobs(["12"], pytest.fail).report() == "job 12 was over already: done"
    assert scancels(queued) == []


def test_all_or_none_are_cancelled_and_never_what_is_not_ours(queued: Slurm, monkeypatch: pytest.MonkeyPatch) -> None:
    submitted("12")
    queued.queue(row("12"), row("77", command="/home/x/other.sh"))
    with pytest.raises(UsageError, match="job 77 is none of dsgrid's; --force cancels it all the same"):
        cancel_jobs(["12", "77"], pytest.fail)
    with pytest.raises(NotFoundError, match='you have no job "x"'):
        cancel_jobs(["12", "x"], pytest.fail, force=True)
    assert scancels(queued) == []
    monkeypatch.setattr(slurm, "is_here", lambda: False)
    with pytest.raises(ClusterError, match="Slurm is not on this machine"):
        cancel_jobs(["12"], pytest.fail)


def test_a_job_that_slurm_will_not_cancel_keeps_none_of_the_others(
    queued: Slurm, monkeypatch: pytest.MonkeyPatch
) -> None:
    def call(*command: str, timeout: float = 30) -> str:
        if command[0] == "scancel":
            queued.call(*command)
            raise ClusterError("scancel: Kill job error on job id 12: Access/permission denied")
        return queued.call(*command, timeout=timeout)

    monkeypatch.setattr(slurm, "call", call)
    submitted("12")
    submitted("13")
    queued.answers = [f"{row('12')}\n{row('13')}", f"{row('12')}\n{row('13', 'CANCELLED')}"]
    said: list[str] = []
    with pytest.raises(ClusterError, match="job id 12: Access/permission denied"):
        cancel_jobs(["12", "13"], said.append)
    assert said[-1].splitlines()[-1] == "job 13: cancelled"
    assert scancels(queued) == ["12 13"], "a thousand tasks of an array are cancelled at once"


def test_what_is_not_ours_is_cancelled_where_that_is_wanted(queued: Slurm) -> None:
    submitted("12")
    running, gone = row("77", command="/home/x/other.sh"), row("77", "CANCELLED", command="/home/x/other.sh")
    queued.answers = [running, running, gone, gone]
    assert cancel_jobs(["77"], pytest.fail, force=True).report() == "job 77: cancelled"
    assert scancels(queued) == ["77"]


def test_a_job_of_another_cluster_is_not_cancelled_here(queued: Slurm) -> None:
    submitted("12", cluster="there")
    queued.queue(row("13"))
    with pytest.raises(ClusterError, match="job 12 is on cluster there: cancel it there"):
        cancel_jobs(["12"], pytest.fail)
    assert scancels(queued) == []
