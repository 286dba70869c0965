"""The sizes of usual jobs, written out: from one core and 2 GB to 104 cores and 2 TB, and what is refused."""

from __future__ import annotations

import pytest
from sized import GIB, equal, het, nodes, of

from dsgrid.cluster.single import single_size
from dsgrid.cluster.sizing import cluster_sizes
from dsgrid.errors import UsageError

TIB = 1024 * GIB

# nodes x cores, memory of a node | driver | executors: cores, heap, beside it; on the first node, on each other one
CASES = {
    # The first node has room for the driver alone.
    "2 x 1, 2 GiB": (equal(2, 1, 2 * GIB), 700, (1, 1320, 396), (0, 1)),
    "2 x 2, 3 GiB": (equal(2, 2, 3 * GIB), 700, (2, 2108, 632), (0, 1)),
    "10 x 2, 4 GiB": (equal(10, 2, 4 * GIB), 700, (2, 2896, 868), (0, 1)),
    # From here on it has an executor, too.
    "2 x 2, 4 GiB": (equal(2, 2, 4 * GIB), 700, (2, 1537, 461), (1, 1)),
    "2 x 4, 6 GiB": (equal(2, 4, 6 * GIB), 700, (4, 3113, 933), (1, 1)),
    "2 x 8, 16 GiB": (equal(2, 8, 16 * GIB), 1024, (8, 11057, 2743), (1, 1)),
    "4 x 16, 32 GiB": (equal(4, 16, 32 * GIB), 2048, (8, 11429, 2780), (2, 2)),
    "2 x 36, 92 GiB": (equal(2, 36, 92 * GIB), 4096, (6, 11431, 2780), (6, 6)),
    "10 x 104, 240 GiB": (equal(10, 104, 240 * GIB), 4096, (8, 14991, 3136), (13, 13)),
    # A node without a limit leaves something to the machine.
    "10 x 104, all of 240 GiB": (equal(10, 104, 240 * GIB, whole=True), 4096, (8, 14417, 3079), (13, 13)),
    "4 x 104, all of 2 TiB": (equal(4, 104, 2 * TIB, whole=True), 4096, (8, 143887, 16026), (13, 13)),
    # Many nodes: the driver grows with the tasks, and executors are not smaller for its sake.
    "100 x 104, all of 240 GiB": (equal(100, 104, 240 * GIB, whole=True), 15360, (8, 14686, 3106), (12, 13)),
    "1000 x 104, all of 2 TiB": (equal(1000, 104, 2 * TIB, whole=True), 32768, (8, 141158, 15753), (13, 13)),
    # A heap of 36 GiB has long pointers and holds hardly more than one of 31: more executors instead.
    "4 x 36, 256 GiB": (equal(4, 36, 256 * GIB), 4096, (4, 23971, 4034), (9, 9)),
    "2 x 8, 48 GiB": (equal(2, 8, 48 * GIB), 3072, (4, 18038, 3441), (2, 2)),
    # Memory for some of the cores alone.
    "2 x 104, 16 GiB": (equal(2, 104, 16 * GIB), 1024, (8, 1139, 832), (7, 8)),
    "2 x 104, 2 GiB": (equal(2, 104, 2 * GIB), 700, (7, 948, 768), (0, 1)),
}


@pytest.mark.parametrize("name", CASES)
def test_a_cluster_of_equal_nodes(name):
    granted, driver, executor, (first, other) = CASES[name]
    sizes = cluster_sizes(granted)
    assert (sizes.driver, sizes.executor_cores, sizes.executor_heap, sizes.executor_overhead) == (driver, *executor)
    assert sizes.executors == (first, *[other] * (len(granted.workers) - 1))


def test_the_first_group_of_a_heterogeneous_job_is_for_the_driver():
    sizes = cluster_sizes(het(nodes(1, 4, 16 * GIB, name="head")[0], *nodes(10, 104, 240 * GIB, whole=True)))
    assert (sizes.driver, sizes.executor_cores, sizes.executor_heap, sizes.executors) == (12617, 8, 15101, (13,) * 10)
    small = cluster_sizes(het(nodes(1, 1, 2 * GIB, name="head")[0], *nodes(2, 2, 3 * GIB)))
    assert (small.driver, small.executor_cores, small.executor_heap, small.executors) == (982, 2, 2108, (1, 1))


def test_nodes_that_differ_hold_different_numbers_of_the_same_executor():
    large, usual, small = (
        nodes(1, 104, 2 * TIB, name="fat"),
        nodes(2, 104, 240 * GIB, name="usual"),
        nodes(2, 36, 92 * GIB, name="small"),
    )
    sizes = cluster_sizes(of(*usual, *large, *small))
    assert (sizes.executor_cores, sizes.executors) == (4, (26, 26, 26, 9, 9))


def test_a_node_too_small_for_executors_that_suit_the_others_is_left_out():
    sizes = cluster_sizes(of(*nodes(10, 104, 240 * GIB, whole=True), *nodes(1, 104, 2 * GIB, name="small")))
    assert (sizes.executor_heap, sizes.executors) == (14417, (*[13] * 10, 0))


def test_a_small_first_node_holds_what_fits_beside_the_driver():
    sizes = cluster_sizes(of(*nodes(1, 104, 240 * GIB, whole=True), *nodes(10, 104, 2 * TIB, whole=True, name="fat")))
    assert (sizes.executor_heap, sizes.executors) == (144569, (1, *[13] * 10))


@pytest.mark.parametrize(
    ("count", "cores", "shuffled", "partitions"),
    [
        (2, 8, None, 32),
        (2, 8, 0, 32),
        (2, 8, 10 << 30, 80),
        (10, 104, 100 << 30, 2_080),
        (10, 104, 1 << 40, 8_192),
        (10, 104, 100 << 40, 20_000),
        (100, 104, None, 20_000),
        (1000, 104, None, 103_992),
    ],
)
def test_a_shuffle_has_parts_of_128_mib_and_two_for_each_core(count, cores, shuffled, partitions):
    granted = equal(count, cores, 240 * GIB if cores == 104 else 16 * GIB)
    assert cluster_sizes(granted, shuffle_bytes=shuffled).partitions == partitions


@pytest.mark.parametrize(("workers", "heap"), [(1, 192), (32, 192), (33, 384), (128, 384), (512, 768), (1000, 1536)])
def test_the_daemons_of_a_large_cluster_have_more(workers, heap):
    assert cluster_sizes(equal(workers, 8, 32 * GIB)).daemon == heap


def test_a_driver_that_was_asked_for_is_kept_and_the_executors_have_the_rest():
    sizes = cluster_sizes(equal(2, 8, 16 * GIB), driver=4096)
    assert (sizes.driver, sizes.executor_heap, sizes.executors) == (4096, 7603, (1, 1))


def test_a_headroom_of_the_site_counts_on_every_node():
    usual, site = (cluster_sizes(equal(2, 8, 16 * GIB), headroom=share) for share in (None, 0.1))
    assert usual.executor_heap + usual.executor_overhead - site.executor_heap - site.executor_overhead == 1638


def test_why_is_told_in_plain_sentences():
    assert cluster_sizes(equal(10, 104, 240 * GIB, whole=True), shuffle_bytes=1 << 40).why == (
        "10 nodes with 104 cores and 240 GiB: 13 executors of 8 cores and 14.1 GiB of heap on each",
        "the first node has the Master and the driver (4 GiB of heap), which take 9.5 GiB of it",
        "8 GiB of each node are left to the machine",
        "shuffles in 8,192 parts of 128 MiB: 1 TiB are shuffled",
    )
    assert cluster_sizes(equal(2, 2, 3 * GIB)).why == (
        "node n0 with 2 cores and 3 GiB: no executor",
        "node n1 with 2 cores and 3 GiB: 1 executor of 2 cores and 2.1 GiB of heap",
        "the first node has the Master and the driver (700 MiB of heap), which take 1.7 GiB of it",
        "that leaves too little for an executor like the others'; ask for --mem=3840M to have one there, too",
        "shuffles in 4 parts, for 2 cores; Spark puts small ones together",
    )
    assert cluster_sizes(equal(2, 104, 16 * GIB)).why[:2] == (
        "node n0 with 104 cores and 16 GiB: 7 executors of 8 cores and 1.1 GiB of heap; 48 cores unused, for lack of "
        "memory",
        "node n1 with 104 cores and 16 GiB: 8 executors of 8 cores and 1.1 GiB of heap; 40 cores unused, for lack of "
        "memory",
    )
    alone = cluster_sizes(equal(1, 13, 32 * GIB)).why
    assert alone[0].endswith("2 executors of 6 cores and 11.2 GiB of heap; 1 core unused")
    assert alone[2] == "on one node a cluster only costs memory; use slurm/single_node.sbatch"


def test_the_advice_for_the_first_node_is_right():
    assert cluster_sizes(equal(2, 2, 3840)).executors == (1, 1)
    assert cluster_sizes(equal(2, 2, 3840 - 256)).executors == (0, 1)


# ---- one node

SINGLE = {
    # cores, memory, engine: cores in use, --memory
    (1, 1300, "spark"): (1, 526),
    (1, 2 * GIB, "spark"): (1, 1274),
    (8, 16 * GIB, "spark"): (8, 12904),
    (36, 92 * GIB, "spark"): (36, 81442),
    (104, 240 * GIB, "spark"): (104, 218170),
    (104, 2 * TIB, "spark"): (104, 1901253),
    (104, 4 * GIB, "spark"): (17, 2298),
    (1, 1000, "sail"): (1, 342),
    (1, 2 * GIB, "sail"): (1, 1180),
    (8, 16 * GIB, "sail"): (8, 12470),
    (104, 240 * GIB, "sail"): (104, 193513),
    (104, 2 * TIB, "sail"): (104, 1674627),
}


@pytest.mark.parametrize("case", SINGLE)
def test_an_engine_that_has_one_node_for_itself(case):
    cores, memory, engine = case
    single = single_size(nodes(1, cores, memory)[0], engine=engine)
    assert (single.cores, single.memory) == SINGLE[case]


def test_why_on_one_node_is_told_too():
    whole = nodes(1, 104, 240 * GIB, whole=True)[0]
    assert single_size(whole, engine="sail").why == (
        "104 cores, 240 GiB: 182.6 GiB for the pool of the embedded engine, 49.4 GiB for what is outside it, "
        "8 GiB for the machine",
    )
    assert single_size(nodes(1, 104, 4 * GIB)[0], engine="spark").why[1] == "4 GiB are enough for 17 cores of 104"


# ---- refusals

SINGLE_NODE = "use slurm/single_node.sbatch"
REFUSED = {
    "one node": (
        equal(1, 2, 2 * GIB),
        {},
        "2 GiB a node are too little for a Spark cluster: the Master and the driver take 1.7 GiB, and a worker needs "
        f"1.2 GiB; ask for --mem=3G or more, or {SINGLE_NODE}",
    ),
    "two nodes": (
        equal(2, 104, 1500),
        {},
        "1.5 GiB a node are too little for a Spark cluster: the Master and the driver take 1.7 GiB of the first one; "
        f"ask for --mem=1792M or more, or {SINGLE_NODE}",
    ),
    "a large driver": (
        equal(2, 8, 16 * GIB),
        {"driver": 30_000},
        "16 GiB a node are too little for a Spark cluster: the Master and the driver with 29.3 GiB of heap take "
        "34.6 GiB of the first one; ask for --mem=36G or more, or give the driver less",
    ),
    "workers that are too small": (
        of(*nodes(1, 2, 1800), *nodes(2, 2, 1000, name="small")),
        {},
        "1.8 GiB a node are too little for a Spark cluster: the Master and the driver take 1.7 GiB of the first one, "
        f"and a worker needs 1.2 GiB on one of them; ask for --mem=1792M or more, or {SINGLE_NODE}",
    ),
    "the first group": (
        het(nodes(1, 1, 1000, name="head")[0], *nodes(2, 2, 3 * GIB)),
        {},
        "1000 MiB on node head0 are too little for the Master and the driver, which take 1.7 GiB; ask for --mem=1792M "
        "or more in the first group",
    ),
    "the second group": (
        het(nodes(1, 1, 2 * GIB, name="head")[0], *nodes(2, 2, 1000)),
        {},
        "1000 MiB on the nodes of the second group are too little for a worker, which needs 1.2 GiB; ask for "
        "--mem=1280M or more there",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_cluster_that_cannot_work_is_refused_with_what_would(name):
    granted, options, message = REFUSED[name]
    with pytest.raises(UsageError) as caught:
        cluster_sizes(granted, **options)
    assert str(caught.value) == message


def test_an_engine_that_does_not_fit_on_the_node_is_refused_with_what_would():
    with pytest.raises(UsageError) as caught:
        single_size(nodes(1, 2, 1000)[0], engine="spark")
    assert str(caught.value) == (
        "1000 MiB on node n0 are too little for Spark; ask for --mem=1536M or more, or take the embedded engine: "
        "--engine sail"
    )
    with pytest.raises(UsageError, match=r"^500 MiB on node n0 are too little for Spark; ask for --mem=1536M or more$"):
        single_size(nodes(1, 2, 500)[0], engine="spark")
    with pytest.raises(UsageError) as caught:
        single_size(nodes(1, 104, 4 * GIB)[0], engine="sail")
    assert str(caught.value) == (
        "4 GiB on node n0 are too little for the embedded engine with 104 cores; ask for --mem=5G or more"
    )
