"""Random registrations, updates, removals, dumps and registrations of dumps, against a model of a few lines."""

from __future__ import annotations

import shutil
import tempfile
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.project_specs import PROJECT, one

from dsgrid.errors import NotFoundError, RegistryError
from dsgrid.operations.apply import apply
from dsgrid.operations.check_registry import check_registry
from dsgrid.operations.dump import dump
from dsgrid.operations.plan import plan
from dsgrid.operations.register_project import register_project
from dsgrid.operations.remove import remove
from dsgrid.registry.comparison import compare_projects
from dsgrid.registry.registry import Registry

IDS = ("east", "west")
COUNTIES = ("06037", "08031", "36061", "48201")
LEVELS = ("patch", "minor", "major")


@dataclass(frozen=True)
class Content:
    """What a project of the model can be: the rest of it never changes."""

    description: str
    counties: tuple[tuple[str, str], ...]  # id and name
    state: bool
    required: frozenset[str]


def spec(id_: str, content: Content) -> dict[str, Any]:
    """Return the spec of a project."""
    made = deepcopy(PROJECT)
    made["project"] = {"id": id_, "name": "A project", "description": content.description}
    made["base"]["county"]["records"] = [
        {**one(county), "name": name, "state": county[:2]} for county, name in content.counties
    ]
    records = [one(state) for state in sorted({county[:2] for county in COUNTIES})]
    by_state = [{"from": county, "to": county[:2]} for county, _ in content.counties]
    mapping = {"kind": "many_to_one_aggregation", "records": by_state}
    made["supplemental"] = (
        {"state": {"of": "county", "class": "state", "records": records, "mapping": mapping}} if content.state else {}
    )
    made["requires"] = {dataset: {"sector": ["com"]} for dataset in sorted(content.required)}
    return {"spec_version": 1, "job": "register_project", **made}


def level(old: Content, new: Content) -> str | None:
    """Return how much of a change it is to go from one content to another."""
    if old == new:
        return None
    # New records may stand anywhere; the old ones keep their order.
    kept = tuple(county for county in new.counties if county in old.counties) == old.counties
    if kept and (old.state, new.state) != (True, False) and old.required <= new.required:
        same = (old.counties, old.state, old.required) == (new.counties, new.state, new.required)
        return "patch" if same else "minor"
    return "major"


def only_adds(old: Content, new: Content) -> bool:
    """Tell whether nothing but additions lead from one content to another."""
    return level(old, new) == "minor" and old.description == new.description


def bumped(version: str, by: str) -> str:
    major, minor, patch = map(int, version.split("."))
    return {"major": f"{major + 1}.0.0", "minor": f"{major}.{minor + 1}.0", "patch": f"{major}.{minor}.{patch + 1}"}[by]


contents = st.builds(
    Content,
    description=st.sampled_from(["", "One", "Two"]),
    counties=st.lists(st.sampled_from(COUNTIES), min_size=1, unique=True).map(
        lambda ids: tuple((id_, f"County {id_}") for id_ in ids)
    ),
    state=st.booleans(),
    required=st.frozensets(st.sampled_from(["offices", "homes"])),
)


class RegistryMachine(RuleBasedStateMachine):
    """A registry, and what it should hold: for each project its versions, oldest first."""

    @initialize()
    def create(self) -> None:
        self.place = Path(tempfile.mkdtemp())
        self.registry = self.place / "registry"
        Registry.create(self.registry).close()
        self.model: dict[str, dict[str, Content]] = {}
        self.highest: dict[str, str] = {}  # numbers of removed versions are never given again
        self.dumps = 0

    def teardown(self) -> None:
        shutil.rmtree(self.place)

    @rule(id_=st.sampled_from(IDS), content=contents)
    def register(self, id_: str, content: Content) -> None:
        if id_ in self.model:
            with pytest.raises(RegistryError, match="registered already"):
                register_project(spec(id_, content), registry=self.registry)
            return
        found = register_project(spec(id_, content), registry=self.registry).project
        assert found.version == (bumped(self.highest[id_], "major") if id_ in self.highest else "1.0.0")
        self.model[id_] = {found.version: content}
        self.highest[id_] = found.version

    @precondition(lambda self: self.model)
    @rule(data=st.data(), allow=st.sampled_from([None, *LEVELS]))
    def update(self, data: st.DataObject, allow: str | None) -> None:
        id_ = data.draw(st.sampled_from(sorted(self.model)))
        versions = self.model[id_]
        newest, old = list(versions.items())[-1]
        new = data.draw(contents | st.builds(self._altered, st.just(old), st.sampled_from(range(5))))
        wanted = level(old, new)
        assert plan(spec(id_, new), registry=self.registry).proposal.is_empty == (wanted is None)
        allowed = wanted is None or (
            only_adds(old, new) if allow is None else LEVELS.index(wanted) <= LEVELS.index(allow)
        )
        if not allowed:
            with pytest.raises(RegistryError, match="allow"):
                apply(spec(id_, new), registry=self.registry, allow=allow)
            return
        apply(spec(id_, new), registry=self.registry, allow=allow)
        if wanted is not None:
            version = bumped(max(self.highest[id_], newest, key=_parts), wanted)
            versions[version] = new
            self.highest[id_] = version
        assert plan(spec(id_, new), registry=self.registry).proposal.is_empty, "a second time does nothing"

    @staticmethod
    def _altered(old: Content, how: int) -> Content:
        rest = [(id_, f"County {id_}") for id_ in COUNTIES if id_ not in dict(old.counties)]
        return [
            replace(old, description=old.description + "!"),
            replace(old, counties=(*old.counties, *rest[:1])),
            replace(old, counties=((old.counties[0][0], old.counties[0][1] + "!"), *old.counties[1:])),
            replace(old, required=old.required | {"homes"}),
            replace(old, state=not old.state),
        ][how]

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def remove_one_version_or_all(self, data: st.DataObject) -> None:
        id_ = data.draw(st.sampled_from(sorted(self.model)))
        version = data.draw(st.none() | st.sampled_from(sorted(self.model[id_])))
        remove({"ids": [id_ if version is None else f"{id_}@{version}"]}, registry=self.registry)
        if version is not None:
            del self.model[id_][version]
        if version is None or not self.model[id_]:
            del self.model[id_]

    @rule(id_=st.sampled_from(IDS))
    def look_for_what_is_not_there(self, id_: str) -> None:
        if id_ not in self.model:
            with Registry.open(self.registry) as registry, pytest.raises(NotFoundError):
                registry.project(id_)

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def dump_and_register_elsewhere(self, data: st.DataObject) -> None:
        id_ = data.draw(st.sampled_from(sorted(self.model)))
        version = data.draw(st.sampled_from(sorted(self.model[id_])))
        self.dumps += 1
        target, other = self.place / f"dump_{self.dumps}", self.place / f"registry_{self.dumps}"
        dump({"ids": [f"{id_}@{version}"], "output": str(target)}, registry=self.registry)
        Registry.create(other).close()
        (project_spec,) = target.rglob("project*.toml")
        register_project(project_spec, registry=other)
        with Registry.open(self.registry) as here, Registry.open(other) as there:
            assert compare_projects(here.project(id_, version), there.project(id_)) == ()

    @invariant()
    def the_registry_is_what_the_model_says(self) -> None:
        if not hasattr(self, "registry"):
            return
        with Registry.open(self.registry) as registry:
            found: dict[str, list[str]] = {}
            for row in registry.projects(all_versions=True):
                found.setdefault(row["id"], []).append(row["version"])
            assert found == {id_: sorted(versions, key=_parts) for id_, versions in self.model.items()}
            for id_, versions in self.model.items():
                for version, content in versions.items():
                    project = registry.project(id_, version)
                    county = next(base for base in project.base if base.name == "county")
                    assert project.description == content.description
                    assert tuple((record.id, record.name) for record in county.records) == content.counties
                    assert any(each.dimension.name == "state" for each in project.supplemental) == content.state
                    assert {each.dataset_id for each in project.requirements} == content.required
        check_registry({}, registry=self.registry)


def _parts(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


_QUICK = settings(
    max_examples=8, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
_LONG = settings(max_examples=150, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck))


def test_random_changes_leave_what_the_model_says() -> None:
    RegistryMachine.TestCase.settings = _QUICK
    RegistryMachine.TestCase("runTest").runTest()


@pytest.mark.slow
def test_many_random_changes_leave_what_the_model_says() -> None:
    RegistryMachine.TestCase.settings = _LONG
    RegistryMachine.TestCase("runTest").runTest()
