"""What the values of a test are: numbers, texts or truth values, as what they are compared with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from dsgrid.operations.question import Condition, Scalar
from dsgrid.query.model import OPERATORS, VALUE, Test
from dsgrid.query.time_columns import KINDS
from dsgrid.registry.model import Project
from dsgrid.spec.schemas.words import TIME_WORDS
from dsgrid.time.dimension import DatetimeTime

Reader = Callable[[Scalar], Scalar]

_OF_TEXTS: Final = ("like", "matches", "contains", "starts_with", "ends_with")
_EQUAL: Final = ("equals", "not_equals", "in", "not_in")
_MONTH: Final = 7  # characters of "2018-07"


def typed(condition: Condition, read: Reader) -> Any:
    """Return what a filter of a spec compares with; `read` makes of each value what it has to be."""
    operand = condition.operand
    if condition.key == "is_null":
        return bool(operand)
    if condition.key.removeprefix("not_") in _OF_TEXTS:
        return str(operand)
    return [read(one) for one in operand] if isinstance(operand, tuple) else read(operand)


def of_time(name: str, project: Project) -> Reader:
    """Return the reader for a word for time, the project's time, or values."""
    if name == VALUE or (name in TIME_WORDS and name not in KINDS and name != "hourly"):
        return number
    if name == "monthly":
        return _first_day
    return str if name in TIME_WORDS or isinstance(project.time, DatetimeTime) else number


def of_cells(condition: Condition, cells: Sequence[Any], *, is_id: bool) -> Reader:
    """Return the reader for an attribute of records; ids are texts, and what has an order may be numbers."""
    present = [cell for cell in cells if cell is not None]
    if present and all(isinstance(cell, bool) for cell in present):
        return _truth
    if present and all(isinstance(cell, (int, float)) for cell in present):
        return number
    in_order = condition.key not in _EQUAL
    if in_order and all(isinstance(number(cell), (int, float)) for cell in present):
        return number
    return str if is_id or in_order or all(isinstance(cell, str) for cell in present) else _same


def compared(condition: Condition, *, numeric: bool) -> Test:
    """Return a test of the cells of a column."""
    return test_of(condition.key, typed(condition, number if numeric else str))


def test_of(key: str, value: Any) -> Test:
    """Return the test that a key of a filter with its value is."""
    operator, negate = OPERATORS[key]
    if operator == "null":
        return Test(operator, (), negate=not value)
    return Test(operator, tuple(value) if isinstance(value, list) else (value,), negate)


def number(value: Scalar) -> Scalar:
    """Return the number that a text writes, or the text: what is wrong with it the query says.

    Examples
    --------
    >>> number("7"), number("0.5"), number("seven")
    (7, 0.5, 'seven')
    """
    if not isinstance(value, str) or "_" in value:
        return value
    for read in (int, float):
        try:
            return read(value)
        except ValueError:
            continue
    return value


def _same(value: Scalar) -> Scalar:
    return value


def _truth(value: Scalar) -> Scalar:
    return {"true": True, "yes": True, "false": False, "no": False}.get(str(value).lower(), value)


def _first_day(value: Scalar) -> Scalar:
    text = str(value)
    return f"{text}-01" if len(text) == _MONTH else text
