"""What a generator has written: specs that are ready to be edited, and what is left to decide."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dsgrid.operations.reported import Reported


@dataclass(frozen=True, repr=False)
class Generated(Reported):
    """Specs that are ready to be edited.

    Parameters
    ----------
    id
        Of what they are to register.
    folder
        Where they are.
    specs
        Their paths, that of the dataset or project first.
    decisions
        What is left to decide: the file with the key, and the question.
    notes
        What else was seen.
    lines
        What to tell the user.
    """

    id: str
    folder: Path
    specs: tuple[Path, ...]
    decisions: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    lines: tuple[str, ...]

    def report(self) -> str:
        """Return what to tell the user."""
        return "\n".join(self.lines)
