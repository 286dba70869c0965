"""What is registered, as the documents of specs that register it again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from dsgrid.dimensions.automatic import automatic_supplementals
from dsgrid.dimensions.dimension import Dimension, Supplemental
from dsgrid.dimensions.mapping import Mapping
from dsgrid.errors import SpecError
from dsgrid.registry.coverage import requirement_table
from dsgrid.registry.model import Dataset, Project, Submission
from dsgrid.registry.spec_tables import SpecTables
from dsgrid.registry.time_documents import files_beside, rules_table, time_table
from dsgrid.spec.origin import fitted
from dsgrid.time.dimension import TimeDimension
from dsgrid.time.files import as_stored
from dsgrid.toml_text import Inline

Document = dict[str, Any]
Part = Dimension | TimeDimension | Mapping
# The value of `use` for a part that someone else registered, under the id that it would have here; empty: write it out.
Use = Callable[[Part, str], str]


def by_version(part: Part, own_id: str) -> str:
    """Use what is registered elsewhere, in its exact version."""
    return "" if part.id in ("", own_id) else f"{part.id}@{part.version}"


def project_document(project: Project, tables: SpecTables, use: Use = by_version) -> Document:
    """Return the spec of a project and write its tables."""
    base = {dimension.name: dimension for dimension in project.base}
    automatic = _automatic(project)
    names = {supplemental.dimension.name for supplemental in automatic}
    return {
        **_head("register_project", f"Register project {project.id} {project.version} again"),
        "project": {"id": project.id, "name": project.name, **_described(project), **_metadata(project)},
        "time": _used(project.time, project.id, use) or time_table(project.time),
        "base": {
            dimension.name: {"type": dimension.type, **_dimension(dimension, project.id, tables, use)}
            for dimension in project.base
        },
        "supplemental": {
            each.dimension.name: _supplemental(each, project.id, tables, use)
            for each in project.supplemental
            if each not in automatic
        },
        "subset": {
            subset.name: {
                "of": subset.of,
                **_described(subset),
                **(_class_of(project, subset.name) if subset.name in names else {"supplemental": False}),
                "selectors": tables.selectors(subset, base[subset.of]),
                **_only(
                    attributes={
                        selector.name: {**_only(name=selector.description), **selector.attributes}
                        for selector in subset.selectors
                        if selector.description or selector.attributes
                    }
                ),
            }
            for subset in project.subsets
        },
        "requires": {each.dataset_id: requirement_table(each, project) for each in project.requirements},
    }


def dataset_document(
    dataset: Dataset, data: str, tables: SpecTables, use: Use = by_version, precision: str = ""
) -> Document:
    """Return the spec of a dataset and write its tables.

    Parameters
    ----------
    data
        The folder of its published files, as the spec names it.
    precision
        ``float32``, or nothing.
    """
    layout = dataset.layout
    files = {
        role: [f"{data}/{file.path}" for file in dataset.files if file.role == role]
        for role in ("lookup", "missing", "expected")
    }
    return {
        **_head("register_dataset", f"Register dataset {dataset.id} {dataset.version} again"),
        "dataset": {"id": dataset.id, "kind": dataset.kind, **_described(dataset), **_metadata(dataset)},
        # The files as the registry keeps them: columns are named by their dimension type, labels are instants.
        "data": {
            "table": f"{data}/facts",
            **_only(
                lookup="".join(files["lookup"][:1]),
                pivot=layout.pivot or "",
                precision=precision,
                missing=files["missing"],
                expected=files["expected"],
            ),
        },
        "dimension": {
            type_: {"name": dimension.name, **_dimension(dimension, dataset.id, tables, use)}
            for type_, dimension in dataset.dimensions.items()
        },
        "time": _dataset_time(dataset, use),
        **_only(checks=list(dataset.checks)),
    }


def submission_document(
    submission: Submission, dataset: Dataset, tables: SpecTables, use: Use = by_version, shape: str = ""
) -> Document:
    """Return the spec of a submission and write its mappings.

    Parameters
    ----------
    shape
        How the spec names the dataset whose course annual values follow, if not by its id.
    """
    owner = f"{submission.project_id}/{submission.dataset_id}"
    mappings: Document = {}
    for type_, target in submission.mappings.items():
        if target.mapping is None:
            continue
        own = dataset.dimensions[type_].name
        used = use(target.mapping, f"{owner}/{own}:{target.base}")
        name = f"{submission.project_id}_{own}_to_{target.base}"
        mappings[type_] = (
            {"to": target.base, "use": used} if used else dict(tables.mapping(target.mapping, name, target.base))
        )
    return {
        **_head("submit_dataset", f"Submit {submission.dataset_id} to {submission.project_id} again"),
        "project": submission.project_id,
        "dataset": submission.dataset_id,
        **_only(wrap_time=submission.time.wrap),
        "mapping": mappings | _only(time=rules_table(submission.time, shape)),
    }


def dimensions_document(owner: str, parts: Iterable[Dimension | TimeDimension], tables: SpecTables) -> Document:
    """Return the spec of dimensions that stand for themselves and write their records."""
    document: Document = {
        **_head("register_dimensions", f"Register dimensions of {owner} again"),
        "owner": owner,
        "dimension": {},
        "time": {},
    }
    for part in parts:
        name = part.id.removeprefix(f"{owner}/")
        if isinstance(part, Dimension):
            document["dimension"][name] = {"type": part.type, **_records(part, tables)}
        else:
            document["time"][name] = {key: value for key, value in time_table(part).items() if key != "name"}
    return {key: value for key, value in document.items() if value != {}}


def mappings_document(
    owner: str, parts: Iterable[tuple[Mapping, tuple[str, str]]], tables: SpecTables, use: Callable[[str], str]
) -> Document:
    """Return the spec of mappings that stand for themselves and write their records.

    Parameters
    ----------
    parts
        Mappings, each with the references of the two dimensions that it maps.
    use
        What such a reference becomes in the spec.
    """
    mappings = {}
    for mapping, (from_, to) in parts:
        name = plain_name(mapping.id, owner)
        mappings[name] = {"from": use(from_), "to": use(to), **tables.mapping(mapping, name)}
    return {
        **_head("register_mappings", f"Register mappings of {owner} again"),
        "owner": owner,
        "mapping": mappings,
    }


def plain_name(mapping: str, owner: str) -> str:
    """Return the name of a mapping by its id; that of a project's own is no name that a spec can give."""
    return mapping.removeprefix(f"{owner}/").replace("/", "_").replace(":", "_to_")


def _dataset_time(dataset: Dataset, use: Use) -> Document:
    stored = as_stored(dataset.time)
    used = _used(dataset.time, dataset.id, use)
    beside = files_beside(dataset.time, stored) if used else None
    return time_table(stored, files=True) if beside is None else {**used, **beside}


def _used(time: TimeDimension, owner: str, use: Use) -> Document:
    return _only(use=use(time, f"{owner}/{time.name or 'time'}"))


def _supplemental(each: Supplemental, owner: str, tables: SpecTables, use: Use) -> Document:
    name = each.dimension.name
    used = use(each.mapping, f"{owner}/{each.of}:{name}")
    mapping = Inline({"use": used}) if used else tables.mapping(each.mapping, f"{each.of}_to_{name}")
    table = _dimension(each.dimension, owner, tables, use)
    # A description further down would read like that of the mapping.
    last = {key: table.pop(key) for key in ("description",) if key in table}
    return {"of": each.of, **table, "mapping": mapping, **last}


def _head(job: str, log_message: str) -> Document:
    return {"spec_version": 1, "job": job, "log_message": log_message}


def _described(value: Any) -> Document:
    return {"description": value.description} if value.description else {}


def _metadata(value: Project | Dataset) -> Document:
    found = value.metadata
    return {**found, "origin": fitted(found["origin"])} if "origin" in found else found


def _only(**values: Any) -> Document:
    return {key: value for key, value in values.items() if value}


def _dimension(dimension: Dimension, owner: str, tables: SpecTables, use: Use) -> Document:
    used = use(dimension, f"{owner}/{dimension.name}")
    return {"use": used} if used else _records(dimension, tables)


def _records(dimension: Dimension, tables: SpecTables) -> Document:
    return {"class": dimension.record_class, "records": tables.records(dimension), **_described(dimension)}


def _automatic(project: Project) -> tuple[Supplemental, ...]:
    """Return the supplemental dimensions that registering the project again adds by itself."""
    registered = {each.dimension.name: each for each in project.supplemental}
    made: list[Supplemental] = list(automatic_supplementals(project.base))
    for subset in project.subsets:
        wanted = registered.get(subset.name)
        if wanted is not None:
            try:
                selection = [(subset, True, wanted.dimension.record_class)]
                made += automatic_supplementals(project.base, selection)[len(automatic_supplementals(project.base)) :]
            except SpecError:
                continue  # the project's own, of another make
    found = (registered.get(each.dimension.name) for each in made)
    return tuple(old for old, new in zip(found, made, strict=True) if old is not None and _unregistered(old) == new)


def _unregistered(supplemental: Supplemental) -> Supplemental:
    return replace(
        supplemental,
        dimension=replace(supplemental.dimension, id="", version=""),
        mapping=replace(supplemental.mapping, id="", version=""),
    )


def _class_of(project: Project, name: str) -> Document:
    supplemental = next(each for each in project.supplemental if each.dimension.name == name)
    return {"class": supplemental.dimension.record_class}
