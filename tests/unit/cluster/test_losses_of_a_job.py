"""What a job has lost is told once, by its cause; what its own end takes away is no loss."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from dsgrid.cluster import aftermath
from dsgrid.cluster.aftermath import Aftermath, ask_slurm, lines_of, lost_nodes, memory_steps
from dsgrid.cluster.event_log import Work, work_done
from dsgrid.cluster.folder import Folder
from dsgrid.cluster.losses import Loss, losses, read_losses, sentences
from dsgrid.errors import ClusterError

NAMES = {"127.0.0.11": "node1", "127.0.0.12": "node2"}
NINE = time.mktime((2026, 11, 26, 9, 0, 0, 0, 0, -1))

# Lines of real logs: of clusters whose executors, workers and nodes were killed.
KILLED = """\
{0} INFO Worker: Executor app-20261126145701-0000/1 finished with state EXITED message Command exited with code 137 \
exitStatus 137
"""
HEAP = """\
{0} INFO Worker: Executor app-20261126150534-0000/0 finished with state EXITED message Command exited with code 52 \
exitStatus 52
"""
AT_THE_END = """\
{0} INFO Worker: Asked to kill executor app-20261126145701-0000/2
{0} INFO ExecutorRunner: Runner thread for executor app-20261126145701-0000/2 interrupted
{0} INFO ExecutorRunner: Killing process!
{0} INFO Worker: Executor app-20261126145701-0000/2 finished with state KILLED message Runner thread for executor \
app-20261126145701-0000/2 interrupted exitStatus 143
{0} ERROR Worker: RECEIVED SIGNAL TERM
{0} INFO Worker: Unknown Executor app-20261126145701-0000/1 finished with state EXITED message Worker shutting down \
exitStatus 137
"""
JOINED = "{0} INFO Master: Registering worker 127.0.0.12:37703 with 2 cores, 1200.0 MiB RAM\n"
REMOVED = """\
{0} INFO Master: 127.0.0.12:37703 got disassociated, removing it.
{0} INFO Master: Removing worker worker-20261126145737-127.0.0.12-37703 on 127.0.0.12:37703
{0} INFO Master: Telling app of lost executor: 0
{0} INFO Master: Telling app of lost worker: worker-20261126145737-127.0.0.12-37703
"""
PYTHON = """\
{0} WARN TaskSetManager: Lost task 1.0 in stage 0.0 (TID 1) (127.0.0.11 executor 1): \
org.apache.spark.SparkException: Python worker exited unexpectedly (crashed). Consider setting \
'spark.sql.execution.pyspark.udf.faulthandler.enabled'
"""
TASK_HEAP = """\
{0} WARN TaskSetManager: Lost task 2.0 in stage 0.0 (TID 2) (127.0.0.11 executor 1): java.lang.OutOfMemoryError: \
Java heap space
{0} ERROR TaskSetManager: Task 2 in stage 0.0 failed 4 times; aborting job
: org.apache.spark.SparkException: Job aborted due to stage failure: Task 2 in stage 0.0 failed 4 times, most \
recent failure: Lost task 2.8 in stage 0.0 (TID 24) (127.0.0.12 executor 6): java.lang.OutOfMemoryError: Java heap \
space
Caused by: java.lang.OutOfMemoryError: Java heap space
"""
FETCH = """\
{0} WARN TaskSetManager: Lost task 0.0 in stage 3.0 (TID 17) (127.0.0.11 executor 1): FetchFailed(BlockManagerId(0, \
127.0.0.12, 43121, None), shuffleId=0, mapIndex=1, mapId=1, reduceId=0, message=
"""
SILENT = "{0} ERROR TaskSchedulerImpl: Lost executor 0 on 127.0.0.12: Executor heartbeat timed out after 131041 ms\n"
FULL = """\
{0} WARN TaskSetManager: Lost task 3.0 in stage 1.0 (TID 9) (127.0.0.12 executor 0): java.io.IOException: No space \
left on device
"""
OWN_HEAP = ": java.lang.OutOfMemoryError: Java heap space\n"


def at(seconds: float) -> str:
    whole = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(NINE + int(seconds)))
    return f"{whole}.{round(seconds % 1 * 1000):03}"


Found = Callable[..., list[Loss]]


@pytest.fixture
def run(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path / "dsgrid-12")
    folder.make()
    return folder


@pytest.fixture
def found(run: Folder) -> Found:
    def find(**more: object) -> list[Loss]:
        given = {"names": NAMES, "head": "node1", "until": NINE + 100, "output": run.path / "job.out", **more}
        return list(losses(run, **given))  # type: ignore[arg-type]

    return find


def write(run: Folder, name: str, *texts: tuple[str, float]) -> None:
    (run.log / name).write_text("".join(text.format(at(moment)) for text, moment in texts))


def say(run: Folder, *texts: tuple[str, float]) -> None:
    (run.path / "job.out").write_text("".join(text.format(at(moment)) for text, moment in texts))


def told(run: Folder, node: str, *events: dict[str, object]) -> None:
    (run.log / f"events-{node}.jsonl").write_text("".join(json.dumps(each) + "\n" for each in events))


def kills(run: Folder, node: str, count: int | None) -> None:
    (run.usage / f"{node}.json").write_text(json.dumps({"node": node, "oom_kills": count}))


def whats(found: list[Loss]) -> list[tuple[str, str, int]]:
    return [(loss.node, loss.what, loss.count) for loss in found]


def test_a_job_without_losses_has_none(found: Found, run: Folder) -> None:
    write(run, "master.log", (JOINED, 1), (REMOVED, 100.5))
    write(run, "worker-node2.log", (AT_THE_END, 100.2))
    say(run, ("{0} INFO everything is fine\n", 50))
    kills(run, "node1", 0)
    kills(run, "node2", None)
    assert found(slurm=Aftermath()) == []


def test_a_folder_without_any_file_has_none(tmp_path: Path) -> None:
    assert losses(Folder(tmp_path / "gone"), names=NAMES, head="node1", output=tmp_path / "no.out") == ()


def test_a_killed_executor_is_told_with_what_to_do(found: Found, run: Folder) -> None:
    write(run, "worker-node1.log", (KILLED, 10), (KILLED, 20), (AT_THE_END, 100.2))
    (loss,) = found()
    assert (loss.node, loss.what, loss.count) == ("node1", "an executor ended (exit code 137: killed)", 2)
    assert "--mem" in loss.advice


def test_what_the_job_ends_itself_is_no_loss(found: Found, run: Folder) -> None:
    write(run, "worker-node1.log", (KILLED, 100.2))
    write(run, "master.log", (JOINED, 1), (REMOVED, 100.2))
    say(run, (PYTHON, 101))
    assert found() == []
    assert len(found(until=NINE + 102)) == 3


def test_a_loss_in_the_second_of_the_end_counts_where_the_clock_is_exact(found: Found, run: Folder) -> None:
    write(run, "worker-node1.log", (KILLED, 100.3))
    assert found(until=NINE + 100.2) == []
    assert len(found(until=NINE + 100.4)) == 1


def test_a_log_that_knows_only_seconds_does_not_blame_the_second_of_the_end(found: Found, run: Folder) -> None:
    (run.log / "worker-node1.log").write_text(KILLED.format(at(100).partition(".")[0]))
    assert found(until=NINE + 100.9) == []
    assert len(found(until=NINE + 101)) == 1


def test_executors_that_end_because_their_driver_has_gone_are_no_loss(found: Found, run: Folder) -> None:
    write(run, "worker-node1.log", (KILLED.replace("137", "1"), 99.5))
    assert found() == []
    write(run, "worker-node1.log", (KILLED.replace("137", "1"), 90))
    assert whats(found()) == [("node1", "an executor ended (exit code 1)", 1)]


def test_a_kill_for_memory_is_told_once_though_all_have_seen_it(found: Found, run: Folder) -> None:
    write(run, "worker-node1.log", (KILLED, 10))
    say(run, (PYTHON, 20))
    kills(run, "node1", 2)
    what = "a process was killed because the job's memory was full"
    assert whats(found(slurm=Aftermath(memory=("node1",)))) == [("node1", what, 2)]
    kills(run, "node1", 1)
    assert whats(found()) == [("node1", what, 1), ("node1", "a Python worker of an executor crashed", 1)]


def test_slurms_word_counts_where_nobody_else_saw_a_kill_for_memory(found: Found) -> None:
    assert [loss.node for loss in found(slurm=Aftermath(memory=("node2",)))] == ["node2"]
    assert whats(found(slurm=Aftermath(memory=("",)))) == [("", "a step reached its memory limit, as Slurm says", 1)]


def test_a_full_heap_of_an_executor_is_not_taken_for_the_drivers(found: Found, run: Folder) -> None:
    say(run, (TASK_HEAP, 10))
    assert whats(found()) == [("node1", "an executor's Java heap was full", 1)]
    write(run, "worker-node2.log", (HEAP, 10), (HEAP, 20))
    assert ("node2", "an executor's Java heap was full", 2) in whats(found())


def test_a_full_heap_is_seen_in_the_executors_own_logs(found: Found, run: Folder) -> None:
    for number in (0, 3):
        write(
            run, f"executor-node2-app-1-{number}.log", ("{0} ERROR Executor: x\njava.lang.OutOfMemoryError: y\n" * 9, 5)
        )
    assert whats(found()) == [("node2", "an executor's Java heap was full", 2)]


def test_a_full_heap_of_the_driver_is_the_heads(found: Found, run: Folder) -> None:
    say(run, (OWN_HEAP, 10))
    assert whats(found(head="node2")) == [("node2", "the driver's Java heap was full", 1)]


def test_a_worker_that_died_is_told_by_its_supervisor_alone(found: Found, run: Folder) -> None:
    write(run, "master.log", (JOINED, 1), (REMOVED, 10), (JOINED, 14))
    event = {
        "time": "2026-11-26T08:00:00.000+00:00",
        "node": "node2",
        "what": "worker_ended",
        "code": 137,
        "restart": 1,
    }
    told(run, "node2", event | {"time": NINE + 10})
    (loss,) = found()
    assert (loss.node, loss.what) == ("node2", "Spark's worker ended (exit code 137: killed)")
    assert loss.advice == "it was started again"
    told(run, "node2", event | {"time": NINE + 10}, event | {"time": NINE + 20, "code": -9, "restart": 0})
    (loss,) = found()
    assert (loss.count, loss.advice) == (2, "it was started so often that it was given up")


def test_moments_of_the_supervisor_are_read_in_both_forms(found: Found, run: Folder) -> None:
    event = {"what": "worker_ended", "code": 1, "restart": 1}
    for moment, count in (("1999-01-01T00:00:00.000+00:00", 1), ("2099-01-01T00:00:00+00:00", 0), (NINE + 99.5, 0)):
        told(run, "node2", event | {"time": moment})
        assert len(found()) == count, moment


def test_damaged_lines_of_the_supervisor_are_skipped(found: Found, run: Folder) -> None:
    lines = ['{"what": "worker_e', "[1]", '"x"', '{"what": "worker_ended"}', '{"what": "other", "code": 1, "time": 1}']
    (run.log / "events-node2.jsonl").write_text("\n".join(lines))
    assert found() == []


def test_a_node_that_slurm_has_taken_away_is_told_once(found: Found, run: Folder) -> None:
    write(run, "master.log", (JOINED, 1), (REMOVED, 50))
    assert whats(found()) == [("node2", "went out of touch", 1)]
    assert whats(found(slurm=Aftermath({"node2": "down"}))) == [("node2", "the node was lost (Slurm: down)", 1)]


def test_a_node_that_came_back_was_out_of_touch_only(found: Found, run: Folder) -> None:
    write(run, "master.log", (JOINED, 1), (REMOVED, 50), (JOINED, 70))
    assert whats(found()) == [("node2", "was out of touch for a while", 1)]


def test_what_could_not_be_fetched_is_told_only_where_nothing_explains_it(found: Found, run: Folder) -> None:
    say(run, (FETCH, 10), (FETCH, 11))
    assert [(loss.node, loss.count) for loss in found()] == [("node2", 2)]
    write(run, "worker-node2.log", (KILLED, 9))
    assert whats(found()) == [("node2", "an executor ended (exit code 137: killed)", 1)]


def test_silent_executors_and_full_disks_are_told(found: Found, run: Folder) -> None:
    say(run, (SILENT, 10), (FULL, 20), (FULL, 21))
    assert whats(found()) == [("node2", "an executor did not answer for minutes", 1), ("node2", "a disk was full", 2)]


def test_what_an_earlier_run_said_in_the_same_output_is_not_this_runs(found: Found, run: Folder) -> None:
    say(run, (PYTHON, 10), (PYTHON, 20))
    size = (run.path / "job.out").stat().st_size
    assert found(offset=0)[0].count == 2
    assert found(offset=size // 2)[0].count == 1
    assert found(offset=size) == []
    # It was written anew.
    assert found(offset=size * 2)[0].count == 2


def test_logs_of_nodes_whose_names_begin_alike_are_not_mixed(run: Folder) -> None:
    names = {"10.0.0.1": "gpu", "10.0.0.2": "gpu-1", "10.0.0.3": "gpu-1-2"}
    for name in names.values():
        write(run, f"executor-{name}-app-1-0.log", ("java.lang.OutOfMemoryError\n", 1))
    assert [(loss.node, loss.count) for loss in losses(run, names=names, head="gpu")] == [
        ("gpu", 1),
        ("gpu-1", 1),
        ("gpu-1-2", 1),
    ]


def test_a_log_of_a_node_that_is_not_this_jobs_is_nobodys(run: Folder) -> None:
    write(run, "worker-n10.log", (KILLED, 1))
    assert losses(run, names={"10.0.0.1": "n1"}, head="n1") == ()


def test_the_lines_of_a_trace_have_the_time_of_what_they_explain(found: Found, run: Folder) -> None:
    say(run, ("{0} ERROR Utils: uncaught error in thread x\n", 101), (OWN_HEAP, 0))
    assert found() == []
    say(run, ("{0} ERROR Utils: uncaught error in thread x\n", 99), (OWN_HEAP, 0))
    assert len(found()) == 1


def test_a_job_on_one_node_is_told_by_its_name_however_spark_calls_it(run: Folder) -> None:
    say(run, (PYTHON.replace("127.0.0.11 executor 1", "vm executor driver"), 10))
    (loss,) = losses(run, names={"127.0.0.11": "node1"}, head="node1", output=run.path / "job.out")
    assert loss.node == "node1"


def test_what_the_driver_says_in_its_log_and_in_the_output_is_told_once(found: Found, run: Folder) -> None:
    write(run, "driver.log", (SILENT, 10), (PYTHON, 11), (OWN_HEAP, 12))
    (run.path / "job.out").write_text(f"{SILENT.format('09:00:10')}{OWN_HEAP}")
    assert sorted(whats(found())) == [
        ("node1", "a Python worker of an executor crashed", 1),
        ("node1", "the driver's Java heap was full", 1),
        ("node2", "an executor did not answer for minutes", 1),
    ]


def test_bytes_that_are_no_text_hide_nothing(found: Found, run: Folder) -> None:
    (run.path / "job.out").write_bytes(b"\xff\xfe\0\n" + PYTHON.format(at(3)).encode() + b"\xff")
    assert len(found()) == 1


def test_what_happened_on_many_nodes_is_one_sentence() -> None:
    many = [Loss(f"n{i}", "an executor ended", 2, f"its log: executor-n{i}-*.log") for i in range(1, 6)]
    assert sentences(many) == ["n1, n2, n3 and 2 more nodes: an executor ended, 10 times: its log: executor-n1-*.log"]
    assert sentences([Loss("n1", "went out of touch")]) == ["n1: went out of touch"]
    assert sentences([Loss("", "a step ended", 3, "do")]) == ["a step ended, 3 times: do"]
    assert sentences([]) == []


def test_losses_come_back_from_what_was_written_of_them() -> None:
    made = [Loss("n1", "what", 3, "advice"), Loss("", "other")]
    assert list(read_losses([asdict(each) for each in made])) == made
    assert read_losses([None, {"node": "x"}, {"what": "w", "count": "many"}]) == (Loss("", "w"),)
    assert read_losses({"what": "w"}) == ()


def test_nodes_that_do_not_answer_are_lost_and_drained_ones_are_not() -> None:
    text = "n1 mixed\nn2 down*\nn3 idle*\nn4 draining\nn4 draining\nn5 down\nn6 allocated\nn7 completing\n"
    assert lost_nodes(text) == {"n2": "down, does not answer", "n3": "idle, does not answer", "n5": "down"}


def test_steps_out_of_memory_are_read_from_accounting() -> None:
    assert memory_steps("RUNNING|n[1-3]\nCOMPLETED|n1\nOUT_OF_MEMORY|n2\nOUT_OF_ME+|n2\n") == ("n2",)
    assert memory_steps("") == ()


def test_lines_of_other_tasks_and_other_jobs_are_not_this_jobs() -> None:
    lines = ("JobId=28 ArrayJobId=28 x=a", "JobId=29 ArrayJobId=28 x=b", "JobId=280 x=c", "JobId=31 HetJobId=28 x=d")
    text = "\n".join(lines)
    assert [line[-1] for line in lines_of("28", text)] == ["a", "d"]


def answers(monkeypatch: pytest.MonkeyPatch, **by_command: str) -> None:
    def call(*command: str, timeout: float) -> str:
        key = "hostnames" if "hostnames" in command else command[0]
        if key not in by_command:
            raise ClusterError(f"{key}: no")
        return by_command[key]

    monkeypatch.setattr(aftermath.slurm, "call", call)


def test_a_node_that_is_no_more_in_the_jobs_list_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    job = "JobId=12 JobState=RUNNING DerivedExitCode=0:9 NodeList=node1 BatchHost=node1\n"
    answers(monkeypatch, scontrol=job, hostnames="node1\n", sinfo="node1 mixed\nnode2 idle\n")
    assert ask_slurm("12", ["node1", "node2"]) == Aftermath({"node2": "taken away"})
    answers(monkeypatch, scontrol=job, hostnames="node1\n", sinfo="node1 mixed\nnode2 down*\n")
    assert ask_slurm("12", ["node1", "node2"]).lost == {"node2": "down, does not answer"}


def test_a_derived_exit_code_of_125_is_a_step_out_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    job = "JobId=12 JobState=RUNNING DerivedExitCode=0:125 NodeList=node1\n"
    answers(monkeypatch, scontrol=job, hostnames="node1\n", sinfo="node1 mixed\n")
    assert ask_slurm("12", ["node1"]) == Aftermath(memory=("",))


def test_a_slurm_that_does_not_answer_blames_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch)
    assert ask_slurm("12", ["node1", "node2"]) == Aftermath()


STAGE = '{{"Event":"SparkListenerStageCompleted","Stage Info":{{"Accumulables":[{}]}}}}'
METRIC = '{{"ID":1,"Name":"internal.metrics.{}","Value":{}}}'


def test_the_work_of_all_stages_of_all_applications_is_summed(tmp_path: Path) -> None:
    import pyarrow as pa

    spilled = METRIC.format("diskBytesSpilled", 1000)
    lines = [
        STAGE.format(f"{spilled},{METRIC.format('jvmGCTime', 7)}"),
        '{"Event":"SparkListenerTaskEnd"}',
        STAGE.format(""),
    ]
    for number in (1, 2):
        folder = tmp_path / f"eventlog_v2_app-{number}"
        folder.mkdir()
        (folder / f"appstatus_app-{number}").touch()
        with pa.CompressedOutputStream(str(folder / f"events_1_app-{number}.zstd"), "zstd") as file:
            file.write("\n".join(lines).encode())
    (tmp_path / "app-3").write_text(f"{STAGE.format(spilled)}\n{STAGE.format(spilled)[:-9]}")
    assert work_done(tmp_path) == Work(spilled=3000, garbage_ms=14, stages=5)


def test_an_event_log_that_breaks_off_tells_what_it_has(tmp_path: Path) -> None:
    import pyarrow as pa

    file = tmp_path / "events_1_app.zstd"
    with pa.CompressedOutputStream(str(file), "zstd") as out:
        for number in range(20_000):
            out.write((STAGE.format(METRIC.format("diskBytesSpilled", number)) + "\n").encode())
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    found = work_done(tmp_path)
    assert found is not None
    assert 0 < found.stages < 20_000
    file.write_bytes(b"no log at all")
    assert work_done(tmp_path) == Work()


def test_an_event_log_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    (tmp_path / "app-1").write_text(STAGE.format("") + "\n")
    assert work_done(tmp_path) == Work(stages=1)
    found = work_done(tmp_path, patience=-1)
    assert found is not None
    assert not found.whole
    assert work_done(tmp_path / "none") is None
