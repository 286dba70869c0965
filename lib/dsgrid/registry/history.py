"""What became of something over time: its versions, what happened to its submissions, and what was removed.

Nothing is kept for this: every row of the registry belongs to a registration, which says when, who, why and by which
job.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from dsgrid.errors import NotFoundError
from dsgrid.registry.aliases import aliases_of, own_reference
from dsgrid.registry.database import Database, Row
from dsgrid.registry.resolve import find_kind
from dsgrid.registry.submissions import read_rules
from dsgrid.registry.versions import parse_reference, parts, resolve_version, unknown

Contents = tuple[Any, ...]

_REGISTERED = "r.key AS number, r.registered_at, r.submitter, r.job, r.log_message"
_ENDS = "p.id AS project_id, v.version AS project_version, d.id AS dataset_id, w.version AS dataset_version"
_JOINED = (
    "JOIN projects p ON p.key = v.project JOIN dataset_versions w ON w.key = {of}.dataset_version "
    "JOIN datasets d ON d.key = w.dataset"
)


@dataclass(frozen=True)
class Registered:
    """When something was registered, or removed, by whom and why."""

    number: int
    registered_at: str
    submitter: str
    job: str
    log_message: str


@dataclass(frozen=True)
class Version:
    """One version: its number, what kind of update made it (``new``, ``patch``, ``minor``, ``major``), and how it came.

    Parameters
    ----------
    removed
        What took it away; None while it is there.
    aliases
        What it is called in the registry that it was imported from, ``id@version`` each.
    """

    version: str
    level: str
    registered: Registered
    removed: Registered | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Event:
    """What happened to the submission of a version of a dataset to a version of a project.

    Parameters
    ----------
    action
        ``submitted``; ``carried`` along to a new version of the project; ``invalidated`` by a new version that it
        doesn't fit; ``removed``.
    reason
        Why it does not fit.
    """

    action: str
    project: tuple[str, str]
    dataset: tuple[str, str]
    registered: Registered
    reason: str = ""


@dataclass(frozen=True)
class History:
    """All versions of a project, dataset, dimension or mapping, oldest first, and the events of its submissions."""

    kind: str
    id: str
    versions: tuple[Version, ...]
    events: tuple[Event, ...] = ()

    def events_of(self, version: str) -> tuple[Event, ...]:
        """Return the events of one version."""
        return tuple(event for event in self.events if _end(self.kind, event) == version)


def read_history(database: Database, reference: str, kind: str | None = None) -> History:
    """Return the history of an id; with ``id@version`` only of the versions that this fits.

    What was removed from the registry still has one.

    Parameters
    ----------
    kind
        What the id belongs to; None finds it out.

    Raises
    ------
    NotFoundError
        If nothing has or had this id, or such a version.
    """
    id_, wanted = parse_reference(own_reference(database, reference))
    kind = kind or _kind(database, id_)
    versions = _versions(database, kind, id_)
    if not versions:
        ids = [row["id"] for row in database.select(f"{kind}s", "id", order="id")]
        raise unknown(kind, id_, ids, str(database.path.parent))
    if wanted is not None:
        resolve_version(f"{kind} {id_}", (each.version for each in versions), wanted)
        versions = tuple(each for each in versions if f"{each.version}.".startswith(f"{wanted}."))
    events = _events(database, kind, id_) if kind in ("project", "dataset") else ()
    numbers = {each.version for each in versions}
    return History(kind, id_, versions, tuple(event for event in events if _end(kind, event) in numbers))


def submission_contents(database: Database, key: int) -> Contents:
    """Return what tells one submission from another, whatever versions of dimensions its mappings lie between."""
    wrap_time = database.value("SELECT wrap_time FROM submissions WHERE key = ?", (key,))
    rows = database.rows(
        "SELECT m.type, m.base, v.kind, v.tolerance, v.description, v.association_table FROM submission_mappings m "
        "LEFT JOIN mapping_versions v ON v.key = m.mapping WHERE m.submission = ? ORDER BY m.type",
        (key,),
    )
    rules = tuple(sorted(read_rules(database, key).items()))
    return (wrap_time, rules, *map(tuple, rows))


def _kind(database: Database, id_: str) -> str:
    try:
        return find_kind(database, id_)
    except NotFoundError:
        kind = database.value(
            "SELECT kind FROM removals WHERE id = ? AND kind IN ('project', 'dataset', 'dimension', 'mapping')", (id_,)
        )
        if kind is None:
            raise
        return str(kind)


def _end(kind: str, event: Event) -> str:
    return (event.project if kind == "project" else event.dataset)[1]


def _versions(database: Database, kind: str, id_: str) -> tuple[Version, ...]:
    present = database.rows(
        f"SELECT v.version, v.key AS version_key, {_REGISTERED} FROM {kind}_versions v "
        f"JOIN {kind}s e ON e.key = v.{kind} "
        "JOIN registrations r ON r.key = v.registration WHERE e.id = ?",
        (id_,),
    )
    removed = {row["version"]: _registered(row) for row in _removals(database, "r.key = m.registration", kind, id_)}
    gone = _removals(database, "r.key = m.registered", kind, id_)
    found: list[tuple[str, Registered, Registered | None]]
    found = [(row["version"], _registered(row), None) for row in present]
    found += [(row["version"], _registered(row), removed[row["version"]]) for row in gone]
    found.sort(key=lambda each: (parts(each[0]), each[1].number))
    aliases = {row["version"]: tuple(aliases_of(database, kind, row["version_key"])) for row in present}
    return tuple(
        Version(version, _level(version) if place else "new", registered, removal, aliases.get(version, ()))
        for place, (version, registered, removal) in enumerate(found)
    )


def _removals(database: Database, on: str, kind: str, id_: str) -> list[Row]:
    return database.rows(
        f"SELECT m.version, {_REGISTERED} FROM removals m JOIN registrations r ON {on} "
        "WHERE m.kind = ? AND m.id = ? ORDER BY m.registration, m.position",
        (kind, id_),
    )


def _level(version: str) -> str:
    """Return the kind of update that a version's number tells: an update sets the lower numbers back to 0."""
    _, minor, patch = parts(version)
    return "patch" if patch else "minor" if minor else "major"


def _registered(row: Row) -> Registered:
    return Registered(row["number"], row["registered_at"], row["submitter"], row["job"], row["log_message"])


# Submissions ---------------------------------------------------------------------------------------------------------


def _events(database: Database, kind: str, id_: str) -> tuple[Event, ...]:
    whose = f"{'p' if kind == 'project' else 'd'}.id = ?"
    submitted = tuple(_submitted(database, whose, id_))
    known = {(event.project[0], event.dataset) for event in submitted}
    events = (*submitted, *_invalidated(database, whose, id_), *_removed(database, kind, id_, known))
    return tuple(sorted(events, key=lambda each: (each.registered.number, each.action, each.project, each.dataset)))


def _submitted(database: Database, whose: str, id_: str) -> Iterable[Event]:
    rows = database.rows(
        f"SELECT s.key, s.project_version AS project_key, v.registration, {_ENDS}, {_REGISTERED} FROM submissions s "
        f"JOIN project_versions v ON v.key = s.project_version {_JOINED.format(of='s')} "
        f"JOIN registrations r ON r.key = s.registration WHERE {whose} ORDER BY s.key",
        (id_,),
    )
    before: dict[tuple[str, str, str], int] = {}
    for row in rows:
        identity = (row["project_id"], row["dataset_id"], row["dataset_version"])
        earlier = before.get(identity)
        # Registered together with a new version of the project, just as it was.
        carried = (
            row["registration"] == row["number"]
            and earlier is not None
            and submission_contents(database, earlier) == submission_contents(database, row["key"])
        )
        before[identity] = row["key"]
        yield _event("carried" if carried else "submitted", row)


def _invalidated(database: Database, whose: str, id_: str) -> Iterable[Event]:
    rows = database.rows(
        f"SELECT i.dataset_version AS dataset_key, i.submitted_to, i.reason, {_ENDS}, {_REGISTERED} "
        f"FROM invalidations i JOIN project_versions v ON v.key = i.project_version {_JOINED.format(of='i')} "
        f"JOIN registrations r ON r.key = v.registration WHERE {whose} ORDER BY i.project_version",
        (id_,),
    )
    told: dict[tuple[str, str, int], str] = {}
    for row in rows:
        # Every later version of the project says it again.
        lost = (row["project_id"], row["submitted_to"], row["dataset_key"])
        if told.get(lost) != row["reason"]:
            yield _event("invalidated", row, row["reason"])
        told[lost] = row["reason"]


def _removed(database: Database, kind: str, id_: str, known: set[tuple[str, tuple[str, str]]]) -> Iterable[Event]:
    """Yield how submissions that were removed came and went; those that went with a version of `id_` go unsaid.

    Parameters
    ----------
    known
        Projects and the versions of datasets that are submitted to another version of them.
    """
    for row in database.rows("SELECT id, version, registration, registered FROM removals WHERE kind = 'submission'"):
        project, _, dataset = row["id"].partition("/")
        of, _, with_ = row["version"].partition("+")
        own, version = (project, of) if kind == "project" else (dataset, with_)
        if own != id_ or _removal(database, "registration", kind, own, version) == row["registration"]:
            continue
        together = _removal(database, "registered", "project", project, of) == row["registered"]
        came = "carried" if together and (project, (dataset, with_)) in known else "submitted"
        for action, number in ((came, row["registered"]), ("removed", row["registration"])):
            moment = database.rows(f"SELECT {_REGISTERED} FROM registrations r WHERE r.key = ?", (number,))[0]
            yield Event(action, (project, of), (dataset, with_), _registered(moment))


def _removal(database: Database, column: str, kind: str, id_: str, version: str) -> int | None:
    found = database.select("removals", column, kind=kind, id=id_, version=version)
    return found[0][column] if found else None


def _event(action: str, row: Row, reason: str = "") -> Event:
    project, dataset = (row["project_id"], row["project_version"]), (row["dataset_id"], row["dataset_version"])
    return Event(action, project, dataset, _registered(row), reason)
