"""Dimension mappings as registered: a kind, and associations with fractions."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)  # a project may hold millions
class Association:
    """`from_id` contributes `fraction` of its value to `to_id`; a `to_id` of None drops it on purpose."""

    from_id: str
    to_id: str | None
    fraction: float = 1.0


@dataclass(frozen=True)
class Mapping:
    """A mapping between the records of two dimensions of one type.

    Parameters
    ----------
    kind
        A key of `dsgrid.dimensions.kinds.KINDS`: what is checked. The arithmetic is the same for all kinds.
    tolerance
        How far a sum of fractions may be from 1.
    """

    kind: str
    associations: tuple[Association, ...]
    description: str = ""
    tolerance: float = 1e-6
    id: str = ""
    version: str = ""
