"""A spec as somebody sent it: its text, what it says, and what a user may do with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from dsgrid.api.access.context import Context
from dsgrid.api.job import Options
from dsgrid.api.jobs.attempt_folder import SPECS
from dsgrid.api.jobs.fencing import fence_for
from dsgrid.api.jobs.kinds import KINDS, needed
from dsgrid.api.problems.problems import ApiError
from dsgrid.api.roles import User
from dsgrid.errors import DataError, DsgridError, NotFoundError, Problem, SpecError, UsageError, class_name, listing
from dsgrid.operations.asking import ASKING
from dsgrid.registry.moments import parse_at
from dsgrid.spec.fence import Fence, fenced
from dsgrid.spec.load import Spec, parse_spec

JSON, TOML = SPECS
SHOWN_PROBLEMS: Final = 100
_LONGEST_MESSAGE: Final = 1_000
_LONGEST_DETAIL: Final = 4_000
_VARIABLE: Final = re.compile(r"[^\s{}$=]{1,100}")


@dataclass(frozen=True)
class Received:
    """A spec that passes its schema, and that its sender may hand in.

    Parameters
    ----------
    text
        As it was sent.
    fence
        Which files it may name.
    notes
        What of it is overruled here.
    """

    spec: Spec
    text: str
    media_type: str
    fence: Fence
    options: Options
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What the job is called in lists: the name of a query, else the id of what it is about."""
        root = self.spec.root
        if self.spec.job in ASKING:
            return root.string("name")
        for key in ("id", "dataset", "project", "name", "owner"):
            value = root.scalar(key)
            found = value.get("id") if isinstance(value, dict) else value
            if isinstance(found, str):
                return found
        return ""


def receive(
    body: bytes,
    content_type: str,
    options: Options,
    user: User,
    here: Context,
    *,
    kinds: frozenset[str] | None = None,
    is_run: bool = True,
) -> Received:
    """Return the spec that was sent, after its syntax, its schema, and what its sender may do.

    Parameters
    ----------
    content_type
        Of the request.
    kinds
        The kinds that are wanted here; None for any.
    is_run
        Whether it is to be run: to look at a spec, nobody needs the role to run it.

    Raises
    ------
    ApiError
        415 for another media type, 422 with all problems, 403 where the user may not.
    """
    media_type = media_type_of(content_type)
    text = _decoded(body, media_type)
    _check_options(options, here)
    fence = fence_for(text, options.variables.values(), user, here.settings, here.state)
    with told(), fenced(fence):
        spec = parse_spec(text, None, options.variables, path=fence.folder / SPECS[media_type], folder=fence.folder)
    if kinds is not None and spec.job not in kinds:
        found = spec.root["job"]
        raise invalid(SpecError(found.problem(f'found "{spec.job}", expected one of {listing(sorted(kinds), 40)}')))
    kind = needed(spec)
    if is_run and not user.may(kind.role):
        raise ApiError(
            403, "not allowed", f"a {spec.job} job needs the role {kind.role}: {kind.why}; {user.name} has {user.role}"
        )
    if options.at is not None and spec.job not in ASKING:
        raise invalid(UsageError(Problem(f"only a query looks back, and this is a {spec.job} spec", key="at")))
    return Received(spec, text, media_type, fence, options, tuple(_notes(spec)))


def media_type_of(content_type: str) -> str:
    """Return which of the two a spec is written in.

    Raises
    ------
    ApiError
        415 for any other.
    """
    name, _, parameters = content_type.partition(";")
    name = name.strip().lower()
    if name not in SPECS:
        found = f"found {name[:80]}" if name else "no Content-Type was sent"
        raise ApiError(
            415,
            "unsupported media type",
            f"{found}; a spec is {JSON} or {TOML}",
            headers={"Accept-Post": f"{JSON}, {TOML}"},
        )
    charset = re.search(r"charset\s*=\s*\"?([^\s;\"]+)", parameters, re.IGNORECASE)
    if charset is not None and charset[1].lower() not in ("utf-8", "utf8", "us-ascii"):
        raise ApiError(415, "unsupported media type", f"found the charset {charset[1][:40]}; a spec is UTF-8")
    return name


def variables_of(given: list[str], limit: int) -> dict[str, str]:
    """Return the values of variables, from texts such as ``year=2018``.

    Parameters
    ----------
    limit
        The longest value, in characters.

    Raises
    ------
    ApiError
        422 for what is no such text, a name that is given twice, or a value that is too long.
    """
    found: dict[str, str] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not _VARIABLE.fullmatch(name):
            raise invalid(UsageError(Problem(f'found "{each[:80]}", expected NAME=VALUE', key="set")))
        if name in found:
            raise invalid(UsageError(Problem(f"{name} is given twice", key="set")))
        if len(value) > limit:
            raise invalid(UsageError(Problem(f"the value of {name} has {len(value):,} characters, at most {limit:,}")))
        if not value.isprintable():
            raise invalid(UsageError(Problem(f"the value of {name} has characters that cannot be seen", key="set")))
        found[name] = value
    return found


@contextmanager
def told() -> Iterator[None]:
    """Let what is wrong with a spec be answered with 422 and all problems."""
    try:
        yield
    except DsgridError as error:
        raise invalid(error) from error
    except RecursionError:
        raise invalid(SpecError("an expression is nested too deeply")) from None


def invalid(error: DsgridError) -> Exception:
    """Return what is answered to what is wrong with a spec; what the server cannot help is answered as everywhere."""
    problems = [_clipped(each) for each in error.problems[:SHOWN_PROBLEMS]]
    more = len(error.problems) - len(problems)
    if more > 0:
        problems.append(Problem(f"and {more:,} more problems"))
    if not isinstance(error, (NotFoundError, SpecError, UsageError, DataError)):
        return type(error)(problems)
    head = str(replace(problems[0], detail="")) if problems else class_name(error)
    detail = head if len(problems) < 2 else f"{head} (and {len(problems) - 1 + max(more - 1, 0):,} more)"
    return ApiError(422, "invalid", detail, problems=problems, error=class_name(error))


def _clipped(problem: Problem) -> Problem:
    return replace(
        problem,
        message=_cut(problem.message, _LONGEST_MESSAGE),
        key=_cut(problem.key, _LONGEST_MESSAGE),
        detail=_cut(problem.detail, _LONGEST_DETAIL),
        table=None,
    )


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[:length]}…"


def _decoded(body: bytes, media_type: str) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        message = f"the byte 0x{body[error.start]:02x} is not UTF-8"
        raise invalid(SpecError(Problem(message, f"{SPECS[media_type]}:{line}"))) from None


def _check_options(options: Options, here: Context) -> None:
    if options.at is None:
        return
    with told():
        if len(options.at) > min(here.settings.limits.search, 60):
            raise UsageError(Problem("it is too long for a version or a date", key="at"))
        try:
            parse_at(options.at)
        except UsageError as error:
            raise UsageError(Problem(error.problems[0].message, key="at")) from None


def _notes(spec: Spec) -> Iterator[str]:
    """Yield what of a spec is overruled: it works at home and here."""
    root = spec.root
    if "registry" in root and not KINDS[spec.job].names_registry:
        yield "registry: the server's registry is meant, whatever the spec says"
    result = root.get("result")
    if result is not None and isinstance(result.value, dict) and "path" in result:
        yield "result.path: the result is kept in the job's own folder"
