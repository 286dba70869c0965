"""Which records of a dimension the datasets of a project cover, and how much of what is required of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.errors import NotFoundError, did_you_mean
from dsgrid.registry.cover import Axis, Cover, axis, cover
from dsgrid.registry.database import Database, Row
from dsgrid.registry.model import Requirement
from dsgrid.registry.project_parts import ACCEPTED, COMPOSITE, dataset_rows, named_reference
from dsgrid.registry.projects import read_requirements
from dsgrid.registry.registry import Registry
from dsgrid.registry.resolve import find_version

Document = dict[str, Any]


@dataclass(frozen=True)
class Covered:
    """One dataset over the records of the dimension; without `cover` it reaches another base dimension of the type."""

    row: Document
    base: str
    cover: Cover | None


@dataclass(frozen=True)
class ProjectCover:
    """What the datasets of a project cover of one of its dimensions."""

    reference: str
    dimension: Document
    records: tuple[tuple[str, str], ...]
    datasets: tuple[Covered, ...]

    def gaps(self) -> list[int]:
        """Return the places of the records of which a dataset that was accepted lacks something."""
        lacking = np.zeros(len(self.records), dtype=bool)
        for each in self.datasets:
            if each.row["status"] == ACCEPTED and each.cover is not None and each.cover.required is not None:
                lacking |= np.asarray(each.cover.present) < np.asarray(each.cover.required)
        return [int(place) for place in np.flatnonzero(lacking)]

    def document(self, first: int, limit: int, gaps: bool = False) -> Document:
        """Return it for JSON, some of the records; the sums of a dataset are over all of them.

        Parameters
        ----------
        first, limit
            From which record on, and how many.
        gaps
            Only those of `gaps`.
        """
        lacking = self.gaps()
        among = lacking if gaps else range(len(self.records))
        places = list(among[first : first + limit])
        return {
            "reference": self.reference,
            "dimension": self.dimension,
            "total": len(among),
            "gaps": len(lacking),
            "first": first,
            "records": [{"id": id_, "name": name} for id_, name in (self.records[place] for place in places)],
            "datasets": [_document(each, places) for each in self.datasets],
        }


def read_project_cover(
    registry: Registry, reference: str, dimension: str | None = None, check: Callable[[], None] = lambda: None
) -> ProjectCover:
    """Return what the datasets of a project cover of a dimension.

    Parameters
    ----------
    dimension
        The name of a base or supplemental dimension in the project; the first base dimension if nothing is said.
    check
        Called now and then; ends the work by raising.

    Raises
    ------
    NotFoundError
        If the project has no such dimension of records.
    """
    database = registry.database
    with database.snapshot():
        key = find_version(database, "project", reference)
        name = named_reference(database, key)
        reader = _Reader(database, key)
        chosen = reader.chosen(dimension, name)
        base = reader.base_of(chosen)
        requirements = {each.dataset_id: each for each in read_requirements(database, key)}
        composites = {
            (row["id"], row["version"])
            for row in database.rows(
                "SELECT id, version FROM all_composites WHERE project_id = ?", (name.rpartition("@")[0],)
            )
        }
        found = []
        for row in dataset_rows(database, key):
            check()
            if row["status"] == ACCEPTED and (row["dataset"], row["version"]) in composites and not row["required"]:
                row = {**row, "status": COMPOSITE}
            found.append(reader.covered(row, base, requirements.get(row["dataset"]), check))
        if chosen["kind"] == "supplemental":
            pairs = reader.pairs(chosen["mapping"])
            size = chosen["records"]
            places = {id_: place for place, (id_, _) in enumerate(reader.records(chosen["table"]))}
            own = {id_: place for place, id_ in enumerate(reader.ids(base["table"]))}
            ways = [(own[one], places[other]) for one, other in pairs if one in own and other in places]
            found = [Covered(each.row, each.base, _summed(each.cover, ways, size)) for each in found]
        told = ("name", "kind", "type", "class", "of", "dimension")
        return ProjectCover(
            name, {each: chosen[each] for each in told}, tuple(reader.records(chosen["table"])), tuple(found)
        )


def _summed(found: Cover | None, ways: Sequence[tuple[int, int]], size: int) -> Cover | None:
    """Return the numbers for the records that others are parts of."""
    if found is None:
        return None
    required, present, reached = [0] * size, [0] * size, [False] * size
    for own, place in ways:
        required[place] += found.required[own] if found.required else 0
        present[place] += found.present[own] if found.present else 0
        reached[place] |= found.reached[own]
    is_known = found.required is not None and found.present is not None
    return Cover(required if is_known else None, present if is_known else None, reached)


def _document(each: Covered, places: Sequence[int]) -> Document:
    head = {
        "dataset": each.row["dataset"],
        "version": each.row["version"],
        "status": each.row["status"],
        "base": each.base,
    }
    found = each.cover
    if found is None:
        return {**head, "is_other": True, "required": None, "present": None, "reached": None, "sums": None}
    required, present = found.required, found.present
    return {
        **head,
        "is_other": False,
        "required": None if required is None else [required[place] for place in places],
        "present": None if present is None else [present[place] for place in places],
        "reached": [found.reached[place] for place in places],
        "sums": None if required is None or present is None else _sums(required, present, found.reached),
    }


def _sums(required: Sequence[int], present: Sequence[int], reached: Sequence[bool]) -> Document:
    wanted, there, is_reached = np.asarray(required), np.asarray(present), np.asarray(reached)
    kinds = {
        "full": (wanted > 0) & (there >= wanted),
        "part": (there > 0) & (there < wanted),
        "none": (wanted > 0) & (there == 0),
        "beyond": is_reached & (wanted == 0),
    }
    return {
        "required": sum(required),
        "present": sum(present),
        **{name: int(np.count_nonzero(kind)) for name, kind in kinds.items()},
    }


class _Reader:
    """Reads tables of the registry, each once: datasets share their records and mappings."""

    def __init__(self, database: Database, project: int) -> None:
        self._database = database
        self._project = project
        self._records: dict[int, list[tuple[str, str]]] = {}
        self._pairs: dict[int, list[tuple[str, str]]] = {}
        self._axes: dict[tuple[int, int, int | None], Axis] = {}
        self.bases = self._dimensions("base_dimensions", "NULL", "NULL", project, "base")
        self._supplemental = self._dimensions("supplemental_dimensions", "x.base", "x.mapping", project, "supplemental")

    def _dimensions(self, table: str, of: str, mapping: str, project: int, kind: str) -> list[Document]:
        rows = self._database.rows(
            f"SELECT x.name, ? AS kind, d.type, d.class, {of} AS of, d.id || '@' || d.version AS dimension, d.records, "
            f"v.record_table AS 'table', (SELECT m.association_table FROM mapping_versions m WHERE m.key = {mapping}) "
            f"AS mapping FROM {table} x JOIN all_dimensions d ON d.key = x.dimension "
            "JOIN dimension_versions v ON v.key = x.dimension WHERE x.project_version = ? ORDER BY x.position",
            (kind, project),
        )
        return [dict(row) for row in rows]

    def chosen(self, name: str | None, project: str) -> Document:
        known = {each["name"]: each for each in (*self.bases, *self._supplemental)}
        if name is None:
            return self.bases[0]
        if name not in known:
            raise NotFoundError(f'project {project} has no dimension of records "{name}"{did_you_mean(name, known)}')
        return known[name]

    def base_of(self, chosen: Document) -> Document:
        return chosen if chosen["of"] is None else next(each for each in self.bases if each["name"] == chosen["of"])

    def records(self, table: int) -> list[tuple[str, str]]:
        if table not in self._records:
            rows = self._database.select("records", "id, name", record_table=table)
            self._records[table] = [(row["id"], row["name"]) for row in rows]
        return self._records[table]

    def ids(self, table: int) -> list[str]:
        return [id_ for id_, _ in self.records(table)]

    def pairs(self, table: int) -> list[tuple[str, str]]:
        if table not in self._pairs:
            rows = self._database.rows(
                "SELECT DISTINCT from_id, to_id FROM associations WHERE association_table = ? AND to_id IS NOT NULL",
                (table,),
            )
            self._pairs[table] = [(row["from_id"], row["to_id"]) for row in rows]
        return self._pairs[table]

    def covered(
        self, row: Document, base: Document, requirement: Requirement | None, check: Callable[[], None]
    ) -> Covered:
        """Return one dataset over the records of a base dimension."""
        submission = self._submission(row)
        chosen, axes = {}, {}
        for type_ in RECORD_TYPES:
            target = submission.get(type_)
            known = [each for each in self.bases if target is not None and each["name"] == target["base"]]
            if target is not None and not known:
                # Of a composite of another version of the project, whose dimensions may have had other names.
                if type_ == base["type"]:
                    return Covered(row, target["base"], None)
                target = None
            reached = known[0] if known else self._likely(type_, base, requirement)
            chosen[type_] = reached
            axes[type_] = self._axis(reached["table"], target)
        mine = chosen[base["type"]]
        if mine["name"] != base["name"]:
            return Covered(row, mine["name"], None)
        missing = self._missing(row) if submission else ()
        return Covered(row, mine["name"], cover(axes, requirement, missing, base["type"], check))

    def _likely(self, type_: str, base: Document, requirement: Requirement | None) -> Document:
        """Return the base dimension that a dataset will reach which is not submitted: one that has what is required."""
        among = [each for each in self.bases if each["type"] == type_]
        parts = [] if requirement is None else [requirement.single, *requirement.together]
        wanted = {id_ for part in parts for id_ in part.ids.get(type_, ())}
        fitting = [each for each in among if wanted <= set(self.ids(each["table"]))] or among
        return base if base in fitting else fitting[0]

    def _submission(self, row: Document) -> dict[str, Row]:
        if row["status"] not in (ACCEPTED, COMPOSITE):
            return {}
        found = self._submitted(row, self._project)
        if not found:
            # A composite that was registered in another version of the project, whose results this one has, too.
            project = self._database.value(
                "SELECT project_version FROM composites WHERE dataset_version = "
                "(SELECT key FROM all_datasets WHERE id = ? AND version = ?)",
                (row["dataset"], row["version"]),
            )
            found = self._submitted(row, project)
        return found

    def _submitted(self, row: Document, project: int) -> dict[str, Row]:
        rows = self._database.rows(
            "SELECT m.type, m.base, v.record_table AS own, a.association_table AS mapping FROM all_submissions s "
            "JOIN submission_mappings m ON m.submission = s.key "
            "JOIN dataset_dimensions x ON x.dataset_version = s.dataset_key AND x.type = m.type "
            "JOIN dimension_versions v ON v.key = x.dimension LEFT JOIN mapping_versions a ON a.key = m.mapping "
            "WHERE s.project_key = ? AND s.dataset_id = ? AND s.dataset_version = ?",
            (project, row["dataset"], row["version"]),
        )
        return {each["type"]: each for each in rows}

    def _axis(self, base: int, target: Row | None) -> Axis:
        if target is None:
            return axis(self.ids(base), (), None)
        place = (base, target["own"], target["mapping"])
        if place not in self._axes:
            pairs = None if target["mapping"] is None else self.pairs(target["mapping"])
            self._axes[place] = axis(self.ids(base), self.ids(target["own"]), pairs)
        return self._axes[place]

    def _missing(self, row: Document) -> Iterator[Sequence[str | None]]:
        return self._database.stream(
            f"SELECT {', '.join(RECORD_TYPES)} FROM missing_associations WHERE dataset_version = "
            "(SELECT key FROM all_datasets WHERE id = ? AND version = ?)",
            (row["dataset"], row["version"]),
        )
