"""Where a derived dataset comes from: the query whose published result it was read from, with all that the query read.

A result lies in the folder of its run, beside a manifest that names the project and the datasets with their exact
versions. When a registry holds those versions, the dataset, the query and its sources are linked there; without them
the dataset is registered all the same, but without its history.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from dsgrid.registry.database import Database
from dsgrid.registry.publish import MANIFEST, file_sha256, manifest_sha256
from dsgrid.storage.location import Location


@dataclass(frozen=True)
class Source:
    """One version of something that a query read.

    Parameters
    ----------
    kind
        ``project`` or ``dataset``.
    folder
        A dataset's data folder. Its name is drawn by lot, so it tells apart the datasets that two registries hold
        under one id and version; empty where nothing is known of it.
    """

    kind: str
    id: str
    version: str
    folder: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.id}@{self.version}"


@dataclass(frozen=True)
class Lineage:
    """The run of a query that a table comes from.

    Parameters
    ----------
    query
        The query's name.
    run
        The name of the run's folder.
    manifest_sha256, spec_sha256
        The checksums of the run's manifest and of the query's spec.
    project, datasets
        What it read.
    """

    query: str
    run: str
    manifest_sha256: str
    spec_sha256: str
    project: Source
    datasets: tuple[Source, ...]


def find_lineage(table: Location) -> Lineage | str | None:
    """Return the run of a query that a table was published by.

    Parameters
    ----------
    table
        A file or a folder of files.

    Returns
    -------
    Lineage or str or None
        None when the table lies in no run; the reason when it does, but is not what the query left there.
    """
    table = table.resolve()
    # The table itself, or one of its files, where it is a folder.
    for run in table.parents[:2]:
        document = _manifest(run)
        if document is not None:
            break
    else:
        return None
    try:
        query = f"{document['query']}@{run.name}"
        if document["project"] is None:
            return f"the query {query} asked a dataset without a project, and the registry keeps those of projects"
        if table != run / document["table"]:
            return f"{table} is not the table that the query {query} left in {run}"
        changed = _changed(run, document)
        if changed:
            return f"{run / changed} is not as the query {query} left it"
        return _lineage(run, document)
    except (KeyError, TypeError, AttributeError) as error:
        return f"{run / MANIFEST} is damaged: {error!r}"


def missing_sources(database: Database, lineage: Lineage) -> tuple[Source, ...]:
    """Return what a query read and this registry does not hold in that version, or holds with other data."""
    return tuple(source for source in (lineage.project, *lineage.datasets) if _key(database, source) is None)


def write_lineage(database: Database, lineage: Lineage, dataset: int, registration: int) -> None:
    """Link a version of a dataset, given by its key, to the query that made it, if its sources are all here."""
    if missing_sources(database, lineage):
        return
    known = database.value("SELECT key FROM queries WHERE manifest_sha256 = ?", (lineage.manifest_sha256,))
    query = _write_query(database, lineage, registration) if known is None else known
    database.insert("derived_datasets", dataset_version=dataset, query=query)


def _write_query(database: Database, lineage: Lineage, registration: int) -> int:
    query = database.insert(
        "queries",
        name=lineage.query,
        run=lineage.run,
        manifest_sha256=lineage.manifest_sha256,
        spec_sha256=lineage.spec_sha256,
        project_version=_key(database, lineage.project),
        registration=registration,
    )
    database.insert_many(
        "query_datasets",
        ("query", "position", "dataset_version"),
        [(query, position, _key(database, source)) for position, source in enumerate(lineage.datasets)],
    )
    return query


def _manifest(folder: Location) -> dict[str, Any] | None:
    """Return the manifest of a query's run; None for a folder that has none, or one of something else."""
    try:
        document = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return None
    ours = isinstance(document, dict) and {"query", "project", "datasets"} <= set(document)
    return document if ours else None


def run_name(folder: Location) -> str:
    """Return the name of the run whose result is in a folder; that of a further result is in the run's own."""
    above = _manifest(folder.parent)
    return folder.parent.name if above is not None and folder.name in above.get("results", ()) else folder.name


def _changed(run: Location, manifest: dict[str, Any]) -> str | None:
    """Return the first file of a run that is missing or has other contents than its manifest says."""
    for file in manifest["files"]:
        path = run / file["path"]
        if not path.is_file() or path.stat().st_size != file["bytes"] or file_sha256(path) != file["sha256"]:
            return str(file["path"])
    return None


def _lineage(run: Location, manifest: dict[str, Any]) -> Lineage:
    id_, _, version = manifest["project"].rpartition("@")
    sources = [Source("dataset", one["id"], one["version"], one.get("folder", "")) for one in manifest["datasets"]]
    return Lineage(
        query=manifest["query"],
        run=run_name(run),
        manifest_sha256=manifest_sha256(run),
        spec_sha256=manifest.get("spec_sha256", ""),
        project=Source("project", id_, version),
        datasets=tuple(dict.fromkeys(sources)),
    )


def _key(database: Database, source: Source) -> int | None:
    folder = "v.folder" if source.kind == "dataset" else "''"
    kind = source.kind
    row = database.row(
        f"SELECT v.key, {folder} AS folder FROM {kind}_versions v JOIN {kind}s e ON e.key = v.{kind} "
        "WHERE e.id = ? AND v.version = ?",
        (source.id, source.version),
    )
    return None if row is None or source.folder not in ("", row["folder"]) else row["key"]
