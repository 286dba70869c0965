"""Rates: so many things in a minute for each who does them, with a bounded memory of who did."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

KEPT: Final = 10_000


@dataclass
class _Bucket:
    tokens: float
    at: float


class Rate:
    """A bucket of tokens for each key, which fills evenly; each request takes one.

    Parameters
    ----------
    a_minute
        How fast a bucket fills.
    burst
        How much it holds.
    kept
        How many keys are remembered. Who was not seen for the longest is forgotten first, and has a full bucket again.
    clock
        Gives seconds.
    """

    def __init__(
        self, a_minute: float, burst: float, *, kept: int = KEPT, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._a_second = a_minute / 60
        self._burst = max(1.0, burst)
        self._kept = kept
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: str) -> float:
        """Take a token, and return 0; or take none, and return in how many seconds there is one."""
        with self._lock:
            moment = self._clock()
            bucket = self._buckets.get(key)
            if bucket is None:
                bucket = self._buckets[key] = _Bucket(self._burst, moment)
                while len(self._buckets) > self._kept:
                    self._buckets.popitem(last=False)
            self._buckets.move_to_end(key)
            bucket.tokens = min(self._burst, bucket.tokens + (moment - bucket.at) * self._a_second)
            bucket.at = moment
            if bucket.tokens >= 1:
                bucket.tokens -= 1
                return 0.0
            return (1 - bucket.tokens) / self._a_second if self._a_second else 60.0

    def __len__(self) -> int:
        return len(self._buckets)
