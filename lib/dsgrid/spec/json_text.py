"""Specs that are written as JSON: their values, and where in the text each key and each value stands."""

from __future__ import annotations

import json
import re
from json.decoder import scanstring  # type: ignore[attr-defined]  # what `json` itself reads a text with
from typing import TYPE_CHECKING, Any, Final, NoReturn

from dsgrid.errors import Problem, SpecError
from dsgrid.spec.positions import Path, Positions

if TYPE_CHECKING:
    from dsgrid.spec.node import Source

SUFFIX: Final = ".json"
_BLANK: Final = re.compile(r"[ \t\r\n]*")
_SCALAR: Final = re.compile(r"[^,\]}\s]+")


def parse_json(source: Source) -> dict[str, Any]:
    """Return the values of a JSON text, which is an object.

    Raises
    ------
    SpecError
        When it is no JSON, with the place; when it is no object, has a key twice, or a number that none is.
    """
    try:
        value = json.loads(source.text, object_pairs_hook=_object, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        where = f"{source.name}:{error.lineno}:{error.colno}"
        raise SpecError(Problem(f"no valid JSON: {error.msg[:1].lower()}{error.msg[1:]}", where)) from None
    except _RefusedError as error:
        raise SpecError(Problem(str(error), source.name)) from None
    except RecursionError:
        raise SpecError(Problem("arrays and tables are nested too deeply", source.name)) from None
    except ValueError:
        raise SpecError(Problem("a number has too many digits", source.name)) from None
    if not isinstance(value, dict):
        raise SpecError(Problem("expected an object, { } with the keys of the spec", source.name))
    return value


def scan_json(text: str) -> Positions:
    """Return the positions of all keys and values of `text`, which is JSON."""
    positions = Positions(text)
    _scan(text, positions)
    return positions


class _RefusedError(ValueError):
    """JSON that Python reads and a spec does not have."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise _RefusedError(f'the key "{twice[:80]}" is there twice')
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise _RefusedError(f"found {name}, which is no number")


def _scan(text: str, found: Positions) -> None:
    # A stack of its own, and no recursion: how deep a text goes is up to who wrote it.
    stack: list[tuple[Path, int]] = []  # of each value that is open its path, and of an array the number of the next
    path: Path = ()
    at = _skip(text, 0)
    while True:
        found.values[path] = at
        if text[at] in "{[":
            is_object = text[at] == "{"
            at = _skip(text, at + 1)
            if text[at] not in "}]":
                stack.append((path, -1 if is_object else 0))
                path, at = _key(text, at, path, found) if is_object else ((*path, 0), at)
                continue
            at += 1
        elif text[at] == '"':
            _, at = scanstring(text, at + 1, True)
        else:
            match = _SCALAR.match(text, at)
            at = match.end() if match else at + 1
        while stack:
            at = _skip(text, at)
            outer, number = stack[-1]
            if text[at] == ",":
                at = _skip(text, at + 1)
                if number < 0:
                    path, at = _key(text, at, outer, found)
                else:
                    stack[-1] = (outer, number + 1)
                    path = (*outer, number + 1)
                break
            stack.pop()
            at += 1
        else:
            return


def _key(text: str, at: int, outer: Path, found: Positions) -> tuple[Path, int]:
    """Return the path of the next pair of an object, and where its value begins."""
    name, end = scanstring(text, at + 1, True)
    path = (*outer, name)
    found.keys[path] = at
    return path, _skip(text, _skip(text, end) + 1)


def _skip(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    return match.end() if match else at
