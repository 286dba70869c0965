"""What differs between two projects, two datasets or two submissions.

Ids, versions and the folder of a dataset's files say where contents are kept; they are not contents. Parts that have a
name (dimensions, subsets, selectors, requirements, files) are compared by name, and their order says nothing; the
order of records does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any, TypeVar

from dsgrid.dimensions.changes import Change, compare_keys, inside, same
from dsgrid.dimensions.comparison import compare_dimensions, compare_mappings, summary
from dsgrid.dimensions.dimension import Dimension, Selector, Subset, Supplemental
from dsgrid.registry.model import Coverage, Dataset, Layout, Project, Requirement, Submission, TypeMapping
from dsgrid.registry.values import decode, flatten
from dsgrid.time.comparison import compare_rules, compare_times

Part = TypeVar("Part")

_LAYOUT_LEVELS = dict.fromkeys(Layout.__dataclass_fields__, "major")


def compare_projects(old: Project, new: Project) -> tuple[Change, ...]:
    """Return what differs between two versions of a project.

    Supplemental dimensions, subsets, selectors and requirements that are added are minor, as are records; what a
    mapping or a selector gains is minor where it gains it for records that were added. Names, descriptions and
    metadata are patches. All the rest is major, a base dimension that is added included: every dataset has to reach it.
    """
    if old is new:
        return ()
    fresh = _fresh(_dimensions(old), _dimensions(new))
    return (
        *compare_keys(_described(old), _described(new), "", {"name": "patch", "description": "patch"}),
        *_compare_metadata(old.metadata, new.metadata),
        *compare_times(old.time, new.time, "time"),
        *_parts(
            ("base dimension", "base", "major"),
            ({each.name: each for each in project.base} for project in (old, new)),
            summary,
            compare_dimensions,
        ),
        *_parts(
            ("supplemental dimension", "supplemental", "minor"),
            ({each.dimension.name: each for each in project.supplemental} for project in (old, new)),
            lambda each: {"of": each.of, **summary(each.dimension), "mapping": each.mapping.kind},
            lambda was, now, where: _compare_supplementals(was, now, where, fresh),
        ),
        *_parts(
            ("subset", "subset", "minor"),
            ({each.name: each for each in project.subsets} for project in (old, new)),
            lambda each: {"of": each.of, "selectors": [selector.name for selector in each.selectors]},
            lambda was, now, where: _compare_subsets(was, now, where, fresh.get(now.of, ())),
        ),
        *_parts(
            ("requirement", "requires", "minor"),
            ({each.dataset_id: each for each in project.requirements} for project in (old, new)),
            lambda each: {**_ids(each.single), "together": [_ids(coverage) for coverage in each.together]},
            _compare_requirements,
        ),
    )


def compare_datasets(old: Dataset, new: Dataset) -> tuple[Change, ...]:
    """Return what differs between two versions of a dataset: metadata (patch), dimensions, time, layout and files.

    What the folder is called that holds the files says nothing; the files do, by their sha256.
    """
    if old is new:
        return ()
    return (
        *compare_keys(_dataset_keys(old), _dataset_keys(new), "", {"kind": "patch", "description": "patch"}),
        *_compare_metadata(old.metadata, new.metadata),
        *_compare_checks(old.checks, new.checks),
        *_parts(
            ("dimension", "dimension", "major"),
            (dataset.dimensions for dataset in (old, new)),
            lambda each: {"name": each.name, **summary(each)},
            compare_dimensions,
        ),
        *compare_times(old.time, new.time, "time"),
        *compare_keys(_plain(old.layout), _plain(new.layout), "data", _LAYOUT_LEVELS),
        *_parts(
            ("data file", "data", "major"),
            ({each.path: each for each in dataset.files} for dataset in (old, new)),
            _plain,
            lambda was, now, where: _compare_all(_plain(was), _plain(now), where),
        ),
    )


def compare_submissions(old: Submission, new: Submission) -> tuple[Change, ...]:
    """Return what differs between two submissions of a dataset: mappings, what they lead to, and rules of time.

    Between the same versions of project and dataset no record is new, so that an association that is added is major.
    """
    same_ends = (old.project_version, old.dataset_version) == (new.project_version, new.dataset_version)
    fresh = frozenset[str]() if same_ends else None
    return (
        *compare_rules(old.time, new.time),
        *_parts(
            ("mapping", "mapping", "major"),
            (submission.mappings for submission in (old, new)),
            _target,
            lambda was, now, where: _compare_targets(was, now, where, fresh),
        ),
    )


def _parts(
    said: tuple[str, str, str],
    sides: Iterable[Mapping[str, Part]],
    shown: Callable[[Part], Any],
    compare: Callable[[Part, Part, str], Iterable[Change]],
) -> Iterator[Change]:
    """Compare parts by name; `said` is what they are, the key that holds them, and the level of an added one."""
    what, where, level = said
    old, new = sides
    for name, part in new.items():
        if name not in old:
            yield Change("added", what, where, name, level, new=shown(part))
    for name, part in old.items():
        if name not in new:
            yield Change("removed", what, where, name, "major", old=shown(part))
    for name, part in old.items():
        if name in new and part is not new[name]:
            yield from compare(part, new[name], inside(where, name))


def _compare_all(old: Mapping[str, Any], new: Mapping[str, Any], where: str) -> Iterator[Change]:
    return compare_keys(old, new, where, dict.fromkeys(new, "major"))


# Projects ------------------------------------------------------------------------------------------------------------


def _described(project: Project) -> dict[str, str]:
    return {"name": project.name, "description": project.description}


def _dimensions(project: Project) -> dict[str, Dimension]:
    return {each.name: each for each in (*project.base, *(each.dimension for each in project.supplemental))}


def _fresh(old: Mapping[str, Dimension], new: Mapping[str, Dimension]) -> dict[str, frozenset[str]]:
    """Return for each dimension the records that were added."""
    return {
        name: frozenset(dimension.records.by_id.keys() - (old[name].records.by_id.keys() if name in old else ()))
        for name, dimension in new.items()
    }


def _compare_supplementals(
    old: Supplemental, new: Supplemental, where: str, fresh: Mapping[str, Collection[str]]
) -> Iterator[Change]:
    yield from compare_keys({"of": old.of}, {"of": new.of}, where, {"of": "major"})
    yield from compare_dimensions(old.dimension, new.dimension, where)
    yield from compare_mappings(
        old.mapping,
        new.mapping,
        inside(where, "mapping"),
        new_from=fresh.get(new.of, ()),
        new_to=fresh.get(new.dimension.name, ()),
    )


def _compare_subsets(old: Subset, new: Subset, where: str, fresh: Collection[str]) -> Iterator[Change]:
    was, now = ({"of": each.of, "description": each.description} for each in (old, new))
    yield from compare_keys(was, now, where, {"of": "major", "description": "patch"})
    yield from _parts(
        ("selector", where, "minor"),
        ({each.name: each for each in subset.selectors} for subset in (old, new)),
        lambda each: {"description": each.description, "records": list(each.ids), **each.attributes},
        lambda was, now, where: _compare_selectors(was, now, where, fresh),
    )


def _compare_selectors(old: Selector, new: Selector, where: str, fresh: Collection[str]) -> Iterator[Change]:
    was, now = ({"description": each.description} for each in (old, new))
    yield from compare_keys(was, now, where, {"description": "patch"})
    yield from _compare_ids("record", old.ids, new.ids, where, fresh)
    yield from _compare_values("attribute", old.attributes, new.attributes, where, ("minor", "major"))


def _compare_requirements(old: Requirement, new: Requirement, where: str) -> Iterator[Change]:
    for type_ in dict.fromkeys((*old.single.ids, *new.single.ids)):
        was, now = old.single.ids.get(type_), new.single.ids.get(type_)
        if was is not None and now is not None:
            yield from _compare_ids("required record", was, now, inside(where, type_))
        elif was is None:
            yield Change("added", "required type", where, type_, "major", new=list(now or ()))
        else:
            yield Change("removed", "required type", where, type_, "major", old=list(was))
    was_together, now_together = (Counter(map(_unordered, each.together)) for each in (old, new))
    for entry in now_together - was_together:
        yield Change("added", "required combinations", where, "together", "major", new=_listed(entry))
    for entry in was_together - now_together:
        yield Change("removed", "required combinations", where, "together", "major", old=_listed(entry))


def _unordered(coverage: Coverage) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple(sorted((type_, tuple(sorted(ids))) for type_, ids in coverage.ids.items()))


def _listed(entry: tuple[tuple[str, tuple[str, ...]], ...]) -> dict[str, list[str]]:
    return {type_: list(ids) for type_, ids in entry}


def _ids(coverage: Coverage) -> dict[str, list[str]]:
    return {type_: list(ids) for type_, ids in coverage.ids.items()}


def _compare_ids(
    what: str, old: tuple[str, ...], new: tuple[str, ...], where: str, fresh: Collection[str] = ()
) -> Iterator[Change]:
    """Compare ids in any order; one that is added is minor when it is that of an added record."""
    if old == new:
        return
    was, now = Counter(old), Counter(new)
    for id_ in now - was:
        yield Change("added", what, where, id_, "minor" if id_ in fresh else "major")
    for id_ in was - now:
        yield Change("removed", what, where, id_, "major")


def _compare_values(
    what: str, old: Mapping[str, Any], new: Mapping[str, Any], where: str, levels: tuple[str, str]
) -> Iterator[Change]:
    """Compare scalars by key; `levels` are those of a key that is added, and of any other change."""
    added, other = levels
    for key in dict.fromkeys((*old, *new)):
        if key not in old:
            yield Change("added", what, where, key, added, new=new[key])
        elif key not in new:
            yield Change("removed", what, where, key, other, old=old[key])
        elif not same(old[key], new[key]):
            yield Change("changed", what, where, key, other, old[key], new[key])


# Datasets and submissions --------------------------------------------------------------------------------------------


def _dataset_keys(dataset: Dataset) -> dict[str, str]:
    return {"kind": dataset.kind, "description": dataset.description}


def _compare_metadata(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    was, now = ({path: _leaf(type_, value) for path, type_, value in flatten(each)} for each in (old, new))
    return _compare_values("metadata", was, now, "", ("patch", "patch"))


def _compare_checks(old: tuple[dict[str, Any], ...], new: tuple[dict[str, Any], ...]) -> Iterator[Change]:
    was, now = ({f"checks[{number}]": check for number, check in enumerate(each)} for each in (old, new))
    return _compare_values("check", was, now, "", ("patch", "patch"))


def _leaf(type_: str, value: object) -> object:
    empty: dict[str, object] = {"table": {}, "array": []}
    return empty[type_] if type_ in empty else decode(type_, value)


def _plain(value: Any) -> dict[str, Any]:
    return {key: list(each) if isinstance(each, tuple) else each for key, each in asdict(value).items()}


def _target(target: TypeMapping) -> dict[str, Any]:
    mapping = target.mapping
    if mapping is None:
        return {"to": target.base}
    return {"to": target.base, "kind": mapping.kind, "associations": len(mapping.associations)}


def _compare_targets(old: TypeMapping, new: TypeMapping, where: str, fresh: Collection[str] | None) -> Iterator[Change]:
    yield from compare_keys({"to": old.base}, {"to": new.base}, where, {"to": "major"})
    if old.mapping is not None and new.mapping is not None:
        yield from compare_mappings(old.mapping, new.mapping, where, new_from=fresh, new_to=fresh)
    elif new.mapping is not None:
        yield Change("added", "mapping", where, "records", "major", new=_target(new))
    elif old.mapping is not None:
        yield Change("removed", "mapping", where, "records", "major", old=_target(old))
