"""What the reference raises."""

from __future__ import annotations


class RefusedError(Exception):
    """The query means nothing, and why."""


class RefusedByValuesError(RefusedError):
    """The query means nothing for the values that there are: only who reads them can tell."""
