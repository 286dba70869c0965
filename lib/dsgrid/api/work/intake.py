"""Work that is taken in: a spec becomes a job when all is right that can be told before it runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from dsgrid.api.access.context import Context
from dsgrid.api.answers.answers import LOCK_TIMEOUT
from dsgrid.api.answers.revision import require_registry
from dsgrid.api.job import NewJob, Options
from dsgrid.api.jobs.kinds import KINDS, Kind
from dsgrid.api.problems.problems import ApiError
from dsgrid.api.roles import CONTRIBUTOR, User
from dsgrid.api.runners.choice import AUTO, choose
from dsgrid.api.work.received import Received, invalid, receive, told
from dsgrid.dimensions.tables import LargeTableError, tables_of_at_most
from dsgrid.errors import DsgridError, Problem, SpecError, UsageError
from dsgrid.operations.apply import refuse_too_big
from dsgrid.operations.asking import ASKING
from dsgrid.operations.explain import Explained, explain
from dsgrid.operations.plan import Planned, plan, planner
from dsgrid.operations.validate import Validated, validate
from dsgrid.query.patterns import only_cheap_patterns
from dsgrid.registry.database import patience
from dsgrid.spec.fence import fenced
from dsgrid.spec.node import Node

# What jobs write, where the spec says it.
_OUTPUTS: Final = (("output",), ("target",), ("rows",), ("journal",), ("data_root",), ("data", "broken_rows"))
_KEY: Final = re.compile(r"[\x21-\x7e]{1,200}")


@dataclass(frozen=True)
class Accepted:
    """What is ready to be put into the queue.

    Parameters
    ----------
    notes
        What of the spec is overruled here, and what else there is to know.
    """

    new: NewJob
    notes: tuple[str, ...] = ()


def accept(
    body: bytes,
    content_type: str,
    options: Options,
    user: User,
    here: Context,
    *,
    kinds: frozenset[str] | None = None,
    wanted: str = AUTO,
    key: str | None = None,
) -> Accepted:
    """Return the job that a spec asks for, after everything that can be checked before it runs.

    Parameters
    ----------
    kinds
        The kinds that are wanted here; None for any.
    wanted
        The runner, or ``auto``.
    key
        The idempotency key.

    Raises
    ------
    ApiError
        415 for another media type, 422 with all problems, 403 where the user may not.
    """
    received = receive(body, content_type, options, user, here, kinds=kinds)
    spec = received.spec
    if key is not None and not _KEY.fullmatch(key):
        raise invalid(UsageError("the header Idempotency-Key has 1 to 200 visible ASCII characters"))
    if options.apply and not user.may(CONTRIBUTOR):
        raise ApiError(403, "not allowed", f"to apply a spec needs the role {CONTRIBUTOR}; {user.name} has {user.role}")
    new = NewJob(
        user=user.name,
        role=user.role,
        kind=spec.job,
        name=received.name,
        spec=received.text,
        media_type=received.media_type,
        runner="",
        options=options,
        idempotency_key=key,
    )
    known = here.dispatcher.store.known(new)
    if known is not None:
        # Nothing is checked again: what it has registered since would now forbid it.
        return Accepted(known, received.notes)
    expected, notes = _checked(received, here)
    with told():
        choice = choose(spec.job, expected, wanted, here.settings)
    new = replace(new, runner=choice.runner, why=choice.why, expected=expected)
    return Accepted(new, (*received.notes, *notes))


def _checked(received: Received, here: Context) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    """Return what is foretold of a job, and what else there is to know, after everything that can be checked."""
    spec, options = received.spec, received.options
    if spec.job in ASKING:
        refuse_apply(options)
        foretold = explained(received, here).expected
        expected = {} if foretold is None else foretold.document()
        warning = str(expected.get("warning") or "")
        return expected, (warning,) if warning else ()
    if options.apply:
        found = planned(received, here)
        with told(), fenced(received.fence):
            refuse_too_big(found.proposal, found.allow)
        return {}, ()
    if options.allow is not None:
        raise invalid(UsageError(Problem("it goes with apply=true", key="allow")))
    try:
        return {}, tuple(str(remark) for remark in validated(received, here).remarks)
    except ApiError as error:
        if not isinstance(error.__cause__, LargeTableError):
            raise
        # The job reads it, in a process of its own.
        return {}, (f"{error.detail}; the rest of the spec was not checked",)


def explained(received: Received, here: Context) -> Explained:
    """Return the plan of a query.

    Raises
    ------
    ApiError
        422 with everything that is wrong with it.
    """
    with _planning(received, here):
        return explain(received.spec, registry=here.settings.registry, at=received.options.at)


def validated(received: Received, here: Context) -> Validated:
    """Return what there is to know of a spec that is right.

    Raises
    ------
    ApiError
        422 with everything that is wrong with it.
    """
    spec, kind = received.spec, KINDS[received.spec.job]
    with _planning(received, here):
        if spec.job == "create_registry" and "registry" not in spec.root:
            # Else the server's surroundings would name one.
            raise UsageError(Problem("missing key: the folder of the new registry, in a root", key="registry"))
        _check_outputs(spec.root, kind)
        return validate(spec, registry=None if kind.names_registry else here.settings.registry)


def planned(received: Received, here: Context) -> Planned:
    """Return what applying a spec would register or change.

    Raises
    ------
    ApiError
        422 with everything that is wrong with it.
    """
    with _planning(received, here):
        planner(received.spec)
        return plan(received.spec, registry=here.settings.registry, allow=received.options.allow)


def refuse_apply(options: Options) -> None:
    """Refuse to apply what is no registration."""
    if options.apply or options.allow is not None:
        raise invalid(UsageError(Problem("a query changes nothing that could be applied", key="apply")))


@contextmanager
def _planning(received: Received, here: Context) -> Iterator[None]:
    if not KINDS[received.spec.job].names_registry:
        require_registry(here.settings.registry)
    # How many plan at the same time is up to who calls: routes wait for their turn without a thread.
    limits = here.settings.limits
    with (
        told(),
        fenced(received.fence),
        only_cheap_patterns(),
        tables_of_at_most(limits.tables),
        patience(LOCK_TIMEOUT),
    ):
        _require_few_parts(received.spec.root, limits.terms)
        yield


def _require_few_parts(root: Node, most: int) -> None:
    """Refuse what takes minutes to plan: the time grows with the square of the parts."""
    for path, value in _values(root.value):
        found = 0
        if path[-1:] in (("step",), ("datasets",)) and isinstance(value, list):
            found = len(value)
        elif path[-1:] == ("expression",) and isinstance(value, str):
            found = len(re.findall(r"[-+*/]", value)) + 1
        if found > most:
            key = ".".join(path)
            raise SpecError(Problem(f"has {found:,} parts, and a server plans at most {most} (limits.terms)", key=key))


def _values(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, value
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from _values(child, (*path, str(key)) if isinstance(value, dict) else path)


def _check_outputs(root: Node, kind: Kind) -> None:
    """Refuse places that may not be written, which the checks of an operation leave for later."""
    problems: list[Problem] = []
    for path in (*_OUTPUTS, *([("registry",)] if kind.names_registry else [])):
        node: Node | None = root
        for key in path:
            node = node.get(key) if node is not None and isinstance(node.value, dict) else None
        if node is None:
            continue
        try:
            node.resolve()
        except DsgridError as error:
            problems += error.problems
    if problems:
        raise SpecError(problems)
