"""The spec of `import_registry`."""

from __future__ import annotations

from typing import Final

from dsgrid.spec.patterns import FILLED
from dsgrid.spec.schemas.fragments import choice, text
from dsgrid.spec.schemas.job import job_schema

_DATA: Final = {
    "link": "give the files a second name (hard links; on another filesystem symbolic ones): takes no time and no space",
    "copy": "copy the files as they are",
    "rewrite": "write the facts anew, sorted, as `register_dataset` does; queries of few records read less of them",
}

IMPORT_REGISTRY = job_schema(
    "import_registry",
    "Make a registry of one of dsgrid-toolkit: all versions, in the order in which they were registered, with who "
    "registered them, when and why, and with their data. The other registry is only read. Its ids are kept as aliases. "
    "What cannot be imported is told at the end, and in `import_report.md`; all the rest is imported.",
    {
        "source": text(
            "Source",
            "The database of the other registry, or the folder that holds it as `registry.db`, relative to this file.",
            FILLED,
            examples=["../old/registry.db"],
        ),
        "target": text(
            "Target",
            "The folder of the new registry, relative to this file. It must be absent or empty. It appears when "
            "everything is in it; an interrupted run leaves none, and the next one starts from the beginning.",
            FILLED,
            examples=["../registry"],
        ),
        "data": choice(
            "Data",
            "How the facts get there. All are checked as those of a new dataset are. Facts that have not the form that "
            "is stored here (other names or types of columns) are written anew in any case; the report says which.",
            _DATA,
            default="link",
            examples=["copy"],
        ),
        "data_path": text(
            "Data path",
            "The folder with the data of the other registry, relative to this file. By default the one that its "
            "database names, or one of that name beside the database.",
            FILLED,
            examples=["../old/data"],
        ),
        "zone": text(
            "Zone",
            "The time zone of the clock of those who registered: dsgrid-toolkit keeps moments without one.",
            FILLED,
            default="UTC",
            examples=["America/Denver"],
        ),
    },
    ("source", "target"),
    log_message=False,
)
