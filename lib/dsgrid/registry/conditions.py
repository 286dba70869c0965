"""Which rows of a listing or a table are wanted, and in which order: ``COLUMN OP VALUE`` and ``COLUMN,-COLUMN``.

What a value means depends on the cell that it is compared with:

- a number is compared as a number, and so are two texts that both are numbers when one has to be the larger
- a version such as ``1.2`` stands for all of 1.2.x, and a date for all of its day
- everything else is text, and a cell that is empty is neither larger nor smaller than anything
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dsgrid.errors import UsageError, did_you_mean

Cell = str | int | float | bool | None
_COMPARE: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
OPERATORS: Final = (*_COMPARE, "~", "!~")
_SIGNS = re.compile(r"\s*([=!<>~]+)\s*(.*)", re.DOTALL)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_VERSION = re.compile(r"\d+\.\d+\.\d+")
_PREFIX = re.compile(r"\d+(\.\d+){0,2}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z")
_MOMENT_PREFIX = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d(:\d\d(:\d\d(\.\d+)?)?)?Z?)?)?)?")


@dataclass(frozen=True)
class Condition:
    """A test on one column; `operator` is one of `OPERATORS`."""

    column: str
    operator: str
    value: str

    def holds(self, cell: Cell) -> bool:
        """Return whether a cell passes.

        Raises
        ------
        UsageError
            If a number has to be larger or smaller than what is none.
        """
        if self.operator in ("~", "!~"):
            found = self.value.casefold() in text(cell).casefold()
            return found == (self.operator == "~")
        if cell is None and self.operator not in ("=", "!="):
            return False
        left, right = self._comparable(cell)
        return _COMPARE[self.operator](left, right)

    def _comparable(self, cell: Cell) -> tuple[Any, Any]:
        larger = self.operator not in ("=", "!=")
        if isinstance(cell, bool):
            return text(cell), {"true": "yes", "false": "no"}.get(self.value.lower(), self.value.lower())
        if isinstance(cell, (int, float)):
            number = _number(self.value.replace(",", ""))
            if number is None and larger:
                raise UsageError(f'"{self.column}" holds numbers, and "{self.value}" is none')
            return cell, number
        written = text(cell)
        if _VERSION.fullmatch(written) and _PREFIX.fullmatch(self.value):
            wanted = tuple(map(int, self.value.split(".")))
            return tuple(map(int, written.split(".")))[: len(wanted)], wanted
        moment = self.value.replace(" ", "T")
        if _MOMENT.fullmatch(written) and _MOMENT_PREFIX.fullmatch(moment):
            moment = moment.removesuffix("Z")
            return written[: len(moment)], moment
        if larger and (numbers := (_number(written), _number(self.value))) and None not in numbers:
            return numbers
        return written, self.value


def parse_condition(written: str, columns: Sequence[str] | None = None) -> Condition:
    """Return the condition that ``COLUMN OP VALUE`` says; spaces around the operator are free.

    Parameters
    ----------
    written
        The value is everything after the operator. In quotes it may begin or end with a space, or begin with a sign.
    columns
        The columns that there are; without them any name is taken.

    Examples
    --------
    >>> parse_condition("name ~ New York")
    Condition(column='name', operator='~', value='New York')
    """
    cut = re.search(r"[=!<>~]", written)
    column, rest = (written, "") if cut is None else (written[: cut.start()], written[cut.start() :])
    # A column of a record table may have any name, even one with a sign in it.
    for known in sorted(columns or (), key=len, reverse=True):
        if written.strip().startswith(known) and _SIGNS.match(written.strip()[len(known) :]):
            column, rest = known, written.strip()[len(known) :]
            break
    found = _SIGNS.match(rest)
    column = column.strip()
    if found is None or not column:
        raise UsageError(f'"{written}" is no filter; expected COLUMN OP VALUE, where OP is one of {_signs()}')
    sign, value = found[1], found[2].strip()
    if sign not in OPERATORS:
        raise UsageError(f'"{written}": there is no operator "{sign}"{did_you_mean(sign, OPERATORS)}')
    require_column(column, columns, written)
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1]
    return Condition(column, sign, value)


def parse_order(written: str, columns: Sequence[str] | None = None) -> tuple[tuple[str, bool], ...]:
    """Return (column, largest first) for each part of ``COLUMN,-COLUMN``.

    Examples
    --------
    >>> parse_order("kind,-rows")
    (('kind', False), ('rows', True))
    """
    order = []
    for part in written.split(","):
        name = part.strip()
        # A minus that belongs to the name wins over one that turns the order around.
        descending = name.startswith("-") and name not in (columns or ())
        name = name.removeprefix("-") if descending else name
        if not name:
            raise UsageError(f'"{written}" is no order; expected COLUMN or -COLUMN, several with commas between')
        require_column(name, columns, written)
        order.append((name, descending))
    return tuple(order)


def parse_choice(
    where: Sequence[str], sort: str, columns: Sequence[str], known: Sequence[str]
) -> tuple[tuple[Condition, ...], tuple[tuple[str, bool], ...]]:
    """Return the conditions and the order that are written, all about known columns; refuse other columns to show."""
    conditions = tuple(parse_condition(each, known) for each in where)
    order = parse_order(sort, known) if sort else ()
    for column in columns:
        require_column(column, known)
    return conditions, order


def require_column(name: str, columns: Sequence[str] | None, written: str = "") -> None:
    """Raise a `UsageError` with the closest name when there is no such column."""
    if columns is not None and name not in columns:
        head = f'"{written}": ' if written and written != name else ""
        raise UsageError(f'{head}there is no column "{name}"{did_you_mean(name, columns, limit=len(columns))}')


def chosen(
    rows: Iterable[Mapping[str, Any]],
    conditions: Sequence[Condition] = (),
    order: Sequence[tuple[str, bool]] = (),
) -> list[Any]:
    """Return the rows that pass all conditions; rows that the order does not tell apart stay as they were."""
    kept = [row for row in rows if all(each.holds(row[each.column]) for each in conditions)]
    for column, descending in reversed(order):
        kept.sort(key=lambda row, column=column: sort_key(row[column]), reverse=descending)  # type: ignore[misc]
    return kept


def sort_key(cell: Cell) -> tuple[int, Any]:
    """Return what sorts cells of any type: nothing first, then numbers (texts that are one, too), versions, texts."""
    if cell is None or cell == "":
        return 0, 0
    if isinstance(cell, (int, float)):
        return 1, (cell, "")
    if (number := _number(cell)) is not None:
        return 1, (number, cell)
    if _VERSION.fullmatch(cell):
        return 2, tuple(map(int, cell.split(".")))
    return 3, cell


def text(cell: Cell) -> str:
    """Return a cell as it is shown."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return str(cell)


def _number(written: str) -> int | float | None:
    if not _NUMBER.fullmatch(written):
        return None
    return float(written) if re.search(r"[.eE]", written) else int(written)


def _signs() -> str:
    return " ".join(OPERATORS)
