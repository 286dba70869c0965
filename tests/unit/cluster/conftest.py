"""A ledger in a folder of the test's, and a Slurm that only answers what it is told to."""

from __future__ import annotations

from pathlib import Path

import pytest
from submitted import Slurm

from dsgrid.cluster import slurm


@pytest.fixture
def state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the ledger."""
    folder = tmp_path / "state"
    monkeypatch.setenv("DSGRID_STATE", str(folder))
    monkeypatch.delenv("SLURM_CLUSTER_NAME", raising=False)
    return folder


@pytest.fixture
def queued(state_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Slurm:
    """A Slurm without jobs, and a ledger of the test's own."""
    fake = Slurm()
    monkeypatch.setattr(slurm, "call", fake.call)
    monkeypatch.setattr(slurm, "is_here", lambda: True)
    return fake
