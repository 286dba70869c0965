"""A job that stores data and dies at any step of its driver leaves the old registry or the new one."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc
import pytest
from tests.desk import Desk
from tests.faults import Steps, at_every_step
from tests.registry_state import state

from dsgrid.errors import RegistryError
from dsgrid.operations.apply import apply
from dsgrid.operations.check_registry import check_registry

if TYPE_CHECKING:
    from conftest import Engines

    from dsgrid.engine import Engine


@pytest.fixture(scope="module")
def sail(engines: Engines) -> Engine:
    return engines.start("sail")


@pytest.fixture(scope="module")
def template(sail: Engine, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk.new(tmp_path_factory.mktemp("template"), sail)


@pytest.fixture(scope="module")
def with_dataset(template: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk whose dataset is submitted, and whose data have changed since."""
    desk = template.copy(tmp_path_factory.mktemp("with_dataset"))
    desk.run("register_commercial", "submit_commercial")
    file = next(path for path in sorted(desk.data.rglob("*.parquet")) if "commercial" in str(path))

    def doubled(table: Any) -> Any:
        for index, field in enumerate(table.schema):
            if str(field.type) == "double":
                table = table.set_column(index, field, pc.multiply(table.column(index), 2.0))
        return table

    desk.rewrite(str(file.relative_to(desk.data)), doubled)
    return desk


def _register(desk: Desk) -> None:
    desk.run("register_commercial")


def _apply(desk: Desk) -> None:
    apply(desk.specs / "register_commercial.toml", registry=desk.registry, allow="major", engine=desk.engine)


# Each death takes two registrations; the slow tests die at all steps.
STRIDES = pytest.mark.parametrize("stride", [pytest.param(1, id="every step", marks=pytest.mark.slow), 5])


def _sweep(template: Desk, place: Path, steps: Steps, act: Callable[[Desk], None], stride: int) -> int:
    numbers = count()

    def arrange() -> Desk:
        return template.copy(place / str(next(numbers)))

    done = arrange()
    old = state(done.registry)
    act(done)
    new = state(done.registry)
    assert new != old

    def check(desk: Desk, where: str) -> None:
        found = state(desk.registry)
        assert found in (old, new), where
        check_registry({"fix": True, "older_than": "0h"}, registry=desk.registry)
        check_registry({"checksums": True}, registry=desk.registry)
        assert state(desk.registry) == found, where
        try:
            act(desk)
        except RegistryError:
            assert found == new, f"{where}: what was not done has to succeed"
        assert state(desk.registry) == new, where
        check_registry({"checksums": True}, registry=desk.registry)

    return at_every_step(steps, arrange, act, check, stride)


@STRIDES
def test_a_death_while_a_dataset_is_registered_can_be_repeated(
    template: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stride: int
) -> None:
    assert _sweep(template, tmp_path, Steps(monkeypatch), _register, stride) > 20


@STRIDES
def test_a_death_while_other_data_are_applied_can_be_repeated(
    with_dataset: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stride: int
) -> None:
    assert _sweep(with_dataset, tmp_path, Steps(monkeypatch), _apply, stride) > 20
