"""What a filter of a query compares, as the test of a ``[[where]]`` table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from dsgrid.importers.document import Entry
from dsgrid.importers.translation import Remarks

# Each with what it is when it is turned round.
_COMPARISONS: Final = {
    "==": ("equals", "not_equals"),
    "=": ("equals", "not_equals"),
    "!=": ("not_equals", "equals"),
    "<>": ("not_equals", "equals"),
    ">": ("above", "at_most"),
    ">=": ("at_least", "below"),
    "<": ("below", "at_least"),
    "<=": ("at_most", "above"),
}
_TEXTS: Final = {
    "contains": ("contains", "not_contains"),
    "like": ("like", "not_like"),
    "rlike": ("matches", "not_matches"),
    "startswith": ("starts_with", "not_matches"),
    "endswith": ("ends_with", "not_matches"),
}
# The end of a filter's SQL that is nothing but a comparison with one literal.
_RAW: Final = re.compile(r"\s*(==|=|!=|<>|>=|<=|>|<)\s*(?:'(?P<text>[^'\\]*)'|(?P<number>-?\d+(?:\.\d+)?))\s*")


@dataclass(frozen=True)
class Comparison:
    """A filter's test: a key of ``[[where]]``, what it compares with, and where that stands."""

    key: str
    value: Any
    entry: Entry

    @property
    def values(self) -> list[Any]:
        """All values that it compares with."""
        return self.value if isinstance(self.value, list) else [self.value]

    def of(self, values: Sequence[Any]) -> Comparison:
        """Return the comparison with other values instead."""
        return Comparison(self.key, list(values) if isinstance(self.value, list) else values[0], self.entry)


def comparison(entry: Entry, kind: str, remarks: Remarks) -> Comparison | None:
    """Return the test of a filter that is none of a subset; None, and a problem, when it cannot be said."""
    if kind == "expression_raw":
        return _raw(entry["value"], remarks)
    negate = entry.flag("negate")
    if kind == "between_column_operator":
        limits = [_given(entry["lower_bound"]), _given(entry["upper_bound"])]
        return Comparison("not_between" if negate else "between", limits, entry["lower_bound"])
    if kind == "expression":
        operator = entry.text("operator")
        if operator in _COMPARISONS:
            return Comparison(_COMPARISONS[operator][negate], _given(entry["value"]), entry["value"])
        return _unknown(entry, operator, remarks)
    # A filter on a supplemental dimension may leave both out; it is a pattern that fits everything then.
    supplemental = kind == "supplemental_column_operator"
    operator = entry.text("operator", default="like" if supplemental else "")
    if operator == "like" and supplemental and entry.get("value") is None:
        return Comparison("not_like" if negate else "like", "%", entry)
    return _column_operator(entry, operator, negate, remarks)


def _column_operator(entry: Entry, operator: str, negate: bool, remarks: Remarks) -> Comparison | None:
    if operator in ("isNull", "isNotNull"):
        return Comparison("is_null", (operator == "isNull") is not negate, entry["operator"])
    if operator == "isin":
        given = entry["value"]
        values = [_given(one) for one in given] if isinstance(given.value, list) else [_given(given)]
        if not values:
            raise given.error("no value is listed")
        values = list(dict.fromkeys(values))
        return Comparison("not_in" if negate else "in", values, given)
    if operator not in _TEXTS:
        return _unknown(entry, operator, remarks)
    given = entry["value"]
    text = str(_given(given)).strip()
    if not text:
        raise given.error("a text is expected here, found an empty one")
    key = _TEXTS[operator][negate]
    if operator == "like" and "\\" in text:
        remarks.unsupported(given, f'the backslash in the pattern "{text}"')
        return None
    if operator == "rlike":
        return _matching(key, text, given, remarks)
    if key == "not_matches":
        plain = re.escape(text)
        text = f"^{plain}" if operator == "startswith" else f"{plain}$"
    return Comparison(key, text, given)


def _given(entry: Entry) -> Any:
    """Return a value to compare with."""
    if entry.value is None:
        raise entry.error("a value is expected here, found null; to keep what has none: isNull")
    return entry.plain


def _matching(key: str, pattern: str, given: Entry, remarks: Remarks) -> Comparison | None:
    try:
        re.compile(pattern)
    except re.error as error:
        remarks.unsupported(given, f'the regular expression "{pattern}" ({error})')
        return None
    remarks.say("changed", given, "regular expressions are those of Python here", key)
    return Comparison(key, pattern, given)


def _raw(given: Entry, remarks: Remarks) -> Comparison | None:
    """Return the comparison that a piece of SQL is, if it is no more than that."""
    found = _RAW.fullmatch(str(_given(given)))
    if found is None:
        remarks.unsupported(given, f'the SQL "{given.value}" (only a comparison with a quoted text or a number)')
        return None
    text, number = found["text"], found["number"]
    value = text if number is None else float(number) if "." in number else int(number)
    return Comparison(_COMPARISONS[found[1]][0], value, given)


def _unknown(entry: Entry, operator: str, remarks: Remarks) -> Comparison | None:
    remarks.unsupported(entry.get("operator") or entry, f'the operator "{operator}" of a filter')
    return None
