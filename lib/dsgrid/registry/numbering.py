"""Version numbers are given once: what was removed keeps its own, and what comes after it gets the next.

The same goes for numbers that meant something in a registry that was imported.

``conus_2022@1.0.0`` stands in reports, in manifests and in the lineage of datasets. Were it given again after a
removal, all these would come to mean something else.
"""

from __future__ import annotations

from dsgrid.registry.aliases import alias_numbers
from dsgrid.registry.database import Database
from dsgrid.registry.versions import FIRST, bump


def unused(database: Database, kind: str, id_: str, version: str = FIRST, level: str = "major") -> str:
    """Return a version, or the next one that was never removed, and that no alias has.

    Parameters
    ----------
    kind, id_
        Of a project, dataset, dimension or mapping.
    version
        The number that it would get.
    level
        Which part of the number counts on.
    """
    rows = database.rows("SELECT version FROM removals WHERE kind = ? AND id = ?", (kind, id_))
    taken = {row["version"] for row in rows} | alias_numbers(database, kind, id_)
    while version in taken:
        version = bump(version, level)
    return version
