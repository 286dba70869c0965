"""JSON Schemas of the specs, one per job, and of the files of sites and servers: written here as Python, kept in `schemas/` as files.

``python -m dsgrid.spec.schemas`` writes the files. Each is self-contained, because editors stop validating, without
a word, at a reference to another file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from dsgrid.spec.schemas import dataset_query, dimension, project, where
from dsgrid.spec.schemas.bulk import BULK
from dsgrid.spec.schemas.checks import CHECK_DATASET
from dsgrid.spec.schemas.copies import CHECK_REGISTRY, COPY_REGISTRY, FILTER_REGISTRY
from dsgrid.spec.schemas.dataset import REGISTER_DATASET
from dsgrid.spec.schemas.dataset_query import QUERY_DATASET
from dsgrid.spec.schemas.derivation import CREATE_DERIVED_DATASET, REGISTER_COMPOSITE
from dsgrid.spec.schemas.dumps import DUMP
from dsgrid.spec.schemas.export import EXPORT_RESULT
from dsgrid.spec.schemas.fragments import DRAFT, Schema
from dsgrid.spec.schemas.generation import GENERATE_DATASET, GENERATE_PROJECT
from dsgrid.spec.schemas.importing import IMPORT_PROJECT
from dsgrid.spec.schemas.importing_registry import IMPORT_REGISTRY
from dsgrid.spec.schemas.map_dataset import MAP_DATASET
from dsgrid.spec.schemas.parts import REGISTER_DIMENSIONS, REGISTER_MAPPINGS
from dsgrid.spec.schemas.project import REGISTER_PROJECT
from dsgrid.spec.schemas.query import QUERY
from dsgrid.spec.schemas.registry import CREATE_REGISTRY
from dsgrid.spec.schemas.removal import REMOVE
from dsgrid.spec.schemas.server import SERVER
from dsgrid.spec.schemas.site import SITE
from dsgrid.spec.schemas.submission import REGISTER_AND_SUBMIT_DATASET, SUBMIT_DATASET

# In the order of a first day with dsgrid.
JOBS: Final = {
    schema["title"]: schema
    for schema in (
        *(CREATE_REGISTRY, REGISTER_PROJECT, REGISTER_DATASET, SUBMIT_DATASET, REGISTER_AND_SUBMIT_DATASET, QUERY),
        *(QUERY_DATASET, MAP_DATASET, EXPORT_RESULT),
        *(CREATE_DERIVED_DATASET, REGISTER_COMPOSITE),
        *(REGISTER_DIMENSIONS, REGISTER_MAPPINGS, BULK, REMOVE),
        *(GENERATE_DATASET, GENERATE_PROJECT, DUMP, CHECK_DATASET),
        *(CHECK_REGISTRY, COPY_REGISTRY, FILTER_REGISTRY),
        IMPORT_PROJECT,
        IMPORT_REGISTRY,
    )
}

# Files that ask for nothing, and so have no job; `dsgrid.spec.validate.WITHOUT_JOB` names them, too.
OTHERS: Final = {"server": SERVER, "site": SITE}

_DEFINITIONS: Final = {
    **dimension.DEFINITIONS,
    **project.DEFINITIONS,
    **where.DEFINITIONS,
    **dataset_query.DEFINITIONS,
}


# The same by the names that people read.
SHARED: Final = {name.replace("_", " "): schema for name, schema in _DEFINITIONS.items()}


def job_schema(job: str) -> Schema:
    """Return the whole schema of a job (or of one of `OTHERS`), with the definitions that it needs."""
    schema = {"$schema": DRAFT, **{**JOBS, **OTHERS}[job]}
    needed: dict[str, Schema] = {}
    waiting = list(_references(schema))
    while waiting:
        name = waiting.pop(0)
        if name not in needed:
            needed[name] = _DEFINITIONS[name]
            waiting.extend(_references(_DEFINITIONS[name]))
    return {**schema, "definitions": needed} if needed else schema


def files() -> dict[str, str]:
    """Return the texts of the schema files by their names."""
    names = (*JOBS, *OTHERS)
    return {f"{name}.schema.json": json.dumps(job_schema(name), indent=2, ensure_ascii=False) + "\n" for name in names}


def stale(folder: Path) -> list[str]:
    """Return the names of the files in `folder` that are not what this package writes, or should not be there."""
    texts = files()
    wrong = [
        name
        for name, text in texts.items()
        if not (folder / name).is_file() or (folder / name).read_text("utf-8") != text
    ]
    return wrong + sorted(path.name for path in folder.glob("*.schema.json") if path.name not in texts)


def write(folder: Path) -> list[str]:
    """Write the files that are stale and remove those of jobs that are gone; return their names."""
    changed = stale(folder)
    texts = files()
    folder.mkdir(parents=True, exist_ok=True)
    for name in changed:
        if name in texts:
            (folder / name).write_text(texts[name], "utf-8")
        else:
            (folder / name).unlink()
    return changed


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, child in value.items():
            if key == "$ref":
                yield child.rpartition("/")[2]
            else:
                yield from _references(child)
    elif isinstance(value, list):
        for child in value:
            yield from _references(child)
