"""How long work takes on so many cores, by rates that were measured.

The rates are measured (`benchmarks/`, on two cores of 2024) and then divided by two to three: a job that is over early
costs nothing, one that meets its time limit costs all of it. In a second one core read 10 million values of a query on
Spark and 45 to 70 million embedded; it checked and stored 1 million and 5 million; it wrote 140,000 and 600,000 rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dsgrid.cluster.demand import Demand
from dsgrid.cluster.kinds import SINGLE

START_OF_CLUSTER: Final = 30.0
# Nodes wait for each other, for the file system, and for the last task.
TOGETHER: Final = 0.7
_WITHOUT_ENGINE: Final = 30.0


@dataclass(frozen=True)
class Rates:
    """Of an engine: seconds to start, and what one core does in a second."""

    start: float
    read: float
    registered: float
    written: float


RATES: Final = {
    "spark": Rates(15.0, 3e6, 5e5, 5e4),
    "sail": Rates(2.0, 2e7, 2e6, 2e5),
}


def work(demand: Demand, engine: str) -> float | None:
    """Return the seconds of one core that the work takes, the start aside; None where that is not known."""
    if not demand.known:
        return None
    if not demand.engine:
        return _WITHOUT_ENGINE
    rates = RATES[engine]
    read = rates.registered if demand.registers else rates.read
    return demand.values / read + demand.rows / rates.written


def seconds(needed: float, engine: str, kind: str, nodes: int, cores: int) -> float:
    """Return about how long it takes on so many nodes and cores."""
    if kind == SINGLE:
        return RATES[engine].start + needed / cores
    return RATES[engine].start + START_OF_CLUSTER + needed / (nodes * cores * TOGETHER)
