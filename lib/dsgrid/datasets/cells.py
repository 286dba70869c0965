"""Cells of the columns of time that are parts of labels: what each may hold, and what it stands for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from dsgrid.datasets.offenders import LIMIT, counted
from dsgrid.errors import DataError, Problem, closest, listing
from dsgrid.time.dimension import DAY_TYPES, WEEKDAYS, Calendar, TimeDimension, calendar_of
from dsgrid.time.stored import part_values

if TYPE_CHECKING:
    import pyarrow as pa

# True and false as a day type.
_TRUE, _FALSE = (name for name, _ in DAY_TYPES)
_NUMBERS: Final = {"year": (1, 9999), "month": (1, 12), "day_of_week": (0, 6), "hour": (0, 23), "fold": (0, 1)}
_WHOLE = re.compile(r"-?\d{1,18}")


def texts_of_part(calendar: Calendar, part: str) -> dict[str, str]:
    """Return what stands for a season or a day type in files (in small letters), and what is stored for it."""
    known = {str(value).lower(): str(value) for value in part_values(calendar, part)}
    if part == "day_type" and {_TRUE, _FALSE} <= set(known):
        known = {"true": known[_TRUE], "false": known[_FALSE], **known}
    return known


def day_numbers() -> dict[str, int]:
    """Return what stands for a day of the week in files that have texts for it, and its number."""
    days = list(enumerate(WEEKDAYS))
    return {
        **{name: number for number, name in days},
        **{name[:3]: number for number, name in days},
        **{str(number): number for number, _ in days},
    }


def check_cells(time: TimeDimension, columns: Mapping[str, str], found: pa.Table, name: str) -> None:
    """Refuse cells that stand for nothing.

    Parameters
    ----------
    columns
        The columns in the files by what they hold.
    found
        A column for each of some meanings, with the combinations that occur, and at the end in how many rows.
    name
        What the user calls the files.

    Raises
    ------
    DataError
        With one problem for each column.
    """
    *meanings, last = found.column_names
    rows = found[last].to_pylist()
    problems = []
    for meaning in meanings:
        counts: Counter[Any] = Counter()
        for cell, number in zip(found[meaning].to_pylist(), rows, strict=True):
            counts[cell] += number
        wrong = {cell: number for cell, number in counts.items() if not _is_known(time, meaning, cell)}
        if wrong:
            message = f'column "{columns[meaning]}": {_shown(wrong)}; {_expected(time, meaning, wrong)}'
            problems.append(Problem(message, name))
    if problems:
        raise DataError(problems)


def _is_known(time: TimeDimension, meaning: str, cell: Any) -> bool:
    text = "" if cell is None else str(cell).lower()
    if meaning in ("season", "day_type"):
        return text in texts_of_part(calendar_of(time), meaning)
    if meaning == "day_of_week" and text in day_numbers():
        return True
    first, last = _NUMBERS[meaning]
    return bool(_WHOLE.fullmatch(text)) and first <= int(text) <= last


def _shown(wrong: Mapping[Any, int]) -> str:
    cells = sorted(wrong, key=lambda cell: (cell is None, str(cell)))
    texts = ["NULL" if cell is None else f'"{cell}"' if isinstance(cell, str) else str(cell) for cell in cells]
    more = f" and {len(texts) - LIMIT:,} more" if len(texts) > LIMIT else ""
    return f"{', '.join(texts[:LIMIT])}{more} in {counted(sum(wrong.values()), 'row')}"


def _expected(time: TimeDimension, meaning: str, wrong: Mapping[Any, int]) -> str:
    if meaning in ("season", "day_type"):
        names = [str(value) for value in part_values(calendar_of(time), meaning)]
        word = next((cell for cell in wrong if isinstance(cell, str)), "")
        near = closest(word, names) if word else None
        hint = f'; did you mean "{near}"?' if near else ""
        return f"a {meaning} is one of {listing(names)}{hint}"
    if meaning == "fold":
        return "a fold is 1 where the clock shows a label for the second time, else 0"
    first, last = _NUMBERS[meaning]
    names_, start = (" or a name", " (Monday)") if meaning == "day_of_week" else ("", "")
    midnight = "; the hour that ends at midnight is 0" if meaning == "hour" and {24, "24"} & set(wrong) else ""
    return f"expected {first}{start} to {last}{names_}{midnight}"
