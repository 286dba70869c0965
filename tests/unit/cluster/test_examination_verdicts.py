"""What the nodes of an allocation answer is judged: equal is well, a difference names its nodes and a cure."""

from __future__ import annotations

import pytest

from dsgrid.cluster import shared_verdicts, verdicts
from dsgrid.operations.doctor import GIB, Examination

NODES = ("n1", "n2", "n3")
ADDRESSES = {"n1": "10.0.0.1", "n2": "10.0.0.2", "n3": "10.0.0.3"}


def hello(**more):
    packages = {"pyspark": "4.2.1", "pyarrow": "26.0.1", "pandas": "2.3.3"}
    answer = {"python": "3.11.7", "executable": "/venv/bin/python", "dsgrid": "0123456789abcdef", "packages": packages}
    return {**answer, "host_address": "10.0.0.9", "java": "17.0.15", "java_command": "/opt/java/bin/java", **more}


def disk(**more):
    return {"folder": "/local", "free": 100 * GIB, "kind": "xfs", "size": 256 << 20, "seconds": 0.25, **more}


def all_with(answer, **others):
    """Return an answer for all nodes, and that of others in place of some."""
    return {node: others.get(node, answer) for node in NODES}


def lines(findings):
    return [str(finding) for finding in findings]


def healthy(findings):
    return Examination(tuple(findings)).is_healthy


def test_equal_nodes_are_well():
    answers = all_with(hello())
    found = [*verdicts.of_python(answers), verdicts.of_java(answers), *verdicts.of_scratch(all_with(disk()))]
    assert not any(finding.advice for finding in found)
    assert "ok  Python      3.11.7 (/venv/bin/python)" in lines(found)
    assert "ok  scratch     100 GiB free or more, 1,074 MB/s or more, in /local (xfs)" in lines(found)


@pytest.mark.parametrize(
    ("other", "what", "message"),
    [
        (
            {"python": "3.12.1"},
            "Python",
            "3.11.7 (/venv/bin/python) on n1, n3; 3.12.1 (/venv/bin/python) on n2: Spark's",
        ),
        ({"python": "3.9.2"}, "Python", "n2: dsgrid needs Python 3.11 or newer"),
        ({"executable": "/local/python"}, "Python", "on n1, n3; 3.11.7 (/local/python) on n2"),
        (
            {"dsgrid": "fedcba9876543210"},
            "dsgrid",
            "0123456789ab on n1, n3; fedcba987654 on n2: the nodes run different",
        ),
        (
            {"packages": {"pyspark": "4.0.0", "pyarrow": "26.0.1", "pandas": "2.3.3"}},
            "pyspark",
            "4.0.0 on n2: all nodes need",
        ),
        (
            {"packages": {"pyspark": "4.2.1", "pandas": "2.3.3"}},
            "pyarrow",
            "none on n2: install it where n2 looks for it",
        ),
    ],
)
def test_an_installation_that_differs_is_named(other, what, message):
    found = verdicts.of_python(all_with(hello(), n2=hello(**other)))
    wrong = [finding for finding in found if finding.advice]
    assert [finding.what for finding in wrong] == [what]
    assert message in str(wrong[0])
    assert not healthy(found)


@pytest.mark.parametrize(
    ("version", "is_well", "message"),
    [
        (
            "21.0.2",
            False,
            "17.0.15 (/opt/java/bin/java) on n1, n3; 21.0.2 (/opt/java/bin/java) on n2: all nodes need the same",
        ),
        ("11.0.20", False, "Spark needs Java 17 or 21 on n2; name one by `modules` or `java` in the site's file"),
        ("1.8.0_402", False, "Spark needs Java 17 or 21 on n2"),
        (None, False, "none (/opt/java/bin/java) on n2: Spark needs Java 17 or 21 on n2"),
        ("17.0.9", True, "17.0.9 (/opt/java/bin/java) on n2: the same on all nodes is safer"),
        ("17.0.15", True, "17.0.15 (/opt/java/bin/java)"),
        ("24-ea", False, "all nodes need the same"),
    ],
)
def test_a_java_that_differs_is_named_and_only_another_number_is_too_much(version, is_well, message):
    found = verdicts.of_java(all_with(hello(), n2=hello(java=version)))
    assert message in str(found)
    assert healthy([found]) is is_well
    assert healthy([verdicts.of_java(all_with(hello(), n2=hello(java=version)), needed=False)])


def test_a_java_that_is_nowhere_is_said_to_be_nowhere():
    found = verdicts.of_java(all_with(hello(java=None, java_command=None)))
    assert "none (not in the PATH): Spark needs Java 17 or 21 on n1, n2, n3" in str(found)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"kind": "tmpfs"}, "on n2 that is memory"),
        ({"kind": "lustre"}, "on n2 that is a disk that all nodes share"),
        ({"free": 2 * GIB}, "little room on n2"),
        ({"seconds": 10.0}, "slow on n2: shuffles wait for the disk"),
    ],
)
def test_a_disk_that_is_small_slow_or_none_is_named_as_a_weakness(other, message):
    (found,) = verdicts.of_scratch(all_with(disk(), n2=disk(**other)))
    assert message in found.advice
    assert "DSGRID_SCRATCH" in found.advice
    assert healthy([found])


def test_a_disk_that_cannot_be_written_is_a_fault_and_the_others_are_told_besides():
    wrong = {"folder": "/local", "problem": "Permission denied"}
    found = verdicts.of_scratch(all_with(disk(), n2=wrong))
    assert lines(found)[0].startswith("NO  scratch     /local: Permission denied on n2: `scratch` in the site's file")
    assert len(found) == 2
    assert not healthy(found)
    unset = {"problem": 'scratch "${X}": there is no X in the environment of this node'}
    assert (
        "there is no X in the environment of this node on n1, n2, n3" in lines(verdicts.of_scratch(all_with(unset)))[0]
    )


def test_nodes_that_do_not_answer_are_named_with_the_reason_and_how_to_leave_them_out():
    found = verdicts.of_nodes(["n1"], {"n2": "down", "n3": "down"})
    assert lines(found)[0] == "ok  nodes       1 answers: n1"
    assert "n2, n3 do not answer (down): leave them out with --exclude=n2,n3" in lines(found)[1]
    assert not healthy(found)
    assert len(verdicts.of_nodes([], {"n2": "down"})) == 1


@pytest.mark.parametrize(
    ("why", "advice"),
    [
        (
            "slurmstepd: error: execve(): /x/python: No such file or directory",
            "this Python is not on the node; name one",
        ),
        ("Check SLURM_JOB_ID. Expired or invalid job 7", "this allocation is over; get another one: salloc"),
        ("/x/python: No module named dsgrid", "the Python there has no dsgrid; name one that all nodes see"),
    ],
)
def test_what_is_no_fault_of_a_node_gets_other_advice_than_to_leave_it_out(why, advice):
    (found,) = verdicts.of_nodes([], {"n1": why})
    assert advice in found.advice
    assert "exclude" not in found.advice


def test_one_node_alone_is_said_to_compare_nothing():
    (found,) = verdicts.of_nodes(["n1"], {})
    assert "only n1: nothing can be compared; ask for more: salloc --nodes=2" in str(found)
    assert healthy([found])


def test_many_nodes_are_not_all_listed():
    assert verdicts.named(f"n{number}" for number in range(100)) == "n0, n1, n2, n3 and 96 more"
    assert verdicts.named(f"n{number}" for number in range(5)) == "n0, n1, n2, n3, n4"


@pytest.mark.parametrize(
    ("ahead", "message"),
    [
        (0.0, "ok  clocks      equal, as far as can be measured"),
        (0.5, "ok  clocks      500.0 ms apart at most"),
        (1.001, "ok  clocks      1.0 s apart at most"),
        (3.0, "--  clocks      3.0 s apart at most: n2 is ahead of n1"),
        (-3.0, "--  clocks      3.0 s apart at most: n1 is ahead of n2"),
    ],
)
def test_clocks_are_compared_as_far_as_they_can_be_measured(ahead, message):
    assert message in str(verdicts.of_clocks({"n1": (100.0, 0.002), "n2": (100.0 + ahead, 0.002)}))


def test_addresses_that_do_not_resolve_or_are_those_of_two_are_faults():
    written = {"n1": "n1.ib", "n2": "n2.ib", "n3": "n3.ib"}
    good = shared_verdicts.of_addresses(ADDRESSES, written, all_with(hello()))
    assert lines(good) == ["ok  addresses   n1 10.0.0.1, n2 10.0.0.2, n3 10.0.0.3"]
    lost = shared_verdicts.of_addresses({**ADDRESSES, "n2": None}, written, all_with(hello()))
    assert "NO  addresses   n2: Slurm's address n2.ib does not resolve" in lines(lost)[0]
    same = shared_verdicts.of_addresses({**ADDRESSES, "n2": "10.0.0.1"}, written, all_with(hello()))
    assert "NO  addresses   n1, n2 have the same, 10.0.0.1" in lines(same)[0]


def test_a_name_that_is_a_loopback_is_told_and_does_no_harm():
    found = shared_verdicts.of_addresses(ADDRESSES, ADDRESSES, all_with(hello(), n3=hello(host_address="127.0.1.1")))
    assert "by its own name n3 would be a loopback; Spark is given these addresses" in str(found[0])
    assert healthy(found)


def test_connections_that_fail_are_named_with_both_ends():
    failed = {("n2", "n1"): "timed out", ("n3", "n1"): "timed out", ("n3", "n3"): "Cannot assign requested address"}
    found = lines(shared_verdicts.of_network(failed, ADDRESSES, 5))
    assert "NO  network     n3 cannot listen on 10.0.0.3 (Cannot assign requested address)" in found[0]
    assert "no connection from n2 to n1 (10.0.0.1), n3 to n1 (10.0.0.1): timed out: Spark's processes talk" in found[1]
    assert lines(shared_verdicts.of_network({}, ADDRESSES, 5)) == [
        "ok  network     nodes reach each other (5 connections tried)"
    ]


def test_files_that_others_do_not_see_are_a_fault():
    good = shared_verdicts.of_files("/runs", {}, {"n1": [], "n2": []}, 0.1)
    assert lines(good) == ["ok  files       all nodes see what the others write in /runs"]
    assert "after 3 s" in str(shared_verdicts.of_files("/runs", {}, {"n1": []}, 3.2)[0])
    found = shared_verdicts.of_files("/runs", {"n3": "Permission denied"}, {"n1": ["n2"], "n2": ["n1"]}, 10.0)
    assert "NO  files       n3 cannot write to /runs: Permission denied: `runs` in the site's file" in lines(found)[0]
    assert "n1 does not see in /runs what n2 wrote" in lines(found)[1]
    assert not healthy(found)


GOOD = {"n2": {"database": "refused", "file": "refused"}}, {"n2": {"database": "got", "file": "got"}}


def test_locks_that_exclude_others_are_well():
    found = shared_verdicts.of_locks("/reg", "nfs4", {}, *GOOD)
    assert lines(found) == [
        "ok  locks       a database that one node has locked is refused to the others in /reg (nfs4)",
        "ok  file locks  a file that one node has locked is refused to the others in /reg (nfs4)",
    ]


@pytest.mark.parametrize(
    ("during", "after", "message"),
    [
        ("got", "got", "do nothing in /reg (lustre): n2 got a database that another node had locked: two jobs could"),
        ("stale", "got", "do nothing in /reg (lustre): n2 got a database that another node had locked"),
        ("refused", "refused", "do not work in /reg (lustre) for n2: is still refused when the lock is gone"),
        ("refused", "stale", "do not work in /reg (lustre) for n2: does not see what was written before"),
        ("disk I/O error", "got", "do not work in /reg (lustre) for n2: disk I/O error"),
    ],
)
def test_locks_of_databases_that_do_not_work_are_a_fault(during, after, message):
    answers = {"n2": {"database": during, "file": "refused"}}, {"n2": {"database": after, "file": "got"}}
    found = shared_verdicts.of_locks("/reg", "lustre", {}, *answers)
    assert lines(found)[0].startswith("NO  locks")
    assert message in lines(found)[0]
    assert not healthy(found)


def test_locks_of_files_that_do_not_work_are_a_weakness():
    answers = {"n2": {"database": "refused", "file": "got"}}, {"n2": {"database": "got", "file": "got"}}
    found = shared_verdicts.of_locks("/reg", "", {}, *answers)
    assert (
        "--  file locks  do nothing in /reg: n2 got a file that another node had locked: do not let two"
        in lines(found)[1]
    )
    none = shared_verdicts.of_locks("/reg", "lustre", {"file_problem": "Function not implemented"}, *GOOD)
    assert "--  file locks  none in /reg (lustre) (Function not implemented)" in lines(none)[1]
    assert healthy(found)
    assert healthy(none)


def test_locks_that_cannot_be_tried_are_said_to_be_untried():
    found = shared_verdicts.of_locks("/reg", "", {"problem": "unable to open database file"}, {}, {})
    assert (
        "--  locks       cannot be tried in /reg: unable to open database file: name a registry's folder"
        in lines(found)[0]
    )


def test_a_registry_that_the_nodes_do_not_have_is_a_fault():
    found = shared_verdicts.of_locks("/reg", "", {"absent": True}, {}, {})
    assert lines(found) == [
        "NO  locks       /reg is not there on the first node: a registry is on a file system that all nodes see"
    ]
