"""spark-submit: the command that runs a job on Apache Spark, and its environment."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from dsgrid import bundle
from dsgrid.engine import default_memory, parse_memory
from dsgrid.errors import EngineError, UsageError, did_you_mean
from dsgrid.spec.assets import asset_path
from dsgrid.standalone import defaults_file, places

# One JVM on one machine: the serial collector saves a second of start.
_LOCAL = ("-XX:+UseSerialGC",)
# On a large heap all cores would wait for it, for seconds each time.
_LARGE_HEAP = 8 << 30
_LARGE = ("-XX:+UseParallelGC",)
# Optimised code is made ten times later than by default: what runs for minutes still gets it.
_LONG = (
    "-XX:Tier4InvocationThreshold=50000",
    "-XX:Tier4MinInvocationThreshold=6000",
    "-XX:Tier4CompileThreshold=150000",
    "-XX:Tier4BackEdgeThreshold=400000",
)


# What ends in seconds never earns back what optimised code costs: without it a small query takes a third less CPU.
_SHORT = ("-XX:TieredStopAtLevel=1",)


# Of the small JVM that works out the command line of the real one.
QUICK = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"

_SECRET = "spark.authenticate.secret"
_LISTENER_SECONDS = 10.0
_MASTER = re.compile(
    r"local(\[(\*|[0-9]+)(,\s*[0-9]+)?\]|-cluster\[[0-9]+,\s*[0-9]+,\s*[0-9]+\])?|(spark|k8s)://.+|yarn", re.ASCII
)


def spark_submit_command(
    job: str,
    spec: Path,
    *,
    master: str = "local[*]",
    memory: str | None = None,
    short: bool = False,
    address: str | None = None,
    conf: Mapping[str, str] | None = None,
    arguments: Sequence[str] = (),
) -> list[str]:
    """Return the command, as a list of arguments, that runs one spec on Spark.

    Parameters
    ----------
    job
        The name of a file in ``jobs/``.
    spec
        The spec's file.
    master
        Spark's master. A local one gets settings that make it start quickly; with a cluster, what the user's
        ``spark-defaults.conf`` says is left as it is.
    memory
        The driver's heap, such as ``4g``; with a local master by default 60 % of the machine's, 8 GiB at most.
    short
        The work takes seconds; a local JVM then compiles for a quick start and not for speed.
    address
        Of this machine, as a cluster reaches it; for where neither the user's file nor the environment tells one.
    conf
        More of Spark's settings; they win.
    arguments
        More arguments of the job.
    """
    if not _MASTER.fullmatch(master) or (master.startswith("spark://") and not places(master)):
        raise UsageError(
            f'no master "{master}"{did_you_mean(master, ["local[*]", "local[4]", "spark://host:7077", "yarn"])}'
        )
    if conf and _SECRET in conf:
        raise UsageError(
            f"{_SECRET} on a command line can be read by every user of this machine; write it to spark-defaults.conf "
            "in a folder of yours (chmod 700), and name the folder by SPARK_CONF_DIR"
        )
    is_local = master.startswith("local")
    options = {"spark.ui.enabled": "false", "spark.master.rest.enabled": "false"}
    java: list[str] = []
    if is_local:
        options |= conf or {}
        is_large = memory is not None and parse_memory(memory) > _LARGE_HEAP
        java += (*errors_only(), *(_LARGE if is_large else _LOCAL), *(_SHORT if short else _LONG), *_archived())
        options.setdefault("spark.authenticate", "true")  # Spark makes the secret itself
        options.setdefault("spark.driver.bindAddress", "127.0.0.1")
        options.setdefault("spark.driver.host", "127.0.0.1")
    else:
        configured = _configured()
        # By the host's name Spark would take a loopback's address, or that of another network.
        if address and not (os.environ.get("SPARK_LOCAL_IP") or os.environ.get("SPARK_LOCAL_HOSTNAME")):
            options["spark.driver.host"] = address
        # What stands in the file of the user is not overridden, what is on the command line wins.
        options = {key: value for key, value in options.items() if key not in configured} | dict(conf or {})
    if memory or is_local:
        options["spark.driver.memory"] = f"{(parse_memory(memory) if memory else default_memory()) >> 20}m"
    command = [str(spark_home() / "bin" / "spark-submit"), "--master", master, "--name", f"dsgrid {job}"]
    for key, value in options.items():
        command += ["--conf", f"{key}={value}"]
    command += ["--driver-java-options", " ".join(java)] if java else []
    return [*command, "--py-files", str(bundle.lasting()), str(job_file(job)), str(spec), *arguments]


def script_command(script: Path, java: Sequence[str], *arguments: str) -> list[str]:
    """Return the command that runs a script of one's own on a local Spark, with options for its JVM."""
    options = ["--conf", "spark.ui.enabled=false", "--conf", "spark.sql.shuffle.partitions=4"]
    options += ["--driver-java-options", " ".join([*_LOCAL, *java])]
    return [str(spark_home() / "bin" / "spark-submit"), "--master", "local[2]", *options, str(script), *arguments]


def errors_only() -> tuple[str, ...]:
    """Return the option that makes a driver say nothing but errors."""
    log4j = asset_path("log4j2.properties")
    return (f'-Dlog4j2.configurationFile="file:{log4j}"',) if log4j is not None else ()


def _configured() -> frozenset[str]:
    """Return the names of the settings that the user's own file has."""
    try:
        lines = defaults_file().read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return frozenset()
    return frozenset(re.split(r"[\s=:]", line.strip(), maxsplit=1)[0] for line in lines if line.strip())


def address_towards(master: str) -> str | None:
    """Return the address of this machine on the way to a cluster; None where the master is none of a cluster.

    Spark's driver would try again for a minute where nobody listens, and may never end.

    Raises
    ------
    EngineError
        Nobody listens at any of the master's addresses.
    """
    refused = ""
    for host, port in places(master):
        try:
            with socket.create_connection((host, port), timeout=_LISTENER_SECONDS) as way:
                return str(way.getsockname()[0])
        except OSError as error:
            reason = error.strerror or str(error) or type(error).__name__
            refused = refused or f"{master}: no Spark Master answers at {host}, port {port}: {reason}"
    if refused:
        raise EngineError(refused)
    return None


def _archived() -> tuple[str, ...]:
    """Return the options that let a JVM begin with the classes of an archive, where there is one."""
    archive = archive_file()
    if not archive.is_file() or " " in str(archive):
        return ()
    # It is only faster with it: nothing is said where it does not fit.
    return (f"-XX:SharedArchiveFile={archive}", "-Xshare:auto", "-Xlog:cds=off", "-Xlog:cds+dynamic=off")


def archive_file() -> Path:
    """Return where an archive of Spark's classes belongs, for this Spark and this Java."""
    java = java_command()
    found = Path(java).resolve() if java else Path()
    release = found.parent.parent / "release"
    told = release.read_bytes() if release.is_file() else str(found).encode()
    name = f"spark-{importlib.metadata.version('pyspark')}-java-{hashlib.sha256(told).hexdigest()[:12]}.jsa"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dsgrid" / name


def spark_submit_environment() -> dict[str, str]:
    """Return the environment for spark-submit: this Python for driver and executors, this Spark."""
    environment = dict(os.environ)
    environment.setdefault("PYSPARK_PYTHON", sys.executable)
    environment.setdefault("PYSPARK_DRIVER_PYTHON", sys.executable)
    environment["SPARK_HOME"] = str(spark_home())
    environment.setdefault("SPARK_LAUNCHER_OPTS", QUICK)
    # By the environment: it overrides no options of Java in a file of the user's, and the user's own logging stays.
    options = environment.get("SPARK_SUBMIT_OPTS", "")
    if "log4j2.configurationFile" not in options and not list(defaults_file().parent.glob("log4j2*.*")):
        environment["SPARK_SUBMIT_OPTS"] = " ".join(filter(None, (options, *errors_only())))
    # The engine is the one of spark-submit now.
    environment.pop("DSGRID_ENGINE", None)
    return environment


def launch(command: Sequence[str]) -> int:
    """Run the command and return its exit code; a signal that ends this process ends the command first."""
    require_java()
    sys.stdout.flush()
    process = subprocess.Popen(command, env=spark_submit_environment())
    try:
        code = process.wait()
    except BaseException:
        # Ctrl-C reached Spark too, as a member of the terminal's group; SIGTERM reached only us.
        process.terminate()
        process.wait()
        raise
    return code if code >= 0 else 128 - code


def spark_home() -> Path:
    """Return the folder of Spark: the user's ``SPARK_HOME``, else the one that came with pyspark."""
    home = os.environ.get("SPARK_HOME")
    if home:
        if not Path(home, "bin", "spark-submit").is_file():
            raise EngineError(f"SPARK_HOME is {home}, where there is no bin/spark-submit; unset it, or correct it")
        return Path(home)
    found = importlib.util.find_spec("pyspark")
    places = list(found.submodule_search_locations or ()) if found else []
    if not places:
        raise EngineError("pyspark is not installed; install it with: pip install dsgrid")
    return Path(places[0])


def job_file(job: str) -> Path:
    """Return the path of ``jobs/<job>.py``."""
    path = asset_path(f"jobs/{job}.py")
    if path is None:
        raise EngineError(f"dsgrid has no jobs/{job}.py to submit")
    return path.resolve()


def java_command() -> str | None:
    """Return the Java that Spark will use, or None."""
    home = os.environ.get("JAVA_HOME")
    return shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")


def require_java() -> None:
    """Raise an error that says what to do where Spark would find no Java."""
    if java_command() is None:
        home = os.environ.get("JAVA_HOME")
        if home:
            raise EngineError(f"JAVA_HOME is {home}, where there is no bin/java; Spark needs Java 17 or newer")
        raise EngineError(
            "Spark needs Java 17 or newer and there is none: install it, or set JAVA_HOME (see: dsgrid doctor)"
        )
