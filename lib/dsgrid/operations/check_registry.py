"""The operation `check_registry`: is everything there and whole?"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

from dsgrid.datasets.offenders import counted
from dsgrid.errors import RegistryError, UsageError
from dsgrid.operations.location import registry_folder
from dsgrid.operations.reported import Reported
from dsgrid.registry.check import DAY, check
from dsgrid.registry.database import LOCK_TIMEOUT
from dsgrid.registry.findings import Checked
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import Spec, load_spec
from dsgrid.spec.patterns import AGE

_UNITS = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days"}


class CheckedRegistry(Reported, Checked):
    """What a check of a registry found."""

    def report(self) -> str:
        """Return what to tell the user."""
        counts = self.counts
        lines = [f"fixed: {each.where}: {each.message}" for each in self.fixed]
        lines += [
            f"left alone, as a job may be writing it: {each.where} (--older-than says how long it has to rest)"
            for each in self.left_alone
        ]
        if self.is_clean:
            lines.append(
                f"registry {self.folder} is whole: {counted(counts['datasets'], 'version')} of datasets, "
                f"{counts['files']:,} files of {counts['bytes'] / 1e6:,.1f} MB, {counts['records']:,} records, "
                f"{counts['associations']:,} associations"
            )
        return "\n".join(lines)

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return {"clean": self.is_clean, **asdict(self)}

    def raise_problems(self) -> None:
        """Raise a `RegistryError` with everything that is wrong; do nothing when nothing is."""
        if self.problems:
            raise RegistryError([each.problem for each in self.problems])


def check_registry(
    spec: str | Path | Mapping[str, Any] | Spec,
    *,
    registry: str | Path | None = None,
    engine: object = None,
    progress: Callable[[str], None] | None = None,
    variables: Mapping[str, str] | None = None,
) -> CheckedRegistry:
    """Check a registry; with ``fix`` remove what nothing refers to.

    Raises
    ------
    RegistryError
        With everything that is wrong and could not be fixed, and what to do about each.
    """
    loaded = load_spec(spec, "check_registry", variables)
    root = loaded.root
    checked = examine(
        registry_folder(loaded, registry),
        fix=bool(root.scalar("fix", False)),
        checksums=bool(root.scalar("checksums", False)),
        older_than=read_age(root.string("older_than", "24h")),
        progress=progress,
    )
    checked.raise_problems()
    return checked


def examine(
    folder: str | Path,
    *,
    fix: bool = False,
    checksums: bool = False,
    older_than: float = DAY,
    progress: Callable[[str], None] | None = None,
    lock_timeout: float = LOCK_TIMEOUT,
) -> CheckedRegistry:
    """Check a registry and return what was found, problems included.

    Parameters
    ----------
    fix
        Remove what nothing refers to.
    checksums
        Read every file whole.
    older_than
        How many seconds what nothing refers to must have rested before it counts as garbage.
    lock_timeout
        How many seconds to wait for another process that has locked the registry.
    """
    say = progress or (lambda _: None)
    with Registry.open(folder, write=fix, lock_timeout=lock_timeout) as opened:
        found = check(opened, fix=fix, checksums=checksums, older_than=older_than, progress=say)
    return CheckedRegistry(found.folder, found.problems, found.fixed, found.left_alone, found.counts)


def read_age(text: str) -> float:
    """Return the seconds of an age such as ``24h`` or ``30min``."""
    if not re.fullmatch(AGE.pattern, text):
        raise UsageError(f'"{text}" is not {AGE.words}')
    number = text.rstrip("smindh")
    return timedelta(**{_UNITS[text[len(number) :]]: int(number)}).total_seconds()
