"""Which engine is meant, how much memory it gets, and what is said when it fails; all without starting one."""

from __future__ import annotations

import re
import socket

import pytest

from dsgrid import engine
from dsgrid.engine import clear_line, default_memory, engine_errors, parse_memory, resolve, session
from dsgrid.errors import EngineError, UsageError


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch):
    for name in ("DSGRID_ENGINE", "PYSPARK_GATEWAY_PORT", "SLURM_MEM_PER_NODE", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


def test_sail_unless_something_else_is_said(monkeypatch):
    assert resolve() == "sail"
    monkeypatch.setenv("PYSPARK_GATEWAY_PORT", "1")
    assert resolve() == "spark", "spark-submit runs this process"
    monkeypatch.setenv("DSGRID_ENGINE", "sail")
    assert resolve() == "sail"
    assert resolve("sc://host:15002") == "sc://host:15002", "what was asked for wins"


def test_a_misspelt_engine_gets_the_closest_name():
    with pytest.raises(UsageError, match='no engine "sprak"; did you mean "spark"'):
        resolve("sprak")


@pytest.mark.parametrize("master", ["spark://host:7077", "local[2]", "yarn"])
def test_a_master_is_no_engine(master):
    with pytest.raises(UsageError, match=f'write --engine spark --master "{re.escape(master)}"'):
        resolve(master)


@pytest.mark.parametrize("url", ["sc://", "sc://:15002", "sc://host:port"])
def test_an_address_without_a_host_is_refused(url):
    with pytest.raises(UsageError, match="is no address of a Spark Connect server, such as sc://host:15002"):
        session(url)


def test_a_server_that_is_not_there_is_told_at_once():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(EngineError, match=f"no Spark Connect server answers at 127.0.0.1, port {port}: "):
        session(f"sc://127.0.0.1:{port}/;user_id=me")


def test_spark_without_spark_submit_is_refused_with_what_to_do():
    with pytest.raises(EngineError, match="dsgrid run SPEC --engine spark"):
        session("spark")


@pytest.mark.parametrize(
    ("text", "size"), [("512m", 512 << 20), ("4g", 4 << 30), ("4GB", 4 << 30), ("1.5 GiB", 3 << 29), ("100", 100)]
)
def test_sizes_are_read_as_people_write_them(text, size):
    assert parse_memory(text) == size


def test_memory_never_exceeds_what_slurm_granted(monkeypatch):
    assert 0 < default_memory() <= 8 << 30
    monkeypatch.setenv("SLURM_MEM_PER_NODE", "1000")
    assert default_memory() == int(0.6 * 1000 * (1 << 20))


class _JavaError(Exception):
    pass


_JavaError.__module__ = "py4j.protocol"


def test_a_java_stack_becomes_its_condition():
    text = (
        "An error occurred while calling o1.parquet.\n: org.apache.spark.SparkException: "
        "[PATH_NOT_FOUND] Path does not exist: file:/x.\n\tat org.apache.spark.Foo\n"
    )
    with pytest.raises(EngineError) as caught, engine_errors("reading facts"):
        raise _JavaError(text)
    assert str(caught.value) == "reading facts: [PATH_NOT_FOUND] Path does not exist: file:/x."


def test_a_java_stack_without_a_condition_becomes_its_cause():
    text = (
        "An error occurred while calling None.org.apache.spark.api.java.JavaSparkContext.\n"
        ": org.apache.spark.SparkException: Could not parse Master URL: 'local[x]'\n\tat org.apache.spark.Foo\n"
    )
    assert clear_line(_JavaError(text)) == "Could not parse Master URL: 'local[x]'"


@pytest.mark.parametrize("text", ["java.lang.OutOfMemoryError: Java heap space", "Answer from Java side is empty"])
def test_a_jvm_that_died_is_told_with_its_cure(text):
    assert "--driver-memory" in clear_line(_JavaError(text))


def test_our_own_errors_pass_through():
    with pytest.raises(KeyError), engine_errors():
        raise KeyError("x")


def test_nothing_heavy_is_imported_to_choose(monkeypatch):
    import subprocess
    import sys

    program = "import dsgrid.engine, sys; sys.exit(any(m in sys.modules for m in ('pyspark', 'pandas', 'pyarrow')))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
    assert engine.ENGINES == ("sail", "spark")
