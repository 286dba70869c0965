"""The archive of Spark's classes is used where there is one, for the Java that it was made with."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsgrid.operations.launch import archive_file, java_command, spark_submit_command

pytestmark = pytest.mark.skipif(java_command() is None, reason="there is no Java")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def _java_options(command: list[str]) -> str:
    return command[command.index("--driver-java-options") + 1]


def test_an_archive_is_used_where_there_is_one(cache: Path) -> None:
    assert "SharedArchiveFile" not in _java_options(spark_submit_command("query", Path("spec.toml")))
    archive_file().parent.mkdir(exist_ok=True)
    archive_file().write_bytes(b"")
    options = _java_options(spark_submit_command("query", Path("spec.toml")))
    assert f"-XX:SharedArchiveFile={archive_file()}" in options
    assert archive_file().is_relative_to(cache)


def test_an_archive_is_not_for_a_java_of_another_build(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = archive_file()
    other = tmp_path / "other"
    (other / "bin").mkdir(parents=True)
    (other / "bin" / "java").write_text("#!/bin/sh\n")
    (other / "bin" / "java").chmod(0o755)
    (other / "release").write_text('JAVA_VERSION="21.0.1"\n')
    monkeypatch.setenv("JAVA_HOME", str(other))
    assert archive_file() != own


def test_other_masters_have_their_own_jvms(cache: Path) -> None:
    archive_file().parent.mkdir()
    archive_file().write_bytes(b"")
    command = spark_submit_command("query", Path("spec.toml"), master="spark://host:7077")
    assert not any("SharedArchiveFile" in part for part in command)
