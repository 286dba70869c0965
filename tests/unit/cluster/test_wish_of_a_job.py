"""What a job asks Slurm for: enough, not too much, within its partition, and what the user gives wins."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsgrid.cluster.demand import Demand
from dsgrid.cluster.fitting import check_size, fitted, largest
from dsgrid.cluster.kinds import CLUSTER, SINGLE
from dsgrid.cluster.partitions import Partition
from dsgrid.cluster.spans import LONG, MOST_PARTS, SHORTEST, TARGET
from dsgrid.cluster.wish import Given, wish
from dsgrid.errors import UsageError

STANDARD = Partition("standard", 104, 240_000, 2 * 86_400, 100)
WHOLE = replace(STANDARD, whole=True)
SHORT = Partition("short", 36, 96_000, 4 * 3_600, 8)


def query(values: float, rows: int = 100, shuffle: float = 0) -> Demand:
    return Demand("query", values=int(values), rows=rows, shuffle_bytes=int(shuffle), asks=True)


def test_a_small_query_gets_a_small_part_of_one_node():
    found = wish(query(1e6), (STANDARD,))
    assert (found.kind, found.nodes, found.cores, found.time, found.parts) == (SINGLE, 1, 4, SHORTEST, None)
    assert found.memory == 9_472, "4 of 104 cores have a share of the memory"


def test_one_node_is_enough_as_long_as_it_does_it_in_ten_minutes():
    # 104 cores x 585 s x 3 million values are 182.5 billion.
    assert wish(query(1.8e11), (STANDARD,)).kind == SINGLE
    large = wish(query(1.9e11), (STANDARD,))
    assert (large.kind, large.nodes, large.cores) == (CLUSTER, 2, 104)
    assert large.expected <= TARGET


def test_a_terabyte_gets_as_many_nodes_as_do_it_in_ten_minutes():
    found = wish(query(4e12), (STANDARD,))
    assert (found.kind, found.nodes) == (CLUSTER, 34)
    assert 500 < found.expected <= TARGET
    assert found.time == 40 * 60, "four times what is expected"


@pytest.mark.parametrize("time", [None, 600, 7_200])
def test_what_an_earlier_run_has_begun_is_divided_as_it_was_or_its_finished_parts_were_lost(time: int | None):
    begun = replace(query(1e10), begun={"spark": 5})
    assert wish(begun, (STANDARD,), Given(time=time)).parts == 5
    assert "not computed again" in dict(wish(begun, (STANDARD,)).why)["parts"]
    assert wish(begun, (STANDARD,), Given(parts=7)).parts == 7
    alone = Given(nodes=1, time=time)
    untouched = wish(query(1e10), (STANDARD,), alone, engine="sail").parts
    assert wish(begun, (STANDARD,), alone, engine="sail").parts == untouched, "each engine goes on with its own"


def test_where_there_are_too_few_nodes_it_takes_longer_and_is_divided_into_parts():
    found = wish(query(4e12), (SHORT,))
    assert (found.nodes, found.time) == (8, 4 * 3_600)
    assert found.expected > LONG
    assert found.parts == round(found.expected / TARGET)
    reasons = dict(found.why)
    assert 'partition "short" has or gives no more' in reasons["nodes"]
    assert "kept when it is finished" in reasons["parts"]


def test_a_short_job_on_many_cores_is_not_divided_as_a_small_machine_would():
    assert wish(query(1e11), (STANDARD,)).parts == 1


def test_what_the_partition_does_not_give_time_for_is_said():
    found = wish(query(5e13), (SHORT,))
    assert found.time == SHORT.max_time
    assert found.parts == MOST_PARTS
    (warning,) = found.warnings
    assert 'partition "short" lets jobs run for at most 04:00:00: --nodes makes it faster' in warning
    assert "goes on with what is finished when it is submitted again" in warning


def test_whole_nodes_are_asked_for_as_they_are():
    found = wish(query(1e6), (WHOLE,))
    assert (found.cores, found.memory, found.whole) == (104, 0, True)


def test_what_is_shuffled_is_kept_in_memory_where_there_is_room():
    assert wish(query(1e6, shuffle=20e9), (STANDARD,)).memory == 57_344
    assert wish(query(1e6, shuffle=900e9), (STANDARD,)).memory == 240_000


def test_what_nobody_knows_is_not_made_up():
    found = wish(Demand("import_registry", known=False, registers=True), (SHORT,))
    assert (found.kind, found.cores, found.expected, found.time) == (SINGLE, 8, None, 4 * 3_600)
    assert "not known" in dict(found.why)["time"]


def test_without_partitions_a_job_asks_for_what_most_machines_have():
    found = wish(query(1e13))
    assert (found.nodes, found.cores, found.memory, found.partition) == (8, 8, 16_384, None)


def test_what_the_user_gives_wins():
    asked = Given(nodes=3, cores=10, memory=5_000, time=7_200, partition="short", parts=7)
    found = wish(query(1e6), (STANDARD, SHORT), asked, default="standard")
    assert (found.kind, found.nodes, found.cores, found.memory) == (CLUSTER, 3, 10, 5_000)
    assert (found.time, found.partition, found.parts) == (7_200, "short", 7)
    assert wish(query(1e13), (STANDARD,), Given(nodes=1)).kind == SINGLE


def test_too_short_a_time_is_the_users_to_choose_but_is_said():
    found = wish(query(1e10), (SHORT,), Given(time=600, cores=4, nodes=1))
    (warning,) = found.warnings
    assert "which is longer than --time" in warning
    assert found.expected / found.parts < 600 / 3, "several parts are finished, and kept, before the time is up"


def test_sail_gets_one_node_and_two_are_refused():
    assert wish(query(1e13), (STANDARD,), engine="sail").kind == SINGLE
    with pytest.raises(UsageError, match="Sail computes on one node, and --nodes is 2"):
        wish(query(1e6), (STANDARD,), Given(nodes=2), engine="sail")


def test_what_needs_no_engine_gets_a_core_and_no_jvm():
    found = fitted(Demand("register_project", engine=False), (STANDARD,), Given())
    assert (found.kind, found.engine, found.cores, found.memory) == (SINGLE, "sail", 1, 2_560)
    with pytest.raises(UsageError, match="register_project needs no engine and runs on one node"):
        fitted(Demand("register_project", engine=False), (STANDARD,), Given(nodes=4))


def test_where_sail_is_usual_a_cluster_is_sparks_all_the_same():
    assert fitted(query(1e9), (STANDARD,), Given(), usual="sail").engine == "sail"
    assert fitted(query(1e9), (STANDARD,), Given(nodes=2), usual="sail").engine == "spark"
    huge = fitted(query(5e12), (STANDARD,), Given(), usual="sail")
    assert (huge.engine, huge.kind) == ("spark", CLUSTER)
    assert fitted(query(5e12), (STANDARD,), Given(nodes=1), usual="sail").engine == "sail"
    assert fitted(query(5e12), (STANDARD,), Given(), engine="sail").engine == "sail"


def test_a_default_with_less_than_was_asked_for_gives_way_to_another_partition():
    found = wish(query(1e6), (SHORT, STANDARD), Given(time=86_400), default="short")
    assert found.partition == "standard"
    assert dict(found.why)["partition"] == 'standard (the default, "short", has less than was asked for)'
    assert wish(query(1e6), (replace(SHORT, is_default=True), STANDARD), Given(time=86_400)).partition == "standard"
    assert wish(query(1e6), (replace(SHORT, is_default=True), STANDARD)).partition is None


def test_where_slurm_chooses_the_partition_small_jobs_ask_for_the_one_that_shares_nodes():
    shared = replace(STANDARD, name="shared", max_nodes=1)
    debug = replace(WHOLE, name="debug", max_time=3_600, max_nodes=2)
    assert wish(query(1e6), (debug, WHOLE, shared)).partition == "shared"
    assert wish(query(1e9), (debug, WHOLE, shared), Given(cores=1, time=60)).partition == "shared"
    large = wish(query(4e12), (debug, WHOLE, shared))
    assert (large.partition, large.nodes) == (None, 34), "sized for the one that has enough nodes"


def test_an_array_gets_what_is_enough_for_each_of_its_tasks():
    one, other = wish(query(1.9e11), (STANDARD,)), wish(query(1e6, shuffle=200e9), (STANDARD,))
    both = largest([one, other])
    assert (both.kind, both.nodes, both.cores) == (CLUSTER, 2, 104)
    assert both.memory == max(one.memory, other.memory)
    assert largest([other, wish(query(1e6), (WHOLE,))]).memory == 0, "0 is all"


PARTITIONS = st.builds(
    Partition,
    st.just("p"),
    st.none() | st.integers(1, 300),
    st.none() | st.integers(3_000, 4_000_000),
    st.none() | st.integers(600, 10**6),
    st.none() | st.integers(1, 2_000),
    whole=st.booleans(),
)
DEMANDS = st.builds(
    Demand,
    st.just("query"),
    values=st.integers(0, 10**15),
    rows=st.integers(0, 10**11),
    shuffle_bytes=st.integers(0, 10**13),
    known=st.booleans(),
    registers=st.booleans(),
    asks=st.booleans(),
    engine=st.booleans(),
)


@given(DEMANDS, PARTITIONS, st.sampled_from(["spark", "sail"]))
def test_no_wish_is_more_than_its_partition_has(demand, partition, engine):
    found = wish(demand, (partition,), engine=engine, default="p")
    assert 1 <= found.nodes <= (partition.max_nodes or 8)
    assert 1 <= found.cores <= (partition.cores or 8)
    assert 0 <= found.memory <= (partition.memory or 10**9)
    assert 1 <= found.time <= (partition.max_time or 10**12)
    assert found.kind == (CLUSTER if found.nodes > 1 else SINGLE)
    assert found.parts is None or 1 <= found.parts <= MOST_PARTS
    assert all(reason for _, reason in found.why)


@given(
    DEMANDS,
    st.integers(2, 300),
    st.integers(1_500, 40_000),
    st.booleans(),
    st.sampled_from(["spark", "sail"]),
    st.none() | st.integers(1, 300),
)
def test_what_is_chosen_is_enough_for_spark_and_sail(demand, cores, per_core, whole, engine, nodes):
    partition = Partition("p", cores, max(4_096, cores * per_core), None, 1_000, whole=whole)
    asked = Given(nodes=nodes if engine == "spark" and demand.engine else None)
    check_size(fitted(demand, (partition,), asked, engine=engine, default="p"), None)


@given(DEMANDS.filter(lambda one: one.known and one.engine), st.integers(2, 50))
def test_more_to_do_never_gets_less(demand, times):
    small = wish(demand, (STANDARD,), default="standard")
    large = wish(replace(demand, values=demand.values * times), (STANDARD,), default="standard")
    assert large.nodes * large.cores >= small.nodes * small.cores
    assert large.nodes >= small.nodes
