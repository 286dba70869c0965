"""Submitted jobs: each is shown as it stands, whichever of the ledger, Slurm, accounting and the job itself knows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from submitted import Slurm, account, ago, local, row, states, submitted

from dsgrid.cluster import slurm
from dsgrid.cluster.jobs import list_jobs, show_job
from dsgrid.cluster.known import chosen, chosen_one, known_jobs
from dsgrid.cluster.ledger import Entry, entries, record
from dsgrid.cluster.standing import Standing
from dsgrid.errors import ClusterError, NotFoundError, UsageError


def one(**options: Any) -> Any:
    (job,) = list_jobs(**options).jobs
    return job


# Many -----------------------------------------------------------------------------------------------------------------


def test_jobs_are_compared_only_with_those_of_their_number(queued: Slurm, monkeypatch: pytest.MonkeyPatch) -> None:
    record(*(Entry(str(number), ago(minutes=2 * number), cluster="here") for number in range(1, 101)))
    queued.queue(*(row(str(number), submitted=ago(minutes=2 * number)) for number in range(1, 101)))
    compared: list[str] = []
    is_of = Standing.is_of
    monkeypatch.setattr(Standing, "is_of", lambda self, entry: compared.append(self.id) or is_of(self, entry))
    assert len(list_jobs().jobs) == 100
    assert len(compared) == 100


def test_the_folder_of_all_runs_is_listed_once_for_many_jobs(
    queued: Slurm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 21):
        submitted(str(number), run=str(account(tmp_path / f"runs/dsgrid-{number}")))
    queued.queue(*(row(str(number), "COMPLETED") for number in range(1, 21)))
    listed: list[object] = []
    listdir = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path: listed.append(path) or listdir(path))
    assert {job.state for job in list_jobs().jobs} == {"done"}
    assert listed == [tmp_path / "runs"]
    account(tmp_path / "runs/dsgrid-7.r1", exit_code=5)
    assert states(list_jobs().jobs)["7"] == "failed", "what was added since is seen"


# How it stands -------------------------------------------------------------------------------------------------------


def test_jobs_are_listed_the_newest_first_with_what_slurm_says(queued: Slurm) -> None:
    for number, minutes in (("1", 9), ("2", 5), ("3", 2)):
        submitted(number, submitted=ago(minutes=minutes), nodes=4)
    queued.queue(
        row("1", "COMPLETED", submitted=ago(minutes=9)),
        row("2", "RUNNING", submitted=ago(minutes=5), elapsed="4:00", left="6:00", nodes="n[1-4]"),
        row("3", "PENDING", submitted=ago(minutes=2), reason="Priority", elapsed="0:00", nodes=""),
    )
    shown = list_jobs()
    assert states(shown.jobs) == {"3": "waiting", "2": "running", "1": "done"}
    assert shown.rows() == [
        {
            "id": "3",
            "spec": "peak.toml",
            "state": "waiting",
            "time": "",
            "left": "",
            "nodes": "1",
            "remark": "other jobs go before it",
        },
        {
            "id": "2",
            "spec": "peak.toml",
            "state": "running",
            "time": "4:00",
            "left": "6:00",
            "nodes": "n[1-4]",
            "remark": "",
        },
        {"id": "1", "spec": "peak.toml", "state": "done", "time": "0:10", "left": "", "nodes": "node1", "remark": ""},
    ]
    assert shown.report() == "3 jobs"


@pytest.mark.parametrize(
    ("state", "values", "own", "words", "code"),
    [
        ("COMPLETED", {}, None, "done", 0),
        ("FAILED", {"exit": 7 << 8}, None, "failed", 7),
        ("FAILED", {"exit": 7 << 8}, 7, "failed", 7),
        ("FAILED", {"exit": 124 << 8}, 124, "time limit", 124),
        ("FAILED", {"exit": 124 << 8}, None, "time limit", 124),
        ("FAILED", {"exit": 11}, None, "failed", 139),
        ("FAILED", {"exit": 0}, None, "failed", 1),
        ("CANCELLED", {"exit": 15}, None, "cancelled", 143),
        ("CANCELLED", {}, 130, "cancelled", 143),
        ("CANCELLED", {}, 143, "cancelled", 143),
        ("CANCELLED", {}, 7, "cancelled", 143),
        ("CANCELLED", {}, 0, "cancelled", 0),
        ("TIMEOUT", {}, None, "time limit", 124),
        ("TIMEOUT", {}, 143, "time limit", 124),
        ("PREEMPTED", {}, None, "preempted", 143),
        ("OUT_OF_MEMORY", {"exit": 125}, None, "out of memory", 137),
        ("OUT_OF_MEMORY", {"exit": 125}, 0, "done", 0),
        ("NODE_FAIL", {}, None, "node lost", 137),
        ("BOOT_FAIL", {}, None, "node lost", 137),
        ("RUNNING", {}, None, "running", None),
        ("COMPLETING", {}, 0, "ending", None),
        ("SUSPENDED", {}, None, "suspended", None),
        ("RESIZING", {}, None, "running", None),
    ],
)
def test_a_state_and_the_jobs_own_code_give_one_word_and_one_code(
    queued: Slurm, tmp_path: Path, state: str, values: dict[str, Any], own: int | None, words: str, code: int | None
) -> None:
    submitted("12", run=str(tmp_path / "dsgrid-12"))
    if own is not None:
        account(tmp_path / "dsgrid-12", exit_code=own)
    queued.queue(row("12", state, **values))
    job = one()
    assert (job.state, job.code, job.is_over) == (words, code, code is not None)


def test_what_slurm_calls_completed_has_the_losses_that_it_hides(queued: Slurm, tmp_path: Path) -> None:
    loss = {"node": "n3", "what": "an executor was killed for memory", "count": 4, "advice": "ask for more memory"}
    submitted("12", run=str(tmp_path / "dsgrid-12"))
    account(tmp_path / "dsgrid-12", losses=[loss, {"node": "", "what": "lost", "count": 1}], result="/results/peak")
    queued.queue(row("12", "COMPLETED"))
    job = one()
    assert job.remark == "2 losses on the way; /results/peak"
    assert job.losses == ["n3: an executor was killed for memory, 4 times: ask for more memory", "lost"]


@pytest.mark.parametrize(("derived", "said"), [(125, "out of memory"), (9, "a node may be lost"), (143 << 8, None)])
def test_a_step_that_slurm_lost_is_told_where_the_job_could_not(queued: Slurm, derived: int, said: str | None) -> None:
    submitted("12")
    queued.queue(row("12", "COMPLETED", derived=derived))
    assert (said is None) == (one().losses == [])
    assert said is None or said in one().losses[0]


def test_a_job_that_was_killed_for_memory_after_its_result_was_there_is_done_with_a_loss(
    queued: Slurm, tmp_path: Path
) -> None:
    submitted("12", run=str(tmp_path / "dsgrid-12"))
    account(tmp_path / "dsgrid-12", result="/r")
    queued.queue(row("12", "OUT_OF_MEMORY", exit=125))
    assert one().remark == "1 loss on the way; /r"


def test_a_job_in_its_second_try_says_so_and_has_the_newest_account(queued: Slurm, tmp_path: Path) -> None:
    submitted("12", submitted=ago(hours=5), run=str(tmp_path / "dsgrid-12"))
    account(tmp_path / "dsgrid-12", began=ago(hours=4), exit_code=124)
    account(tmp_path / "dsgrid-12.r1", over=False, began=ago(hours=2))
    account(tmp_path / "dsgrid-12.r10", over=False, began=ago(minutes=2), state="reading part 3 of 9")
    (tmp_path / "dsgrid-12.rest").mkdir()
    queued.queue(row("12", "RUNNING", restarts=10))
    assert one().remark == "started again 10 times; reading part 3 of 9"
    assert one().account.folder.path.name == "dsgrid-12.r10"


# What Slurm has forgotten --------------------------------------------------------------------------------------------


def test_an_end_that_was_seen_once_is_known_for_ever(queued: Slurm) -> None:
    submitted("12")
    queued.queue(row("12", "CANCELLED", elapsed="0:00", nodes=""))
    assert one().state == "cancelled"
    queued.queue()
    assert (one().state, one().code) == ("cancelled", 143)
    assert queued.of("sacct") == [], "and nobody else is asked"


def test_a_job_that_slurm_runs_again_is_not_over_though_its_end_was_seen(queued: Slurm) -> None:
    submitted("12")
    queued.queue(row("12", "NODE_FAIL"))
    assert one().is_over
    queued.queue(row("12", "PENDING", restarts=1, reason="BeginTime"))
    assert not one().is_over
    assert one().remark == "started again once; has to start later"


def test_what_squeue_has_forgotten_accounting_knows(queued: Slurm) -> None:
    entry = submitted("12", submitted=ago(days=2))
    submitted("13", submitted=ago(days=2))
    queued.accounting = f"12|TIMEOUT|0:0|{local(entry.submitted)}|02:00:00|4|n[1-4]|here\n"
    found = {job.id: job for job in list_jobs().jobs}
    assert (found["12"].state, found["12"].elapsed, found["12"].nodes) == ("time limit", "02:00:00", "n[1-4]")
    assert (found["13"].state, found["13"].remark) == ("unknown", "not known to Slurm any more")
    assert len(queued.of("sacct")) == 1, "one call for all"
    list_jobs()
    assert "--jobs=13" in queued.of("sacct")[1], "the other's end is in the ledger now"


def test_what_nobody_else_knows_the_job_itself_has_written(queued: Slurm, tmp_path: Path) -> None:
    submitted("12", run=str(tmp_path / "a"), submitted=ago(days=2))
    account(tmp_path / "a", began=ago(hours=47), ended=ago(hours=46), exit_code=7, reason="Spark's Master ended")
    job = one()
    assert (job.state, job.code, job.elapsed, job.nodes) == ("failed", 7, "01:00:00", "node1")
    assert job.remark == "exit code 7: Spark's Master ended"
    assert queued.of("sacct") == []


def test_a_job_that_wrote_no_end_and_that_nobody_knows_was_killed(queued: Slurm, tmp_path: Path) -> None:
    submitted("12", run=str(tmp_path / "a"))
    account(tmp_path / "a", over=False)
    assert one().remark == "Slurm knows it no more, and it wrote no end: it was killed, or its node was lost"
    assert one().code == 11


@pytest.mark.parametrize("text", ["", "[]", "{", '{"began": 7, "ended": true, "losses": 3, "nodes": 4, "usage": null}'])
def test_a_damaged_account_is_no_account(queued: Slurm, tmp_path: Path, text: str) -> None:
    submitted("12", run=str(tmp_path / "a"))
    (tmp_path / "a").mkdir()
    (tmp_path / "a/job.json").write_text(text)
    assert one().state in ("unknown", "failed")


# Whose number it is --------------------------------------------------------------------------------------------------


def test_a_slurm_that_counts_anew_does_not_mix_two_jobs(queued: Slurm, tmp_path: Path) -> None:
    submitted("12", submitted=ago(days=9), run=str(tmp_path / "dsgrid-12"), spec="/old.toml")
    submitted("12", submitted=ago(minutes=1), run=str(tmp_path / "dsgrid-12"), spec="/new.toml")
    account(tmp_path / "dsgrid-12", over=False, began=ago(seconds=30))
    queued.queue(row("12", "RUNNING"))
    new, old = list_jobs().jobs
    assert (new.what, new.state, new.account is not None) == ("new.toml", "running", True)
    assert (old.what, old.state, old.account) == ("old.toml", "unknown", None)
    assert chosen_one("12", known_jobs()).what == "new.toml"


def test_the_account_of_an_earlier_job_with_that_number_is_not_this_ones(queued: Slurm, tmp_path: Path) -> None:
    submitted("12", submitted=ago(minutes=1), run=str(tmp_path / "dsgrid-12"))
    account(tmp_path / "dsgrid-12", began=ago(days=9), exit_code=7)
    queued.queue(row("12", "RUNNING"))
    assert one().account is None


def test_a_job_of_another_cluster_is_not_looked_for_here(queued: Slurm, tmp_path: Path) -> None:
    submitted("12", cluster="there", run=str(tmp_path / "dsgrid-12"))
    submitted("12", cluster="here", submitted=ago(minutes=3))
    queued.queue(row("12", "RUNNING", submitted=ago(minutes=3)))
    there, here = list_jobs().jobs
    assert (there.entry.cluster, there.state, here.state) == ("there", "unknown", "running")
    assert there.remark == "Slurm on cluster there knows more"
    assert [line["cluster"] for line in list_jobs().rows()] == ["there", "here"]
    assert chosen_one("12", known_jobs()).entry.cluster == "here"
    assert chosen_one("12@there", known_jobs()).entry.cluster == "there"
    account(tmp_path / "dsgrid-12", cluster="elsewhere")
    assert list_jobs().jobs[0].account is None


def test_the_name_of_the_cluster_is_asked_for_where_no_job_tells_it(queued: Slurm) -> None:
    submitted("12", cluster="there")
    assert not one().was_asked
    submitted("13", cluster="here")
    assert next(job for job in list_jobs().jobs if job.id == "13").was_asked


def test_the_first_part_of_a_heterogeneous_job_names_it(queued: Slurm) -> None:
    submitted("12")
    queued.queue(row("12+0", "RUNNING", nodes="head"), row("12+1", "RUNNING", count=2, nodes="n[1-2]"))
    assert (one().id, one().state, one().nodes) == ("12", "running", "head,n[1-2]")
    assert chosen_one("12+0", known_jobs()).id == "12"


# Arrays, and jobs of sbatch ------------------------------------------------------------------------------------------


def test_an_array_that_was_recorded_as_one_is_shown_by_its_tasks(queued: Slurm) -> None:
    submitted("12", kind="array")
    queued.queue(row("12_0", "COMPLETED"), row("12_1", "RUNNING"), row("12_2", "PENDING", reason="JobArrayTaskLimit"))
    assert states(list_jobs().jobs) == {"12_0": "done", "12_1": "running", "12_2": "waiting"}
    assert [job.id for job in chosen("12", known_jobs())] == ["12_0", "12_1", "12_2"]
    assert [job.id for job in chosen("latest", known_jobs())] == ["12_0", "12_1", "12_2"]
    with pytest.raises(UsageError, match="12 is an array of 3 tasks; name one of them: 12_0, 12_1, 12_2"):
        chosen_one("12", known_jobs())


def test_a_thousand_tasks_that_wait_are_one_line(queued: Slurm) -> None:
    submitted("12", kind="array")
    waiting = [row(f"12_{task}", "PENDING", reason="JobArrayTaskLimit") for task in range(2, 1_000) if task != 7]
    queued.queue(
        row("12_0", "COMPLETED"), row("12_1", "RUNNING"), *waiting, row("12_7", "PENDING", reason="JobHeldUser")
    )
    shown = list_jobs().rows()
    assert [line["id"] for line in shown] == ["12_0", "12_1", "12_[2-6]", "12_7", "12_[8-999]"]
    assert list_jobs().report() == "1000 jobs"
    assert [job.id for job in chosen("12_[2-6]", known_jobs())] == [f"12_{task}" for task in range(2, 7)]
    assert [job.id for job in chosen("12_[0,998-1200]", known_jobs())] == ["12_0", "12_998", "12_999"]
    with pytest.raises(NotFoundError, match="you have no job"):
        chosen("12_[2000-3000]", known_jobs())


def test_tasks_that_were_recorded_each_are_there_once(queued: Slurm) -> None:
    for task in range(3):
        submitted(f"12_{task}", spec=f"/{task}.toml")
    queued.queue(*(row(f"12_{task}") for task in range(3)))
    assert {job.id: job.what for job in list_jobs().jobs} == {"12_0": "0.toml", "12_1": "1.toml", "12_2": "2.toml"}


def test_a_job_of_our_scripts_that_waits_is_known_before_it_begins(queued: Slurm) -> None:
    queued.queue(
        row("7", "PENDING", command="/opt/dsgrid/slurm/spark_job.sbatch specs/a --log b.toml", folder="/project"),
        row("8", "PENDING", command="/home/x/other.sbatch specs/a.toml"),
        row("9", "RUNNING", command="(null)"),
        row("10", "PENDING", command='/a/slurm/x.sbatch "unfinished'),
        row("11_1", "PENDING", command="/opt/dsgrid/slurm/array.sbatch a.toml b.toml"),
    )
    found = {job.id: job for job in list_jobs().jobs}
    assert {id_: job.entry.spec for id_, job in found.items()} == {
        "7": "/project/specs/a",
        "11_1": "/project/b.toml",
    }
    assert found["7"].entry.arguments == ("--log", "b.toml"), "the options of the run, as the job says it itself"
    assert entries() == [], "it records itself when it begins"


# Filters, and what cannot be asked -----------------------------------------------------------------------------------


def test_what_is_at_work_is_always_shown(queued: Slurm) -> None:
    for number in range(1, 31):
        submitted(str(number), submitted=ago(hours=31 - number))
    queued.queue(row("2", "RUNNING", submitted=ago(hours=29)))
    shown = list_jobs(limit=3)
    assert [job.id for job in shown.jobs] == ["30", "29", "28", "2"]
    assert shown.report() == "30 jobs, the newest 4 shown; --all shows all"
    assert len(list_jobs(limit=None).jobs) == 30


@pytest.mark.parametrize("state", ["failed", "FAILED", "Failed"])
def test_jobs_are_filtered_by_their_state(queued: Slurm, state: str) -> None:
    submitted("1")
    submitted("2")
    queued.queue(row("1", "FAILED", exit=256), row("2", "RUNNING"))
    assert states(list_jobs(states=[state]).jobs) == {"1": "failed"}
    assert states(list_jobs(states=[state, "running"]).jobs) == {"1": "failed", "2": "running"}
    assert list_jobs(states=["out-of-memory"]).report().startswith("no such jobs in ")


def test_a_state_that_is_none_gets_the_closest(queued: Slurm) -> None:
    with pytest.raises(UsageError, match=r'there is no state "waitng"; did you mean "waiting"\?'):
        list_jobs(states=["waitng"])


def test_where_there_is_no_slurm_the_rest_is_shown_with_a_line_that_says_so(
    queued: Slurm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slurm, "is_here", lambda: False)
    submitted("1", run=str(tmp_path / "a"))
    submitted("2", run=str(tmp_path / "b"), cluster="")
    account(tmp_path / "a", result="/r")
    account(tmp_path / "b", over=False)
    shown = list_jobs()
    assert states(shown.jobs) == {"1": "done", "2": "unknown"}
    assert shown.report().splitlines()[0].startswith("Slurm is not on this machine: ")
    assert shown.jobs[0].remark == "it had begun; Slurm where it was submitted knows more"
    assert queued.calls == []


def test_where_slurm_does_not_answer_the_rest_is_shown(queued: Slurm, tmp_path: Path) -> None:
    queued.answers = ["down"]
    submitted("1", run=str(tmp_path / "a"))
    account(tmp_path / "a")
    shown = list_jobs()
    assert states(shown.jobs) == {"1": "done"}
    assert shown.report().startswith("squeue did not answer in 30 s; ")


def test_no_jobs_are_no_error(queued: Slurm, state_folder: Path) -> None:
    assert list_jobs().report() == f"no such jobs in {state_folder}"


def test_a_job_that_is_not_there_gets_the_closest_number(queued: Slurm) -> None:
    with pytest.raises(NotFoundError, match="you have no jobs; `dsgrid submit` makes them"):
        chosen("latest", known_jobs())
    submitted("1234")
    with pytest.raises(NotFoundError, match=r'you have no job "1235"; did you mean "1234"\?'):
        chosen("1235", known_jobs())
    with pytest.raises(NotFoundError, match='you have no job "x"; there are: "1234"; `dsgrid jobs --all` lists them'):
        chosen("x", known_jobs())


# Everything about one ------------------------------------------------------------------------------------------------


def test_everything_about_a_job_is_shown(queued: Slurm, tmp_path: Path) -> None:
    submitted("12", run=str(tmp_path / "dsgrid-12"), arguments=("--set", "a=b c"), output="x-%j-%%.out", nodes=2)
    (account(tmp_path / "dsgrid-12", losses=[{"node": "n1", "what": "lost", "count": 1}], result="/r") / "log").mkdir()
    queued.queue(row("12", "COMPLETED"))
    lines = show_job("12").lines()
    assert lines["state"] == "done (COMPLETED)"
    assert lines["options"] == "--set 'a=b c'"
    assert lines["output"] == Path("/project/x-12-%.out")
    assert lines["logs"] == str(tmp_path / "dsgrid-12/log")
    assert (lines["loss"], lines["result"], lines["exit code"]) == ("n1: lost", "/r", 0)
    document = show_job("12").document()
    assert document["account"]["result"] == "/r"
    assert document["slurm"] is None


def test_a_ledger_of_thousands_is_read_quickly(queued: Slurm, state_folder: Path) -> None:
    import json
    import time

    state_folder.mkdir()
    lines = [{"job": {"id": str(n), "submitted": ago(minutes=4_000 - n), "run": "/runs/x"}} for n in range(3_000)]
    (state_folder / "jobs.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    begun = time.process_time()
    assert len(list_jobs().jobs) == 20
    assert time.process_time() - begun < 1.0


def test_a_record_without_a_cluster_is_taken_for_one_of_this(queued: Slurm) -> None:
    record(Entry("12", ago(minutes=1)))
    queued.queue(row("12", "RUNNING"))
    assert one().state == "running"
    assert [entry.id for entry in entries()] == ["12"]


def test_a_cluster_whose_name_cannot_be_asked_for_is_no_error(queued: Slurm, monkeypatch: pytest.MonkeyPatch) -> None:
    def call(*command: str, timeout: float = 30) -> str:
        if command[0] == "squeue":
            return ""
        raise ClusterError("no")

    submitted("12")
    monkeypatch.setattr(slurm, "call", call)
    assert one().state == "unknown"
