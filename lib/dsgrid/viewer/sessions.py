"""Who is signed in: sessions in the viewer's memory, and the cookie that names one."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from dsgrid.client.failures import TokenError
from dsgrid.client.transport import Transport
from dsgrid.errors import DsgridError
from dsgrid.viewer.asking import Asking, Kept

IDLE: Final = 12 * 3600.0  # seconds after which who does nothing is signed out
MOST: Final = 1_000
MOST_OF_ONE: Final = 50  # sessions of one token: who signs in again and again puts nobody else out
_ASKED_AGAIN: Final = 30.0  # seconds after which the server is asked anew whether who has no token may read


@dataclass(frozen=True)
class Session:
    """One user's way to the server.

    Parameters
    ----------
    name, role
        As the server tells them; an empty name for who has no token.
    """

    asking: Asking
    name: str = ""
    role: str = ""

    @property
    def is_anonymous(self) -> bool:
        """Whether nobody has signed in."""
        return not self.name


@dataclass
class Sessions:
    """All sessions. They are nowhere but in memory: when the viewer ends, everybody is signed out.

    Parameters
    ----------
    connected
        From a token to the way to the server.
    """

    connected: Callable[[str | None], Transport]
    clock: Callable[[], float] = time.monotonic
    _open: dict[str, tuple[Session, float]] = field(default_factory=dict, init=False, repr=False)
    _nobody: Session | None = field(default=None, init=False, repr=False)
    _admits_all: tuple[bool, float] | None = field(default=None, init=False, repr=False)
    _kept: Kept = field(default_factory=Kept, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def begin(self, token: str) -> str:
        """Sign somebody in, and return what the cookie holds: always something new, whatever the browser had.

        Raises
        ------
        DsgridError
            If the server does not know the token, or does not answer.
        """
        way = self.connected(token)
        asking = Asking(way, self._kept)
        try:
            me = asking.get("/me")
        except BaseException:
            way.close()
            raise
        key = secrets.token_urlsafe(32)
        with self._lock:
            self._forget_old(token)
            self._open[key] = (Session(asking, str(me["name"]), str(me["role"])), self.clock())
        return key

    def get(self, key: str | None) -> Session | None:
        """Return the session that a cookie names; none where the server has refused its token meanwhile."""
        if not key:
            return None
        with self._lock:
            found = self._open.get(key)
            if found is None or self.clock() - found[1] > IDLE:
                return None
            if not found[0].asking.is_refused:
                self._open[key] = (found[0], self.clock())
                return found[0]
        self.end(key)
        return None

    def anonymous(self) -> Session:
        """Return the session of everybody who has not signed in."""
        with self._lock:
            if self._nobody is None:
                self._nobody = Session(Asking(self.connected(None), self._kept))
            return self._nobody

    def admits_all(self) -> bool:
        """Say whether the server lets people look who have not signed in; it is asked now and then."""
        known = self._admits_all
        if known is not None and self.clock() - known[1] < _ASKED_AGAIN:
            return known[0]
        try:
            self.anonymous().asking.get("/me")
            admits = True
        except TokenError:
            admits = False
        except DsgridError:
            # Nobody knows; the pages say that the server does not answer.
            return known[0] if known is not None else True
        self._admits_all = admits, self.clock()
        return admits

    def end(self, key: str | None) -> None:
        """Sign somebody out."""
        with self._lock:
            found = self._open.pop(key or "", None)
        if found is not None:
            found[0].asking.close()

    def _forget_old(self, token: str) -> None:
        now = self.clock()
        old = [key for key, (_, used) in self._open.items() if now - used > IDLE]
        of_one = [key for key, (session, _) in self._open.items() if session.asking.way.token == token]
        by_use = sorted((key for key in self._open if key not in old), key=lambda key: self._open[key][1])
        old += [key for key in by_use if key in of_one][: max(0, len(of_one) + 1 - MOST_OF_ONE)]
        old += [key for key in by_use if key not in old][: max(0, len(self._open) - len(old) + 1 - MOST)]
        for key in old:
            self._open.pop(key)[0].asking.close()
