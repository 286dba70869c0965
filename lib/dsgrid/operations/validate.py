"""The operation `validate`: what can be said of specs without a registry and without an engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dsgrid.errors import DsgridError, Problem, SpecError
from dsgrid.spec.load import load_spec
from dsgrid.spec.node import shown


@dataclass(frozen=True)
class Validated:
    """Specs that are right as far as their files tell."""

    specs: tuple[tuple[Path, str], ...]

    def report(self) -> str:
        """Return what to tell the user."""
        return "\n".join(f"{shown(path)}: a valid {job} spec" for path, job in self.specs)


def validate(specs: Sequence[str | Path], *, variables: Mapping[str, str] | None = None) -> Validated:
    """Check specs against their schemas, and that the files which they name exist.

    Raises
    ------
    SpecError
        With the problems of all specs.
    """
    problems: list[Problem] = []
    valid: list[tuple[Path, str]] = []
    kinds: list[type[DsgridError]] = []
    for path in specs:
        try:
            valid.append((Path(path), load_spec(path, None, variables).job))
        except DsgridError as error:
            problems.extend(error.problems)
            kinds.append(type(error))
    if problems:
        raise (kinds[0] if len(set(kinds)) == 1 else SpecError)(problems)
    return Validated(tuple(valid))
