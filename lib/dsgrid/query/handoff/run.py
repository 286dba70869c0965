"""The exports of a query, written when its results are and published with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dsgrid.query.handoff.planned import FOLDER
from dsgrid.query.handoff.write import write_export
from dsgrid.query.model import Query
from dsgrid.registry.model import DataFile

if TYPE_CHECKING:
    from dsgrid.query.result import Result
    from dsgrid.storage.location import Location


def write_exports(
    asked: Query, results: Mapping[str | None, Result], run: Location
) -> tuple[dict[str, Any], list[DataFile]]:
    """Write the exports of a query into its run.

    Parameters
    ----------
    results
        The query's results, which are written: its own by None, the further ones by their names.

    Returns
    -------
    tuple
        What the manifest of the run says of them, and their files in it.
    """
    said, files = [], []
    for export in asked.exports:
        place = f"{FOLDER}/{export.name}"
        folder = run / place
        folder.mkdir(parents=True)
        made = write_export(results[export.of], export, folder).manifest
        told = {key: made[key] for key in ("shape", "file_format", "units", "sums", "files")}
        said.append({"name": export.name, "folder": place, "of": export.of, **told})
        files += [DataFile(**one | {"path": f"{place}/{one['path']}"}) for one in made["files"]]
    return ({"exports": said} if said else {}), files
