"""The queries of a repository, and what is registered of their results."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from dsgrid.importers.conversion import QUERIES, RESULTS, Conversion, safe_name
from dsgrid.importers.dataset_query import dataset_query
from dsgrid.importers.document import Entry
from dsgrid.importers.outcomes import Part, remark
from dsgrid.importers.query import query
from dsgrid.importers.repository import id_of
from dsgrid.importers.translation import Remark, Translation


@dataclass(frozen=True)
class Derivation:
    """A dataset that is made of a query's result.

    Parameters
    ----------
    query, spec
        The query, and the spec that makes the dataset's specs of its result.
    waiting
        Why that cannot be done yet; empty when it can.
    """

    id: str
    query: Part
    spec: Part
    waiting: str = ""


def queries(conversion: Conversion) -> None:
    """Translate all queries; of equal ones the first."""
    seen: dict[str, Entry] = {}
    for document in conversion.repository.of_kind("query"):
        same = json.dumps(document.value, sort_keys=True)
        if same in seen:
            conversion.outcomes.settle(document.file, "left out", f"says the same as {seen[same].file}")
            continue
        seen[same] = document
        _query(conversion, document)


def _query(conversion: Conversion, document: Entry) -> None:
    outcomes, projects = conversion.outcomes, conversion.repository.projects
    asked = document["project"]
    id_ = id_of(asked, "project_id")
    if id_ not in projects:
        known = ", ".join(f'"{name}"' for name in projects) or "none"
        message = f'the project "{id_}" is not in this repository (projects: {known})'
        place = asked.get("project_id") or document
        outcomes.refuse(document.file, place.problem(message))
        return
    results = conversion.settings.target / RESULTS
    made = outcomes.attempt(document.file, lambda: query(document, projects[id_], results))
    if made is not None:
        _add(conversion, document, made)


def _add(conversion: Conversion, document: Entry, made: Translation) -> None:
    """Add a query under a name that no other one has, as results lie in folders of these names."""
    name = str(made.spec["name"])
    parts = [part for part in conversion.outcomes.parts.values() if "name" in part.translation.spec]
    for part in parts:
        if all(part.translation.spec.get(key) == value for key, value in made.spec.items()):
            conversion.outcomes.settle(
                document.file, "left out", f"asks the same as {conversion.relative(part.source)}"
            )
            return
    taken = {str(part.translation.spec["name"]) for part in parts}
    number = 1
    while (free := name if number == 1 else f"{name}_{number}") in taken:
        number += 1
    remarks: tuple[Remark, ...] = ()
    if free != name:
        remarks = (
            remark("renamed", document["name"], f'another query is called so, too; this one is "{free}"', "name"),
        )
        made = replace(made, spec={**made.spec, "name": free})
    conversion.add(document, QUERIES, made, safe_name(free), remarks=remarks)


def dataset_queries(conversion: Conversion) -> None:
    """Translate queries of datasets, which need no project."""
    results = conversion.settings.target / RESULTS
    for document in conversion.repository.of_kind("dataset query"):
        own = conversion.repository.datasets.get(id_of(document, "dataset_id"))
        made = conversion.outcomes.attempt(
            document.file,
            partial(dataset_query, document, results, conversion.names, configuration=own),
        )
        if made is not None:
            _add(conversion, document, made)


def derivations(conversion: Conversion) -> tuple[Derivation, ...]:
    """Write what makes datasets of the results of queries: of those whose dataset the project lists, and has no data.

    The dataset's own configuration, if there is one, describes what dsgrid-toolkit would have registered; here the
    query's result says all of it.
    """
    parts = conversion.outcomes.parts
    specs = {part.source: part for part in parts.values() if part.translation.job == "query"}
    datasets = {
        part.translation.spec["dataset"]["id"]: part
        for part in parts.values()
        if part.translation.job == "register_dataset"
    }
    found: list[Derivation] = []
    for id_, document in conversion.derived.items():
        asked, own = specs.get(document.file), datasets.get(id_)
        if asked is not None and (own is None or own.waiting):
            found.append(_derivation(conversion, id_, document, asked, own))
            _say_others(conversion, id_, asked, specs)
    return tuple(replace(one, waiting=_waiting(one, found, datasets)) for one in found)


def _say_others(conversion: Conversion, id_: str, asked: Part, specs: Mapping[Path, Part]) -> None:
    """Say of other queries that make the same dataset that they are not taken for it."""
    for document in conversion.repository.of_kind("query"):
        other = specs.get(document.file)
        if other is None or other.path == asked.path or other.translation.spec.get("step"):
            continue
        place = document["project"].get("dataset")
        if place is not None and id_of(place, "dataset_id") == id_:
            message = f'two queries make the dataset "{id_}": bulk_derived.toml takes {asked.path}'
            said = remark("decide", place["dataset_id"], message)
            conversion.outcomes.parts[other.path] = other.saying(said)


def _waiting(derivation: Derivation, others: Sequence[Derivation], datasets: Mapping[str, Part]) -> str:
    """Return why a query cannot be asked yet: its sources have no data, or are made of a query themselves."""
    spec = derivation.query.translation.spec
    tables = spec.get("source", {})
    plain = [name for name in spec.get("datasets", ()) if name not in tables]
    read = [*plain, *(text for table in tables.values() for text in table.values() if isinstance(text, str))]
    made = {one.id for one in others}
    for name in read:
        if name in made:
            return f'it reads "{name}", which has to be registered first'
        if name in datasets and datasets[name].waiting:
            return f'it reads "{name}", which is not registered: {datasets[name].waiting}'
    return ""


def _derivation(conversion: Conversion, id_: str, document: Entry, asked: Part, own: Part | None) -> Derivation:
    target = conversion.settings.target
    folder = f"derived/{safe_name(id_)}"
    about = "" if own is None else own.translation.spec["dataset"].get("description", "")
    spec: dict[str, Any] = {
        "spec_version": 1,
        "job": "create_derived_dataset",
        "result": str(target / RESULTS / safe_name(asked.translation.spec["name"])),
        "id": id_,
        "output": str(target / folder / "specs"),
        "overwrite": True,
    }
    if about:
        spec["description"] = about
    message = f'the dataset "{id_}" is made of the result of {asked.path}: bulk_derived.toml does it'
    place = document["project"]["dataset"]["dataset_id"]
    said = remark("changed", place, message, "id")
    made = conversion.add(document, folder, Translation("create_derived_dataset", spec), remarks=(said,))
    return Derivation(id_, asked, made)
