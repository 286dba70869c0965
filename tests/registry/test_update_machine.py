"""Random updates of projects, datasets and submissions, against a model that says what fits and what is lost.

The engine is left out: where a job would have its data stored, a small file is published in their place.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.project_specs import DATASET, PROJECT, one

import dsgrid.operations.register_and_submit_dataset
import dsgrid.operations.register_dataset
from dsgrid.datasets.inputs import checksummed, find_inputs, reading_settings
from dsgrid.errors import DsgridError, NotFoundError, RegistryError
from dsgrid.operations.apply import apply
from dsgrid.operations.check_registry import check_registry
from dsgrid.operations.plan import plan
from dsgrid.operations.register_and_submit_dataset import register_and_submit_dataset
from dsgrid.operations.register_dataset import register_dataset
from dsgrid.operations.register_project import register_project
from dsgrid.operations.remove import remove
from dsgrid.operations.storing import Stored
from dsgrid.operations.submit_dataset import submit_dataset
from dsgrid.registry import disk
from dsgrid.registry.migrations import utc_now
from dsgrid.registry.model import Dataset
from dsgrid.registry.publish import data_file, discard, new_folder, write_manifest
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import Spec
from dsgrid.time.files import in_files
from dsgrid.time.rules import TimeRules

PROJECTS, DATASETS = ("east", "west"), ("offices", "homes")
COUNTIES, PLACES, OWN = ("06037", "08031", "36061"), ("p1", "p2"), ("g1", "g2", "g3")
ENERGY, POWER = ("MWh", "kWh"), ("kW",)

# What the model knows of a project, a dataset and a submission: the rest of their specs never changes.


@dataclass(frozen=True)
class Plan:
    """A project."""

    description: str
    counties: tuple[tuple[str, str], ...]  # id and name
    places: bool  # a second base dimension of the same type
    unit: str
    days: int
    needs: tuple[tuple[str, tuple[str, ...] | None], ...]  # the counties that a dataset has to reach, or all records

    def ids(self, base: str) -> tuple[str, ...]:
        if base == "county":
            return tuple(id_ for id_, _ in self.counties)
        return PLACES if self.places else ()


@dataclass(frozen=True)
class Data:
    """A dataset; `facts` are the contents of its file."""

    description: str
    records: tuple[str, ...]
    unit: str
    facts: int


@dataclass(frozen=True)
class Way:
    """The mapping of a submission, and whether it leaves out the days that the project has not."""

    base: str
    pairs: tuple[tuple[str, str], ...]
    trim: bool = False

    def same(self, other: Way | None) -> bool:
        return other is not None and self.plain == other.plain

    @property
    def plain(self) -> tuple[str, frozenset[tuple[str, str]], bool]:
        return self.base, frozenset(self.pairs), self.trim


Key = tuple[str, str]  # id and version of a dataset


@dataclass
class Version:
    """A version of a project: what was submitted to it, and what it lost: the submission to an older version."""

    content: Plan
    accepted: dict[Key, Way] = field(default_factory=dict)
    lost: dict[Key, str] = field(default_factory=dict)


def fits(project: Plan, id_: str, dataset: Data, way: Way) -> bool:
    """Tell whether a project accepts a dataset."""
    records = project.ids(way.base)
    needs = dict(project.needs)
    if id_ not in needs or not {own for own, _ in way.pairs} <= set(dataset.records):
        return False
    reached = {to for _, to in way.pairs}
    wanted = needs[id_]
    return (
        reached <= set(records)
        and set(records if wanted is None else wanted) <= reached
        and (project.unit in ENERGY) == (dataset.unit in ENERGY)
        and (project.days == 2 or (project.days == 1 and way.trim))
    )


def project_level(old: Plan, new: Plan) -> str | None:
    """Return how much of a change it is to go from one project to another."""
    if old == new:
        return None
    kept = tuple(each for each in new.counties if each in old.counties) == old.counties
    same = (old.places, old.unit, old.days) == (new.places, new.unit, new.days)
    if not (kept and same and set(old.needs) <= set(new.needs)):
        return "major"
    return "patch" if (set(old.needs), old.counties) == (set(new.needs), new.counties) else "minor"


def dataset_level(old: Data, new: Data) -> str | None:
    """Return how much of a change it is to go from one dataset to another."""
    if old == new:
        return None
    if (old.unit, old.facts) != (new.unit, new.facts) or new.records[: len(old.records)] != old.records:
        return "major"
    return "patch" if old.records == new.records else "minor"


def bumped(version: str, by: str) -> str:
    major, minor, patch = number(version)
    return {"major": f"{major + 1}.0.0", "minor": f"{major}.{minor + 1}.0", "patch": f"{major}.{minor}.{patch + 1}"}[by]


def number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def newest(versions: dict[str, Any]) -> str:
    return max(versions, key=number)


# Specs ---------------------------------------------------------------------------------------------------------------


def job(name: str, **tables: Any) -> dict[str, Any]:
    return {"spec_version": 1, "job": name, **tables}


def project_spec(id_: str, content: Plan) -> dict[str, Any]:
    made = deepcopy(PROJECT)
    made["project"] = {"id": id_, "name": "A project", "description": content.description}
    made["base"]["county"]["records"] = [
        {**one(county), "name": name, "state": county[:2]} for county, name in content.counties
    ]
    if content.places:
        made["base"]["place"] = {"type": "geography", "records": [one(place) for place in PLACES]}
    made["base"]["end_use"]["records"] = [one("cooling", unit=content.unit)]
    made["time"] = {**made["time"], "end": f"2018-01-0{content.days} 23:00"}
    made["supplemental"] = {}
    made["requires"] = {
        dataset: {"sector": ["com"], "subsector": ["office"], **({} if wanted is None else {"geography": list(wanted)})}
        for dataset, wanted in content.needs
    }
    return job("register_project", **made)


def dataset_spec(id_: str, content: Data, place: Path) -> dict[str, Any]:
    made = deepcopy(DATASET)
    made["dataset"] = {"id": id_, "kind": "modeled", "description": content.description}
    made["dimension"]["geography"]["records"] = [one(record, state="CA") for record in content.records]
    made["dimension"]["metric"]["records"] = [one("cooling", unit=content.unit)]
    table = place / f"facts_{content.facts}.parquet"
    table.write_bytes(b"facts" * (content.facts + 1))
    made["data"] = {"table": str(table)}
    return job("register_dataset", **made)


def mapping_table(way: Way) -> dict[str, Any]:
    pairs = [{"from": own, "to": to} for own, to in way.pairs]
    rules = {"time": {"trim": True}} if way.trim else {}
    return {"geography": {"to": way.base, "kind": "one_to_one", "records": pairs}, **rules}


@contextmanager
def stored_without_engine(
    spec: Spec, draft: Dataset, registry: Registry, engine: object = None, progress: object = None
) -> Iterator[Stored]:
    """Do what `stored_data` does, without looking at the data."""
    where = new_folder(registry, draft.id, draft.version)
    try:
        data = spec.root["data"]
        inputs = (
            *checksummed(find_inputs(data)),
            reading_settings(data, in_files(spec.root["time"], draft.time)),
        )
        disk.write_file(where / "facts.parquet", data.file("table").read_bytes() + b" stored")
        files = (data_file(where, "facts.parquet", "facts", 1),)
        write_manifest(where, files)
        dataset = replace(draft, folder=f"{where.parent.name}/{where.name}", files=files)
        yield Stored(dataset, [], inputs, {"rows": 1, "combinations": 1, "slots": 1, "bytes": 1})
    except BaseException:
        discard(where)
        raise


# Values --------------------------------------------------------------------------------------------------------------

words = st.sampled_from(["", "One", "Two"])


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    counties = draw(st.lists(st.sampled_from(COUNTIES), min_size=1, unique=True))
    wanted = st.none() | st.lists(st.sampled_from(counties), min_size=1, unique=True).map(tuple)
    needs = draw(st.dictionaries(st.sampled_from(DATASETS), wanted))
    return Plan(
        draw(words),
        tuple((id_, f"County {id_}") for id_ in counties),
        draw(st.booleans()),
        draw(st.sampled_from(("MWh", "MWh", "MWh", "kWh", "kW"))),
        draw(st.sampled_from((2, 2, 2, 2, 3, 1))),
        tuple((id_, tuple(sorted(ids)) if ids else ids) for id_, ids in sorted(needs.items())),
    )


@st.composite
def edits(draw: st.DrawFn, old: Plan) -> Plan:
    """A project a step away from another, so that submissions often fit, and that it often is an older one again."""
    ids = old.ids("county")
    rest = [id_ for id_ in COUNTIES if id_ not in ids]
    fewer = old.counties[:-1] or old.counties
    ways = [
        replace(old, counties=fewer, needs=tuple((id_, None) for id_, _ in old.needs)),
        replace(old, description=draw(words)),
        replace(old, counties=(*old.counties, *((id_, f"County {id_}") for id_ in rest[:1]))),
        replace(old, counties=((ids[0], draw(st.sampled_from(["Here", f"County {ids[0]}"]))), *old.counties[1:])),
        replace(old, unit=draw(st.sampled_from(("MWh", "kWh", "kW")))),
        replace(old, days=draw(st.sampled_from([days for days in (1, 2, 3) if days != old.days]))),
        replace(old, places=not old.places),
        replace(old, needs=tuple((id_, None if wanted else ids) for id_, wanted in old.needs)),
        replace(old, needs=old.needs[1:]),
        replace(old, needs=tuple((id_, dict(old.needs).get(id_, ids[:1])) for id_ in sorted(DATASETS))),
    ]
    return draw(st.sampled_from(ways))


@st.composite
def data_edits(draw: st.DrawFn, old: Data) -> Data:
    """A dataset a step away from another."""
    ways = [
        replace(old, description=draw(words)),
        replace(old, records=draw(st.sampled_from([OWN, OWN[:2], OWN[::-1]]))),
        replace(old, unit=draw(st.sampled_from(("kWh", "MWh", "kW")))),
        replace(old, facts=3 - old.facts),
    ]
    return draw(st.sampled_from(ways))


EAST = Plan(
    "", tuple((id_, f"County {id_}") for id_ in COUNTIES[:2]), True, "MWh", 2, (("homes", None), ("offices", None))
)
EAST_WAY = Way("county", tuple(zip(OWN[:2], COUNTIES[:2], strict=True)))
FIRST_DATA = Data("", OWN, "kWh", 1)


class UpdateMachine(RuleBasedStateMachine):
    """A registry, and what it should hold: at first a project to which both datasets are submitted."""

    template: ClassVar[Path]

    @initialize()
    def create(self) -> None:
        self.place = Path(tempfile.mkdtemp())
        self.registry = shutil.copytree(self.template, self.place / "registry")
        self.projects = {"east": {"1.0.0": Version(EAST, {(id_, "1.0.0"): EAST_WAY for id_ in DATASETS})}}
        self.datasets = {id_: {"1.0.0": FIRST_DATA} for id_ in DATASETS}
        self.removed: set[tuple[str, str]] = set()
        self.moments: list[tuple[str, Any]] = []  # what was listed when

    def teardown(self) -> None:
        if hasattr(self, "place"):
            shutil.rmtree(self.place)

    # Versions --------------------------------------------------------------------------------------------------------

    def unused(self, id_: str, version: str = "1.0.0", by: str = "major") -> str:
        while (id_, version) in self.removed:
            version = bumped(version, by)
        return version

    def next_version(self, id_: str, versions: dict[str, Any], by: str) -> str:
        return self.unused(id_, bumped(newest(versions), by), by)

    def carried(self, old: Version, content: Plan, old_version: str, changed: dict[Key, Way] | None = None) -> Version:
        """Return the next version of a project: of each dataset all submissions go along, if the newest of them fits.

        Else queries would go back to older data without a word.
        """
        candidates = {key: (way, old_version) for key, way in old.accepted.items()}
        made = Version(content)
        for key, origin in old.lost.items():
            if any(id_ == key[0] for id_, _ in old.accepted):
                continue
            if (origin, key) in self.ways:
                candidates[key] = (self.ways[origin, key], origin)
            else:
                made.lost[key] = origin  # for good: the submission was removed
        for id_ in DATASETS:
            ours = sorted((key for key in candidates if key[0] == id_), key=lambda key: number(key[1]), reverse=True)
            new = {key: way for key, way in (changed or {}).items() if key[0] == id_}
            in_doubt = True  # until one has fitted
            for key in ours:
                way, origin = candidates[key]
                if key in new:
                    made.accepted[key] = new[key]
                    in_doubt = False
                elif fits(content, id_, self.datasets[id_][key[1]], way) and not (
                    in_doubt and any(each in made.lost for each in ours)
                ):
                    made.accepted[key] = way
                    in_doubt = False
                else:
                    made.lost[key] = origin
        return made

    @property
    def ways(self) -> dict[tuple[str, Key], Way]:
        """The submissions to all versions of the project at hand."""
        return {(version, key): way for version, each in self.at_hand.items() for key, way in each.accepted.items()}

    # Projects --------------------------------------------------------------------------------------------------------

    @precondition(lambda self: len(self.projects) < len(PROJECTS))
    @rule(content=plans(), by_apply=st.booleans())
    def register_a_project(self, content: Plan, by_apply: bool) -> None:
        id_ = next(each for each in PROJECTS if each not in self.projects)
        spec = project_spec(id_, content)
        if by_apply:
            found = apply(spec, registry=self.registry).proposal.subjects[-1].new
        else:
            found = register_project(spec, registry=self.registry).project.version
        assert found == self.unused(id_)
        self.projects[id_] = {found: Version(content)}

    @precondition(lambda self: self.projects)
    @rule(data=st.data())
    def edit_a_project(self, data: st.DataObject) -> None:
        id_ = data.draw(st.sampled_from(sorted(self.projects)))
        last = newest(self.projects[id_])
        self._update(id_, data.draw(edits(self.projects[id_][last].content)))

    @precondition(lambda self: self.projects)
    @rule(data=st.data())
    def take_a_project_back(self, data: st.DataObject) -> None:
        id_ = data.draw(st.sampled_from(sorted(self.projects)))
        version = data.draw(st.sampled_from(sorted(self.projects[id_])))
        self._update(id_, self.projects[id_][version].content)

    def _update(self, id_: str, content: Plan) -> None:
        versions = self.at_hand = self.projects[id_]
        last = newest(versions)
        old = versions[last]
        level = project_level(old.content, content)
        spec = project_spec(id_, content)
        proposed = apply(spec, registry=self.registry, allow="major").proposal
        assert plan(spec, registry=self.registry).proposal.is_empty
        if level is None:
            assert proposed.is_empty
            return
        assert proposed.level == level
        made = self.carried(old, content, last)
        assert {(each.dataset_id, each.dataset_version) for each in proposed.carried} == set(made.accepted)
        assert {
            (each.dataset_id, each.dataset_version): each.submitted_to for each in proposed.invalidated
        } == made.lost
        versions[self.next_version(id_, versions, level)] = made

    # Datasets --------------------------------------------------------------------------------------------------------

    @rule(id_=st.sampled_from(DATASETS), data=st.data())
    def register_or_change_a_dataset(self, id_: str, data: st.DataObject) -> None:
        content = self._data(id_, data)
        spec = dataset_spec(id_, content, self.place)
        if id_ not in self.datasets:
            if data.draw(st.booleans()):
                apply(spec, registry=self.registry)
            else:
                register_dataset(spec, registry=self.registry)
            self.datasets[id_] = {self.unused(id_): content}
            return
        versions = self.datasets[id_]
        last = newest(versions)
        level = dataset_level(versions[last], content)
        assert apply(spec, registry=self.registry, allow="major").proposal.level == level
        if level is not None:
            version = self.next_version(id_, versions, level)
            # Data are read and stored again when the files are others, or the records that have to be in them.
            read = (versions[last].facts, versions[last].records) != (content.facts, content.records)
            with Registry.open(self.registry) as registry:
                assert (registry.dataset(id_, version).folder != registry.dataset(id_, last).folder) == read
            versions[version] = content
        assert plan(spec, registry=self.registry).proposal.is_empty

    def _data(self, id_: str, data: st.DataObject) -> Data:
        versions = self.datasets.get(id_)
        return data.draw(data_edits(versions[newest(versions)])) if versions else FIRST_DATA

    # Submissions -----------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.projects and self.datasets)
    @rule(data=st.data(), how=st.sampled_from(["submit", "apply", "apply", "both"]))
    def submit(self, data: st.DataObject, how: str) -> None:
        project = data.draw(st.sampled_from(sorted(self.projects)))
        dataset = data.draw(st.sampled_from(sorted(self.datasets)))
        versions = self.at_hand = self.projects[project]
        last = newest(versions)
        version = last if how == "both" else data.draw(st.sampled_from([last, last, *versions]))
        dataset_versions = self.datasets[dataset]
        of = newest(dataset_versions)
        if how != "both":
            of = data.draw(st.sampled_from([of, of, *dataset_versions]))
        target, content = versions[version], dataset_versions[of]
        way = data.draw(self._ways(target.content, content))
        key = (dataset, of)
        accepted = fits(target.content, dataset, content, way)
        if how == "both":
            spec = dataset_spec(dataset, content, self.place)
            spec["job"] = "register_and_submit_dataset"
            spec["submission"] = {"project": project, "mapping": mapping_table(way)}
        else:
            spec = job(
                "submit_dataset",
                project=f"{project}@{version}",
                dataset=f"{dataset}@{of}",
                mapping=mapping_table(way),
            )
        if how == "submit":
            if not accepted or key in target.accepted:
                with pytest.raises(DsgridError):
                    submit_dataset(spec, registry=self.registry)
                return
            submit_dataset(spec, registry=self.registry)
            target.accepted[key] = way
            return
        if not accepted:
            with pytest.raises(DsgridError):
                apply(spec, registry=self.registry, allow="major")
            return
        known = target.accepted.get(key)
        if known is None or known.same(way):
            proposed = apply(spec, registry=self.registry).proposal
            assert proposed.is_empty == (known is not None)
            target.accepted[key] = known or way
        elif version != last and not way.same(versions[last].accepted.get(key)):
            with pytest.raises(RegistryError, match="only those of the newest version"):
                apply(spec, registry=self.registry, allow="major")
            return
        elif version == last:
            with pytest.raises(RegistryError, match="--allow major"):
                apply(spec, registry=self.registry)
            apply(spec, registry=self.registry, allow="major")
            made = self.carried(target, target.content, version, {key: way})
            versions[self.next_version(project, versions, "major")] = made
        assert plan(spec, registry=self.registry).proposal.is_empty

    @staticmethod
    def _ways(project: Plan, dataset: Data) -> st.SearchStrategy[Way]:
        def pairs(base: str) -> st.SearchStrategy[Way]:
            targets = project.ids(base) or COUNTIES
            size = min(len(targets), len(dataset.records))
            return st.builds(
                lambda to, trim: Way(base, tuple(zip(dataset.records[:size], to[:size], strict=True)), trim),
                st.permutations(targets),
                st.booleans(),
            )

        return st.one_of(pairs("county"), pairs("county"), pairs("place"))

    @precondition(lambda self: self.projects)
    @rule(id_=st.sampled_from(DATASETS), data=st.data())
    def dataset_with_its_submission(self, id_: str, data: st.DataObject) -> None:
        """A new dataset, or a new version of one, together with its submission."""
        content = self._data(id_, data)
        project = data.draw(st.sampled_from(sorted(self.projects)))
        target = self.projects[project][newest(self.projects[project])]
        way = data.draw(self._ways(target.content, content))
        spec = dataset_spec(id_, content, self.place)
        spec["job"] = "register_and_submit_dataset"
        spec["submission"] = {"project": project, "mapping": mapping_table(way)}
        versions = self.datasets.get(id_, {})
        level = dataset_level(versions[newest(versions)], content) if versions else "major"
        if level is None:
            return
        if not fits(target.content, id_, content, way):
            with pytest.raises(DsgridError):
                apply(spec, registry=self.registry, allow="major")
            return
        if versions or data.draw(st.booleans()):
            apply(spec, registry=self.registry, allow="major")
        else:
            register_and_submit_dataset(spec, registry=self.registry)
        version = self.next_version(id_, versions, level) if versions else self.unused(id_)
        self.datasets.setdefault(id_, {})[version] = content
        target.accepted[id_, version] = way
        assert plan(spec, registry=self.registry).proposal.is_empty

    # Removal ---------------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.projects or self.datasets)
    @rule(data=st.data(), cascade=st.booleans())
    def remove(self, data: st.DataObject, cascade: bool) -> None:
        ways = [self._remove_project] * bool(self.projects) + [self._remove_dataset] * bool(self.datasets)
        data.draw(st.sampled_from(ways))(data, cascade)

    def _remove_project(self, data: st.DataObject, cascade: bool) -> None:
        id_ = data.draw(st.sampled_from(sorted(self.projects)))
        gone = [data.draw(st.sampled_from(sorted(self.projects[id_])))]
        if data.draw(st.sampled_from([False, False, False, True])):
            gone = sorted(self.projects[id_])
            remove({"ids": [id_], "cascade": cascade}, registry=self.registry)
        else:
            remove({"ids": [f"{id_}@{gone[0]}"], "cascade": cascade}, registry=self.registry)
        # What newer versions lost of it they go on to say.
        for version in gone:
            del self.projects[id_][version]
            self.removed.add((id_, version))
        if not self.projects[id_]:
            del self.projects[id_]
        self.moments.clear()

    def _remove_dataset(self, data: st.DataObject, cascade: bool) -> None:
        id_ = data.draw(st.sampled_from(sorted(self.datasets)))
        version = data.draw(st.sampled_from(sorted(self.datasets[id_])))
        key = (id_, version)
        used = any(key in each.accepted for versions in self.projects.values() for each in versions.values())
        spec = {"ids": [f"{id_}@{version}"], "cascade": cascade}
        if used and not cascade:
            with pytest.raises(RegistryError, match="is needed by submission"):
                remove(spec, registry=self.registry)
            return
        remove(spec, registry=self.registry)
        for versions in self.projects.values():
            for found in versions.values():
                found.accepted.pop(key, None)
                found.lost.pop(key, None)
        del self.datasets[id_][version]
        self.removed.add(key)
        if not self.datasets[id_]:
            del self.datasets[id_]
        self.moments.clear()

    # What the registry says ------------------------------------------------------------------------------------------

    @precondition(lambda self: self.moments)
    @rule(data=st.data())
    def look_back(self, data: st.DataObject) -> None:
        moment, listed = self.moments[data.draw(st.integers(0, len(self.moments) - 1))]
        with Registry.open(self.registry, at=moment) as registry:
            assert self._listed(registry) == listed

    @staticmethod
    def _listed(registry: Registry) -> Any:
        return [
            registry.projects(all_versions=True),
            registry.datasets(all_versions=True),
            registry.dimensions(),
            registry.mappings(),
            registry.submissions(),
            registry.submissions(all_versions=True),
            [registry.project(row["id"]) for row in registry.projects()],
        ]

    @invariant()
    def the_registry_is_what_the_model_says(self) -> None:
        if not hasattr(self, "registry"):
            return
        with Registry.open(self.registry) as registry:
            assert self._versions(registry.projects(all_versions=True)) == {
                (id_, version) for id_, versions in self.projects.items() for version in versions
            }
            assert self._versions(registry.datasets(all_versions=True)) == {
                (id_, version) for id_, versions in self.datasets.items() for version in versions
            }
            for id_, versions in self.datasets.items():
                for version, content in versions.items():
                    self._check_dataset(registry, id_, version, content)
            self.moments.append((utc_now(), self._listed(registry)))
            for id_, plans_ in self.projects.items():
                self._check_submissions(registry, id_, newest(plans_), plans_[newest(plans_)])
                for version, each in plans_.items():
                    self._check_project(registry, id_, version, each)
        check_registry({"checksums": True, "older_than": "0s"}, registry=self.registry)

    @staticmethod
    def _versions(rows: list[dict[str, Any]]) -> set[tuple[str, str]]:
        return {(row["id"], row["version"]) for row in rows}

    @staticmethod
    def _check_dataset(registry: Registry, id_: str, version: str, content: Data) -> None:
        dataset = registry.dataset(id_, version)
        assert dataset.description == content.description
        assert dataset.dimensions["geography"].records.ids == content.records
        assert dataset.dimensions["metric"].records.by_id["cooling"].attributes["unit"] == content.unit
        facts = registry.data_folder(dataset) / "facts.parquet"
        assert facts.read_bytes() == b"facts" * (content.facts + 1) + b" stored"

    @staticmethod
    def _check_project(registry: Registry, id_: str, version: str, expected: Version) -> None:
        project, content = registry.project(id_, version), expected.content
        base = {each.name: each for each in project.base}
        assert project.description == content.description
        assert tuple((record.id, record.name) for record in base["county"].records) == content.counties
        assert ("place" in base) == content.places
        assert base["end_use"].records.by_id["cooling"].attributes["unit"] == content.unit
        assert project.time.end.day == content.days
        assert {each.dataset_id: each.single.ids.get("geography") for each in project.requirements} == dict(
            content.needs
        )
        for (dataset, of), way in expected.accepted.items():
            submission = registry.submission(id_, dataset, version, of)
            target = submission.mappings["geography"]
            assert target.mapping is not None
            pairs = {(each.from_id, each.to_id) for each in target.mapping.associations}
            assert (target.base, pairs) == (way.base, set(way.pairs))
            assert submission.time == TimeRules(trim=way.trim)
            own = registry.dataset(dataset, of).dimensions["geography"]
            ends = registry.ends(f"{target.mapping.id}@{target.mapping.version}")
            assert ends == ((own.id, own.version), (base[way.base].id, base[way.base].version))
        for dataset in DATASETS:
            submitted = [of for each, of in expected.accepted if each == dataset]
            if submitted:
                found = registry.submission(id_, dataset, version)
                assert found.dataset_version == max(submitted, key=number)
            elif any(each == dataset for each, _ in expected.lost):
                with pytest.raises(NotFoundError, match=r"invalidated that .*submit it again"):
                    registry.submission(id_, dataset, version)
            else:
                with pytest.raises(NotFoundError, match=r"is not submitted|no dataset|holds no dataset"):
                    registry.submission(id_, dataset, version)

    @staticmethod
    def _check_submissions(registry: Registry, id_: str, version: str, expected: Version) -> None:
        rows = {
            (row["dataset_id"], row["dataset_version"], row["status"])
            for row in registry.submissions()
            if row["project_id"] == id_
        }
        accepted = {(*key, "accepted") for key in expected.accepted}
        there = {dataset for dataset, _ in expected.accepted}
        assert rows == accepted | {(*key, "invalidated") for key in expected.lost if key[0] not in there}


_QUICK = settings(
    max_examples=8, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
_LONG = settings(max_examples=200, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module", autouse=True)
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Where every run begins: it takes many steps to come to this by chance."""
    folder = tmp_path_factory.mktemp("first")
    with pytest.MonkeyPatch.context() as patch:
        for module in (dsgrid.operations.register_dataset, dsgrid.operations.register_and_submit_dataset):
            patch.setattr(module, "stored_data", stored_without_engine)
        UpdateMachine.template = folder / "registry"
        Registry.create(UpdateMachine.template).close()
        register_project(project_spec("east", EAST), registry=UpdateMachine.template)
        for id_ in DATASETS:
            spec = {**dataset_spec(id_, FIRST_DATA, folder), "job": "register_and_submit_dataset"}
            spec["submission"] = {"project": "east", "mapping": mapping_table(EAST_WAY)}
            register_and_submit_dataset(spec, registry=UpdateMachine.template)
        yield


def test_random_updates_carry_what_fits_and_tell_what_is_lost() -> None:
    UpdateMachine.TestCase.settings = _QUICK
    UpdateMachine.TestCase("runTest").runTest()


@pytest.mark.slow
def test_many_random_updates_carry_what_fits_and_tell_what_is_lost() -> None:
    UpdateMachine.TestCase.settings = _LONG
    UpdateMachine.TestCase("runTest").runTest()
