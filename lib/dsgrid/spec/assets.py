"""Files that come with dsgrid: schemas, jobs, templates.

In a wheel and in the zip bundle they lie in the package's `assets` folder, in a checkout at its top level. The text
is read through `importlib.resources`, which also works where dsgrid is imported from a zip.
"""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from dsgrid.errors import NotFoundError, did_you_mean


def asset(name: str) -> str:
    """Return the text of an asset, such as ``schemas/query.schema.json``."""
    found = _find(name)
    if found is None or not found.is_file():
        folder, _, file = name.rpartition("/")
        raise NotFoundError(f'dsgrid has no "{name}"{did_you_mean(file, asset_names(folder))}')
    return found.read_text(encoding="utf-8")


def asset_names(folder: str) -> tuple[str, ...]:
    """Return the sorted names of the assets in a folder; empty when there is no such folder."""
    found = _find(folder)
    if found is None or not found.is_dir():
        return ()
    return tuple(sorted(entry.name for entry in found.iterdir() if not entry.name.startswith((".", "__"))))


def asset_path(name: str) -> Path | None:
    """Return the path of an asset in the file system, or None when dsgrid runs from a zip."""
    found = _find(name)
    return found if isinstance(found, Path) else None


def _find(name: str) -> Traversable | None:
    package = files("dsgrid")
    places = [package.joinpath("assets")]
    if isinstance(package, Path):
        # lib/dsgrid -> the checkout. Its setup.cfg tells it from a site-packages folder.
        checkout = package.parent.parent
        if (checkout / "setup.cfg").is_file() or (checkout / "schemas").is_dir():
            places.append(checkout)
    for place in places:
        found = place
        for part in filter(None, name.split("/")):
            found = found.joinpath(part)
        if found.is_file() or found.is_dir():
            return found
    return None
