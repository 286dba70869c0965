"""What drivers of a job are told, and which options of ``dsgrid run`` the plan depends on."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from dsgrid.cluster.batch import Batch
from dsgrid.cluster.conf import new_secrets
from dsgrid.cluster.driver import defaults, demanded_shuffle, planned_options, refuse_wrong_spec
from dsgrid.cluster.ending import EndingError
from dsgrid.cluster.folder import Folder
from dsgrid.cluster.granted import Granted, Node
from dsgrid.cluster.single import single_size
from dsgrid.cluster.site import Site
from dsgrid.cluster.sizing import cluster_sizes

HEAD = Node("n1", "10.0.0.1", 8, 32_000)
GRANTED = Granted("12", HEAD, (HEAD, Node("n2", "10.0.0.2", 8, 32_000)))
BATCH = Batch(
    id="12",
    name="12",
    kind="cluster",
    arguments=("a.toml",),
    engine="spark",
    granted=GRANTED,
    site=Site(),
    folder=Folder(Path("/runs/dsgrid-12")),
    scratch=Path("/disk/dsgrid-12"),
    environment={},
)


def test_drivers_are_reached_at_the_address_that_slurm_uses_whatever_their_pages_are_bound_to():
    settings = defaults(BATCH, cluster_sizes(GRANTED), new_secrets())
    assert settings["spark.driver.host"] == settings["spark.driver.bindAddress"] == "10.0.0.1"
    assert settings["spark.ui.enabled"] == "false"
    assert BATCH.pages_of("10.0.0.1") == "127.0.0.1"
    open_ = replace(BATCH, site=Site(ui="node"), driver_pages="10.0.0.1:4711")
    assert open_.pages_of("10.0.0.1") == "10.0.0.1"
    shown = defaults(open_, cluster_sizes(GRANTED), new_secrets())
    assert (shown["spark.ui.enabled"], shown["spark.ui.port"]) == ("true", "4711")


def test_a_driver_elsewhere_gets_the_secret_and_the_sizes_and_nothing_of_this_node():
    known = new_secrets()
    sizes = cluster_sizes(GRANTED)
    settings = defaults(BATCH, sizes, known, attached=True)
    assert settings["spark.authenticate.secret"] == known.cluster
    assert settings["spark.executor.memory"] == f"{sizes.executor_heap}m"
    assert not [value for value in settings.values() if "10.0.0.1" in value or "/disk" in value or "/runs" in value]


def test_executors_are_waited_for_and_partitions_follow_from_the_sizes():
    sizes = cluster_sizes(GRANTED, shuffle_bytes=1 << 40)
    settings = defaults(BATCH, sizes, new_secrets())
    assert settings["spark.cores.max"] == str(sizes.cores)
    assert settings["spark.sql.shuffle.partitions"] == str(sizes.partitions)
    assert settings["spark.sql.adaptive.enabled"] == "true"
    assert sizes.partitions > cluster_sizes(GRANTED).partitions


def test_event_logs_are_kept_for_a_job_on_one_node_as_well():
    single = replace(BATCH, kind="single")
    settings = defaults(single, single_size(HEAD, engine="spark"), new_secrets())
    assert settings["spark.eventLog.dir"] == "file:///runs/dsgrid-12/events"
    assert "spark.executor.memory" not in settings


def test_the_plan_is_asked_for_with_the_options_that_it_depends_on():
    options = ("--quiet", "--set", "year=2030", "--registry=/r", "--parts", "3", "--at", "1.0.0", "--set=a=b")
    assert planned_options(options) == ["--set", "year=2030", "--registry=/r", "--at", "1.0.0", "--set=a=b"]


def ended(text):
    process = subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, text=True)
    process.wait(20)
    return process


def test_a_wrong_spec_ends_a_job_before_its_cluster_is_there():
    for code in (2, 3):
        with pytest.raises(EndingError) as caught:
            refuse_wrong_spec(ended(f"raise SystemExit({code})"))
        assert caught.value.code == code
    # What else may go wrong with a plan need not go wrong with the run.
    for code in (0, 1, 4, 7):
        refuse_wrong_spec(ended(f"raise SystemExit({code})"))
    refuse_wrong_spec(None)


@pytest.mark.parametrize("said", ["", "{", "[]", '{"shuffle_bytes": null}', '{"shuffle_bytes": "1"}'])
def test_a_demand_that_is_not_known_is_none(said):
    assert demanded_shuffle(ended(f"print({said!r})")) is None


def test_a_demand_that_is_known_is_taken():
    assert demanded_shuffle(ended("""print('{"shuffle_bytes": 816}')""")) == 816
    assert demanded_shuffle(None) is None
