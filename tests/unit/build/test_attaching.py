"""What dsgrid adds when it attaches to somebody's cluster: nothing that the user's own configuration says already."""

from __future__ import annotations

import itertools
import socket
from pathlib import Path

import pytest

from dsgrid.errors import EngineError, UsageError
from dsgrid.operations.launch import address_towards, spark_submit_command, spark_submit_environment

SPEC = Path("q.toml")
MASTER = "spark://10.0.0.1:7077"


@pytest.fixture(autouse=True)
def conf_dir(monkeypatch, tmp_path):
    for name in ("SPARK_LOCAL_IP", "SPARK_LOCAL_HOSTNAME", "SPARK_SUBMIT_OPTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))
    return tmp_path


def settings(master=MASTER, **more):
    pairs = itertools.pairwise(spark_submit_command("query", SPEC, master=master, **more))
    return dict(value.split("=", 1) for option, value in pairs if option == "--conf")


def test_what_the_file_of_the_user_says_is_not_overridden(conf_dir):
    assert settings(address="10.9.9.9") == {
        "spark.ui.enabled": "false",
        "spark.master.rest.enabled": "false",
        "spark.driver.host": "10.9.9.9",
    }
    lines = ("# spark.master.rest.enabled false", "spark.ui.enabled true", "spark.driver.host=10.1.1.1", "")
    (conf_dir / "spark-defaults.conf").write_text("\n".join(lines))
    assert settings(address="10.9.9.9") == {"spark.master.rest.enabled": "false"}


def test_what_is_on_the_command_line_wins_over_the_file(conf_dir):
    (conf_dir / "spark-defaults.conf").write_text("spark.ui.enabled false\n")
    assert settings(conf={"spark.ui.enabled": "true"})["spark.ui.enabled"] == "true"


@pytest.mark.parametrize("name", ["SPARK_LOCAL_IP", "SPARK_LOCAL_HOSTNAME"])
def test_an_address_from_the_environment_stays(monkeypatch, name):
    monkeypatch.setenv(name, "10.1.1.1")
    assert "spark.driver.host" not in settings(address="10.9.9.9")


def test_options_of_java_in_the_file_stay():
    """On the command line they would replace those of the file."""
    command = spark_submit_command("query", SPEC, master=MASTER)
    assert "--driver-java-options" not in command
    assert "log4j2.configurationFile" in spark_submit_environment()["SPARK_SUBMIT_OPTS"]


def test_the_logging_of_the_user_stays(monkeypatch, conf_dir):
    monkeypatch.setenv("SPARK_SUBMIT_OPTS", "-Da=b")
    assert spark_submit_environment()["SPARK_SUBMIT_OPTS"].startswith("-Da=b -Dlog4j2.configurationFile=")
    monkeypatch.setenv("SPARK_SUBMIT_OPTS", "-Dlog4j2.configurationFile=mine")
    assert spark_submit_environment()["SPARK_SUBMIT_OPTS"] == "-Dlog4j2.configurationFile=mine"
    monkeypatch.delenv("SPARK_SUBMIT_OPTS")
    (conf_dir / "log4j2.properties").write_text("")
    assert "SPARK_SUBMIT_OPTS" not in spark_submit_environment()


def test_a_secret_on_the_command_line_is_refused_and_not_repeated():
    with pytest.raises(UsageError, match="can be read by every user of this machine") as caught:
        settings(conf={"spark.authenticate.secret": "hush-hush"})
    assert "hush-hush" not in str(caught.value)


@pytest.mark.parametrize("master", ["spark://10.0.0.1", "spark://10.0.0.1:", "spark://a:1,"])
def test_a_master_without_a_port_is_refused_before_spark_starts(master):
    with pytest.raises(UsageError, match="no master"):
        settings(master)


def test_the_address_is_that_on_the_way_to_the_cluster():
    with socket.create_server(("127.0.0.11", 0)) as listening:
        port = listening.getsockname()[1]
        assert address_towards(f"spark://127.0.0.11:{port}").startswith("127.0.0.")
        assert address_towards(f"spark://127.0.0.11:1,127.0.0.11:{port}"), "one that answers is enough"
    assert address_towards("local[2]") is None
    with pytest.raises(EngineError, match=f"no Spark Master answers at 127.0.0.11, port {port}: Connection refused"):
        address_towards(f"spark://127.0.0.11:{port}")
