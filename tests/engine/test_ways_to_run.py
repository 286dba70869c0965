"""The ways to run one spec give the same result, and end as scripts expect."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dsgrid import bundle
from dsgrid.operations.init import init

ROOT = Path(__file__).resolve().parents[2]
QUERY = "specs/query.toml"
DSGRID = [sys.executable, "-m", "dsgrid"]
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(ROOT / "lib"),
    "PYSPARK_PYTHON": sys.executable,
    "PYSPARK_DRIVER_PYTHON": sys.executable,
    "DSGRID_ENGINE": "",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    init(folder)
    names = ("create_registry", "register_project", "register_dataset", "submit_dataset", "query")
    run([*DSGRID, "run", *(f"specs/{name}.toml" for name in names)], folder)
    return folder


@pytest.fixture(scope="module")
def embedded(project):
    return result(project, "sail")


def run(command, cwd):
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def result(project, engine):
    folder = project / "build/results/heating_by_hour"
    latest = folder / json.loads((folder / "current.json").read_text())["run"]
    manifest = json.loads((latest / "manifest.json").read_text())
    assert manifest["engine"]["name"] == engine
    assert manifest["bundle_sha256"] == bundle.bundle_sha256()
    with (latest / "table.csv").open() as table:
        rows = list(csv.DictReader(table))
    assert len(rows) == 24
    return [{**row, "value": pytest.approx(float(row["value"]), rel=1e-12)} for row in rows]


def assert_same(project, engine, embedded):
    found = result(project, engine)
    assert [{**row, "value": row["value"].expected} for row in found] == embedded


def test_the_job_alone_runs_embedded(project, embedded):
    run([sys.executable, ROOT / "jobs/query.py", QUERY], project)
    assert_same(project, "sail", embedded)


def test_spark_submit_runs_the_bundle(project, embedded, tmp_path):
    archive = bundle.build(tmp_path / "dsgrid.zip")
    submit = Path(sys.executable).with_name("spark-submit")
    done = run([submit, "--master", "local[2]", "--py-files", archive, ROOT / "jobs/query.py", QUERY], project)
    assert_same(project, "spark", embedded)
    assert "heating_by_hour: 24 rows" in done.stdout


def test_the_command_line_calls_spark_submit_and_is_quiet(project, embedded):
    done = run([*DSGRID, "run", QUERY, "--engine", "spark", "--master", "local[2]", "--memory", "1g"], project)
    assert_same(project, "spark", embedded)
    assert len(done.stderr.splitlines()) < 10, done.stderr


SERVER = """
import sys, time
from pysail.spark import SparkConnectServer
server = SparkConnectServer("127.0.0.1", 0)
server.start(background=True)
print(server.listening_address[1], flush=True)
sys.stdin.read()
"""


def test_a_spark_connect_server_is_named_by_its_url(project, embedded):
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
    )
    with server:
        url = f"sc://127.0.0.1:{int(server.stdout.readline())}"
        run([*DSGRID, "run", QUERY, "--engine", url], project)
        server.terminate()
    assert_same(project, "connect", embedded)


def test_make_submit_is_spark(project, embedded):
    if not (ROOT / ".venv/.ready").is_file():
        pytest.skip("make setup has not been run here")
    run(["make", "-C", ROOT, "submit", f"SPEC={project / QUERY}"], project)
    assert_same(project, "spark", embedded)


@pytest.mark.parametrize(
    ("number", "code", "said"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]
)
def test_a_signal_ends_a_job_at_once_with_its_code(project, number, code, said):
    process = subprocess.Popen(
        [sys.executable, ROOT / "jobs/query.py", QUERY], cwd=project, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True
    )
    assert "planning" in process.stderr.readline()
    process.send_signal(number)
    began = time.monotonic()
    _, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    assert said in err
    assert "Traceback" not in err
    assert time.monotonic() - began < 10


def test_sigterm_to_the_command_line_ends_spark_too(project):
    # One stream: spark-submit prints on stdout what its Python prints on stderr.
    command = [*DSGRID, "run", QUERY, "--engine", "spark"]
    process = subprocess.Popen(
        command, cwd=project, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    while "planning" not in (line := process.stdout.readline()):
        assert line, "it ended early"
    process.terminate()
    process.communicate(timeout=60)
    assert process.returncode == 143
    deadline = time.monotonic() + 20
    while running(project):
        assert time.monotonic() < deadline, running(project)
        time.sleep(0.1)


def running(project):
    """What still runs in the project's folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").resolve() == project:
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" "))
        except OSError:
            continue
    return found


def test_an_error_of_a_query_is_said_before_spark_starts(project):
    (project / "wrong.toml").write_text(
        (project / QUERY).read_text().replace('"../', '"').replace("datasets", "data_sets")
    )
    began = time.monotonic()
    done = subprocess.run(
        [*DSGRID, "run", "wrong.toml", "--engine", "spark"],
        cwd=project,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert 'did you mean "datasets"?' in done.stderr
    assert time.monotonic() - began < 3
