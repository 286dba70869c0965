"""The operation `apply`: make the registry hold what an edited spec says, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsgrid.dimensions.changes import Change
from dsgrid.engine import Engine
from dsgrid.errors import Problem, RegistryError
from dsgrid.operations.change_lines import change_line
from dsgrid.operations.location import registry_folder
from dsgrid.operations.plan import bound, moment, needed, planner, propose, refuse_other_base, registered_by
from dsgrid.operations.proposal_lines import document, headline, lines
from dsgrid.operations.registering import registering
from dsgrid.operations.reported import Reported
from dsgrid.registry.proposal import Proposal, too_big
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import Spec, load_spec

_TOLD = 10


@dataclass(frozen=True, repr=False)
class Applied(Reported):
    """What was registered or changed; nothing when the registry held it already."""

    proposal: Proposal
    folder: Path

    def report(self) -> str:
        """Return what to tell the user."""
        if self.proposal.is_empty:
            return f"nothing to do: {self.folder} holds all of it already"
        return "\n".join([f"applied to {self.folder}:", *lines(self.proposal)])

    def document(self) -> dict[str, Any]:
        """Return everything as plain values, for machines."""
        return {"registry": str(self.folder), **document(self.proposal)}


def apply(
    spec: str | Path | Mapping[str, Any] | Spec,
    *,
    registry: str | Path | None = None,
    allow: str | None = None,
    engine: Engine | None = None,
    progress: Callable[[str], None] | None = None,
    variables: Mapping[str, str] | None = None,
) -> Applied:
    """Register what a spec defines, or change what is registered to it; the same spec again does nothing.

    Data that are other ones are read, checked and stored first; no lock is held meanwhile. Then all is written in one
    transaction, if nobody has changed in between what the changes were computed from.

    Parameters
    ----------
    allow
        How far the changes may go: ``patch``, ``minor`` or ``major``. It wins over the spec's; without either only
        additions pass.

    Raises
    ------
    DsgridError
        With everything that is wrong with the spec, as its job would raise it.
    RegistryError
        If the changes go further than allowed, or somebody else was faster.
    """
    loaded = load_spec(spec, None, variables)
    module = planner(loaded)
    folder = registry_folder(loaded, registry)
    with Registry.open(folder, write=True) as opened:
        proposed, last = propose(loaded, opened)
        refuse_other_base(loaded, proposed, opened)
        refuse_too_big(proposed, bound(loaded, allow))
        if proposed.is_empty:
            return Applied(proposed, folder)
        with_data = getattr(module, "with_data", None)
        data: AbstractContextManager[Proposal] = (
            nullcontext(proposed) if with_data is None else with_data(proposed, loaded, opened, engine, progress)
        )
        with (
            data as complete,
            registering(opened, loaded, _log_message(proposed)) as registration,
        ):
            if registration.previous != last:
                _refuse_stale(loaded, proposed, opened)
            registration.write(complete)
    return Applied(proposed, folder)


def refuse_too_big(proposed: Proposal, allow: str | None) -> None:
    """Refuse changes that go further than allowed; the first line says how many, and what lets them through.

    Raises
    ------
    RegistryError
        With the changes that go too far, each below its part.
    """
    level = needed(proposed, allow)
    if level is None:
        return
    problems = []
    for part in (part for part in proposed.subjects if part.old):
        changes = too_big(part.changes, allow)
        if not changes:
            continue
        limit = "more than additions" if allow is None else f"more than {allow}"
        first = f"{headline(part)} would change by {limit}: "
        hint = f'; --allow {level}, or allow = "{level}" in [change], lets that through'
        more = [f"  {_with_place(change)}" for change in changes[1:_TOLD]]
        if len(changes) > _TOLD:
            more.append(f"  and {len(changes) - _TOLD:,} more; dsgrid plan shows them")
        problems.append(Problem(f"{first}{_with_place(changes[0])}{hint}", detail="\n".join(more)))
    raise RegistryError(problems)


def _with_place(change: Change) -> str:
    return f"{change.where}: {change_line(change)}" if change.where else change_line(change)


def _refuse_stale(spec: Spec, proposed: Proposal, registry: Registry) -> None:
    """Refuse when what others registered meanwhile makes another proposal of the same spec. Called under the lock."""
    now: Proposal = planner(spec).proposal(spec, registry)
    if now == proposed:
        return
    before = {(part.kind, part.id): part for part in proposed.parts}
    for part in (*now.subjects, *now.parts):
        known = before.get((part.kind, part.id))
        if part.kind != "submission" and known is not None and known.old != part.old:
            raise _faster(f"{part.kind} {part.id} is at {part.old} now, {registered_by(registry, part)}")
    newest = registry.registrations()[-2]  # the last one is this
    by = f"by {newest['submitter']} on {moment(newest['registered_at'])} ({newest['log_message']})"
    raise _faster(f"what is registered has changed, {by}")


def _faster(what: str) -> RegistryError:
    return RegistryError(
        f"{what}, while this was worked out; nothing was written. Run dsgrid plan again, which shows what the spec "
        "changes now"
    )


def _log_message(proposed: Proposal) -> str:
    subjects = [f"{part.kind} {part.id}" for part in proposed.subjects] or [proposed.job]
    verb = "Change" if any(part.old for part in proposed.subjects) else "Register"
    more = f" and {len(subjects) - 3} more" if len(subjects) > 3 else ""
    return f"{verb} {', '.join(subjects[:3])}{more}"
