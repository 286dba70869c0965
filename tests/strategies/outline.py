"""A random case in few lines: what hypothesis shows when a property fails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from reference.stored import Stored

from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.mapping import Mapping
from dsgrid.registry.model import Project
from dsgrid.time.dimension import TimeDimension
from dsgrid.time.shown import shown_span

_SHOWN_ROWS = 12


def outline(project: Project, datasets: Sequence[Stored], spec: dict[str, Any]) -> str:
    """Return the parts of a case that can matter to a result."""
    return "\n".join(["", *_project(project), *(line for one in datasets for line in _dataset(one)), f"query {spec}"])


def _project(project: Project) -> Iterator[str]:
    yield f"project time {_time(project.time)}"
    for base in project.base:
        yield f"  {base.name}: {_records(base)}"
    for one in project.supplemental:
        if not one.dimension.name.startswith("all_"):
            yield f"  {one.dimension.name}: {_records(one.dimension)} of {one.of} {_mapping(one.mapping)}"


def _dataset(stored: Stored) -> Iterator[str]:
    dataset, layout = stored.dataset, stored.dataset.layout
    yield f"dataset {dataset.id} time {_time(dataset.time)}, {stored.submission.time.given}"
    for type_, dimension in dataset.dimensions.items():
        mapping = stored.submission.mappings[type_].mapping
        yield f"  {type_}: {_records(dimension)} {_mapping(mapping) if mapping else 'ids of the project'}"
    yield f"  {layout}"
    for table in (stored.lookup, stored.facts):
        if table is not None:
            shown = table.head(_SHOWN_ROWS).to_string(index=False)
            yield f"  {len(table)} rows\n{shown}"


def _time(time: TimeDimension) -> str:
    clock = f" {time.clock}" if hasattr(time, "clock") else ""
    return f"{shown_span(time)}{clock} {time.measurement} {time.year_of}"


def _records(dimension: Dimension) -> str:
    shown = (f"{record.id} ({record.name}) {record.attributes}" for record in dimension.records)
    return "; ".join(shown)


def _mapping(mapping: Mapping) -> str:
    return ", ".join(f"{one.from_id} -> {one.to_id} x {one.fraction:.3g}" for one in mapping.associations)
