"""Start a user's project folder: specs that run as they are, the editor's schemas, a Makefile, Slurm scripts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dsgrid.errors import UsageError, listing
from dsgrid.operations.reported import Reported
from dsgrid.spec.assets import asset_path

# Folder of assets -> where its files go in the new folder.
_PARTS = {"init": ".", "schemas": "schemas", "slurm": "slurm"}


@dataclass(frozen=True, repr=False)
class Initialised(Reported):
    """A folder that is ready for `dsgrid run`."""

    folder: Path
    files: tuple[str, ...]

    def report(self) -> str:
        """Return what to do next."""
        enter = "" if self.folder == Path() else f"cd {self.folder} && "
        return (
            f"wrote {len(self.files)} files to {self.folder}\n"
            f"next: {enter}make          registers a first project and dataset, and runs a query\n"
            "then: change specs/*.toml; an editor with Taplo or Tombi completes and checks them"
        )


def init(folder: str | Path, *, force: bool = False) -> Initialised:
    """Write a first project into a folder.

    Parameters
    ----------
    folder
        The folder; created when it is absent.
    force
        Overwrite files that are there. Without it nothing is written when any of them is.

    Raises
    ------
    UsageError
        Files are in the way.
    """
    folder = Path(folder)
    files = {target: source for part, place in _PARTS.items() for target, source in _files(part, place)}
    taken = sorted(target for target in files if (folder / target).exists())
    if taken and not force:
        raise UsageError(f"{folder} holds {listing(taken, limit=3)} already; nothing was written (--force overwrites)")
    for target, source in files.items():
        path = folder / target
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(source.read_bytes())
    return Initialised(folder, tuple(sorted(files)))


def _files(part: str, place: str) -> Iterator[tuple[str, Path]]:
    root = asset_path(part)
    if root is None:
        raise UsageError("dsgrid runs from a zip, which holds no templates; install it to start a project folder")
    for path in sorted(root.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            target = Path(place) / path.relative_to(root)
            # A wheel and git would treat the real name in a way of their own.
            yield str(target.with_name(".gitignore") if target.name == "gitignore" else target), path
