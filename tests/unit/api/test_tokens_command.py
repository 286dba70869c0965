"""``dsgrid tokens``: a token is shown once, alone, and to nobody else."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from dsgrid.api.state.database import open_state
from dsgrid.api.state.tokens import Tokens
from dsgrid.cli import run


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def test_the_token_alone_is_the_output_so_that_it_can_be_piped(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["tokens", "create", "ada", "--role", "analyst", "--state", str(state)]) == 0

    said = capsys.readouterr()
    user = Tokens(open_state(state)).user(said.out.removesuffix("\n"))
    assert user is not None
    assert (user.name, user.role) == ("ada", "analyst")
    assert "made token" in said.err
    assert said.out.strip() not in said.err


def test_a_file_with_a_token_is_new_and_its_users_alone(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "token"
    command = ["tokens", "create", "ada", "--role", "reader", "--state", str(state), "--output", str(file)]

    assert run(command) == 0
    written = file.read_text()

    assert capsys.readouterr().out == ""
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert Tokens(open_state(state)).user(written.strip()) is not None
    assert run(command) == 2
    assert file.read_text() == written


def test_no_file_is_left_of_a_token_that_was_not_made(state: Path, tmp_path: Path) -> None:
    file = tmp_path / "token"

    command = ["tokens", "create", "anonymous", "--role", "reader", "--state", str(state), "--output", str(file)]
    assert run(command) == 2

    assert not file.exists()


def test_listed_and_revoked_tokens_show_no_secret(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["tokens", "create", "ada", "--role", "reader", "--state", str(state)])
    text = capsys.readouterr().out.strip()
    id_ = text[4:12]

    run(["tokens", "list", "--state", str(state)])
    run(["tokens", "revoke", id_, "--state", str(state)])
    run(["tokens", "list", "--state", str(state)])
    run(["tokens", "list", "--all", "--json", "--state", str(state)])
    said = capsys.readouterr().out

    assert text[13:] not in said
    assert f"revoked token {id_} of ada (reader)" in said
    assert "0 tokens; 1 more have expired or were revoked (--all)" in said
    assert json.loads(said[said.index("[") :])[0]["state"] == "revoked"


def test_a_slip_in_one_id_revokes_none(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["tokens", "create", "ada", "--role", "reader", "--state", str(state)])
    text = capsys.readouterr().out.strip()

    assert run(["tokens", "revoke", text[4:12], "zzz", "--state", str(state)]) == 3

    assert Tokens(open_state(state)).user(text) is not None


@pytest.mark.parametrize("command", [["list"], ["revoke", "00000000"]])
def test_a_folder_without_a_server_is_not_made_into_one(
    state: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    assert run(["tokens", *command, "--state", str(state)]) == 3

    assert "no state folder" in capsys.readouterr().err
    assert not state.exists()


def test_a_folder_that_others_may_use_gets_no_token(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state.mkdir(mode=0o755)
    state.chmod(0o755)

    assert run(["tokens", "create", "ada", "--role", "reader", "--state", str(state)]) == 2

    assert "chmod 700" in capsys.readouterr().err
    assert list(state.iterdir()) == []


def test_a_folder_of_somebody_else_is_refused(
    state: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    state.mkdir(mode=0o700)
    owner = state.stat().st_uid
    monkeypatch.setattr("dsgrid.api.state.private_folder.os.geteuid", lambda: owner + 1)

    assert run(["tokens", "create", "ada", "--role", "reader", "--state", str(state)]) == 2

    assert "another user's" in capsys.readouterr().err


def test_who_names_a_new_state_folder_is_told_so_once(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["tokens", "create", "ada", "--role", "reader", "--state", str(state)]

    assert run(command) == 0
    assert f"--state {state}" in capsys.readouterr().err
    assert run(command) == 0
    assert "--state" not in capsys.readouterr().err
