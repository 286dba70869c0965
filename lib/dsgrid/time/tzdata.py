"""The rules of time zones that are in use: which version they have."""

from __future__ import annotations


def tzdata_version() -> str:
    """Return the version of the time-zone data in use, such as ``2026a``."""
    try:
        import tzdata  # type: ignore[import-untyped]
    except ModuleNotFoundError:
        return "unknown (of the host)"
    return str(tzdata.IANA_VERSION)
