"""The operation `plan`: what applying an edited spec would register or change. Writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from dsgrid.errors import RegistryError, UsageError, listing
from dsgrid.operations.location import registry_folder
from dsgrid.operations.proposal_lines import document, lines
from dsgrid.operations.reported import Reported
from dsgrid.registry.proposal import Part, Proposal, too_big
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import Spec, load_spec

# The modules of these operations have a function `proposal(spec, registry)`.
PLANNED: Final = (
    "register_project",
    "register_dataset",
    "submit_dataset",
    "register_and_submit_dataset",
    "register_dimensions",
    "register_mappings",
)
# Somebody who registers something every few milliseconds is not waited for.
_ATTEMPTS = 5


@dataclass(frozen=True, repr=False)
class Planned(Reported):
    """What a spec would do.

    Parameters
    ----------
    proposal
        What would be written.
    folder
        The registry that it was compared with.
    allow
        The bound that the spec or the caller gives.
    """

    proposal: Proposal
    folder: Path
    allow: str | None = None

    @property
    def needed(self) -> str | None:
        """The bound that has to be given to apply it, or None when it passes as it is."""
        return needed(self.proposal, self.allow)

    def report(self) -> str:
        """Return what to tell the user."""
        if self.proposal.is_empty:
            return f"nothing to do: {self.folder} holds all of it already"
        head = f"applied to {self.folder}, this would be done:"
        tail = []
        if self.needed is not None:
            tail.append(f'to apply it, give --allow {self.needed}, or write allow = "{self.needed}" into [change]')
        return "\n".join([head, *lines(self.proposal), *tail])

    def document(self) -> dict[str, Any]:
        """Return everything as plain values, for machines."""
        return {
            "registry": str(self.folder),
            "allow": self.allow,
            "needed": self.needed,
            **document(self.proposal),
        }


def plan(
    spec: str | Path | Mapping[str, Any] | Spec,
    *,
    registry: str | Path | None = None,
    allow: str | None = None,
    variables: Mapping[str, str] | None = None,
) -> Planned:
    """Compare a spec with the registry, and say what applying it would do.

    Parameters
    ----------
    allow
        ``patch``, ``minor`` or ``major``; wins over the spec's.

    Raises
    ------
    DsgridError
        With everything that is wrong with the spec, as its job would raise it.
    """
    loaded = load_spec(spec, None, variables)
    planner(loaded)
    folder = registry_folder(loaded, registry)
    with Registry.open(folder) as opened:
        proposed, _ = propose(loaded, opened)
        refuse_other_base(loaded, proposed, opened)
    return Planned(proposed, folder, bound(loaded, allow))


def planner(spec: Spec) -> ModuleType:
    """Return the module that has the `proposal` of a spec's job.

    Raises
    ------
    UsageError
        If the job changes nothing that is registered.
    """
    if spec.job not in PLANNED:
        raise UsageError(
            spec.root["job"].problem(
                f'a spec for "{spec.job}" cannot be planned or applied; those that can are: {listing(PLANNED)}'
            )
        )
    return import_module(f"dsgrid.operations.{spec.job}")


def propose(spec: Spec, registry: Registry) -> tuple[Proposal, int]:
    """Return what a spec would change, and the number of the registration up to which that is so.

    The registry is read step by step, without keeping others from writing; what they write in between makes it begin
    again.
    """
    module = planner(spec)
    for _ in range(_ATTEMPTS):
        last = registry.last_registration
        proposed: Proposal = module.proposal(spec, registry)
        if registry.last_registration == last:
            break
    return proposed, last


def bound(spec: Spec, allow: str | None) -> str | None:
    """Return how far a spec may go: the caller's word, else its own."""
    if allow is not None:
        return allow
    change = spec.root.get("change")
    return None if change is None else change.scalar("allow")


def needed(proposed: Proposal, allow: str | None) -> str | None:
    """Return the bound that lets everything through, when the given one does not."""
    changes = [change for part in proposed.subjects if part.old for change in part.changes]
    return proposed.level if too_big(changes, allow) else None


def refuse_other_base(spec: Spec, proposed: Proposal, registry: Registry) -> None:
    """Refuse a spec that was edited from another version than the newest, and that is not what is registered."""
    change = spec.root.get("change")
    if change is None or "based_on" not in change:
        return
    wanted = change["based_on"]
    for part in proposed.subjects:
        if part.kind != "submission" and part.old and part.old != wanted.value:
            raise RegistryError(
                wanted.problem(
                    f"{part.kind} {part.id} is at {part.old} by now, {registered_by(registry, part)}, and this spec "
                    f"was edited from {wanted.value}; take over what changed (`dsgrid registry diff {part.id} "
                    f"{wanted.value} {part.old}` shows it), then write {part.old} here"
                )
            )


def registered_by(registry: Registry, part: Part) -> str:
    """Say who registered the newest version of something, and when."""
    rows = {"project": registry.projects, "dataset": registry.datasets, "dimension": registry.dimensions}
    for row in rows.get(part.kind, registry.mappings)():
        if row["id"] == part.id:
            return f"registered by {row['submitter']} on {moment(row['registered_at'])}"
    return "registered by somebody"


def moment(text: str) -> str:
    """Return a registration's time as messages show it."""
    return f"{text[:10]} at {text[11:16]} UTC"
