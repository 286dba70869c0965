"""What the numbers of an index count is said by the project that lists its dataset, whichever came first."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from dsgrid.importers.registry.source import Model
from dsgrid.operations.imported_datasets import listing_project


def project(version: str, *datasets: str, broken: str = "") -> Model:
    document: dict[str, Any] = {"datasets": [{"dataset_id": id_} for id_ in datasets]}
    return Model("project", "loads_2020", version, 1, document, broken)


def found(dataset: str, known: Model | None, *models: Model) -> str | None:
    projects = {} if known is None else {known.id: known}
    old = SimpleNamespace(models=models, database=Path("registry.db"))
    entry = listing_project(cast(Any, SimpleNamespace(projects=projects, old=old)), dataset)
    return None if entry is None else str(entry.path[-1])


def test_a_project_that_is_registered_after_its_dataset_says_what_its_index_counts() -> None:
    first, second = project("1.0.0", "other"), project("1.1.0", "other", "loads")
    assert found("loads", first, first, second) == "loads_2020@1.1.0"
    assert found("loads", None, project("0.1.0", "loads", broken="no JSON"), second) == "loads_2020@1.1.0"
    assert found("other", second, first, second) == "loads_2020@1.1.0"
    assert found("nobody", first, first, second) is None
