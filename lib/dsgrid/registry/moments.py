"""A registry as it was: what ``--at`` means, and the views that leave out what came later.

Every version, submission and query belongs to a registration, which knows when it was. To look back, temporary views
of the connection take the place of the tables that have a registration, and the registry's own views are made again on
top of them. Whatever is asked of this connection afterwards gets the answer that it would have got then; only what was
removed since stays away.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from dsgrid.errors import NotFoundError, UsageError
from dsgrid.registry.database import Database

KINDS: Final = ("dimension", "mapping", "project", "dataset")
_VERSION = re.compile(r"\d+(\.\d+){0,2}")
_TIME = re.compile(
    r"\d{4}-\d\d-\d\d"
    r"([T ](?P<hour>\d\d)(:(?P<minute>\d\d)(:(?P<second>\d\d)(?P<part>\.\d+)?)?)?(Z|[+-]\d\d(:?\d\d)?)?)?"
)


@dataclass(frozen=True)
class At:
    """What ``--at`` names: a version of one thing, or a moment of the whole registry; one of the two is None.

    Parameters
    ----------
    text
        What was written.
    version
        A version or its beginning, such as ``1`` or ``1.2``.
    moment
        The last moment that belongs to it, as the registry writes moments.
    """

    text: str
    version: str | None = None
    moment: str | None = None


def parse_at(text: str) -> At:
    """Return what a version, a date or a time means; a day, minute or second that is named belongs to it as a whole.

    Examples
    --------
    >>> parse_at("1.2").version
    '1.2'
    >>> parse_at("2026-11-23").moment
    '2026-11-23T23:59:59.999999Z'
    >>> parse_at("2026-11-23T14:30+01:00").moment
    '2026-11-23T13:30:59.999999Z'
    """
    text = text.strip()
    if _VERSION.fullmatch(text):
        return At(text, version=text)
    written = _TIME.fullmatch(text)
    try:
        if written is None:
            raise ValueError
        first = datetime.fromisoformat(text)
        first = first.replace(tzinfo=UTC) if first.tzinfo is None else first.astimezone(UTC)
        last = first + _unit(written) - timedelta(microseconds=1)
        # Years have four digits here, which `strftime` does not promise: moments are compared as texts.
        return At(text, moment=f"{last.replace(tzinfo=None).isoformat(timespec='microseconds')}Z")
    except (ValueError, OverflowError):
        raise UsageError(
            f'"{text}" is neither a version nor a date; expected a version such as 1.0, a date such as 2026-11-23, '
            "or a time such as 2026-11-23T14:30Z"
        ) from None


def _unit(written: re.Match[str]) -> timedelta:
    for name, unit in (
        ("part", timedelta(microseconds=1)),
        ("second", timedelta(seconds=1)),
        ("minute", timedelta(minutes=1)),
        ("hour", timedelta(hours=1)),
    ):
        if written[name]:
            return unit
    return timedelta(days=1)


def look_back(database: Database, moment: str) -> None:
    """Make a connection that only reads see the registry as it was at a moment.

    Raises
    ------
    NotFoundError
        If nothing had been registered by then; it says when the first registration came.
    """
    database.execute("PRAGMA temp_store = MEMORY")
    with database.snapshot():
        first = database.value("SELECT min(registered_at) FROM registrations")
        if first is None or first > moment:
            came = f"the first registration came on {readable(first)}" if first else "nothing is to this day"
            folder = database.path.parent
            raise NotFoundError(f"nothing had been registered in {folder} by {readable(moment)}; {came}")
        views = database.rows("SELECT name, sql FROM main.sqlite_schema WHERE type = 'view' ORDER BY rowid")
        tables = database.rows(
            "SELECT t.name FROM main.sqlite_schema t JOIN pragma_table_info(t.name) c "
            "WHERE t.type = 'table' AND c.name = 'registration'"
        )
        database.execute("CREATE TEMP TABLE looking_back (moment TEXT NOT NULL)")
        database.execute("INSERT INTO temp.looking_back VALUES (?)", (moment,))
        database.execute(
            "CREATE TEMP VIEW registrations AS SELECT * FROM main.registrations "
            "WHERE registered_at <= (SELECT moment FROM temp.looking_back)"
        )
        for (name,) in tables:
            database.execute(
                f"CREATE TEMP VIEW {name} AS SELECT * FROM main.{name} "
                "WHERE registration IN (SELECT key FROM temp.registrations)"
            )
        for kind in KINDS:
            database.execute(
                f"CREATE TEMP VIEW {kind}s AS SELECT * FROM main.{kind}s "
                f"WHERE key IN (SELECT {kind} FROM temp.{kind}_versions)"
            )
        for _, sql in views:
            # A view of the connection looks for its tables there first; one of the registry's file never does.
            database.execute(re.sub(r"^CREATE VIEW", "CREATE TEMP VIEW", sql))


def moment_of(database: Database) -> str | None:
    """Return the moment that a connection looks back to, or None."""
    if database.value("SELECT 1 FROM temp.sqlite_schema WHERE name = 'looking_back'") is None:
        return None
    return str(database.value("SELECT moment FROM temp.looking_back"))


def versions_of(database: Database, kind: str, id_: str) -> dict[str, str]:
    """Return when each version of a thing was registered, oldest first, also what came after the moment looked at."""
    rows = database.rows(
        f"SELECT v.version, r.registered_at FROM main.{kind}_versions v JOIN main.{kind}s e ON e.key = v.{kind} "
        "JOIN main.registrations r ON r.key = v.registration WHERE e.id = ? ORDER BY r.registered_at, r.key",
        (id_,),
    )
    return {row["version"]: row["registered_at"] for row in rows}


def readable(moment: str) -> str:
    """Return a moment to the second, as it stands in messages.

    Examples
    --------
    >>> readable("2026-11-23T08:15:42.123456Z")
    '2026-11-23 08:15:42 UTC'
    """
    return f"{moment[:10]} {moment[11:19]} UTC"


def asked_moment(at: str | At, write: bool) -> str:
    """Return the moment at which a whole registry is to be seen; `write` says that it is opened for writing."""
    meant = parse_at(at) if isinstance(at, str) else at
    if meant.moment is None:
        raise UsageError(f'a whole registry has no version "{meant.text}"; expected a date such as 2026-11-23')
    if write:
        raise UsageError("a registry as it was at a date can only be read")
    return meant.moment
