"""What the load shape of a dataset asks the server: from what was chosen to the spec of a query."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dsgrid.viewer.pages.dataset.about import Entry, pinned
from dsgrid.viewer.parts.suggestions import UNITS, ZONES
from dsgrid.viewer.parts.time_words import zone_words

HOURS, COURSE, PERIODS, YEARS = "hours", "course", "periods", "years"
# Types whose records are alternatives: adding them up would mean nothing.
ALTERNATIVES: Final = ("scenario", "model_year", "weather_year")
_IS_ENERGY: Final = frozenset({*UNITS, "Wh", "MBtu", "kBtu", "Btu", "quad", "MJ", "GJ", "TJ", "PJ", "J", "kJ"})
_SECONDS: Final = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}
_WORDS: Final = {"month": "month_of_year", "hour": "hour_of_day"}
_UNIT: Final = "unit:"


@dataclass(frozen=True)
class Metric:
    """One metric, as far as it matters here."""

    id: str
    name: str
    unit: str
    sum: float = 0.0


@dataclass(frozen=True)
class Wish:
    """What is to be drawn.

    Parameters
    ----------
    kind
        ``hours``, ``course`` (longer steps), ``periods`` (typical ones) or ``years``.
    metrics
        Their ids; of one unit.
    only
        From dimension types to the one record of each that is wanted; of other types all are added up.
    zone
        Whose clock it is; empty where the time has none.
    unit
        That values are converted to; empty for their own.
    """

    kind: str
    metrics: tuple[str, ...]
    only: Mapping[str, str]
    zone: str = ""
    unit: str = ""


def kind_of(time: Mapping[str, Any]) -> str:
    """Return what can be drawn of data with such time."""
    kind = time.get("kind")
    if kind == "representative":
        return PERIODS
    if kind not in ("datetime", "index"):
        return YEARS
    return HOURS if seconds(str(time.get("step", "1h"))) <= 3_600 else COURSE


def seconds(step: str) -> int:
    """Return how long a step such as ``15min`` is; an hour where that cannot be read."""
    digits = step.rstrip("abcdefghijklmnopqrstuvwxyz")
    unit = _SECONDS.get(step[len(digits) :])
    return int(digits) * unit if unit and digits.isdecimal() else 3_600


def own_zone(time: Mapping[str, Any]) -> str:
    """Return the zone that data tell time in, as a query takes it."""
    zone = str(time.get("zone", ""))
    return "geography" if zone == "project_geography" else zone


def zones(time: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the zones to choose from, with what they are called; the data's own one first."""
    own = own_zone(time)
    called = f"the data's own: {zone_words({'zone': own})}"
    return [("", called), *((zone, zone) for zone in ZONES if zone != own)]


def units(metrics: Sequence[Metric], ids: Sequence[str]) -> list[tuple[str, str]]:
    """Return the units to choose from, those of energy for energy; none where nothing can be converted."""
    own = {one.unit for one in metrics if one.id in ids}
    if not own or not own <= _IS_ENERGY:
        return []
    return [("", f"the data's own: {', '.join(sorted(own))}"), *((unit, unit) for unit in UNITS if {unit} != own)]


def metric_groups(metrics: Sequence[Metric]) -> dict[str, list[tuple[str, str]]]:
    """Return the metrics by unit, and of each unit that several have, all of them together."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for one in metrics:
        text = one.id if one.name in ("", one.id) else f"{one.name} ({one.id})"
        groups.setdefault(one.unit, []).append((one.id, text))
    return {
        unit or "no unit": [
            *([(f"{_UNIT}{unit}", f"all {len(some)} added up")] if len(some) > 1 and unit else []),
            *some,
        ]
        for unit, some in groups.items()
    }


def largest(metrics: Sequence[Metric]) -> str:
    """Return the metric that has the largest sum, which is what is drawn at first."""
    return max(metrics, key=lambda one: abs(one.sum)).id if metrics else ""


def wish_of(
    params: Mapping[str, str], time: Mapping[str, Any], metrics: Sequence[Metric], several: Mapping[str, Sequence[str]]
) -> Wish:
    """Return what an address asks for; what it leaves out, or asks for in vain, is what is usual.

    Parameters
    ----------
    several
        The records of each type that has more than one (some of them, where there are very many).
    """
    kind = kind_of(time)
    known = {one.id for one in metrics}
    chosen = params.get("metric") or largest(metrics)
    if chosen not in known and chosen.startswith(_UNIT):
        ids = tuple(one.id for one in metrics if one.unit == chosen.removeprefix(_UNIT))
    else:
        ids = (chosen,) if chosen in known else ()
    only = {}
    for type_, records in several.items():
        if type_ == "metric" or (kind == YEARS and type_ == "model_year"):
            continue
        given = params.get(type_, "")
        if given:
            only[type_] = given
        elif type_ in ALTERNATIVES and records:
            only[type_] = records[0]
    zone = (params.get("zone") or own_zone(time)) if kind in (HOURS, COURSE) else ""
    ids = ids or ((largest(metrics),) if metrics else ())
    unit = params.get("unit", "")
    return Wish(kind, ids, only, zone, unit if unit in dict(units(metrics, ids)) else "")


def spec_of(entry: Entry, wish: Wish) -> dict[str, Any]:
    """Return the spec of the query that gives what is to be drawn: the load itself, and further results of it."""
    names = {str(one["type"]): str(one["name"]) for one in entry["dimensions"]}
    where: list[dict[str, Any]] = [{"dimension": names["metric"], "in": list(wish.metrics)}]
    where += [{"dimension": names[type_], "equals": id_} for type_, id_ in wish.only.items()]
    spec: dict[str, Any] = {
        "spec_version": 1,
        "job": "query_dataset",
        "name": "load_shape",
        "dataset": pinned(entry),
        "where": where,
    }
    time = entry.get("time", {})
    if wish.kind == HOURS:
        first = {"by": ["hourly"]}
        spec["step"] = [first]
        spec["results"] = {
            f"by_{name}": {"step": [first, {"function": "mean", "by": [word, "day_type", "hour_of_day"]}]}
            for name, word in (("season", "season"), ("month", "month_of_year"))
        }
    elif wish.kind == COURSE:
        spec["step"] = [{"by": [str(time["name"])]}]
    elif wish.kind == PERIODS:
        spec["step"] = [{"by": [_WORDS.get(str(part), str(part)) for part in time.get("by", ())]}]
    else:
        years = [names["model_year"]]
        spec["step"] = [{"by": [*years, *(["annual"] if time.get("kind") == "annual" else [])]}]
    form = {name: text for name, text in (("zone", wish.zone), ("unit", wish.unit)) if text}
    if form:
        spec["result"] = form
    if wish.unit:
        for further in spec.get("results", {}).values():
            further["unit"] = wish.unit
    return spec


def key_of(spec: Mapping[str, Any]) -> str:
    """Return what marks requests for the same picture, so that they are one job."""
    return f"load-shape-{hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()[:32]}"
