"""What squeue and sacct say is read as it is meant, also of arrays, heterogeneous jobs, and jobs in a second try."""

from __future__ import annotations

import pytest
from submitted import Slurm, ago, local, row

from dsgrid.cluster.ledger import Entry
from dsgrid.cluster.slurm import fields
from dsgrid.cluster.standing import Standing, ask, ask_accounting, parse, parse_accounted
from dsgrid.cluster.words import ALL, STATES, code_in_words, reason_in_words, state_in_words
from dsgrid.errors import ClusterError


def test_what_scontrol_says_may_have_blanks_in_it() -> None:
    told = fields(
        "JobId=12 CPUs/Task=4 TRES=cpu=4,mem=1G Features=(null) Command=/a b/s.sbatch x --set year=2030 WorkDir=/a b "
        "StdOut=/a b/12.out Power= \n"
    )
    assert told == {
        "JobId": "12",
        "CPUs/Task": "4",
        "TRES": "cpu=4,mem=1G",
        "Features": "(null)",
        "Command": "/a b/s.sbatch x --set year=2030",
        "WorkDir": "/a b",
        "StdOut": "/a b/12.out",
        "Power": "",
    }


def test_a_line_of_squeue_is_read_whole() -> None:
    moment = ago(minutes=3)
    values = {"submitted": moment, "restarts": 2, "command": "/a/s.sbatch x|y.toml", "folder": "/a b", "reason": "None"}
    (found,) = parse(row("12", "RUNNING", **values) + "\n")
    assert found == Standing(
        id="12",
        state="RUNNING",
        restarts=2,
        submitted=moment,
        elapsed="0:10",
        left="1:00",
        count=1,
        nodes="node1",
        cluster="here",
        command="/a/s.sbatch x|y.toml",
        folder="/a b",
    )


@pytest.mark.parametrize(
    ("said", "code", "signal"),
    [("768", 3, 0), ("9", 0, 9), ("0", 0, 0), ("125", 0, 125), ("3:0", 3, 0), ("0:125", 0, 125), ("", 0, 0)],
)
def test_an_exit_code_is_read_in_both_forms(said: str, code: int, signal: int) -> None:
    (found,) = parse(row("12", "FAILED", exit=said))
    assert (found.code, found.signal) == (code, signal)


def test_lines_that_are_none_are_skipped() -> None:
    assert parse("slurm_load_jobs error: something\n\n") == []


def test_the_parts_of_a_heterogeneous_job_are_one(queued: Slurm) -> None:
    queued.queue(row("4+1", count=3, nodes="n[1-3]", elapsed="9:00"), row("4+0", nodes="head"), row("5"))
    (job, other) = sorted(ask(), key=lambda each: each.id)
    assert (job.id, job.count, job.nodes, job.elapsed) == ("4+0", 4, "head,n[1-3]", "0:10")
    assert other.id == "5"


def test_squeue_is_asked_once_for_all(queued: Slurm) -> None:
    queued.queue(row("1"), row("2"))
    assert [each.id for each in ask()] == ["1", "2"]
    assert len(queued.calls) == 1
    assert "--me" in queued.calls[0]


# Whose it is ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "is_it"),
    [
        ({}, True),
        ({"id": "13"}, False),
        ({"id": "12+0"}, True),
        ({"cluster": "there"}, False),
        ({"cluster": ""}, True),
        ({"submitted": ago(days=3)}, False),
        ({"submitted": ago(minutes=5)}, True),
        ({"submitted": ""}, True),
        ({"submitted": ago(seconds=1), "restarts": 1}, True),
    ],
)
def test_a_number_alone_is_no_job(told: dict[str, object], is_it: bool) -> None:
    entry = Entry("12", ago(minutes=1), cluster="here")
    known = {"id": "12", "state": "RUNNING", "submitted": ago(minutes=1), "cluster": "here"}
    assert Standing(**(known | told)).is_of(entry) is is_it


def test_a_job_that_was_put_back_hours_later_is_the_same_and_an_earlier_one_is_not() -> None:
    entry = Entry("12", ago(hours=5), cluster="here")
    assert Standing("12", "PENDING", submitted=ago(minutes=1), restarts=1).is_of(entry)
    assert not Standing("12", "PENDING", submitted=ago(minutes=1)).is_of(entry)
    assert not Standing("12", "PENDING", submitted=ago(days=1), restarts=1).is_of(entry)


def test_the_script_of_a_submission_tells_its_job_however_wrong_a_clock_is() -> None:
    entry = Entry("12", ago(hours=1), cluster="here", script="/runs/peak-1.sbatch")
    assert Standing("12", "RUNNING", submitted=ago(), command="/runs/peak-1.sbatch").is_of(entry)
    assert not Standing("12", "RUNNING", submitted=ago(), command="/runs/peak-1.sbatch2").is_of(entry)


# Accounting ----------------------------------------------------------------------------------------------------------


def test_accounting_is_read_and_a_second_try_has_the_first_moment() -> None:
    first, second, other = local(ago(hours=5)), local(ago(minutes=9)), local(ago(days=90))
    found = parse_accounted(
        f"12|COMPLETED|0:0|{other}|00:00:05|1|n9|here\n"
        f"12|NODE_FAIL|0:0|{first}|01:00:00|2|n[1-2]|here\n"
        f"12|CANCELLED by 1000|0:15|{second}|00:02:00|2|n[3-4]|here\n"
        f"13_2|FAILED|7:0|{second}|00:02:00|1|None assigned|here\n"
        "something else\n"
    )
    assert [(each.id, each.state, each.restarts) for each in found] == [
        ("12", "COMPLETED", 0),
        ("12", "CANCELLED", 1),
        ("13_2", "FAILED", 0),
    ]
    assert local(found[1].submitted) == first
    assert (found[2].code, found[2].nodes) == (7, "")


def test_where_there_is_no_accounting_nothing_is_known_and_nothing_said(queued: Slurm) -> None:
    assert ask_accounting({"12"}) == []
    assert ask_accounting(set()) == []
    assert len(queued.calls) == 1, "nothing is asked for no job"


# Words ---------------------------------------------------------------------------------------------------------------


def test_every_state_has_a_word_and_what_is_unknown_stays_what_it_is() -> None:
    assert set(STATES.values()) < set(ALL)
    assert state_in_words("OUT_OF_MEMORY") == "out of memory"
    assert state_in_words("NEW_STATE") == "new state"


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("None", ""),
        ("", ""),
        ("Priority", "other jobs go before it"),
        ("Dependency", "waits for another job to end"),
        ("DependencyNeverSatisfied", "will never start: the job that it waits for did not end well"),
        ("QOSMaxJobsPerUserLimit", "you have as many jobs as the QOS allows at once"),
        ("QOSMaxCpuPerUserLimit", "asks for more than the QOS allows one user, or one job"),
        ("AssocGrpCpuLimit", "all who share your account use as much as it allows"),
        ("ReqNodeNotAvail, UnavailableNodes:n1", "nodes that it needs are down, or reserved, such as for maintenance"),
        ("JobHeldUser", "held by you: scontrol release 12"),
        ("SomethingNew", "SomethingNew, as Slurm calls it"),
    ],
)
def test_a_reason_is_told_in_words(reason: str, words: str) -> None:
    assert reason_in_words(reason, "12") == words


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (0, ""),
        (7, "exit code 7: an engine failed"),
        (72, "exit code 72: too few workers came up, or all were lost"),
        (139, "exit code 139: ended by signal 11"),
        (99, "exit code 99"),
    ],
)
def test_an_exit_code_is_told_in_words(code: int, words: str) -> None:
    assert code_in_words(code) == words


def test_a_squeue_that_does_not_answer_is_an_error_here(queued: Slurm) -> None:
    queued.answers = ["down"]
    with pytest.raises(ClusterError):
        ask()
