"""A comparison of two tables as lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from dsgrid.query.comparison.found import (
    DIFFERENT,
    EQUAL,
    By,
    Cell,
    Comparison,
    Lone,
    Pattern,
    Row,
    ratio,
)

_GAP: Final = "  "
_INDENT: Final = " " * 10
_WIDEST: Final = 28  # of a cell of text


def lines(found: Comparison, summary: bool = False, width: int | None = None) -> Iterator[str]:
    """Yield the lines of a comparison; with `summary` only those with its numbers.

    Parameters
    ----------
    width
        How long a line may be; None: as long as it is.
    """
    for line in _lines(found, summary):
        yield line if width is None or len(line) <= width else line[: width - 1] + "…"


def _lines(found: Comparison, summary: bool) -> Iterator[str]:
    yield from _head(found)
    yield from (_line("" if index else "columns", text) for index, text in enumerate(_told(found)))
    yield _line("rows", _rows(found))
    if found.both:
        yield _line("values", _values(found))
    yield from _totals(found)
    if not summary and found.verdict == DIFFERENT:
        for letter, lone in (("A", found.only_a), ("B", found.only_b)):
            yield from _lone(letter, lone)
        # Of tables without a common key these would repeat what was said.
        for by in found.by if found.both else ():
            yield from _by(found, by)
        yield from _largest(found)
    yield ""
    yield _verdict(found)


def _line(name: str, text: str) -> str:
    return f"{name.ljust(len(_INDENT))}{text}"


def _head(found: Comparison) -> Iterator[str]:
    for letter, table in (("A", found.a), ("B", found.b)):
        of = f"{table.kind}, {table.format}" if table.kind != "table" else table.format
        yield _line(letter, f"{table.label} ({of})")
    yield _line("keys", ", ".join(found.keys) or "none: each is one row")


def _told(found: Comparison) -> Iterator[str]:
    """Yield what is told of columns; that dimensions are other ones in one line."""
    yield from (one.text for one in found.told if one.what != "dimension")
    others = [one.column for one in found.told if one.what == "dimension"]
    if others:
        yield f"of other dimensions, or other versions of them: {', '.join(others)}"


def _rows(found: Comparison) -> str:
    only = [
        f"{lone.count:,} only in {letter}" for letter, lone in (("A", found.only_a), ("B", found.only_b)) if lone.count
    ]
    keys = ", ".join([f"{found.both:,} in both", *only])
    return (
        f"{found.a.rows:,} in A, {found.b.rows:,} in B; {'keys: ' if found.a.repeated + found.b.repeated else ''}{keys}"
    )


def _values(found: Comparison) -> str:
    values = found.values
    parts = [f"{values.same:,} equal"]
    if values.near:
        parts.append(f"{values.near:,} within the tolerance ({_tolerance(found)})")
    if values.changed:
        parts.append(f"{values.changed:,} different")
    of = [
        f"{number:,} {what}"
        for number, what in (
            (values.only_a, "without a value in B"),
            (values.only_b, "without a value in A"),
            (values.other_unit, "in units that do not convert"),
        )
        if number
    ]
    text = ", ".join(parts) + (f", of which {', '.join(of)}" if of else "")
    if values.greatest_relative:
        text += f"; at most {_relative(values.greatest_relative, signed=False)} apart"
    return text


def _tolerance(found: Comparison) -> str:
    parts = [f"{found.rtol:g} relative"] if found.rtol else []
    parts += [f"{found.atol:g} absolute"] if found.atol else []
    return ", ".join(parts) or "0"


def _totals(found: Comparison) -> Iterator[str]:
    if not found.totals:
        return
    yield ""
    heading = "total" if found.adds_up else "sum of values"
    rows = [[total.unit or "(no unit)", *_sums(found, total.a, total.b)] for total in found.totals]
    yield from _table([heading, "A", "B", "B - A", ""], rows, 1)


def _lone(letter: str, lone: Lone) -> Iterator[str]:
    if not lone.count:
        return
    yield ""
    yield f"only in {letter}: {lone.count:,} {'key' if lone.count == 1 else 'keys'}"
    patterns = [(pattern.key, _pattern(pattern)) for pattern in lone.patterns]
    size = max((len(name) for name, _ in patterns), default=0)
    yield from (f"{_GAP}{name.ljust(size)}{_GAP}{text}" for name, text in patterns)
    yield ""
    yield from _examples(lone.examples, letter, lone.count)


def _pattern(pattern: Pattern) -> str:
    """Return what the rows of one table have in common in one key."""
    named = ", ".join(_cell(value) for value in pattern.values)
    many = "all" if pattern.count == pattern.of else f"{pattern.count:,} of"
    counted = f"{many} {pattern.of:,}"
    whole = pattern.whole == pattern.count and pattern.count < pattern.of
    entire = ", with all their rows" if whole and pattern.count > 1 else ", with all its rows" if whole else ""
    if not named or pattern.count == pattern.of > 1:
        return f"{counted}{entire}"
    return f"{named} ({counted}{entire})"


def _examples(rows: Sequence[Row], letter: str, count: int) -> Iterator[str]:
    names = list(rows[0].keys) if rows else []
    shown = [
        [*(_cell(row.keys[name]) for name in names), _value(row.a if letter == "A" else row.b), row.unit]
        for row in rows
    ]
    yield from _table([*names, letter, "unit"], shown, len(names), texts_at=(len(names) + 1,))
    yield from _more(count - len(rows))


def _by(found: Comparison, by: By) -> Iterator[str]:
    yield ""
    yield f"by {by.key}: {by.differing:,} of {by.values:,} differ"
    rows = [
        [_cell(one.record), one.unit, *_sums(found, one.a, one.b), _counts(one.changed, one.only_a, one.only_b)]
        for one in by.totals
    ]
    yield from _table([by.key, "unit", "A", "B", "B - A", "", "rows"], rows, 2)
    yield from _more(by.differing - len({one.record for one in by.totals}))


def _counts(changed: int, only_a: int, only_b: int) -> str:
    parts = ((changed, "changed"), (only_a, "only in A"), (only_b, "only in B"))
    return ", ".join(f"{number:,} {what}" for number, what in parts if number)


def _largest(found: Comparison) -> Iterator[str]:
    if not found.largest:
        return
    names = list(found.keys)
    yield ""
    yield "largest changes"
    rows = [[*(_cell(row.keys[name]) for name in names), row.unit, *_numbers(row.a, row.b)] for row in found.largest]
    yield from _table([*names, "unit", "A", "B", "B - A", ""], rows, len(names) + 1)
    yield from _more(found.values.changed - found.values.other_unit - len(rows))


def _more(count: int) -> Iterator[str]:
    if count > 0:
        yield f"{_GAP}... and {count:,} more"


def _verdict(found: Comparison) -> str:
    if found.verdict == EQUAL:
        return "equal"
    if found.verdict == DIFFERENT:
        return "different"
    return f"equal within the tolerance ({_tolerance(found)})"


# Cells ---------------------------------------------------------------------------------------------------------------


def _numbers(a: float | None, b: float | None) -> list[str]:
    """Return both numbers, the difference, and that in per cent."""
    if a is None or b is None:
        return [_value(a), _value(b), "", ""]
    part = ratio(a, b)
    difference = b - a
    return [_value(a), _value(b), _value(difference, signed=True), "" if part is None else _relative(part, signed=True)]


def _sums(found: Comparison, a: float, b: float) -> list[str]:
    """Return two sums and their difference; one that does not count is shown as none."""
    if abs(b - a) <= max(found.atol, found.rtol * max(abs(a), abs(b))):
        return [_value(a), _value(b), "0" if a == b else "~ 0", ""]
    return _numbers(a, b)


def _value(value: float | None, signed: bool = False) -> str:
    """Return a number as people read it: six digits, thousands marked."""
    if value is None:
        return "-"
    sign = "+" if signed and value else ""
    if 10**6 <= abs(value) < 10**15:
        return f"{value:{sign},.0f}"
    return f"{value:{sign},.6g}" if abs(value) < 10**15 else f"{value:{sign}.6g}"


def _relative(part: float, signed: bool) -> str:
    per_cent = part * 100
    sign = "+" if signed and part else ""
    if per_cent and abs(per_cent) < 0.01:
        return f"{per_cent:{sign}.1e} %"
    return f"{per_cent:{sign},.2f} %"


def _cell(value: Cell) -> str:
    if value is None:
        return "(nothing)"
    text = str(value) if value != "" else '""'
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def _table(
    names: Sequence[str], rows: Sequence[Sequence[Any]], left: int, texts_at: Sequence[int] = ()
) -> Iterator[str]:
    """Yield an aligned table, indented: the first columns stand to the left, and what follows numbers does too."""
    # A column of units that says nothing is left out.
    kept = [i for i, name in enumerate(names) if name != "unit" or any(row[i] for row in rows)]
    if len(kept) < len(names):
        gone = next(i for i in range(len(names)) if i not in kept)
        left -= gone < left
        texts_at = [i - (i > gone) for i in texts_at]
        names, rows = [names[i] for i in kept], [[row[i] for i in kept] for row in rows]
    sizes = [max(len(name), *(len(row[i]) for row in rows)) if rows else len(name) for i, name in enumerate(names)]
    last = len(names) - 1 if names[-1] == "rows" else len(names)
    for row in (names, *rows):
        cells = [
            cell.ljust(size) if i < left or i in texts_at or i >= last else cell.rjust(size)
            for i, (cell, size) in enumerate(zip(row, sizes, strict=True))
        ]
        yield f"{_GAP}{_GAP.join(cells)}".rstrip()
