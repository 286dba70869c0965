"""The spec of `bulk`."""

from __future__ import annotations

from dsgrid.spec.patterns import COLUMN, FILLED
from dsgrid.spec.schemas.fragments import array, exactly_one, table, tables_by_name, text
from dsgrid.spec.schemas.job import job_schema

_PATH = text(
    "Spec", "The path of a spec of another job, relative to this file.", FILLED, examples=["register_project.toml"]
)

_STEP = table(
    "Spec",
    "One spec, and what its variables stand for.",
    {
        "path": _PATH,
        "variables": tables_by_name(
            "Variables",
            "What `${name}` in the spec stands for.",
            COLUMN,
            text("Value", "A text.", examples=["2018"]),
            default={},
            examples=[{"year": "2018"}],
        ),
    },
    ("path",),
)

BULK = job_schema(
    "bulk",
    "Run many specs in order. All are checked before the first one runs. A journal is kept while they run: where the "
    "bulk was interrupted, running it again goes on from there.",
    {
        "specs": array(
            "Specs",
            "The specs, in the order in which they run.",
            _PATH,
            examples=[["create_registry.toml", "register_project.toml"]],
        ),
        "spec": array(
            "Specs with variables",
            "The same, where a spec has variables: an array of tables instead of `specs`.",
            _STEP,
            examples=[[{"path": "register_dataset.toml", "variables": {"year": "2018"}}]],
        ),
        "journal": text(
            "Journal",
            "The file that says what is done, relative to this file; it is removed when all is done. By default it lies "
            "beside this file, under its name with `.journal.json` in place of `.toml`.",
            FILLED,
            examples=["../build/bulk.journal.json"],
        ),
    },
    log_message=False,
    registry="The folder of the registry, relative to this file: it wins over those that the specs name. "
    "`--registry` on the command line wins over it. Without either, each spec names its own.",
    **exactly_one("specs", "spec"),
)
