"""An extract of a project: some of its records, and of its datasets what reaches them.

Everything keeps its id and version, so that queries and references mean the same in the extract. Where one version of
a dimension or mapping was cut in two ways (a project and a dataset share it, and need other records of it), the second
gets an id of its own, with a number at its end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, TypeVar

from dsgrid.dimensions.cutting import cut_dimension, cut_subset, cut_supplemental, cut_targets, sources_of
from dsgrid.dimensions.dimension import Dimension, Supplemental
from dsgrid.dimensions.mapping import Association
from dsgrid.dimensions.mapping import Mapping as DimensionMapping
from dsgrid.registry.model import Coverage, Dataset, Project, Requirement, Submission, TypeMapping
from dsgrid.registry.proposal import DatasetVersion, MappingVersion
from dsgrid.registry.registration import Registration
from dsgrid.registry.versions import parts
from dsgrid.time.agreement import of_records
from dsgrid.time.dimension import TimeDimension

T = TypeVar("T")
Kept = Mapping[str, frozenset[str]]
NONE: Final[Kept] = MappingProxyType({})


@dataclass(frozen=True)
class DatasetExtract:
    """A dataset that reaches the records that are kept, or whose course annual values follow that do.

    Parameters
    ----------
    whole
        The dataset before.
    dataset, submission
        With only the records that reach the kept ones, or are followed; folder and files are still those of the whole.
        Without a submission the dataset is there to be followed.
    missing
        The combinations that it is known to lack.
    is_composite
        Whether it is a composite of the project.
    """

    whole: Dataset
    dataset: Dataset
    submission: Submission | None
    missing: tuple[dict[str, str], ...]
    is_composite: bool = False

    @property
    def kept(self) -> dict[str, frozenset[str]]:
        """By type the records that are left, of the types that lost some."""
        return {
            type_: frozenset(dimension.records.ids)
            for type_, dimension in self.dataset.dimensions.items()
            if len(dimension.records) < len(self.whole.dimensions[type_].records)
        }


def kept_records(project: Project, name: str, ids: Collection[str]) -> tuple[str, frozenset[str]]:
    """Return the base dimension, and its records, that records of a base or supplemental dimension mean."""
    for supplemental in project.supplemental:
        if supplemental.dimension.name == name:
            return supplemental.of, sources_of(supplemental.mapping, frozenset(ids))
    return name, frozenset(ids)


# The project ----------------------------------------------------------------------------------------------------------


def cut_project(project: Project, kept: Kept, datasets: Collection[str]) -> Project:
    """Return a project with only some records.

    Parameters
    ----------
    kept
        By base dimension the records that stay; a dimension that is not named stays whole.
    datasets
        The ids of the datasets that are taken along; requirements for others are left out.
    """
    supplemental: list[Supplemental] = []
    for each in project.supplemental:
        left = cut_supplemental(each, kept[each.of]) if each.of in kept else each
        if left is not None:
            supplemental.append(left)
    subsets = [cut_subset(each, kept[each.of]) if each.of in kept else each for each in project.subsets]
    by_type = _by_type(project, kept)
    requirements = [_cut_requirement(each, by_type) for each in project.requirements if each.dataset_id in datasets]
    return replace(
        project,
        base=tuple(cut_dimension(each, kept[each.name]) if each.name in kept else each for each in project.base),
        supplemental=tuple(supplemental),
        subsets=tuple(each for each in subsets if each is not None),
        requirements=tuple(each for each in requirements if each is not None),
        time=of_records(project.time, by_type.get(project.time.year_of, ())),
    )


def _by_type(project: Project, kept: Kept) -> dict[str, frozenset[str]]:
    """Return the base records that stay, of all base dimensions of a type together."""
    found: dict[str, frozenset[str]] = {}
    for base in project.base:
        found[base.type] = found.get(base.type, frozenset()) | kept.get(base.name, frozenset(base.records.ids))
    return found


def _cut_requirement(requirement: Requirement, kept: Kept) -> Requirement | None:
    """Return what is still required; None when nothing that is required is left."""
    single = _cut_coverage(requirement.single, kept)
    together = [_cut_coverage(each, kept) for each in requirement.together]
    left = tuple(each for each in together if each is not None)
    if single is None or (requirement.together and not left):
        return None
    return replace(requirement, single=single, together=left)


def _cut_coverage(coverage: Coverage, kept: Kept) -> Coverage | None:
    ids = {type_: tuple(id_ for id_ in wanted if id_ in kept[type_]) for type_, wanted in coverage.ids.items()}
    lost_all = any(coverage.ids[type_] and not left for type_, left in ids.items())
    return None if lost_all else Coverage(ids)


# Datasets -------------------------------------------------------------------------------------------------------------


def cut_dataset(
    dataset: Dataset, submission: Submission, missing: Iterable[Mapping[str, str]], kept: Kept, followed: Kept = NONE
) -> DatasetExtract | None:
    """Return the part of a dataset that reaches the kept base records; None when no record of some type does.

    Parameters
    ----------
    followed
        By type records that stay besides, because annual values follow their course.
    """
    dimensions: dict[str, Dimension] = {}
    mappings: dict[str, TypeMapping] = {}
    for type_, dimension in dataset.dimensions.items():
        target = submission.mappings[type_]
        bases = kept.get(target.base)
        if bases is None:
            dimensions[type_], mappings[type_] = dimension, target
            continue
        if target.mapping is None:
            reaching: frozenset[str] = bases
        else:
            reaching = sources_of(target.mapping, bases)
            target = replace(target, mapping=cut_targets(target.mapping, bases))
        own = cut_dimension(dimension, reaching)
        if not own.records.rows:
            return None
        besides = followed.get(type_, frozenset()) - reaching
        if besides and target.mapping is None:
            # Ids that were base ids, and are none any more, reach nothing.
            target = replace(target, mapping=_renaming(submission, own, target.base))
        dimensions[type_], mappings[type_] = cut_dimension(dimension, reaching | besides), target
    return _extract(dataset, dimensions, replace(submission, mappings=mappings), missing)


def followed_records(followers: Iterable[Dataset], shape: Dataset) -> Kept:
    """Return by type the records of a shape whose course some datasets follow: of the types of which it has several."""
    found: dict[str, frozenset[str]] = {}
    for dataset in followers:
        for type_, dimension in shape.dimensions.items():
            if len(dimension.records) > 1:
                found[type_] = found.get(type_, frozenset()) | frozenset(dataset.dimensions[type_].records.ids)
    return found


def cut_shape(shape: Dataset, missing: Iterable[Mapping[str, str]], followed: Kept) -> DatasetExtract:
    """Return the part of a dataset whose course annual values follow, and that is not submitted itself."""
    dimensions = {
        type_: cut_dimension(dimension, followed.get(type_, frozenset(dimension.records.ids)))
        for type_, dimension in shape.dimensions.items()
    }
    return _extract(shape, dimensions, None, missing)


def _extract(
    whole: Dataset,
    dimensions: dict[str, Dimension],
    submission: Submission | None,
    missing: Iterable[Mapping[str, str]],
) -> DatasetExtract:
    left = {type_: frozenset(dimension.records.ids) for type_, dimension in dimensions.items()}
    is_cut = any(len(ids) < len(whole.dimensions[type_].records) for type_, ids in left.items())
    return DatasetExtract(
        whole=whole,
        dataset=replace(
            whole,
            dimensions=dimensions,
            time=of_records(whole.time, left.get(whole.time.year_of, ())),
            # Sums and counts of the whole are not those of a part.
            checks=() if is_cut else whole.checks,
        ),
        submission=submission,
        missing=tuple(dict(row) for row in missing if all(id_ in left[type_] for type_, id_ in row.items())),
    )


def _renaming(submission: Submission, own: Dimension, base: str) -> DimensionMapping:
    """Return the mapping of records onto those with the same ids."""
    return DimensionMapping(
        "one_to_one",
        tuple(Association(id_, id_) for id_ in own.records.ids),
        id=f"{submission.project_id}/{submission.dataset_id}/{own.name}:{base}",
        version="1.0.0",
    )


# Writing --------------------------------------------------------------------------------------------------------------


class Numbered:
    """Ids for values of one kind: its own for the first that has an id and version, a new one for others."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str], object] = {}

    def place(self, id_: str, version: str, value: object) -> tuple[str, bool]:
        """Return the id that a value gets, and whether it is new."""
        number = 1
        while True:
            candidate = id_ if number == 1 else f"{id_}_{number}"
            if (candidate, version) not in self._values:
                self._values[candidate, version] = value
                return candidate, True
            if self._values[candidate, version] == value:
                return candidate, False
            number += 1


class Writer:
    """Writes an extract into a new registry, in one registration."""

    def __init__(self, registration: Registration) -> None:
        self._registration = registration
        self._dimensions, self._mappings = Numbered(), Numbered()
        self._waiting: list[tuple[tuple[str, tuple[int, int, int]], Dimension | TimeDimension | MappingVersion]] = []

    def write(self, project: Project, datasets: Iterable[DatasetExtract]) -> None:
        """Write a project and its datasets, whose files are published already."""
        project = self._project(project)
        extracts = [(each, self._dataset(each.dataset)) for each in datasets]
        submissions = [
            (each.is_composite, self._submission(project, dataset, each.submission))
            for each, dataset in extracts
            if each.submission
        ]
        # A newer version of a thing comes after an older one.
        for _, value in sorted(self._waiting, key=lambda each: (isinstance(each[1], MappingVersion), each[0])):
            if isinstance(value, MappingVersion):
                self._registration.update_mapping(value)
            else:
                self._registration.update_dimension(value)
        self._registration.update_project(project)
        for each, dataset in sorted(extracts, key=lambda pair: (pair[1].id, parts(pair[1].version))):
            self._registration.update_dataset(DatasetVersion(dataset, (), each.missing))
        for is_composite, submission in submissions:
            if is_composite:
                self._registration.add_composite(submission)
            else:
                self._registration.add_submission(submission)

    def _project(self, project: Project) -> Project:
        base = tuple(self._dimension(each) for each in project.base)
        by_name = {each.name: each for each in base}
        supplemental = []
        for each in project.supplemental:
            dimension = self._dimension(each.dimension)
            mapping = self._mapping(each.mapping, by_name[each.of], dimension)
            supplemental.append(replace(each, dimension=dimension, mapping=mapping))
        return replace(project, base=base, supplemental=tuple(supplemental), time=self._time(project.time))

    def _dataset(self, dataset: Dataset) -> Dataset:
        dimensions = {type_: self._dimension(dimension) for type_, dimension in dataset.dimensions.items()}
        return replace(dataset, dimensions=dimensions, time=self._time(dataset.time))

    def _submission(self, project: Project, dataset: Dataset, submission: Submission) -> Submission:
        bases = {each.name: each for each in project.base}
        mappings = {
            type_: target
            if target.mapping is None
            else replace(target, mapping=self._mapping(target.mapping, dataset.dimensions[type_], bases[target.base]))
            for type_, target in submission.mappings.items()
        }
        return replace(submission, mappings=mappings)

    def _dimension(self, dimension: Dimension) -> Dimension:
        # Its user may call it by another name than its own, the last part of its id.
        own = replace(dimension, name=dimension.id.rpartition("/")[2])
        id_, is_new = self._dimensions.place(dimension.id, dimension.version, own)
        if is_new:
            self._wait(replace(own, id=id_, name=id_.rpartition("/")[2]))
        return replace(dimension, id=id_)

    def _time(self, time: TimeDimension) -> TimeDimension:
        id_, is_new = self._dimensions.place(time.id, time.version, time)
        time = replace(time, id=id_)
        if is_new:
            self._wait(time)
        return time

    def _mapping(self, mapping: DimensionMapping, from_: Dimension, to: Dimension) -> DimensionMapping:
        ends = (from_.id, from_.version), (to.id, to.version)
        id_, is_new = self._mappings.place(mapping.id, mapping.version, (mapping, ends))
        mapping = replace(mapping, id=id_)
        if is_new:
            version = MappingVersion(mapping, *ends)
            self._waiting.append(((id_, parts(mapping.version)), version))
        return mapping

    def _wait(self, value: Dimension | TimeDimension) -> None:
        self._waiting.append(((value.id, parts(value.version)), value))
