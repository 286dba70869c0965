"""Random steps, one after another: each keeps some of what the table before it says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st
from reference.clock import PARTS
from reference.moments import LABEL, determined, known

from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.types import NAMED_REDUCTION_TYPES, RECORD_TYPES
from dsgrid.registry.model import Project
from dsgrid.spec.schemas.words import TIME_WORDS
from dsgrid.time.dimension import DatetimeTime, IndexTime, RepresentativeTime
from strategies.filters import Seen, filter_specs, rarely, without_label

FUNCTIONS = ("sum",) * 4 + ("mean", "mean", "max", "max", "min", "count", "percentile", "weighted_mean", "stddev")


@dataclass(frozen=True)
class Seeing:
    """What a step sees.

    Parameters
    ----------
    columns
        Names of columns that hold records, by their type.
    words
        What the rows say of time.
    told
        The columns of time; None at base level.
    sums
        Whether the values add up.
    """

    project: Project
    zone: str | None
    columns: dict[str, tuple[str, ...]]
    words: frozenset[str]
    told: tuple[str, ...] | None = None
    sums: bool = True

    def dimension(self, name: str) -> Dimension | None:
        every = [*self.project.base, *(one.dimension for one in self.project.supplemental)]
        return next((one for one in every if one.name == name), None)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for names in self.columns.values() for name in names)

    @property
    def filterable(self) -> Seen:
        """What filters may be about: columns, and supplementals of base columns."""
        own = [one for name in self.names if (one := self.dimension(name)) is not None]
        more = [
            one.dimension
            for one in self.project.supplemental
            if one.of in self.names and one.dimension.name not in self.names
        ]
        subsets = tuple(one.name for one in self.project.subsets if one.of in self.names and one.name not in self.names)
        return Seen((*own, *more), without_label(self.words, self.project), subsets)


def at_base(project: Project, zone: str | None, *, timeless: bool, sums: bool) -> Seeing:
    """Return what the first step sees."""
    columns = {base.type: (base.name,) for base in project.base}
    return Seeing(project, zone, columns, frozenset() if timeless else known(project.time), sums=sums)


@st.composite
def step_lists(draw: st.DrawFn, seeing: Seeing) -> tuple[list[dict[str, Any]], Seeing]:
    """One to three steps, and what the last one leaves."""
    steps = []
    for _ in range(draw(st.sampled_from([1, 1, 2, 2, 3]))):
        step, seeing = draw(_steps(seeing))
        steps.append(step)
        if step["function"] in ("stddev", "percentile") or not seeing.names:
            break
    return steps, seeing


@st.composite
def _steps(draw: st.DrawFn, seeing: Seeing) -> tuple[dict[str, Any], Seeing]:
    function = draw(st.sampled_from(FUNCTIONS))
    if function == "sum" and not seeing.sums and not rarely(draw, 10):
        function = "mean"
    columns = {type_: _kept(draw, seeing, type_) for type_ in RECORD_TYPES}
    told = _time(draw, seeing, function)
    by = [name for names in columns.values() for name in names] + told
    if not by:
        by, columns = [seeing.names[0]], {**columns, _type(seeing, seeing.names[0]): (seeing.names[0],)}
    step: dict[str, Any] = {"function": function, "by": list(draw(st.permutations(by)))}
    over = [type_ for type_ in NAMED_REDUCTION_TYPES if seeing.columns.get(type_) and not columns[type_]]
    if rarely(draw, 15):
        over = over[1:]
    if over:
        step["over"] = over
    if function == "percentile":
        step["percentiles"] = draw(
            st.lists(st.sampled_from([0, 5, 37.5, 50, 95, 100]), min_size=1, max_size=3, unique=True)
        )
    if function == "weighted_mean":
        step["weights"] = [f"{name}.people" for name in _weighing(draw, seeing)]
        if not step["weights"]:
            step = {key: value for key, value in step.items() if key != "weights"} | {"function": "mean"}
    if not draw(st.integers(0, 3)):
        step["where"] = [draw(filter_specs(seeing.project, seeing.filterable, seeing.zone))]
    words = [LABEL if name == seeing.project.time.name else name for name in told]
    if isinstance(seeing.project.time, RepresentativeTime) and LABEL in words:
        words = [PARTS[part] for part in seeing.project.time.by]
    left = replace(
        seeing,
        columns={type_: tuple(names) for type_, names in columns.items()},
        words=determined(words, seeing.project.time) & seeing.words,
        told=tuple(words),
    )
    return step, left


def _type(seeing: Seeing, name: str) -> str:
    return next(type_ for type_, names in seeing.columns.items() if name in names)


def _kept(draw: st.DrawFn, seeing: Seeing, type_: str) -> list[str]:
    """Return what is kept of a type: its columns, supplementals and attributes of base columns."""
    own = seeing.columns.get(type_, ())
    if not own:
        return []
    known_ = list(own)
    for base in seeing.project.base:
        if base.name in own:
            known_ += [one.dimension.name for one in seeing.project.supplemental if one.of == base.name]
            known_ += [f"{base.name}.kind"]
    names = draw(st.lists(st.sampled_from(known_), max_size=2, unique=True))
    # Names of columns are told apart without regard to case, and by more than what they are made of.
    return names if draw(st.integers(0, 2)) or len(names) < 2 else names[:1]


def _time(draw: st.DrawFn, seeing: Seeing, function: str) -> list[str]:
    """Return what is kept of time: what the table says, and what may be left out."""
    time = seeing.project.time
    words = sorted(without_label(seeing.words, seeing.project) & set(TIME_WORDS))
    names = [*words, *([time.name] * 3 if LABEL in seeing.words else [])]
    if not seeing.words:
        return []
    if isinstance(time, RepresentativeTime):
        # It is not known how often each period occurs.
        parts = {PARTS[part] for part in time.by}
        own = [word for word in (parts if seeing.told is None else seeing.told) if word in parts]
        apart = [word for word in own if word != "hour_of_day"]
        return sorted(own) if draw(st.booleans()) else sorted(apart)
    if time.measurement not in ("total", "") and function == "sum":  # type: ignore[union-attr]
        return [time.name] if seeing.told is None else [_shown(time.name, word) for word in seeing.told]
    if not names:
        return []
    chosen = draw(st.lists(st.sampled_from(names), max_size=2, unique=True))
    stamps = [name for name in chosen if name in ("hourly", time.name)]
    gridded = isinstance(time, DatetimeTime | IndexTime)
    return [name for name in chosen if name != stamps[0]] if gridded and len(stamps) > 1 else chosen


def _shown(name: str, word: str) -> str:
    return name if word == LABEL else word


def _weighing(draw: st.DrawFn, seeing: Seeing) -> list[str]:
    known_ = [
        name for name in seeing.names if (one := seeing.dimension(name)) is not None and "people" in one.records.columns
    ]
    return draw(st.lists(st.sampled_from(known_), min_size=1, max_size=2, unique=True)) if known_ else []
