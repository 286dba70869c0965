"""A server that ends under its client is told in one line, and its client ends too."""

from __future__ import annotations

import subprocess
import sys
import time

from tests.engine.test_ways_to_run import ENVIRONMENT, SERVER

PROGRAM = """if True:
    import sys, time
    from dsgrid import remote
    from dsgrid.engine import engine_errors, session
    remote.RETRIES = 4  # seconds instead of a minute
    engine = session(sys.argv[1])
    print(engine.spark.range(10).count(), flush=True)
    sys.stdin.readline()
    try:
        with engine_errors("stage 1"):
            engine.spark.range(11).toArrow()
    except Exception as error:
        print(type(error).__name__, error, flush=True)
"""


def test_a_server_that_ends_under_its_client_is_one_clear_line_and_the_client_ends():
    """PySpark asks a server that has gone for ten minutes, and then says goodbye to it for as long."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "env": ENVIRONMENT}
    with subprocess.Popen([sys.executable, "-c", SERVER], **pipes) as server:
        url = f"sc://127.0.0.1:{int(server.stdout.readline())}"
        with subprocess.Popen([sys.executable, "-c", PROGRAM, url], stderr=subprocess.PIPE, **pipes) as client:
            assert client.stdout.readline() == "10\n"
            server.kill()
            server.wait()
            client.stdin.write("\n")
            client.stdin.flush()
            said = client.stdout.readline()
            began = time.monotonic()
            rest, complaints = client.communicate(timeout=30)
            goodbye = time.monotonic() - began
    assert said.startswith("EngineError stage 1: the engine's server does not answer any more"), said + complaints
    assert rest == ""
    assert goodbye < 3, "what has been given up is not tried again at the end"
    assert "RETRIES_EXCEEDED" not in complaints
    assert client.returncode == 0, complaints
