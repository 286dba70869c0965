"""What the dimensions of a dataset reach without a project: by mappings for all, by those of projects, by its own.

A mapping that was registered to be used by others counts. So does one by which a project makes a supplemental dimension
of a base dimension, and the way that the dataset itself was submitted to projects (to the newest version of each that
has it): a mapping of its own, or the same ids. How another dataset was submitted is not this one's matter.
"""

from __future__ import annotations

from typing import Final

from dsgrid.dimensions.mapping import Association, Mapping
from dsgrid.registry.chains import Hop, all_hops, is_shared
from dsgrid.registry.database import Database, Row
from dsgrid.registry.mappings import read_mapping
from dsgrid.registry.model import Dataset
from dsgrid.registry.submissions import ACCEPTED
from dsgrid.registry.versions import parts

# In the names of hops that are no mapping: the records of both sides have the same ids.
SAME_IDS: Final = "="


def read_reach(database: Database, type_: str, dataset: Dataset) -> tuple[Hop, ...]:
    """Return the mappings of a type that chains from a dataset's dimension are made of, in all versions."""
    of_projects = {row["mapping"] for row in database.rows("SELECT DISTINCT mapping FROM supplemental_dimensions")}
    submitted = database.rows(
        "SELECT s.project_id, s.project_version, m.base, m.mapping, d.id AS base_id, d.version AS base_version, "
        "d.name AS base_name FROM all_submissions s JOIN submission_mappings m ON m.submission = s.key "
        "JOIN base_dimensions b ON b.project_version = s.project_key AND b.name = m.base "
        "JOIN all_dimensions d ON d.key = b.dimension "
        "WHERE s.dataset_id = ? AND s.dataset_version = ? AND m.type = ? AND s.status = ? ORDER BY s.key",
        (dataset.id, dataset.version, type_, ACCEPTED),
    )
    # What an older version of a project made of the dataset is not what the project says now.
    newest = {row["project_id"]: row["project_version"] for row in sorted(submitted, key=_project_version)}
    submitted = [row for row in submitted if row["project_version"] == newest[row["project_id"]]]
    own = {row["mapping"] for row in submitted}
    own_dimension = dataset.dimensions[type_]
    start = (own_dimension.id, own_dimension.version)
    same = [
        Hop(
            f"{row['project_id']}/{dataset.id}/{own_dimension.name}{SAME_IDS}{row['base']}",
            row["project_version"],
            start,
            (row["base_id"], row["base_version"]),
            own_dimension.name,
            row["base_name"],
        )
        for row in submitted
        if row["mapping"] is None and (row["base_id"], row["base_version"]) != start
    ]
    registered = (hop for hop in all_hops(database, type_) if is_shared(hop) or hop.key in of_projects | own)
    return (*registered, *same)


def read_hop(database: Database, hop: Hop, dataset: Dataset, type_: str) -> Mapping:
    """Return what a hop of `read_reach` does."""
    if not hop.is_same:
        return read_mapping(database, hop.key)
    return Mapping("one_to_one", tuple(Association(id_, id_) for id_ in dataset.dimensions[type_].records.ids))


def _project_version(row: Row) -> tuple[int, int, int]:
    return parts(row["project_version"])
