"""Where an interrupted bulk goes on: what its journal says, and what registries and results say themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from dsgrid.errors import DsgridError, NotFoundError, Problem, RegistryError
from dsgrid.operations.create_registry import is_registry
from dsgrid.operations.journal import Entry, Journal
from dsgrid.operations.plan import PLANNED, plan
from dsgrid.operations.steps import Step
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import Spec

# These leave a registration that names their spec: the registry itself says whether they came to their end.
REGISTERING: Final = frozenset(
    {
        *("register_project", "register_dataset", "submit_dataset", "register_and_submit_dataset"),
        *("register_dimensions", "register_mappings", "register_composite", "remove"),
    }
)
HELD: Final = "the registry holds it already"
CHANGING: Final = REGISTERING | {"create_registry"}
# These leave a result that names their spec.
QUERIES: Final = frozenset({"query", "query_dataset"})


def finished(steps: Sequence[Step], journal: Journal, say: Callable[[str], None]) -> dict[str, Entry]:
    """Return the entries of the steps that need not run, by key; some the journal does not know yet.

    Says what is skipped and what runs again.

    Raises
    ------
    RegistryError
        If a spec was changed after it ran.
    """
    done: dict[str, Entry] = {}
    problems = []
    held = _held([step for step in steps if step.key not in journal.entries])
    running: set[Path | None] = set()  # registries that a step before this one is going to change
    for step in steps:
        entry = journal.entries.get(step.key)
        if entry is not None and entry.registry != journal.relative(step.registry):
            say(f"{step.name} ran on another registry, {entry.registry}; it runs on {step.registry} now")
            entry = None
        changes = step.spec.job in CHANGING
        if entry is not None and _is_done(step, entry) and (changes or step.registry not in running):
            done[step.key] = replace(entry, sha256=step.spec.sha256, is_done=True)
            say(f"skipping {step.name}, done at {entry.at}")
            continue
        if entry is None and step.key in held:
            done[step.key] = Entry(step.name, step.spec.variables, step.spec.job, step.spec.sha256, "", "", True, "")
            say(f"skipping {step.name}, {HELD}")
            continue
        if changes:
            running.add(step.registry)
        if entry is None:
            continue
        if step.spec.job in PLANNED and entry.sha256 != step.spec.sha256 and _ended(step, entry, entry.sha256):
            problems.append(
                Problem(
                    f"changed since this bulk ran it; `dsgrid plan {step.name}` shows what the change means, and "
                    f"`dsgrid apply {step.name}` makes it; then run the bulk again (or undo the change)",
                    step.name,
                )
            )
        else:
            say(f"{step.name} {_why_again(step, entry)}; it runs now")
    if problems:
        raise RegistryError(problems)
    return done


def _held(steps: Sequence[Step]) -> frozenset[str]:
    """Return the keys of steps, unknown to the journal, that would change nothing: a bulk that ended may run again.

    A registry that is there already is the one to be created only if it holds something else of the bulk.
    """
    planned = [step for step in steps if step.spec.job in PLANNED and _holds(step)]
    registries = {step.registry for step in planned}
    created = [step for step in steps if step.spec.job == "create_registry" and step.registry in registries]
    return frozenset(step.key for step in (*planned, *created))


def _holds(step: Step) -> bool:
    if step.registry is None or not is_registry(step.registry):
        return False
    try:
        return plan(step.spec, registry=step.registry).proposal.is_empty
    except DsgridError:
        return False  # what is wrong is told when it is checked


def _why_again(step: Step, entry: Entry) -> str:
    if entry.sha256 != step.spec.sha256:
        return "has changed since it ran"
    if not entry.is_done:
        return "was interrupted"
    return "is not in the registry any more" if step.spec.job in CHANGING else "ran on a registry that is to be changed"


def _is_done(step: Step, entry: Entry) -> bool:
    """Tell whether a step came to its end; one that was changed since, whether the registry holds what it says now."""
    if _ended(step, entry, step.spec.sha256):
        return True
    if step.spec.job not in PLANNED or not _ended(step, entry, entry.sha256):
        return False
    try:
        return plan(step.spec, registry=step.registry).proposal.is_empty
    except DsgridError:
        return False


def _ended(step: Step, entry: Entry, sha256: str) -> bool:
    """Tell whether a spec of this hash came to its end since the entry was made."""
    if step.spec.job == "create_registry":
        return step.registry is not None and is_registry(step.registry)
    if step.spec.job in REGISTERING:
        return any(
            row["key"] > int(entry.before or 0) and row["spec_sha256"] == sha256
            for row in _registrations(step.registry)
        )
    if entry.sha256 != sha256:
        return False
    if step.spec.job in QUERIES and not entry.is_done:
        name, of = _current_run(step.spec)
        return name != entry.before and of == sha256
    return entry.is_done


def _registrations(registry: Path | None) -> list[dict[str, Any]]:
    if registry is None or not is_registry(registry):
        return []
    with Registry.open(registry) as opened:
        return opened.registrations()


def _current_run(spec: Spec) -> tuple[str, str]:
    """Return the name of a query's current run, and the hash of the spec that it answers."""
    from dsgrid.operations.asking import read_asked
    from dsgrid.operations.task import results_folder
    from dsgrid.registry.publish import current_run, read_manifest

    asked = read_asked(spec)
    try:
        run = current_run(results_folder(asked, spec), asked.name)
        return run.name, str(read_manifest(run).extra.get("spec_sha256", ""))
    except NotFoundError:
        return "", ""


def before(step: Step) -> str:
    """Return what will tell, after a kill, whether a step that begins now came to its end."""
    if step.spec.job in QUERIES:
        return _current_run(step.spec)[0]
    if step.registry is None or not is_registry(step.registry):
        return ""
    with Registry.open(step.registry) as opened:
        return str(opened.last_registration)
