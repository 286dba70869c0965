"""The folder that an import writes: as a whole, and without losing what somebody changed in an earlier one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from dsgrid.errors import RegistryError
from dsgrid.importers.discovery import REPORT
from dsgrid.importers.import_report import Report
from dsgrid.importers.write_import import MARKDOWN, checksum, write_report
from dsgrid.registry import disk
from dsgrid.registry.folders import require_empty
from dsgrid.registry.unfinished import unfinished_folder
from dsgrid.spec.node import shown

_WHAT = "an import"


@dataclass(frozen=True)
class EarlierImport:
    """What is in a target already.

    Parameters
    ----------
    folder
        The target.
    written
        The checksums of what an earlier import wrote; None where there was none. A file has several where an import was
        interrupted while it replaced another one.
    """

    folder: Path
    written: Mapping[str, frozenset[str]] | None = None

    def finish(self, report: Report, folder: Path) -> Report:
        """Write the report of a new import, and say in it what of the earlier one was changed since and is kept.

        Parameters
        ----------
        folder
            The new import, which takes the place of the earlier one.
        """
        kept = tuple(name for name, sha256 in report.written.items() if self._is_changed(name, sha256))
        found = replace(report, kept=kept)
        write_report(found, folder)
        return found

    def _is_changed(self, name: str, new: str) -> bool:
        path = self.folder / name
        if self.written is None or not (path.exists() or path.is_symlink()):
            return False
        return not path.is_file() or checksum(path) not in self.written.get(name, frozenset()) | {new}

    def replace(self, new: Path) -> None:
        """Put the files of a new import in the places of those of the earlier one.

        What was changed since, and what no import wrote, is not touched. When this is interrupted, the report in the
        target knows the files of both.
        """
        report = json.loads((new / REPORT).read_text(encoding="utf-8"))
        old = self.written or {}
        both = report | {"replaces": {name: sorted(sums) for name, sums in old.items()}}
        disk.write_file(new / f"{REPORT}.both", json.dumps(both).encode())
        disk.swap_file(self.folder / REPORT, new / f"{REPORT}.both")
        kept = frozenset(report["kept"])
        for name in report["written"]:
            if name not in kept:
                target = self.folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                disk.swap_file(target, new / name)
        for name in sorted(old.keys() - report["written"].keys(), reverse=True):
            path = self.folder / name
            if path.is_file() and checksum(path) in old[name]:
                disk.remove_file(path)
                for above in Path(name).parents[:-1]:
                    disk.remove_empty_folder(self.folder / above)
        for name in (MARKDOWN, REPORT):
            disk.swap_file(self.folder / name, new / name)
        disk.remove_folder(new)


def require_target(folder: Path, overwrite: bool) -> EarlierImport:
    """Return what is in a target; refuse one that holds something else than an earlier import.

    Raises
    ------
    RegistryError
        If it does, or if it is an earlier import and is not to be overwritten.
    """
    if not (folder / REPORT).is_file():
        require_empty(folder, _WHAT)
        return EarlierImport(folder)
    try:
        report = json.loads((folder / REPORT).read_text(encoding="utf-8"))
        if "registrations" in report:
            raise RegistryError(f"{shown(folder)} is an imported registry; {_WHAT} goes to a folder of its own")
        if not overwrite:
            message = f"{shown(folder)} holds an earlier import; --overwrite replaces what nobody changed in it"
            raise RegistryError(message)
        sums = {str(name): frozenset({str(sha)}) for name, sha in report["written"].items()}
        for name, older in report.get("replaces", {}).items():
            sums[name] = sums.get(name, frozenset()) | frozenset(older)
        return EarlierImport(folder, {name: known for name, known in sums.items() if _is_inside(name)})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise RegistryError(f"{shown(folder / REPORT)} is no report of an import; nothing was changed") from None


def _is_inside(name: str) -> bool:
    """Say whether a path that a report names is one in the target: files elsewhere are never touched."""
    return not Path(name).is_absolute() and ".." not in Path(name).parts


@contextmanager
def import_folder(target: Path, before: EarlierImport) -> Iterator[Path]:
    """Yield an empty folder that gets the name of the target at the end of the block, and is gone when it fails.

    It stands beside the target, so that relative paths are the same from both.

    Raises
    ------
    RegistryError
        If another import is writing the target, or has written it since it was looked at.
    """
    with unfinished_folder(target) as unfinished:
        if require_target(target, overwrite=True) != before:
            raise RegistryError(f"another import has just written {shown(target)}; run this one again")
        yield unfinished
        # Nobody waits for the disk: hundreds of small files would take seconds, and can be written again.
        if before.written is None:
            disk.swap_file(target, unfinished)
        else:
            before.replace(unfinished)
