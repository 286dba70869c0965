"""What is said of a cluster that does not take a driver, or has nothing for it."""

from __future__ import annotations

import time

import pytest

from dsgrid.errors import EngineError
from dsgrid.standalone import Cluster, Worker, defaults_file, places, refusal, registering, unfit, why_none

MASTER = "spark://10.0.0.1:7077"


def said(causes, *, is_secret=True):
    return refusal(causes, MASTER, "10.0.0.1", 7077, is_secret=is_secret)


@pytest.mark.parametrize(
    ("master", "found"),
    [
        ("spark://a:7077", (("a", 7077),)),
        ("spark://a:7077,10.0.0.2:7078", (("a", 7077), ("10.0.0.2", 7078))),
        ("spark://[fe80::1]:7077", (("fe80::1", 7077),)),
        ("spark://a", ()),
        ("spark://a:", ()),
        ("spark://a:7077,", ()),
        ("local[2]", ()),
        ("", ()),
    ],
)
def test_a_master_may_be_several(master, found):
    assert places(master) == found


def test_no_secret_is_told_with_the_file_that_it_belongs_to(monkeypatch, tmp_path):
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))
    line = said("java.lang.RuntimeException: java.lang.IllegalStateException: Expected SaslMessage", is_secret=False)
    assert line.startswith(f"{MASTER}: the cluster refuses this client, which shows it no secret")
    assert f"spark.authenticate.secret have to be in {tmp_path}/spark-defaults.conf (there is none)" in line
    defaults_file().write_text("")
    assert "there is none" not in said("Expected SaslMessage", is_secret=False)


@pytest.mark.parametrize(
    ("causes", "words"),
    [
        ("SparkException: Message is dropped because Outbox is stopped", "spark.authenticate.secret in "),
        (
            "java.io.IOException: Failed to connect to /10.0.0.1:7077\nx: Connection refused",
            "port 7077: Connection ref",
        ),
        ("java.io.IOException: Connecting to /10.0.0.1:7077 timed out (10000 ms)", "7077: timed out"),
        ("java.nio.channels.UnresolvedAddressException: null", 'there is no host "10.0.0.1"'),
        ("RpcEndpointNotFoundException: Cannot find endpoint: spark://Master@10.0.0.1:7077", "but no Master"),
        ("java.io.InvalidClassException: local class incompatible", "is not the version that is used here, "),
    ],
)
def test_each_refusal_is_one_line_that_says_where(causes, words):
    line = said(causes)
    assert words in line
    assert line.startswith(f"{MASTER}: ")
    assert "\n" not in line


def test_silence_is_no_wrong_secret_where_there_is_none():
    assert "is no Spark Master" in said("RpcTimeoutException: Futures timed out", is_secret=False)


def test_an_executor_that_no_worker_can_hold_is_told_with_what_one_can():
    cluster = Cluster((Worker(4, 3000), Worker(8, 2000)))
    assert unfit(cluster, 3000, 8) == ""
    assert "largest has 3,000 MiB: --conf spark.executor.memory=3000m or less" in unfit(cluster, 3001, None)
    assert "largest has 8: --conf spark.executor.cores=8 or fewer" in unfit(cluster, 1000, 9)
    assert unfit(Cluster(), 10**6, 99) == "", "workers may come yet"


def give_up_later():
    time.sleep(0.1)
    raise RuntimeError("Cannot call methods on a stopped SparkContext.\nlong")


def test_a_master_that_answers_but_takes_no_driver_is_told_before_and_when_spark_gives_up(capsys):
    said = "^spark://.* has not taken this driver; its Spark is probably not the version that is used here, "
    with pytest.raises(EngineError, match=said) as caught, registering(MASTER, 0.01):
        give_up_later()
    assert capsys.readouterr().err == f"note: {str(caught.value).removeprefix(f'{MASTER}: ')}\n"
    with pytest.raises(RuntimeError, match="another"), registering(MASTER):
        raise RuntimeError("another")
    with registering(MASTER, 0.01):
        pass
    time.sleep(0.05)
    assert capsys.readouterr().err == "", "who was taken is told nothing"


def test_who_may_hold_the_cores_is_named_with_the_address_that_workers_have_to_reach():
    said = why_none(Cluster((Worker(2, 1000),), ("dsgrid Spark Connect", "dsgrid query")), "10.0.0.9")
    assert said.startswith('its cores are taken by "dsgrid Spark Connect", "dsgrid query", and this one waits')
    assert said.endswith('do not reach this program at spark.driver.host, which is "10.0.0.9"')
    assert why_none(Cluster(), "h").startswith("the cluster has none free, or its workers do not reach")
