"""The names that a project has for questions: what shells complete, and notebooks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dsgrid.operations.question_sources import submitted_to
from dsgrid.query.rules.attributes import shown_value
from dsgrid.query.rules.columns import known_columns
from dsgrid.query.time_columns import known_words
from dsgrid.registry.model import Project
from dsgrid.registry.registry import Registry
from dsgrid.spec.schemas.words import TIME_WORDS

QUICK = 0.2  # seconds that a completion waits for another process


def datasets_of(folder: Path, project: str) -> list[str]:
    """Return the ids of the datasets that were submitted to a project."""
    with Registry.open(folder, lock_timeout=QUICK) as registry:
        return submitted_to(registry, registry.project(project))


def columns_of(folder: Path, project: str) -> list[str]:
    """Return the names that an answer can keep: dimensions, attributes of records, words for time."""
    with Registry.open(folder, lock_timeout=QUICK) as registry:
        return [*names_of(registry.project(project))]


def values_of(folder: Path, project: str, name: str) -> list[str]:
    """Return the values that a dimension, or an attribute of its records, has in a project."""
    with Registry.open(folder, lock_timeout=QUICK) as registry:
        found = registry.project(project)
    of, _, attribute = name.partition(".")
    column = known_columns(found).get(of)
    if column is not None and column.dimension is not None:
        cells = [shown_value(record.get(attribute or "id")) for record in column.dimension.records]
        return [cell for cell in dict.fromkeys(cells) if cell]
    return [one.name for subset in found.subsets if subset.name == name for one in subset.selectors]


def names_of(project: Project) -> Iterator[str]:
    """Yield what an answer can keep: first dimensions, then words for time, then attributes of records."""
    words = known_words(project.time)
    known = known_columns(project)
    yield from (name for name in known if name not in TIME_WORDS or name in words)
    for name, column in known.items():
        if column.dimension is not None:
            for attribute in column.dimension.records.columns:
                if attribute != "id":
                    yield f"{name}.{attribute}"
