"""The examples in docstrings are part of the manual, so they are run."""

import doctest
import importlib
from pathlib import Path

import pytest

import dsgrid

_ROOT = Path(dsgrid.__file__).parent
# Found as files: looking for modules that have no example would import all of them.
FILES = [
    path for path in sorted(_ROOT.rglob("*.py")) if path.name != "__main__.py" and _ROOT / "assets" not in path.parents
]


def _module(path: Path) -> str:
    return ".".join(path.relative_to(_ROOT.parent).with_suffix("").parts).removesuffix(".__init__")


EXAMPLES = [_module(path) for path in FILES if ">>> " in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_of_a_module_hold(name: str) -> None:
    results = doctest.testmod(importlib.import_module(name))
    assert results.attempted > 0, "its examples are not in docstrings"
    assert results.failed == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", [_module(path) for path in FILES])
def test_a_module_can_be_imported(name: str) -> None:
    importlib.import_module(name)
