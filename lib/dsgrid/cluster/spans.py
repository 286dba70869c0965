"""How long a job may take, and into how many parts a query is divided: little is lost where time is up."""

from __future__ import annotations

import math
from typing import Final

from dsgrid.cluster.demand import Demand
from dsgrid.cluster.durations import HOUR, MINUTE, in_words, slurm_time
from dsgrid.cluster.partitions import Partition

TARGET: Final = 10 * MINUTE
# What runs longer is divided into parts: each is kept, so that a job that is ended goes on from there.
LONG: Final = 30 * MINUTE
MOST_PARTS: Final = 64
SHORTEST: Final = 10 * MINUTE
NOT_KNOWN: Final = 4 * HOUR
# The limit is so many times what is expected.
SAFETY: Final = 4


def time_limit(
    partition: Partition, given: int | None, expected: float | None, demand: Demand
) -> tuple[int, str, list[str]]:
    """Return the time limit of a job in seconds, why it is that, and what may go wrong with it.

    Parameters
    ----------
    given
        What the user asks for.
    expected
        How many seconds it is going to take; None where that is not known.
    """
    goes_on = "; a query goes on with what is finished when it is submitted again" if demand.asks else ""
    if given is not None:
        warnings = []
        if expected is not None and expected > given:
            warnings.append(f"it may take {in_words(expected)}, which is longer than --time{goes_on}")
        return given, f"{slurm_time(given)} (as was asked for)", warnings
    most = partition.max_time
    if expected is None:
        time = min(NOT_KNOWN, most) if most is not None else NOT_KNOWN
        return time, f"{slurm_time(time)} (it is not known how long it takes)", []
    time = max(SHORTEST, _rounded(SAFETY * expected))
    if most is not None and time > most:
        warnings = []
        if expected > most:
            advice = "--nodes makes it faster" if demand.engine and partition.max_nodes != 1 else "ask for more cores"
            warnings.append(
                f'it may take {in_words(expected)}, and partition "{partition.name}" lets jobs run for at most '
                f"{slurm_time(most)}: {advice}{goes_on}"
            )
        return (
            most,
            f'{slurm_time(most)} (the most in partition "{partition.name}"; expected {in_words(expected)})',
            warnings,
        )
    said = (
        f"{SAFETY} times what is expected ({in_words(expected)})"
        if time > SHORTEST
        else f"expected {in_words(expected)}"
    )
    return time, f"{slurm_time(time)} ({said})", []


def _rounded(seconds_: float) -> int:
    step = 10 * MINUTE if seconds_ <= 2 * HOUR else 30 * MINUTE if seconds_ <= 8 * HOUR else HOUR
    return math.ceil(seconds_ / step) * step


def parts_of(
    demand: Demand, given: int | None, expected: float | None, time: int, engine: str
) -> tuple[int | None, str]:
    """Return into how many parts a query is divided, and why; None leaves that to the run.

    Parameters
    ----------
    time
        The time limit: where it may be too short, several parts fit into it.
    """
    if given is not None:
        return given, f"{given} (as was asked for)"
    begun = demand.begun.get(engine)
    if begun is not None:
        return begun, f"{begun} (as in an earlier run that was ended; what it has finished is not computed again)"
    if not demand.asks or expected is None:
        return None, ""
    from dsgrid.query.parting import VALUES_OF_PART

    if expected > min(LONG, time / 2):
        parts = max(2, min(MOST_PARTS, round(expected / min(TARGET, time / 4))))
        return parts, f"{parts} (each takes about {in_words(expected / parts)}, and is kept when it is finished)"
    if demand.values >= 2 * VALUES_OF_PART:
        # Else it would be divided as on a small machine, where each part takes a minute.
        return 1, "1 (it is over before it would pay to keep some of it)"
    return None, ""
