"""Plain tables: readable at 80 columns, complete when they have no width.

No Rich here: a listing has to answer in the time that Rich takes to import, and plain text pastes well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

GAP = "  "
NARROW = 10  # a column of texts is not cut below this
REFERENCES = frozenset({"id", "dataset_id", "project_id", "dimension", "dataset"})  # what the next command needs whole

METADATA = "metadata"  # whose tables may be long


def table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] | None = None, width: int | None = None) -> str:
    """Return rows as aligned text with a heading; numbers stand to the right.

    Parameters
    ----------
    rows
        Mappings with the same keys.
    columns
        The keys to show; by default all of the first row.
    width
        How long a line may be. The widest texts are cut, with ``…``, until it fits, the first column and ids only when
        that is not enough, and in their middle; None leaves all whole.
    """
    names = list(columns or (rows[0] if rows else ()))
    cells = [[row.get(name) for name in names] for row in rows]
    return "\n".join(grid(names, cells, width))


def grid(
    names: Sequence[str], rows: Iterable[Sequence[Any]], width: int | None = None, ahead: int | None = None
) -> Iterator[str]:
    """Yield the lines of a table.

    Parameters
    ----------
    ahead
        The columns are as wide as so many rows want, so that a million rows can be shown while they are read; a wider
        cell that comes later stands out. None reads all rows first.
    """
    remaining = iter(rows)
    first = list(islice(remaining, ahead))
    texts = [[_text(cell) for cell in row] for row in first]
    sizes = [max([len(name), *(len(row[i]) for row in texts)]) for i, name in enumerate(names)]
    right = [bool(first) and all(_is_number(row[i]) for row in first) for i in range(len(names))]
    named = [i == 0 or name in REFERENCES for i, name in enumerate(names)]
    if width is not None:
        loose = [not (number or reference) for number, reference in zip(right, named, strict=True)]
        sizes = _fitted(_fitted(sizes, loose, width), named, width)

    def line(cells: Sequence[str]) -> str:
        parts = []
        for cell, size, to_right, reference in zip(cells, sizes, right, named, strict=True):
            shown = cell if width is None else cut_inside(cell, size) if reference else cut(cell, size)
            parts.append(shown.rjust(size) if to_right else shown.ljust(size))
        return cut(GAP.join(parts).rstrip(), width)

    yield line(names)
    yield line(["-" * size for size in sizes])
    for row in texts:
        yield line(row)
    for later in remaining:
        yield line([_text(cell) for cell in later])


def _fitted(sizes: Sequence[int], loose: Sequence[bool], width: int) -> list[int]:
    """Return sizes that fit into a line, if possible, taken from the widest loose columns; narrow ones stay whole."""
    fitted = list(sizes)
    while sum(fitted) + len(GAP) * (len(fitted) - 1) > width:
        wide = [i for i, size in enumerate(fitted) if loose[i] and size > NARROW]
        if not wide:
            break
        fitted[max(wide, key=lambda i: fitted[i])] -= 1
    return fitted


def pairs(values: Mapping[str, Any], width: int | None = None) -> str:
    """Return one ``name  value`` line per value that is not empty."""
    shown = {name: _text(value) for name, value in values.items() if _text(value)}
    size = max((len(name) for name in shown), default=0)
    return "\n".join(cut(f"{name.ljust(size)}{GAP}{value}", width) for name, value in shown.items())


def document(values: Mapping[str, Any], width: int | None = None) -> str:
    """Return scalars as pairs, and below them each list of rows as a table under its name."""
    scalars = {name: value for name, value in values.items() if not isinstance(value, (list, dict))}
    parts = [pairs(scalars, width)]
    for name, value in values.items():
        if isinstance(value, dict) and value:
            parts.append(f"{name}\n{pairs(_flat(value) if name == METADATA else value, width)}")
        if isinstance(value, list) and value:
            parts.append(f"{name} ({len(value)})\n{table(value, width=width)}")
    return "\n\n".join(part for part in parts if part)


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of tables in a table under both names, ``origin.doi``: each has a line of its own."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            found |= {f"{name}.{inner}": each for inner, each in value.items()}
        else:
            found[name] = value
    return found


def cut(line: str, width: int | None) -> str:
    """Return the line, cut to `width` characters."""
    return line if width is None or len(line) <= width else line[: width - 1] + "…"


def cut_inside(name: str, width: int) -> str:
    """Return the name, cut in its middle to `width` characters: names differ at their ends."""
    if len(name) <= width:
        return name
    tail = (width - 1) * 2 // 3
    return f"{name[: width - 1 - tail]}…{name[len(name) - tail :]}"


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_text(item)}" for name, item in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(_text(item) for item in value)
    if isinstance(value, float):
        return f"{value:,.8g}"
    return " ".join(str(value).split())
