"""A cluster that somebody started, without Slurm: drivers attach to it with their own configuration, or are refused."""

from __future__ import annotations

import csv
import json
import os
import re
import secrets
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from dsgrid.cluster.connect import (
    Connection,
    answers,
    new_token,
    port_in,
    server_command,
    server_environment,
    server_settings,
)
from dsgrid.operations.init import init
from dsgrid.operations.launch import spark_home
from dsgrid.remote import TOKEN

QUERY = "specs/query.toml"
DSGRID = [sys.executable, "-m", "dsgrid"]
HOST = "127.0.0.11"
QUICK = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
WITHOUT = ("DSGRID_ENGINE", "DSGRID_MEMORY", "SPARK_HOME", "SPARK_LOCAL_IP", "SPARK_SUBMIT_OPTS", TOKEN)
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if name not in WITHOUT},
    "PYSPARK_PYTHON": sys.executable,
    "SPARK_LAUNCHER_OPTS": QUICK,
}


def write(folder, settings):
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / "spark-defaults.conf").write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    return folder


@contextmanager
def daemon(log, command, conf, **environment):
    """Start a process of Spark with a folder of configuration; end it at last."""
    everything = {**ENVIRONMENT, "SPARK_CONF_DIR": str(conf), "SPARK_HOME": str(spark_home()), **environment}
    with log.open("w") as file:
        process = subprocess.Popen(list(map(str, command)), env=everything, stdout=file, stderr=file)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


def told(log, find, seconds=60):
    """Wait until a log tells something."""
    end = time.monotonic() + seconds
    while (found := find(log.read_text())) is None:
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.1)
    return found


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    init(folder)
    names = ("create_registry", "register_project", "register_dataset", "submit_dataset", "query")
    done = dsgrid(folder, None, *(f"specs/{name}.toml" for name in names))
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A Master and two workers that want a secret: the Master's URL, the secret, and a folder for more."""
    folder = tmp_path_factory.mktemp("cluster")
    secret = secrets.token_hex(16)
    trusted = {
        "spark.authenticate": "true",
        "spark.authenticate.secret": secret,
        "spark.network.crypto.enabled": "true",
        "spark.master.rest.enabled": "false",
    }
    conf = write(folder / "conf", trusted)
    small = {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_DAEMON_MEMORY": "256m", "SPARK_DAEMON_JAVA_OPTS": QUICK}
    start = spark_home() / "bin/spark-class"
    ports = ["--port", "0", "--webui-port", "0"]
    with ExitStack() as stack:
        log = folder / "master.log"
        master = [start, "org.apache.spark.deploy.master.Master", "--host", HOST, *ports]
        stack.enter_context(daemon(log, master, conf, **small))
        url = told(log, lambda text: (re.search(r"Starting Spark master at (\S+)", text) or [None] * 2)[1])
        for number in (1, 2):
            worker = [start, "org.apache.spark.deploy.worker.Worker", "--host", f"127.0.0.1{number}", *ports]
            worker += ["--cores", "1", "--memory", "600M", "--work-dir", folder / f"work{number}", url]
            stack.enter_context(daemon(folder / f"worker{number}.log", worker, conf, **small))
        told(log, lambda text: text.count("Registering worker") == 2 or None)
        yield url, trusted, folder


def dsgrid(folder, conf, *arguments, **environment):
    everything = ENVIRONMENT | ({} if conf is None else {"SPARK_CONF_DIR": str(conf)}) | environment
    return subprocess.run(
        [*DSGRID, "run", *map(str, arguments)],
        cwd=folder,
        env=everything,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def rows(project):
    folder = project / "build/results/heating_by_hour"
    latest = folder / json.loads((folder / "current.json").read_text())["run"]
    with (latest / "table.csv").open() as table:
        found = [{**row, "value": pytest.approx(float(row["value"]), rel=1e-12)} for row in csv.DictReader(table)]
    assert len(found) == 24
    return json.loads((latest / "manifest.json").read_text())["engine"]["name"], found


def values(found):
    return [{**row, "value": row["value"].expected} for row in found]


def commands():
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue  # it has ended
    return found


CLIENT = {
    "spark.executor.memory": "512m",
    "spark.executor.cores": "1",
    "spark.driver.memory": "600m",
    "spark.driver.defaultJavaOptions": QUICK,
    "spark.executor.defaultJavaOptions": QUICK,
    "spark.driver.extraJavaOptions": "-Dof.the.user=yes",
    "spark.sql.shuffle.partitions": "3",
    "spark.eventLog.enabled": "true",
    "spark.eventLog.compress": "false",
}


def test_a_driver_attaches_with_the_configuration_of_the_user_and_keeps_it(project, cluster, tmp_path):
    master, trusted, _ = cluster
    engine, embedded = rows(project)
    assert engine == "sail"
    events = tmp_path / "events"
    events.mkdir()
    conf = write(tmp_path / "conf", trusted | CLIENT | {"spark.eventLog.dir": events.as_uri()})
    done = dsgrid(project, conf, QUERY, "--master", master)
    assert done.returncode == 0, done.stderr
    engine, attached = rows(project)
    assert engine == "spark"
    assert attached == values(embedded)

    log = "".join(path.read_text() for path in events.rglob("events_*"))
    settings = next(
        event["Spark Properties"] for line in log.splitlines() if "Spark Properties" in (event := json.loads(line))
    )
    assert settings["spark.driver.extraJavaOptions"].endswith(CLIENT["spark.driver.extraJavaOptions"])
    kept = ("spark.driver.defaultJavaOptions", "spark.sql.shuffle.partitions", "spark.driver.memory")
    assert {name: settings[name] for name in kept} == {name: CLIENT[name] for name in kept}
    assert settings["spark.driver.host"].startswith("127.0.0."), "its address on the way to the cluster"
    assert trusted["spark.authenticate.secret"] not in log


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"spark.authenticate": "false"}, "the cluster refuses this client, which shows it no secret"),
        ({"spark.authenticate.secret": "of-another"}, "spark.authenticate.secret in {conf}/spark-defaults.conf is not"),
        ({"spark.executor.memory": "700m"}, "no worker has the 700 MiB that an executor is to get"),
    ],
)
def test_a_driver_that_a_cluster_does_not_take_is_told_why_and_ends(project, cluster, tmp_path, change, said):
    """Spark itself asks for a minute, does not say why, and does not end."""
    master, trusted, _ = cluster
    conf = write(tmp_path / "conf", trusted | CLIENT | {"spark.eventLog.enabled": "false"} | change)
    began = time.monotonic()
    done = dsgrid(project, conf, QUERY, "--no-cache", "--master", master)
    assert done.returncode == 7, done.stderr
    assert time.monotonic() - began < 30
    told = done.stdout + done.stderr  # spark-submit prints on stdout what its Python prints on stderr
    assert said.format(conf=conf) in told
    assert "\tat " not in told
    assert "ERROR" not in told
    assert "of-another" not in told
    assert not [each for each in commands() if "SparkSubmit" in each and master in each]


@contextmanager
def serving(master, trusted, folder, token):
    """Start a Spark Connect server on all of a cluster; yield its process, port and log."""
    log = folder / "connect.log"
    here = {"spark.driver.host": HOST, "spark.driver.bindAddress": HOST, "spark.ui.enabled": "false"}
    settings = trusted | CLIENT | here | server_settings("127.0.0.1") | {"spark.eventLog.enabled": "false"}
    environment = server_environment(ENVIRONMENT | {"SPARK_DAEMON_MEMORY": "64m"}, token)
    with daemon(
        log, server_command(spark_home(), master), write(folder / "server", settings), **environment
    ) as process:
        yield process, told(log, port_in, 90), log


def test_a_connect_server_of_the_cluster_serves_who_has_its_token(project, cluster):
    master, trusted, folder = cluster
    token = new_token()
    with serving(master, trusted, folder, token) as (_, port, log):
        assert answers(Connection("1", "node", "127.0.0.1", port, token))
        assert not answers(Connection("1", "node", "127.0.0.1", port, "another"))
        assert not [each for each in commands() if token in each]
        assert token not in log.read_text()

        done = dsgrid(project, None, QUERY, "--engine", f"sc://localhost:{port}", **{TOKEN: token})
        assert done.returncode == 0, done.stderr
        engine, found = rows(project)
        assert engine == "connect"
        embedded = dsgrid(project, None, QUERY, "--no-cache", **{TOKEN: token})
        assert embedded.returncode == 0, f"Sail wants no token, and gets none: {embedded.stderr}"
        engine, expected = rows(project)
        assert engine == "sail"
        assert found == values(expected)

        url = f"sc://127.0.0.1:{port}/;token=of-another"
        refused = dsgrid(project, None, QUERY, "--no-cache", "--debug", "--engine", url, **{TOKEN: token})
        assert refused.returncode == 7, "the one in the URL is meant"
        assert "the server does not take this token" in refused.stderr
        assert "of-another" not in refused.stdout + refused.stderr


@contextmanager
def attached(project, master, conf):
    """Attach a driver that will have to wait; yield all that it says until it says why."""
    waiting = subprocess.Popen(
        [*DSGRID, "run", QUERY, "--no-cache", "--master", master],
        cwd=project,
        env={**ENVIRONMENT, "SPARK_CONF_DIR": str(conf)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        said = line = waiting.stdout.readline()
        while line and "no executor has come" not in line:
            said += (line := waiting.stdout.readline())
        yield said
    finally:
        waiting.send_signal(signal.SIGTERM)
        waiting.communicate(timeout=30)
    assert not [each for each in commands() if "SparkSubmit" in each and str(project) in each]


@pytest.mark.slow
def test_a_driver_that_waits_for_cores_is_told_who_has_them(project, cluster, tmp_path):
    master, trusted, folder = cluster
    client = write(tmp_path / "client", trusted | CLIENT | {"spark.eventLog.enabled": "false"})
    with serving(master, trusted, folder, new_token()) as (process, _, _), attached(project, master, client) as said:
        assert 'its cores are taken by "dsgrid Spark Connect", and this one waits for them' in said
        assert process.poll() is None


@pytest.mark.slow
def test_a_driver_that_workers_do_not_reach_is_told_its_address(project, cluster, tmp_path):
    master, trusted, _ = cluster
    elsewhere = {"spark.driver.host": "192.0.2.99", "spark.driver.bindAddress": "127.0.0.1"}
    conf = write(tmp_path / "conf", trusted | CLIENT | elsewhere | {"spark.eventLog.enabled": "false"})
    with attached(project, master, conf) as said:
        assert 'do not reach this program at spark.driver.host, which is "192.0.2.99"' in said
