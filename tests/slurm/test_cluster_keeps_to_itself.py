"""Two clusters at once on the same nodes: each has only its own workers, and no stranger sees or reaches anything."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import subprocess
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.slurm.clusters import cluster
from tests.slurm.processes import all_processes
from tests.slurm.slurm_client import wait_until

from dsgrid.operations.launch import spark_home

pytestmark = pytest.mark.slurm


@pytest.fixture(scope="module")
def two(slurm, tmp_path_factory):
    """Two clusters of the same two nodes, started from the same folder at the same time."""
    folder = tmp_path_factory.mktemp("two")
    with ExitStack() as stack:
        first = stack.enter_context(cluster(slurm, folder, up=False))
        second = stack.enter_context(cluster(slurm, folder))
        slurm.wait_for_output(first.job, "the cluster is there", 60)
        yield first, second
        slurm.call("scancel", str(first.job), str(second.job))


@pytest.fixture(scope="module")
def one(two):
    return two[0]


def test_each_has_its_own_workers_although_they_share_nodes(slurm, two):
    first, second = two
    assert slurm.fields(first.job)["NodeList"] == slurm.fields(second.job)["NodeList"] == "node[1-2]"
    assert first.master != second.master
    assert first.secret != second.secret
    assert first.page_key != second.page_key
    ids = []
    for each in two:
        assert each.workers() == ["127.0.0.11", "127.0.0.12"], "the addresses that Slurm has for the nodes"
        assert {worker["state"] for worker in each.state()["workers"]} == {"ALIVE"}
        ids.append({worker["id"] for worker in each.state()["workers"]})
    assert not ids[0] & ids[1]


def test_what_slurm_granted_is_what_workers_hand_out(one):
    state = one.state()
    assert state["cores"] == 4, "two of each node"
    for worker in state["workers"]:
        assert worker["memory"] < 4000, "MiB of a node, of which overhead is taken"
        assert worker["cores"] == 2


def test_no_command_line_of_the_machine_has_a_secret(two):
    processes = all_processes()
    assert [each for each in processes if "deploy.master.Master" in each.command], "there are clusters to look at"
    for each in two:
        for secret in (each.secret, each.page_key):
            assert not [found.command for found in processes if secret in found.command]


def test_slurm_shows_no_secret_of_a_job(slurm, two, tmp_path):
    for each in two:
        said = slurm.call("scontrol", "show", "job", "--details", str(each.job))
        slurm.call("scontrol", "write", "batch_script", str(each.job), str(tmp_path / "script"))
        said += (tmp_path / "script").read_text()
        said += slurm.call("scontrol", "show", "step", str(each.job))
        assert "spark-worker" in said, "there are steps"
        assert not [secret for secret in (each.secret, each.page_key) if secret in said]


def test_secrets_are_in_the_configuration_and_in_no_log(slurm, two):
    for each in two:
        secrets = [secret.encode() for secret in (each.secret, each.page_key)]
        holders = {
            path.relative_to(each.run).as_posix()
            for path in each.run.rglob("*")
            if path.is_file() and any(secret in path.read_bytes() for secret in secrets)
        }
        assert "conf/daemons/spark-defaults.conf" in holders
        assert {name.partition("/")[0] for name in holders} <= {"conf", "client"}
        assert not any(secret in slurm.output(each.job).encode() for secret in secrets)


def test_only_the_user_can_look_into_the_run_and_the_scratch(slurm, two):
    for each in two:
        places = [each.run, each.run / "conf", *(each.run / "conf").iterdir()]
        places += [path for node in ("node1", "node2") for path in slurm.scratch(node).glob(f"dsgrid-{each.job}*")]
        assert len(places) >= 6
        open_ = [path for path in places if stat.S_IMODE(path.stat().st_mode) & 0o077 and _reachable(path, each.run)]
        assert not open_, "closed to others, or inside a folder that is"
        assert stat.S_IMODE((each.run / "conf/daemons/spark-defaults.conf").stat().st_mode) == 0o600
        assert stat.S_IMODE((each.run / "conf/spark-defaults.conf").stat().st_mode) == 0o600


def test_environments_of_the_cluster_hold_no_secret_of_its_pages(slurm, one):
    for each in slurm.processes_of(one.job):
        assert one.page_key not in "\0".join(each.environment.values()), each.command


def test_ports_are_free_ones_and_none_is_open_to_everyone(slurm, two):
    found = {}
    for each in two:
        for kind, node, address in (("Master", "node1", "127.0.0.11"), ("Worker", "node2", "127.0.0.12")):
            listening = listening_sockets(each.process(kind, node).pid)
            assert listening, f"{kind} on {node} listens"
            found[each.job, kind] = {port for _, port in listening}
            hosts = {host for host, _ in listening}
            assert hosts == {address, "127.0.0.1"}, "for the cluster at the node's address, pages on the loopback"
    ports = [port for each in found.values() for port in each]
    assert len(set(ports)) == len(ports)
    assert not {6066, 7077, 8080, 8081} & set(ports), "the port of submissions by REST, and the usual ones"


def test_a_submission_by_rest_is_refused(one):
    host, _, port = one.master.removeprefix("spark://").rpartition(":")
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((host, 6066), timeout=5)
    body = b'{"action": "CreateSubmissionRequest", "appResource": "x.jar", "clientSparkVersion": "4.0.0"}'
    for address in (f"http://{host}:{port}", one.page()):
        request = urllib.request.Request(f"{address}/v1/submissions/create", data=body, method="POST")
        with pytest.raises((urllib.error.HTTPError, ConnectionError, TimeoutError)) as refused:
            urllib.request.urlopen(request, timeout=3)
        if isinstance(refused.value, urllib.error.HTTPError):
            assert refused.value.code in (403, 404, 405)
    assert one.state()["activedrivers"] == []


@pytest.mark.parametrize("path", ["/", "/json/", "/environment/", "/workers/kill/", "/app/kill/"])
def test_pages_are_only_for_who_knows_the_key(one, path):
    forged = "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."
    for headers in ({}, {"Authorization": forged}):
        for data in (None, b"host=127.0.0.11"):
            request = urllib.request.Request(one.page() + path, data=data, headers=headers)
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(request, timeout=5)
            assert refused.value.code == 403
    assert one.workers() == ["127.0.0.11", "127.0.0.12"]


def test_a_stranger_without_the_secret_gets_into_no_cluster(one, two, tmp_path):
    """A worker that joined would see the data; the same handshake keeps drivers out."""
    strangers = {"none": {}, "other": {**one.settings(), "spark.authenticate.secret": two[1].secret}}
    with ExitStack() as stack:
        logs = {name: a_worker(stack, tmp_path / name, one.master, settings) for name, settings in strangers.items()}
        for name, log in logs.items():
            wait_until(lambda log=log: "Failed to connect to master" in log.read_text(), 40, f"the refusal of {name}")
            assert "Successfully registered" not in log.read_text()
        assert one.workers() == ["127.0.0.11", "127.0.0.12"]
    with ExitStack() as stack:  # it was the secret
        friend = a_worker(stack, tmp_path / "same", one.master, one.settings())
        wait_until(lambda: "Successfully registered" in friend.read_text(), 40, "a worker that knows the secret")
        assert "127.0.0.13" in one.workers()
    wait_until(lambda: one.workers() == ["127.0.0.11", "127.0.0.12"], 10)


def a_worker(stack: ExitStack, folder: Path, master: str, settings: dict[str, str]) -> Path:
    """Start a worker outside of any job; return its log."""
    folder.mkdir()
    (folder / "spark-defaults.conf").write_text("".join(f"{key} {value}\n" for key, value in settings.items()))
    command = [spark_home() / "bin/spark-class", "org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.13"]
    command += ["--port", "0", "--webui-port", "0", "--cores", "1", "--memory", "512M", "--work-dir", folder]
    environment = {**os.environ, "SPARK_DAEMON_MEMORY": "128m", "SPARK_CONF_DIR": str(folder)}
    environment["SPARK_DAEMON_JAVA_OPTS"] = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
    log = folder / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*command, master], env=environment, stdout=file, stderr=file, start_new_session=True
        )
    stack.callback(process.wait)
    stack.callback(process.kill)
    return log


def _reachable(path: Path, run: Path) -> bool:
    """Whether others get as far as this path inside the run or a scratch folder."""
    inside = [each for each in path.parents if each == run or run in each.parents or each.name.startswith("dsgrid-")]
    return all(stat.S_IMODE(each.stat().st_mode) & 0o011 for each in inside)


def listening_sockets(pid: int) -> set[tuple[str, int]]:
    """Return the addresses and ports at which a process listens."""
    inodes = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            inodes.add(os.readlink(link))
    found = set()
    for name in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == "0A" and f"socket:[{words[9]}]" in inodes:
                address, _, port = words[1].rpartition(":")
                found.add((_text(address), int(port, 16)))
    return found


def _text(address: str) -> str:
    data = bytes.fromhex(address)
    words = b"".join(data[i : i + 4][::-1] for i in range(0, len(data), 4))
    if len(words) == 4:
        return socket.inet_ntop(socket.AF_INET, words)
    text = socket.inet_ntop(socket.AF_INET6, words)
    return text.removeprefix("::ffff:")
