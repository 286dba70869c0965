"""A registry to ask quick questions of: two counties, two scenarios, a dataset of energy and one of rates."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.project_specs import DATASET, PROJECT, SUBMISSION, changed, dataset, one

from dsgrid.operations.register_project import register_project
from dsgrid.operations.submit_dataset import submit_dataset
from dsgrid.registry.registry import Registry

SCENARIOS = [one("reference"), one("high")]
COUNTIES = [
    one("06037", state="CA", households=3000, coastal=True, code="037"),
    one("08031", state="CO", households=200, coastal=False, code="31"),
]


def asked_project() -> dict[str, Any]:
    spec = changed(PROJECT, "base/scenario/records", SCENARIOS)
    spec = changed(spec, "base/county/records", COUNTIES)
    requires = PROJECT["requires"]["offices"]
    return changed(spec, "requires", {"offices": requires, "rates": requires})


def asked_registry(folder: Path) -> Path:
    """Make the registry: its datasets have no data, as nothing here is answered."""
    Registry.create(folder).close()
    energy = changed(DATASET, "dimension/scenario/records", SCENARIOS)
    rates = changed(energy, "dimension/metric/class", "growth_rate")
    rates = changed(rates, "dimension/metric/records", [one("cooling", fuel_id="electricity", unit="")])
    with Registry.open(folder, write=True) as registry, registry.registration("data") as registration:
        registration.add_dataset(dataset(energy))
        registration.add_dataset(replace(dataset(rates), id="rates"))
    register_project(asked_project(), registry=folder)
    submit_dataset(SUBMISSION, registry=folder)
    submit_dataset({**SUBMISSION, "dataset": "rates"}, registry=folder)
    return folder
