"""``dsgrid registry check`` and ``copy``: exit codes, JSON, and what they say."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from dsgrid.cli import run
from dsgrid.operations.open_registry import open_registry


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    open_registry(tmp_path / "registry", create=True)
    return tmp_path / "registry"


@pytest.fixture
def orphan(registry: Path) -> Path:
    folder = registry / "data/comstock/1.0.0-0000beef"
    folder.mkdir(parents=True)
    os.utime(folder, (0, 0))
    return folder


def check(registry: Path, *options: str) -> int:
    return run(["registry", "check", "--registry", str(registry), *options])


def test_a_whole_registry_is_said_to_be_so(registry: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(registry) == 0
    assert capsys.readouterr().out == (
        f"registry {registry} is whole: 0 versions of datasets, 0 files of 0.0 MB, 0 records, 0 associations\n"
    )


def test_problems_end_with_5_and_are_fixed(registry: Path, orphan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(registry) == 5
    captured = capsys.readouterr()
    assert captured.out == ""
    assert f"{orphan}: no dataset refers to this folder of 0 files, 0 bytes; --fix removes it" in captured.err
    assert check(registry, "--fix") == 0
    assert f"fixed: {orphan}" in capsys.readouterr().out
    assert not orphan.exists()


def test_json_holds_everything_also_when_something_is_wrong(
    registry: Path, orphan: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(registry, "--json") == 5
    found = json.loads(capsys.readouterr().out)
    assert found["clean"] is False
    assert found["problems"] == [
        {
            "kind": "orphan",
            "where": str(orphan),
            "message": "no dataset refers to this folder of 0 files, 0 bytes",
            "remedy": "--fix removes it",
            "is_garbage": True,
        }
    ]
    assert check(registry, "--json", "--fix", "--checksums") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["clean"], len(found["fixed"])) == (True, 1)


def test_ages_are_asked_for_and_checked(registry: Path, orphan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.utime(orphan)
    assert check(registry, "--fix") == 0
    assert "left alone" in capsys.readouterr().out
    assert check(registry, "--fix", "--older-than", "soon") == 2
    assert '"soon" is not an age such as "24h"' in capsys.readouterr().err
    assert check(registry, "--fix", "--older-than", "0s") == 0
    assert not orphan.exists()


def test_a_copy_says_where_it_is(registry: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "copy"
    assert run(["registry", "copy", str(target), "--registry", str(registry)]) == 0
    assert capsys.readouterr().out == f"copied registry {registry}: 0 files, 0.0 MB\nin {target}\n"
    assert run(["registry", "copy", str(target), "--registry", str(registry)]) == 5
    assert "is a registry already" in capsys.readouterr().err
    assert run(["registry", "copy", str(tmp_path / "part"), "--project", "conus", "--registry", str(registry)]) == 3
    assert 'no project "conus"' in capsys.readouterr().err
