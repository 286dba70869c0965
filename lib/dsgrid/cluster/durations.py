"""Times as Slurm writes them: ``90`` minutes, ``1:30:00``, ``2-12`` or ``2-12:00:00``."""

from __future__ import annotations

import re
from typing import Final

from dsgrid.errors import UsageError

MINUTE: Final = 60
HOUR: Final = 3_600
DAY: Final = 86_400
_FORM: Final = re.compile(r"(?:(?P<days>\d{1,4})-)?(?P<first>\d{1,6})(?::(?P<second>\d{1,2}))?(?::(?P<third>\d{1,2}))?")


def seconds_of(text: str, what: str = "time") -> int:
    """Return the seconds that a time in Slurm's form means: a plain number is minutes, ``30:00`` is half an hour.

    Parameters
    ----------
    what
        What it is called in messages.

    Raises
    ------
    UsageError
        It has another form, or is nothing.

    Examples
    --------
    >>> seconds_of("90"), seconds_of("1:30:00"), seconds_of("2-12")
    (5400, 5400, 216000)
    """
    match = _FORM.fullmatch(text.strip())
    if match is None or not text.isascii():
        raise UsageError(
            f'{what} "{text}" is no time of Slurm\'s; expected minutes (90), hours (1:30:00) or days (2-12:00:00)'
        )
    days, first, second, third = (int(match[name]) if match[name] else 0 for name in match.groupdict())
    if match["days"] is not None:
        total = days * DAY + first * HOUR + second * MINUTE + third
    elif match["third"] is not None:
        total = first * HOUR + second * MINUTE + third
    else:
        total = first * MINUTE + second
    if total <= 0:
        raise UsageError(f'{what} "{text}" is no time at all; expected a minute or more')
    return total


def slurm_time(seconds: float) -> str:
    """Return a time as Slurm reads it, with days where there are any.

    Examples
    --------
    >>> slurm_time(600), slurm_time(216_000)
    ('00:10:00', '2-12:00:00')
    """
    whole = round(seconds)
    days, rest = divmod(whole, DAY)
    clock = f"{rest // HOUR:02}:{rest % HOUR // MINUTE:02}:{rest % MINUTE:02}"
    return f"{days}-{clock}" if days else clock


def in_words(seconds: float) -> str:
    """Return a time as people say it; what is short exactly, what is long about.

    Examples
    --------
    >>> in_words(40), in_words(640), in_words(5_400), in_words(200_000)
    ('40 s', '11 min', '1.5 h', '2.3 days')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 1.5 * HOUR:
        return f"{seconds / MINUTE:.0f} min"
    return f"{seconds / HOUR:.3g} h" if seconds < 2 * DAY else f"{seconds / DAY:.2g} days"
