"""A registry of one project and two datasets with published files, without an engine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from registry_values import example_dataset, example_project, example_submission, register

from dsgrid.registry.model import Dataset
from dsgrid.registry.publish import data_file, new_folder, write_manifest
from dsgrid.registry.registry import Registry


def publish(registry: Registry, id_: str, contents: bytes = b"facts", **changes: Any) -> Dataset:
    """Register a dataset whose files hold these bytes; `changes` are to the example."""
    folder = new_folder(registry, id_, "1.0.0")
    (folder / "facts").mkdir()
    for name in ("facts/part-0.parquet", "associations.parquet"):
        (folder / name).write_bytes(contents + name.encode())
    files = (
        data_file(folder, "facts/part-0.parquet", "facts", 10),
        data_file(folder, "associations.parquet", "associations", 2),
    )
    write_manifest(folder, files, {"engine": "none"})
    dataset = replace(example_dataset(id_, folder.relative_to(registry.data).as_posix()), files=files, **changes)
    register(registry, dataset)
    return dataset


def published_registry(folder: Path, *datasets: str) -> Path:
    """Make a registry with the project conus_2022, and these datasets submitted to it; return its folder."""
    with Registry.create(folder) as registry:
        register(registry, example_project())
        for id_ in datasets or ("comstock", "resstock"):
            publish(registry, id_)
            register(registry, example_submission(dataset=id_))
    return folder


def contents(folder: Path) -> dict[str, object]:
    """Return everything that a registry lists and that its datasets' files hold."""
    with Registry.open(folder) as registry:
        found: dict[str, object] = {
            name: getattr(registry, name)(all_versions=True)
            for name in ("projects", "datasets", "dimensions", "mappings")
        }
        found |= {"submissions": registry.submissions(), "registrations": registry.registrations()}
        found["files"] = {
            path.relative_to(registry.data).as_posix(): path.read_bytes()
            for path in sorted(registry.data.rglob("*"))
            if path.is_file()
        }
    return found
