"""The bundle: this package and its schemas in one zip, for ``spark-submit --py-files``.

Equal sources give equal bytes on every machine: sorted names, one fixed time, fixed permissions, and nothing
compressed, because zlib's output differs between versions. So the sha256 of the bundle names the code that ran, and
an embedded run, which uses no zip, records the same one.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import io
import os
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
_EPOCH = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_KEPT = 30 * 86_400


def _zip_that_runs() -> Path | None:
    """Return the zip that this module was imported from, if it was."""
    return PACKAGE.parent if PACKAGE.parent.is_file() else None


def _members() -> Iterator[tuple[str, Path]]:
    for path in PACKAGE.rglob("*.py"):
        if "assets" not in path.relative_to(PACKAGE).parts:
            yield f"dsgrid/{path.relative_to(PACKAGE).as_posix()}", path
    for path in PACKAGE.rglob("*.sql"):
        yield f"dsgrid/{path.relative_to(PACKAGE).as_posix()}", path
    for path in (PACKAGE / "assets" / "schemas").glob("*.json"):
        yield f"dsgrid/assets/schemas/{path.name}", path


def bundle_bytes() -> bytes:
    """Return the bundle of the code that is running."""
    running = _zip_that_runs()
    if running is not None:
        return running.read_bytes()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, path in sorted(_members()):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = _UNIX
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, path.read_bytes())
    return buffer.getvalue()


@functools.cache
def bundle_sha256() -> str:
    """Return the sha256 of the bundle of the code that is running, for manifests."""
    return hashlib.sha256(bundle_bytes()).hexdigest()


def checkout() -> Path | None:
    """Return the top folder of the checkout that this code runs from, or None when it is installed."""
    top = PACKAGE.parent.parent
    return top if PACKAGE.parent.name == "lib" and (top / "setup.cfg").is_file() else None


def default_path() -> Path:
    """Return where the bundle belongs: ``build/`` of a checkout, else the user's cache, under its sha256."""
    top = checkout()
    return _cached(bundle_sha256()) if top is None else top / "build" / "dsgrid.zip"


def _cached(sha256: str) -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "dsgrid" / f"dsgrid-{sha256[:16]}.zip"


def build(path: Path | None = None) -> Path:
    """Write the bundle, unless the file holds it already, and return its path.

    Many jobs of an array may do this at once, so the file appears complete or not at all.
    """
    running = _zip_that_runs()
    if path is None and running is not None:
        return running
    return _written(path or default_path(), bundle_bytes())


def _written(path: Path, content: bytes) -> Path:
    if not path.is_file() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{os.getpid()}")
        part.write_bytes(content)
        part.replace(path)
    return path


def lasting() -> Path:
    """Return a bundle that later versions of this code do not replace: a job reads from it until it ends."""
    running = _zip_that_runs()
    if running is not None:
        return running
    content = bundle_bytes()
    path = _cached(hashlib.sha256(content).hexdigest())
    try:
        if not path.is_file():
            _forget_old_ones(path.parent)
        _written(path, content).touch()
        return path
    except OSError:
        # No home that can be written: then as well as it can be.
        return build()


def _forget_old_ones(folder: Path) -> None:
    """Remove bundles that nobody made or used for a month; a checkout has another one with every change."""
    oldest = time.time() - _KEPT
    for old in folder.glob("dsgrid-*.zip"):
        with contextlib.suppress(OSError):
            if old.stat().st_mtime < oldest:
                old.unlink()
