"""What is missing of required combinations, in as few words as possible.

Ten thousand missing rows are often one county, or one building type in one state; that is what the user is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from dsgrid.dimensions.coverage import Columns, Combinations, Excused
from dsgrid.dimensions.patterns import Pattern, search

ANY = "*"
# A page, in lines.
PAGE = 40


@dataclass(frozen=True)
class Missing:
    """Required combinations that are not there.

    Parameters
    ----------
    count, required
        How many combinations are missing, and how many there have to be (declared gaps taken off).
    patterns
        What explains them, from `dsgrid.dimensions.patterns.search`; nothing when all are missing.
    more
        How many patterns there are besides.
    whole
        Whether the patterns, and those besides, are all that is missing.
    """

    count: int
    required: int
    patterns: tuple[Pattern, ...] = ()
    more: int = 0
    whole: bool = True

    def __bool__(self) -> bool:
        return self.count > 0

    @cached_property
    def phrases(self) -> tuple[tuple[str, int], ...]:
        """A phrase for each group of patterns that are a product of ids, and how many rows they have."""
        return tuple((_phrase(tuple(ids), tuple(ids.values())), rows) for ids, rows in self.groups)

    @cached_property
    def groups(self) -> tuple[tuple[dict[str, tuple[str, ...]], int], ...]:
        """The same as ids by type: every combination of one of each is missing; and how many rows they have."""
        groups = []
        for types in dict.fromkeys(tuple(pattern.ids) for pattern in self.patterns):
            boxes = [
                _Box(tuple((id_,) for id_ in pattern.ids.values()), pattern.rows)
                for pattern in self.patterns
                if tuple(pattern.ids) == types
            ]
            for place in sorted(range(len(types)), key=lambda place: -len({box.ids[place] for box in boxes})):
                boxes = _merged(boxes, place)
            groups += [(dict(zip(types, box.ids, strict=True)), box.rows) for box in boxes]
        return tuple(sorted(groups, key=lambda group: -group[1]))

    def summary(self, limit: int = 6) -> str:
        """Return a line such as ``12 combinations are missing: geography=06075 & sector=com``."""
        if not self.count:
            return "no combination is missing"
        noun = "combination is" if self.count == 1 else "combinations are"
        if self.count == self.required:
            return f"all {self.count:,} required {noun} missing"
        single = len(self.phrases) == 1 and self.whole
        shown = "; ".join(text if single else _counted(text, rows) for text, rows in self.phrases[:limit])
        return f"{self.count:,} {noun} missing: {shown}{self._left(limit)}"

    def page(self) -> str:
        """Return the phrases, a line each, those with the most rows first."""
        lines = [f"  {_counted(text, rows)}" for text, rows in self.phrases[:PAGE]]
        left = self._left(PAGE).removeprefix("; ")
        return "\n".join([*lines, *([f"  ... {left}"] if left else [])])

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Return the patterns as a table that declares them: the types, and a row each, `ANY` for every id."""
        types = list(dict.fromkeys(type_ for pattern in self.patterns for type_ in pattern.ids))
        return types, [[pattern.ids.get(type_, ANY) for type_ in types] for pattern in self.patterns]

    def _left(self, limit: int) -> str:
        left = max(len(self.phrases) - limit, 0) + self.more
        if not self.whole:
            return "; and others"
        return f"; and {left:,} more" if left else ""


def missing(required: Combinations, present: Columns, excused: Sequence[Columns] = ()) -> Missing:
    """Return which required combinations a table lacks.

    Parameters
    ----------
    present
        A table with a column per dimension type; what it holds beyond the required combinations is ignored.
    excused
        Tables of declared gaps: any of the types as columns; each row takes away all combinations that match it.

    Notes
    -----
    The count follows from counts alone: required - excused - (present and not excused). Only where it is not 0 the
    patterns are looked for.
    """
    declared = Excused.of(required, excused)
    numbers = required.numbers(present)
    demanded = len(required) - declared.count()
    there = len(numbers) - int(declared.matches(numbers).sum())
    if there in (demanded, 0):
        return Missing(demanded - there, demanded)
    found = search(required, numbers, declared)
    return Missing(demanded - there, demanded, found.patterns, found.more, found.whole)


def _counted(text: str, rows: int) -> str:
    return f"{text} ({rows:,})" if rows else text


@dataclass(frozen=True)
class _Box:
    """Patterns of the same types that are a product: ids by the place of the type."""

    ids: tuple[tuple[str, ...], ...]
    rows: int


def _merged(boxes: Sequence[_Box], place: int) -> list[_Box]:
    """Return boxes of which those are one that differ in the ids at one place only."""
    groups: dict[tuple[tuple[str, ...], ...], list[_Box]] = {}
    for box in boxes:
        groups.setdefault((*box.ids[:place], *box.ids[place + 1 :]), []).append(box)
    return [
        _Box((*key[:place], tuple(id_ for box in found for id_ in box.ids[place]), *key[place:]), _rows(found))
        for key, found in groups.items()
    ]


def _rows(boxes: Sequence[_Box]) -> int:
    return sum(box.rows for box in boxes)


def _phrase(types: Sequence[str], each: Sequence[Sequence[str]], limit: int = 4) -> str:
    parts = []
    for type_, ids in zip(types, each, strict=True):
        more = f" and {len(ids) - limit:,} more" if len(ids) > limit else ""
        parts.append(f"{type_}={ids[0]}" if len(ids) == 1 else f"{type_} in ({', '.join(ids[:limit])}{more})")
    return " & ".join(parts)
