"""Bring the slots of each dataset to the time of the result: one small matrix for each place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from dsgrid.dimensions.types import TIME
from dsgrid.errors import Problem, SpecError
from dsgrid.query.plan import Plan
from dsgrid.query.rules.shapes import with_shape
from dsgrid.query.rules.time_filters import Clock, refuse_no_slot, refuse_without_time, restricted, slots_kept
from dsgrid.query.source import Source
from dsgrid.query.time_columns import by_geography, slots_stay_apart, told
from dsgrid.query.time_factor import Coupling, TimeFactor
from dsgrid.registry.situations import Situations, situations, zone_level
from dsgrid.time import mapping
from dsgrid.time.dimension import AnnualTime, NoTime, is_local
from dsgrid.time.grid import slots as slot_labels
from dsgrid.time.overlap import Entries, compose, snapped
from dsgrid.time.pieces import Int64
from dsgrid.time.places import Place
from dsgrid.time.shaping import flat_rules
from dsgrid.time.targets import target_slots
from dsgrid.time.zones import TimeError

Made = tuple[int, Clock]  # which matrix to the project's slots, told on which clock


def map_time(plan: Plan) -> Plan:
    """Set the time factor of every source, and what stands in the result's columns of time.

    Raises
    ------
    SpecError
        If geographies lack the zone that a query tells time in, or a mapping was accepted that is refused by now.

    Examples
    --------
    The query::

        [[step]]
        by = ["daily"]

    brings the four hours of homes to::

        slot 0 -> 2018-06-30
        slot 1 -> 2018-06-30
        slot 2 -> 2018-07-01
        slot 3 -> 2018-07-01
    """
    refuse_without_time(plan)
    found = [_situations(plan, source) for source in plan.sources]
    clocks = [_clock(plan, place) for one in found if one is not None for place in one.places]
    apart = slots_stay_apart(plan)
    if apart:
        keys: tuple[tuple[object, ...], ...] = ()
        each = np.arange(target_slots(plan.time))
        codes: Mapping[Clock, Int64] = dict.fromkeys(clocks, each)
        plan = replace(plan, slots=slot_labels(plan.time))  # type: ignore[arg-type]
        count = len(each)
    else:
        keys, codes = _gather(plan, clocks)
        plan = replace(plan, time_keys=keys)
        count = len(keys)
    sources = tuple(
        _mapped(plan, source, one, _filtered(plan, source, codes), count)
        for source, one in zip(plan.sources, found, strict=True)
    )
    return replace(plan, sources=sources)


def _filtered(plan: Plan, source: Source, codes: Mapping[Clock, Int64]) -> Mapping[Clock, Int64]:
    """Return the code of each slot on each clock; -1 for slots that the source's filters leave out."""
    if not source.time_filters:
        return codes
    if isinstance(plan.time, NoTime):
        raise source.time_filters[0].node.error(f"project {plan.project.id} has no time")
    passed = slots_kept(plan, source.time_filters, list(codes)) if codes else {}
    refuse_no_slot(plan, source.time_filters, list(passed.values()))
    return {clock: restricted(of_clock, passed[clock]) for clock, of_clock in codes.items()}


def _situations(plan: Plan, source: Source) -> Situations | None:
    """Return the places of a source; None where filters leave nothing of it, nor a geography with a clock."""
    if any(not factor.to_base.entries for factor in source.factors):
        return None
    pairs = {
        type_: [(record, str(base)) for record, base, _ in source.factor(type_).to_base]
        for type_ in ("geography", "weather_year", "model_year")
    }
    try:
        return situations(
            plan.project,
            source.dataset,
            source.submission.mappings,
            pairs,
            local_output=by_geography(plan) and bool(plan.columns_of(TIME) or source.time_filters),
        )
    except TimeError as error:
        raise SpecError([_located(plan, problem) for problem in error.problems]) from None


def _located(plan: Plan, problem: Problem) -> Problem:
    output = plan.query.output
    node = plan.query.node["result"]["zone"] if output.zone is not None else plan.query.node
    return node.problem(problem.message)


def _clock(plan: Plan, place: Place) -> Clock:
    return (place.target_zone if by_geography(plan) or is_local(plan.time) else "", place.record)


def _gather(plan: Plan, clocks: Iterable[Clock]) -> tuple[tuple[tuple[object, ...], ...], Mapping[Clock, Int64]]:
    """Return the value of each column of time for each code, and the code of each slot on each clock."""
    columns = plan.columns_of(TIME)
    different = list(dict.fromkeys(clocks))
    size = target_slots(plan.time)
    if not columns:
        return ((),), dict.fromkeys(different, np.zeros(size, np.int64))
    values = [told(plan, zone, record) for zone, record in different]
    if not values:
        return (), {}
    coded = np.zeros(size * len(different), dtype=np.int64)
    unique = []
    for column in columns:
        found, codes = np.unique(np.concatenate([one[column.word] for one in values]), return_inverse=True)
        unique.append((found, codes))
        coded = coded * len(found) + codes
    _, first, codes = np.unique(coded, return_index=True, return_inverse=True)
    keys = tuple(tuple(_plain(found[numbers[index]]) for found, numbers in unique) for index in first)
    return keys, dict(zip(different, np.split(codes.astype(np.int64), len(different)), strict=True))


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else value


def _mapped(plan: Plan, source: Source, found: Situations | None, codes: Mapping[Clock, Int64], count: int) -> Source:
    if found is None:
        none = np.zeros(0, np.int64)
        return replace(source, time=TimeFactor(none, (Entries(none, none, np.zeros(0)),), count))
    mapped = _time_map(plan, source, found)
    if mapped.is_timeless:
        one = Entries(np.zeros(1, np.int64), np.zeros(1, np.int64), np.ones(1))
        return replace(source, time=TimeFactor(mapped.keys, (one,), 1))
    return _in_places(plan, source, found, mapped, codes, count)


def _time_map(plan: Plan, source: Source, found: Situations) -> mapping.TimeMap:
    own, rules = source.dataset.time, source.submission.time
    if rules.shape and isinstance(own, AnnualTime):
        rules = flat_rules(own, rules)
    try:
        return mapping.map_time(own, plan.time, rules, found.places)
    except TimeError as error:
        raise SpecError(
            [plan.query.node.problem(f"{source.dataset.id}: {problem.message}") for problem in error.problems]
        ) from None


def _in_places(
    plan: Plan,
    source: Source,
    found: Situations,
    mapped: mapping.TimeMap,
    codes: Mapping[Clock, Int64],
    count: int,
) -> Source:
    """Set the time factor: the matrices to the project's slots, composed with the codes of each place's clock."""
    clocks = [_clock(plan, place) for place in found.places]
    keys = list(zip(mapped.of_place, clocks, strict=True))
    made = {
        (number, clock): snapped(compose(mapped.classes[number], _to_codes(codes[clock])))
        for number, clock in dict.fromkeys(keys)
    }
    # The extreme of some values is none of what they add up to, whatever their weights are.
    uniform = _uniform(made.values(), len(mapped.keys)) if mapped.function == "sum" else None
    # A whole year, summed up, is the annual value whatever its course is.
    follows = bool(source.submission.time.shape) and not (count == 1 and uniform == 1.0)
    if source.time_filters:
        uniform = 1.0  # nothing is foretold, so nothing has to be balanced
    # What is equal when spread flat need not be by a shape: there clocks tell places apart.
    different = {key: index for index, key in enumerate(made)} if follows else _numbered(made)
    coupling, picked = coupled(source, found, np.array([different[key] for key in keys], np.int64))
    factor = TimeFactor(
        mapped.keys,
        tuple(made[keys[index]] for index in picked),
        count,
        coupling,
        uniform=uniform,
        function=mapped.function,
        covers=_covered(mapped, codes, found.places, keys),
        notes=mapped.notes,
    )
    source = replace(source, time=factor)
    if not follows:
        return source
    reached = [(codes[clock], mapped.classes[number]) for number, clock in (keys[index] for index in picked)]
    return with_shape(plan, source, [_codes_of(*one) for one in reached])


def _covered(
    mapped: mapping.TimeMap, codes: Mapping[Clock, Int64], places: Iterable[Place], keys: Iterable[Made]
) -> dict[tuple[str, str], Int64]:
    """Return the project's slots that are reached in each zone and year, and that no filter leaves out."""
    found: dict[tuple[str, str], Int64] = {}
    for place, (number, clock) in zip(places, keys, strict=True):
        target = mapped.classes[number].target
        own = np.unique(target[codes[clock][target] >= 0])
        where = (place.target_zone, place.record)
        found[where] = np.union1d(found[where], own) if where in found else own
    return found


def _codes_of(codes: Int64, matrix: Entries) -> Int64:
    """Return the code of each of the project's slots that a matrix reaches, else -1."""
    reached = np.zeros(len(codes), bool)
    reached[matrix.target] = True
    return np.where(reached, codes, -1)


def _to_codes(codes: Int64) -> Entries:
    """Return the matrix from the project's slots to the codes of the result's time."""
    kept = np.flatnonzero(codes >= 0)
    return Entries(kept, codes[kept], np.ones(len(kept)))


def _numbered(made: Mapping[Made, Entries]) -> dict[Made, int]:
    """Return the number of each matrix, where equal ones have one number."""
    different: list[Entries] = []
    numbers = {}
    for key, one in made.items():
        numbers[key] = next((n for n, other in enumerate(different) if other.same_as(one)), len(different))
        if numbers[key] == len(different):
            different.append(one)
    return numbers


def coupled(source: Source, found: Situations, numbers: Int64) -> tuple[Coupling, list[int]]:
    """Return what decides which matrix is meant, and which of the places are left.

    Zones, or years, that all do the same become one.

    Parameters
    ----------
    numbers
        For each place the number of its matrix.
    """
    table = numbers.reshape(len(found.zones), len(found.years))
    _, zone_of, zones = np.unique(table, axis=0, return_index=True, return_inverse=True)
    _, year_of, years = np.unique(table, axis=1, return_index=True, return_inverse=True)
    zones, years = zones.reshape(-1), years.reshape(-1)
    by_type: dict[str, Mapping[tuple[str, str], int]] = {}
    sizes: dict[str, int] = {}
    if len(zone_of) > 1:
        by_type["geography"] = {pair: int(zones[number]) for pair, number in found.zone_numbers.items()}
        sizes["geography"] = len(zone_of)
    if len(year_of) > 1:
        pairs = [(record, str(base)) for record, base, _ in source.factor(found.year_type).to_base]
        by_type[found.year_type] = {(record, base): int(years[found.year_number(base)]) for record, base in pairs}
        sizes[found.year_type] = len(year_of)
    # The first type is the fastest.
    picked = [int(zone) * len(found.years) + int(year) for year in year_of for zone in zone_of]
    return Coupling(by_type, sizes, zone_level(source.dataset.time)), picked


def _uniform(entries: Iterable[Entries], slots: int) -> float | None:
    """Return the sum of the weights of each slot, where that is the same for all slots in all places."""
    sums = [np.bincount(one.source, weights=one.weight, minlength=slots) for one in entries]
    if not sums:
        return None
    first = float(sums[0][0])
    same = all(np.allclose(one, first, rtol=1e-12, atol=0) for one in sums)
    return first if same else None
