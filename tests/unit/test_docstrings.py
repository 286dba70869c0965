"""The examples in docstrings are part of the manual, so they are run."""

import doctest
import importlib
import pkgutil

import pytest

import dsgrid

MODULES = [
    module.name
    for module in pkgutil.walk_packages(dsgrid.__path__, "dsgrid.")
    if "__main__" not in module.name and ".assets" not in module.name
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_a_module_hold(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
