"""Which cells pass a test of a filter: typed comparisons in plain Python, for values a condition of typed literals.

What has no value (None, NaN) fails every test but ``null``. A negated test is the complement of its test, so that what
has no value passes it: a record without the attribute *is not* ``CA``. Only `value_condition` differs: there is nothing
to keep of a row without a value.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from functools import reduce
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dsgrid.dimensions.records import Attribute
from dsgrid.errors import did_you_mean
from dsgrid.query.model import Test
from dsgrid.query.patterns import PatternError, compiled

if TYPE_CHECKING:
    from pyspark.sql import Column

Cell = Attribute | date | np.generic
Key = tuple[str, Attribute]

_NUMBER: Final = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?", re.ASCII)
_PADDED_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?", re.ASCII)
_SHOWN: Final = 8  # operands in a description
_EXACT: Final = 2**53  # up to which floats are all integers

_TEXT_OPERATORS: Final = ("like", "matches", "contains", "starts_with", "ends_with")
_SIGNS: Final[dict[str, tuple[Callable[[Any, Any], Any], ...]]] = {
    "above": (operator.gt,),
    "at_least": (operator.ge,),
    "below": (operator.lt,),
    "at_most": (operator.le,),
    "between": (operator.ge, operator.le),
}
# Negations that are not said with "not".
_DENIED: Final = {
    "matches": "does not match",
    "contains": "does not contain",
    "starts_with": "does not start with",
    "ends_with": "does not end with",
}


class PredicateError(ValueError):
    """Why a test makes no sense, at all or for the cells that it is made on."""


def kept(test: Test, cells: Sequence[Cell], *, is_id: bool = False) -> list[bool]:
    """Tell for each cell whether it passes.

    Parameters
    ----------
    cells
        Attributes of records, labels or words of time. Dates count as texts (``2012-06-01``), NaN as no value.
    is_id
        Whether the cells are ids, which only texts are equal to.

    Raises
    ------
    PredicateError
        For operands that make no sense, or none for cells such as these.
    """
    plain = [_plain(cell) for cell in cells]
    if test.operator == "null":
        passing: Iterable[bool] = (cell is None for cell in plain)
    elif test.operator == "in":
        passing = _equal(test, plain, is_id=is_id)
    elif test.operator in _TEXT_OPERATORS:
        passing = _alike(test, plain)
    else:
        passing = _in_order(test, plain)
    return [passes is not test.negate for passes in passing]


def kept_numbers(test: Test, numbers: np.ndarray[Any, Any]) -> np.ndarray[Any, Any] | None:
    """Tell for each number whether it passes, as `kept` does but of all at once; None where only `kept` can tell.

    Parameters
    ----------
    numbers
        Integers or floats; NaN has no value.
    """
    limits = test.operands
    signs = _SIGNS.get(test.operator)
    if signs is None or not all(_is_exact(limit, numbers.dtype.kind) for limit in limits):
        return None
    passing = np.logical_and.reduce([sign(numbers, limit) for sign, limit in zip(signs, limits, strict=True)])
    return np.asarray(passing) != test.negate


def _is_exact(limit: object, kind: str) -> bool:
    """Tell whether NumPy compares numbers of this kind with a limit exactly, as Python does."""
    if isinstance(limit, bool) or not isinstance(limit, (int, float)) or not abs(limit) <= _EXACT:
        return False
    return kind == "f" or (kind == "i" and isinstance(limit, int))


def unknown_value(test: Test, cells: Sequence[Cell], *, is_id: bool = False) -> tuple[object, str] | None:
    """Return the first operand that no cell is equal to, with a hint to end a message with; None when there is none.

    Only tests of equality name values that have to exist; for others the answer is None.
    """
    if test.operator != "in":
        return None
    plain = [_plain(cell) for cell in cells]
    known = {key for cell in plain for key in _keys(cell, is_id=is_id)}
    for value in test.operands:
        if _key(value) not in known:
            return value, _hint(value, plain)
    return None


def value_condition(test: Test, column: Column) -> Column:
    """Return a test of values as a condition on their column, which is true or false, never NULL.

    NULL fails every test but ``null``, negated ones too. The operands are literals of the column's type.

    Raises
    ------
    PredicateError
        For operators or operands of texts, and limits that make no sense.
    """
    from pyspark.sql import functions as F

    numbers = value_operands(test)
    if test.operator == "null":
        return column.isNotNull() if test.negate else column.isNull()
    if test.operator == "in":
        condition = column.isin(*numbers)
    else:
        signs = zip(_SIGNS[test.operator], numbers, strict=True)
        condition = reduce(operator.and_, (sign(column, F.lit(number)) for sign, number in signs))
    return column.isNotNull() & (~condition if test.negate else condition)


def value_operands(test: Test) -> list[float]:
    """Return what values are compared with.

    Raises
    ------
    PredicateError
        For operators or operands of texts, and limits that make no sense.
    """
    if test.operator in _TEXT_OPERATORS:
        raise PredicateError(f"values are numbers: `{_named(test)}` tests texts")
    numbers = [_as_value(operand) for operand in test.operands]
    if test.operator not in ("in", "null"):
        _check_order(numbers)
    return numbers


def described(test: Test) -> str:
    """Return a short text of a test: ``in CA, NY``, ``at least 5``, ``between 1 and 2``, ``is empty``."""
    if test.operator == "null":
        return "is not empty" if test.negate else "is empty"
    words = test.operator.replace("_", " ")
    if test.negate:
        words = _DENIED.get(test.operator, f"not {words}")
    shown = [written(operand) or '""' for operand in test.operands]
    if test.operator == "between":
        return f"{words} {' and '.join(shown)}"
    more = len(shown) - _SHOWN
    return f"{words} {', '.join(shown[:_SHOWN])}" + (f" and {more} more" if more > 0 else "")


def written(cell: Attribute) -> str:
    """Return a cell as a spec writes it, but for the quotes."""
    return str(cell).lower() if isinstance(cell, bool) else str(cell)


def _plain(cell: Cell) -> Attribute:
    """Return a cell as a text, number or truth value of Python; None for what has no value."""
    value: Any = cell.item() if isinstance(cell, np.generic) else cell
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"  # as the label of a slot
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and math.isnan(value):
        return None
    found: Attribute = value
    return found


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


# Equality


def _equal(test: Test, cells: Sequence[Attribute], *, is_id: bool) -> Iterable[bool]:
    wanted = {_key(operand) for operand in test.operands}
    return (not wanted.isdisjoint(_keys(cell, is_id=is_id)) for cell in cells)


def _key(value: Attribute) -> Key:
    """Return what is compared: 1 and 1.0 are the same, 1 and true are not."""
    kind = "truth" if isinstance(value, bool) else "number" if _is_number(value) else "text"
    return kind, value


def _keys(cell: Attribute, *, is_id: bool) -> tuple[Key, ...]:
    """Return what a cell is equal to: a text to the number or truth value that it is written as, too.

    Cells of CSV files are texts where no type is said. ``06037`` is not how the number 6037 is written; and an id is a
    text, always.
    """
    if cell is None:
        return ()
    if is_id or not isinstance(cell, str):
        return (_key(cell),)
    if _NUMBER.fullmatch(cell):
        return _key(cell), _key(_parsed(cell))
    if cell.lower() in ("true", "false"):
        return _key(cell), _key(cell.lower() == "true")
    return (_key(cell),)


def _parsed(text: str) -> int | float:
    """Return the number that a text writes; a whole one exactly, unless it is absurdly long."""
    whole = text.removeprefix("-").isdigit() and len(text) < 100
    return int(text) if whole else float(text)


def _hint(value: Attribute, cells: Sequence[Attribute]) -> str:
    present = [cell for cell in cells if cell is not None]
    if isinstance(value, str):
        meant = _keys(value, is_id=False)
        typed = next((cell for cell in present if not isinstance(cell, str) and _key(cell) in meant), None)
        if typed is not None:
            return f"; its values are no texts: write {written(typed)} without quotes"
    return did_you_mean(written(value), sorted({written(cell) for cell in present}))


# Order


def _in_order(test: Test, cells: Sequence[Attribute]) -> Iterable[bool]:
    limits = test.operands
    _check_order(limits)
    present = [cell for cell in cells if cell is not None]
    keys: Sequence[Any] = cells
    if isinstance(limits[0], str):
        # Python orders texts by code points, as the bytes of UTF-8 are ordered.
        _refuse_untyped(present, f'write the limit without quotes, not "{limits[0]}"')
    else:
        keys = [_number(cell) for cell in cells]
        if present and all(key is None for key in keys):
            raise PredicateError(
                f"its values are no numbers, such as {_quoted(present[0])}: {written(limits[0])} is no limit for them"
            )
    signs = list(zip(_SIGNS[test.operator], limits, strict=True))
    return (key is not None and all(sign(key, limit) for sign, limit in signs) for key in keys)


def _check_order(limits: Sequence[Any]) -> None:
    for limit in limits:
        if isinstance(limit, bool) or not isinstance(limit, int | float | str):
            raise PredicateError(f"{_quoted(limit)} is no limit: expected a number or a text")
        if limit != limit:
            raise PredicateError("nan is no limit: no number is above or below it")
    if len({isinstance(limit, str) for limit in limits}) > 1:
        shown = " and ".join(_quoted(limit) for limit in limits)
        raise PredicateError(f"the limits are a number and a text ({shown}): expected two numbers or two texts")
    if list(limits) != sorted(limits):
        low, high = (_quoted(limit) for limit in limits)
        raise PredicateError(f"nothing is between {low} and {high}: expected the lower limit first")


def _number(cell: Attribute) -> int | float | None:
    """Return the number that a cell is or writes.

    Unlike in a test of equality ``06037`` counts as 6037: of the counties below 10000 none shall go missing.
    """
    if isinstance(cell, str):
        return _parsed(cell) if _PADDED_NUMBER.fullmatch(cell) else None
    return None if cell is None or isinstance(cell, bool) else cell


def _refuse_untyped(present: Sequence[Attribute], advice: str) -> None:
    """Raise if a text is compared with cells that are none."""
    other = next((cell for cell in present if not isinstance(cell, str)), None)
    if other is None:
        return
    kind = "true or false" if isinstance(other, bool) else f"numbers, such as {written(other)}"
    raise PredicateError(f"its values are {kind}: {'they have no order' if isinstance(other, bool) else advice}")


def _as_value(operand: object) -> float:
    if isinstance(operand, str) and _NUMBER.fullmatch(operand):
        raise PredicateError(f"values are numbers: write {operand} without quotes")
    if not isinstance(operand, int | float) or isinstance(operand, bool):
        raise PredicateError(f"values are numbers: {_quoted(operand)} is none")
    try:
        number = float(operand)
    except OverflowError:
        raise PredicateError(f"values are numbers up to 1.8e308: {_quoted(operand)} is beyond") from None
    if math.isnan(number):
        raise PredicateError("values are numbers: nan is none")
    return number


# Texts


def _alike(test: Test, cells: Sequence[Attribute]) -> Iterable[bool]:
    finds = _finder(test)
    _refuse_untyped([cell for cell in cells if cell is not None], f"`{_named(test)}` tests texts")
    return (isinstance(cell, str) and finds(cell) for cell in cells)


def _finder(test: Test) -> Callable[[str], bool]:
    (text,) = test.operands
    if not isinstance(text, str):
        raise PredicateError(f"`{_named(test)}` expects a text, found {_quoted(text)}")
    if test.operator in ("like", "matches"):
        pattern = _pattern(text) if test.operator == "matches" else re.compile(_like(text), re.DOTALL)
        find = pattern.search if test.operator == "matches" else pattern.fullmatch
        return lambda cell: find(cell) is not None
    if test.operator == "contains":
        return lambda cell: text in cell
    if test.operator == "starts_with":
        return lambda cell: cell.startswith(text)
    return lambda cell: cell.endswith(text)


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return compiled(text)
    except PatternError as error:
        raise PredicateError(str(error)) from None


def _like(text: str) -> str:
    """Return a regular expression for a text with ``%`` and ``_``.

    What stands between two ``%`` is looked for once, where it comes first (an atomic group): many ``%`` take no longer.
    """
    first, *rest = ("".join("." if one == "_" else re.escape(one) for one in part) for part in text.split("%"))
    if not rest:
        return first
    return first + "".join(f"(?>.*?{part})" for part in rest[:-1] if part) + f".*{rest[-1]}"


def _named(test: Test) -> str:
    return f"not_{test.operator}" if test.negate else test.operator


def _quoted(operand: Any) -> str:
    return f'"{operand}"' if isinstance(operand, str) else written(operand)
