"""axe-core, which checks pages for people who cannot see or point: fetched once, at one version, and compared.

It needs only Python: ``python -m tests.viewer.axe_core`` fetches it into ``build/axe-core``.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import urllib.request
from pathlib import Path
from typing import Final

VERSION: Final = "4.14.1"
INTEGRITY: Final = "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
FOLDER: Final = Path(__file__).resolve().parents[2] / "build" / "axe-core"
_MEMBER: Final = "package/axe.min.js"
_SECONDS: Final = 60.0


class NotFetchedError(Exception):
    """It is not here, and could not be fetched."""


def script(folder: Path = FOLDER) -> str:
    """Return the text of axe-core; fetched where it is not kept yet.

    Raises
    ------
    NotFetchedError
        With the reason.
    """
    archive = folder / f"axe-core-{VERSION}.tgz"
    data = archive.read_bytes() if archive.exists() else b""
    if not _is_right(data):
        data = _fetched()
        folder.mkdir(parents=True, exist_ok=True)
        part = archive.with_name(f".{archive.name}.{os.getpid()}")
        part.write_bytes(data)
        part.replace(archive)
    with tarfile.open(fileobj=io.BytesIO(data)) as packed:
        found = packed.extractfile(_MEMBER)
        assert found is not None
        return found.read().decode()


def _fetched() -> bytes:
    url = f"{_registry()}/axe-core/-/axe-core-{VERSION}.tgz"
    try:
        with urllib.request.urlopen(url, timeout=_SECONDS) as answer:
            data: bytes = answer.read()
    except (OSError, ValueError) as error:
        raise NotFetchedError(f"axe-core {VERSION} cannot be fetched from {url}: {error}") from None
    if not _is_right(data):
        raise NotFetchedError(f"what {url} gives is not axe-core {VERSION}: its checksum is another one")
    return data


def _is_right(data: bytes) -> bool:
    return f"sha512-{base64.b64encode(hashlib.sha512(data).digest()).decode()}" == INTEGRITY


def _registry() -> str:
    """Return the registry that npm is configured for, where there is npm."""
    said = next((value for name, value in os.environ.items() if name.lower() == "npm_config_registry"), "")
    if not said and (npm := shutil.which("npm")):
        done = subprocess.run([npm, "config", "get", "registry"], capture_output=True, text=True, check=False)
        said = done.stdout.strip()
    return (said if said.startswith("http") else "https://registry.npmjs.org").rstrip("/")


if __name__ == "__main__":
    try:
        print(f"axe-core {VERSION}: {len(script()):,} characters in {FOLDER}")
    except NotFetchedError as reason:
        sys.exit(str(reason))
