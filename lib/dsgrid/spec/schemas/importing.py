"""The spec of `import_project`."""

from __future__ import annotations

from dsgrid.spec.patterns import FILLED
from dsgrid.spec.schemas.fragments import array, flag, text
from dsgrid.spec.schemas.job import job_schema

IMPORT_PROJECT = job_schema(
    "import_project",
    "Translate a repository of dsgrid-toolkit: its projects, datasets, mappings and queries become specs, beside copies "
    "of the tables that they read and a report on all that is different. Nothing is registered, and the repository is "
    "not changed.",
    {
        "source": text(
            "Source",
            "The repository, or the folder of its project, relative to this file. A `project.json5` may be named "
            "instead: then other projects in its folder are left out.",
            FILLED,
            examples=["../dsgrid-project-StandardScenarios"],
        ),
        "target": text(
            "Target",
            "The folder to write, relative to this file. It must be absent or empty, or hold an earlier import (see "
            "`overwrite`). It is not inside the repository.",
            FILLED,
            examples=["../standard_scenarios"],
        ),
        "data": text(
            "Data",
            "The folder from which paths of data files start, if not from the folders of the configurations. Files are "
            "looked for by dataset in it, too: `<data>/<dataset id>/load_data.parquet`.",
            FILLED,
            examples=["/projects/standard_scenarios/data"],
        ),
        "missing": text(
            "Missing",
            "The folder from which paths of tables of missing combinations start, if not from the folders of the "
            "configurations.",
            FILLED,
            examples=["/projects/standard_scenarios/missing"],
        ),
        "queries": array(
            "Queries",
            "More files of queries, or folders of them, that are outside of the repository.",
            text("Query", "A file or folder, relative to this file.", FILLED, examples=["../queries"]),
            examples=[["../queries"]],
        ),
        "overwrite": flag(
            "Overwrite",
            "Whether an earlier import in the target is replaced: only files that it wrote and nobody changed since.",
            default=False,
        ),
        "strict": flag(
            "Strict",
            "Whether it is a failure (exit code 2) when something is refused or needs a decision. Everything is written "
            "all the same.",
            default=False,
        ),
    },
    ("source", "target"),
    log_message=False,
    registry="The folder of the registry that the specs are going to work on, relative to this file. By default it is "
    "`registry` in the target. `--registry` on the command line wins over it.",
)
