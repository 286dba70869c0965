"""Registries whose things use each other in many ways: new versions, shared dimensions, datasets made by queries."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st
from registry_values import TIME, example_dataset, example_project, example_submission

from dsgrid.registry.dimensions import write_dimension
from dsgrid.registry.graph import Graph, Node
from dsgrid.registry.lineage import Lineage, Source
from dsgrid.registry.model import Dataset, Project
from dsgrid.registry.projects import write_project
from dsgrid.registry.registry import Registry
from dsgrid.registry.versions import bump
from dsgrid.time.rules import TimeRules


def add_query_result(registry: Registry, id_: str, project: str, *datasets: str, run: str = "run", **more: str) -> None:
    """Register a dataset that a query made of others, all given as ``id@version``."""
    sources = [Source(kind, *reference.split("@")) for kind, reference in _kinds(project, datasets)]
    lineage = Lineage("by_state", run, f"manifest of {run}", "", sources[0], tuple(sources[1:]))
    with registry.registration("a query's result") as registration:
        registration.add_dataset(example_dataset(id_, **more), lineage=lineage)


def _kinds(project: str, datasets: tuple[str, ...]) -> list[tuple[str, str]]:
    return [("project", project), *(("dataset", each) for each in datasets)]


def example_chain(registry: Registry) -> None:
    """Add to the example: ``totals``, which a query made of the project and its dataset, and ``peaks`` made of that."""
    add_query_result(registry, "totals", "conus_2022@1.0.0", "comstock@1.0.0")
    with registry.registration("submit the totals") as registration:
        registration.add_submission(example_submission(dataset="totals"))
    add_query_result(registry, "peaks", "conus_2022@1.0.0", "totals@1.0.0", "comstock@1.0.0", run="second")


# A plan is a list of steps; each picks among what is there by a number, so that every plan can be carried out.
steps = st.tuples(
    st.sampled_from(
        ["project", "project version", "dataset", "dimension", "submission", "shaped submission", "query", "query"]
    ),
    st.integers(0, 5),
    st.integers(0, 5),
)
begin = [("project", 0, 0), ("dataset", 0, 0), ("submission", 0, 0)]
plans = st.lists(steps, min_size=2, max_size=9).flatmap(lambda more: st.sampled_from([more, [*begin, *more]]))
names = ("one", "two", "three", "four", "five", "six")


class Builder:
    """Carries out a plan on a registry."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.runs = 0

    def build(self, plan: list[tuple[str, int, int]]) -> None:
        for what, first, second in plan:
            getattr(self, f"_{what.replace(' ', '_')}")(first, second)

    def _project(self, first: int, second: int) -> None:
        id_ = f"p_{names[first]}"
        if id_ in _ids(self.registry.projects()):
            return
        project = small_project(id_)
        others = [row for row in self.registry.dimensions() if row["type"] == "sector" and row["id"] != f"{id_}/sector"]
        if others and second % 2:
            used = replace(self.registry.dimension(others[second % len(others)]["id"]), name="sector")
            project = replace(project, base=tuple(used if one.type == "sector" else one for one in project.base))
        with self.registry.registration("a project") as registration:
            registration.add_project(project)

    def _project_version(self, first: int, second: int) -> None:
        projects = self.registry.projects()
        if not projects:
            return
        old = self.registry.project(projects[first % len(projects)]["id"])
        changed = replace(old, version=bump(old.version, "major"), description=f"after {old.version}")
        if second % 2:
            # A dimension of its own goes on, too.
            county = next(one for one in old.base if one.type == "geography")
            newer = replace(county, id="", version=bump(county.version, "minor"), description="newer")
            changed = replace(changed, base=tuple(newer if one is county else one for one in old.base))
            own = tuple(replace(one, mapping=replace(one.mapping, id="", version="")) for one in old.supplemental)
            changed = replace(changed, supplemental=own)
        with self.registry.registration("a version of a project") as registration:
            write_project(self.registry._database, changed, registration.key)

    def _dataset(self, first: int, second: int) -> None:
        id_ = f"d_{names[first]}"
        if id_ in _ids(self.registry.datasets()):
            return
        dataset = example_dataset(id_)
        projects = self.registry.projects()
        if projects and second % 2:
            # A dataset may have the dimensions of a project.
            county = self.registry.project(projects[second % len(projects)]["id"]).base[0]
            dataset = replace(dataset, dimensions={**dataset.dimensions, "geography": replace(county, name="county")})
        with self.registry.registration("a dataset") as registration:
            registration.add_dataset(dataset)

    def _dimension(self, first: int, second: int) -> None:
        # Under the name of a project, or of nobody.
        owner = f"p_{names[first]}" if second % 2 else "census"
        dimension = replace(example_project().base[1], name=f"extra_{first}")
        if f"{owner}/{dimension.name}" in _ids(self.registry.dimensions()):
            return
        with self.registry.registration("a dimension") as registration:
            write_dimension(self.registry._database, dimension, owner, registration.key)

    def _shaped_submission(self, first: int, second: int) -> None:
        """A submission whose values follow the course of another dataset, or an older version."""
        datasets = self.registry.datasets(all_versions=True)
        if len(datasets) > 1:
            shape = datasets[(second + 1) % len(datasets)]
            self._submission(first, second, TimeRules(shape=f"{shape['id']}@{shape['version']}"))

    def _submission(self, first: int, second: int, rules: TimeRules = TimeRules()) -> None:  # noqa: B008
        projects = self.registry.projects(all_versions=True)
        datasets = self.registry.datasets(all_versions=True)
        if not projects or not datasets:
            return
        project, dataset = projects[first % len(projects)], datasets[second % len(datasets)]
        pair = (project["id"], project["version"], dataset["id"], dataset["version"])
        if pair in {_pair(row) for row in self.registry.submissions(all_versions=True)}:
            return
        submission = replace(
            example_submission(project["id"], dataset["id"]),
            project_version=project["version"],
            dataset_version=dataset["version"],
            time=rules,
        )
        with self.registry.registration("a submission") as registration:
            registration.add_submission(submission)

    def _query(self, first: int, second: int) -> None:
        submissions = self.registry.submissions(all_versions=True)
        if not submissions:
            return
        project, version, dataset, dataset_version = _pair(submissions[first % len(submissions)])
        self.runs += 1
        # Every other result becomes two datasets.
        made = [f"q_{self.runs}", f"q_{self.runs}_again"][: 1 + second % 2]
        for id_ in made:
            sources = f"{project}@{version}", f"{dataset}@{dataset_version}"
            add_query_result(self.registry, id_, *sources, run=f"run{self.runs}")


def small_project(id_: str) -> Project:
    return replace(example_project(id_), time=TIME)


def _ids(rows: list[dict[str, object]]) -> set[object]:
    return {row["id"] for row in rows}


def _pair(row: dict[str, str]) -> tuple[str, str, str, str]:
    return row["project_id"], row["project_version"], row["dataset_id"], row["dataset_version"]


def contents(registry: Registry) -> dict[str, object]:
    """Return everything that a registry holds, by the kind, id and version of each thing."""
    graph = registry.graph()
    found: dict[str, object] = {}
    for node in graph.nodes:
        children = sorted(map(str, graph.children(node)))
        found[str(node)] = (_value(registry, node), children, node.is_derived, node.registration)
    return found


def _value(registry: Registry, node: Node) -> object:
    if node.kind in ("project", "dataset", "mapping"):
        value: object = getattr(registry, node.kind)(node.id, node.version)
        return (value, registry.missing(node.id, node.version)) if isinstance(value, Dataset) else value
    if node.kind == "dimension":
        types = {row["id"]: row["type"] for row in registry.dimensions(all_versions=True)}
        read = registry.time if types[node.id] == "time" else registry.dimension
        return read(node.id, node.version)
    if node.kind == "submission":
        project, dataset = node.id.split("/")
        return registry.submission(project, dataset, *node.version.split("+"))
    return node.version


def reference_parents(graph: Graph, node: Node) -> set[Node]:
    """Return all that needs a node, by the definition: walk the links until nothing is added."""
    found: set[Node] = set()
    while True:
        more = {parent for parent, child in graph.links if child in found | {node}} - found
        if not more:
            return found
        found |= more
