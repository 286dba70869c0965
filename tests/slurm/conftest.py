"""A real Slurm for the tests, with three nodes on this machine; see `tests.slurm.private_slurm`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.slurm.private_slurm import PrivateSlurm, missing
from tests.slurm.queries import small_project
from tests.slurm.slurm_client import Slurm


@contextmanager
def running(kind: str, folders: pytest.TempPathFactory) -> Iterator[Slurm]:
    if reason := missing(kind):
        pytest.skip(reason)
    with PrivateSlurm(folders.mktemp(f"slurm-{kind}"), kind, shared=folders.getbasetemp()) as private:
        yield Slurm(private)


@pytest.fixture(scope="session")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slurm]:
    """Three nodes that share the machine's processes and memory."""
    with running("plain", tmp_path_factory) as slurm:
        yield slurm


@pytest.fixture(scope="module")
def cg(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slurm]:
    """Three nodes on which a job gets no more memory than it has asked for."""
    with running("cgroups", tmp_path_factory) as slurm:
        yield slurm


@pytest.fixture(scope="module")
def ns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slurm]:
    """Three nodes with a network, processes and a /tmp of their own."""
    with running("namespaces", tmp_path_factory) as slurm:
        yield slurm


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small demo project with everything registered, whose queries have run on the embedded engine."""
    return small_project(tmp_path_factory.mktemp("project"))
