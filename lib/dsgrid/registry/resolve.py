"""From ids, names and versions to the rows that they mean."""

from __future__ import annotations

from dsgrid.errors import NotFoundError, did_you_mean
from dsgrid.registry.aliases import alias_kind, find_alias
from dsgrid.registry.database import Database
from dsgrid.registry.moments import moment_of, readable, versions_of
from dsgrid.registry.versions import ambiguous, parse_reference, parts, resolve_version, unknown

KINDS = ("project", "dataset", "dimension", "mapping")


def find_kind(database: Database, reference: str) -> str:
    """Return the kind of what an id belongs to; ids of projects and datasets come before those of dimensions."""
    id_, _ = parse_reference(reference)
    for kind in KINDS:
        if _versions(database, kind, id_):
            return kind
    alias = alias_kind(database, id_)
    if alias is not None:
        return alias
    for kind in KINDS:
        _refuse_later(database, kind, id_)
    _refuse_submission(database, id_)
    ids = [row["id"] for kind in KINDS for row in database.select(f"{kind}s", "id", order="id")]
    raise unknown("project, dataset, dimension or mapping", id_, ids, str(database.path.parent))


def _refuse_submission(database: Database, id_: str) -> None:
    """Say so when an id is that of a submission, which only the graph and removals know by it."""
    project, _, dataset = id_.partition("/")
    if database.select("all_submissions", "key", order="key", project_id=project, dataset_id=dataset):
        raise NotFoundError(
            f"{id_} is a submission, no project, dataset, dimension or mapping; `dsgrid registry list submissions` "
            f"shows its rules of time, `dsgrid registry history {project}` and `dsgrid registry graph {id_}` the rest"
        )


def find_references(database: Database, prefix: str) -> list[tuple[str, str]]:
    """Return (reference, kind) for every id that begins with a text; after an ``@`` the versions, newest first."""
    id_, at, version = prefix.rpartition("@")
    if not at:
        beginning = "substr(id, 1, length(?1)) = ?1"
        found = [
            (row["id"], kind)
            for kind in KINDS
            for row in database.rows(f"SELECT id FROM {kind}s WHERE {beginning} ORDER BY id", (prefix,))
        ]
        if found or not prefix:
            return found
        aliases = database.rows(f"SELECT DISTINCT id, kind FROM aliases WHERE {beginning} ORDER BY id", (prefix,))
        return [(row["id"], row["kind"]) for row in aliases]
    return [
        (f"{id_}@{found}", kind)
        for kind in KINDS
        for found in sorted(_versions(database, kind, id_), key=parts, reverse=True)
        if found.startswith(version)
    ]


def find_version(database: Database, kind: str, reference: str, version: str | None = None) -> int:
    """Return the key of one version of a project, dataset, dimension or mapping.

    Parameters
    ----------
    kind
        ``project``, ``dataset``, ``dimension`` or ``mapping``.
    reference
        ``id`` or ``id@version``. A dimension may also be given by its name, when only one has that name.
    version
        A version or its beginning; without it (and none in `reference`) the newest is meant. Ids and versions of a
        registry that was imported are known, too; those of this one come first.
    """
    id_, inside = parse_reference(reference)
    versions = _versions(database, kind, id_)
    if not versions:
        alias = find_alias(database, kind, id_, version or inside)
        if alias is not None:
            return alias
    if not versions and kind == "dimension":
        id_ = _by_name(database, id_)
        versions = _versions(database, kind, id_)
    if not versions:
        _refuse_later(database, kind, id_)
        ids = [row["id"] for row in database.select(f"{kind}s", "id", order="id")]
        if kind == "dimension":
            ids += [row["name"] for row in database.select("current_dimensions", "DISTINCT name", order="name")]
        raise unknown(kind, id_, ids, str(database.path.parent))
    try:
        return versions[resolve_version(f"{kind} {id_}", versions, version or inside)]
    except NotFoundError:
        alias = _alias_of(database, kind, id_, version or inside)
        if alias is not None:
            return alias
        _refuse_later(database, kind, id_, version or inside)
        raise


def _alias_of(database: Database, kind: str, id_: str, wanted: str | None) -> int | None:
    """Return what a number means that an id has in the registry it was imported from, and not here."""
    try:
        return find_alias(database, kind, id_, wanted)
    except NotFoundError:
        return None


def find_submission(
    database: Database, project: str, dataset: str, version: str | None = None, dataset_version: str | None = None
) -> int:
    """Return the key of the submission of a dataset to a project; of several dataset versions the newest."""
    project_key = find_version(database, "project", project, version)
    dataset_id, inside = parse_reference(dataset)
    rows = database.select("all_submissions", "*", order="key", project_key=project_key)
    submitted = {row["dataset_version"]: row["key"] for row in rows if row["dataset_id"] == dataset_id}
    if submitted:
        return int(
            submitted[resolve_version(f"dataset {dataset_id} in this project", submitted, dataset_version or inside)]
        )
    find_version(database, "dataset", dataset, dataset_version)  # an id that nobody registered is told first
    _refuse_invalidated(database, project_key, dataset_id)
    ids = sorted({row["dataset_id"] for row in rows})
    hint = did_you_mean(dataset_id, ids) if ids else "; no dataset is"
    where = database.row("SELECT id, version FROM all_projects WHERE key = ?", (project_key,))
    assert where is not None
    raise NotFoundError(f'dataset "{dataset_id}" is not submitted to project {where["id"]} {where["version"]}{hint}')


def _refuse_invalidated(database: Database, project: int, dataset: str) -> None:
    """Say so when a dataset was submitted to an earlier version of a project, which this one did not take along."""
    rows = database.rows(
        "SELECT p.id AS project, i.submitted_to, d.version, i.dataset_version, i.reason FROM invalidations i "
        "JOIN all_projects p ON p.key = i.project_version JOIN all_datasets d ON d.key = i.dataset_version "
        "WHERE i.project_version = ? AND d.id = ?",
        (project, dataset),
    )
    if not rows:
        return
    lost = max(rows, key=lambda row: parts(row["version"]))
    first = database.value(
        "SELECT p.version FROM invalidations i JOIN all_projects p ON p.key = i.project_version "
        "WHERE p.id = ? AND i.dataset_version = ? AND i.submitted_to = ? ORDER BY p.major, p.minor, p.patch",
        (lost["project"], lost["dataset_version"], lost["submitted_to"]),
    )
    raise NotFoundError(
        f"dataset {dataset} was submitted to project {lost['project']} {lost['submitted_to']}, but {first} "
        f"invalidated that ({lost['reason']}); submit it again"
    )


def _refuse_later(database: Database, kind: str, id_: str, wanted: str | None = None) -> None:
    """Say so when an id or version is registered, but came after the moment that is looked at."""
    moment = moment_of(database)
    later = {} if moment is None else versions_of(database, kind, id_)
    fitting = [version for version in later if wanted is None or f"{version}.".startswith(f"{wanted}.")]
    if moment is None or not fitting:
        return
    when = f"by {readable(moment)}"
    came = f"{fitting[0]} was registered on {readable(later[fitting[0]])}"
    if wanted is None:
        raise NotFoundError(f"there was no {kind} {id_} {when}: its first version, {came}")
    before = ", ".join(version for version, registered in later.items() if registered <= moment)
    raise NotFoundError(f"{kind} {id_} had no version {wanted} {when}: {came}; there were: {before}")


def _versions(database: Database, kind: str, id_: str) -> dict[str, int]:
    rows = database.rows(
        f"SELECT v.version, v.key FROM {kind}_versions v JOIN {kind}s e ON e.key = v.{kind} WHERE e.id = ?", (id_,)
    )
    return {row["version"]: row["key"] for row in rows}


def _by_name(database: Database, name: str) -> str:
    rows = database.rows(
        "SELECT DISTINCT d.id FROM dimension_versions v JOIN dimensions d ON d.key = v.dimension WHERE v.name = ?",
        (name,),
    )
    if len(rows) > 1:
        raise ambiguous("dimension", name, [row["id"] for row in rows])
    return rows[0]["id"] if rows else name
