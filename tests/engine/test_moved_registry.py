"""A registry that is renamed, copied with ``cp -r``, or opened through a link answers and takes data as before."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from tests.old_registry import FIXTURE, old_registry

from dsgrid.errors import RegistryError
from dsgrid.operations.dump import dump
from dsgrid.operations.explain import explain
from dsgrid.operations.query import query
from dsgrid.registry.registry import Registry

if TYPE_CHECKING:
    from conftest import Engines

    from dsgrid.engine import Engine


@pytest.fixture(scope="module")
def sail(engines: Engines) -> Engine:
    return engines.start("sail")


def _rename(folder: Path, target: Path) -> Path:
    return folder.rename(target)


def _copy(folder: Path, target: Path) -> Path:
    shutil.copytree(folder, target)
    shutil.rmtree(folder)
    return target


def _link(folder: Path, target: Path) -> Path:
    target.symlink_to(folder)
    return target


def _link_in_the_middle(folder: Path, target: Path) -> Path:
    target.mkdir()
    (target / "team").symlink_to(folder.parent)
    return target / "team" / folder.name


@pytest.mark.parametrize("move", [_rename, _copy, _link, _link_in_the_middle])
def test_a_registry_works_wherever_it_is_opened(
    sail: Engine, tmp_path: Path, move: Callable[[Path, Path], Path]
) -> None:
    made = old_registry(tmp_path / "here" / "registry")
    Registry.open(made, write=True).close()
    # Blanks and a hash are ordinary characters of a path; brackets are none to Sail.
    folder = move(made, tmp_path / "moved here #2")
    spec = tmp_path / "query.toml"
    spec.write_text((FIXTURE / "query.toml").read_text("utf-8"), "utf-8")
    found = pd.read_csv(query(spec, registry=folder, engine=sail).path)
    expected = pd.read_csv(FIXTURE / "heating_by_hour.csv")
    assert found["value"].sum() == pytest.approx(expected["value"].sum(), rel=1e-9)
    with Registry.open(folder, write=True) as registry:
        project = registry.project("first_project")
        other = replace(project, id="second_project", supplemental=(), subsets=(), requirements=())
        with registry.registration("after the move") as registration:
            registration.add_project(other)
        assert [row["id"] for row in registry.projects()] == ["first_project", "second_project"]


def test_data_that_are_lost_are_named_before_an_engine_reads_the_rest(sail: Engine, tmp_path: Path) -> None:
    folder = old_registry(tmp_path / "registry")
    spec = tmp_path / "query.toml"
    spec.write_text((FIXTURE / "query.toml").read_text("utf-8"), "utf-8")
    facts = next(folder.glob("data/*/*/facts/*.parquet"))
    whole = facts.read_bytes()
    for left, message in ((whole[:-5], f"has {len(whole) - 5} bytes instead of {len(whole)} "), (None, "is missing ")):
        facts.unlink() if left is None else facts.write_bytes(left)
        with pytest.raises(RegistryError, match=re.escape(f"{facts}: the file {message}(dataset ")):
            query(spec, registry=folder, engine=sail)
    with pytest.raises(RegistryError, match=re.escape(f"{facts}: the file is missing (dataset ")):
        dump({"output": str(tmp_path / "dump"), "data": "copy"}, registry=folder)
    assert explain(spec, registry=folder), "a plan needs no facts"
    next(folder.glob("data/*/*/associations.parquet")).unlink()
    with pytest.raises(RegistryError, match=r"associations\.parquet: the file is missing \(dataset .*\); restore"):
        explain(spec, registry=folder)
    assert not (tmp_path / "dump").exists()
