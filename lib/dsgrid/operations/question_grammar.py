"""How somebody writes a test: as a text such as ``state=CO,CA``, or as a keyword of Python."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dsgrid.errors import UsageError, did_you_mean
from dsgrid.operations.question import Condition, Operand, Scalar
from dsgrid.query.model import OPERATORS

SIGNS: Final = {
    "=": "equals",
    "==": "equals",
    "!=": "not_equals",
    ">": "above",
    ">=": "at_least",
    "<": "below",
    "<=": "at_most",
    "~": "matches",
    "~=": "matches",
    "!~": "not_matches",
}
# What a sign becomes with several values, with two limits, and with nothing behind it.
_SEVERAL: Final = {"equals": "in", "not_equals": "not_in"}
_BETWEEN: Final = {"equals": "between", "not_equals": "not_between"}
_EMPTY: Final = {"equals": True, "not_equals": False}
_SIGN: Final = re.compile(r"[=!<>~]+")
_ITEM: Final = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([^,]*?))\s*(?:,|$)""")
_RANGE: Final = re.compile(r"(.+?)\s*\.\.\s*(.+)")


def parse_condition(written: str) -> Condition:
    """Return the test that a text such as ``state=CO,CA`` says.

    Parameters
    ----------
    written
        ``NAME SIGN VALUE``: the name of a dimension, of an attribute (``county.climate``), of time or ``value``; one of
        ``= != > >= < <= ~ !~``, where ``~`` looks for a regular expression; and a value. ``=`` and ``!=`` take several
        with commas between, two limits with ``..`` between, or nothing, which means that there is no value. A value in
        quotes may have all of these signs in it.

    Raises
    ------
    UsageError
        For a text that is no such test.

    Examples
    --------
    >>> parse_condition("state = CO, CA").operand
    ('CO', 'CA')
    >>> parse_condition("hour_of_day=7..9").key
    'between'
    >>> parse_condition("county.climate!=cold").attribute
    'climate'
    """
    shown = f'"{written}"'
    found = _SIGN.search(written)
    name = written[: found.start()].strip() if found else ""
    if found is None or not name:
        raise UsageError(f"{shown} is no condition; expected NAME SIGN VALUE, with one of {' '.join(_signs())}")
    sign = found[0]
    if sign not in SIGNS:
        raise UsageError(f'{shown}: there is no sign "{sign}"{did_you_mean(sign, _signs(), limit=len(SIGNS))}')
    name, _, attribute = name.partition(".")
    key, operand = _read(SIGNS[sign], written[found.end() :].strip(), shown)
    return Condition(name.strip(), attribute.strip(), key, operand, written.strip())


def named_condition(name: str, value: Any) -> Condition:
    """Return the test that a keyword of Python says: ``state="CO"``, ``value__above=5``, ``county__climate="cold"``.

    Parameters
    ----------
    name
        The name, perhaps an attribute, perhaps one of the operators of a spec's filter, with ``__`` between.
    value
        One value, or several in a list; None means that there is none.

    Examples
    --------
    >>> named_condition("hour_of_day__between", (7, 9)).key
    'between'
    >>> named_condition("state", ["CO", "CA"]).key
    'in'
    """
    first, *rest = name.split("__")
    key = rest.pop() if rest and rest[-1] in OPERATORS else ""
    attribute = "__".join(rest)
    operand = _plain(value)
    if value is None:
        key, operand = "is_null", key not in ("not_equals", "not_in")
    elif isinstance(operand, tuple):
        key = _SEVERAL.get(key or "equals", key)
    key = key or "equals"
    written = f"{name}={value!r}"
    wants = 2 if key in ("between", "not_between") else None
    many = isinstance(operand, tuple)
    if wants and (not many or len(operand) != wants):  # type: ignore[arg-type]
        raise UsageError(f"{written}: {key} needs two limits, such as ({name}=(1, 2))")
    if key in ("in", "not_in") and not many:
        operand = (operand,)  # type: ignore[assignment]
    if many and not operand:
        raise UsageError(f"{written}: there is no value in it")
    if many and not wants and key not in ("in", "not_in"):
        raise UsageError(f"{written}: {key} takes one value")
    return Condition(first, attribute, key, operand, written)


def conditions(texts: Sequence[str], named: Mapping[str, Any]) -> tuple[Condition, ...]:
    """Return the tests that texts and keywords of Python say."""
    return (
        *(parse_condition(text) for text in texts),
        *(named_condition(name, value) for name, value in named.items()),
    )


def _read(key: str, text: str, shown: str) -> tuple[str, Operand]:
    """Return the key of a filter, and what is compared with, from what stands behind a sign."""
    if not text:
        if key not in _EMPTY:
            raise UsageError(f"{shown}: expected a value behind the sign")
        return "is_null", _EMPTY[key]
    if key in ("matches", "not_matches"):
        return key, _unquoted(text)  # a comma is a part of the expression
    items = _items(text)
    if key not in _SEVERAL:
        if len(items) > 1:
            raise UsageError(f"{shown}: expected one limit, found {len(items)}; = and != take several values")
        return key, items[0][0]
    if len(items) == 1:
        value, quoted = items[0]
        limits = None if quoted else _RANGE.fullmatch(value)
        return (key, value) if limits is None else (_BETWEEN[key], (limits[1], limits[2]))
    if any(not value and not quoted for value, quoted in items):
        raise UsageError(f"{shown}: there is nothing between two commas")
    return _SEVERAL[key], tuple(value for value, _ in items)


def _items(text: str) -> list[tuple[str, bool]]:
    """Return the values between commas, and whether each stood in quotes."""
    found: list[tuple[str, bool]] = []
    position = 0
    while position <= len(text):
        item = _ITEM.match(text, position)
        if item is None or (item.end() == position and found):
            break
        quoted = item[1] if item[1] is not None else item[2]
        found.append((item[3] if quoted is None else quoted, quoted is not None))
        if item.end() == len(text):
            if text.endswith(","):
                found.append(("", False))
            break
        position = item.end()
    return found or [(text, False)]


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _signs() -> list[str]:
    return [sign for sign in SIGNS if sign not in ("==", "~=")]  # other ways to write = and ~


def _plain(value: Any) -> Operand:
    """Return a value of Python (or NumPy) as what a spec may hold; names of `OpenProject` are texts."""
    if isinstance(value, (list, tuple, set, frozenset)) or (
        hasattr(value, "tolist") and isinstance(value.tolist(), list)
    ):
        items = value.tolist() if hasattr(value, "tolist") else value
        found = [_scalar(one) for one in items]
        return tuple(sorted(found, key=str)) if isinstance(value, (set, frozenset)) else tuple(found)
    return _scalar(value)


def _scalar(value: Any) -> Scalar:
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, str):
        return str(value)
    return value if isinstance(value, (bool, int, float)) else str(value)
