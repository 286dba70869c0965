"""An import of a repository that was edited, and what holds of every import, whatever was edited."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import FrameType
from typing import Any, Final

from tests.mutations.edit import Edit
from tests.mutations.tree import CONFIGURATIONS, TABLES, Tree, snapshot

from dsgrid.errors import DsgridError
from dsgrid.operations.import_project import import_project
from dsgrid.spec.load import load_spec

# What is wrong with a repository as a whole; no defect (1), and nothing of registries, engines or results.
CODES: Final = (0, 2, 3, 4)
SECONDS: Final = 60
_REPORT: Final = "import_report.json"
_SKIPPED: Final = frozenset({"node_modules", "venv", "site-packages", "__pycache__"})


class TooLongError(BaseException):
    """No handler of errors catches it."""


@dataclass(frozen=True)
class Imported:
    """What came out of an import.

    Parameters
    ----------
    code
        The exit code.
    error
        What was said instead of a report, where the import failed as a whole.
    files
        What was written, by its path in the target.
    """

    code: int
    error: str = ""
    report: dict[str, Any] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def remarks(self) -> list[dict[str, Any]]:
        return self.report.get("remarks", [])

    def told(self) -> tuple[object, ...]:
        """Return all that an import says, but for lines: what does not change when nothing has changed."""
        remarks = sorted(
            (one["kind"], one["file"], one["key"], one["message"], one["spec"], one["spec_key"]) for one in self.remarks
        )
        specs = {name: content for name, content in self.files.items() if not name.startswith("import_report.")}
        return self.code, self.error, remarks, specs, self.report.get("files")


@contextmanager
def at_most(seconds: int) -> Iterator[None]:
    """Stop what takes longer."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TooLongError(f"takes longer than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def import_of(tree: Tree, work: Path, **keys: str) -> Imported:
    """Import a repository from ``work/source`` to ``work/target``, and check that nothing else has changed."""
    source, target = work / "source", work / "target"
    tree.put(source)
    before = snapshot(source)
    spec = {"spec_version": 1, "job": "import_project", "source": str(source), "target": str(target), **keys}
    try:
        with at_most(SECONDS):
            code, error = import_project(spec).code, ""
    except DsgridError as failed:
        code, error = failed.exit_code, str(failed).replace(str(work), "") or "an error that says nothing"
    assert snapshot(source) == before, "the repository has changed"
    assert {path.name for path in work.iterdir()} <= {"source", "target"}, "something was left beside the target"
    files = {path.relative_to(target).as_posix(): path.read_bytes() for path in target.rglob("*") if path.is_file()}
    return Imported(code, error, json.loads(files[_REPORT]) if _REPORT in files else {}, files)


def assert_sound(found: Imported, tree: Tree, work: Path) -> None:
    """Check what holds of every import."""
    assert found.code in CODES, found.error
    if found.error:
        assert not found.files, "an import that failed has written something"
        return
    assert "import_report.md" in found.files
    defects = [one for one in found.remarks if "a defect of dsgrid" in one["message"]]
    assert defects == []
    for one in found.remarks:
        _assert_places(one, work)
    missing = [path for path in _configurations(tree) if path not in found.report["files"]]
    assert missing == [], "configurations that the report does not name"
    _assert_specs(found, work)


def _assert_places(one: dict[str, Any], work: Path) -> None:
    """Check that a remark leads to lines that there are."""
    assert one["message"], one
    assert "\n" not in one["message"], one
    if one["line"]:
        text = (work / "source" / one["file"]).read_text("utf-8-sig")
        assert 1 <= one["line"] <= text.count("\n") + 1, one
    if one["spec"]:
        text = (work / "target" / one["spec"]).read_text("utf-8")
        assert 1 <= one["spec_line"] <= text.count("\n") + 1, one


def _configurations(tree: Tree) -> list[str]:
    paths = [*tree.named(*CONFIGURATIONS), *(path for path in tree.links if path.endswith(CONFIGURATIONS))]
    folders = ("", ".", "..", "../..", "again")
    plain = [path for path in paths if tree.links.get(path, "") not in folders[1:]]
    return [path for path in plain if not any(_is_skipped(part) for part in PurePosixPath(path).parts)]


def _is_skipped(part: str) -> bool:
    return part in _SKIPPED or part.startswith(".")


def _assert_specs(found: Imported, work: Path) -> None:
    """Check that every spec that was written is one, or is said to be none."""
    told = {one["spec"] for one in found.remarks if one["kind"] in ("refused", "decide")}
    for name in found.files:
        if not name.endswith(".toml"):
            continue
        error = _error_of(work / "target" / name)
        assert not error or name in told, f"{name} is no spec, and nobody says so: {error}"


def _said(remark: dict[str, Any]) -> tuple[str, ...]:
    return remark["kind"], remark["file"], remark["key"], remark["message"]


def _error_of(spec: Path) -> str:
    try:
        load_spec(spec)
    except DsgridError as error:
        return str(error)
    return ""


def assert_told(edit: Edit, found: Imported, unedited: Imported) -> None:
    """Check that the only edit that was done has left its trace."""
    files = unedited.report["files"]
    before = files.get(edit.file, {}).get("outcome")
    if edit.names and before in ("converted", "used") and not found.error:
        about = [one for one in found.remarks if one["file"] == edit.file]
        assert any(edit.names in f"{one['file']} {one['key']} {one['message']}" for one in about), "nobody says so"
    users = {files.get(user, {}).get("outcome") for user in files.get(edit.file, {}).get("what", ())}
    if before == "used" and "converted" in users and edit.is_lost and edit.file.endswith(TABLES):
        loud = [_said(one) for one in found.remarks if one["kind"] in ("refused", "decide")]
        assert set(loud) - {_said(one) for one in unedited.remarks}, "nobody misses the file"
    # A registration file ("used") may leave out what is done anyway.
    if before == "converted" and edit.tells:
        assert found.told() != unedited.told(), "the edit leaves no trace"


def shown(edits: Sequence[Edit], seed: str) -> str:
    """Return how to repeat what failed."""
    return f"seed {seed}: " + "; ".join(str(edit) for edit in edits)
