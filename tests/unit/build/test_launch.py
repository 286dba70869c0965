"""The command for spark-submit: an argument list, with the right Python, Spark and settings."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import pytest

from dsgrid import bundle
from dsgrid.errors import EngineError, UsageError
from dsgrid.operations import launch
from dsgrid.operations.launch import spark_submit_command, spark_submit_environment


def settings(command: list[str]) -> dict[str, str]:
    pairs = itertools.pairwise(command)
    return dict(value.split("=", 1) for option, value in pairs if option == "--conf")


def test_what_comes_from_the_user_stays_one_argument():
    odd = Path("a b; rm -rf $HOME.toml")
    command = spark_submit_command("query", odd, arguments=["--set", "name=two words"])
    assert command[-3:] == [str(odd), "--set", "name=two words"]
    assert Path(command[-4]).name == "query.py"
    assert Path(command[command.index("--py-files") + 1]) == bundle.lasting()


def test_a_local_master_keeps_to_this_machine_and_starts_quickly():
    command = spark_submit_command("query", Path("q.toml"), memory="3g")
    assert "TieredStopAtLevel" not in " ".join(command)
    assert "TieredStopAtLevel" in " ".join(spark_submit_command("query", Path("q.toml"), short=True))
    options = settings(command)
    assert command[command.index("--master") + 1] == "local[*]"
    assert options["spark.driver.bindAddress"] == options["spark.driver.host"] == "127.0.0.1"
    assert options["spark.authenticate"] == "true"
    assert options["spark.master.rest.enabled"] == "false"
    assert options["spark.driver.memory"] == "3072m"
    assert "SerialGC" in command[command.index("--driver-java-options") + 1]


def test_a_large_heap_is_collected_by_all_cores():
    def java(memory: str) -> str:
        command = spark_submit_command("query", Path("spec.toml"), memory=memory)
        return command[command.index("--driver-java-options") + 1]

    assert "-XX:+UseParallelGC" in java("9g")
    assert "SerialGC" not in java("9g")
    assert "-XX:+UseSerialGC" in java("8g")


def test_a_cluster_keeps_its_own_settings():
    command = spark_submit_command("query", Path("q.toml"), master="spark://10.0.0.1:4040")
    assert not {"spark.driver.memory", "spark.driver.host", "spark.authenticate"} & set(settings(command))
    assert "SerialGC" not in " ".join(command)


def test_settings_of_the_user_win():
    command = spark_submit_command("query", Path("q.toml"), conf={"spark.ui.enabled": "true", "spark.driver.host": "h"})
    assert settings(command)["spark.ui.enabled"] == "true"
    assert settings(command)["spark.driver.host"] == "h"


def test_driver_and_executors_run_this_python(monkeypatch):
    for name in ("PYSPARK_PYTHON", "PYSPARK_DRIVER_PYTHON"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DSGRID_ENGINE", "sail")
    environment = spark_submit_environment()
    assert environment["PYSPARK_PYTHON"] == environment["PYSPARK_DRIVER_PYTHON"] == sys.executable
    assert Path(environment["SPARK_HOME"], "bin", "spark-submit").is_file()
    assert "DSGRID_ENGINE" not in environment


def test_no_java_is_one_clear_line(monkeypatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(EngineError, match="Java 17 or newer"):
        launch.launch(["spark-submit"])


def test_a_folder_without_spark_is_one_clear_line(monkeypatch, tmp_path):
    monkeypatch.setenv("SPARK_HOME", str(tmp_path))
    with pytest.raises(EngineError, match="where there is no bin/spark-submit"):
        spark_submit_command("query", Path("q.toml"))


@pytest.mark.parametrize("master", ["local", "local[*]", "local[4]", "local[*,2]", "local-cluster[2,1,1024]"])
def test_local_masters_are_local(master):
    assert settings(spark_submit_command("query", Path("q.toml"), master=master))["spark.driver.host"] == "127.0.0.1"


@pytest.mark.parametrize("master", ["spark://a:7077,b:7077", "yarn", "k8s://https://host:443"])
def test_masters_of_clusters_are_taken(master):
    assert master in spark_submit_command("query", Path("q.toml"), master=master)


@pytest.mark.parametrize(
    ("master", "message"),
    [("local[x]", 'no master "local[x]"; did you mean "local['), ("10.0.0.1:7077", 'no master "10.0.0.1:7077"; ')],
)
def test_what_is_no_master_is_refused_before_spark_starts(master, message):
    with pytest.raises(UsageError) as caught:
        spark_submit_command("query", Path("q.toml"), master=master)
    assert str(caught.value).startswith(message)


def test_the_exit_code_is_kept(monkeypatch):
    monkeypatch.setattr(launch, "require_java", lambda: None)
    assert launch.launch([sys.executable, "-c", "import sys; sys.exit(7)"]) == 7
    assert launch.launch([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"]) == 137


def test_an_unreadable_size_of_memory_is_refused():
    with pytest.raises(UsageError, match="512m or 4g"):
        spark_submit_command("query", Path("q.toml"), memory="much")
