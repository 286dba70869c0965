"""The only module that creates a session.

Three engines run the same DataFrame code: **classic Spark** under ``spark-submit``, a **Spark Connect** server by URL,
and **Sail** embedded in this process otherwise. Everything that differs between them when a session starts is here;
what differs afterwards is avoided by how the rest of dsgrid writes its queries.

PySpark decides once per process which kind of column `pyspark.sql.functions` makes, by an environment variable.
A process may hold one Connect session and one classic session (the tests do); `Engine.activate` says whose turn it is.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import logging
import os
import re
import signal
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsgrid import remote, standalone
from dsgrid.errors import EngineError, UsageError, did_you_mean
from dsgrid.remote import Server
from dsgrid.storage.failures import failure as storage_failure
from dsgrid.storage.settings import for_spark

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ENGINES = ("sail", "spark")
_CONNECT_MODE = "SPARK_CONNECT_MODE_ENABLED"  # read by pyspark.sql.functions at every call

# Results depend on these: they are set whatever the site's configuration says.
_FIXED = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
}


@dataclass(frozen=True)
class Engine:
    """A running session and what is known of it.

    Parameters
    ----------
    spark
        The session that DataFrames are made with.
    name
        ``sail``, ``spark`` or ``connect``.
    version
        Version of Sail or Spark, for manifests.
    is_distributed
        True when tasks may run on other machines, which then need to see the same files.
    """

    spark: SparkSession
    name: str
    version: str
    is_distributed: bool = False
    _close: Callable[[], None] = field(default=lambda: None, repr=False, compare=False)

    def activate(self) -> None:
        """Make `pyspark.sql.functions` build columns for this engine; needed only where two engines share a process."""
        if self.name == "spark":
            os.environ.pop(_CONNECT_MODE, None)
        else:
            os.environ[_CONNECT_MODE] = "1"

    def stop(self) -> None:
        """Stop the session; nothing may be asked of it afterwards (a stopped Sail lets the client hang)."""
        self.activate()
        self._close()

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def under_spark_submit() -> bool:
    """Return whether spark-submit started this process: it alone hands a Python program the port of its JVM."""
    return "PYSPARK_GATEWAY_PORT" in os.environ


def resolve(engine: str | None = None) -> str:
    """Return the engine that is meant: ``sail``, ``spark`` or a URL ``sc://...``.

    The order is: what was asked for, ``DSGRID_ENGINE``, Spark under spark-submit, Sail.
    """
    wanted = engine or os.environ.get("DSGRID_ENGINE") or ("spark" if under_spark_submit() else "sail")
    if wanted in ENGINES or wanted.startswith("sc://"):
        return wanted
    if wanted.startswith(("spark://", "local", "k8s://", "yarn")):
        raise UsageError(f'"{wanted}" is a master of Spark, not an engine; write --engine spark --master "{wanted}"')
    wanted = remote.shown(wanted)
    raise UsageError(f'no engine "{wanted}"{did_you_mean(wanted, [*ENGINES, "sc://host:port"])}')


def session(
    engine: str | None = None,
    *,
    memory: str | None = None,
    app_name: str = "dsgrid",
    in_process_master: str | None = None,
) -> Engine:
    """Start the engine, or join the one of this spark-submit.

    Parameters
    ----------
    engine
        ``sail``, ``spark``, ``sc://host:port``, or None for the default (see `resolve`).
    memory
        Memory that Sail's operators may use before they spill, such as ``4g``; by default ``DSGRID_MEMORY``, else
        `default_memory`. Spark takes it from spark-submit.
    app_name
        Name shown in Spark's pages.
    in_process_master
        For tests only: start classic Spark inside this process with this master, without spark-submit.

    Raises
    ------
    EngineError
        The engine is not installed or could not start.
    """
    wanted = resolve(engine)
    _quieten_loggers()
    try:
        if wanted == "sail":
            return _start_sail(memory)
        if wanted == "spark":
            return _start_spark(app_name, in_process_master)
        return _connect(wanted)
    except ImportError as error:
        extra = "embedded" if wanted != "spark" else "all"
        raise EngineError(f"{remote.shown(wanted)}: {error}; install it with: pip install 'dsgrid[{extra}]'") from error


# The engine that this process keeps for itself. It is never dropped without being stopped: a session that is collected
# while it is at work may wait for itself for ever.
_kept: list[Engine] = []
_keeping = threading.Lock()


def kept_session(starting: Callable[[], AbstractContextManager[Any]] = nullcontext) -> Engine:
    """Return the engine that this process keeps, started on first need, so that the next call answers at once.

    Parameters
    ----------
    starting
        Makes what surrounds the start, where there is one.
    """
    with _keeping:
        if not _kept:
            with starting():
                _kept.append(session())
        return _kept[0]


# Held until they are stopped: a client says goodbye when the process ends, whatever ends it, and for minutes where its
# server is gone.
_servers: list[Any] = []


_A_YEAR = 365 * 86_400  # seconds


def _start_sail(memory: str | None) -> Engine:
    # The server reads its settings when it is created. setdefault: what the user exported wins.
    memory = memory or os.environ.get("DSGRID_MEMORY")
    pool = parse_memory(memory) if memory else default_memory()
    os.environ.setdefault("RUST_LOG", "error")
    # Unbounded, the default, ends in an abort of the whole process; fair spills.
    os.environ.setdefault("SAIL_RUNTIME__MEMORY_POOL__TYPE", "fair")
    os.environ.setdefault("SAIL_RUNTIME__MEMORY_POOL__FAIR__MAX_SIZE", str(pool))
    os.environ.setdefault("SAIL_RUNTIME__TEMPORARY_FILES__PATHS", json.dumps([tempfile.gettempdir()]))
    os.environ.setdefault("SAIL_EXECUTION__DEFAULT_PARALLELISM", str(available_cores()))
    # By default Sail forgets a session that was idle for a quarter of an hour: a notebook's, or that of a server.
    os.environ.setdefault("SAIL_SPARK__SESSION_TIMEOUT_SECS", str(_A_YEAR))
    from pysail import __version__ as version
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer("127.0.0.1", 0)
    _servers.append(server)
    with _ctrl_c_stays_ours():
        with _ctrl_c_stays_ours():
            before = _handler_of_sigint()
            server.start(background=True)
            # A thread of Sail's takes SIGINT when start() has returned.
            deadline = time.monotonic() + 0.1
            while _handler_of_sigint() == before and time.monotonic() < deadline:
                time.sleep(0.001)
        _, port = server.listening_address
        # Without a token, whatever the environment has for another server.
        spark = _remote_session(Server(f"sc://127.0.0.1:{port}", "127.0.0.1", port))
        # PySpark would look up the line of our code for each column that is made: a fifth of a small query's time.
        spark.conf.set("spark.python.sql.dataFrameDebugging.enabled", "false")

    def close() -> None:
        spark.stop()
        server.stop()
        _servers.remove(server)

    return Engine(spark, "sail", str(version), _close=close)


def _connect(url: str) -> Engine:
    server = remote.server(url)
    _before_grpc()
    server.require()
    try:
        spark = _remote_session(server)
        _give_up_sooner(spark)
        version = str(spark.version)
    except Exception as error:
        raise EngineError(f"{server.url}: no Spark Connect server answers: {clear_line(error)}") from error
    return Engine(spark, "connect", version, is_distributed=True, _close=spark.stop)


def _before_grpc() -> None:
    """Set what gRPC reads when it is loaded."""
    # What it does at a fork, for children that go on using it, ends one in twenty of those that do not with SIGABRT;
    # the start of a JVM is one.
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "false")
    # A failed handshake is told by its exception.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")


def _give_up_sooner(spark: Any) -> None:
    """Let calls to a server that has gone fail after a minute: a cluster ends with its job, also under its clients."""
    # PySpark's remark on having given up; the error says it.
    warnings.filterwarnings("ignore", message=r"\[RETRIES_EXCEEDED\]")
    spark.client.set_retry_policies([remote.patience()])


def _remote_session(server: Server) -> SparkSession:
    os.environ[_CONNECT_MODE] = "1"
    _before_grpc()
    from pyspark.sql.connect.session import SparkSession as RemoteSession

    # create(), not getOrCreate(): the latter ignores the URL when a session exists already.
    spark: Any = RemoteSession.builder.channelBuilder(server.channel_builder()).create()
    for key, value in _FIXED.items():
        spark.conf.set(key, value)
    return spark


def _start_spark(app_name: str, in_process_master: str | None) -> Engine:
    if not under_spark_submit() and in_process_master is None:
        raise EngineError(
            "Spark is started by spark-submit, not inside a Python program; "
            "use: dsgrid run SPEC --engine spark, or: spark-submit --py-files build/dsgrid.zip jobs/JOB.py SPEC"
        )
    os.environ.pop(_CONNECT_MODE, None)
    from pyspark import SparkConf, SparkContext
    from pyspark.sql import SparkSession as ClassicSession

    if under_spark_submit():
        # Without its JVM a SparkConf knows nothing of what spark-submit was told: not even the master.
        SparkContext._ensure_initialized()
    conf = SparkConf()
    if in_process_master is not None:
        conf.setMaster(in_process_master)
    for key, value in _FIXED.items():
        conf.set(key, value)
    for key, value in for_spark().items():
        conf.setIfMissing(key, value)
    conf.setIfMissing("spark.app.name", app_name)
    master = conf.get("spark.master") or "local[*]"
    is_local = master.startswith("local")
    if is_local:
        # A cluster's own configuration knows better; on one machine 200 partitions and a web server only cost time.
        conf.setIfMissing("spark.ui.enabled", "false")
        conf.setIfMissing("spark.sql.shuffle.partitions", str(max(8, 2 * available_cores())))
    attaches = master.startswith("spark://")
    cluster = standalone.require_master(SparkContext._jvm, conf, master) if attaches else None
    taken = standalone.registering(master) if attaches else contextlib.nullcontext()
    with _ctrl_c_stays_ours(), engine_errors("Spark did not start"), taken:
        spark = ClassicSession.builder.config(conf=conf).getOrCreate()
    ended = _nothing if cluster is None else standalone.watch(spark.sparkContext, cluster)

    def close() -> None:
        ended()
        spark.stop()

    return Engine(spark, "spark", str(spark.version), is_distributed=not is_local, _close=close)


def _nothing() -> None:
    """Do nothing."""


@contextlib.contextmanager
def _ctrl_c_stays_ours() -> Iterator[None]:
    """Put back the handler of SIGINT that an engine replaces by its own while it starts.

    Sail's shuts the server down under its client, which then hangs; PySpark's fails to cancel and runs on.
    """
    ours = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, ours or signal.default_int_handler)


def _handler_of_sigint() -> bytes:
    """Return the C function that gets SIGINT: `signal.getsignal` does not know what a library has set."""
    import ctypes

    action = ctypes.create_string_buffer(1024)  # larger than any struct sigaction; the handler comes first
    ctypes.CDLL(None).sigaction(int(signal.SIGINT), None, action)
    return action.raw[: ctypes.sizeof(ctypes.c_void_p)]


def _quieten_loggers() -> None:
    """Silence PySpark's loggers that print one JSON line with a Java stack to stdout for every failed query."""
    for name in ("SQLQueryContextLogger", "DataFrameQueryContextLogger"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def available_cores() -> int:
    """Return the number of cores that this process may use (a Slurm step gets fewer than the node has)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


def parse_memory(text: str) -> int:
    """Return the bytes that ``512m``, ``4g``, ``4GB`` or ``4 GiB`` mean."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?\s*", text.lower())
    if match is None:
        raise UsageError(f'memory "{text}" is not a size such as 512m or 4g')
    return int(float(match[1]) * _UNITS[match[2]])


def default_memory() -> int:
    """Return 60 % of the memory of this machine or of its cgroup, 8 GiB at most."""
    limits = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError):  # "max" means none
            limits.append(int(Path(limit).read_text()))
    if os.environ.get("SLURM_MEM_PER_NODE", "0").isdigit():
        limits.append(int(os.environ.get("SLURM_MEM_PER_NODE", "0")) << 20)
    return min(8 << 30, int(0.6 * min(limit for limit in limits if limit > 0)))


@contextlib.contextmanager
def engine_errors(what: str = "") -> Iterator[None]:
    """Turn any error of an engine into an `EngineError` with one clear line; the cause stays for ``--debug``.

    What an object store refused an engine is a `StorageError`, as it is where dsgrid itself reads.

    Parameters
    ----------
    what
        What was being done, such as ``stage 1 of "peak_by_state"``; begins the message.
    """
    try:
        yield
    except Exception as error:
        if not _is_of_an_engine(error):
            raise
        refused = storage_failure(str(error))
        if refused is not None:
            raise refused from error
        raise EngineError(": ".join(part for part in (what, clear_line(error)) if part)) from error


def _is_of_an_engine(error: BaseException) -> bool:
    # By the module's name, so that nothing of an engine is imported to tell.
    return any(kind.__module__.partition(".")[0] in ("pyspark", "py4j", "grpc") for kind in type(error).__mro__)


_HADOOP = "(the version of Spark's Hadoop)"
_HINTS = {
    r"Answer from Java side is empty|Connection refused.*py4j|Java heap space|OutOfMemoryError": (
        "Spark's JVM ended or ran out of memory; give it more (--memory 8g, or spark-submit --driver-memory 8g)"
    ),
    r"Resources exhausted|Failed to allocate additional": (
        "not enough memory for this query; give it more (--memory 8g), or let Spark do it: --engine spark, or sbatch"
    ),
    r"StatusCode\.UNAVAILABLE": (
        "the engine's server does not answer any more: it has ended, for want of memory or with the job that it ran in"
    ),
    r"DIVIDE_BY_ZERO|[Dd]ivision by zero|[Dd]ivide by zero": (
        "a value was divided by 0: what stands to the right of / in the query's expression is 0 somewhere; leave out "
        "the records where it is"
    ),
    r"No space left on device": (
        "a disk is full: that of the registry, of the results, or of temporary files (TMPDIR says where they are)"
    ),
    r"org\.apache\.hadoop\.fs\.s3a\.S3AFileSystem not found|No FileSystem for scheme \"?s3a": (
        "Spark has no client for S3; add it with "
        f"--conf spark.jars.packages=org.apache.hadoop:hadoop-aws:{_HADOOP}, or use --engine sail"
    ),
    r"glob pattern is not allowed in the output URL": (
        "Sail writes into no folder with *, ?, [ or ] in its path; choose another one, or use --engine spark"
    ),
}


def _hadoop_version() -> str:
    """Return the version of the Hadoop that Spark comes with, as the names of its files say; else an empty string."""
    home = os.environ.get("SPARK_HOME")
    if not home:
        found = importlib.util.find_spec("pyspark")
        home = next(iter(found.submodule_search_locations or ()), "") if found else ""
    names = [path.stem for path in Path(home, "jars").glob("hadoop-client-api-*.jar")] if home else []
    return names[0].removeprefix("hadoop-client-api-") if names else ""


def clear_line(error: BaseException) -> str:
    """Return the one line of an engine's error that says what is wrong."""
    text = str(error).strip() or type(error).__name__
    for pattern, hint in _HINTS.items():
        if re.search(pattern, text):
            return hint.replace(_HADOOP, _hadoop_version() or _HADOOP)
    # Errors of a job arrive with a Java stack around them: the condition in brackets begins the useful line.
    condition = re.search(r"\[[A-Z][A-Z_.]+\] ?[^\n]*", text)
    # Where there is none, py4j's first line only names the Java object; the cause follows.
    cause = re.match(r"An error occurred while calling [^\n]*\n: (?:[\w.$]+: )?([^\n]+)", text)
    line = condition.group() if condition else cause[1] if cause else text.splitlines()[0]
    # Of an exception in Python code run by the engine, the traceback's last line says more.
    raised = re.findall(r"^\w*(?:Error|Exception): .*$", text, flags=re.MULTILINE)
    if "Traceback (most recent call last)" in text and raised:
        line = raised[-1]
    return line.strip()
