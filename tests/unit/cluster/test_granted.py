"""What Slurm granted, read from the variables that real jobs had, and what is said where they say too little."""

from __future__ import annotations

import pytest

from dsgrid.cluster.granted import Node, counts, granted
from dsgrid.errors import ClusterError, UsageError

# The variables are those of jobs of Slurm 22.05.
TWO = {
    "SLURM_JOB_ID": "12",
    "SLURM_JOB_NODELIST": "node[1-2]",
    "SLURM_JOB_CPUS_PER_NODE": "2(x2)",
    "SLURM_CPUS_PER_TASK": "2",
    "SLURM_TASKS_PER_NODE": "1(x2)",
}
HET = {
    "SLURM_JOB_ID": "18",
    "SLURM_JOB_ID_HET_GROUP_0": "18",
    "SLURM_JOB_ID_HET_GROUP_1": "19",
    "SLURM_HET_SIZE": "2",
    "SLURM_JOB_NODELIST": "node1",
    "SLURM_JOB_NODELIST_HET_GROUP_0": "node1",
    "SLURM_JOB_NODELIST_HET_GROUP_1": "node[2-3]",
    "SLURM_JOB_CPUS_PER_NODE": "1",
    "SLURM_JOB_CPUS_PER_NODE_HET_GROUP_0": "1",
    "SLURM_JOB_CPUS_PER_NODE_HET_GROUP_1": "3(x2)",
    "SLURM_MEM_PER_NODE": "1000",
    "SLURM_MEM_PER_NODE_HET_GROUP_0": "1000",
    "SLURM_MEM_PER_NODE_HET_GROUP_1": "3000",
}
FIELDS = {"RealMemory": "6000", "AllocMem": "6000", "CPUTot": "4", "CPUEfctv": "4"}


def fields(name):
    return {**FIELDS, "NodeAddr": f"10.0.0.{name[-1]}"}


def of(environment, node_fields=fields, resolve=lambda host: host, **options):
    return granted(environment, node_fields, resolve, **options)


def memories(environment, node_fields=fields, **options):
    return [node.memory for node in of(environment, node_fields, **options).nodes]


def test_a_job_of_equal_nodes_has_the_head_among_its_workers():
    found = of({**TWO, "SLURM_MEM_PER_NODE": "1500"})
    head, other = Node("node1", "10.0.0.1", 2, 1500), Node("node2", "10.0.0.2", 2, 1500)
    assert (found.job, found.head, found.workers, found.het_group) == ("12", head, (head, other), None)
    assert found.nodes == (head, other)


def test_a_heterogeneous_job_has_its_workers_in_the_second_group_with_the_memory_of_that_group():
    found = of(HET)
    assert found.head == Node("node1", "10.0.0.1", 1, 1000)
    assert found.workers == (Node("node2", "10.0.0.2", 3, 3000), Node("node3", "10.0.0.3", 3, 3000))
    assert found.het_group == 1
    assert [node.name for node in found.nodes] == ["node1", "node2", "node3"]


def test_a_single_node_of_a_group_has_a_plain_number_of_cores():
    one = HET | {"SLURM_JOB_NODELIST_HET_GROUP_1": "node2", "SLURM_JOB_CPUS_PER_NODE_HET_GROUP_1": "3"}
    assert of(one).workers == (Node("node2", "10.0.0.2", 3, 3000),)


def test_memory_by_core_of_one_group_and_by_node_of_the_other_do_not_mix():
    environment = {name: value for name, value in HET.items() if "MEM" not in name}
    environment |= {"SLURM_MEM_PER_CPU": "1000", "SLURM_MEM_PER_CPU_HET_GROUP_0": "1000"}
    environment |= {"SLURM_MEM_PER_NODE_HET_GROUP_1": "800"}
    assert memories(environment) == [1000, 800, 800]


def test_a_group_without_a_limit_has_all_of_its_nodes_though_the_other_group_has_one():
    environment = {name: value for name, value in HET.items() if name != "SLURM_MEM_PER_NODE_HET_GROUP_1"}
    found = of(environment)
    assert [(node.memory, node.is_whole) for node in found.nodes] == [(1000, False), (6000, True), (6000, True)]


def test_a_job_submitted_from_within_a_heterogeneous_one_is_not_heterogeneous_itself():
    inner = {**HET, **TWO, "SLURM_MEM_PER_NODE": "1500"}
    assert of(inner).het_group is None
    assert memories(inner) == [1500, 1500]


def test_memory_by_core_counts_the_cores_of_each_node():
    uneven = {**TWO, "SLURM_JOB_CPUS_PER_NODE": "4,1", "SLURM_MEM_PER_CPU": "300"}
    assert [(node.cores, node.memory) for node in of(uneven).nodes] == [(4, 1200), (1, 300)]


def test_exclusive_nodes_have_all_their_cores_though_fewer_were_asked_for():
    exclusive = {**TWO, "SLURM_CPUS_PER_TASK": "1", "SLURM_JOB_CPUS_PER_NODE": "4(x2)", "SLURM_MEM_PER_CPU": "500"}
    assert [(node.cores, node.memory) for node in of(exclusive).nodes] == [(4, 2000), (4, 2000)]


def test_cores_are_those_of_the_tasks_where_slurm_does_not_say_the_nodes():
    environment = {name: value for name, value in TWO.items() if name != "SLURM_JOB_CPUS_PER_NODE"}
    found = of({**environment, "SLURM_TASKS_PER_NODE": "2,1", "SLURM_CPUS_PER_TASK": "3", "SLURM_MEM_PER_CPU": "100"})
    assert [(node.cores, node.memory) for node in found.nodes] == [(6, 600), (3, 300)]


@pytest.mark.parametrize("said", [{}, {"SLURM_MEM_PER_NODE": "0"}, {"SLURM_MEM_PER_CPU": "0"}])
def test_without_a_limit_each_node_is_as_large_as_it_is(said):
    def uneven(name):
        return fields(name) | ({"RealMemory": "9000", "MemSpecLimit": "500"} if name == "node2" else {})

    found = of({**TWO, **said}, uneven)
    assert [(node.memory, node.is_whole) for node in found.nodes] == [(6000, True), (8500, True)]


def test_where_slurm_counts_no_memory_a_part_of_the_cores_has_a_part_of_the_memory():
    def uncounted(name):
        return fields(name) | {"AllocMem": "0"}

    found = of(TWO, uncounted)
    assert [(node.memory, node.is_whole) for node in found.nodes] == [(3000, False), (3000, False)]
    whole = of({**TWO, "SLURM_JOB_CPUS_PER_NODE": "4(x2)"}, uncounted)
    assert [(node.memory, node.is_whole) for node in whole.nodes] == [(6000, True), (6000, True)]


def test_a_smaller_limit_of_the_kernel_wins_on_the_head_alone():
    assert memories({**TWO, "SLURM_MEM_PER_NODE": "1500"}, limit=1400) == [1400, 1500]
    assert memories({**TWO, "SLURM_MEM_PER_NODE": "1500"}, limit=9000) == [1500, 1500]
    assert memories(HET, limit=900) == [900, 3000, 3000]
    assert not of(TWO, limit=1400).head.is_whole


def test_the_address_is_what_slurms_own_one_resolves_to():
    addresses = {"10.0.0.1": "10.0.0.1", "node2-ib": "10.9.0.2"}
    nodes = {"node1": {**FIELDS, "NodeAddr": "10.0.0.1"}, "node2": {**FIELDS, "NodeAddr": "node2-ib"}}
    assert [node.address for node in of(TWO, nodes.get, addresses.get).nodes] == ["10.0.0.1", "10.9.0.2"]


def test_a_node_without_an_address_of_its_own_is_found_by_its_name():
    nodes = {"node1": FIELDS, "node2": {**FIELDS, "NodeAddr": "(null)"}}
    found = of(TWO, nodes.get, {"node1": "10.1.0.1", "node2": "10.1.0.2"}.get)
    assert [node.address for node in found.nodes] == ["10.1.0.1", "10.1.0.2"]


def test_an_address_that_does_not_resolve_names_its_node_and_says_what_to_do():
    with pytest.raises(ClusterError) as caught:
        of(TWO, lambda name: {**FIELDS, "NodeAddr": f"{name}.hsn"}, {"node1.hsn": "10.0.0.1"}.get)
    assert str(caught.value) == (
        '"node2.hsn", Slurm\'s address of node "node2", has no IPv4 address on this node; try: getent ahostsv4 '
        "node2.hsn; leave the node out with --exclude=node2, and tell the site's support"
    )


def test_outside_a_job_it_says_how_to_be_in_one():
    with pytest.raises(UsageError, match=r"SLURM_JOB_ID is not set; submit a spec with: sbatch .*salloc --nodes=2"):
        of({})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"SLURM_JOB_NODELIST": None}, "SLURM_JOB_NODELIST is not set"),
        ({"SLURM_JOB_NODELIST": "node[1-"}, '"node[1-" is no list of nodes'),
        ({"SLURM_JOB_CPUS_PER_NODE": None, "SLURM_CPUS_PER_TASK": None}, "SLURM_JOB_CPUS_PER_NODE is not set"),
        ({"SLURM_JOB_CPUS_PER_NODE": "2(x3)"}, "is for 3 nodes, but SLURM_JOB_NODELIST names 2"),
        ({"SLURM_JOB_CPUS_PER_NODE": "two"}, 'SLURM_JOB_CPUS_PER_NODE is "two", and not of the form 8(x2),4'),
        ({"SLURM_JOB_CPUS_PER_NODE": "0(x2)"}, "grants no cores on a node; ask for --cpus-per-task=1 or more"),
        ({"SLURM_MEM_PER_NODE": "much"}, 'SLURM_MEM_PER_NODE is "much", and not a number of MiB'),
    ],
)
def test_a_variable_that_is_missing_or_wrong_is_named(change, message):
    environment = {name: value for name, value in {**TWO, **change}.items() if value is not None}
    with pytest.raises(UsageError) as caught:
        of(environment)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"RealMemory": ""}, 'Slurm says nothing for RealMemory of node "node1"'),
        ({"RealMemory": "N/A"}, 'Slurm says "N/A" for RealMemory of node "node1"'),
        ({"RealMemory": "1", "MemSpecLimit": "1"}, 'Slurm says that node "node1" has 1 MiB of memory'),
    ],
)
def test_a_node_whose_memory_slurm_does_not_know_is_named(change, message):
    with pytest.raises(ClusterError) as caught:
        of(TWO, lambda name: fields(name) | change)
    assert message in str(caught.value)
    assert "--mem=16G" in str(caught.value)


def test_a_heterogeneous_job_has_two_groups_and_one_node_in_the_first():
    with pytest.raises(UsageError, match="this heterogeneous job has 3 groups; two are needed"):
        of({**HET, "SLURM_HET_SIZE": "3"})
    two = {"SLURM_JOB_NODELIST_HET_GROUP_0": "node[1-2]", "SLURM_JOB_CPUS_PER_NODE_HET_GROUP_0": "1(x2)"}
    with pytest.raises(UsageError, match="the first group of this heterogeneous job has 2 nodes"):
        of({**HET, **two})


def test_numbers_for_each_node_are_unfolded():
    assert counts("104(x2),36") == (104, 104, 36)
    assert counts("1") == (1,)
