"""Spark's history server on the event logs of jobs: their stages, tasks and memory, long after they have ended."""

from __future__ import annotations

import contextlib
import getpass
import os
import platform
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from dsgrid.cluster import processes, slurm
from dsgrid.cluster.accounts import run_folders
from dsgrid.cluster.job import Job
from dsgrid.cluster.known import chosen_all, known_jobs
from dsgrid.errors import EngineError, NotFoundError, UsageError
from dsgrid.operations.launch import require_java, spark_home

START_SECONDS: Final = 60.0
_STARTED: Final = re.compile(r"started at https?://[^\s:/]+:(\d+)")
_TUNNEL_PORT: Final = 18080  # the one that Spark's history server has by default
_MAIN: Final = "org.apache.spark.deploy.history.HistoryServer"
# It tells its port at this level only.
_LOG: Final = """rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
logger.history.name = org.apache.spark.deploy.history
logger.history.level = info
appender.out.type = Console
appender.out.name = out
appender.out.target = SYSTEM_ERR
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{HH:mm:ss} %p %c{1}: %m%n%ex{short}
"""

Say = Callable[[str], None]


def serve_history(ids: Sequence[str], say: Say, *, port: int = 0) -> None:
    """Show the event logs of jobs in a browser, until Ctrl-C.

    The pages are on this machine's loopback only: whoever reads them has to log in here first.

    Parameters
    ----------
    say
        Is told where the pages are.
    port
        Of the pages; 0 takes one that is free.

    Raises
    ------
    NotFoundError
        There is no such job, or none has event logs.
    EngineError
        There is no Java, or the server did not start.
    """
    if not 0 <= port <= 65_535:
        raise UsageError(f"port {port} is no port; expected 0 (any that is free) to 65535")
    known = known_jobs()
    jobs = chosen_all(ids, known)
    logs = event_logs(jobs)
    if not logs:
        raise NotFoundError(_none(jobs))
    require_java()
    with tempfile.TemporaryDirectory(prefix="dsgrid-history-") as folder, _server(Path(folder), logs, port) as process:
        log = Path(folder, "history.log")
        found = _port(process, log)
        say(f"{len(logs)} event log{'s' if len(logs) > 1 else ''} of job {', '.join(job.id for job in jobs)}")
        say(f"http://127.0.0.1:{found}")
        if slurm.is_here() or "SSH_CONNECTION" in os.environ:
            say("from your own machine, in another terminal:")
            say(f"  ssh -N -L {_TUNNEL_PORT}:127.0.0.1:{found} {_user()}@{platform.node()}")
            say(f"  and then http://127.0.0.1:{_TUNNEL_PORT}")
        say("Ctrl-C ends it")
        try:
            process.wait()
        except KeyboardInterrupt:
            return
        raise EngineError(f"the history server ended: {processes.tail(log, 3) or 'it said nothing'}")


def _user() -> str:
    with contextlib.suppress(KeyError, OSError):  # an account without a name
        return getpass.getuser()
    return "USER"


def event_logs(jobs: Sequence[Job]) -> list[Path]:
    """Return the event logs that jobs have kept, of all their runs: a file or a folder for each application."""
    found: list[Path] = []
    for job in jobs:
        for folder in run_folders(job.entry):
            with contextlib.suppress(OSError):
                found += sorted(each for each in folder.events.iterdir() if not each.name.startswith("."))
    return found


def _none(jobs: Sequence[Job]) -> str:
    job = jobs[0]
    if len(jobs) > 1:
        return f"none of these {len(jobs)} jobs has event logs"
    if not job.entry.run:
        return f"job {job.id} has no event logs: it has not begun, or its run folder is not known"
    folder = run_folders(job.entry)[-1].events
    return f"job {job.id} has no event logs in {folder}; only Spark writes them, and not before it has started"


@contextlib.contextmanager
def _server(folder: Path, logs: Sequence[Path], port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run the server with a folder of links to the logs, and end it with the block."""
    links = folder / "logs"
    conf = folder / "conf"
    links.mkdir()
    conf.mkdir()
    names: dict[str, int] = {}
    for log in logs:
        # Two applications that began in the same second, on two clusters, may have the same name.
        count = names[log.name] = names.get(log.name, 0) + 1
        (links / (log.name if count == 1 else f"{log.name}_{count}")).symlink_to(log.absolute())
    (conf / "log4j2.properties").write_text(_LOG, encoding="utf-8")
    settings = {
        "spark.history.fs.logDirectory": links.as_uri(),
        "spark.history.ui.port": str(port),
        "spark.history.fs.update.interval": "5s",
        "spark.history.fs.cleaner.enabled": "false",
        "spark.ui.killEnabled": "false",
    }
    # A file, not options of Java: those are read by a shell script, which a folder's name may surprise.
    properties = conf / "history.conf"
    properties.write_text("".join(f"{key} {value}\n" for key, value in settings.items()), encoding="utf-8")
    command = [str(spark_home() / "bin" / "spark-class"), _MAIN, "--properties-file", str(properties)]
    process = processes.start(command, log=folder / "history.log", environment=_environment(os.environ, folder))
    try:
        yield process
    finally:
        processes.stop(process, 5.0)


def _environment(environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    # The user's own settings are for their applications, such as a secret that this server could not use.
    kept = {name: value for name, value in environment.items() if name not in ("SPARK_HISTORY_OPTS", "SPARK_CONF_DIR")}
    memory = environment.get("SPARK_DAEMON_MEMORY", "1g")
    java = "-XX:+UseSerialGC" + ("" if " " in str(folder) else f" -Djava.io.tmpdir={folder}")
    return {
        **kept,
        "SPARK_HOME": str(spark_home()),
        "SPARK_CONF_DIR": str(folder / "conf"),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_DAEMON_MEMORY": memory,
        "SPARK_DAEMON_JAVA_OPTS": f"{java} {environment.get('SPARK_DAEMON_JAVA_OPTS', '')}".strip(),
        "SPARK_LAUNCHER_OPTS": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1",
    }


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    """Return the port of the pages, once they are there."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        match = _STARTED.search(log.read_text(encoding="utf-8", errors="replace"))
        if match:
            return int(match[1])
        time.sleep(0.1)
    said = processes.tail(log, 5) or "it said nothing"
    how = "ended at once" if process.poll() is not None else f"did not start within {START_SECONDS:.0f} s"
    raise EngineError(f"the history server {how}: {said}")
