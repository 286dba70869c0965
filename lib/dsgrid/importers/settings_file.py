"""The user's settings of dsgrid-toolkit, and where each of them is here."""

from __future__ import annotations

from typing import Final

from dsgrid.importers.document import Entry
from dsgrid.importers.translation import Remark, Remarks

_HERE: Final = {
    "database_url": "the folder of the registry: `registry` in each spec, --registry, or DSGRID_REGISTRY; of a "
    "registry of dsgrid-toolkit `dsgrid import registry` makes one",
    "database_user": "a registry is a folder; who may do what are rights of files",
    "database_password": "a registry is a folder; who may do what are rights of files",
    "offline": "a registry is used where it is, always",
    "backend_engine": "--engine on the command line: sail (embedded), spark, or sc://HOST:PORT",
    "thrift_server_url": "no metastore is needed",
    "use_hive_metastore": "no metastore is needed",
    "console_level": "--quiet on the command line; see docs/running.md",
    "file_level": "--log FILE on the command line, or DSGRID_LOG; see docs/running.md",
    "timings": "`dsgrid runs` lists what ran and how long",
    "reraise_exceptions": "--debug on the command line",
    "scratch_dir": "spark.local.dir of Spark, or TMPDIR",
}


def settings_file(document: Entry) -> tuple[Remark, ...]:
    """Return what becomes of each setting of ``~/.dsgrid.json5``; passwords are not repeated."""
    remarks = Remarks()
    for key, entry in document.items():
        if key in _HERE:
            remarks.say("dropped", entry, f"what takes its place here: {_HERE[key]}")
    remarks.unknown(document, _HERE)
    return tuple(remarks.remarks)
