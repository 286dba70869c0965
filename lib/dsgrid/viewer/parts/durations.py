"""How long something took or takes, as people read it."""

from __future__ import annotations

from datetime import UTC, datetime


def duration(seconds: float | None) -> str:
    """Return seconds as ``0.4 s``, ``12 s``, ``3 min 05 s`` or ``2 h 03 min``; a dash for none."""
    if seconds is None:
        return "–"
    seconds = max(0.0, seconds)
    if seconds < 9.95:
        return f"{seconds:.1f} s" if seconds >= 0.05 else f"{seconds:.2f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3_600:
        return f"{whole // 60} min {whole % 60:02d} s"
    minutes = round(seconds / 60)
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    return f"{minutes // 1440} days {minutes % 1440 // 60} h"


def between(begin: str | None, end: str | None) -> float | None:
    """Return the seconds between two times of a server; until now where there is no end, None without a beginning."""
    first = _time(begin)
    if first is None:
        return None
    last = _time(end) if end else datetime.now(UTC)
    # The clocks of the server and of this machine may differ.
    return None if last is None else max(0.0, (last - first).total_seconds())


def _time(text: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
