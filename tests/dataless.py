"""Datasets without data, registered as `register_dataset` would, but for the engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dsgrid.operations.register_dataset import draft_dataset
from dsgrid.registry.model import Dataset
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import load_spec


def add_dataset(folder: Path, spec: dict[str, Any]) -> Dataset:
    """Register the dataset that a spec defines, without its data."""
    with Registry.open(folder, write=True) as opened:
        draft = draft_dataset(load_spec(spec, "register_dataset").root, opened)
        with opened.registration("without data") as registration:
            return registration.add_dataset(draft)
