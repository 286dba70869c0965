"""How often a property is tried: a few times where somebody waits, ten times as often in `make test-all`.

The profiles are Hypothesis's own (``pytest --hypothesis-profile many``). The few examples are the same in each run, so
that a change that has passed passes again; the many are others each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

from hypothesis import HealthCheck, settings

T = TypeVar("T")
FEW: Final = 20
_TIMES: Final = 10

settings.register_profile(
    "few",
    max_examples=FEW,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
settings.register_profile("many", max_examples=_TIMES * FEW, deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile("few")


def rounds(few: int) -> settings:
    """Return settings for a property that takes longer, or less, than others: so many examples instead of `FEW`."""
    return settings(max_examples=few * settings().max_examples // FEW)


def thinned(cases: Sequence[T], by: int) -> Sequence[T]:
    """Return every so-manyth of many cases that are much alike, or all of them where properties are tried often."""
    return cases if settings().max_examples > FEW else cases[::by]
