"""The Connect server of an interactive cluster: its token is in no command line, log or file of others."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from dsgrid.cluster import connect
from dsgrid.cluster.connect import (
    Connection,
    connect_lines,
    connect_report,
    new_token,
    port_in,
    read_connection,
    server_command,
    server_environment,
    server_settings,
    tunnel,
    write_connection,
)
from dsgrid.remote import TOKEN

HERE = Connection("12", "node1", "127.0.0.1", 41917, "hush-hush", "spark://10.0.0.1:7077", "me", "login1")
OPEN = replace(HERE, address="10.0.0.1")


def test_tokens_are_long_and_never_the_same():
    first, second = new_token(), new_token()
    assert first != second
    assert len(first) > 40


def test_the_token_is_only_in_the_environment_of_the_server():
    command = server_command(Path("/spark"), HERE.master)
    assert command[0] == "/spark/bin/spark-submit"
    assert command[-2:] == ["--master", HERE.master]
    environment = server_environment(
        {"PATH": "/bin", "SPARK_DAEMON_MEMORY": "1g", "SPARK_REMOTE": "sc://x"}, "hush-hush"
    )
    assert environment == {"PATH": "/bin", TOKEN: "hush-hush"}, "what is of daemons would be the server's heap"
    assert not any("token" in name for name in server_settings("127.0.0.1"))
    assert "hush-hush" not in repr(HERE)


@pytest.mark.parametrize(
    "line",
    [
        "15:00:59 INFO SparkConnectServer: Spark Connect server started at: 127.0.0.1:41917\n",
        "Successfully started service 'org.apache.spark.sql.connect.service.SparkConnectService' on port 41917.\n",
        "Spark Connect server started at: [::1]:41917\n",
    ],
)
def test_the_port_is_read_from_either_line_of_the_log(line):
    assert port_in(f"INFO Utils: Successfully started service 'sparkDriver' on port 35881.\n{line}more\n") == 41917


def test_half_a_line_tells_no_port():
    assert port_in("Spark Connect server started at: 127.0.0.1:419") is None
    assert port_in("Successfully started service 'sparkDriver' on port 35881.") is None


def test_how_to_connect_is_kept_for_the_user_alone(tmp_path):
    path = write_connection(tmp_path, HERE)
    assert path == tmp_path / "connect.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_connection(tmp_path) == HERE


@pytest.mark.parametrize(
    "damage", [{"port": "x"}, {"address": "nowhere"}, {"token": None}, {"token": ""}, {"port": None}, None]
)
def test_a_damaged_file_is_no_connection(tmp_path, damage):
    path = write_connection(tmp_path, HERE)
    path.write_text(json.dumps({**json.loads(path.read_text()), **damage}) if damage else '{"job": "12"')
    assert read_connection(tmp_path) is None
    path.unlink()
    assert read_connection(tmp_path) is None


def test_the_tunnel_goes_through_the_login_node_to_wherever_the_server_listens():
    assert tunnel(HERE) == ["ssh", "-N", "-L", "15002:127.0.0.1:41917", "-J", "me@login1", "me@node1"]
    assert tunnel(OPEN, 15003) == ["ssh", "-N", "-L", "15003:10.0.0.1:41917", "me@login1"]


def test_the_output_of_the_job_names_everything_but_the_token():
    for connection in (HERE, OPEN):
        text = connect_lines(connection)
        assert "hush-hush" not in text
        assert "dsgrid jobs connect 12" in text
        assert "dsgrid run SPEC --engine sc://localhost:15002" in text
        assert "ssh -N -L 15002:" in text


def test_who_asks_is_told_the_token_and_what_to_type():
    lines = connect_report(HERE, here="laptop").splitlines()
    assert f"export {TOKEN}=hush-hush" in lines
    assert "ssh -N -L 15002:127.0.0.1:41917 -J me@login1 me@node1" in lines
    assert lines[-1] == "dsgrid run SPEC --engine sc://localhost:15002"
    assert any("srun --jobid=12 --overlap --nodelist=node1" in line for line in lines)
    typed = [line for line in lines if not line.startswith("#")]
    assert len(typed) == 3, "what is no command is a remark of the shell: all of it may be pasted"


def test_on_the_node_itself_no_tunnel_is_needed():
    lines = connect_report(HERE, here="node1.cluster").splitlines()
    assert lines == [f"export {TOKEN}=hush-hush", "dsgrid run SPEC --engine sc://localhost:41917"]


def test_a_question_that_takes_too_long_is_no_answer(monkeypatch):
    def slow(*_, **options):
        assert "hush-hush" not in str(_)
        raise subprocess.TimeoutExpired("python", options["timeout"])

    monkeypatch.setattr(connect.subprocess, "run", slow)
    assert not connect.answers(HERE, timeout=0.1)
