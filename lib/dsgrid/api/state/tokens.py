"""Tokens: who may ask, with which role. The server keeps only what it takes to know one again."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import sqlite3
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from dsgrid.api.roles import ANONYMOUS, ROLES, User
from dsgrid.api.state.database import State, moment, now
from dsgrid.errors import DsgridError, NotFoundError, UsageError, did_you_mean

DEFAULT_LIFETIME: Final = "90d"
FRESH: Final = 1.0  # seconds for which a token that was right is not looked up again
USED_EVERY: Final = 60.0
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}", re.ASCII)
_TEXT: Final = re.compile(r"dsg_([0-9a-f]{8})_([A-Za-z0-9_-]{43})", re.ASCII)
_ID: Final = re.compile(r"[0-9a-f]{8}", re.ASCII)
_NOBODYS: Final = bytes(32)  # what an unknown token is compared with


@dataclass(frozen=True)
class TokenInfo:
    """What everybody may know of a token.

    Parameters
    ----------
    id
        Its public part.
    name
        Whose it is.
    """

    id: str
    name: str
    role: str
    created_at: str
    created_by: str
    expires_at: str | None = None
    revoked_at: str | None = None
    used_at: str | None = None

    def state(self, at: str | None = None) -> str:
        """Return ``active``, ``expired`` or ``revoked``."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= (at or now()) else "active"


@dataclass(frozen=True)
class _Known:
    info: TokenInfo
    until: float


class Tokens:
    """The tokens of one server.

    Parameters
    ----------
    state
        Where they are kept; several processes may have it open.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._known: dict[bytes, _Known] = {}
        self._used: dict[str, float] = {}
        self._lock = threading.Lock()

    def make(self, name: str, role: str, *, expires_at: datetime | str | None, by: str) -> tuple[TokenInfo, str]:
        """Make a token, and return it with its text, which nobody can see again.

        Parameters
        ----------
        name
            Whose it is; several tokens may have the same name, and so the same jobs.
        expires_at
            None for never.
        by
            Who makes it.
        """
        checked_name(name)
        if role not in ROLES:
            raise UsageError(f'there is no role "{role}"{did_you_mean(role, ROLES)}')
        ends = moment(expires_at) if isinstance(expires_at, datetime) else expires_at
        if ends is not None and ends <= now():
            raise UsageError(f"a token that expires at {ends} would never be right: that is past")
        while True:
            info = TokenInfo(secrets.token_hex(4), name, role, now(), by, ends)
            secret = base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()
            row = (info.id, name, role, _hash(secret), info.created_at, by, ends)
            with suppress(sqlite3.IntegrityError), self._state.atomic() as connection:
                connection.execute(
                    "INSERT INTO tokens (id, name, role, hash, created_at, created_by, expires_at)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    row,
                )
                return info, f"dsg_{info.id}_{secret}"

    def user(self, text: str) -> User | None:
        """Return whose token a text is; None if it is none, or no longer one."""
        info = self.cached(text)
        if info is None:
            info = self._look_up(text)
        return None if info is None or info.state() != "active" else User(info.name, info.role, info.id)

    def cached(self, text: str) -> TokenInfo | None:
        """Return a token that was right a moment ago, without asking the database."""
        known = self._known.get(_hash(text))
        return known.info if known is not None and known.until > time.monotonic() else None

    def list(self) -> list[TokenInfo]:
        """Return all tokens, the newest first; those that are no longer right, too."""
        with self._state.read() as connection:
            rows = connection.execute(f"SELECT {_COLUMNS} FROM tokens ORDER BY created_at DESC, id").fetchall()
        return [TokenInfo(**dict(row)) for row in rows]

    def get(self, id_: str) -> TokenInfo:
        """Return a token by its id.

        Raises
        ------
        NotFoundError
            There is none.
        """
        if _ID.fullmatch(id_):
            with self._state.read() as connection:
                row = connection.execute(f"SELECT {_COLUMNS} FROM tokens WHERE id = ?", (id_,)).fetchone()
            if row is not None:
                return TokenInfo(**dict(row))
        raise NotFoundError(f'no token "{_shown(id_)}"')

    def revoke(self, id_: str) -> TokenInfo:
        """End a token for good; one that was revoked before stays as it is.

        Raises
        ------
        NotFoundError
            There is none.
        """
        self.get(id_)
        with self._state.atomic() as connection:
            connection.execute("UPDATE tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", (now(), id_))
        with self._lock:
            # Whatever a thread looks up at this moment it reads after the commit, or it is forgotten here.
            self._known = {key: known for key, known in self._known.items() if known.info.id != id_}
        return self.get(id_)

    def is_active(self, id_: str) -> bool:
        """Say whether a token that was right is one still."""
        try:
            return self.get(id_).state() == "active"
        except NotFoundError:
            return False

    def is_use_due(self, id_: str) -> bool:
        """Say whether the use of a token is to be noted, which it is once in a minute."""
        return time.monotonic() - self._used.get(id_, -USED_EVERY) >= USED_EVERY

    def note_use(self, id_: str) -> None:
        """Write down that a token was used, once in a minute; where that fails nothing is lost."""
        with self._lock:
            if not self.is_use_due(id_):
                return
            self._used[id_] = time.monotonic()
        with suppress(DsgridError, sqlite3.Error), self._state.atomic() as connection:
            connection.execute("UPDATE tokens SET used_at = ? WHERE id = ?", (now(), id_))

    def _look_up(self, text: str) -> TokenInfo | None:
        parts = _TEXT.fullmatch(text)
        if parts is None:
            return None
        # From before the look-up: a revocation that comes in between is seen in time.
        until = time.monotonic() + FRESH
        with self._state.read() as connection:
            row = connection.execute(f"SELECT {_COLUMNS}, hash FROM tokens WHERE id = ?", (parts[1],)).fetchone()
        # The id is public: looking it up tells nothing. The secret is compared in the same time, right or wrong.
        kept = _NOBODYS if row is None else bytes(row["hash"])
        is_right = hmac.compare_digest(kept, _hash(parts[2]))
        if row is None or not is_right:
            return None
        info = TokenInfo(**{key: row[key] for key in row.keys() if key != "hash"})  # noqa: SIM118  # a Row
        if info.state() != "active":
            return None
        with self._lock:
            # Only what was right is kept, so that guessing fills no memory.
            self._known[_hash(text)] = _Known(info, until)
            self._known = {key: each for key, each in self._known.items() if each.until > time.monotonic()}
        return info


def checked_name(name: str) -> str:
    """Return a name that a token may have.

    Raises
    ------
    UsageError
        It may not: names stand in logs and in lists, and one belongs to who has no token.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f'"{_shown(name)}" cannot be a name: up to 64 letters, digits and . _ @ -, the first a letter or a digit'
        )
    if name.lower() == ANONYMOUS:
        raise UsageError(f'"{name}" is the name of who has no token')
    return name


def lifetime(text: str) -> datetime | None:
    """Return when a token expires that is made now, from ``30d``, ``12h``, ``never`` or a date.

    Raises
    ------
    UsageError
        It is none of these.
    """
    asked = text.strip().lower()
    if asked == "never":
        return None
    found = re.fullmatch(r"([0-9]{1,5})([dh])", asked, re.ASCII)
    if found and int(found[1]) > 0:
        number = int(found[1])
        return datetime.now(UTC) + (timedelta(days=number) if found[2] == "d" else timedelta(hours=number))
    with suppress(ValueError, OverflowError):
        day = datetime.fromisoformat(text.strip())
        return (day if day.tzinfo is not None else day.replace(tzinfo=UTC)).astimezone(UTC)
    raise UsageError(f'"{_shown(text)}" is no time for a token to end: expected such as 30d, 12h, 2027-01-31, or never')


def _hash(secret: str) -> bytes:
    """Return what is kept of a secret.

    A slow hash protects what people think up, by making each guess dear. Here a guess is one of 2^256, so that a fast
    one does; and every request can be checked.
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _shown(text: str) -> str:
    """Return what somebody has written, for a message: in one line, and not for ever."""
    plain = "".join(each if each.isprintable() else "?" for each in text)
    return plain if len(plain) <= 80 else f"{plain[:80]}…"


_COLUMNS: Final = "id, name, role, created_at, created_by, expires_at, revoked_at, used_at"
