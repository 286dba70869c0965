"""What operations return, as a notebook shows it."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from pathlib import Path

from changing import Bench
from tests.project_specs import dataset, project

import dsgrid.operations
from dsgrid.operations.open_registry import open_registry
from dsgrid.operations.reported import Reported


def test_every_result_that_has_a_report_shows_itself_by_it() -> None:
    names = [module.name for module in pkgutil.iter_modules(dsgrid.operations.__path__)]
    modules = [importlib.import_module(f"dsgrid.operations.{name}") for name in names]
    found = {value for module in modules for value in vars(module).values() if _is_result(value, module.__name__)}
    assert len(found) > 20
    assert [each for each in found if each.__repr__ is not Reported.__repr__] == []


def _is_result(value: object, module: str) -> bool:
    if not inspect.isclass(value) or value.__module__ != module:
        return False
    report = getattr(value, "report", None)
    # A draft's report, which asks for more, is a part of another result's.
    if not inspect.isfunction(report):
        return False
    parameters = list(inspect.signature(report).parameters.values())[1:]
    return all(parameter.default is not parameter.empty for parameter in parameters)


def test_a_result_does_not_show_the_records_that_it_holds(bench: Bench, tmp_path: Path) -> None:
    registry = open_registry(bench.folder)
    spec = {
        "spec_version": 1,
        "job": "register_dimensions",
        "owner": "many",
        "dimension": {
            "county": {
                "type": "geography",
                "class": "county",
                "records": [{"id": f"{number:05}", "name": str(number)} for number in range(3_000)],
            }
        },
    }
    assert repr(registry.plan(spec)).startswith(f"applied to {bench.folder}, this would be done:\n")
    assert repr(registry.register_dimensions(spec)).endswith("\n  many/county@1.0.0: 3000 records")
    assert repr(registry.graph("many/county")).startswith("dimension many/county@1.0.0")
    target = tmp_path / "dump"
    dumped = registry.dump({"spec_version": 1, "job": "dump", "ids": ["many/county"], "output": str(target)})
    assert repr(dumped).startswith(f"dumped {bench.folder} to ")


def test_a_project_and_a_dataset_show_themselves_in_a_few_lines() -> None:
    shown = repr(project())
    assert shown.startswith("Project ")
    assert "Record(" not in shown
    assert len(shown.splitlines()) < 12
    shown = repr(dataset())
    assert shown.startswith("Dataset ")
    assert len(shown.splitlines()) == 8
