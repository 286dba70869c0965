"""What every room relies on when it gets a session, in both engines."""

from __future__ import annotations

import datetime
import os
import signal
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import functions as F

from dsgrid.engine import engine_errors
from dsgrid.errors import EngineError


def test_names_itself_for_the_manifest(engine):
    assert engine.name in ("sail", "spark")
    assert engine.version.split(".")[0].isdigit()
    assert not engine.is_distributed


def test_instants_survive_whatever_the_zone_of_the_host(session):
    instant = datetime.datetime(2018, 3, 11, 7, 30, tzinfo=datetime.UTC)
    table = pa.table({"t": pa.array([instant], pa.timestamp("us", tz="UTC"))})
    frame = session.createDataFrame(table).select("t", F.hour("t").alias("hour"))
    assert frame.toArrow().to_pylist() == [{"t": instant, "hour": 7}]


def test_functions_build_columns_of_the_engine_whose_turn_it_is(engines):
    for name in ("sail", "spark", "sail"):
        session = engines.start(name).spark
        frame = session.createDataFrame(pa.table({"k": ["a", "b", "a"], "v": [1.0, 2.0, 3.0]}))
        total = frame.groupBy("k").agg(F.sum(F.when(F.col("v") > 1, F.col("v")).otherwise(0.0)).alias("v"))
        assert sorted(total.toArrow().to_pydict()["v"]) == [2.0, 3.0], name


def test_a_failing_query_becomes_one_clear_line_and_keeps_its_cause(session):
    frame = session.createDataFrame(pa.table({"a": [1], "b": [0]}))
    with pytest.raises(EngineError) as caught, engine_errors("the ratio"):
        frame.select(F.col("a") / F.col("b")).toArrow()
    message = str(caught.value)
    assert message.startswith("the ratio: ")
    assert "divided by 0" in message
    assert "\n" not in message
    assert caught.value.__cause__ is not None
    assert session.range(3).count() == 3, "the session survives"


def test_a_failing_python_function_is_named_by_its_own_message(session):
    def refuse(batches):
        for _ in batches:
            raise ValueError("row 7 is odd")
        yield from ()

    frame = session.createDataFrame(pa.table({"a": [1]}))
    with pytest.raises(EngineError, match=r"ValueError: row 7 is odd$"), engine_errors():
        frame.mapInArrow(refuse, "a bigint").toArrow()


def test_the_condition_of_an_error_is_found_below_the_java_stack(engines, tmp_path):
    spark = engines.start("spark").spark
    with pytest.raises(EngineError, match=r"^\[PATH_NOT_FOUND\].*nothing"), engine_errors():
        spark.read.parquet(str(tmp_path / "nothing")).count()


def test_ctrl_c_belongs_to_python(engine):
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_signal_that_is_ignored_does_not_stop_sail():
    """Jobs in the background of a shell ignore SIGINT; Sail takes it, which ended the server under its client."""
    program = """if True:
        import os, signal
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        from dsgrid.engine import session
        spark = session("sail").spark
        os.kill(os.getpid(), signal.SIGINT)
        print(spark.range(3).count())
    """
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout == "3\n"


def test_children_of_a_process_that_asks_sail_end_as_they_should():
    """What gRPC does at a fork ended some of them with SIGABRT, and so the start of a JVM."""
    program = """if True:
        import subprocess, threading
        from dsgrid.engine import session
        spark = session("sail").spark
        asking = threading.Thread(target=lambda: [spark.range(1000).count() for _ in range(200)])
        asking.start()
        codes = {subprocess.run(["true"], preexec_fn=lambda: None).returncode for _ in range(100)}
        asking.join()
        print(codes)
    """
    plain = {name: value for name, value in os.environ.items() if not name.startswith("GRPC_ENABLE")}
    ended = subprocess.run(
        [sys.executable, "-c", program], env=plain, capture_output=True, text=True, timeout=120, check=True
    )
    assert ended.stdout == "{0}\n"


def test_timestamps_are_written_as_microseconds_of_utc(session, tmp_path):
    session.range(1).coalesce(1).select(F.timestamp_seconds(F.lit(1_500_000_000)).alias("t")).write.parquet(
        str(tmp_path / "t")
    )
    file = next((tmp_path / "t").glob("*.parquet"))
    assert pq.read_schema(file).field("t").type == pa.timestamp("us", tz="UTC")
    assert pq.read_metadata(file).row_group(0).column(0).compression == "ZSTD"
