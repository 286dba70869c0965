"""Projects as rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

from dsgrid.dimensions.collector import paused_collector
from dsgrid.dimensions.dimension import Selector, Subset, Supplemental
from dsgrid.dimensions.types import TIME
from dsgrid.errors import RegistryError, did_you_mean
from dsgrid.registry.database import Database
from dsgrid.registry.dimensions import read_dimension, read_time, write_dimension, write_time
from dsgrid.registry.mappings import read_mapping, write_mapping
from dsgrid.registry.metadata import read_metadata, write_metadata
from dsgrid.registry.model import Coverage, Project, Requirement
from dsgrid.registry.values import decode, encode
from dsgrid.registry.versions import parts


def read_project(database: Database, key: int, *, without: Collection[str] = ()) -> Project:
    """Return the project of one version's key.

    Parameters
    ----------
    without
        Supplemental dimensions whose associations, which may be millions, are left out.
    """
    row = database.row(
        "SELECT v.*, p.id FROM project_versions v JOIN projects p ON p.key = v.project WHERE v.key = ?", (key,)
    )
    assert row is not None
    return Project(
        id=row["id"],
        name=row["name"],
        time=read_time(database, row["time"]),
        base=tuple(
            read_dimension(database, base["dimension"], base["name"])
            for base in database.select("base_dimensions", "*", project_version=key)
        ),
        supplemental=tuple(
            Supplemental(
                dimension=read_dimension(database, supplemental["dimension"], supplemental["name"]),
                of=supplemental["base"],
                mapping=read_mapping(database, supplemental["mapping"], whole=supplemental["name"] not in without),
            )
            for supplemental in database.select("supplemental_dimensions", "*", project_version=key)
        ),
        subsets=_read_subsets(database, key),
        requirements=read_requirements(database, key),
        description=row["description"],
        version=row["version"],
        metadata=read_metadata(database, "project", key),
    )


@paused_collector()
def write_project(database: Database, project: Project, registration: int) -> Project:
    """Register one version of a project with everything that it holds; return it with ids and versions."""
    _check_names(project)
    base, base_keys = [], {}
    for dimension in project.base:
        key, registered = write_dimension(database, dimension, project.id, registration)
        base.append(registered)
        base_keys[dimension.name] = key
    time_key, time = write_time(database, project.time, project.id, registration)

    entity = database.value("SELECT key FROM projects WHERE id = ?", (project.id,))
    major, minor, patch = parts(project.version)
    version = database.insert(
        "project_versions",
        project=entity or database.insert("projects", id=project.id),
        major=major,
        minor=minor,
        patch=patch,
        name=project.name,
        description=project.description,
        time=time_key,
        registration=registration,
    )
    database.insert_many(
        "base_dimensions",
        ("project_version", "position", "name", "dimension"),
        [(version, position, name, key) for position, (name, key) in enumerate(base_keys.items())],
    )
    supplemental = tuple(
        _write_supplemental(database, project, position, base_keys, version, registration)
        for position in range(len(project.supplemental))
    )
    _write_subsets(database, version, project.subsets)
    _write_requirements(database, version, project.requirements)
    write_metadata(database, "project", version, project.metadata)
    return replace(project, base=tuple(base), time=time, supplemental=supplemental)


def _check_names(project: Project) -> None:
    columns = [dimension.name for dimension in project.base]
    names = [*columns, *(each.dimension.name for each in project.supplemental), project.time.name or TIME]
    _refuse_twins(project.id, "dimensions", names)
    _refuse_twins(project.id, "subsets", [subset.name for subset in project.subsets])
    _refuse_twins(project.id, "requirements for dataset", [each.dataset_id for each in project.requirements])
    for what, name, of in (
        *(("supplemental dimension", each.dimension.name, each.of) for each in project.supplemental),
        *(("subset", each.name, each.of) for each in project.subsets),
    ):
        if of not in columns:
            hint = did_you_mean(of, columns)
            raise RegistryError(
                f'{what} "{name}" of project {project.id} is of "{of}", which is no base dimension{hint}'
            )


def _refuse_twins(project: str, what: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise RegistryError(f'project {project} has two {what} "{name}"')
        seen.add(name)


def _write_supplemental(
    database: Database, project: Project, position: int, base_keys: dict[str, int], version: int, registration: int
) -> Supplemental:
    supplemental = project.supplemental[position]
    name = supplemental.dimension.name
    key, dimension = write_dimension(database, supplemental.dimension, project.id, registration)
    mapping_key, mapping = write_mapping(
        database,
        supplemental.mapping,
        f"{project.id}/{supplemental.of}:{name}",
        (base_keys[supplemental.of], key),
        registration,
    )
    database.insert(
        "supplemental_dimensions",
        project_version=version,
        position=position,
        name=name,
        base=supplemental.of,
        dimension=key,
        mapping=mapping_key,
    )
    return replace(supplemental, dimension=dimension, mapping=mapping)


# Subsets -------------------------------------------------------------------------------------------------------------


def _read_subsets(database: Database, project: int) -> tuple[Subset, ...]:
    records: dict[tuple[str, str], list[str]] = {}
    for subset, selector, record in database.select(
        "selector_records", "subset, selector, record_id", project_version=project
    ):
        records.setdefault((subset, selector), []).append(record)
    attributes: dict[tuple[str, str], dict[str, Any]] = {}
    for subset, selector, name, type_, value in database.select(
        "selector_attributes", "subset, selector, name, type, value", project_version=project
    ):
        attributes.setdefault((subset, selector), {})[name] = decode(type_, value)
    selectors: dict[str, list[Selector]] = {}
    for subset, name, description in database.select("selectors", "subset, name, description", project_version=project):
        key = (subset, name)
        selector = Selector(name, tuple(records.get(key, ())), description, attributes.get(key, {}))
        selectors.setdefault(subset, []).append(selector)
    return tuple(
        Subset(name, of, tuple(selectors.get(name, ())), description)
        for name, of, description in database.select("subsets", "name, base, description", project_version=project)
    )


def _write_subsets(database: Database, project: int, subsets: tuple[Subset, ...]) -> None:
    for position, subset in enumerate(subsets):
        _refuse_twins(subset.name, "selectors", [selector.name for selector in subset.selectors])
        database.insert(
            "subsets",
            project_version=project,
            position=position,
            name=subset.name,
            base=subset.of,
            description=subset.description,
        )
        database.insert_many(
            "selectors",
            ("project_version", "subset", "position", "name", "description"),
            [(project, subset.name, index, each.name, each.description) for index, each in enumerate(subset.selectors)],
        )
        database.insert_many(
            "selector_records",
            ("project_version", "subset", "selector", "position", "record_id"),
            [
                (project, subset.name, selector.name, index, record)
                for selector in subset.selectors
                for index, record in enumerate(selector.ids)
            ],
        )
        database.insert_many(
            "selector_attributes",
            ("project_version", "subset", "selector", "position", "name", "type", "value"),
            [
                (project, subset.name, selector.name, index, name, *encode(value))
                for selector in subset.selectors
                for index, (name, value) in enumerate(selector.attributes.items())
            ],
        )


# Requirements --------------------------------------------------------------------------------------------------------


def read_requirements(database: Database, project: int) -> tuple[Requirement, ...]:
    """Return what the project of one version's key demands of datasets."""
    records: dict[tuple[str, int, str], list[str]] = {}
    for dataset, coverage, type_, record in database.select(
        "required_records", "dataset_id, coverage, type, record_id", project_version=project
    ):
        records.setdefault((dataset, coverage, type_), []).append(record)
    types: dict[tuple[str, int], dict[str, tuple[str, ...]]] = {}
    for dataset, coverage, type_ in database.select(
        "required_types", "dataset_id, coverage, type", project_version=project
    ):
        ids = tuple(records.get((dataset, coverage, type_), ()))
        types.setdefault((dataset, coverage), {})[type_] = ids
    return tuple(
        Requirement(
            dataset_id=dataset,
            single=Coverage(types.get((dataset, 0), {})),
            together=tuple(Coverage(types.get((dataset, coverage), {})) for coverage in range(1, together + 1)),
        )
        for dataset, together in database.select("requirements", "dataset_id, together", project_version=project)
    )


def _write_requirements(database: Database, project: int, requirements: tuple[Requirement, ...]) -> None:
    for position, requirement in enumerate(requirements):
        dataset = requirement.dataset_id
        coverages = list(enumerate((requirement.single, *requirement.together)))
        database.insert(
            "requirements",
            project_version=project,
            position=position,
            dataset_id=dataset,
            together=len(requirement.together),
        )
        database.insert_many(
            "required_types",
            ("project_version", "dataset_id", "coverage", "position", "type"),
            [
                (project, dataset, number, index, type_)
                for number, coverage in coverages
                for index, type_ in enumerate(coverage.ids)
            ],
        )
        database.insert_many(
            "required_records",
            ("project_version", "dataset_id", "coverage", "type", "position", "record_id"),
            [
                (project, dataset, number, type_, index, record)
                for number, coverage in coverages
                for type_, ids in coverage.ids.items()
                for index, record in enumerate(ids)
            ],
        )
