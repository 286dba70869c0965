"""Properties of the sizes: nothing is given twice, more never becomes less, and what is refused does not fit."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sized import GIB, equal, het, nodes, of, taken
from tests.rounds import rounds

from dsgrid.cluster import shares
from dsgrid.cluster.executors import usual_cores
from dsgrid.cluster.granted import Node
from dsgrid.cluster.single import single_size
from dsgrid.cluster.sizing import cluster_sizes
from dsgrid.errors import UsageError

CORES = st.integers(1, 128)
MEMORY = st.one_of(st.integers(200, 8 * GIB), st.integers(200, 2048 * GIB))
NODE = st.builds(Node, st.just("n"), st.just("10.0.0.1"), CORES, MEMORY, st.booleans())
# A Master and the driver's processes, with the least heap, for few workers; a Worker with the least executor.
HEAD = 40 + 292 + (700 + 384) + 350
WORKER = 40 + 292 + (512 + 384)


@st.composite
def jobs(draw):
    different = draw(st.lists(NODE, min_size=1, max_size=4))
    many = [node for node in different for _ in range(draw(st.integers(1, 3)))]
    workers = [replace(node, name=f"n{i}") for i, node in enumerate(many)]
    return het(replace(draw(NODE), name="head"), *workers) if draw(st.booleans()) else of(*workers)


def sizes_or_none(granted, **options):
    try:
        return cluster_sizes(granted, **options)
    except UsageError:
        return None


def held(sizes):
    """The heaps of all executors."""
    return sum(sizes.executors) * sizes.executor_heap


def used(sizes):
    """The cores of all executors, without those beside the driver."""
    return sizes.executor_cores * sum(sizes.executors[1:] or sizes.executors)


@rounds(30)
@given(jobs(), st.one_of(st.none(), st.floats(0, 0.5)), st.one_of(st.none(), st.integers(512, 16 * GIB)))
def test_no_node_gives_more_than_it_has(granted, headroom, driver):
    sizes = sizes_or_none(granted, headroom=headroom, driver=driver)
    if sizes is None:
        return
    for node, memory in taken(granted, sizes, headroom):
        assert memory <= node.memory, node
    for index, node in enumerate(granted.workers):
        assert 0 <= sizes.worker_cores(index) <= node.cores
        assert sizes.worker_memory(index) == sizes.executors[index] * sizes.executor_heap
    assert sizes.executor_heap >= 512
    assert sizes.executor_heap >= 128 * sizes.executor_cores
    assert sizes.executor_cores >= 1
    assert sizes.driver >= (driver or 700)
    assert sizes.cores == sum(map(sizes.worker_cores, range(len(granted.workers)))) > 0
    assert sizes.partitions >= sizes.cores


@rounds(30)
@given(st.integers(1, 64), CORES, st.integers(1800, 600 * GIB), st.integers(0, 64 * GIB), st.booleans())
def test_more_memory_never_gives_executors_less_unless_more_cores_can_be_used(count, cores, memory, more, whole):
    before = sizes_or_none(equal(count, cores, memory, whole=whole))
    if before is None:
        return
    after = cluster_sizes(equal(count, cores, memory + more, whole=whole))
    rounding = sum(before.executors) + sum(after.executors)
    assert held(after) >= held(before) - rounding or after.cores > before.cores
    # Cores without much memory do more than memory without cores.
    worth = [(held(sizes) + rounding) * used(sizes) ** 2 for sizes in (before, after)]
    assert worth[1] >= worth[0] * 15 / 16


@rounds(30)
@given(st.integers(1, 32), CORES, st.integers(200, 6 * GIB))
@example(5, 1, HEAD + shares.steps(5))
@example(5, 1, HEAD + shares.steps(5) - 1)
def test_a_cluster_is_refused_exactly_where_its_least_processes_do_not_fit(count, cores, memory):
    fits = memory >= (HEAD + shares.steps(count) if count > 1 else HEAD + WORKER)
    assert (sizes_or_none(equal(count, cores, memory)) is not None) == fits


@rounds(30)
@given(st.integers(200, 4 * GIB), st.integers(1, 32), CORES, st.integers(200, 4 * GIB))
def test_a_heterogeneous_job_is_refused_exactly_where_one_of_its_groups_is_too_small(head, count, cores, memory):
    granted = het(Node("head", "10.0.1.1", 1, head), *nodes(count, cores, memory))
    assert (sizes_or_none(granted) is not None) == (head >= HEAD + shares.steps(count) and memory >= WORKER)


@given(jobs(), st.one_of(st.none(), st.integers(512, 16 * GIB)))
def test_what_a_refusal_advises_is_enough(granted, driver):
    for _ in range(2):  # a heterogeneous job may lack memory in both groups
        try:
            cluster_sizes(granted, driver=driver)
        except UsageError as error:
            advised, said = memory_of(error), str(error)
        else:
            return
        if "in the first group" in said:
            granted = replace(granted, head=replace(granted.head, memory=advised))
        else:
            workers = tuple(replace(node, memory=advised) for node in granted.workers)
            granted = replace(granted, workers=workers, head=granted.head if granted.het_group else workers[0])
    cluster_sizes(granted, driver=driver)


def memory_of(error):
    number, unit = re.search(r"--mem=(\d+)([MG])", str(error)).groups()
    return int(number) * (GIB if unit == "G" else 1)


@rounds(30)
@given(NODE, st.sampled_from(["spark", "sail"]), st.one_of(st.none(), st.floats(0, 0.5)), st.integers(0, 64 * GIB))
def test_on_one_node_all_fits_and_more_memory_is_never_less(node, engine, headroom, more):
    try:
        single = single_size(node, engine=engine, headroom=headroom)
    except UsageError as error:
        single_size(replace(node, memory=memory_of(error)), engine=engine, headroom=headroom)
        return
    beside = shares.overhead(single.memory, single.cores) + shares.python(node.memory)
    outside = 40 + (beside if engine == "spark" else 500 + 32 * node.cores + single.memory // 4)
    kept = shares.kept(node.memory, headroom, is_whole=node.is_whole)
    assert single.memory + outside + kept <= node.memory
    assert 1 <= single.cores <= node.cores
    larger = single_size(replace(node, memory=node.memory + more), engine=engine, headroom=headroom)
    assert larger.cores >= single.cores
    # With more cores at once, more is outside the heap; shares are rounded to a MiB.
    assert larger.memory >= single.memory - 1 or larger.cores > single.cores


@rounds(30)
@given(st.integers(0, 4096 * GIB), st.integers(1, 16))
def test_a_heap_is_the_largest_that_fits_except_where_pointers_would_eat_it(memory, cores):
    heap = shares.heap_in(memory, cores)
    assert heap == 0 or shares.with_overhead(heap, cores) <= memory
    assert not 31 * GIB < heap < 35 * GIB
    if heap != 31 * GIB:
        assert shares.with_overhead(heap + 1, cores) > memory


@given(st.lists(CORES, min_size=1, max_size=6))
def test_an_executors_cores_leave_few_of_a_nodes_unused(cores):
    each = usual_cores(cores)
    assert each <= max(cores)
    assert each <= 12
    if len(set(cores)) == 1:
        assert cores[0] % each <= cores[0] // 7


@pytest.mark.parametrize(
    ("cores", "each"),
    [
        *((1, 1), (2, 2), (3, 3), (4, 4), (7, 7), (8, 8), (9, 9), (10, 5), (12, 6), (16, 8), (20, 5), (28, 7), (36, 6)),
        *((40, 8), (48, 8), (64, 8), (104, 8), (128, 8)),
    ],
)
def test_the_cores_of_an_executor_of_usual_nodes(cores, each):
    assert usual_cores([cores]) == each


def test_what_cannot_be_is_refused_in_words():
    with pytest.raises(UsageError, match=r"node n0 has no cores for this job; ask for --cpus-per-task=1"):
        cluster_sizes(equal(2, 0, 8 * GIB))
    with pytest.raises(UsageError, match=r"node n0 has no cores for this job"):
        single_size(nodes(1, 0, 8 * GIB)[0], engine="sail")
    with pytest.raises(UsageError, match="there is no node for workers; ask for --nodes=2 or more"):
        cluster_sizes(het(nodes(1, 1, 8 * GIB)[0]))
    with pytest.raises(UsageError, match="100 MiB are too little for the driver; give it 700 or more"):
        cluster_sizes(equal(2, 2, 8 * GIB), driver=100)
    with pytest.raises(UsageError, match=r"a memory headroom of 1\.5 is not a share"):
        cluster_sizes(equal(2, 2, 8 * GIB), headroom=1.5)


@pytest.mark.parametrize(("memory", "text"), [(900, "1G"), (1024, "1G"), (1025, "1280M"), (3000, "3G"), (4097, "5G")])
def test_what_is_advised_is_a_round_number_that_is_enough(memory, text):
    assert shares.option_text(memory) == text


@pytest.mark.parametrize(
    ("memory", "text"),
    [(900, "900 MiB"), (1024, "1 GiB"), (13_926, "13.6 GiB"), (10_240, "10 GiB"), (2 << 20, "2 TiB")],
)
def test_sizes_are_told_in_units_of_people(memory, text):
    assert shares.size_text(memory) == text
