"""Which cells pass a test: one at a time, as people would read it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from dsgrid.query.model import Test
from reference.refused import RefusedError

TEXTS = ("like", "matches", "contains", "starts_with", "ends_with")


def passes(test: Test, cell: Any, *, is_id: bool = False) -> bool:
    """Tell whether a cell passes; one without a value is nothing, so that it passes what is negated."""
    if test.operator == "null":
        found = cell is None
    elif cell is None:
        found = False
    elif test.operator == "in":
        found = any(equal(cell, operand, is_id=is_id) for operand in test.operands)
    elif test.operator in TEXTS:
        found = _alike(test, cell)
    else:
        found = _in_order(test, cell)
    return found != test.negate


def passes_value(test: Test, value: float) -> bool:
    """Tell whether a value passes; there is nothing to keep of a row without one, unless that is asked for."""
    if value != value:
        return test.operator == "null" and not test.negate
    return passes(test, value)


def refuse_test(test: Test, cells: Iterable[Any], *, is_id: bool = False, exist: bool = True) -> None:
    """Refuse a test that makes no sense for all the cells that there may be.

    Parameters
    ----------
    exist
        Whether what cells shall be equal to has to be one of them.
    """
    present = [cell for cell in cells if cell is not None]
    if test.operator in TEXTS:
        if any(not isinstance(cell, str) for cell in present):
            raise RefusedError("texts are looked for in what is none")
        if test.operator == "matches":
            _pattern(test.operands[0])
    elif test.operator == "in":
        for operand in test.operands if exist else ():
            if not any(equal(cell, operand, is_id=is_id) for cell in present):
                raise RefusedError(f"nothing is {operand}")
    elif test.operator != "null":
        texts = [isinstance(limit, str) for limit in test.operands]
        if any(texts) != all(texts) or (len(test.operands) == 2 and test.operands[0] > test.operands[1]):
            raise RefusedError("limits that nothing is between")
        if all(texts) and any(not isinstance(cell, str) for cell in present):
            raise RefusedError("numbers are compared with a text")
        if not any(texts) and present and all(_number(cell) is None for cell in present):
            raise RefusedError("texts are compared with a number")


def equal(cell: Any, operand: Any, *, is_id: bool) -> bool:
    """Tell whether a cell is what a spec writes: a text may be the number or the truth value that it is written as."""
    if _kind(cell) == _kind(operand):
        return bool(cell == operand)
    if not isinstance(cell, str) or is_id:
        return False
    if isinstance(operand, bool):
        return cell.lower() == ("true" if operand else "false")
    # 06037 is not how the number 6037 is written.
    padded = re.match(r"-?0\d", cell) is not None
    return not isinstance(operand, str) and not padded and _number(cell) == operand


def _kind(value: Any) -> str:
    return "truth" if isinstance(value, bool) else "text" if isinstance(value, str) else "number"


def _number(cell: Any) -> float | None:
    if isinstance(cell, bool):
        return None
    if not isinstance(cell, str):
        return float(cell)
    return float(cell) if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?", cell) else None


def _in_order(test: Test, cell: Any) -> bool:
    if isinstance(test.operands[0], str):
        own: Any = cell if isinstance(cell, str) else None
    else:
        own = _number(cell)
    if own is None:
        return False
    first, last = test.operands[0], test.operands[-1]
    return {
        "above": lambda: own > first,
        "at_least": lambda: own >= first,
        "below": lambda: own < first,
        "at_most": lambda: own <= first,
        "between": lambda: first <= own <= last,
    }[test.operator]()


def _alike(test: Test, cell: str) -> bool:
    (text,) = test.operands
    if test.operator == "like":
        pattern = "".join(".*" if one == "%" else "." if one == "_" else re.escape(one) for one in text)
        return re.fullmatch(pattern, cell, re.DOTALL) is not None
    if test.operator == "matches":
        return _pattern(text).search(cell) is not None
    if test.operator == "contains":
        return text in cell
    return cell.startswith(text) if test.operator == "starts_with" else cell.endswith(text)


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise RefusedError(str(error)) from None
