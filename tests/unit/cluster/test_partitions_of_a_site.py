"""What is known of partitions: from the site's file, from Slurm, and which of them can run a job."""

from __future__ import annotations

import pytest

from dsgrid.cluster.partitions import Partition, candidates, completed, of_site, parse_sinfo
from dsgrid.cluster.site import Partition as OfSite
from dsgrid.cluster.site import Site
from dsgrid.errors import UsageError

SINFO = """\
short|36|96000|4:00:00|20|up|NO
standard*|104+|240000+|2-00:00:00|900|up|EXCLUSIVE
standard*|104|2000000|2-00:00:00|10|up|EXCLUSIVE
old|8|16000|infinite|5|down|NO
debug|4|6000|infinite|3|up|YES:4
something that a plugin says
"""


def test_slurm_tells_what_most_nodes_of_a_partition_have():
    short, standard, debug = parse_sinfo(SINFO)
    assert (short.name, short.cores, short.memory, short.max_time, short.max_nodes) == ("short", 36, 96_000, 14_400, 20)
    assert (standard.cores, standard.memory, standard.max_time) == (104, 240_000, 2 * 86_400)
    assert standard.max_nodes == 910, "of both kinds"
    assert (standard.whole, standard.is_default, short.whole, short.is_default) == (True, True, False, False)
    assert (debug.max_time, debug.whole) == (None, False)


def test_not_all_of_the_memory_that_slurm_tells_is_asked_for():
    (odd,) = parse_sinfo("odd|4|6000|0:00|3|up|NO\n")
    assert (odd.name, odd.max_time) == ("odd", None)
    told = parse_sinfo(SINFO)[2]
    assert told.usable == 5_700
    assert Partition("debug", memory=6_000).usable == 6_000, "the site's file says what jobs may have"


def test_the_sites_file_wins_over_slurm_and_slurm_fills_the_rest():
    said = of_site(Site(partitions=(OfSite("standard", cores=96, max_time=60), OfSite("secret", shared=False))))
    standard, secret = completed(said, parse_sinfo(SINFO))
    assert (standard.cores, standard.max_time) == (96, 3_600)
    assert (standard.memory, standard.max_nodes, standard.is_default) == (240_000, 910, True)
    assert secret == Partition("secret", whole=True)


def test_without_partitions_in_the_sites_file_there_are_those_of_slurm():
    assert [one.name for one in completed((), parse_sinfo(SINFO))] == ["short", "standard", "debug"]


def test_the_default_comes_first_then_those_that_can_run_it():
    found = parse_sinfo(SINFO)
    assert [one.name for one in candidates(found, None, None, {})] == ["standard", "short", "debug"]
    assert [one.name for one in candidates(found, None, "short", {})] == ["short", "standard", "debug"]
    assert [one.name for one in candidates(found, None, "short", {"cores": 50})] == ["standard"]
    assert [one.name for one in candidates((), None, "elsewhere", {"cores": 50})] == ["elsewhere"]
    assert candidates((), None, None, {"cores": 50})[0].cores is None


def test_a_partition_that_is_named_has_to_be_there_and_to_do():
    found = parse_sinfo(SINFO)
    with pytest.raises(UsageError, match='there is no partition "standart"; did you mean "standard"'):
        candidates(found, "standart", None, {})
    with pytest.raises(
        UsageError, match='"short" lets jobs run for at most 04:00:00, and 05:00:00 are wanted; there it'
    ):
        candidates(found, "short", None, {"max_time": 18_000})
    assert candidates((), "unheard", None, {"cores": 500})[0].name == "unheard"


def test_what_no_partition_can_run_is_refused_with_the_reason_of_each():
    with pytest.raises(UsageError) as refused:
        candidates(parse_sinfo(SINFO), None, None, {"max_nodes": 5_000})
    assert '"short" gives at most 20 nodes, and 5,000 are wanted' in str(refused.value)
    assert '"standard" gives at most 910 nodes' in str(refused.value)
