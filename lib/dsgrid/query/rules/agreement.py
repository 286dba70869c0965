"""Compare the keys of sources: a union must not have one twice, and rows that are added or multiplied need partners."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.errors import Problem, SpecError
from dsgrid.query.associations import LARGEST_CODE, fan, reach
from dsgrid.query.combination import Agreement
from dsgrid.query.plan import Plan
from dsgrid.query.source import Source
from dsgrid.time.dimension import NoTime

Int64 = npt.NDArray[np.int64]
Ids = Mapping[str, Sequence[str]]


def check_keys(plan: Plan) -> Plan:
    """Return the plan unchanged, or raise where an operator of the expression cannot be carried out as it stands.

    The keys are the base combinations, as the stored association tables have them: no fact is read.

    Raises
    ------
    SpecError
        For a union whose parts say something about the same combination, and for operands that lack keys of each other.

    Examples
    --------
    Where shops have the records that homes have, the query::

        datasets = ["homes", "shops"]

    is refused::

        datasets: homes and shops both have values for 4 base combinations, such as county=a, building=house; choose
        one with [[source.NAME.where]], or set overlap = "sum"
    """
    problems = [problem for one in plan.agreements for problem in _disagreement(plan, one)]
    if problems:
        raise SpecError(problems)
    return plan


def check_slots(plan: Plan) -> Plan:
    """Return the plan unchanged, or raise where operands cover different slots of the project's time.

    Examples
    --------
    The query::

        expression = "homes - shops"

        [[source.shops.where]]
        dimension = "hours"
        at_least = "2018-07-01"

    is refused::

        expression: homes and shops are combined by "-", but 2 slots of time are only in one of them; set fill = 0
        to count what is missing as 0
    """
    problems = []
    for one in plan.agreements:
        if one.operator == "|" or _lacks_time(plan, one.left) != _lacks_time(plan, one.right):
            continue
        missing = _slots_apart(*(_covers(plan, side) for side in (one.left, one.right)))
        if missing:
            problems.append(
                plan.query.members_node.problem(
                    f'{_named(plan, one.left)} and {_named(plan, one.right)} are combined by "{one.operator}", but '
                    f"{missing:,} slots of time are only in one of them; set fill = 0 to count what is missing as 0"
                )
            )
    if problems:
        raise SpecError(problems)
    return replace(plan, agreements=())


def _lacks_time(plan: Plan, side: Sequence[int]) -> bool:
    return all(isinstance(plan.sources[index].dataset.time, NoTime) for index in side)


def _covers(plan: Plan, side: Sequence[int]) -> dict[tuple[str, str], Int64]:
    """Return the slots that the sources of one side have between them, by zone and year."""
    found: dict[tuple[str, str], Int64] = {}
    for index in side:
        time = plan.sources[index].time
        for where, slots in (time.covers or {}).items() if time is not None else ():
            found[where] = np.union1d(found[where], slots) if where in found else slots
    return found


def _slots_apart(left: Mapping[tuple[str, str], Int64], right: Mapping[tuple[str, str], Int64]) -> int:
    """Return how many slots only one of two sides has, in the zone and year where these are the most.

    A side that does not tell zones apart has the same slots in all of them.
    """
    most = 0
    for (zone, record), slots in left.items():
        for (other, its), others in right.items():
            if its == record and (zone == other or not zone or not other):
                most = max(most, len(np.setxor1d(slots, others)))
    return most


def _named(plan: Plan, side: Sequence[int]) -> str:
    return " + ".join(dict.fromkeys(plan.sources[index].name for index in side))


def _disagreement(plan: Plan, one: Agreement) -> Iterable[Problem]:
    node = plan.query.members_node
    names = f"{_named(plan, one.left)} and {_named(plan, one.right)}"
    left = [plan.sources[index] for index in one.left]
    right = [plan.sources[index] for index in one.right]
    if one.operator == "|" and not _may_overlap(left, right):
        return
    ids = _ids([*left, *right])
    ours, theirs = _keys(left, ids), _keys(right, ids)
    if ours is None or theirs is None:
        cure = 'set overlap = "sum"' if one.operator == "|" else "set fill = 0"
        yield node.problem(f"{names} have too many base combinations to be compared; {cure} if that is what is meant")
        return
    if one.operator == "|":
        shared = np.intersect1d(ours, theirs, assume_unique=True)
        if len(shared):
            several = "combinations" if len(shared) > 1 else "combination"
            yield node.problem(
                f"{names} both have values for {len(shared):,} base {several}, such as "
                f"{_shown(int(shared[0]), ids, left[0].bases)}; choose one with [[source.NAME.where]], or "
                'set overlap = "sum"'
            )
        return
    for keys, other, name in ((ours, theirs, _named(plan, one.right)), (theirs, ours, _named(plan, one.left))):
        missing = np.setdiff1d(keys, other, assume_unique=True)
        if len(missing):
            example = _shown(int(missing[0]), ids, left[0].bases)
            yield node.problem(
                f'{names} are combined by "{one.operator}", but {name} has no values for {len(missing):,} of the '
                f"base combinations, such as {example}; set fill = 0 to count them as 0"
            )
            return


def _may_overlap(left: Sequence[Source], right: Sequence[Source]) -> bool:
    """Tell whether two groups may share a key: they do not when all records of some type differ."""
    return all(
        {id_ for source in left for id_ in source.factor(type_).base_ids}
        & {id_ for source in right for id_ in source.factor(type_).base_ids}
        for type_ in RECORD_TYPES
    )


def _ids(sources: Sequence[Source]) -> Ids:
    """Return the base records of each type that any of the sources reaches."""
    return {
        type_: list(dict.fromkeys(id_ for source in sources for id_ in source.factor(type_).base_ids))
        for type_ in RECORD_TYPES
    }


def _keys(sources: Sequence[Source], ids: Ids) -> Int64 | None:
    """Return the base combinations that sources have between them; None where there are too many."""
    found = [_base_combinations(source, ids) for source in sources]
    known = [one for one in found if one is not None]
    return np.unique(np.concatenate(known)) if len(known) == len(found) else None


def _base_combinations(source: Source, ids: Ids) -> Int64 | None:
    assert source.associations is not None
    fans = {}
    stride = 1
    for type_, known in ids.items():
        number = {id_: index for index, id_ in enumerate(known)}
        factor = source.factor(type_)
        rows = [(record, number[str(base)], coefficient) for record, base, coefficient in factor.to_base]
        fans[type_] = (fan(factor.records, rows), stride)
        stride *= len(known)
    return reach(source.associations, fans).combinations if stride <= LARGEST_CODE else None


def _shown(key: int, ids: Ids, bases: Mapping[str, str]) -> str:
    parts = []
    for type_, known in ids.items():
        key, position = divmod(key, len(known))
        if len(known) > 1:
            parts.append(f"{bases[type_]}={known[position]}")
    return ", ".join(parts) or "the only one"
