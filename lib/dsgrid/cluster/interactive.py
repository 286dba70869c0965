"""A cluster that waits for its user: with a Spark Connect server, or for drivers that attach to its Master."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from typing import Final

from dsgrid.cluster import connect, ending, processes
from dsgrid.cluster.batch import Batch
from dsgrid.cluster.conf import DEFAULTS, Secrets, write
from dsgrid.cluster.driver import defaults, wait_for
from dsgrid.cluster.ending import EndingError
from dsgrid.cluster.sizing import Sizes
from dsgrid.cluster.spark_cluster import SparkCluster
from dsgrid.operations.launch import spark_home

START_SECONDS: Final = 120.0
_PAUSE: Final = 0.2


def serve(
    batch: Batch,
    cluster: SparkCluster,
    sizes: Sizes,
    known: Secrets,
    say: Callable[[str], None],
    keep: Callable[[subprocess.Popen[bytes]], None],
) -> int:
    """Let the cluster be used until a signal ends it, or its server ends, and return the exit code.

    Parameters
    ----------
    say
        Tells the user.
    keep
        Gets the server's process: whoever tears down stops it.
    """
    process = None
    if batch.connect:
        process, connection = _start_server(batch, cluster, sizes, known, keep)
        connect.write_connection(batch.folder.path, connection)
        say("the Spark Connect server is there")
        print(connect.connect_lines(connection), flush=True)
    else:
        batch.folder.client.mkdir(mode=0o700, exist_ok=True)
        write(batch.folder.client / DEFAULTS, defaults(batch, sizes, known, attached=True))
        say("the cluster waits for drivers, which know its secret by the folder of configuration that is named here:")
        print(connect.attach_lines(cluster.url, batch.folder.client, batch.name), flush=True)
    if process is not None:
        code = wait_for(process, cluster.check)
        log = batch.folder.log / "connect.log"
        raise EndingError(code or 1, f"the Spark Connect server ended; log: {log}", processes.tail(log))
    while True:
        cluster.check()
        time.sleep(_PAUSE)


def _start_server(
    batch: Batch,
    cluster: SparkCluster,
    sizes: Sizes,
    known: Secrets,
    keep: Callable[[subprocess.Popen[bytes]], None],
) -> tuple[subprocess.Popen[bytes], connect.Connection]:
    head = batch.granted.head
    address = head.address if batch.site.connect_address == "node" else "127.0.0.1"
    settings = defaults(batch, sizes, known) | {"spark.driver.memory": f"{sizes.driver}m"}
    write(batch.folder.conf / DEFAULTS, settings | connect.server_settings(address))
    token = connect.new_token()
    log = batch.folder.log / "connect.log"
    environment = batch.processes_environment()
    environment["SPARK_LOCAL_IP"] = batch.pages_of(head.address)
    command = connect.server_command(spark_home(), cluster.url)
    process = processes.start(command, log=log, environment=connect.server_environment(environment, token))
    keep(process)
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        cluster.check()
        port = connect.port_in(log.read_text(encoding="utf-8", errors="replace"))
        if port is not None:
            connection = connect.Connection(
                job=batch.name, node=head.name, address=address, port=port, token=token, master=cluster.url
            )
            if connect.answers(connection, timeout=10.0):
                return process, connection
        time.sleep(_PAUSE)
    code = process.poll()
    how = f"did not start within {START_SECONDS:.0f} s" if code is None else f"ended with exit code {code}"
    reason = f"the Spark Connect server {how}; log: {log}"
    raise EndingError(ending.MASTER, reason, processes.tail(log))
