"""A process that dies at any step of what it does leaves the old registry or the new one, and repeating it succeeds.

Afterwards `check_registry` finds nothing once it has removed the garbage.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from copy import deepcopy
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from tests.faults import KilledError, Steps, at_every_step
from tests.project_specs import DATASET, PROJECT, SUBMISSION, changed, one
from tests.registry_state import state
from tests.stored_dataset import add_dataset

from dsgrid.errors import DsgridError, NotFoundError, RegistryError
from dsgrid.operations.apply import apply
from dsgrid.operations.bulk import bulk
from dsgrid.operations.check_registry import check_registry
from dsgrid.operations.copy_registry import copy_registry
from dsgrid.operations.create_registry import create_registry
from dsgrid.operations.register_project import register_project
from dsgrid.operations.remove import remove
from dsgrid.operations.submit_dataset import submit_dataset
from dsgrid.registry import disk
from dsgrid.registry.registry import Registry
from dsgrid.toml_text import dumps

HOMES = changed(DATASET, "dataset/id", "homes")
# Another county, and a requirement that the dataset does not meet any more; and a renamed one.
LARGER = changed(PROJECT, "base/county/records", [*PROJECT["base"]["county"]["records"], one("36061", state="NY")]) | {
    "supplemental": {}
}
OTHER_PROJECT = changed(PROJECT, "project/id", "other")


def _update(folder: Path) -> None:
    """Change the project so that its submission is invalidated."""
    apply({"job": "register_project", "spec_version": 1, **LARGER}, registry=folder, allow="major")


ACTS: dict[str, Callable[[Path], Any]] = {
    "create": lambda folder: create_registry({}, registry=folder.parent / "created"),
    "register a project": lambda folder: register_project(OTHER_PROJECT, registry=folder),
    "register a dataset": lambda folder: add_dataset(folder, HOMES),
    "submit": lambda folder: submit_dataset(SUBMISSION, registry=folder),
    "apply": _update,
    "remove": lambda folder: remove({"ids": ["offices"], "cascade": True}, registry=folder),
    "copy": lambda folder: copy_registry({"target": str(folder.parent / "copy")}, registry=folder),
    "bulk": lambda folder: bulk(folder.parent / "specs/bulk.toml", registry=folder),
}
# What has many steps that are alike; the slow tests die at all of them.
LONG = {"create": 13, "register a project": 13, "register a dataset": 3, "apply": 3, "copy": 3, "bulk": 29}


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    return Steps(monkeypatch)


def _arranged(act: str, folder: Path, place: Path) -> Path:
    """Return a fresh registry in which an act can be done."""
    new = shutil.copytree(folder, place / "registry")
    if act == "submit":
        remove({"ids": ["two_counties"]}, registry=new)
        register_project(OTHER_PROJECT | {"project": PROJECT["project"]}, registry=new)
    if act == "bulk":
        _write_bulk(place / "specs")
    return new


def _write_bulk(specs: Path) -> None:
    specs.mkdir()
    second = changed(PROJECT, "project/id", "second")
    for name, project in (("first", OTHER_PROJECT), ("second", second)):
        head = {"spec_version": 1, "job": "register_project"}
        (specs / f"{name}.toml").write_text(dumps({**head, **deepcopy(project)}), "utf-8")
    bulk_spec = {"spec_version": 1, "job": "bulk", "specs": ["first.toml", "second.toml"]}
    (specs / "bulk.toml").write_text(dumps(bulk_spec), "utf-8")


def _everything(registry: Path) -> dict[str, Any]:
    """Return what the registry and what was made beside it say."""
    found = {"registry": state(registry)}
    for name in ("created", "copy"):
        other = registry.parent / name
        try:
            Registry.open(other).close()
        except (NotFoundError, RegistryError):
            continue
        found[name] = state(other)
    return found


def _check(registry: Path) -> None:
    for name in ("registry", "created", "copy"):
        other = registry.parent / name
        try:
            Registry.open(other).close()
        except (NotFoundError, RegistryError):
            continue
        check_registry({"fix": True, "older_than": "0h"}, registry=other)
        check_registry({"checksums": True}, registry=other)


def _acts() -> Iterator[Any]:
    for act in ACTS:
        if act in LONG:
            yield pytest.param(act, LONG[act], id=f"{act}, every {LONG[act]}. step")
            yield pytest.param(act, 1, id=act, marks=pytest.mark.slow)
        else:
            yield pytest.param(act, 1, id=act)


@pytest.mark.parametrize(("act", "stride"), tuple(_acts()))
def test_a_death_at_any_step_leaves_the_old_state_or_the_new_and_can_be_repeated(
    act: str, stride: int, template: Path, tmp_path: Path, steps: Steps
) -> None:
    numbers = count()

    def arrange() -> Path:
        place = tmp_path / str(next(numbers))
        place.mkdir()
        return _arranged(act, template, place)

    done = arrange()
    old = _everything(done)
    ACTS[act](done)
    new = _everything(done)
    assert new != old

    # A bulk run that died has done its first specs, and no spec by half.
    between = []
    if act == "bulk":
        first = arrange()
        register_project(OTHER_PROJECT, registry=first)
        between = [_everything(first)]

    def check(registry: Path, where: str) -> None:
        found = _everything(registry)
        assert found in (old, *between, new), where
        finished = found == new
        _check(registry)
        assert _everything(registry) == found, f"{where}: nothing but garbage was removed"
        try:
            ACTS[act](registry)
        except (RegistryError, NotFoundError):
            assert finished, f"{where}: what was not done has to succeed"
        assert _everything(registry) == new, where
        _check(registry)

    number = at_every_step(steps, arrange, ACTS[act], check, stride)
    assert number >= 3, "that many things are done at least"


@pytest.mark.parametrize("act", ACTS)
def test_a_disk_that_is_full_at_any_step_gives_an_error_and_leaves_the_old_state_or_the_new(
    act: str, template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = [10**9]

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def full(*arguments: Any, **named: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return function(*arguments, **named)

        return full

    for name in ("make_folder", "write_file", "sync", "swap_file", "copy_file"):
        monkeypatch.setattr(disk, name, counted(getattr(disk, name)))
    (tmp_path / "done").mkdir()
    done = _arranged(act, template, tmp_path / "done")
    ACTS[act](done)
    new = _everything(done)
    for number in range(100):
        place = tmp_path / str(number)
        place.mkdir()
        registry = _arranged(act, template, place)
        old = _everything(registry)
        left[0] = number
        with suppress(DsgridError, OSError):
            ACTS[act](registry)
            break
        left[0] = 10**9
        found = _everything(registry)
        assert found in (old, new) or act == "bulk", number
        _check(registry)
    else:
        pytest.fail("it never came to its end")


def test_a_killed_process_is_what_the_steps_simulate(steps: Steps, folder: Path) -> None:
    with steps.dying_before(None):
        register_project(OTHER_PROJECT, registry=folder)
        names = list(steps.names)
    assert names.count("commit") == names.count("after the commit") == 1
    with steps.dying_before(names.index("commit")), pytest.raises(KilledError):
        register_project(changed(PROJECT, "project/id", "third"), registry=folder)
    with Registry.open(folder) as registry:
        assert [row["id"] for row in registry.projects()] == ["other", "two_counties"]
