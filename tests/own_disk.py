"""A disk that a test may fill: a file system in memory, mounted where only the test's own child sees it."""

from __future__ import annotations

import subprocess

import pytest


def skip_without_mounts() -> None:
    """Skip the test where a process may have no mounts of its own."""
    try:
        may = subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        may = False
    if not may:
        pytest.skip("this system lets no process mount a disk of its own")
