"""The operation `register_project`: dimensions, mappings, subsets and requirements, all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from dsgrid.datasets.offenders import counted
from dsgrid.dimensions.automatic import automatic_supplementals
from dsgrid.dimensions.collector import paused_collector
from dsgrid.dimensions.dimension import Dimension, Subset, Supplemental
from dsgrid.dimensions.ids import unknown_ids
from dsgrid.dimensions.load import load_subset
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.errors import Problem, did_you_mean
from dsgrid.operations.definitions import Gathered, metadata_of, own_dimension, own_mapping
from dsgrid.operations.location import registry_folder
from dsgrid.operations.registering import registering
from dsgrid.operations.reported import Reported
from dsgrid.operations.reuse import registered_dimension, registered_mapping, time_of
from dsgrid.registry.model import Coverage, Project, Requirement
from dsgrid.registry.proposal import Proposal
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import Spec, load_spec
from dsgrid.spec.node import Node
from dsgrid.spec.schemas.words import TIME_WORDS
from dsgrid.time.agreement import project_disagreements


@dataclass(frozen=True, repr=False)
class RegisteredProject(Reported):
    """A project that is registered now."""

    project: Project
    folder: Path

    def report(self) -> str:
        """Return what to tell the user."""
        project = self.project
        records = sum(len(dimension.records) for dimension in project.base)
        return (
            f"registered project {project.id}@{project.version} in {self.folder}: {len(project.base)} base dimensions "
            f"with {records} records, {len(project.supplemental)} supplemental dimensions, {len(project.subsets)} "
            f"subsets, requirements for {counted(len(project.requirements), 'dataset')}"
        )


def register_project(
    spec: str | Path | Mapping[str, Any] | Spec,
    *,
    registry: str | Path | None = None,
    engine: object = None,
    progress: Callable[[str], None] | None = None,
    variables: Mapping[str, str] | None = None,
) -> RegisteredProject:
    """Register a project with its dimensions and mappings in one transaction.

    Raises
    ------
    SpecError, DataError
        With everything that is wrong with the spec and the tables that it names.
    RegistryError
        If the project is registered already.
    """
    loaded = load_spec(spec, "register_project", variables)
    folder = registry_folder(loaded, registry)
    with Registry.open(folder, write=True) as opened:
        project = build_project(loaded.root, opened)
        with registering(opened, loaded, f"Register project {project.id}") as registration:
            registered = registration.add_project(project)
    return RegisteredProject(registered, folder)


def proposal(spec: Spec, registry: Registry) -> Proposal:
    """Return what applying a spec would change; see `dsgrid.operations.plan`."""
    return registry.proposals.project(build_project(spec.root, registry))


@paused_collector()
def build_project(root: Node, registry: Registry | None) -> Project:
    """Return the project that a spec defines; `registry` provides the dimensions that it reuses.

    Raises
    ------
    DsgridError
        A SpecError or DataError with the problems of all parts, not only of the first.
    """
    gathered = Gathered()
    time = gathered.take(lambda: time_of(root["time"], registry, of_dataset=False))
    base = gathered.each(partial(_base, name, node, registry) for name, node in root["base"].items())
    gathered.problems.extend(_missing_types(root, base))
    by_name = {dimension.name: dimension for dimension in base}
    failed = {name for name, _ in root["base"].items() if name not in by_name}
    supplemental = gathered.each(
        partial(_supplemental, name, node, by_name, registry) for name, node in _tables(root, "supplemental", failed)
    )
    subsets = gathered.each(partial(_subset, name, node, by_name) for name, node in _tables(root, "subset", failed))
    gathered.raise_any()
    assert time is not None
    # What every project gets gives way to the project's own choice of name; a subset's name is its own choice, too.
    taken = {one.dimension.name for one in supplemental} | set(by_name)
    taken -= {subset.name for subset, _, _ in subsets}
    automatic = tuple(one for one in automatic_supplementals(base, subsets) if one.dimension.name not in taken)
    project = Project(
        id=root["project"]["id"].value,
        name=root["project"].string("name") or root["project"]["id"].value,
        time=time,
        base=base,
        supplemental=(*supplemental, *automatic),
        subsets=tuple(subset for subset, _, _ in subsets),
        description=root["project"].string("description"),
        metadata=metadata_of(root["project"]),
    )
    gathered.problems.extend(_name_clashes(root, project))
    gathered.problems.extend(map(root["time"].problem, project_disagreements(time, base)))
    requirements = gathered.each(
        partial(_requirement, dataset_id, node, project) for dataset_id, node in _tables(root, "requires")
    )
    gathered.raise_any()
    return replace(project, requirements=requirements)


def _tables(root: Node, key: str, failed: Collection[str] = ()) -> Iterator[tuple[str, Node]]:
    """Yield the tables under a key, but for those of base dimensions about which enough is said already."""
    node = root.get(key)
    for name, table in node.items() if node is not None else ():
        if table.string("of") not in failed:
            yield name, table


def _base(name: str, node: Node, registry: Registry | None) -> Dimension:
    type_ = node.string("type")
    if "use" in node:
        return replace(registered_dimension(node["use"], type_, registry), name=name)
    return own_dimension(node, name, type_)


def _missing_types(root: Node, base: tuple[Dimension, ...]) -> list[Problem]:
    named = {node.string("type") for _, node in root["base"].items()} | {dimension.type for dimension in base}
    missing = [type_ for type_ in RECORD_TYPES if type_ not in named]
    if not missing or any("use" in node and not node.string("type") for _, node in root["base"].items()):
        return []
    return [root["base"].problem(f"a project has a base dimension of every type; missing: {', '.join(missing)}")]


def _of(node: Node, by_name: Mapping[str, Dimension]) -> Dimension:
    of = node["of"].value
    if of not in by_name:
        raise node["of"].error(f'there is no base dimension "{of}"{did_you_mean(of, by_name)}')
    return by_name[of]


def _supplemental(name: str, node: Node, by_name: Mapping[str, Dimension], registry: Registry | None) -> Supplemental:
    base = _of(node, by_name)
    if "use" in node:
        dimension = replace(registered_dimension(node["use"], base.type, registry), name=name)
    else:
        dimension = own_dimension(node, name, base.type)
    table = node["mapping"]
    if "use" in table:
        ends = (f'base dimension "{base.name}"', f'supplemental dimension "{name}"')
        return Supplemental(dimension, base.name, registered_mapping(table["use"], registry, base, dimension, ends))
    return Supplemental(dimension, base.name, own_mapping(table, base, dimension))


def _subset(name: str, node: Node, by_name: Mapping[str, Dimension]) -> tuple[Subset, bool, str]:
    """Return a subset, whether its selectors are a supplemental dimension, and the class of that."""
    subset = load_subset(node, name, _of(node, by_name))
    return subset, bool(node.scalar("supplemental", True)), node.string("class")


def _name_clashes(root: Node, project: Project) -> list[Problem]:
    """Names are columns: one name, one meaning in a project. The engines look columns up without regard to case."""
    meanings: dict[str, list[str]] = {}

    def mean(name: str, what: str) -> None:
        meanings.setdefault(name.casefold(), []).append(f'{what} "{name}"')

    for dimension in project.base:
        mean(dimension.name, "base dimension")
    subsets = {subset.name for subset in project.subsets}
    own = {name for name, _ in _tables(root, "supplemental")}
    for name in dict.fromkeys(one.dimension.name for one in project.supplemental):
        if name in own or name not in subsets:  # the dimension that a subset makes has its name
            mean(name, "supplemental dimension")
    mean(project.time.name, "time dimension")
    for name in subsets:
        mean(name, "subset")
    for word in (*TIME_WORDS, "value", "unit"):
        if word in meanings:
            mean(word, "reserved word")
    return [
        _named_last(root, folded).problem(
            f"a name has one meaning in a project, but there are {' and '.join(found)}; rename one"
        )
        for folded, found in meanings.items()
        if len(found) > 1
    ]


def _named_last(root: Node, folded: str) -> Node:
    """Return the last table that gives a name, in small letters; the whole spec where none does."""
    tables = [root[section] for section in ("base", "supplemental", "subset") if section in root]
    found = [child for table in tables for name, child in table.items() if name.casefold() == folded]
    return found[-1] if found else root


def _requirement(dataset_id: str, node: Node, project: Project) -> Requirement:
    single: dict[str, tuple[str, ...]] = {}
    together: list[Coverage] = []
    for key, child in node.items():
        if key == "together":
            for entry in child:
                together.append(Coverage({type_: _ids(type_, one, project) for type_, one in entry.items()}))
        else:
            single[key] = _ids(key, child, project)
    both = sorted(set(single) & {type_ for entry in together for type_ in entry.ids})
    if both:
        raise node.error(f"{both[0]} is constrained alone and in `together`; say it once")
    for index, first in enumerate(together):
        for second in together[index + 1 :]:
            shared = set(first.ids) & set(second.ids)
            if shared and set(first.ids) != set(second.ids):
                raise node["together"].error(
                    f"two entries share {', '.join(sorted(shared))} but not all their types; give them the same types"
                )
    return Requirement(dataset_id, Coverage(single), tuple(together))


def _ids(type_: str, node: Node, project: Project) -> tuple[str, ...]:
    bases = project.base_of_type(type_)
    known = {id_: None for dimension in bases for id_ in dimension.records.ids}
    if isinstance(node.value, list):
        return _known(node, node.value, known, type_)
    ids: dict[str, None] = {}
    if "except" in node:
        left_out = _known(node["except"], node["except"].value, known, type_)
        ids.update((id_, None) for id_ in known if id_ not in left_out)
    if "ids" in node:
        ids.update((id_, None) for id_ in _known(node["ids"], node["ids"].value, known, type_))
    if "subset" in node:
        ids.update((id_, None) for id_ in _selected(node, type_, project))
    return tuple(ids)


def _known(node: Node, ids: list[str], known: Mapping[str, object], type_: str) -> tuple[str, ...]:
    wrong = unknown_ids(ids, known, f"record of {type_}")
    if wrong is not None:
        raise node.error(wrong)
    return tuple(ids)


def _selected(node: Node, type_: str, project: Project) -> Iterator[str]:
    name = node["subset"].value
    by_type = {dimension.name: dimension.type for dimension in project.base}
    subsets = {subset.name: subset for subset in project.subsets if by_type[subset.of] == type_}
    if name not in subsets:
        raise node["subset"].error(f'there is no subset "{name}" of {type_}{did_you_mean(name, subsets)}')
    selectors = {selector.name: selector for selector in subsets[name].selectors}
    for one in node["selectors"]:
        if one.value not in selectors:
            raise one.error(f'subset "{name}" has no selector "{one.value}"{did_you_mean(one.value, selectors)}')
        yield from selectors[one.value].ids
