"""A repository that somebody else has sent to be imported: its configurations lead to nothing outside of the roots."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.small_repository import write_repository

from dsgrid.errors import SpecError
from dsgrid.operations.import_project import import_project
from dsgrid.spec.fence import Fence, FencedRoot, fenced
from dsgrid.spec.load import parse_spec

SPEC = """\
spec_version = 1
job = "import_project"
source = "inputs/repository"
target = "imported"
"""


def test_a_configuration_that_names_files_outside_gets_none_of_them(tmp_path: Path) -> None:
    repository = write_repository(tmp_path / "inputs/repository")
    secret = tmp_path / "elsewhere/secret.csv"
    secret.parent.mkdir()
    secret.write_text("id,name\nSECRET,Secret\n")
    for written in repository.rglob("*.json5"):
        text = written.read_text()
        for name in ("states.csv", "scenarios.csv"):
            text = _renamed(text, name, str(secret) if name == "states.csv" else "../" * 9 + str(secret)[1:])
        written.write_text(text)
    assert any(str(secret) in path.read_text() for path in repository.rglob("*.json5"))
    attempt = tmp_path / "attempt"
    (attempt / "files").mkdir(parents=True)
    fence = Fence(attempt, (FencedRoot("inputs", str(tmp_path / "inputs")),), attempt / "files", attempt / "results")
    with fenced(fence):
        spec = parse_spec(SPEC, path=attempt / "spec.toml", folder=attempt)
        done = import_project(spec)
        report = done.report()
    written = [path for path in (attempt / "files/imported").rglob("*") if path.is_file()]
    assert written
    for path in written:
        assert b"SECRET" not in path.read_bytes(), path
    assert "SECRET" not in report


def test_a_repository_with_a_link_that_leads_out_is_refused(tmp_path: Path) -> None:
    repository = write_repository(tmp_path / "inputs/repository")
    (tmp_path / "elsewhere").mkdir()
    (repository / "more").symlink_to(tmp_path / "elsewhere")
    attempt = tmp_path / "attempt"
    fence = Fence(attempt, (FencedRoot("inputs", str(tmp_path / "inputs")),), attempt / "files", attempt / "results")
    with fenced(fence), pytest.raises(SpecError, match="inputs/repository/more leads out of where files may be"):
        import_project(parse_spec(SPEC, path=attempt / "spec.toml", folder=attempt))


def test_without_a_fence_they_are_read(tmp_path: Path) -> None:
    repository = write_repository(tmp_path / "repository")
    other = tmp_path / "elsewhere/states.csv"
    other.parent.mkdir()
    other.write_text("id,name\nCA,FOUND\nNY,New York\n")
    for written in repository.rglob("*.json5"):
        written.write_text(_renamed(written.read_text(), "states.csv", str(other)))
    import_project({"source": str(repository), "target": str(tmp_path / "imported")})
    assert any(b"FOUND" in path.read_bytes() for path in (tmp_path / "imported").rglob("*.csv"))


def _renamed(text: str, name: str, other: str) -> str:
    """Return a configuration in which every file of a name is another one."""

    def changed(value: object) -> object:
        if isinstance(value, dict):
            return {key: changed(child) for key, child in value.items()}
        if isinstance(value, list):
            return [changed(child) for child in value]
        return other if isinstance(value, str) and value.endswith(f"/{name}") else value

    return json.dumps(changed(json.loads(text)))
