"""What the two sides of a mapping are called."""

from __future__ import annotations

from typing import Final

SIDES: Final = ("from", "to")


def sides_of(reference: str) -> tuple[str, str]:
    """Return the names of the dimensions that a mapping leads from and to, as far as its id tells two.

    Examples
    --------
    >>> sides_of("conus/county:state@1.0.0")
    ('county', 'state')
    >>> sides_of("conus/tempo/model_year:model_year")
    ('from', 'to')
    """
    source, target = (mapped_name(reference, side=side) for side in SIDES)
    return (source, target) if source and target and source != target else SIDES


def mapped_name(reference: str, *, side: str = "to") -> str:
    """Return what one side of a mapping is called, such as ``state`` of ``conus/county:state@1.0.0``."""
    source, _, target = reference.partition("@")[0].rpartition("/")[2].rpartition(":")
    return source if side == "from" else target
