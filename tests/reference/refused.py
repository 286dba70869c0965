"""What the reference raises."""

from __future__ import annotations


class RefusedError(Exception):
    """The query means nothing, and why."""
