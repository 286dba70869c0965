from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dsgrid.errors import SpecError
from dsgrid.importers.document import Entry
from dsgrid.importers.shared import dimensions
from dsgrid.spec.load import load_spec

from .conftest import PROJECT, TIME


def _document(repository: Path, *more: dict[str, Any]) -> Entry:
    base = [entry for entry in PROJECT["dimensions"]["base_dimensions"] if entry["name"] in ("county", "time_est")]
    return Entry({"dimensions": [*base, *more]}, repository / "dimensions.json5")


def test_dimensions_that_several_datasets_use_become_one_spec(repository: Path) -> None:
    translation = dimensions(_document(repository), "demo")
    assert translation.spec["owner"] == "demo"
    counties = {"type": "geography", "class": "county", "records": str(repository / "counties.csv")}
    assert translation.spec["dimension"] == {"county": counties}
    assert list(translation.spec["time"]) == ["time_est"]
    assert load_spec(translation.spec).job == "register_dimensions"


def test_two_dimensions_of_one_name_are_an_error(repository: Path) -> None:
    with pytest.raises(SpecError, match=r'dimensions\[2\]: there are two dimensions "time_est"'):
        dimensions(_document(repository, TIME), "demo")
