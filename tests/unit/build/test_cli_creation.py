"""``dsgrid registry create``: an empty registry without a spec."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsgrid.cli import run
from dsgrid.operations.open_registry import open_registry


def create(*arguments: object) -> int:
    return run(["registry", "create", *map(str, arguments)])


def test_a_registry_is_created_where_nothing_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert create(tmp_path / "registry") == 0
    assert capsys.readouterr().out == f"created registry {tmp_path / 'registry'}\n"
    assert list(open_registry(tmp_path / "registry").datasets) == []


def test_its_data_may_go_elsewhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert create(tmp_path / "registry", "--data-root", tmp_path / "large") == 0
    assert capsys.readouterr().out == f"created registry {tmp_path / 'registry'}, its data in {tmp_path / 'large'}\n"


def test_a_registry_that_is_there_is_left_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert create(tmp_path / "registry") == 0
    before = (tmp_path / "registry/registry.db").read_bytes()
    assert create(tmp_path / "registry") == 5
    assert "is a registry already; nothing was changed" in capsys.readouterr().err
    assert (tmp_path / "registry/registry.db").read_bytes() == before
