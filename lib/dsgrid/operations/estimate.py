"""How long a query will take, from what it reads and makes and from past runs of the same engine on this machine.

Nothing is invented: without past runs there is no estimate. Where this query has run before, or one that reads and
makes just as much, the median of its times counts. Else time is taken for a sum: a constant, so much for each value
that is read, for each row that the contractions leave, and for each row that is written. None of these is negative.
They are fitted to the medians of different past queries. A long one may be missed by more seconds than a short one, and
a short one by a larger part of its time; those far off count less.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from dsgrid.datasets.offenders import counted
from dsgrid.operations.progress import in_seconds
from dsgrid.operations.run_history import SUCCEEDED
from dsgrid.query.size import Work

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

# How many different queries there have to be for a constant and one, two or three rates.
ENOUGH: Final = (3, 6, 10)
# The newest different queries are what is fitted to.
MOST: Final = 100
_ROUNDS: Final = 8
_FAR: Final = 0.8  # what is missed by more than this part counts less
_BEYOND: Final = 2.0

_FIGURES: Final = ("values_read", "rows_summed", "rows")


@dataclass(frozen=True)
class PastQuery:
    """A query that has run here once or more.

    Parameters
    ----------
    figures
        The values that it read, the rows that its contractions left, and those that it wrote.
    seconds
        Of each of its runs, without the start of the engine.
    """

    figures: tuple[float, float, float]
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The median of its times."""
        return max(median(self.seconds), 0.001)


@dataclass(frozen=True)
class Estimate:
    """How long something is going to take.

    Parameters
    ----------
    seconds
        None where it is not known.
    low, high
        Between what most past runs of that kind were.
    runs
        The number of past runs that it is told from.
    says
        Where it comes from, or why there is none.
    """

    engine: str
    seconds: float | None
    low: float | None
    high: float | None
    runs: int
    says: str

    def text(self) -> str:
        """Return it in words."""
        if self.seconds is None or self.low is None or self.high is None:
            return f"not known on {self.engine}: {self.says}"
        low, high = in_seconds(self.low), in_seconds(self.high)
        span = f" ({low} to {high})" if low != high else ""
        return f"about {in_seconds(self.seconds)} on {self.engine}{span}, {self.says}"


def estimate(work: Work, runs: Sequence[Mapping[str, Any]], engine: str) -> Estimate:
    """Return how long a query takes on an engine.

    Parameters
    ----------
    work
        What it reads and makes.
    runs
        Past runs of this machine, the oldest first.
    """
    own = [run for run in runs if _is_usable(run) and run["engine"] == engine]
    start = median([float(run["seconds_of"]["starting"]) for run in own]) if own else 0.0
    figures = _figures(vars(work))
    past = past_queries(own)
    same = [one for one in past if one.figures == figures]
    if same:
        times = same[0].seconds
        says = f"as in {counted(len(times), 'past run')} of this size"
        return _made(engine, same[0].median + start, min(times) + start, max(times) + start, len(times), says)
    count = sum(len(one.seconds) for one in past)
    if len(past) < ENOUGH[0]:
        return Estimate(engine, None, None, None, count, _too_few(count, len(past)))
    rates = fitted(past)
    expected = _time(rates, figures)
    missed = sorted(one.median / max(_time(rates, one.figures), 0.001) for one in past)
    cut = len(missed) // 10
    low, high = min(missed[cut], 1.0), max(missed[-1 - cut], 1.0)
    largest = [max(one.figures[i] for one in past) for i in range(len(figures))]
    beyond = any(here > _BEYOND * there for here, there in zip(figures, largest, strict=True))
    if beyond:
        # What is foretold far from all that is known may be too little: as much for each value as the largest took.
        high = max(high, _in_proportion(past, figures) / max(expected, 0.001))
    says = f"from {count} past runs of {len(past)} queries here" + (", all of them smaller" if beyond else "")
    return _made(engine, expected + start, low * expected + start, high * expected + start, count, says)


def _in_proportion(past: Sequence[PastQuery], figures: tuple[float, float, float]) -> float:
    """Return what a query takes that takes as much for all that it does as the one that read most."""
    largest = max(past, key=lambda one: one.figures[0])
    ratios = [here / there for here, there in zip(figures, largest.figures, strict=True) if there > 0]
    return largest.median * max(ratios, default=1.0)


def _made(engine: str, seconds: float, low: float, high: float, runs: int, says: str) -> Estimate:
    return Estimate(engine, round(seconds, 3), round(low, 3), round(high, 3), runs, says)


def _too_few(runs: int, queries: int) -> str:
    if not runs:
        return "no past runs here"
    return f"past runs here are of {queries} quer{'ies' if queries != 1 else 'y'} only, which is too few to tell"


def _is_usable(run: Mapping[str, Any]) -> bool:
    """Tell whether a run has read its facts to the end, and its line has what is needed."""
    figures, seconds = run.get("work"), run.get("seconds_of")
    if run.get("outcome") != SUCCEEDED or run.get("reused") or not isinstance(run.get("engine"), str):
        return False
    return _are_numbers(figures, _FIGURES) and _are_numbers(seconds, ("starting", "running"))


def _are_numbers(values: object, names: Sequence[str]) -> bool:
    return isinstance(values, dict) and all(
        isinstance(values.get(name), int | float) and values[name] >= 0 for name in names
    )


def _figures(values: Mapping[str, Any]) -> tuple[float, float, float]:
    read, summed, rows = (float(values[name]) for name in _FIGURES)
    return read, summed, rows


def past_queries(runs: Sequence[Mapping[str, Any]]) -> list[PastQuery]:
    """Return the newest different queries of usable runs, each with the times of its runs."""
    seconds: dict[tuple[float, float, float], list[float]] = {}
    for run in reversed(runs):
        figures = _figures(run["work"])
        if figures in seconds or len(seconds) < MOST:
            seconds.setdefault(figures, []).append(float(run["seconds_of"]["running"]))
    return [PastQuery(figures, tuple(times)) for figures, times in seconds.items()]


def fitted(past: Sequence[PastQuery]) -> tuple[float, ...]:
    """Return the constant and the rates that fit past queries best, none of them negative."""
    import numpy as np

    figures = np.array([(1.0, *one.figures) for one in past])
    seconds = np.array([one.median for one in past])
    # Columns of one size: else a matrix of ones and of billions is as good as singular.
    sizes = figures.max(axis=0)
    usable = [index for index in range(1, figures.shape[1]) if sizes[index] > 0]
    rates = sum(len(past) >= enough for enough in ENOUGH)
    scaled = figures / np.where(sizes > 0, sizes, 1.0)
    weights = np.ones(len(past))
    best = np.zeros(figures.shape[1])
    for _ in range(_ROUNDS):
        best = _best(scaled, seconds, weights, usable, rates)
        told = scaled @ best
        off = np.abs(told - seconds) / np.maximum(np.maximum(told, seconds), 1e-9)
        weights = np.minimum(1.0, _FAR / np.maximum(off, 1e-9))
    return tuple((best / np.where(sizes > 0, sizes, 1.0)).tolist())


def _best(
    figures: npt.NDArray[np.float64],
    seconds: npt.NDArray[np.float64],
    weights: npt.NDArray[np.float64],
    usable: Sequence[int],
    rates: int,
) -> npt.NDArray[np.float64]:
    """Return the best coefficients that are not negative: there are few columns, so every choice of them is tried."""
    import numpy as np

    scale = np.sqrt(weights / seconds)
    found = np.zeros(figures.shape[1])
    least = float("inf")
    choices = [
        (*first, *chosen)
        for first in ((0,), ())
        for count in range(rates + 1)
        for chosen in combinations(usable, count)
    ]
    for choice in filter(None, choices):
        columns = list(choice)
        solved, *_ = np.linalg.lstsq(figures[:, columns] * scale[:, None], seconds * scale, rcond=None)
        if (solved < 0).any():
            continue
        missed = float((((figures[:, columns] @ solved - seconds) * scale) ** 2).sum())
        if missed < least:
            least, found = missed, np.zeros(figures.shape[1])
            found[columns] = solved
    return found


def _time(rates: Sequence[float], figures: Sequence[float]) -> float:
    return rates[0] + sum(rate * figure for rate, figure in zip(rates[1:], figures, strict=True))
