"""The audit log: who changed, or tried to change, what. A change that cannot be written down is not made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from dsgrid.api.state.database import State, now

ASKED: Final = 0  # the status of what has not been answered (yet): it may have been done
_COLUMNS: Final = "number, at, user, token, address, method, path, status, what, subject, request"
_LONGEST: Final = 500


@dataclass(frozen=True)
class Entry:
    """One request.

    Parameters
    ----------
    number
        In the order in which they came; 0 for one that is not written yet.
    path
        Without the query, which may hold anything.
    status
        Of the answer; 0 where there is none yet, or the server has died before.
    what, subject
        In words what it was, and the id of what it was about.
    request
        The id of the request, which the answer had, too.
    """

    user: str
    token: str
    address: str
    method: str
    path: str
    status: int = ASKED
    what: str = ""
    subject: str = ""
    request: str = ""
    number: int = 0
    at: str = ""


class Audit:
    """The audit log of one server.

    Parameters
    ----------
    state
        Where it is kept.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    def write(self, entry: Entry) -> int:
        """Write down a request, and return its number."""
        values = (
            now(),
            entry.user,
            entry.token,
            entry.address,
            entry.method[:_LONGEST],
            entry.path[:_LONGEST],
            entry.status,
            entry.what[:_LONGEST],
            entry.subject[:_LONGEST],
            entry.request,
        )
        with self._state.atomic() as connection:
            written = connection.execute(
                "INSERT INTO audit (at, user, token, address, method, path, status, what, subject, request)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            )
            return int(written.lastrowid or 0)

    def answered(self, number: int, status: int, *, what: str = "", subject: str = "") -> None:
        """Write down how a request was answered."""
        with self._state.atomic() as connection:
            connection.execute(
                "UPDATE audit SET status = ?, what = ?, subject = ? WHERE number = ?",
                (status, what[:_LONGEST], subject[:_LONGEST], number),
            )

    def list(
        self,
        *,
        user: str | None = None,
        token: str | None = None,
        method: str | None = None,
        status: int | None = None,
        subject: str | None = None,
        since: str | None = None,
        until: str | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> list[Entry]:
        """Return requests, the newest first.

        Parameters
        ----------
        since, until
            Times as `dsgrid.api.state.database.moment` writes them; `until` itself is not in it.
        before
            Only those with a smaller number: how the next page is asked for.
        """
        wanted: dict[str, Any] = {
            "user = ?": user,
            "token = ?": token,
            "method = ?": method,
            "status = ?": status,
            "subject = ?": subject,
            "at >= ?": since,
            "at < ?": until,
            "number < ?": before,
        }
        given = {condition: value for condition, value in wanted.items() if value is not None}
        where = f" WHERE {' AND '.join(given)}" if given else ""
        with self._state.read() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM audit{where} ORDER BY number DESC LIMIT ?", (*given.values(), limit)
            ).fetchall()
        return [Entry(**dict(row)) for row in rows]
