"""The closing summary says how a job ended, what it used and lost, where things are, and what to do next."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from dsgrid.cluster.event_log import Work
from dsgrid.cluster.losses import Loss
from dsgrid.cluster.summary import cores_used, memory_used, summary
from dsgrid.cluster.usage import Usage

GIB = 1 << 30
RUN = Path("/shared/dsgrid-jobs/dsgrid-12")
NODES = (
    Usage("node1", peak=9 * GIB, cpu=9_000, seconds=600, cores=20, memory=16 * 1024),
    Usage("node2", peak=12 * GIB, cpu=9_000, seconds=600, cores=20, memory=16 * 1024),
)


def account(**more: Any) -> dict[str, Any]:
    return {
        "job": "12",
        "kind": "cluster",
        "engine": "spark",
        "spec": "/shared/specs/my query.toml",
        "arguments": ["--parts", "4"],
        "nodes": ["node1", "node2"],
        "began": "2026-11-26T09:00:00+00:00",
        "ready": "2026-11-26T09:00:10+00:00",
        "ended": "2026-11-26T09:10:00+00:00",
        "state": "ended",
        "exit_code": 0,
        "reason": "",
        "output": "/shared/dsgrid-12.out",
        "result": "/shared/results/my query",
        "usage": [asdict(each) for each in NODES],
        "losses": [],
        "work": asdict(Work(stages=3)),
        **more,
    }


def line(text: str, label: str) -> str:
    """Return what is told under a label."""
    found = [each[2:].removeprefix(label).strip() for each in text.splitlines() if each.startswith(f"  {label} ")]
    return found[0] if found else ""


def test_a_job_that_went_well_reads_like_this() -> None:
    assert summary(account(), RUN) == "\n".join(
        [
            "job 12",
            "  ended    well",
            "  time     10 min 0 s: 10 s until it was ready, 9 min 50 s the spec",
            "  nodes    2 x 20 cores (node1, node2)",
            "  cores    75% used: 30.0 of 40 on average",
            "  memory   at most 12.0 of 16.0 GiB on node2",
            "  result   /shared/results/my query",
            "  output   /shared/dsgrid-12.out",
            "  logs     /shared/dsgrid-jobs/dsgrid-12/log",
            "  history  dsgrid jobs history 12 shows Spark's pages of it",
        ]
    )


def test_nothing_that_is_not_known_is_told_and_nothing_is_needed() -> None:
    text = summary({}, RUN)
    assert text.splitlines()[:2] == ["job ?", "  ended    nobody knows how"]
    assert "None" not in text
    assert "None" not in summary(dict.fromkeys(account()), RUN)


@pytest.mark.parametrize(
    ("code", "reason", "told"),
    [
        (7, "the spec failed", "exit code 7: an engine failed"),
        (
            124,
            "the time limit is near",
            "exit code 124: the time limit was near, so it was ended; what is finished is kept",
        ),
        (72, "no worker came up on node3; 2 of 3 did", "exit code 72: no worker came up on node3; 2 of 3 did"),
        (143, "ended by Slurm", "exit code 143: ended by Slurm: cancelled, preempted, or out of time"),
        (0, "", "well"),
    ],
)
def test_an_end_is_told_in_words_with_what_is_known_of_its_reason(code: int, reason: str, told: str) -> None:
    assert line(summary(account(exit_code=code, reason=reason), RUN), "ended") == told


def test_losses_that_the_state_hides_are_told_under_one_label() -> None:
    lost = [asdict(Loss("node2", f"loss {i}", 1, "do this")) for i in range(9)]
    text = summary(account(losses=lost), RUN)
    assert line(text, "ended") == "well, in spite of losses"
    assert "  lost     node2: loss 0: do this\n           node2: loss 1: do this\n" in text
    assert "           and 3 more: dsgrid jobs show 12\n" in text


def test_after_the_time_limit_the_command_that_goes_on_is_told() -> None:
    told = line(summary(account(exit_code=124), RUN), "next")
    assert told.startswith("dsgrid submit '/shared/specs/my query.toml' --parts 4 --nodes 2 --time LONGER ")
    told = line(summary(account(exit_code=130, kind="single", engine="sail"), RUN), "next")
    assert told.startswith("dsgrid submit '/shared/specs/my query.toml' --parts 4 --engine sail ")


def test_after_a_failure_the_logs_are_named_and_after_success_nothing_is_left_to_do() -> None:
    assert line(summary(account(exit_code=7), RUN), "next") == "dsgrid jobs logs 12 --which all"
    assert line(summary(account(), RUN), "next") == ""
    assert line(summary(account(exit_code=143, spec=None, kind="interactive"), RUN), "next") == ""


def test_a_cluster_that_never_came_up_has_no_time_of_the_spec() -> None:
    assert line(summary(account(ready=None, exit_code=72), RUN), "time") == "10 min 0 s; it never was ready"


def test_nodes_that_left_no_account_are_counted() -> None:
    names = [f"n{i}" for i in range(1, 8)]
    told = line(summary(account(nodes=names), RUN), "nodes")
    assert told == "7 (n1, n2, n3, n4 and 3 more); of 7 there is no account of what they used"


def test_nodes_of_different_sizes_are_told_apart() -> None:
    used = [asdict(usage(1, cores=1, node="a")), *(asdict(usage(1, cores=2, node=name)) for name in ("b", "c"))]
    assert (
        line(summary(account(usage=used, nodes=["a", "b", "c"]), RUN), "nodes") == "1 x 1 core + 2 x 2 cores (a, b, c)"
    )


def test_what_was_over_at_once_tells_nothing_of_cores_and_memory() -> None:
    text = summary(account(usage=[asdict(usage(9, 0.01, seconds=0.2, cores=2, node="a"))], nodes=["a"]), RUN)
    assert line(text, "nodes") == "1 x 2 cores (a)"
    assert (line(text, "cores"), line(text, "memory")) == ("", "")


def test_no_more_cores_are_used_than_there_are() -> None:
    assert cores_used([usage(100, seconds=6, cores=2)], remarks=False) == "100% used: 2.0 of 2 on average"


def test_without_an_event_log_there_is_no_history() -> None:
    assert line(summary(account(work=None), RUN), "history") == ""


def usage(
    cpu: float, peak: float = 8, *, seconds: float = 600, cores: int = 104, memory: int = 240, node: str = "n"
) -> Usage:
    return Usage(node, peak=int(peak * GIB), cpu=cpu, seconds=seconds, cores=cores, memory=memory * 1024)


def test_few_used_cores_on_many_nodes_mean_fewer_nodes() -> None:
    used = [usage(0.12 * 600 * 104)] * 4
    assert cores_used(used, remarks=True) == "12% used: 49.9 of 416 on average: 1 node would do"
    assert cores_used(used, remarks=False) == "12% used: 49.9 of 416 on average"
    assert cores_used([usage(0.3 * 600 * 104)] * 4, remarks=True).endswith(": 2 nodes would do")


def test_few_used_cores_on_one_node_mean_fewer_cores() -> None:
    assert cores_used([usage(600 * 7)], remarks=True).endswith(": 10 cores would do")
    assert cores_used([usage(600 * 1, cores=2)], remarks=True) == "50% used: 1.0 of 2 on average"


def test_a_node_that_was_lost_early_is_weighed_by_the_time_that_it_was_there() -> None:
    used = [usage(600 * 52), usage(60 * 52, seconds=60)]
    assert cores_used(used, remarks=True).startswith("50% used")


def test_no_time_is_no_division() -> None:
    assert cores_used([Usage("n")], remarks=True) == ""
    assert memory_used([Usage("n")], None, remarks=True) == ""


def test_memory_close_to_the_limit_asks_for_more() -> None:
    assert memory_used([usage(0, 230)], None, remarks=False).endswith("close to the limit; ask for more (--mem)")
    killed = Usage("n", peak=GIB, memory=4096, oom_kills=2)
    assert memory_used([killed], None, remarks=True).endswith("close to the limit; ask for more (--mem)")


def test_much_unused_memory_is_told_with_what_would_do() -> None:
    assert memory_used([usage(0, 20)], None, remarks=True) == "at most 20.0 of 240.0 GiB: --mem=30G would do"
    assert memory_used([usage(0, 20)], Work(spilled=5), remarks=True) == "at most 20.0 of 240.0 GiB"
    assert memory_used([usage(0, 0.2, memory=4)], None, remarks=True) == "at most 0.2 of 4.0 GiB"


def test_the_fullest_node_is_the_one_with_the_largest_share() -> None:
    used = [usage(0, 100, memory=240, node="big"), usage(0, 20, memory=24, node="small")]
    assert memory_used(used, None, remarks=True) == "at most 20.0 of 24.0 GiB on small"


def test_what_went_to_disks_and_what_garbage_took_is_told() -> None:
    work = asdict(Work(spilled=3_000_000_000, shuffled=9_000_000_000, task_ms=1000, garbage_ms=300, stages=2))
    text = summary(account(work=work), RUN)
    assert line(text, "spilled").startswith(
        "3.0 GB did not fit into memory and went to disks, of 9.0 GB shuffled: more"
    )
    assert line(text, "garbage").startswith("Java's garbage collection took 30% of the tasks' time")
    assert line(summary(account(work={**work, "whole": False}), RUN), "spilled").startswith("at least 3.0 GB")
    assert "garbage" not in summary(account(work={**work, "garbage_ms": 100}), RUN)
    assert line(summary(account(work={**work, "spilled": 0}), RUN), "spilled") == ""


def test_nothing_follows_from_a_short_job_or_from_one_that_waits_for_users() -> None:
    idle = [asdict(usage(1, 1, seconds=30))]
    short = summary(account(usage=idle, nodes=["n"]), RUN)
    waits = summary(account(usage=[asdict(usage(1, 1))], nodes=["n"], kind="interactive"), RUN)
    for text in (short, waits):
        assert "would do" not in text
    assert "would do" in summary(account(usage=[asdict(usage(1, 1))], nodes=["n"]), RUN)


def test_damaged_accounts_are_told_as_far_as_they_go() -> None:
    text = summary(
        account(usage=[1, {"node": "x", "cpu": "y"}], losses="none", work={"spilled": "x"}, began="soon"), RUN
    )
    assert line(text, "ended") == "well"
    assert line(text, "time") == ""
