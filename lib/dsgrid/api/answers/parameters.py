"""What stands behind the question mark of an address: known names only, each once, and texts that can be meant."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from typing import Any, Final, get_args, get_origin
from weakref import WeakKeyDictionary

from fastapi import Request
from pydantic import BaseModel

from dsgrid.api.limits import Limits
from dsgrid.api.problems.problems import ApiError
from dsgrid.errors import Problem, did_you_mean

MOST: Final = 50  # of filters, columns and the like
# By the function of a route; routes themselves cannot be keys.
_known: WeakKeyDictionary[Callable[..., Any], dict[str, bool]] = WeakKeyDictionary()


async def known_parameters(request: Request) -> None:
    """Refuse parameters that a route does not have, instead of passing over them; a dependency of routers.

    Raises
    ------
    ApiError
        400 with the closest name.
    """
    if not request.url.query:
        return
    route = request.scope["route"]
    if route.endpoint not in _known:
        _known[route.endpoint] = _parameters(route)
    known = _known[route.endpoint]
    given = [name for name, _ in request.query_params.multi_items()]
    problems = []
    for name in dict.fromkeys(given):
        if name not in known:
            problems.append(
                Problem(f'there is no parameter "{name[:100]}" here{did_you_mean(name[:100], known, 20)}', key=name)
            )
        elif not known[name] and given.count(name) > 1:
            problems.append(Problem(f"{name} is given {given.count(name)} times; expected it once", key=name))
    if problems:
        raise ApiError(400, "bad request", problems[0].message, problems=problems[:MOST])


def plain(limits: Limits, **given: str | Sequence[str] | None) -> None:
    """Refuse texts that are too long, too many, or have characters that nobody can see.

    Raises
    ------
    ApiError
        400 for the first of them.
    """
    for name, value in given.items():
        texts = [] if value is None else [value] if isinstance(value, str) else list(value)
        if len(texts) > MOST:
            raise ApiError(400, "bad request", f"{name} is given {len(texts)} times; expected at most {MOST}")
        for text in texts:
            if len(text) > limits.search:
                raise ApiError(
                    400, "bad request", f"{name} has {len(text):,} characters; expected at most {limits.search:,}"
                )
            hidden = next((letter for letter in text if unicodedata.category(letter) in ("Cc", "Cs")), None)
            if hidden is not None:
                raise ApiError(400, "bad request", f"{name} holds the control character U+{ord(hidden):04X}")


def names(text: str) -> tuple[str, ...]:
    """Return the names that stand between commas, each once."""
    return tuple(dict.fromkeys(name for part in text.split(",") if (name := part.strip())))


def _parameters(route: Any) -> dict[str, bool]:
    """Return the query parameters of a route, and whether each may be given several times."""
    found: dict[str, bool] = {}
    waiting = [route.dependant]
    while waiting:
        dependant = waiting.pop()
        waiting += dependant.dependencies
        for each in dependant.query_params:
            annotation = each.field_info.annotation
            if isinstance(annotation, type) and issubclass(annotation, BaseModel):
                inside = annotation.model_fields.items()
                found |= {inner.alias or name: _is_list(inner.annotation) for name, inner in inside}
            else:
                found[each.alias] = _is_list(annotation)
    return found


def _is_list(annotation: Any) -> bool:
    return get_origin(annotation) in (list, tuple) or any(_is_list(each) for each in get_args(annotation))
