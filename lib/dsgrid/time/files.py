"""How the files of a dataset write its time, and how the registry's own do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from dsgrid.spec.node import Node
from dsgrid.time.dimension import (
    AnnualTime,
    Columns,
    DatetimeTime,
    IndexTime,
    RepresentativeTime,
    TimeDimension,
)
from dsgrid.time.stored import FOLD, INDEX, INSTANTS, TIMESTAMP, YEAR, has_fold, label_form

MEANINGS: Final = ("label", "index", "year", "month", "day", "hour", "minute", "fold", "offset")


def default_columns(time: TimeDimension) -> Columns:
    """Return the columns that a dataset's files have when its spec says nothing."""
    if isinstance(time, DatetimeTime):
        return (("label", TIMESTAMP),)
    if isinstance(time, IndexTime):
        return (("index", INDEX),)
    if isinstance(time, AnnualTime):
        return (("year", YEAR),)
    return tuple((part, part) for part in time.by) if isinstance(time, RepresentativeTime) else ()


def in_order(columns: Mapping[str, str]) -> Columns:
    """Return columns by what they hold, in one order: that in which a spec names them says nothing."""
    return tuple((meaning, columns[meaning]) for meaning in sorted(columns, key=MEANINGS.index))


def in_files(node: Node, time: TimeDimension) -> TimeDimension:
    """Return the time as a dataset's files write it, which a registered dimension need not know.

    Parameters
    ----------
    node
        The ``[time]`` table of the dataset.
    """
    given = node.get("columns")
    named = {meaning: child.value for meaning, child in given.items()} if given is not None else {}
    usual = dict(time.columns)
    if "column" in node and usual:
        named = {next(iter(usual)): node.string("column"), **named}
    if isinstance(time, DatetimeTime):
        replaced = {"year", "month", "day"} & set(named) and "label" not in named
        columns = named if replaced else {**usual, **named}
        return replace(time, columns=in_order(columns), labels=node.string("labels", time.labels))
    if not usual:
        return time
    return replace(time, columns=tuple((meaning, named.get(meaning, name)) for meaning, name in usual.items()))


def as_stored(time: TimeDimension) -> TimeDimension:
    """Return the time as the registry's own files write it."""
    columns = default_columns(time)
    if not isinstance(time, DatetimeTime):
        return time if not columns else replace(time, columns=columns)
    if label_form(time) == INSTANTS:
        return replace(time, columns=columns, labels="instants" if time.labels else "")
    if has_fold(time):
        columns = (*columns, ("fold", FOLD))
    return replace(time, columns=columns, labels="wall_clock")


def has_files(time: TimeDimension) -> bool:
    """Tell whether a time dimension says more of files than one without any does."""
    return time.columns != default_columns(time) or bool(isinstance(time, DatetimeTime) and time.labels)


def like_files_of(other: TimeDimension, time: TimeDimension) -> TimeDimension:
    """Return the time as the files of another dimension write it, which says nothing about its slots."""
    if type(other) is not type(time) or not other.columns:
        return time
    if isinstance(time, DatetimeTime) and isinstance(other, DatetimeTime):
        return replace(time, columns=other.columns, labels=other.labels)
    return replace(time, columns=other.columns)
