"""How often somebody may be wrong: so many tries in a minute for each address, with a bounded memory of who tried."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

A_MINUTE: Final = 10
_KEPT: Final = 10_000


@dataclass
class Attempts:
    """Counts what went wrong.

    Parameters
    ----------
    most
        How many failures are allowed in a minute.
    clock
        Gives seconds.
    """

    most: int = A_MINUTE
    clock: Callable[[], float] = time.monotonic
    _failed: OrderedDict[str, list[float]] = field(default_factory=OrderedDict, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def wait(self, address: str) -> float:
        """Return in how many seconds somebody may try again; 0 for now."""
        with self._lock:
            recent = self._recent(_who(address))
            return max(0.0, recent[-self.most] + 60 - self.clock()) if len(recent) >= self.most else 0.0

    def failed(self, address: str) -> None:
        """Count a failure."""
        who = _who(address)
        with self._lock:
            self._failed[who] = [*self._recent(who), self.clock()]
            self._failed.move_to_end(who)
            while len(self._failed) > _KEPT:
                self._failed.popitem(last=False)

    def _recent(self, who: str) -> list[float]:
        return [at for at in self._failed.get(who, ()) if self.clock() - at < 60][-self.most :]


def _who(address: str) -> str:
    """Return what of an address stands for one client: of an IPv6 address its network, in which it has all others."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    return address if found.version == 4 else str(ipaddress.ip_network((found, 64), strict=False))
