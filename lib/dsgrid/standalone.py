"""A standalone cluster of Spark as a driver sees it: whether it takes the driver, and has something for it.

Spark's own driver asks for a minute where it is refused, tells nothing of why, and may never end. So it is asked for
before: through the JVM of spark-submit, with the classes that the driver itself uses.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dsgrid.errors import EngineError, listing

if TYPE_CHECKING:
    from pyspark import SparkConf

_SECONDS: Final = 10
_PATIENCE: Final = 20.0
# The loggers that show a stack for what is told in one line here.
_NOISY: Final = "org.apache.spark.network"


@dataclass(frozen=True)
class Worker:
    """What a worker hands out; its memory in MiB."""

    cores: int
    memory: int


@dataclass(frozen=True)
class Cluster:
    """What a Master has. How much of it is free, and which worker is dead, it does not tell its clients.

    Parameters
    ----------
    applications
        The names of those that run or wait.
    """

    workers: tuple[Worker, ...] = ()
    applications: tuple[str, ...] = ()


def places(master: str) -> tuple[tuple[str, int], ...]:
    """Return the hosts and ports of a master's URL, which may name several; none where it is no such URL."""
    found = [re.fullmatch(r"\[?([^\[\],]+?)\]?:([0-9]+)", each) for each in master.removeprefix("spark://").split(",")]
    if not master.startswith("spark://") or not all(found):
        return ()
    return tuple((each[1], int(each[2])) for each in found if each)


def require_master(jvm: Any, conf: SparkConf, master: str) -> Cluster:
    """Return what a cluster has; raise an error that says what is wrong where it will not take this driver.

    Parameters
    ----------
    jvm
        That of spark-submit.
    conf
        The driver's settings.
    master
        The cluster, as ``spark://host:7077``.

    Raises
    ------
    EngineError
        No Master answers, it does not take the secret, its Spark is another version, or it has no worker for an
        executor of this size.
    """
    with _nothing_logged(jvm), contextlib.suppress(_UnknownSparkError):
        refusals = []
        for host, port in places(master):
            try:
                found = _ask(jvm, conf, host, port)
            except _RefusedError as error:
                refusals.append(refusal(str(error), master, host, port, is_secret=_has_secret(conf)))
                continue
            said = unfit(found, _mib(jvm, conf, "spark.executor.memory", "1g"), _cores(conf))
            if said:
                raise EngineError(f"{master}: {said}")
            if not found.workers:
                _tell("the cluster has no worker yet; waiting for one")
            return found
        if refusals:
            raise EngineError(refusals[0])
    return Cluster()


@contextlib.contextmanager
def registering(master: str, seconds: float = _PATIENCE) -> Iterator[None]:
    """Say, and let an error say, what it means where a Master that answers does not take a driver.

    Parameters
    ----------
    seconds
        After which it is said; Spark gives up after a minute.
    """
    meaning = (
        "the Master answers, but has not taken this driver; its Spark is probably not the version that is used here, "
        f"{_version()}"
    )
    timer = threading.Timer(seconds, _tell, [meaning])
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception as error:
        if re.search(r"stopped SparkContext|masters are unresponsive", str(error)):
            raise EngineError(f"{master}: {meaning}") from error
        raise
    finally:
        timer.cancel()


def watch(context: Any, cluster: Cluster, seconds: float = _PATIENCE) -> Callable[[], None]:
    """Tell once when no executor has come after some time, and return what ends the watch.

    Parameters
    ----------
    context
        The SparkContext.
    cluster
        As it was before this driver came.
    """

    def look() -> None:
        with contextlib.suppress(Exception):  # it has ended meanwhile
            if context._jsc.sc().getExecutorMemoryStatus().size() <= 1:
                host = context.getConf().get("spark.driver.host")
                _tell(f"no executor has come after {seconds:.0f} s: {why_none(cluster, str(host))}")

    timer = threading.Timer(seconds, look)
    timer.daemon = True
    timer.start()
    return timer.cancel


def refusal(causes: str, master: str, host: str, port: int, *, is_secret: bool) -> str:
    """Return the line that says why a Master was of no use.

    Parameters
    ----------
    causes
        What the JVM says: the classes and messages of an exception and of its causes.
    is_secret
        Whether this driver has a secret.
    """
    where = f"at {host}, port {port}"
    path = defaults_file()
    file = str(path) if path.is_file() else f"{path} (there is none)"
    if re.search(r"InvalidClassException|StreamCorruptedException|serialVersionUID|ClassNotFoundException", causes):
        return (
            f"{master}: the Spark {where} is not the version that is used here, {_version()}; "
            "driver and cluster need the same"
        )
    if "RpcEndpointNotFoundException" in causes:
        return f"{master}: what listens {where} is of Spark, but no Master; is it a worker?"
    if re.search(r"UnknownHost|UnresolvedAddress", causes):
        return f'{master}: no Spark Master: there is no host "{host}"'
    if re.search(r"ConnectException|Failed to connect|NoRouteToHost|Connecting to .* timed out", causes):
        reason = re.search(r"Connection refused|No route to host|Network is unreachable|timed out", causes)
        return f"{master}: no Spark Master answers {where}" + (f": {reason[0]}" if reason else "")
    if "Expected SaslMessage" in causes or not is_secret:
        if "Expected SaslMessage" not in causes:
            return f"{master}: what listens {where} is no Spark Master: it does not answer as one does"
        return (
            f"{master}: the cluster refuses this client, which shows it no secret; spark.authenticate and "
            f"spark.authenticate.secret have to be in {file} as the cluster has them "
            "(SPARK_CONF_DIR names another folder)"
        )
    return (
        f"{master}: the cluster refuses this client: spark.authenticate.secret in {file} is not the cluster's "
        "(SPARK_CONF_DIR names another folder), or what listens there is no Spark Master"
    )


def unfit(cluster: Cluster, memory: int, cores: int | None) -> str:
    """Return why no worker will ever hold an executor of this size; nothing where one will.

    Parameters
    ----------
    memory
        MiB of an executor.
    cores
        Cores of an executor; None for all that a worker has.
    """
    if not cluster.workers:
        return ""
    most = max(worker.memory for worker in cluster.workers)
    if memory > most:
        return (
            f"no worker has the {memory:,} MiB that an executor is to get (spark.executor.memory); the largest has "
            f"{most:,} MiB: --conf spark.executor.memory={most}m or less"
        )
    widest = max(worker.cores for worker in cluster.workers)
    if cores is not None and cores > widest:
        return (
            f"no worker has the {cores} cores that an executor is to get (spark.executor.cores); the largest has "
            f"{widest}: --conf spark.executor.cores={widest} or fewer"
        )
    return ""


def why_none(cluster: Cluster, host: str) -> str:
    """Return why a driver may have no executor.

    Parameters
    ----------
    host
        Where the workers have to reach the driver.
    """
    others = listing(cluster.applications)
    taken = f"its cores are taken by {others}, and this one waits for them" if others else "the cluster has none free"
    return f'{taken}, or its workers do not reach this program at spark.driver.host, which is "{host}"'


def defaults_file() -> Path:
    """Return the file that spark-submit takes settings from."""
    folder = os.environ.get("SPARK_CONF_DIR") or Path(os.environ.get("SPARK_HOME", ""), "conf")
    return Path(folder) / "spark-defaults.conf"


def _tell(text: str) -> None:
    sys.stderr.write(f"note: {text}\n")
    sys.stderr.flush()


class _RefusedError(Exception):
    """A Master did not answer; holds the exceptions of the JVM, as text."""


class _UnknownSparkError(Exception):
    """The classes of this Spark are not as they are expected; the driver finds out for itself."""


def _ask(jvm: Any, conf: SparkConf, host: str, port: int) -> Cluster:
    from py4j.protocol import Py4JError, Py4JJavaError

    try:
        settings = _settings(jvm, conf)
        security = jvm.org.apache.spark.SecurityManager
        defaults = [getattr(security, f"$lessinit$greater$default${number}")() for number in (2, 3)]
        rpc = jvm.org.apache.spark.rpc.RpcEnv.create("dsgrid", host, 0, settings, security(settings, *defaults), True)
    except (Py4JError, TypeError, AttributeError) as error:
        raise _UnknownSparkError from error
    try:
        reference = rpc.setupEndpointRef(jvm.org.apache.spark.rpc.RpcAddress(host, port), "Master")
        question = jvm.java.lang.Class.forName("org.apache.spark.deploy.DeployMessages$RequestMasterState$")
        kind = jvm.scala.reflect.ClassTag.apply(jvm.java.lang.Class.forName("java.lang.Object"))
        return _cluster(reference.askSync(question.getField("MODULE$").get(None), kind))
    except Py4JJavaError as error:
        raise _RefusedError(_causes(error.java_exception)) from error
    except (Py4JError, TypeError, AttributeError) as error:
        raise _UnknownSparkError from error
    finally:
        rpc.shutdown()


def _settings(jvm: Any, conf: SparkConf) -> Any:
    """Return a copy of the driver's settings for one question."""
    settings = jvm.org.apache.spark.SparkConf(True)
    for name, value in conf.getAll():
        settings.set(name, value)
    for name in ("spark.rpc.lookupTimeout", "spark.rpc.askTimeout", "spark.rpc.io.connectionCreationTimeout"):
        settings.set(name, f"{_SECONDS}s")
    return settings


def _cluster(state: Any) -> Cluster:
    workers = tuple(Worker(each.cores(), each.memory()) for each in state.workers())
    return Cluster(workers, tuple(str(each.desc().name()) for each in state.activeApps()))


def _causes(exception: Any) -> str:
    said = []
    for _ in range(8):
        if exception is None:
            break
        said.append(f"{exception.getClass().getName()}: {exception.getMessage()}")
        exception = exception.getCause()
    return "\n".join(said)


def _has_secret(conf: SparkConf) -> bool:
    return (conf.get("spark.authenticate") or "").lower() == "true"


def _cores(conf: SparkConf) -> int | None:
    given = conf.get("spark.executor.cores") or ""
    return int(given) if given.isdecimal() else None


def _mib(jvm: Any, conf: SparkConf, name: str, default: str) -> int:
    return int(jvm.org.apache.spark.network.util.JavaUtils.byteStringAsMb(conf.get(name) or default))


def _version() -> str:
    from pyspark import __version__

    return str(__version__)


@contextlib.contextmanager
def _nothing_logged(jvm: Any) -> Iterator[None]:
    """Let Spark's network say nothing; also afterwards where the block fails, as it may be late with its stacks."""
    before = None
    with contextlib.suppress(Exception):  # another way to log is no matter
        logging = jvm.org.apache.logging.log4j
        before = logging.LogManager.getLogger(_NOISY).getLevel()
        logging.core.config.Configurator.setLevel(_NOISY, logging.Level.OFF)
    yield
    if before is not None:
        with contextlib.suppress(Exception):
            jvm.org.apache.logging.log4j.core.config.Configurator.setLevel(_NOISY, before)
