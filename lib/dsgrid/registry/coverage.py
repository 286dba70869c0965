"""What a project requires, as a spec would say it: by the selectors of a subset, or by what is left out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dsgrid.dimensions.dimension import Subset
from dsgrid.registry.model import Coverage, Project, Requirement
from dsgrid.toml_text import Inline

Document = dict[str, Any]


def requirement_table(requirement: Requirement, project: Project) -> Document:
    """Return the table of one dataset below ``requires``."""
    together = [coverage_table(each, project) for each in requirement.together]
    return {**coverage_table(requirement.single, project), **({"together": together} if together else {})}


def coverage_table(coverage: Coverage, project: Project) -> Document:
    """Return the required records of each type; reading them back gives the same ids in the same order."""
    return {type_: covered(type_, ids, project) for type_, ids in coverage.ids.items()}


def covered(type_: str, ids: tuple[str, ...], project: Project) -> list[str] | Inline:
    """Return the way that names the least: a list of records, selectors of a subset, or all but some."""
    base = {dimension.name: dimension for dimension in project.base_of_type(type_)}
    known = tuple(dict.fromkeys(id_ for dimension in base.values() for id_ in dimension.records.ids))
    ways: list[tuple[int, list[str] | Inline]] = [(len(ids), list(ids))] if ids else []
    for subset in project.subsets:
        selectors = _selectors(subset, ids) if subset.of in base else None
        if selectors:
            ways.append((len(selectors), Inline({"subset": subset.name, "selectors": selectors})))
    wanted = set(ids)
    left_out = [id_ for id_ in known if id_ not in wanted]
    if left_out and ids == tuple(id_ for id_ in known if id_ in wanted):
        ways.append((len(left_out), Inline({"except": left_out})))
    return min(ways, key=lambda way: way[0])[1]


def _selectors(subset: Subset, ids: tuple[str, ...]) -> list[str] | None:
    """Return selectors that name exactly these ids in this order, one after the other; None unless just some do."""
    chosen: list[str] = []
    named: dict[str, None] = {}
    while len(named) < len(ids):
        following = {each.name: _following(each.ids, named, ids) for each in subset.selectors}
        name = max(following, key=lambda each: following[each], default="")
        # Of two selectors with the same ids nobody knows which one is meant: an edit of the other would change what is
        # required of a dataset that has nothing to do with it.
        if not following.get(name) or list(following.values()).count(following[name]) > 1:
            return None
        chosen.append(name)
        named.update(dict.fromkeys(next(each.ids for each in subset.selectors if each.name == name)))
    return chosen


def _following(members: Iterable[str], named: dict[str, None], ids: tuple[str, ...]) -> int:
    """Return how many more ids a selector names when they are the next ones, else 0."""
    new = tuple(id_ for id_ in members if id_ not in named)
    return len(new) if new == ids[len(named) : len(named) + len(new)] else 0
