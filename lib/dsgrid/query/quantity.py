"""Numbers with units, as people read them."""

from __future__ import annotations

_DIGITS = 6


def quantity(value: float, unit: str) -> str:
    """Return a value with its unit: six digits, thousands marked, no powers of ten for what fits on a line.

    Examples
    --------
    >>> quantity(263272040.61, "MWh")
    '263,272,041 MWh'
    >>> quantity(0.0123456789, "GWh")
    '0.0123457 GWh'
    """
    text = f"{value:,.0f}" if 10**_DIGITS <= abs(value) < 10**15 else f"{value:,.{_DIGITS}g}"
    return f"{text} {unit or '(no unit)'}"
