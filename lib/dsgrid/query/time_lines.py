"""What `explain` says of time: whose zones, how many slots become what, in which of the stages."""

from __future__ import annotations

from collections.abc import Iterator

from dsgrid.dimensions.types import TIME
from dsgrid.query.plan import Plan
from dsgrid.query.rules.filters import in_words
from dsgrid.query.source import Source
from dsgrid.query.time_columns import is_stamp
from dsgrid.query.time_factor import TimeFactor
from dsgrid.query.time_meaning import calendar_zone, described_time
from dsgrid.time.dimension import zone_of
from dsgrid.time.shown import shown_span, shown_zone
from dsgrid.time.table import form_of

_HOUR = 3_600_000_000


def time_lines(plan: Plan, source: Source) -> Iterator[str]:
    """Return what becomes of a source's time: what is done, where zones come from, what the mapping noted."""
    time, own = source.time, source.dataset.time
    assert time is not None
    yield _done(time)
    if own != plan.time:
        yield f"from {shown_span(own)} ({form_of(own)})"
        yield f"to   {shown_span(plan.time)} ({form_of(plan.time)})"
    rules = source.submission.time.given
    if rules:
        said = (f"{'wrap_time' if name == 'wrap' else name} = {_value(value)}" for name, value in rules.items())
        yield "rules " + ", ".join(said)
    if source.time_filters:
        yield f"only slots with {' and '.join(in_words(plan.project, one) for one in source.time_filters)}"
    level = time.coupling.level
    if level:
        whose = f"dataset {source.dataset.id}" if level == "dataset" else f"project {plan.project.id}"
        yield f"zones from the time_zone of the geography records of {whose}: {', '.join(_zones(source, level))}"
    if time.coupling.places > 1:
        yield f"{time.coupling.places} places, by {' and '.join(time.coupling.sizes)}, have matrices of their own"
    if time.shape is not None:
        shape = time.shape.plan.sources[0]
        yield (
            f"follows the course of {shape.dataset.id}@{shape.dataset.version}: {len(set(time.shape.series.tolist()))} "
            f"series, {shape.fact_rows:,} rows are read, too"
        )
    if time.balances:
        why = "slots weigh differently" if time.function == "sum" else f"a {time.function} is no sum"
        yield f"{why}: sums are checked before time is mapped"
    yield from time.notes


def _value(value: bool | str) -> str:
    return "true" if value is True else f'"{value}"'


def _done(time: TimeFactor) -> str:
    slots = f"{time.slots:,} slot{'s' if time.slots != 1 else ''}"
    if time.mode == "drop":
        each = "" if time.constant == 1.0 else f", each times {time.constant:.6g}"
        return f"{slots} in one class, no join{each}"
    if time.mode == "offset":
        if time.offset == 0:
            return f"{slots}, as they are"
        return f"{slots}, labels shifted by {time.offset / _HOUR:+g} h after the contraction"
    extreme = "" if time.function == "sum" else f", the {time.function} of what meets, taken for each combination"
    if time.mode == "direct":
        return f"{slots} -> {time.codes:,} classes before the contraction{extreme}"
    if time.classes is not None:
        return f"{slots} in {time.classes.count:,} classes, expanded to {time.codes:,} after the contraction"
    return f"{slots}, expanded to {time.codes:,} after the contraction"


def _zones(source: Source, level: str) -> list[str]:
    factor = source.factor("geography")
    dimension = source.dataset.dimensions["geography"] if level == "dataset" else factor.base
    ids = factor.to_base.sources if level == "dataset" else factor.base_ids
    found = dict.fromkeys(str(dimension.records.by_id[id_].get("time_zone")) for id_ in ids)
    return sorted(found)


def zone_line(plan: Plan) -> str:
    """Return on which clock the result's time is told; empty where it has none."""
    columns = plan.columns_of(TIME)
    if not columns:
        return ""
    said = []
    if any(is_stamp(plan, column) for column in columns):
        said.append(f"timestamps are {described_time(plan)['written_as']}")
    zone = calendar_zone(plan)
    if zone and any(not is_stamp(plan, column) for column in columns):
        said.append(f"words of time are of the clock of {shown_zone(zone)}")
    return ", ".join(said) or shown_zone(zone_of(plan.time))
