"""All specs of an import as files, with what is to be said of each line in them."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from dsgrid.errors import DsgridError, Problem
from dsgrid.importers.bulk_lists import CREATE, Step, bulk_text, derived_steps, is_empty, steps, unlisted_steps
from dsgrid.importers.conversion import Settings
from dsgrid.importers.discovery import REPORT
from dsgrid.importers.import_report import Report, Said, counts_of, inside, relative_in, said, sorted_remarks
from dsgrid.importers.import_report_text import markdown
from dsgrid.importers.notes import decisions
from dsgrid.importers.outcomes import FileOutcome, Part
from dsgrid.importers.repository_import import Imported
from dsgrid.importers.translation import Remark, Translation
from dsgrid.importers.write import write
from dsgrid.spec.load import load_spec
from dsgrid.spec.positions import scan_broken

MARKDOWN: Final = "import_report.md"
BULK: Final = "bulk"
DERIVED: Final = "bulk_derived"
SUBMITTING: Final = "bulk_derived_datasets"
UNLISTED: Final = "bulk_unlisted"
_COUNTED: Final = {
    "projects": "register_project",
    "shared dimensions": "register_dimensions",
    "datasets": "register_dataset",
    "submissions": "submit_dataset",
    "derived datasets": "create_derived_dataset",
}


def write_import(imported: Imported, folder: Path, settings: Settings, schemas: Path, *, create: bool) -> Report:
    """Write everything into a folder, and return the report, which is among it.

    Parameters
    ----------
    folder
        An empty folder beside the target, whose place it takes afterwards.
    settings
        Those of the import; its target is this folder, so that relative paths are right.
    schemas
        The folder of the schemas, for editors.
    create
        Whether the registry has to be made first.
    """
    remarks: list[Said] = []
    source = imported.repository.root
    parts = list(imported.outcomes.parts.values())
    written = []
    for part in parts:
        told, is_sound = _write_part(part, folder, schemas, source)
        remarks += told
        if is_sound:
            written.append(part)
        else:
            imported.outcomes.files[part.source] = FileOutcome("refused", (told[-1].message,))
    if create:
        write(Translation(CREATE, _create(settings)), folder, schemas=schemas)
    lists = _write_lists(imported, written, folder, settings, schemas, create)
    remarks += [said(one, source) for one in imported.outcomes.remarks]
    files = {
        inside(path, source): FileOutcome(one.outcome, tuple(inside(what, source) for what in one.what))
        for path, one in sorted(imported.outcomes.files.items())
    }
    ordered = sorted_remarks(remarks)
    counts = counts_of(_found(written), ordered, files)
    checksums = {
        path.relative_to(folder).as_posix(): checksum(path) for path in sorted(folder.rglob("*")) if path.is_file()
    }
    others = imported.repository.files.others
    return Report(source, settings.target, counts, ordered, files, others, checksums, lists=lists)


def write_report(report: Report, folder: Path) -> None:
    """Write the report, for people and for programs."""
    # Names of files may hold bytes that are no letters: they are written as the escapes that JSON has for them.
    text = json.dumps(report.document(), indent=1, ensure_ascii=False) + "\n"
    for name, content in ((MARKDOWN, markdown(report)), (REPORT, text)):
        (folder / name).write_text(content, encoding="utf-8", errors="backslashreplace")


def checksum(path: Path) -> str:
    """Return the checksum of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _write_part(part: Part, folder: Path, schemas: Path, source: Path) -> tuple[list[Said], bool]:
    """Write a spec; return its remarks with their lines, and whether it can be loaded."""
    notes = decisions(replace(one, message=relative_in(one.message, source)) for one in part.remarks)
    try:
        path = write(part.translation, folder / part.folder, part.name, schemas, notes)
    except OSError as error:
        problem = Remark("refused", str(part.source), "", f"its tables cannot be copied: {error.strerror or error}")
        # There is no such spec.
        return [said(one, source) for one in (*part.remarks, problem)], False
    positions = scan_broken(path.read_text(encoding="utf-8"))
    more: list[Remark] = []
    try:
        load_spec(path)
    except DsgridError as error:
        more = [_unsound(part, problem) for problem in error.problems]
    return [said(one, source, part, positions) for one in (*part.remarks, *more)], not more


def _unsound(part: Part, problem: Problem) -> Remark:
    message = (
        f"the spec cannot run: {problem.key}: {problem.message}"
        if problem.key
        else f"the spec cannot run: {problem.message}"
    )
    return Remark("refused", str(part.source), "", message, 0, _target(problem.key))


def _target(key: str) -> tuple[str, ...]:
    return tuple(part for part in key.replace('"', "").split(".") if part)


def _create(settings: Settings) -> dict[str, object]:
    return {"spec_version": 1, "job": CREATE, "registry": str(settings.registry)}


def _write_lists(
    imported: Imported, parts: Sequence[Part], folder: Path, settings: Settings, schemas: Path, create: bool
) -> tuple[str, ...]:
    """Write the lists of specs that are run together; return those that can run now, one after the other."""
    registry = Path(os.path.relpath(settings.registry, settings.target)).as_posix()
    schema = f"#:schema {Path(os.path.relpath(schemas, folder)).as_posix()}/bulk.schema.json"
    derivations = [each for each in imported.derivations if each.spec in parts and each.query in parts]
    derived, made = derived_steps(derivations)
    waits = all(each.waiting for each in derivations)
    ready = []
    lists: tuple[tuple[str, tuple[Step, ...], str], ...] = (
        (BULK, steps(parts, create), "Everything that can be registered as it is."),
        (DERIVED, derived, f"After {BULK}.toml: results of queries, and specs of the datasets that are made of them."),
        (SUBMITTING, made, f"After {DERIVED}.toml, which writes these specs."),
        (UNLISTED, unlisted_steps(parts), f"After {BULK}.toml, if they are wanted: datasets that no project lists."),
    )
    for name, found, about in lists:
        if not is_empty(found):
            (folder / f"{name}.toml").write_text(bulk_text(found, registry, about, schema), encoding="utf-8")
            if name not in (DERIVED, SUBMITTING) or not waits:
                ready.append(f"{name}.toml")
    return tuple(ready)


def _found(parts: Sequence[Part]) -> dict[str, int]:
    jobs = [part.translation.job for part in parts]
    queries = sum(job in ("query", "query_dataset", "map_dataset") for job in jobs)
    return {**{name: jobs.count(job) for name, job in _COUNTED.items()}, "queries": queries}
