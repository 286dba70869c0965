"""A dataset with a small file, registered as the job does once an engine has written the data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.project_specs import DATASET

from dsgrid.operations.register_dataset import load_dimensions
from dsgrid.registry import disk
from dsgrid.registry.model import Dataset, Layout
from dsgrid.registry.publish import data_file, new_folder, write_manifest
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import load_spec


def add_dataset(folder: Path, spec: dict[str, Any] = DATASET) -> Dataset:
    """Publish one small file, and register it as the dataset of a spec."""
    loaded = load_spec(spec, "register_dataset")
    dimensions, time = load_dimensions(loaded.root, None)
    id_ = spec["dataset"]["id"]
    with Registry.open(folder, write=True) as registry:
        where = new_folder(registry, id_, "1.0.0")
        disk.write_file(where / "facts.parquet", b"as good as any")
        files = (data_file(where, "facts.parquet", "facts", 1),)
        write_manifest(where, files)
        place = f"{where.parent.name}/{where.name}"
        dataset = Dataset(id_, "1.0.0", "modeled", dimensions, time, Layout(False, None, ()), place, files)
        with registry.registration("test", job="register_dataset") as registration:
            return registration.add_dataset(dataset)
