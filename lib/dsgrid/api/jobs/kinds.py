"""The kinds of jobs that a server takes, and which role each needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dsgrid.api.roles import ADMIN, ANALYST, CONTRIBUTOR
from dsgrid.spec.load import Spec


@dataclass(frozen=True)
class Kind:
    """A kind of job.

    Parameters
    ----------
    role
        The least that may hand it in.
    why
        What it does that needs this role.
    names_registry
        Whether the spec names the registry that is made, instead of working on the server's.
    """

    role: str
    why: str
    names_registry: bool = False


_READS = "it reads the registry, and writes to the folder of the job"
_REGISTERS = "it registers"
_LOOKS = "it reads files of the server's roots"
_COPIES = "it makes a registry in a root"

KINDS: Final[Mapping[str, Kind]] = {
    "query": Kind(ANALYST, _READS),
    "query_dataset": Kind(ANALYST, _READS),
    "map_dataset": Kind(ANALYST, _READS),
    "export_result": Kind(ANALYST, _READS),
    "create_derived_dataset": Kind(ANALYST, _READS),
    "register_project": Kind(CONTRIBUTOR, _REGISTERS),
    "register_dataset": Kind(CONTRIBUTOR, _REGISTERS),
    "submit_dataset": Kind(CONTRIBUTOR, _REGISTERS),
    "register_and_submit_dataset": Kind(CONTRIBUTOR, _REGISTERS),
    "register_dimensions": Kind(CONTRIBUTOR, _REGISTERS),
    "register_mappings": Kind(CONTRIBUTOR, _REGISTERS),
    "register_composite": Kind(CONTRIBUTOR, _REGISTERS),
    "generate_dataset": Kind(CONTRIBUTOR, _LOOKS),
    "generate_project": Kind(CONTRIBUTOR, _LOOKS),
    "check_dataset": Kind(CONTRIBUTOR, "it reads all facts of a dataset"),
    "dump": Kind(CONTRIBUTOR, "it copies all facts of datasets"),
    "remove": Kind(ADMIN, "it removes what is registered"),
    # Its specs are files, which may change between their check and their turn.
    "bulk": Kind(ADMIN, "it runs specs of any kind that lie on the server"),
    "check_registry": Kind(ADMIN, "it reads all files of the registry, and may mend it"),
    "copy_registry": Kind(ADMIN, _COPIES),
    "filter_registry": Kind(ADMIN, _COPIES),
    "create_registry": Kind(ADMIN, _COPIES, names_registry=True),
    "import_project": Kind(ADMIN, "it reads a repository in a root, and writes specs", names_registry=True),
    "import_registry": Kind(ADMIN, _COPIES, names_registry=True),
}


def needed(spec: Spec) -> Kind:
    """Return what a spec needs: that of its kind, and more where it registers what it makes."""
    kind = KINDS[spec.job]
    if "register" in spec.root and kind.role == ANALYST:
        return Kind(CONTRIBUTOR, "it registers what it makes ([register])", kind.names_registry)
    return kind


def of_role(role: str) -> tuple[str, ...]:
    """Return the kinds that exactly this role adds to those of the roles before it."""
    return tuple(name for name, kind in KINDS.items() if kind.role == role)
