"""What a measured command costs, its children included."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from benchmarks.measure import MeasuredCommandError, run

# A child does the work: it reads a file of 8 MB, holds 64 MB, and computes for a while.
CHILD = """
import sys, time
data = b"x" * 64_000_000
open(sys.argv[1], "rb").read()
until = time.process_time() + 0.3
while time.process_time() < until:
    pass
"""
PARENT = "import subprocess, sys; subprocess.run([sys.executable, '-c', *sys.argv[1:]], check=True)"


@pytest.mark.slow
def test_what_children_take_is_counted(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(8_000_000))
    cost = run([sys.executable, "-c", PARENT, CHILD, "file"], os.environ, tmp_path)
    assert cost.cpu >= 0.3
    assert cost.wall >= 0.3
    assert cost.peak > 64_000_000
    assert cost.read is None or 8_000_000 <= cost.read < 80_000_000


def test_a_command_that_fails_says_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(MeasuredCommandError, match="no such state"):
        run([sys.executable, "-c", "raise SystemExit('no such state')"], os.environ, tmp_path)
